"""The reference agent made by someone who reads and acts through the accessibility interface alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtGui import QAccessible

from engine.testing import Reply, ScriptedModel, ToolCall
from tests.app.helpers import Person, at_the_window, until
from tests.support.reader import Reader, Role


def document(person: Person) -> Any:
    return person.desk.bench.agent.model.document


def shape(person: Person) -> list[Any]:
    def of(node: Any) -> Any:
        return [node.kind, *(of(child) for child in node.children)] if node.children else node.kind

    return [of(child) for child in document(person).root.children]


class Blind:
    """Someone at the window who hears what is there."""

    def __init__(self, person: Person) -> None:
        self.person, self.reader = person, Reader()

    async def hears(self, name: str, *roles: Any) -> Any:
        return await until(lambda: self.reader.finds(name, *roles), lambda: f"{name!r}: {self.reader.names()}")

    async def presses(self, name: str, *roles: Any) -> None:
        await self.hears(name, *roles)
        self.reader.acts(name, *roles)

    async def goes_to(self, name: str) -> None:
        """Select a row of the outline."""
        await self.hears(name, Role.TreeItem)
        self.reader.selects(name, Role.TreeItem)

    async def adds(self, search: str, kind: str, title: str) -> Any:
        """Open the palette, look for a part, add it; the new node."""
        before = {node.id for node in document(self.person).walk()}
        await self.presses("Add", Role.CheckBox)
        await self.hears("Search parts", Role.EditableText)
        self.reader.writes("Search parts", search)
        await self.hears(f"{title}. …", Role.ListItem)
        await self.presses("Add this part", Role.Button)
        made = await until(lambda: [n for n in document(self.person).walk() if n.id not in before], f"a new {kind}")
        assert made[0].kind == kind
        return made[0]

    async def writes(self, label: str, text: str) -> None:
        await self.hears(label, Role.EditableText)
        self.reader.writes(label, text)
        self.reader.focuses("Outline of the agent", Role.Tree)  # names of variables change when the field is left


@pytest.fixture(autouse=True)
def listening() -> Iterator[None]:
    """What this test switches on, it switches off."""
    yield
    QAccessible.setActive(False)


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)  # the list that drops down, without a screen
@at_the_window
async def test_the_reference_agent_through_the_accessibility_interface(start):
    model = ScriptedModel([Reply(tool_calls=[ToolCall("add_note", {"note": "buy figs"})]), "Noted.", "Figs."])
    person = await start(model)
    me = Blind(person)
    person.desk.window.activateWindow()
    QAccessible.setActive(True)  # Qt tells of changes only while something listens, as a screen reader does
    await me.presses("Blank agent", Role.CheckBox)
    await me.presses("Open Blank agent", Role.Button)
    await until(lambda: person.desk.window.page == "workspace", "the workspace")
    await me.presses("Show as outline", Role.CheckBox)

    await me.goes_to("System, …")
    await me.writes("Instructions", "You are an assistant with a notepad.")
    await me.adds("state", "state", "State variable")
    await me.writes("Name", "notepad")
    await me.goes_to("State variable · notepad…")
    tool = await me.adds("tool", "tool", "Tool")
    await me.writes("Name", "Add note")
    await me.writes("When to use it", "Add a note")
    await me.presses("Add an input…", Role.Button)
    await until(lambda: document(person).node(tool.id).props.get("inputs"), "an input")
    await me.writes("Name of input 1", "note")
    await me.goes_to("Tool · Add note…")
    append = await me.adds("append", "append", "Append")
    if document(person).node(append.id).props.get("variable") != "notepad":
        me.reader.chooses("Variable", "notepad (list)")
    await me.writes("Add", "{{ note }}")
    await me.goes_to("Append to notepad…")
    await me.adds("reply", "reply", "Reply")
    await me.writes("What the model is told", "Noted.")

    await me.goes_to("Timeline, …")
    when = await me.adds("when", "when", "When")
    await me.presses("Add a condition", Role.Button)
    await until(lambda: "is_not_empty" in str(document(person).node(when.id).props), "a condition")
    await me.goes_to("When, …")
    section = await me.adds("section", "section", "Section")
    await me.writes("Title", "notepad")
    me.reader.chooses("One line per item of", "notepad (list)")
    await until(lambda: document(person).node(section.id).props.get("each") == "notepad", "the list")
    await me.writes("Text", "- {{ item }}")
    assert shape(person) == ["system", "state", ["tool", "append", "reply"], ["when", "section"], "timeline"]

    await me.writes("Message", "Please note: buy figs")
    await me.presses("Send", Role.Button)
    await until(lambda: person.texts("agent")[-1:] == ["Noted."], "the answer")
    await me.hears("State variable · notepad, List, starts empty, 1 item…", Role.TreeItem)
    await me.writes("Message", "What is on it?")
    await me.presses("Send", Role.Button)
    await until(lambda: person.texts("agent")[-1:] == ["Figs."], "the second answer")
    assert "- buy figs" in model.calls[-1].system
