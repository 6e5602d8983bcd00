"""Versions in the window: listed, compared, named, restored with undo, opened as a copy."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.window.rename_dialog import RenameDialog
from engine.blueprint import InsertNode, RemoveNode, SetProperty, dump_document, make_node
from engine.errors import StoreError
from tests.app.helpers import Person, at_the_window, until


def model(person: Person):
    return person.desk.bench.agent.model


def of_kind(person: Person, kind: str) -> str:
    return next(node.id for node in model(person).document.walk() if node.kind == kind)


async def edits(person: Person, *made) -> None:
    """Edits of one agent, each on disk before the next."""
    for edit in made:
        model(person).do(edit)
        await person.saved()


async def long_ago(person: Person, seconds: float = 7_200) -> None:
    """Put the versions apart, as if the person had taken their time."""
    rows = await person.store.agents.versions(person.desk.bench.agent.id)
    for number, row in enumerate(rows):
        values = (time.time() - number * seconds, row.id)
        await person.store._writer.run(
            lambda c, v=values: c.execute("UPDATE agent_versions SET saved = ? WHERE document = ?", v).rowcount
        )


async def looks_at_versions(person: Person):
    page = person.desk.documents.versions.page
    person.desk.window.actions_.run("agent.versions")
    await until(lambda: person.desk.window.page == "versions" and page.list.selected(), "versions")
    await until(lambda: not page.list.versions.unknown(), "what changed in each")
    return page


def lines(page) -> list[str]:
    model = page.list.versions
    return [model.change(row) for row in model.rows if row.kind == "version"]


@at_the_window
async def test_what_changed_is_told_and_a_version_comes_back_by_an_edit(start):
    person = await start()
    await person.begins("notepad")
    root, system = model(person).document.root.id, of_kind(person, "system")
    first = dump_document(model(person).document)
    await edits(person, SetProperty(system, "text", "Be kind."), InsertNode(root, 0, make_node("reminder", text="Hi")))
    await long_ago(person)
    page = await looks_at_versions(person)
    assert lines(page) == ["Added Reminder", "Changed instructions of System", "The first version"]
    assert page.compare.comparison.words() == "Added Reminder"
    assert not page.buttons["restore"].isEnabled()

    oldest = page.list.versions.rows[-1].item.id
    page.list.select([oldest])
    await until(lambda: page.compare.comparison.counts() == {"added": 1, "changed": 1}, "the first against now")
    QTest.mouseClick(page.buttons["restore"], Qt.MouseButton.LeftButton)
    await until(lambda: person.desk.window.page == "workspace", "back in the workspace")
    assert dump_document(model(person).document) == first
    await person.saved()
    assert model(person).undo_label.startswith("restore “")
    person.desk.window.actions_.run("edit.undo")
    assert of_kind(person, "reminder")
    await person.saved()


@at_the_window
async def test_two_versions_are_compared_with_each_other_and_with_any_other(start):
    person = await start()
    await person.begins("notepad")
    system, timeline = of_kind(person, "system"), of_kind(person, "timeline")
    await edits(
        person,
        SetProperty(system, "text", "One."),
        SetProperty(system, "text", "Two."),
        RemoveNode(timeline),
    )
    await long_ago(person)
    page = await looks_at_versions(person)
    ids = [row.item.id for row in page.list.versions.rows if row.kind == "version"]
    page.list.select([ids[0], ids[2]])
    await until(lambda: page.compare.comparison.counts() == {"removed": 1, "changed": 1}, "the two")
    assert not page.against.isVisible()
    page.list.select([ids[1]])
    await until(lambda: page.compare.comparison.words() == "Changed instructions of System", "the one before")
    assert page.compare.difference.plain_difference() == "Instructions: [-One-][+Two+]."
    page.against.setCurrentIndex(page.against.findData(ids[0]))
    page.against.activated.emit(page.against.currentIndex())
    await until(lambda: page.compare.comparison.words() == "Removed Timeline", "a chosen one")
    page.list.select([])
    await until(lambda: page.compare.is_empty, "nothing chosen")


@at_the_window
async def test_a_version_gets_a_name_and_opens_as_an_agent_of_its_own(start):
    person = await start()
    await person.begins("notepad")
    name = person.desk.bench.agent.name
    await edits(person, SetProperty(of_kind(person, "system"), "text", "Be kind."))
    await long_ago(person)
    page = await looks_at_versions(person)
    oldest = page.list.versions.rows[-1].item.id
    page.list.name_requested.emit(oldest)
    dialog = await until(
        lambda: next((w for w in QApplication.topLevelWidgets() if isinstance(w, RenameDialog) and w.isVisible()), None)
    )
    assert dialog.rename.isEnabled(), "no name is an answer too"
    dialog.line.setText("Before the trip")
    QTest.mouseClick(dialog.rename, Qt.MouseButton.LeftButton)
    await until(lambda: any(row.item and row.item.name for row in page.list.versions.rows), "the name")
    assert page.list.selected() == [oldest]
    front = person.desk.bench.agent
    page.asked.emit("copy")
    await until(lambda: person.desk.bench.agent is not front and person.desk.window.page == "workspace", "the copy")
    assert person.desk.bench.agent.name.startswith(f"{name} (Before the trip · ")
    page = await looks_at_versions(person)
    assert lines(page) == ["The first version"]
    assert page.compare.is_empty


@at_the_window
async def test_the_list_follows_undo_and_loads_as_it_is_scrolled(start, monkeypatch):
    monkeypatch.setattr("app.controllers.versions.PAGE", 10)
    person = await start()
    await person.begins("notepad")
    root = model(person).document.root.id
    await edits(person, *(SetProperty(root, "description", str(n)) for n in range(24)))
    await long_ago(person)
    page = await looks_at_versions(person)
    bar = page.list.verticalScrollBar()
    while len(person.desk.documents.versions._rows) < 25:
        known = len(person.desk.documents.versions._rows)
        bar.setValue(0)
        bar.setValue(bar.maximum())
        await until(lambda known=known: len(person.desk.documents.versions._rows) > known, "another page")
    await until(lambda: not page.list.versions.unknown(), "all differences")
    person.desk.window.actions_.run("edit.undo")
    await until(
        lambda: page.list.versions.rows[1].item.present and lines(page)[0] is not None, "the older one is first"
    )
    await person.saved()


@at_the_window
async def test_what_cannot_be_read_is_said(start, monkeypatch, expect_log):
    for line in ("could not be compared", "could not be restored", "could not be copied", "could not be read"):
        expect_log(line)
    person = await start()
    await person.begins("notepad")
    await edits(person, SetProperty(of_kind(person, "system"), "text", "Be kind."))
    await long_ago(person)

    async def fails(*_: object, **__: object):
        raise StoreError("broken", kind="corrupt")

    monkeypatch.setattr(person.store.agents, "version", fails)
    page = await looks_at_versions(person)
    assert lines(page)[0] == "This version cannot be read any more."
    assert page.compare.nothing.title.text() == "This version cannot be shown"
    toasts = person.desk.notify.toasts
    for what in ("restore", "copy"):
        page.list.select([page.list.versions.rows[-1].item.id])
        before = len(toasts.history)
        page.asked.emit(what)
        await until(lambda before=before: len(toasts.history) > before, what)
    monkeypatch.setattr(person.store.agents, "versions", fails)
    before = len(toasts.history)
    person.desk.documents.versions.show()
    await until(lambda: len(toasts.history) > before, "said")


@at_the_window
async def test_escape_leads_back_and_old_versions_are_thinned_at_the_start(start):
    person = await start()
    await person.begins("notepad")
    root = model(person).document.root.id
    await edits(person, *(SetProperty(root, "description", str(n)) for n in range(5)))
    rows = await person.store.agents.versions(person.desk.bench.agent.id)
    await person.store._writer.run(
        lambda c: (
            c.execute(
                "UPDATE agent_versions SET saved = 1583841600 + rowid_.n FROM "
                "(SELECT document AS d, row_number() OVER () AS n FROM agent_versions) AS rowid_ "
                "WHERE document = rowid_.d"
            ).rowcount
        )
    )
    page = await looks_at_versions(person)
    QTest.keyClick(page.list, Qt.Key.Key_Escape)
    await until(lambda: person.desk.window.page == "workspace", "back")
    await person.closes()
    person = await start()
    agent = person.desk.bench.agent.id
    await until(lambda: person.desk.bench.agent is not None, "the agent")
    left = await person.store.agents.versions(agent)
    while len(left) == len(rows):
        left = await person.store.agents.versions(agent)
    assert len(left) == 2
    assert sum(row.present for row in left) == 1
