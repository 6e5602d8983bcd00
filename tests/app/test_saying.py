"""What a person says or was writing arrives in the right place, once, or is in the composer again."""

from __future__ import annotations

import asyncio
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.errors import StoreError
from engine.testing import ScriptedModel
from tests.app.helpers import Person, at_the_window, until


def attach(person: Person, path: Any) -> None:
    path.write_text("Figs are sweet.")
    person.page.chat.files_offered.emit([str(path)])


def attached(person: Person) -> list[str]:
    return [file.shown.name for file in person.desk.bench.chat.attaching.files]


def said(person: Person) -> list[str]:
    return [entry.text for entry in person.desk.bench.session.session.timeline if entry.role == "user"]


@at_the_window
async def test_two_messages_at_once_begin_one_session(start):
    person = await start(ScriptedModel(["One.", "Two."]))
    await person.begins("blank")
    person.desk.bench.saying.say("First")
    person.desk.bench.saying.say("Second")
    await until(lambda: person.desk.bench.session is not None and person.idle(), "the end of the turns")
    await until(lambda: len(said(person)) == 2, lambda: str(said(person)))
    assert said(person) == ["First", "Second"]
    assert len(person.desk.bench.agent.sessions) == 1


@at_the_window
async def test_words_that_cannot_be_sent_are_in_the_composer_again_with_their_files(
    start, tmp_path, monkeypatch, expect_log
):
    expect_log("The words could not be sent")
    person = await start(ScriptedModel(["Hello."]))
    await person.begins("blank")
    bench = person.desk.bench
    attach(person, tmp_path / "figs.txt")
    await until(lambda: attached(person) == ["figs.txt"], "the file")

    async def fails(*_: Any) -> None:
        raise StoreError("The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(bench.agent, "open_session", fails)
        await person.says("What are figs?", wait=False)
        await until(lambda: bench.page.chat.draft == "What are figs?", lambda: bench.page.chat.draft)
    assert attached(person) == ["figs.txt"]
    QTest.keyClick(bench.page.chat.composer.field, Qt.Key.Key_Return)
    await until(lambda: bench.session is not None and person.idle(), "the turn")
    assert "Figs are sweet." in str(bench.session.session.timeline[0].content)
    assert bench.page.chat.draft == ""


@at_the_window
async def test_what_is_written_while_a_session_begins_stays(start, monkeypatch):
    person = await start(ScriptedModel(["Hello."]))
    await person.begins("blank")
    bench = person.desk.bench
    opened, go_on = bench.agent.open_session, asyncio.Event()

    async def slowly(*args: Any) -> Any:
        await go_on.wait()
        return await opened(*args)

    monkeypatch.setattr(bench.agent, "open_session", slowly)
    await person.says("First", wait=False)
    QTest.keyClicks(bench.page.chat.composer.field, "And the")
    go_on.set()
    await until(lambda: bench.session is not None and person.idle(), "the turn")
    assert bench.page.chat.draft == "And the"
    bench.new_session()
    assert bench.page.chat.draft == ""


@at_the_window
async def test_files_beside_an_empty_conversation_stay_with_their_agent(start, tmp_path):
    person = await start(ScriptedModel([]))
    await person.begins("blank")
    first = person.desk.bench.agent.id
    attach(person, tmp_path / "figs.txt")
    await until(lambda: attached(person) == ["figs.txt"], "the file")
    await person.goes_to("agents")
    await person.begins("notepad")
    assert attached(person) == []
    await person.desk.bench.open_agent(first)
    assert attached(person) == ["figs.txt"]


@at_the_window
async def test_changing_an_earlier_message_puts_aside_what_was_being_written(start, tmp_path):
    person = await start(ScriptedModel(["One.", "Two."]))
    await person.begins("blank")
    await person.says("First")
    await person.says("Second")
    bench, chat = person.desk.bench, person.page.chat
    attach(person, tmp_path / "figs.txt")
    await until(lambda: attached(person) == ["figs.txt"], "the file")
    QTest.keyClicks(chat.composer.field, "Being written")
    second = [item for item in person.chat if item.kind == "person"][-1]
    first = next(item for item in person.chat if item.kind == "person")
    chat.acted.emit(first.id, "edit")
    chat.acted.emit(second.id, "edit")
    assert (chat.draft, attached(person)) == ("Second", [])
    QTest.keyClick(chat.composer.field, Qt.Key.Key_Escape)
    assert (chat.draft, attached(person)) == ("Being written", ["figs.txt"])

    original = bench.session.id
    chat.acted.emit(second.id, "edit")
    bench.new_session()
    assert (chat.draft, attached(person)) == ("", [])
    await bench.open_session(original)
    assert (chat.draft, attached(person)) == ("Being written", ["figs.txt"])


@at_the_window
async def test_the_agent_that_was_asked_for_last_comes_to_the_front(start, monkeypatch):
    person = await start(ScriptedModel([]))
    await person.begins("blank")
    bench = person.desk.bench
    first = bench.agent.id
    await person.goes_to("agents")
    await person.begins("notepad")
    second = bench.agent.id
    await bench.drop_agent(first)
    from app.library import Library

    load, go_on = Library.load, asyncio.Event()

    async def slowly(self: Library, agent_id: str) -> Any:
        await go_on.wait()
        return await load(self, agent_id)

    monkeypatch.setattr(Library, "load", slowly)
    slow = asyncio.get_running_loop().create_task(bench.open_agent(first))
    await asyncio.sleep(0)
    assert await bench.open_agent(second)
    go_on.set()
    assert await slow
    assert bench.agent.id == second


@at_the_window
async def test_the_session_that_was_asked_for_last_comes_to_the_front(start, monkeypatch):
    person = await start(ScriptedModel(["Hello."]))
    await person.begins("blank")
    await person.says("Hello")
    bench = person.desk.bench
    opened, session_id, go_on = bench.agent.open_session, bench.session.id, asyncio.Event()

    async def slowly(*args: Any) -> Any:
        await go_on.wait()
        return await opened(*args)

    monkeypatch.setattr(bench.agent, "open_session", slowly)
    slow = asyncio.get_running_loop().create_task(bench.open_session(session_id))
    await asyncio.sleep(0)
    bench.new_session()
    go_on.set()
    await slow
    assert bench.session is None
