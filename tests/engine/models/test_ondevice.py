"""The model process and the model over it, with a backend that does as it is told: real pipes, real processes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import ModelError
from engine.model import BlockDelta, BlockStart, StreamStart
from engine.models.ondevice.locks import MachineLock
from engine.models.ondevice.model import OnDeviceModel
from engine.models.ondevice.process import CHILD_ARGUMENT, child_command
from engine.models.ondevice.runtime import OnDeviceRuntime, RuntimeStatus
from tests.engine.models.builders import gguf
from tests.engine.models.conftest import Read, read, request

NOTE = {
    "name": "add_note", "description": "Add a note",
    "input_schema": {"type": "object", "properties": {"note": {"type": "string"}}, "required": ["note"]},
}  # fmt: skip


def command() -> list[str]:
    return [sys.executable, "-m", "tests.engine.models.fake_child"]


def coverage_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("COV")}


def make_runtime(folder: Path, **options: Any) -> OnDeviceRuntime:
    return OnDeviceRuntime(folder / "lock", command=command, environment=coverage_environment(), **options)


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[OnDeviceRuntime]:
    made = make_runtime(tmp_path)
    yield made
    await made.aclose()


@pytest.fixture
def model(runtime: OnDeviceRuntime, tmp_path: Path) -> OnDeviceModel:
    return OnDeviceModel(runtime, gguf(tmp_path / "tiny.gguf"))


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


async def until_gone(pid: int) -> None:
    async with asyncio.timeout(10):
        while not gone(pid):  # noqa: ASYNC110 - nothing tells about another process's child
            await asyncio.sleep(0.01)


async def test_text_streams(model: OnDeviceModel) -> None:
    result = await read(model, request("tell me more"))
    assert [event.text for event in result.events if isinstance(event, BlockDelta)] == ["tell", " me", " more"]
    assert isinstance(result.events[0], StreamStart) and result.blocks == [{"type": "text", "text": "tell me more"}]
    assert result.stop is not None and result.stop.stop_reason == "end_turn"
    usage = result.stop.usage
    assert (usage.input_tokens, usage.cache_read_tokens, usage.output_tokens, usage.cost) == (12, 8, 3, 0.0)


async def test_a_tool_choice_is_an_ordinary_tool_call(model: OnDeviceModel) -> None:
    result = await read(model, request("please note Ada", tools=[NOTE]))
    block = result.blocks[0]
    assert block == {"type": "tool_use", "id": block["id"], "name": "add_note", "input": {"note": "call Ada"}}
    start = next(event for event in result.events if isinstance(event, BlockStart))
    assert start.block == {**block, "input": {}}
    deltas = [event for event in result.events if isinstance(event, BlockDelta)]
    assert [d.kind for d in deltas] == ["input_json"] and json.loads(deltas[0].text) == {"note": "call Ada"}
    assert result.stop is not None and result.stop.stop_reason == "tool_use"
    assert result.stop.usage.input_tokens == 24  # two questions: which tool, and its input


async def test_an_answer_follows_the_choice_as_text(model: OnDeviceModel) -> None:
    result = await read(model, request("hello there", tools=[NOTE]))
    assert result.text == "hello there" and "{" not in result.text
    assert result.stop is not None and result.stop.usage.input_tokens == 24


async def test_the_same_call_is_not_made_twice_in_a_turn(model: OnDeviceModel) -> None:
    used = {"type": "tool_use", "id": "t1", "name": "add_note", "input": {"note": "call Ada"}}
    messages = [
        {"role": "user", "content": "please note Ada"},
        {"role": "assistant", "content": [used]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "note ok"}]},
    ]
    result = await read(model, request(messages=messages, tools=[NOTE]))
    assert result.blocks[0]["type"] == "text"
    other = [*messages[:1], {"role": "assistant", "content": [{**used, "input": {"note": "other"}}]}, messages[2]]
    assert (await read(model, request(messages=other, tools=[NOTE]))).blocks[0]["type"] == "tool_use"


async def test_many_calls_in_a_turn_end_in_an_answer(model: OnDeviceModel) -> None:
    messages: list[dict[str, Any]] = [{"role": "user", "content": "please note Ada"}]
    for number in range(8):
        used = {"type": "tool_use", "id": f"t{number}", "name": "add_note", "input": {"note": str(number)}}
        done = {"type": "tool_result", "tool_use_id": f"t{number}", "content": "note"}
        messages += [{"role": "assistant", "content": [used]}, {"role": "user", "content": [done]}]
    assert (await read(model, request(messages=messages, tools=[NOTE]))).blocks[0]["type"] == "text"


async def test_tool_choice_of_the_request(model: OnDeviceModel) -> None:
    async def chosen(text: str, choice: dict[str, Any]) -> str:
        other = {"name": "other", "input_schema": {"type": "object"}}
        result = await read(model, request(text, tools=[NOTE, other], options={"tool_choice": choice}))
        return str(result.blocks[0].get("name", result.blocks[0]["type"]))

    assert await chosen("hello", {"type": "any"}) == "other"
    assert await chosen("hello", {"type": "tool", "name": "add_note"}) == "add_note"
    assert await chosen("please note", {"type": "none"}) == "text"
    assert await chosen("please note", {"type": "auto"}) == "add_note"


async def test_a_choice_that_was_cut_off_is_never_run(model: OnDeviceModel) -> None:
    result = await read(model, request("cut this", tools=[NOTE]))
    assert result.blocks == [] and result.text == ""
    assert result.stop is not None and result.stop.stop_reason == "max_tokens"


async def test_max_tokens_and_a_tool_called_answer(model: OnDeviceModel) -> None:
    result = await read(
        model, request("one two three", options={"max_tokens": 2, "temperature": 0, "stop_sequences": ["x"]})
    )
    assert result.text == "one two" and result.stop is not None and result.stop.stop_reason == "max_tokens"
    with pytest.raises(ModelError, match="Rename it"):
        await read(model, request("x", tools=[{**NOTE, "name": "answer"}]))


async def test_counting(model: OnDeviceModel) -> None:
    assert await model.count_tokens(request("one two three four")) == 9
    await read(model, request("x"))
    assert await model.count_tokens(request("one two three four")) == 4


async def test_a_crash_is_an_error_and_the_next_call_starts_again(
    model: OnDeviceModel, runtime: OnDeviceRuntime
) -> None:
    await read(model, request("hello"))
    before = runtime.pid
    with pytest.raises(ModelError) as caught:
        await read(model, request("now crash"))
    assert caught.value.kind == "crashed" and "stopped unexpectedly" in str(caught.value)
    assert runtime.pid is None and runtime.status.state == "stopped"
    assert (await read(model, request("hello again"))).text == "hello again"
    assert runtime.pid not in (None, before)


async def test_killed_while_idle(model: OnDeviceModel, runtime: OnDeviceRuntime) -> None:
    await read(model, request("hello"))
    assert runtime.pid is not None
    os.kill(runtime.pid, signal.SIGKILL)
    await until_gone(runtime.pid or 0)
    assert (await read(model, request("hello"))).text == "hello"


async def test_leaving_early_stops_the_generation(model: OnDeviceModel, runtime: OnDeviceRuntime) -> None:
    stream = model.stream(request("go slow"))
    async for event in stream:
        if isinstance(event, BlockDelta):
            break
    await stream.aclose()
    pid = runtime.pid
    assert (await read(model, request("next one"))).text == "next one"
    assert runtime.pid == pid


async def test_cancelling_stops_the_generation(model: OnDeviceModel) -> None:
    result = Read()
    task = asyncio.ensure_future(read(model, request("go slow"), result))
    async with asyncio.timeout(20):
        while not result.text:  # noqa: ASYNC110 - the stream is what is waited for
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await read(model, request("next one"))).text == "next one"


async def test_a_model_that_hangs_is_killed(tmp_path: Path) -> None:
    runtime = make_runtime(tmp_path, stall_seconds=0.5)
    model = OnDeviceModel(runtime, gguf(tmp_path / "tiny.gguf"))
    with pytest.raises(ModelError) as caught:
        await read(model, request("please hang"))
    assert caught.value.kind == "timeout" and "no sign of life" in str(caught.value)
    assert (await read(model, request("hello"))).text == "hello"
    await runtime.aclose()


async def test_refusals_and_files_that_cannot_be_loaded(
    model: OnDeviceModel, runtime: OnDeviceRuntime, tmp_path: Path
) -> None:
    with pytest.raises(ModelError) as caught:
        await read(model, request("please refuse"))
    assert caught.value.kind == "context"
    with pytest.raises(ModelError) as caught:
        await read(OnDeviceModel(runtime, gguf(tmp_path / "broken.gguf")), request("x"))
    assert caught.value.kind == "unsupported"
    with pytest.raises(ModelError, match="exit code 7: GGML_ASSERT failed"):
        await read(OnDeviceModel(runtime, gguf(tmp_path / "abort.gguf")), request("x"))
    lost = OnDeviceModel(runtime, gguf(tmp_path / "lost.gguf"))
    (tmp_path / "lost.gguf").unlink()
    with pytest.raises(ModelError, match="not there any more"):
        await read(lost, request("x"))
    assert (await read(model, request("hello"))).text == "hello"


async def test_models_that_cannot_talk_are_refused_at_once(runtime: OnDeviceRuntime, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no chat template"):
        OnDeviceModel(runtime, gguf(tmp_path / "base.gguf", {"general.name": "Base"}))
    with pytest.raises(ModelError) as caught:
        OnDeviceModel(runtime, tmp_path / "missing.gguf")
    assert caught.value.kind == "not_found"


async def test_the_command_must_exist(tmp_path: Path) -> None:
    runtime = OnDeviceRuntime(tmp_path, command=lambda: [str(tmp_path / "nothing")])
    with pytest.raises(ModelError, match="could not be started"):
        await read(OnDeviceModel(runtime, gguf(tmp_path / "tiny.gguf")), request("x"))


async def test_the_process_gets_no_secrets(model: OnDeviceModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    monkeypatch.setenv("SOME_TOKEN", "secret")
    names = json.loads((await read(model, request("environment"))).text)
    assert not [name for name in names if "KEY" in name or "TOKEN" in name or name == "HOME"]


async def test_calls_wait_in_line_and_switching_models_restarts(
    model: OnDeviceModel, runtime: OnDeviceRuntime, tmp_path: Path
) -> None:
    texts = [f"number {n}" for n in range(5)]
    results = await asyncio.gather(*(read(model, request(text)) for text in texts))
    assert [result.text for result in results] == texts
    first = runtime.pid
    other = OnDeviceModel(runtime, gguf(tmp_path / "other.gguf"), label="Other", name="other")
    assert (await read(other, request("hi"))).text == "hi"
    assert runtime.pid != first and gone(first or 0)
    assert (other.info.label, other.info.name, other.info.context_window) == ("Other", "other", 4096)


async def test_status_tells_what_happens(model: OnDeviceModel, runtime: OnDeviceRuntime) -> None:
    heard: list[RuntimeStatus] = []
    end = runtime.subscribe(heard.append)
    await read(model, request("hello"))
    states = [status.state for status in heard]
    assert states[0] == "loading" and "reading" in states and states[-1] == "ready"
    assert any(status.text.startswith("Loading the model, about") for status in heard)
    end()
    end()
    await runtime.aclose()
    assert heard[-1].state == "ready" and runtime.status.state == "stopped"


async def test_one_process_per_machine_and_the_idle_one_makes_room(
    model: OnDeviceModel, runtime: OnDeviceRuntime, tmp_path: Path
) -> None:
    await read(model, request("mine"))
    first = runtime.pid
    second = make_runtime(tmp_path)
    heard: list[RuntimeStatus] = []
    second.subscribe(heard.append)
    assert (await read(OnDeviceModel(second, tmp_path / "tiny.gguf"), request("yours"))).text == "yours"
    assert "waiting" in [status.state for status in heard]
    await until_gone(first or 0)
    assert (await read(model, request("mine again"))).text == "mine again"
    await second.aclose()


async def test_a_busy_one_is_waited_for_and_then_it_is_said_so(tmp_path: Path) -> None:
    lock = MachineLock(tmp_path / "lock")
    assert lock.take() and lock.take() and not lock.wanted()
    runtime = make_runtime(tmp_path, wait_seconds=0.3)
    with pytest.raises(ModelError) as caught:
        await read(OnDeviceModel(runtime, gguf(tmp_path / "tiny.gguf")), request("x"))
    assert caught.value.kind == "overloaded" and "Another Bough window" in str(caught.value)
    lock.release()
    lock.release()


async def test_idle_ends_the_process(tmp_path: Path) -> None:
    runtime = make_runtime(tmp_path, idle_seconds=0.1)
    model = OnDeviceModel(runtime, gguf(tmp_path / "tiny.gguf"))
    await read(model, request("hello"))
    await until_gone(runtime.pid or 0)
    assert (await read(model, request("hello"))).text == "hello"
    await runtime.aclose()
    await runtime.aclose()


PARENT = """
import asyncio, sys
from pathlib import Path
from engine.models.ondevice.runtime import OnDeviceRuntime
from tests.engine.models.test_ondevice import command
async def main():
    runtime = OnDeviceRuntime(Path(sys.argv[1]) / "lock", command=command)
    async with runtime.turn(Path(sys.argv[1]) / "tiny.gguf", 2048) as turn:
        async for piece in turn.chat({"messages": [{"role": "user", "content": "go slow"}], "max_tokens": 5}):
            print(runtime.pid, flush=True)
            await asyncio.Event().wait()
asyncio.run(main())
"""


async def test_the_process_dies_with_the_program(tmp_path: Path) -> None:
    gguf(tmp_path / "tiny.gguf")
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, str(tmp_path), stdout=subprocess.PIPE, cwd=Path(__file__).resolve().parents[3]
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    assert not gone(child)
    parent.kill()
    await parent.wait()
    await until_gone(child)


def test_the_command_of_checkout_and_packaged_program(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(child_command()) == [sys.executable, "-m", "engine.models.ondevice.child"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert list(child_command()) == [sys.executable, CHILD_ARGUMENT]
