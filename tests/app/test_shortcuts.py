"""A person's own shortcuts: rules, the dialog by keyboard, and menus, tool tips and the tree following at once."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.actions import ACTIONS
from app.settings import SettingsFile
from app.shortcuts import Shortcuts, portable, why_not
from app.window.shortcut_row import ID_ROLE, KEYS_ROLE
from app.window.shortcuts_dialog import ShortcutsDialog
from engine.testing import ScriptedModel
from tests.app.helpers import Person, at_the_window, until
from tests.widgets.editor_help import nameless

CTRL, ALT, NONE = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.NoModifier,
)


def test_keys_go_from_one_action_to_another_and_back():
    told: list[int] = []
    own: dict[str, str] = {}
    shortcuts = Shortcuts(own, lambda: told.append(1))
    assert shortcuts.holder("edit.up", "Ctrl+D").id == "edit.duplicate"
    assert shortcuts.holder("session.new", "Ctrl+D") is None  # the tree's keys and the window's do not collide
    shortcuts.assign("edit.up", "Ctrl+D")
    assert own == {"edit.duplicate": "", "edit.up": "Ctrl+D"}
    shortcuts.assign("edit.copy", "Shift+Del")  # one of the two that Cut has
    assert shortcuts.keys("edit.cut") == "Ctrl+X"
    shortcuts.reset("edit.duplicate")
    assert own == {"edit.up": "", "edit.copy": "Shift+Del", "edit.cut": "Ctrl+X"}
    shortcuts.assign("edit.up", "Alt+Up")
    assert not shortcuts.is_own("edit.up")
    shortcuts.reset_all()
    assert own == {} and len(told) == 5


@pytest.mark.parametrize(
    ("modifiers", "key", "said"),
    [
        (NONE, Qt.Key.Key_A, "You could not type"),
        (NONE, Qt.Key.Key_Up, "Arrow keys walk"),
        (CTRL, Qt.Key.Key_Tab, "already means the same"),
        (NONE, Qt.Key.Key_F10, "already means the same"),
        (NONE, Qt.Key.Key_F7, None),
        (CTRL, Qt.Key.Key_A, None),
        (ALT, Qt.Key.Key_Up, None),
    ],
)
def test_keys_that_may_not_be_taken(modifiers, key, said):
    found = why_not(QKeyCombination(modifiers, key))
    assert found is None if said is None else said in str(found)


@pytest.mark.parametrize("keys", ["Ctrl+Alt+Left", "Ctrl+Alt+Right", "Ctrl+Alt+Up", "Ctrl+Alt+Down", "Ctrl+Alt+T"])
def test_no_key_of_ours_changes_the_workspace_of_the_desktop(keys):
    assert [spec.id for spec in ACTIONS if keys in spec.shortcut.split("; ")] == []  # it would never come to us


def test_a_modifier_alone_is_no_shortcut():
    assert portable(QKeyCombination(CTRL, Qt.Key.Key_Control)) == ""
    assert portable(QKeyCombination(CTRL | Qt.KeyboardModifier.KeypadModifier, Qt.Key.Key_5)) == "Ctrl+5"


async def opened(person: Person) -> ShortcutsDialog:
    person.desk.window.actions_.run("help.shortcuts")

    def visible() -> list[ShortcutsDialog]:
        return [found for found in person.desk.window.findChildren(ShortcutsDialog) if found.isVisible()]

    return (await until(visible, "the list of shortcuts"))[0]


def choose(dialog: ShortcutsDialog, name: str) -> None:
    dialog.search.clear()
    QTest.keyClicks(dialog.search, name)
    QTest.keyClick(dialog.search, Qt.Key.Key_Return)


def shown(dialog: ShortcutsDialog, action_id: str) -> str:
    for number in range(dialog.list.topLevelItemCount()):
        item = dialog.list.topLevelItem(number)
        if item.data(0, ID_ROLE) == action_id:
            return str(item.data(0, KEYS_ROLE))
    raise AssertionError(action_id)


@at_the_window
async def test_rebinding_by_keyboard_and_everything_follows(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    tree = person.page.tree
    dialog = await opened(person)
    assert nameless(dialog) == []
    choose(dialog, "duplicate")
    assert dialog.editor.isVisible() and dialog.focusWidget() is dialog.field
    QTest.keyClick(dialog.field, Qt.Key.Key_B, CTRL)
    assert not dialog.editor.isVisible() and shown(dialog, "edit.duplicate") == "Ctrl+B"
    tool = next(node for node in person.desk.bench.agent.model.document.walk() if node.kind == "tool")
    tree.select([tool.id])
    count = len(person.desk.bench.agent.model.document)
    QTest.keyClick(tree.canvas, Qt.Key.Key_D, CTRL)
    assert len(person.desk.bench.agent.model.document) == count
    QTest.keyClick(tree.canvas, Qt.Key.Key_B, CTRL)
    assert len(person.desk.bench.agent.model.document) > count


@at_the_window
async def test_a_conflict_is_named_and_can_be_taken(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    header, actions = person.page.header, person.desk.window.actions_
    dialog = await opened(person)
    choose(dialog, "new session")
    QTest.keyClick(dialog.field, Qt.Key.Key_M, CTRL)
    assert dialog.answer.text() == "Ctrl+M belongs to “Choose the model”."
    assert dialog.take.text() == "Take it from Choose the model" and dialog.focusWidget() is dialog.take
    QTest.keyClick(dialog.take, Qt.Key.Key_Space)
    assert (shown(dialog, "session.new"), shown(dialog, "model.choose")) == ("Ctrl+M", "")
    assert actions["session.new"].shortcut().toString() == "Ctrl+M"
    assert header.new.toolTip().endswith("(Ctrl+M)") and header.model.toolTip() == "Choose the model…"
    choose(dialog, "find a command")
    QTest.keyClick(dialog.field, Qt.Key.Key_Escape)
    assert dialog.isVisible() and not dialog.editor.isVisible()
    choose(dialog, "new session")
    QTest.keyClick(dialog.field, Qt.Key.Key_X)
    assert "could not type" in dialog.answer.text() and not dialog.take.isVisible()
    QTest.keyClick(dialog.field, Qt.Key.Key_Backspace)
    assert shown(dialog, "session.new") == ""
    saved = SettingsFile(person.application.services.settings_file.path).current.shortcuts
    assert saved == {"session.new": "", "model.choose": ""}

    choose(dialog, "new session")
    QTest.mouseClick(dialog.reset, Qt.MouseButton.LeftButton)
    assert shown(dialog, "session.new") == "Ctrl+N"
    QTest.mouseClick(dialog.reset_all, Qt.MouseButton.LeftButton)
    assert shown(dialog, "model.choose") == "Ctrl+M" and not dialog.reset_all.isEnabled()
    assert "Ctrl K" in header.find_button.text()


@at_the_window
async def test_own_shortcuts_hold_in_the_next_run(start):
    person = await start(ScriptedModel())
    person.application.services.settings_file.current.shortcuts = {"palette": "Ctrl+P", "gone.action": "Ctrl+R"}
    await person.closes()
    person = await start(ScriptedModel())
    await person.begins("notepad")
    assert person.desk.window.actions_["palette"].shortcut().toString() == "Ctrl+P"
    assert person.page.header.find_button.text() == " Ctrl P"
    dialog = await opened(person)
    dialog.search.setText("nothing like it")
    assert dialog.none.isVisible() and not dialog.list.isVisible()
    dialog.search.setText("ctrl+p")
    QTest.keyClick(dialog.search, Qt.Key.Key_Down)
    assert dialog.list.currentItem().text(0) == "Find a command"
    QApplication.sendPostedEvents()
