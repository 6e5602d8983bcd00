"""The tree editor with a real mouse and real keys: selecting, adding, moving, refusing, undo, clipboard."""

from __future__ import annotations

import json

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from tests.widgets.editor_help import drag, model_of, nameless, notepad, shape, spot
from widgets.actions import TREE_ACTIONS
from widgets.tree import DocumentModel, LiveBadge, TreeEditor
from widgets.tree.menu import fill_menu

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL, ALT, SHIFT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


def press(editor: TreeEditor, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE) -> None:
    QTest.keyClick(editor.canvas, key, modifier)


def test_a_click_selects_and_the_signal_says_so(editor: TreeEditor, qtbot: QtBot) -> None:
    with qtbot.waitSignal(editor.selection_changed) as caught:
        QTest.mouseClick(editor.canvas.viewport(), LEFT, NONE, spot(editor, "st"))
    assert caught.args == [["st"]]
    QTest.mouseClick(editor.canvas.viewport(), LEFT, CTRL, spot(editor, "tl"))
    assert editor.selected() == ["st", "tl"]
    QTest.mouseClick(editor.canvas.viewport(), LEFT, SHIFT, spot(editor, "sys"))
    assert set(editor.selected()) >= {"sys", "st", "tool", "ap", "rp", "when", "sec", "tl"}


def test_dragging_a_card_reorders_and_undo_takes_it_back(editor: TreeEditor) -> None:
    model = model_of(editor)
    drag(editor, spot(editor, "rem"), spot(editor, "sys", share=0.1))
    assert shape(model)["root"] == ["rem", "sys", "st", "tool", "when", "tl"]
    assert model.undo()
    assert shape(model)["root"] == ["sys", "st", "tool", "when", "tl", "rem"]


def test_dragging_a_card_into_another_nests_it(editor: TreeEditor) -> None:
    drag(editor, spot(editor, "rem"), spot(editor, "sec", share=0.9))
    assert shape(model_of(editor))["when"] == ["sec", "rem"]


def test_an_illegal_drop_says_why_and_changes_nothing(editor: TreeEditor) -> None:
    model = model_of(editor)
    before = model.document
    view = editor.canvas.viewport()
    QTest.mousePress(view, LEFT, NONE, spot(editor, "rem"))
    QTest.mouseMove(view, spot(editor, "tl"))
    QTest.mouseMove(view, spot(editor, "ap", share=0.2))
    target = editor.canvas.pointer.target
    assert target is not None
    assert target.reason is not None and "step" in target.reason
    QTest.mouseRelease(view, LEFT, NONE, spot(editor, "ap", share=0.2))
    assert model.document is before
    assert not editor.canvas.pointer.dragging


def test_escape_gives_a_drag_up(editor: TreeEditor) -> None:
    model = model_of(editor)
    before = model.document
    view = editor.canvas.viewport()
    QTest.mousePress(view, LEFT, NONE, spot(editor, "rem"))
    QTest.mouseMove(view, spot(editor, "tl"))
    QTest.mouseMove(view, spot(editor, "sys", share=0.1))
    assert editor.canvas.pointer.dragging
    press(editor, Qt.Key.Key_Escape)
    QTest.mouseRelease(view, LEFT, NONE, spot(editor, "sys", share=0.1))
    assert model.document is before


def test_several_selected_cards_move_together_in_their_order(editor: TreeEditor) -> None:
    editor.select(["tl", "st"])
    drag(editor, spot(editor, "st"), spot(editor, "rem", share=0.9))
    assert shape(model_of(editor))["root"] == ["sys", "tool", "when", "rem", "st", "tl"]


def test_the_palette_adds_by_click_inside_the_selection(editor: TreeEditor, qtbot: QtBot) -> None:
    model = model_of(editor)
    editor.select(["tool"])
    QTest.mouseClick(editor.add_button, LEFT)
    panel = editor.palette_panel
    assert panel.isVisible()
    search = panel.findChild(QLineEdit)
    assert search is not None
    QTest.keyClicks(search, "clear")
    with qtbot.waitSignal(editor.properties_requested) as caught:
        QTest.keyClick(search, Qt.Key.Key_Return)
    assert not panel.isVisible()
    new = editor.selected()[0]
    assert caught.args == [new]
    assert shape(model)["tool"] == ["ap", "rp", new]
    assert model.document.node(new).kind == "clear"


def test_a_kind_that_fits_nowhere_says_why(editor: TreeEditor) -> None:
    assert editor.add_kind("timeline") is None
    messages: list[str] = []
    editor.message.connect(messages.append)
    editor.add_kind("timeline")
    assert messages and "Timeline" in messages[0]


def test_a_kind_can_be_dragged_from_the_palette_to_its_place(editor: TreeEditor) -> None:
    model = model_of(editor)
    editor.open_palette()
    kinds = editor.palette_panel._list
    row = next(
        kinds.model().index(i, 0)
        for i in range(kinds.model().rowCount())
        if kinds.model().index(i, 0).data() == "Section"
    )
    kinds.scrollTo(row)
    start = kinds.visualRect(row).center()
    QTest.mousePress(kinds.viewport(), LEFT, NONE, start)
    QTest.mouseMove(kinds.viewport(), start + QPoint(0, 30))
    assert editor.canvas.pointer.dragging
    view = editor.canvas.viewport()
    stop = kinds.viewport().mapFromGlobal(view.mapToGlobal(spot(editor, "sec", share=0.9)))
    QTest.mouseMove(kinds.viewport(), stop)
    QTest.mouseRelease(kinds.viewport(), LEFT, NONE, stop)
    new = editor.selected()[0]
    assert shape(model)["when"] == ["sec", new]
    assert not editor.palette_panel.isVisible()


def test_the_empty_place_inside_a_tool_opens_the_palette_for_it(editor: TreeEditor) -> None:
    new = editor.add_kind("tool")
    assert new is not None
    placed = editor.canvas.layout_.placed(new)
    assert placed is not None
    at = editor.canvas.view_rect(editor.canvas.layout_.slot(placed)).center().toPoint()
    QTest.mouseMove(editor.canvas.viewport(), at)
    QTest.mouseClick(editor.canvas.viewport(), LEFT, NONE, at)
    assert editor.palette_panel.isVisible()
    editor.palette_panel.chosen.emit("reply")
    assert [child.kind for child in model_of(editor).document.node(new).children] == ["reply"]


def test_keys_walk_through_the_tree(editor: TreeEditor) -> None:
    editor.select(["st"])
    press(editor, Qt.Key.Key_Down)
    assert editor.selected() == ["tool"]
    press(editor, Qt.Key.Key_Right)
    assert editor.selected() == ["ap"]
    press(editor, Qt.Key.Key_Left)
    assert editor.selected() == ["tool"]
    press(editor, Qt.Key.Key_Left)
    assert "tool" in editor.canvas.layout_.folded
    press(editor, Qt.Key.Key_Down)
    assert editor.selected() == ["when"]
    press(editor, Qt.Key.Key_Home)
    assert editor.selected() == ["root"]
    press(editor, Qt.Key.Key_Down, SHIFT)
    assert editor.selected() == ["root", "sys"]


def test_keys_move_a_node_up_down_in_and_out(editor: TreeEditor) -> None:
    model = model_of(editor)
    editor.select(["rem"])
    press(editor, Qt.Key.Key_Up, ALT)
    assert shape(model)["root"][-2:] == ["rem", "tl"]
    press(editor, Qt.Key.Key_Right, ALT)
    assert shape(model)["when"] == ["sec", "rem"]
    press(editor, Qt.Key.Key_Up, ALT)
    assert shape(model)["when"] == ["rem", "sec"]
    press(editor, Qt.Key.Key_Left, ALT)
    assert shape(model)["root"] == ["sys", "st", "tool", "when", "rem", "tl"]
    for _ in range(4):
        model.undo()
    assert shape(model)["root"] == ["sys", "st", "tool", "when", "tl", "rem"]


def test_delete_selects_the_neighbour_and_the_agent_itself_stays(editor: TreeEditor) -> None:
    model = model_of(editor)
    editor.select(["ap"])
    press(editor, Qt.Key.Key_Delete)
    assert shape(model)["tool"] == ["rp"]
    assert editor.selected() == ["rp"]
    messages: list[str] = []
    editor.message.connect(messages.append)
    editor.select(["root"])
    press(editor, Qt.Key.Key_Delete)
    assert len(model.document) == 9
    assert messages


def test_copy_and_paste_go_through_the_clipboard_as_text(editor: TreeEditor, qtbot: QtBot) -> None:
    model = model_of(editor)
    editor.select(["tool"])
    press(editor, Qt.Key.Key_C, CTRL)
    text = QGuiApplication.clipboard().text()
    assert json.loads(text)["nodes"][0]["kind"] == "tool"
    other = TreeEditor()
    qtbot.addWidget(other)
    other.set_document(DocumentModel(notepad(), other))
    other.do("edit.paste")
    pasted = other.selected()[0]
    assert pasted not in ("tool", "root")
    copied = model_of(other).document.node(pasted)
    assert [child.kind for child in copied.children] == ["append", "reply"]
    editor.select(["st"])
    press(editor, Qt.Key.Key_X, CTRL)
    assert "st" not in model.document
    press(editor, Qt.Key.Key_V, CTRL)
    assert any(node.kind == "state" for node in model.document.walk())


def test_text_from_elsewhere_is_not_pasted(editor: TreeEditor) -> None:
    QGuiApplication.clipboard().setText('{"bough-nodes": 1, "nodes": [{"kind": 3}]}')
    messages: list[str] = []
    editor.message.connect(messages.append)
    before = model_of(editor).document
    editor.do("edit.paste")
    assert model_of(editor).document is before
    assert messages


def test_duplicate_and_switching_off(editor: TreeEditor) -> None:
    model = model_of(editor)
    editor.select(["when"])
    press(editor, Qt.Key.Key_D, CTRL)
    copy = editor.selected()[0]
    assert shape(model)["root"] == ["sys", "st", "tool", "when", copy, "tl", "rem"]
    press(editor, Qt.Key.Key_E, CTRL)
    assert not model.document.node(copy).enabled
    placed = editor.canvas.layout_.placed(model.document.node(copy).children[0].id)
    assert placed is not None
    look = editor.canvas.look_of(placed)
    assert look.dimmed and "switched off" in look.summary
    press(editor, Qt.Key.Key_E, CTRL)
    assert model.document.node(copy).enabled


def test_a_title_is_renamed_in_place_and_references_follow(editor: TreeEditor) -> None:
    model = model_of(editor)
    editor.select(["st"])
    press(editor, Qt.Key.Key_F2)
    field = next(edit for edit in editor.canvas.viewport().findChildren(QLineEdit) if edit.isVisible())
    field.selectAll()
    QTest.keyClicks(field, "notes")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert model.document.node("st").props["title"] == "notes"
    assert model.document.node("ap").props["variable"] == "notes"
    model.undo()
    assert model.document.node("ap").props["variable"] == "notepad"
    press(editor, Qt.Key.Key_F2)
    QTest.keyClicks(field, "zzz")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert model.document.node("st").props["title"] == "notepad"


def test_badges_say_what_the_session_says(editor: TreeEditor) -> None:
    editor.set_live(
        {
            "st": LiveBadge(True, value="2 items"),
            "tool": LiveBadge(True, calls=2, tokens=61),
            "sec": LiveBadge(False, reason="notepad is empty"),
            "sys": LiveBadge(True, tokens=9),
        }
    )
    looks = {}
    for key in ("st", "tool", "sec", "sys"):
        placed = editor.canvas.layout_.placed(key)
        assert placed is not None
        looks[key] = editor.canvas.look_of(placed)
    assert looks["st"].badges == (("2 items", "memory"),)
    assert looks["tool"].badges == (("called 2×", "abilities"), ("61", ""))
    assert looks["sys"].badges == (("9 tokens", ""),)
    assert looks["sec"].dimmed and looks["sec"].summary == "not sent: notepad is empty"


def test_zoom_keeps_its_bounds_and_the_wheel_zooms_with_control(editor: TreeEditor) -> None:
    press(editor, Qt.Key.Key_Plus, CTRL)
    assert editor.canvas.zoom > 1
    press(editor, Qt.Key.Key_0, CTRL)
    assert editor.canvas.zoom == 1
    for _ in range(30):
        editor.do("tree.zoom_out")
    assert editor.canvas.zoom >= 0.1
    for _ in range(60):
        editor.do("tree.zoom_in")
    assert editor.canvas.zoom <= 2.5
    editor.canvas.viewport().grab()


def test_selection_goes_with_what_is_deleted_by_undo(editor: TreeEditor) -> None:
    new = editor.add_kind("knob")
    assert editor.selected() == [new]
    model_of(editor).undo()
    assert editor.selected() == ["root"]


def test_enter_asks_for_the_properties(editor: TreeEditor, qtbot: QtBot) -> None:
    editor.select(["tl"])
    with qtbot.waitSignal(editor.properties_requested) as caught:
        press(editor, Qt.Key.Key_Return)
    assert caught.args == ["tl"]


def entries(menu: QMenu) -> dict[str, QAction]:
    """All entries of a menu and its sub-menus, by the id of their action."""
    found = {}
    for action in menu.actions():
        inner = action.menu()
        if isinstance(inner, QMenu):
            found.update(entries(inner))
        elif action.objectName():
            found[action.objectName()] = action
    return found


def test_the_context_menu_is_made_from_the_declared_actions(editor: TreeEditor) -> None:
    editor.select(["tool"])
    fill_menu(editor._menu, editor)
    found = entries(editor._menu)
    wanted = {action.id for action in TREE_ACTIONS if action.section and action.empty != "only"}
    assert set(found) == wanted - {"edit.ungroup", "part.edit", "part.update", "part.detach"}  # no group, no part
    assert found["edit.duplicate"].text() == "Duplicate\tCtrl+D"
    found["edit.duplicate"].trigger()
    assert sum(node.kind == "tool" for node in model_of(editor).document.walk()) == 2


def test_the_menu_knows_what_is_selected(editor: TreeEditor) -> None:
    editor.select(["when", "rem"])
    fill_menu(editor._menu, editor)
    found = entries(editor._menu)
    assert not found["tree.rename"].isEnabled()  # one name for two parts
    assert found["edit.group"].text().startswith("Group these")
    editor.select(["when"])
    editor.do("edit.toggle")
    fill_menu(editor._menu, editor)
    found = entries(editor._menu)
    assert found["edit.toggle"].text().startswith("Switch on")
    assert "edit.ungroup" in found
    fill_menu(editor._menu, editor, empty=True)
    assert set(entries(editor._menu)) == {
        action.id for action in TREE_ACTIONS if action.section and action.empty != "no"
    }


def test_every_control_has_a_name(editor: TreeEditor) -> None:
    editor.open_palette()
    assert nameless(editor) == []
    assert editor.canvas.accessibleName()
    editor.select(["tool"])
    assert "Add note" in editor.canvas.accessibleDescription()


def test_a_thousand_random_gestures_undone_give_the_same_document(editor: TreeEditor) -> None:
    import random

    model, dice = model_of(editor), random.Random(7)
    start = model.document
    gestures = [
        "edit.up",
        "edit.down",
        "edit.in",
        "edit.out",
        "edit.duplicate",
        "edit.delete",
        "edit.toggle",
        "edit.group",
        "edit.when",
        "edit.ungroup",
    ]
    for _ in range(200):
        ids = [node.id for node in model.document.walk()]
        editor.select(dice.sample(ids, k=min(len(ids), dice.choice((1, 1, 1, 2)))))
        editor.do(dice.choice(gestures))
        editor.canvas.layout_.size  # noqa: B018  laying out must not fail
    while model.can_undo:
        model.undo()
    assert model.document.root == start.root


def test_the_palette_stays_open_and_says_why_a_kind_cannot_be_added(editor: TreeEditor) -> None:
    before = model_of(editor).document
    editor.select(["sys"])
    editor.open_palette()
    panel = editor.palette_panel
    search = panel.findChild(QLineEdit)
    assert search is not None
    full = panel.height()
    QTest.keyClicks(search, "clear")
    assert panel.height() < full
    QTest.keyClick(search, Qt.Key.Key_Return)
    assert panel.isVisible()
    assert any("belongs inside a tool" in label.text() for label in panel.findChildren(QLabel))
    assert model_of(editor).document is before
    QTest.keyClick(search, Qt.Key.Key_Escape)
    assert not panel.isVisible()
    assert not editor.add_button.isChecked()
    editor.open_palette()
    QTest.mouseClick(editor.canvas.viewport(), LEFT, NONE, QPoint(8, 300))
    assert not panel.isVisible()
