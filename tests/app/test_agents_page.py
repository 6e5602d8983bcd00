"""What a person does with agents on their page, open in the workspace or not."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.library import Library
from app.window.rename_dialog import RenameDialog
from engine.blueprint import SetProperty
from engine.testing import ScriptedModel
from tests.app.helpers import Person, at_the_window, until


async def renames(person: Person, agent_id: str, name: str) -> None:
    page = person.desk.agents.page
    await until(lambda: agent_id in page.agents._by_id, "its card")
    page.agents.rename_requested.emit(agent_id)
    dialog: Any = await until(
        lambda: next((w for w in QApplication.topLevelWidgets() if isinstance(w, RenameDialog) and w.isVisible()), None)
    )
    dialog.line.setText(name)
    QTest.mouseClick(dialog.rename, Qt.MouseButton.LeftButton)
    await until(lambda: page.agents._by_id[agent_id].info.title == name, "the new name")


@at_the_window
async def test_an_agent_that_is_open_is_renamed_without_being_closed_or_losing_an_edit(start):
    person = await start(ScriptedModel(["Hello."]))
    await person.begins("blank")
    await person.says("Hello")
    bench = person.desk.bench
    agent, session = bench.agent, bench.session
    old = agent.name
    system = next(node for node in agent.model.document.walk() if node.kind == "system")
    agent.model.do(SetProperty(system.id, "text", "Typed just now."), "typing")
    await renames(person, agent.id, "Ada")
    assert bench.agent is agent and bench.session is session
    assert agent.name == "Ada"
    stored = await Library(person.store).load(agent.id)
    assert stored is not None and stored.row.name == "Ada"
    assert stored.history.document == agent.model.document
    agent.model.undo()
    assert agent.name == old
    assert agent.model.document.node(system.id).props["text"] == "Typed just now."


@at_the_window
async def test_an_agent_that_is_not_open_is_renamed_and_takes_it_back_when_it_is(start):
    person = await start(ScriptedModel([]))
    await person.begins("blank")
    bench = person.desk.bench
    agent_id, old = bench.agent.id, bench.agent.name
    await bench.drop_agent(agent_id)
    await renames(person, agent_id, "Ada")
    await bench.open_agent(agent_id)
    assert bench.agent.name == "Ada"
    bench.agent.model.undo()
    assert bench.agent.name == old


@at_the_window
async def test_a_copy_has_what_was_typed_a_moment_ago(start):
    person = await start(ScriptedModel([]))
    await person.begins("blank")
    model = person.desk.bench.agent.model
    system = next(node for node in model.document.walk() if node.kind == "system")
    model.do(SetProperty(system.id, "text", "Typed"), "typing")
    await person.saved()
    model.do(SetProperty(system.id, "text", "Typed just now."), "typing")
    page = person.desk.agents.page
    await until(lambda: len(page.agents._by_id) == 1, "its card")
    page.agents.duplicate_requested.emit(person.desk.bench.agent.id)
    await until(lambda: len(page.agents._by_id) == 2, "the copy")
    rows = await Library(person.store).list()
    copy = await Library(person.store).load(next(row.id for row in rows if row.id != person.desk.bench.agent.id))
    assert copy is not None
    assert copy.history.document.node(system.id).props["text"] == "Typed just now."
