"""Servers that are programs: real processes, good and bad, over standard input and output."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.effects.redact import HIDDEN
from engine.errors import ToolError
from engine.mcp_client import server as server_module
from engine.mcp_client import stdio
from engine.mcp_client.config import SecretRef, ServerConfig, ServerError
from engine.mcp_client.listing import Listings
from engine.mcp_client.probe import probe
from engine.mcp_client.server import Server
from tests.engine.mcp_client.kit import ROOT, Keychain, program, script, until_gone


@asynccontextmanager
async def using(config: ServerConfig, secrets: Any = None, **more: Any) -> AsyncIterator[Server]:
    server = Server(config, secrets, listings=more.pop("listings", Listings()), **more)
    try:
        yield server
    finally:
        await server.aclose()


async def text(server: Server, tool: str, **given: Any) -> str:
    (block,) = await server.call(tool, given)
    return str(block["text"])


async def test_tools_are_listed_and_called_and_its_answers_become_blocks() -> None:
    async with using(program()) as server:
        listing = await server.listing()
        assert (listing.server, listing.version) == ("Test tools", "7.1")
        add = next(tool for tool in listing.tools if tool.name == "add")
        assert (add.title, add.description, add.schema["required"]) == ("Add numbers", "Add two numbers", ["a", "b"])
        assert await text(server, "add", a=1, b=2) == "3"
        (image,) = await server.call("picture", {})
        assert image["type"] == "image" and image["source"]["media_type"] == "image/png"
        with pytest.raises(ToolError, match="fail"):
            await server.call("fail", {"why": "because"})
        with pytest.raises(ToolError):
            await server.call("no such tool", {})
        assert server.starts == 1 and server.running


async def test_it_finds_little_in_its_environment_and_its_secret_at_the_last_moment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ours")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "ours too")
    secret = SecretRef("token", f"program:{sys.executable}")
    config = program(secret=secret, secret_in="TOKEN", environment=(("PYTHONPATH", str(ROOT)), ("COLOUR", "red")))
    assert "s3cret" not in repr(config) and "s3cret" not in str(config.capability())
    async with using(config, Keychain(token=(secret.host, "s3cret"))) as server:
        found = dict(line.split("=", 1) for line in (await text(server, "environment")).splitlines() if "=" in line)
        assert (found["TOKEN"], found["COLOUR"]) == (HIDDEN, "red")  # that it arrives is tested below
        allowed = {*stdio._KEPT, "TOKEN", "COLOUR", "PYTHONPATH", "PWD", "LC_CTYPE", "_", "OLDPWD", "SHLVL"}
        assert set(found) <= allowed


@pytest.mark.parametrize(
    ("secret", "keychain", "words"),
    [
        (SecretRef("token", "elsewhere:443"), {"token": ("elsewhere:443", "x")}, "bound to elsewhere:443"),
        (SecretRef("token", f"program:{sys.executable}"), {}, "not in the keychain"),
        (
            SecretRef("token", f"program:{sys.executable}"),
            {"token": (f"program:{sys.executable}", "a\nb")},
            "cannot be sent",
        ),
    ],
)
async def test_a_secret_goes_only_where_it_is_bound(secret: SecretRef, keychain: Any, words: str) -> None:
    async with using(program(secret=secret, secret_in="TOKEN"), Keychain(**keychain)) as server:
        with pytest.raises(ServerError, match=words):
            await server.listing()
        assert server.pid is None


async def test_a_server_that_crashed_is_said_so_and_starts_again_with_the_next_call() -> None:
    async with using(program()) as server:
        with pytest.raises(ServerError, match=r"ended in the middle of the call: it was ended by signal 9") as raised:
            await server.call("crash", {})
        assert "starts it again" in raised.value.advice
        assert await text(server, "add", a=2, b=2) == "4"
        assert server.starts == 2


async def test_progress_is_told_and_patience_counts_from_the_last_word() -> None:
    heard: list[Any] = []
    async with using(program(timeout=0.2)) as server:
        await server.call("slow", {}, lambda *said: heard.append(said))
        assert heard == [(1.0, 3.0, "step 1"), (2.0, 3.0, "step 2"), (3.0, 3.0, "step 3")]
        with pytest.raises(ToolError, match=r"did not answer within 0\.2 seconds"):
            await server.call("hang", {})
        assert await text(server, "add", a=1, b=1) == "2"


async def test_a_call_that_is_given_up_leaves_the_server_usable() -> None:
    async with using(program()) as server:
        await server.listing()
        call = asyncio.ensure_future(server.call("hang", {}))
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await text(server, "add", a=1, b=1) == "2"


async def test_calls_side_by_side_share_one_start() -> None:
    async with using(program()) as server:
        sums = await asyncio.gather(*(text(server, "add", a=n, b=n) for n in range(8)))
        assert sums == [str(2 * n) for n in range(8)] and server.starts == 1


async def test_a_change_of_its_tools_is_noticed() -> None:
    listings = Listings()
    heard: asyncio.Queue[str] = asyncio.Queue()
    config = program()
    async with using(config, listings=listings) as server:
        await server.listing()
        leave = listings.listen(heard.put_nowait)
        await server.call("grow", {})
        assert await heard.get() == config.key
        assert "grown" in {tool.name for tool in (await server.listing()).tools}
        assert await text(server, "grown") == "grown"
        leave()


async def test_a_greeting_among_the_messages_does_no_harm() -> None:
    async with using(program("--print")) as server:
        assert await text(server, "add", a=1, b=1) == "2"


async def test_the_whole_group_ends_with_it() -> None:
    async with using(program()) as server:
        child = int(await text(server, "child"))
    await until_gone(child)


async def test_a_server_that_does_not_want_to_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stdio, "PATIENCE", 0.2)
    async with using(program("--deaf")) as server:
        await server.listing()
        pid = server.pid
    assert pid is not None
    await until_gone(pid)


async def test_giving_up_while_it_is_started_leaves_no_pipe_open(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    pipe = os.pipe

    def noting() -> tuple[int, int]:
        made.extend(pipe())
        return made[0], made[1]

    async def never(*_: Any, **__: Any) -> None:
        starting.set()
        await asyncio.Event().wait()

    starting = asyncio.Event()
    monkeypatch.setattr(os, "pipe", noting)
    monkeypatch.setattr(asyncio, "create_subprocess_exec", never)
    task = asyncio.ensure_future(stdio.Process.start(ServerConfig(program=sys.executable), {}))
    await starting.wait()
    monkeypatch.undo()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for end in made:
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(end)


async def test_it_dies_with_a_program_that_was_killed(tmp_path: Path) -> None:
    user = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.engine.mcp_client.killed_user", cwd=ROOT, stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert user.stdout is not None
    server, child = (int(word) for word in (await user.stdout.readline()).split())
    os.kill(user.pid, signal.SIGKILL)
    await user.wait()
    await until_gone(server)
    await until_gone(child)


@pytest.mark.parametrize(
    ("config", "words", "advice"),
    [
        (ServerConfig(program="no-such-program-here"), "is not on this computer", "Install it"),
        (script("raise SystemExit('no config')"), "ended with code 1: no config", "Check the program"),
        (script("print('x' * 100_000_000)"), "said too much at once", "Check the program"),
        (script("import sys; sys.stdin.readline(); print('{}'); raise SystemExit(3)"), "ended with code 3", ""),
        (ServerConfig(), "which program to start", "properties"),
        (ServerConfig(url="ftp://x"), "must begin with http", "properties"),
        (ServerConfig(url="https://me:pw@x.org"), "password does not belong", "properties"),
        (ServerConfig(program=sys.executable, arguments=("a\0b",)), "could not be started", ""),
    ],
)
async def test_what_cannot_start_says_why_and_what_to_do(config: ServerConfig, words: str, advice: str) -> None:
    found = await probe(config, listings=Listings())
    assert not found.ok and words in found.text and advice in found.advice


async def test_a_silent_program_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "START_SECONDS", 0.3)
    monkeypatch.setattr(stdio, "PATIENCE", 0.1)
    found = await probe(script("import threading; threading.Event().wait()"), listings=Listings())
    assert not found.ok and "did not answer within" in found.text


async def test_failed_starts_wait_longer_and_longer_and_then_are_refused() -> None:
    now = [100.0]
    async with using(script("raise SystemExit(1)"), clock=lambda: now[0]) as server:
        for _ in range(server_module.MAX_FAILURES):
            with pytest.raises(ServerError, match="ended with code 1"):
                await server.listing()
            now[0] += server_module.LONGEST_DELAY
        now[0] -= server_module.LONGEST_DELAY
        with pytest.raises(ServerError, match="failed 5 times in a row"):
            await server.listing()
        assert server.starts == server_module.MAX_FAILURES


async def test_ending_a_server_that_waits_for_its_next_start_ends_the_wait() -> None:
    server = Server(script("raise SystemExit(1)"), listings=Listings(), clock=lambda: 0.0)
    with pytest.raises(ServerError):
        await server.listing()
    again = asyncio.ensure_future(server.listing())
    await asyncio.sleep(0)
    await server.aclose()
    with pytest.raises(ServerError, match="was ended"):
        await again
    await server.aclose()
    assert not server.running


async def test_a_test_names_the_server_and_its_tools_and_leaves_nothing_behind() -> None:
    listings = Listings()
    found = await probe(program(), listings=listings)
    assert found.ok and found.text == "Test tools 7.1 offers 11 tools."
    assert found.tools[0].description == "Add two numbers" and found.server == "Test tools 7.1"
    assert listings.get(program().key) is not None


WIRE = """
import json, sys
answers = json.loads(sys.argv[1])
for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    answer = answers.get(message["method"], {"error": {"code": -32601, "message": "Unknown"}})
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], **answer}), flush=True)
"""
HELLO = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}}, "serverInfo": {"name": "Wire", "version": "1"}}
COUNT = {
    "name": "count",
    "inputSchema": {"type": "object"},
    "outputSchema": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
}


TELLING = """
import hashlib, os, sys
token = os.environ["TOKEN"]
sys.argv[1] = sys.argv[1].replace("@secret", token).replace("@digest", hashlib.sha256(token.encode()).hexdigest())
"""


@pytest.mark.parametrize(
    "answer",
    [
        {"result": {"content": [{"type": "text", "text": "@secret: @digest"}], "structuredContent": {"n": 1}}},
        {"result": {"content": [{"type": "text", "text": "I was given @secret: @digest"}], "isError": True}},
        {"error": {"code": -32000, "message": "@secret is not known (@digest)"}},
    ],
)
async def test_a_server_is_given_its_secret_and_may_repeat_it_but_nobody_hears_it(answer: Any) -> None:
    plain = wire(tools_call=answer)
    config = dataclasses.replace(
        plain,
        arguments=("-c", TELLING + WIRE, plain.arguments[-1]),
        secret=SecretRef("token", f"program:{sys.executable}"),
        secret_in="TOKEN",
    )
    async with using(config, Keychain(token=(f"program:{sys.executable}", "s3cret"))) as server:
        try:
            said = str(await server.call("count", {}))
        except ToolError as error:
            said = str(error)
        assert "s3cret" not in said and HIDDEN in said
        assert hashlib.sha256(b"s3cret").hexdigest() in said


async def test_the_last_words_of_a_server_do_not_hold_its_secret() -> None:
    config = script(
        "import os, sys; sys.exit('no such key: ' + os.environ['TOKEN'])",
        secret=SecretRef("token", f"program:{sys.executable}"),
        secret_in="TOKEN",
    )
    async with using(config, Keychain(token=(f"program:{sys.executable}", "s3cret"))) as server:
        with pytest.raises(ServerError, match=r"no such key: \[hidden\]"):
            await server.listing()


def wire(**answers: Any) -> ServerConfig:
    """A program that speaks the older protocol and gives these answers."""
    known = {"initialize": {"result": HELLO}, "tools/list": {"result": {"tools": [COUNT]}}}
    given = json.dumps({**known, **{name.replace("_", "/"): answer for name, answer in answers.items()}})
    return ServerConfig("Wire", program=sys.executable, arguments=("-c", WIRE, given))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"error": {"code": -32000, "message": "No figs"}}, "refused the call: No figs"),
        ({"error": {"code": -32001, "message": "late"}}, "took too long"),
        ({"result": {"content": [], "structuredContent": {"n": "three"}}}, "cannot be used"),
        ({"result": {"content": "odd"}}, "cannot be used"),
    ],
)
async def test_answers_that_are_none_are_errors_for_the_model(answer: Any, words: str) -> None:
    async with using(wire(tools_call=answer)) as server:
        assert [tool.name for tool in (await server.listing()).tools] == ["count"]
        with pytest.raises(ToolError, match=words):
            await server.call("count", {})
        assert server.running


async def test_structured_answers_and_servers_without_tools() -> None:
    async with using(wire(tools_call={"result": {"content": [], "structuredContent": {"n": 3}}})) as server:
        assert await text(server, "count") == '{"n": 3}'
    bare = {"result": {**HELLO, "capabilities": {}}}
    found = await probe(wire(initialize=bare), listings=Listings())
    assert found.ok and found.text == "Wire 1 answers, but offers no tools."
    odd = {
        "result": {
            "tools": [COUNT, {"name": "bad", "inputSchema": {"type": "object", "properties": {"a": {"type": 3}}}}]
        }
    }
    found = await probe(wire(tools_list=odd), listings=Listings())
    assert found.ok and "1 cannot be used: bad, because" in found.text


async def test_a_program_of_another_kind_is_told() -> None:
    refused = {"error": {"code": -32603, "message": "What?"}}
    found = await probe(wire(initialize=refused), listings=Listings())
    assert not found.ok and "does not speak the Model Context Protocol" in found.text
