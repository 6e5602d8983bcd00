"""Finding, reading, renaming, deleting and bringing back sessions and agents, on the pages where a person does it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.session_source import StoreSessions
from engine.blueprint import RemoveNode
from engine.testing import ScriptedModel
from tests.app.helpers import Person, at_the_window, until
from widgets.sessions import SessionQuery


async def two_sessions(start) -> tuple[Person, str, str]:
    person = await start(ScriptedModel())
    await person.begins("notepad")
    await person.says("Tell me about figs and Bergen")
    first = person.desk.bench.session.id
    person.desk.window.actions_.run("session.new")
    await person.says("A question about refunds")
    return person, first, person.desk.bench.session.id


def listed(person: Person) -> list[str]:
    model = person.desk.sessions.page.list.model
    return [model.entry(row).id for row in range(model.rowCount()) if model.entry(row) is not None]


@at_the_window
async def test_the_list_shows_all_by_recency_and_search_finds_words(start):
    person, first, second = await two_sessions(start)
    await person.goes_to("sessions")
    await until(lambda: listed(person) == [second, first], "the list")
    search = person.desk.sessions.page.list.search
    QTest.keyClicks(search, "berg")
    await until(lambda: listed(person) == [first], "the hit")
    search.clear()
    await until(lambda: listed(person) == [second, first], "the whole list")


@at_the_window
async def test_words_below_a_title_show_no_stars(start):
    person = await start(ScriptedModel(["They are **very** ripe."]))
    await person.begins("notepad")
    await person.says("And the figs?")
    source = StoreSessions(person.store)
    (entry,) = (await source.page(SessionQuery())).entries
    assert entry.snippet == "They are very ripe."
    (hit,) = (await source.page(SessionQuery(text="ripe"))).entries
    assert "".join(text for text, _ in hit.snippet) == "They are very ripe."


@at_the_window
async def test_reading_a_session_and_going_on_with_it(start):
    person, first, _second = await two_sessions(start)
    await person.goes_to("sessions")
    person.desk.sessions.page.list.opened.emit(first)
    reader = person.desk.sessions.page.reader
    await until(reader.isVisible, "the reader")
    assert [item.text for item in reader.chat.items if item.kind == "person"] == ["Tell me about figs and Bergen"]
    assert reader.agent.text() == "Notepad assistant"
    QTest.mouseClick(reader.button("open"), Qt.MouseButton.LeftButton)
    await until(lambda: person.desk.window.page == "workspace" and person.desk.bench.session.id == first, "open")
    assert person.texts("person") == ["Tell me about figs and Bergen"]


@at_the_window
async def test_rename_trash_undo_and_restore(start):
    person, first, second = await two_sessions(start)
    person.desk.sessions.rename(first, "Figs")
    await until(lambda: _title(person, first) == "Figs", "the new title")
    actions = person.desk.window.actions_
    actions.run("session.trash")
    await until(lambda: person.desk.bench.session is None, "closed")
    await until(lambda: second not in person.desk.window.sidebar.recent_rows, "gone from the list")
    toast = person.desk.notify.toasts.open_toasts[-1]
    assert toast.record.action == "Undo"
    toast.action.click()
    await until(lambda: second in person.desk.window.sidebar.recent_rows, "back in the list")
    assert (await person.store.browser.get(second)).trashed is None


def _title(person: Person, session_id: str) -> str:
    row = person.desk.window.sidebar.recent_rows.get(session_id)
    return row.item.title if row is not None else ""


@at_the_window
async def test_a_deleted_agent_leaves_its_sessions_readable_and_can_come_back(start):
    person, first, _second = await two_sessions(start)
    agent = person.desk.bench.agent.id
    person.desk.window.actions_.run("agent.trash")
    await until(lambda: person.desk.window.page == "agents", "the agents page")
    await person.goes_to("sessions")
    person.desk.sessions.page.list.opened.emit(first)
    reader = person.desk.sessions.page.reader
    await until(lambda: reader.button("restore_agent").isVisible(), "the way back")
    assert not reader.button("open").isVisible()
    QTest.mouseClick(reader.button("restore_agent"), Qt.MouseButton.LeftButton)
    await until(lambda: reader.button("open").isVisible(), "restored")
    assert (await person.store.agents.get(agent)).row.trashed is None


@at_the_window
async def test_sessions_of_several_agents_run_side_by_side(start):
    model = ScriptedModel(["slow answer", "other answer"], delay=0.2)
    person = await start(model)
    await person.begins("notepad")
    await person.says("take your time", wait=False)
    await until(lambda: person.desk.bench.session is not None and person.desk.bench.session.running, "running")
    first = person.desk.bench.session
    await person.goes_to("agents")
    await person.begins("blank")
    assert person.chat == []
    await until(lambda: not first.running, "the one in the background")
    await person.desk.open_now(
        next(key for key, agent in person.desk.bench.agents.items() if first.id in agent.sessions), first.id
    )
    await until(lambda: "slow answer" in person.texts("agent"), "its reply")


@at_the_window
async def test_a_message_sent_while_a_turn_runs_waits_and_is_answered_in_the_same_turn(start):
    model = ScriptedModel(["first answer", "second answer"], delay=0.2)
    person = await start(model)
    await person.begins("notepad")
    await person.says("one", wait=False)
    await until(lambda: model.calls, "the first model call")
    await person.says("two", wait=False)
    assert person.chat[-1].detail.get("queued") is True
    await until(lambda: "second answer" in person.texts("agent"), "both answers")
    await until(person.idle, "the end")
    assert [item.text for item in person.chat if item.kind in ("person", "agent")] == [
        "one", "first answer", "two", "second answer",
    ]  # fmt: skip


@at_the_window
async def test_a_session_can_be_read_while_its_agent_does_not_work(start):
    person = await start(ScriptedModel(["Hello Ryan.", "Still here."]))
    await person.begins("notepad")
    await person.says("My name is Ryan.")
    bench = person.desk.bench
    agent, session_id = bench.agent, bench.session.id
    variable = next(node for node in agent.model.document.walk() if node.kind == "state")
    agent.model.do(RemoveNode(variable.id))
    bench.new_session()
    await agent.close_session(session_id)
    await bench.open_session(session_id)
    assert bench.session is not None
    assert bench.session.id == session_id
    assert "Hello Ryan." in [item.text for item in person.chat]
    agent.model.undo()
    await person.says("And now?")
    assert person.chat[-1].text == "Still here."
