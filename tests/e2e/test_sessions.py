"""Sessions: find, rename, delete and bring back; stop and errors in mid-turn; what another process adds."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt

from tests.app.helpers import Person, until
from tests.e2e.conftest import Desk, on_the_screen
from tests.e2e.hands import CTRL, Hands
from tests.e2e.test_main_job import says
from tests.servers.replies import Fault, Reply

NOTICED_WITHIN = 2.0


async def opens_notepad(desk: Desk) -> tuple[Person, Hands]:
    desk.knows_the_server()
    person, hands = await desk.start()
    await hands.clicks("Notepad assistant")
    await hands.clicks("Open Notepad assistant")
    await until(lambda: person.desk.window.page == "workspace", "the workspace")
    return person, hands


def titles(person: Person) -> list[str]:
    model = person.desk.sessions.page.list.model
    return [model.entry(row).title for row in range(model.rowCount()) if model.entry(row) is not None]


@on_the_screen
async def test_sessions_are_found_renamed_deleted_and_brought_back(desk: Desk) -> None:
    person, hands = await opens_notepad(desk)
    await says(person, hands, "Tell me about figs")
    await hands.press(Qt.Key.Key_N, held=CTRL)
    await says(person, hands, "A question about refunds")
    await hands.clicks("Sessions")
    page = person.desk.sessions.page
    await until(lambda: titles(person) == ["A question about refunds", "Tell me about figs"], "both, newest first")

    await hands.clicks(page.list.search)
    await hands.types("figs")
    await until(lambda: titles(person) == ["Tell me about figs"], "the one with the word")
    await hands.press(Qt.Key.Key_Escape)
    await until(lambda: len(titles(person)) == 2, "all of them again")

    table = page.list.table
    row = next(r for r in range(page.list.model.rowCount()) if _is(page.list.model.entry(r), "Tell me about figs"))
    await hands.clicks(table.viewport(), table.visualRect(page.list.model.index(row, 0)).center())
    await until(lambda: [i.text for i in page.reader.chat.items if i.kind == "person"] == ["Tell me about figs"])
    await hands.press(Qt.Key.Key_F2)
    await hands.press(Qt.Key.Key_A, held=CTRL)
    await hands.types("Ryan and the figs")
    await hands.press(Qt.Key.Key_Return)
    await until(lambda: "Ryan and the figs" in titles(person), "the new title")
    await until(lambda: hands.find("Ryan and the figs", person.desk.window.sidebar), "the new title in the sidebar")

    await hands.press(Qt.Key.Key_Delete)
    await until(lambda: titles(person) == ["A question about refunds"], lambda: f"it is gone, {hands.state()}")
    await hands.clicks("Trash")
    await until(lambda: titles(person) == ["Ryan and the figs"], "it is in the trash")
    await hands.clicks(table.viewport(), table.visualRect(page.list.model.index(1, 0)).center())
    await hands.clicks(page.list.restore_button)
    await until(lambda: titles(person) == [], "the trash is empty")
    await hands.clicks(page.list.all_tab)
    await until(lambda: sorted(titles(person)) == ["A question about refunds", "Ryan and the figs"], "both again")
    await hands.clicks(await hands.sees("Ryan and the figs", person.desk.window.sidebar))
    await until(lambda: person.texts("person") == ["Tell me about figs"], "the session in the chat")


def _is(entry: object, title: str) -> bool:
    return entry is not None and getattr(entry, "title", "") == title


@on_the_screen
async def test_stop_keeps_what_arrived_and_an_error_can_be_tried_again(
    desk: Desk, expect_log: Callable[[str], None]
) -> None:
    expect_log(r"A turn failed")
    person, hands = await opens_notepad(desk)
    desk.server.say(Reply(" ".join(f"word{number}" for number in range(500)), delay=0.02))
    await hands.clicks(person.page.chat.composer.field)
    await hands.types("Tell me a story")
    await hands.press(Qt.Key.Key_Return)
    await until(lambda: "word3" in "".join(person.texts("agent")), "the first words")
    await hands.press(Qt.Key.Key_Escape)
    await until(person.idle, "the end of the turn")
    await until(lambda: person.chat[-1].kind == "notice", "a word about it")
    agent = next(item for item in person.chat if item.kind == "agent")
    assert agent.text.startswith("word0 word1")
    assert "word499" not in agent.text
    assert agent.status == "interrupted"
    assert person.chat[-1].text == "Stopped."
    await desk.server.wait_for_disconnects(1)

    desk.server.say(*[Fault("status", 529, message="Overloaded")] * 12)
    await hands.types("My name is Ryan.")
    await hands.press(Qt.Key.Key_Return)
    await until(lambda: person.chat[-1].kind == "notice" and person.chat[-1].text != "Stopped.", "the error")
    await until(person.idle, "the end of the turn")
    notice = person.chat[-1]
    assert notice.text.endswith(".")
    assert "529" not in notice.text
    assert "Traceback" not in notice.text
    desk.server.script.clear()
    calls = len(desk.server.calls)
    await hands.clicks(hands.lowest("Try again"))
    await until(lambda: person.texts("agent")[-1] == "Nice to meet you, Ryan.", "the answer")
    await until(person.idle, "the end of the turn")
    assert len(desk.server.calls) == calls + 1
    assert person.texts("person") == ["Tell me a story", "My name is Ryan."]
    row = await person.store.browser.get(person.desk.bench.session.id)
    stored = await person.store.sessions.load(row.id)
    assert "Nice to meet you, Ryan." in str(stored.entries[-1]), "what is on screen is in the database too"


def run_beside(home: Path, *words: str) -> subprocess.Popen[str]:
    """``bough run`` in a process of its own, over the same home."""
    return subprocess.Popen(
        [sys.executable, "-m", "app", "run", *words],
        env=dict(os.environ, BOUGH_HOME=str(home)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@on_the_screen
async def test_a_turn_from_the_command_line_appears_in_the_window(desk: Desk) -> None:
    person, hands = await opens_notepad(desk)
    await says(person, hands, "My name is Ryan.")
    await person.saved()
    session = person.desk.bench.session.id
    process = run_beside(desk.paths.data, "Notepad assistant", "--session", session, "-m", "What's my name?")
    await until(lambda: process.poll() is not None, "the command's end")
    ended = time.monotonic()
    out, err = process.communicate()
    assert (process.returncode, out) == (0, "Your name is Ryan.\n"), err
    await until(lambda: person.texts("agent")[-1] == "Your name is Ryan.", "its reply in the window")
    assert time.monotonic() - ended < NOTICED_WITHIN
    assert person.texts("person") == ["My name is Ryan.", "What's my name?"]
    await says(person, hands, "Thank you")
    assert "Your name is Ryan." in str(desk.server.calls[-1].body["messages"])
