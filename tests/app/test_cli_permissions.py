"""What an agent may do, asked and answered at a terminal, and taken back there."""

from __future__ import annotations

import asyncio
import io
import json
import os
import pty
import sys
from pathlib import Path
from typing import Any

import pytest

from app.cli.runner import Terminal
from engine.blueprint import AgentDocument, dump_document, make_node
from tests.app.test_cli import Done, Shell, bough
from tests.servers.messages_server import MessagesServer
from tests.servers.replies import Reply, ToolUse

__all__ = ["bough"]


def reader(folder: Path, *more: Any) -> str:
    """An agent file whose tool reads a file."""
    step = make_node("read_file", folder=str(folder), path="{{ name }}", id="read")
    tool = make_node(
        "tool", step, *more, make_node("reply", text="It says: {{ content }}", id="reply"),
        title="Look up", description="Look up", inputs=[{"title": "name"}], id="tool",
    )  # fmt: skip
    return dump_document(
        AgentDocument(make_node("agent", tool, make_node("timeline", id="time"), name="Reader", id="a"))
    )


def turns(count: int) -> list[Reply]:
    return [
        reply for _ in range(count) for reply in (Reply(tools=[ToolUse("look_up", {"name": "a.txt"})]), Reply("Done."))
    ]


async def at_a_terminal(shell: Shell, *arguments: str, answers: dict[str, str]) -> tuple[Done, list[str]]:
    """Run ``bough`` with a person at the terminal who answers each question that holds these words."""
    command, environment = shell.command(*arguments)
    master, slave = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *command, cwd=shell.root, env=environment, stdin=slave, stdout=asyncio.subprocess.PIPE, stderr=slave
    )
    os.close(slave)
    loop = asyncio.get_running_loop()
    seen, asked, left = "", [], dict(answers)
    news = asyncio.Event()

    def read() -> None:
        nonlocal seen
        try:
            seen += os.read(master, 10_000).decode()
        except OSError:
            loop.remove_reader(master)
        news.set()
        for words, answer in list(left.items()):
            if words in seen:
                asked.append(words)
                del left[words]
                os.write(master, f"{answer}\n".encode())

    loop.add_reader(master, read)
    try:
        out, _ = await asyncio.wait_for(process.communicate(), 60)
    finally:
        loop.remove_reader(master)
    os.close(master)
    return Done(process.returncode, out.decode(), seen), asked


async def test_without_a_terminal_nothing_is_read_and_it_says_what_to_do(bough: Shell, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("figs", encoding="utf-8")
    file = tmp_path / "reader.bough.json"
    file.write_text(reader(tmp_path), encoding="utf-8")
    async with MessagesServer(turns(1)) as server:
        bough.use_server(server.url)
        done = await bough("run", str(file), "-m", "Look")
    assert (done.code, done.out) == (0, "Done.\n"), done.err
    assert f"Not allowed: Read files in {tmp_path}. Run this in a terminal to be asked" in done.err
    sent = json.dumps(server.requests[-1].body)
    assert "This was not allowed: Read files in" in sent and "figs" not in sent
    assert "No agent is allowed anything." in (await bough("permissions")).err


async def test_what_is_allowed_at_a_terminal_holds_for_this_file_as_it_is_until_it_is_taken_back(
    bough: Shell, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("figs", encoding="utf-8")
    file = tmp_path / "reader.bough.json"
    file.write_text(reader(tmp_path), encoding="utf-8")
    question = {"Allow it? [y = once": "a"}
    async with MessagesServer(turns(4)) as server:
        bough.use_server(server.url)
        done, asked = await at_a_terminal(bough, "run", str(file), "-m", "Look", answers=question)
        assert (done.code, done.out, len(asked)) == (0, "Done.\n", 1), done.err
        assert f"The agent wants to: Read files in {tmp_path}" in done.err
        assert "It says: figs" in json.dumps(server.requests[-1].body)
        assert "Not allowed" not in (await bough("run", str(file), "-m", "Again")).err
        listed = json.loads((await bough("permissions", "--json")).out)
        assert (listed["agent"], listed["sentence"]) == (
            "An agent that was run from a file",
            f"Read files in {tmp_path}",
        )
        assert listed["agent_id"].startswith("content:")
        assert listed["id"] in (await bough("permissions")).out
        # The same file with another step in it is another agent to the permissions.
        file.write_text(reader(tmp_path, make_node("reply", text="x", id="x")), encoding="utf-8")
        assert "Not allowed" in (await bough("run", str(file), "-m", "Again")).err
        file.write_text(reader(tmp_path), encoding="utf-8")
        wrong = await bough("permissions", "--revoke", listed["id"], "nothing")
        assert wrong.code == 2 and "There is no permission nothing" in wrong.err
        back = await bough("permissions", "--revoke", listed["id"])
        assert "has to ask again: Read files in" in back.err
        assert "Not allowed" in (await bough("run", str(file), "-m", "Again")).err
        assert (await bough("permissions", "--revoke", "all")).code == 0


async def test_a_question_of_the_agent_is_answered_at_the_terminal(bough: Shell, tmp_path: Path) -> None:
    ask = make_node("ask", question="Which one?", answers="choice", choices=["red", "blue"], id="ask")
    tool = make_node("tool", ask, make_node("reply", text="They chose {{ answer }}", id="r"), title="Look up", id="t",
                     description="x", inputs=[{"title": "name"}])  # fmt: skip
    document = AgentDocument(make_node("agent", tool, make_node("timeline", id="time"), name="Asker", id="a"))
    file = tmp_path / "asker.bough.json"
    file.write_text(dump_document(document), encoding="utf-8")
    async with MessagesServer(turns(2)) as server:
        bough.use_server(server.url)
        done, asked = await at_a_terminal(bough, "run", str(file), "-m", "Go", answers={"> ": "2"})
        assert (done.code, asked) == (0, ["> "]), done.err
        assert "They chose blue" in json.dumps(server.requests[-1].body)
        done = await bough("run", str(file), "-m", "Go")
        assert "Nobody could be asked: Which one?" in done.err


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "decision"),
    [("a", "always"), ("ALWAYS", "always"), ("y", "once"), ("once", "once"), ("", "no"), ("n", "no"), ("x", "no")],
)
def test_only_a_clear_yes_is_one(monkeypatch: pytest.MonkeyPatch, typed: str, decision: str) -> None:
    monkeypatch.setattr(sys, "stdin", Screen(f"{typed}\n"))
    screen = Screen()
    assert Terminal(io.StringIO(), screen).permit("Run\x1b[2J it", "x = 1\n\x1b]0;y\x07") == decision
    assert "\x1b" not in screen.getvalue() and "    x = 1\n" in screen.getvalue()


@pytest.mark.parametrize(
    ("typed", "choices", "answer"),
    [("Bergen", (), "Bergen"), ("", (), None), ("1", ("a", "b"), "a"), ("B", ("a", "b"), "b"), ("3", ("a", "b"), None)],
)
def test_answers_are_words_or_a_choice(
    monkeypatch: pytest.MonkeyPatch, typed: str, choices: tuple[str, ...], answer: str | None
) -> None:
    monkeypatch.setattr(sys, "stdin", Screen(f"{typed}\n"))
    assert Terminal(io.StringIO(), Screen()).answer("Where?", choices) == answer
    assert not Terminal(io.StringIO(), io.StringIO()).can_ask
