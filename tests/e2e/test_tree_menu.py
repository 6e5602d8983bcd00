"""The tree's context menu and its list of places in the real window, by keyboard alone."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from tests.app.helpers import until
from tests.e2e.conftest import Desk, on_the_screen
from tests.e2e.editing import document, of_kind, selects, shape

CTRL = Qt.KeyboardModifier.ControlModifier


@on_the_screen
async def test_the_menu_lists_what_can_be_done_and_move_to_lists_places(desk: Desk) -> None:
    desk.knows_the_server()
    person, hands = await desk.start()
    await hands.clicks("Notepad assistant")
    await hands.clicks("Open Notepad assistant")
    await until(lambda: person.desk.window.page == "workspace", "the workspace")
    before = shape(person)
    system = of_kind(person, "system")
    await selects(person, hands, system.id)
    tree = person.page.tree
    await until(tree.canvas.hasFocus, "the canvas has the keyboard")
    await hands.press(Qt.Key.Key_F10, held=Qt.KeyboardModifier.ShiftModifier)
    menu = await until(lambda: QApplication.activePopupWidget(), "the menu")
    entries = {action.objectName(): action for action in menu.actions()}
    assert entries["edit.duplicate"].isEnabled() and "Ctrl+D" in entries["edit.duplicate"].text()
    while menu.activeAction() is not entries["edit.move_to"]:
        await hands.press(Qt.Key.Key_Down)
    await hands.press(Qt.Key.Key_Return)
    popup = tree.move_to.popup
    await until(popup.isVisible, "the list of places")
    await hands.types("when first")
    await until(lambda: popup.titles() == ["Inside When, first"], lambda: str(popup.titles()))
    await hands.press(Qt.Key.Key_Return)
    await until(lambda: ["when", "system", "section"] in shape(person), lambda: str(shape(person)))
    assert tree.selected() == [system.id] and tree.canvas.hasFocus()
    await hands.press(Qt.Key.Key_Z, held=CTRL)
    await until(lambda: shape(person) == before, "taken back")
    assert document(person).node(system.id)
