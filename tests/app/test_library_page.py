"""The Library page in the window: from an empty one to a part that is renamed, updated everywhere and deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.window.rename_dialog import RenameDialog
from engine.blueprint import make_node
from engine.blueprint.part_edits import make_part
from engine.blueprint.parts import PartDefinition, instances
from tests.app.helpers import Person, at_the_window, until


def of_kind(person: Person, kind: str) -> str:
    return next(node.id for node in person.desk.bench.agent.model.document.walk() if node.kind == kind)


async def saves_a_part(person: Person, kind: str, title: str) -> PartDefinition:
    """A node of the agent in front becomes a part of the library."""
    agent = person.desk.bench.agent
    definition, edit = make_part(agent.model.document, [of_kind(person, kind)], title)
    await person.desk.parts.updates.save(definition)
    agent.model.do(edit)
    await person.saved()
    return definition


async def library(person: Person) -> Any:
    await person.goes_to("library")
    page = person.desk.documents.library.page
    await person.desk.documents.library.refresh()
    return page


def dialog(kind: str) -> Any:
    return next((w for w in QApplication.topLevelWidgets() if type(w).__name__ == kind and w.isVisible()), None)


@at_the_window
async def test_an_empty_library_leads_to_the_agents(start):
    person = await start()
    page = await library(person)
    assert page.is_empty
    QTest.mouseClick(page.empty.action, Qt.MouseButton.LeftButton)
    await until(lambda: person.desk.window.page == "agents", "the agents")


@at_the_window
async def test_a_part_is_seen_renamed_deleted_and_brought_back(start):
    person = await start()
    await person.begins("notepad")
    await saves_a_part(person, "when", "Notes")
    person.desk.parts.changed.emit()
    await until(lambda: person.desk.window.sidebar.rows["library"].item.count == 1, "one part")
    page = await library(person)
    assert page.title.text() == "Notes"
    assert page.list.parts.items[0].uses == 1
    assert page.tree.topLevelItem(0).childCount() >= 1
    page.asked.emit("rename")
    asked = await until(lambda: dialog(RenameDialog.__name__), "the name")
    asked.line.setText("What is noted")
    QTest.mouseClick(asked.rename, Qt.MouseButton.LeftButton)
    await until(lambda: page.title.text() == "What is noted", "its new name")
    assert page.list.parts.items[0].behind == 1, "where it is used it has the old name"
    page.asked.emit("delete")
    await until(lambda: page.is_empty, "deleted")
    toast = person.desk.notify.toasts.open_toasts[-1]
    assert instances(person.desk.bench.agent.model.document), "the agent keeps it"
    toast.action.click()
    await until(lambda: not page.is_empty, "it is back")
    page.asked.emit("delete")
    await until(lambda: page.deleted.isVisible(), "deleted again")
    page.deleted.menu().actions()[0].trigger()
    await until(lambda: not page.is_empty and not page.deleted.isVisible(), "back from the menu")


@at_the_window
async def test_a_part_is_used_in_the_open_agent_and_updated_everywhere(start):
    person = await start()
    await person.begins("notepad")
    definition = await saves_a_part(person, "when", "Notes")
    first = person.desk.bench.agent.id
    await person.begins("blank")
    page = await library(person)
    QTest.mouseClick(page.buttons["use"], Qt.MouseButton.LeftButton)
    await until(lambda: person.desk.window.page == "workspace", "the agent with the part")
    assert len(instances(person.desk.bench.agent.model.document)) == 1
    await person.saved()
    newer = replace(definition, nodes=(*definition.nodes, make_node("system", id="more", text="Be brief.")))
    await person.desk.parts.updates.save(newer)
    page = await library(person)
    await until(lambda: page.list.parts.items[0].behind == 2, "two are behind")
    QTest.mouseClick(page.buttons["update"], Qt.MouseButton.LeftButton)
    shown = await until(lambda: dialog("UpdatePartDialog"), "what changes")
    shown.accept()
    await until(lambda: page.list.parts.items[0].behind == 0, "all are up to date")
    stored = await person.store.agents.get(first)
    assert "Be brief." in str(stored.document)
    opened: list[str] = []
    person.desk.documents.library.open_wanted.connect(lambda agent_id, _: opened.append(agent_id))
    page.open_requested.emit(first)
    await until(lambda: person.desk.bench.agent.id == first and person.desk.window.page == "workspace", "opened")


@at_the_window
async def test_a_part_that_fits_nowhere_is_refused_with_a_sentence(start, monkeypatch, expect_log):
    expect_log("Could not list parts")
    person = await start()
    await person.begins("notepad")
    await saves_a_part(person, "when", "Notes")
    page = await library(person)

    def nowhere(*_: object) -> None:
        from engine.blueprint import EditError

        raise EditError("There is no place for it.")

    monkeypatch.setattr(person.desk.parts, "put", nowhere)
    toasts = person.desk.notify.toasts
    page.asked.emit("use")
    await until(lambda: toasts.history and toasts.history[-1].text == "There is no place for it.", "said")
    edited: list[str] = []
    person.desk.parts.edit_wanted.connect(edited.append)
    page.asked.emit("edit")
    assert edited == [page.list.current()]

    async def fails(*_: object):
        from engine.errors import StoreError

        raise StoreError("broken", kind="corrupt")

    before = len(toasts.history)
    monkeypatch.setattr(person.store.parts, "list", fails)
    person.desk.documents.library.show()
    await until(lambda: len(toasts.history) > before, "said too")
