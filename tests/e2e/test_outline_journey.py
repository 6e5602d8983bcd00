"""The reference agent made in the outline by keyboard alone, in the real window: nothing is clicked or looked at."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from tests.app.helpers import Person, until
from tests.e2e.conftest import Desk, on_the_screen
from tests.e2e.editing import document, of_kind, shape
from tests.e2e.hands import CTRL, Hands

SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
REFERENCE = ["system", "state", ["tool", "append", "reply"], ["when", "section"], "timeline"]


class Outline:
    """The outline under the fingers."""

    def __init__(self, person: Person, hands: Hands) -> None:
        self.person, self.hands = person, hands
        self.said: list[str] = []
        person.page.tree.said.connect(self.said.append)

    @property
    def current(self) -> str:
        return str(self.person.page.tree.selection.current)

    async def begins(self) -> None:
        await self.hands.tabs_to("Tree of the agent", backwards=True)
        await self.hands.press(Qt.Key.Key_O, held=CTRL | SHIFT)
        await until(self.person.page.tree.outline.hasFocus, "the outline has the keyboard")
        await self.hands.press(Qt.Key.Key_Home)

    async def goes_to(self, node_id: str) -> None:
        """Walk down from the top with the arrow key."""
        await self.back()
        await self.hands.press(Qt.Key.Key_Home)
        for _ in range(40):
            if self.current == node_id:
                return
            await self.hands.press(Qt.Key.Key_Down)
        raise AssertionError(f"the arrow key never comes to {node_id}")

    async def back(self) -> None:
        """From wherever the focus is to the outline."""
        if not self.person.page.tree.outline.hasFocus():
            await self.hands.tabs_to("Outline of the agent", backwards=True)

    async def adds(self, key: Qt.Key, held: Qt.KeyboardModifier, search: str, kind: str) -> Any:
        """Ask for a part beside or inside the current one; its form has the focus then."""
        before = {node.id for node in document(self.person).walk()}
        await self.hands.press(key, held=held)
        await until(self.person.page.tree.palette_panel.isVisible, "the palette")
        await self.hands.types(search)
        await self.hands.press(Qt.Key.Key_Return)
        made = await until(lambda: [n for n in document(self.person).walk() if n.id not in before], f"a new {kind}")
        assert made[0].kind == kind
        await until(lambda: self.person.page.form.node_id == made[0].id, "its form")
        return made[0]

    async def chooses(self, label: str, text: str) -> None:
        """Go to a list of the form with Tab and to its entry with the arrow keys."""
        box: Any = await self.hands.tabs_to(label)
        for _ in range(box.count()):
            if box.currentText() == text:
                return
            await self.hands.press(Qt.Key.Key_Down)
        assert box.currentText() == text


@on_the_screen
async def test_the_reference_agent_in_the_outline_by_keyboard_alone(desk: Desk) -> None:
    desk.knows_the_server()
    person, hands = await desk.start()
    await until(lambda: person.desk.agents.page.begin.isEnabled(), "the templates")
    await hands.tabs_to("Notepad assistant")
    for _ in range(12):
        if person.desk.agents.page.begin.text() != "Open Blank agent":
            await hands.press(Qt.Key.Key_Right)
    await hands.tabs_to("Open Blank agent")
    await hands.press(Qt.Key.Key_Space)
    await until(lambda: person.desk.window.page == "workspace", "the workspace")
    outline = Outline(person, hands)
    await outline.begins()

    await outline.goes_to(of_kind(person, "system").id)
    state = await outline.adds(Qt.Key.Key_Return, CTRL, "state", "state")
    await hands.types("notepad")
    await outline.goes_to(state.id)
    tool = await outline.adds(Qt.Key.Key_Return, CTRL, "tool", "tool")
    await hands.types("Add note")
    await hands.tabs_to("When to use it")
    await hands.types("Add a note")
    await hands.tabs_to("Add an input: Asks the model for", "Add an input")
    await hands.press(Qt.Key.Key_Space)
    await hands.types("note")
    await outline.goes_to(tool.id)
    for step in document(person).node(tool.id).children:  # whatever a new tool comes with
        await outline.goes_to(step.id)
        await hands.press(Qt.Key.Key_Delete)
    await outline.goes_to(tool.id)
    append = await outline.adds(Qt.Key.Key_Insert, ALT, "append", "append")
    await outline.chooses("Variable", "notepad (list)")
    await hands.tabs_to("Add")
    await hands.press(Qt.Key.Key_A, held=CTRL)
    await hands.types("{{ note }}")
    await hands.press(Qt.Key.Key_Escape)
    await outline.goes_to(append.id)
    await outline.adds(Qt.Key.Key_Return, CTRL, "reply", "reply")
    await hands.press(Qt.Key.Key_A, held=CTRL)
    await hands.types("Noted.")

    await outline.goes_to(of_kind(person, "timeline").id)
    section = await outline.adds(Qt.Key.Key_Return, CTRL | SHIFT, "section", "section")
    await hands.types("notepad")
    await outline.chooses("One line per item of", "notepad (list)")
    await outline.goes_to(section.id)
    await hands.press(Qt.Key.Key_W, held=CTRL | ALT)  # a When around it, which asks for its condition at once
    when = await until(lambda: next((n for n in document(person).walk() if n.kind == "when"), None), "the When")
    await hands.tabs_to("Add a condition")
    await hands.press(Qt.Key.Key_Space)
    await until(lambda: "is_not_empty" in str(document(person).node(when.id).props), "a condition")
    await outline.goes_to(section.id)
    await hands.press(Qt.Key.Key_Return)
    await until(lambda: person.page.form.node_id == section.id, "the section's form")
    await hands.tabs_to("Write - item for each", "Text")
    if "item" in str(getattr(QApplication.focusWidget(), "text", str)()):
        await hands.press(Qt.Key.Key_Space)
    else:
        await hands.types("- {{ item }}")
        await hands.press(Qt.Key.Key_Escape)
    assert shape(person) == REFERENCE
    assert any(said.startswith("Added Section") and " in " in said for said in outline.said)
    assert any(said.startswith("Put inside When") for said in outline.said)

    await outline.goes_to(state.id)  # moving, and taking it back, is said too
    await hands.press(Qt.Key.Key_Down, held=ALT)
    assert shape(person)[1][0] == "tool"
    await hands.press(Qt.Key.Key_Z, held=CTRL)
    assert shape(person) == REFERENCE
    assert outline.said[-1] == "Taken back: move State variable."

    await hands.press(Qt.Key.Key_L, held=CTRL)
    await hands.types("Please note: buy figs")
    await hands.press(Qt.Key.Key_Return)
    await until(lambda: person.texts("agent")[-1:] == ["I have noted that."], "the answer")
    await until(lambda: person.page.tree.canvas.live(section.id).mounted, "the section is sent")
    assert "- buy figs" in str(desk.server.calls[-1].body["system"])
