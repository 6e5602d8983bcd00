"""The command palette of the real window: everything can be found by typing, what was used lately first."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.testing import Reply, ScriptedModel
from tests.app.helpers import Person, at_the_window, until
from widgets import theme


def palette(person: Person) -> Any:
    return person.desk.commands.palette


async def finds(person: Person, typed: str, wanted: str) -> None:
    """Open the palette, type, wait until the first row is the wanted one, and take it."""
    person.desk.window.actions_.run("palette")
    popup = palette(person)
    QTest.keyClicks(popup.field, typed)
    await until(lambda: popup.titles()[:1] == [wanted], lambda: f"{wanted!r} first in {popup.titles()[:5]}")
    QTest.keyClick(popup.field, Qt.Key.Key_Return)


@at_the_window
async def test_parts_kinds_settings_agents_and_sessions_are_found(start):
    person = await start(ScriptedModel([Reply("Hello Ryan.")]))
    await person.begins("notepad")
    await person.says("My name is Ryan.")
    agent = person.desk.bench.agent
    tool = next(node for node in agent.model.document.walk() if node.kind == "tool")

    await person.goes_to("sessions")
    await finds(person, "go add note", "Go to Tool · Add note")
    assert person.page.tree.selected() == [tool.id] and person.desk.window.page == "workspace"
    assert person.desk.window.focusWidget() is person.page.tree.canvas

    await finds(person, "add gate", "Add Gate")
    assert agent.model.document.node(person.page.tree.selected()[0]).kind == "gate"

    assert not theme.current().dark
    await finds(person, "theme dark", "Theme: Dark")
    assert theme.current().dark
    assert person.application.services.settings_file.current.theme == "dark"
    await finds(person, "theme light", "Theme: Light")

    await until(lambda: person.desk.bench.session_title, "the session's title")
    person.desk.window.actions_.run("session.new")
    await finds(person, "my name is", "My name is Ryan.")
    await until(lambda: person.texts("agent") == ["Hello Ryan."], "the session")

    await person.goes_to("agents")
    await finds(person, "notepad assistant", "Notepad assistant")
    await until(lambda: person.desk.window.page == "workspace", "the agent")


@at_the_window
async def test_what_was_used_lately_comes_first_and_the_rest_only_when_typed(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    actions, popup = person.desk.window.actions_, palette(person)
    actions.run("palette")
    before = popup.titles()
    assert "Duplicate" in before and not any(title.startswith(("Go to Tool", "Add Gate")) for title in before)
    popup.dismiss()
    await finds(person, "add gate", "Add Gate")
    await finds(person, "collapse all", "Collapse all")
    actions.run("palette")
    assert popup.titles()[:2] == ["Collapse all", "Add Gate"]
    assert popup.titles().count("Collapse all") == 1 and len(popup.titles()) == len(before) + 1
    popup.dismiss()
    remembered = person.application.services.settings_file.current.remembered
    assert remembered.recent_commands == ["action/tree.fold_all", "kind/gate"]
    await finds(person, "wall of figs", "Find “wall of figs” in all sessions")
    assert person.desk.sessions.page.list.search.text() == "wall of figs"
    assert remembered.recent_commands[0] == "action/tree.fold_all"  # words are not a command


@at_the_window
async def test_without_an_agent_only_what_can_be_done_is_chosen(start):
    person = await start(ScriptedModel())
    person.desk.window.actions_.run("palette")
    popup = palette(person)
    QTest.keyClicks(popup.field, "duplicate")
    first = popup._model.shown[0][0]
    assert first.title == "Duplicate" and not first.enabled
    QTest.keyClick(popup.field, Qt.Key.Key_Return)  # goes to the first that can be chosen: the search
    assert person.desk.window.page == "sessions"
