"""The command line as a person types it, in processes of its own, against the fake Messages server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.connections import Connection
from app.settings import SettingsFile
from engine.testing import ScriptedModel
from tests.app.helpers import at_the_window, until
from tests.servers.messages_server import MessagesServer
from tests.servers.replies import Fault, Reply, ToolUse

NOTEPAD = "resources/templates/notepad.bough.json"
BLANK = "resources/templates/blank.bough.json"


@dataclass
class Done:
    code: int
    out: str
    err: str


class Shell:
    """Runs ``bough`` over one data folder."""

    def __init__(self, paths, root: Path) -> None:
        self.paths = paths
        self.root = root

    def command(self, *arguments: str) -> tuple[list[str], dict[str, str]]:
        environment = {**os.environ, "BOUGH_HOME": str(self.paths.data), "BOUGH_KEY_TEST": "sk-test-key-1234567"}
        return [sys.executable, "-m", "app", *arguments], environment

    async def __call__(self, *arguments: str) -> Done:
        command, environment = self.command(*arguments)
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=self.root,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), 60)
        return Done(process.returncode, out.decode(), err.decode())

    def use_server(self, url: str) -> None:
        """Make the server the default connection, with its key in an environment variable."""
        file = SettingsFile(self.paths.settings)
        server = Connection(
            id="server", kind="server", name="Test server", address=url, model="fake-large",
            key_source="environment", key_variable="BOUGH_KEY_TEST",
        )  # fmt: skip
        file.current.connections = [*file.current.connections, server]
        file.current.default_connection = "server"
        file.save()


@pytest.fixture
def bough(paths, root) -> Shell:
    return Shell(paths, root)


async def test_standard_output_is_the_reply_alone_and_the_session_goes_on(bough):
    async with MessagesServer([Reply("Nice to meet you, Ryan."), Reply("Your name is Ryan.")]) as server:
        bough.use_server(server.url)
        first = await bough("run", NOTEPAD, "--session", "demo", "-m", "My name is Ryan.")
        second = await bough("run", NOTEPAD, "--session", "demo", "-m", "What's my name?")
    assert (first.code, first.out) == (0, "Nice to meet you, Ryan.\n"), first.err
    assert (second.code, second.out) == (0, "Your name is Ryan.\n"), second.err
    assert "My name is Ryan." in json.dumps(server.requests[-1].body)
    assert server.requests[-1].headers.get("authorization") == "Bearer sk-test-key-1234567"
    listed = await bough("sessions")
    assert "demo" in listed.out
    assert "My name is Ryan." in listed.out
    assert "Notepad assistant" in listed.out
    found = await bough("sessions", "--search", "ryan", "--json")
    assert json.loads(found.out.splitlines()[0])["id"] == "demo"
    for path in bough.paths.data.rglob("*"):
        assert not path.is_file() or b"sk-test-key-1234567" not in path.read_bytes(), path


async def test_a_tool_runs_and_its_state_is_there_in_the_next_process(bough):
    replies = [Reply(tools=[ToolUse("add_note", {"note": "buy figs"})]), Reply("Noted."), Reply("Figs.")]
    async with MessagesServer(replies) as server:
        bough.use_server(server.url)
        first = await bough("run", NOTEPAD, "--session", "demo", "-m", "Note: buy figs")
        await bough("run", NOTEPAD, "--session", "demo", "-m", "What do I have?")
    assert first.out == "Noted.\n"
    assert "add_note" in first.err
    assert "buy figs" in json.dumps(server.requests[-1].body["system"])


async def test_another_agent_and_a_trashed_session_are_refused_by_name(bough):
    from engine.store import Store

    async with MessagesServer([Reply("Hi."), Reply("Again.")]) as server:
        bough.use_server(server.url)
        await bough("run", NOTEPAD, "--session", "demo", "-m", "Hello")
        other = await bough("run", BLANK, "--session", "demo", "-m", "Hello")
        assert other.code == 4
        assert "belongs to Notepad assistant" in other.err
        assert other.out == ""
        async with Store.open(bough.paths.database) as store:
            await store.browser.trash("demo")
        trashed = await bough("run", NOTEPAD, "--session", "demo", "-m", "Hello")
        assert trashed.code == 4
        assert "--restore" in trashed.err
        back = await bough("run", NOTEPAD, "--session", "demo", "-m", "Hello", "--restore")
        assert (back.code, back.out) == (0, "Again.\n")


async def test_faults_are_sentences_on_standard_error(bough):
    async with MessagesServer([Fault("status", status=401)]) as server:
        bough.use_server(server.url)
        done = await bough("run", NOTEPAD, "-m", "Hello")
    assert done.code == 1
    assert done.out == ""
    assert "did not accept the key" in done.err
    assert "Traceback" not in done.err


async def test_without_a_model_on_the_device_it_asks_first(bough):
    done = await bough("run", NOTEPAD, "-m", "Hello")
    assert done.code == 3
    assert "--yes" in done.err
    assert done.out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "nowhere.bough.json", "-m", "x"), "no file nowhere.bough.json"),
        (("run", "Nobody", "-m", "x"), "no agent and no file called Nobody"),
        (("run", NOTEPAD, "-m", "  "), "message is empty"),
        (("run", NOTEPAD, "-m", "x", "--connection", "nowhere"), "no connection called nowhere"),
        (("models", "download", "nothing"), "no model nothing"),
    ],
)
async def test_a_wrong_command_line_says_what_is_wrong(bough, arguments, words):
    done = await bough(*arguments)
    assert done.code == 2
    assert words in done.err


async def test_ctrl_c_stops_the_turn_and_keeps_what_had_arrived(bough, root):
    from engine.store import Store

    async with MessagesServer([Reply(" ".join(f"w{n}" for n in range(3000)), delay=0.01)]) as server:
        bough.use_server(server.url)
        command, environment = bough.command("run", NOTEPAD, "--session", "long", "-m", "Go on")
        process = await asyncio.create_subprocess_exec(
            *command, cwd=root, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        await asyncio.wait_for(process.stdout.readexactly(2), 30)
        process.send_signal(signal.SIGINT)
        _, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 130, err.decode()
    assert b"Traceback" not in err
    async with Store.open(bough.paths.database) as store:
        stored = await store.sessions.load("long")
    assert [entry.role for entry in stored.entries][:2] == ["user", "assistant"]
    assert stored.entries[1].status == "interrupted"


async def test_doctor_reports_without_secrets_and_without_qt(bough):
    async with MessagesServer() as server:
        bough.use_server(server.url)
    done = await bough("doctor")
    assert done.code == 0, done.out
    for words in ("Python", "Database", "Keychain", "Test server", "BOUGH_KEY_TEST is set", "qwen"):
        assert words in done.out
    assert "sk-test-key" not in done.out + done.err


async def test_the_command_line_imports_no_qt(bough, root):
    code = "import sys, app.cli, app.cli.run, app.cli.sessions, app.cli.agents, app.cli.models, app.cli.doctor\n"
    code += "import app.services, app.model_factory\nprint([m for m in sys.modules if m.startswith('PySide6')])"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=root, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    assert out.decode().strip() == "[]"


@at_the_window
async def test_the_window_notices_a_turn_of_the_command_line_and_both_go_on(start, bough):
    async with MessagesServer([Reply("From the command line.")]) as server:
        bough.use_server(server.url)
        model = ScriptedModel(["From the window.", "And again."])
        person = await start(model)
        await person.begins("notepad")
        await person.says("Hello window")
        session = person.desk.bench.session.id
        done = await bough("run", "Notepad assistant", "--session", session, "-m", "Hello command line")
        assert (done.code, done.out) == (0, "From the command line.\n"), done.err
        await until(lambda: "From the command line." in person.texts("agent"), "the other turn")
        await person.says("Back in the window")
        assert "Hello command line" in str(model.calls[-1].messages)
        assert person.texts("agent")[-1] == "And again."


@at_the_window
async def test_a_session_of_a_file_is_opened_by_adding_its_agent(start, bough):
    async with MessagesServer([Reply("Hi.")]) as server:
        bough.use_server(server.url)
        await bough("run", NOTEPAD, "--session", "demo", "-m", "Hello from a file")
    person = await start(ScriptedModel(["Still here."]))
    await until(lambda: "demo" in person.desk.window.sidebar.recent_rows, "the list")
    person.desk.sessions.open("demo")
    await until(lambda: person.desk.bench.session is not None, "the session")
    assert person.texts("person") == ["Hello from a file"]
    assert person.page.header.name.text() == "Notepad assistant"
    await person.says("Are you there?")
    assert person.texts("agent")[-1] == "Still here."
