"""The mouse on the canvas: buttons of cards, tool tips, double clicks, scrolling while dragging, what a drag shows."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QToolTip
from pytestqt.qtbot import QtBot

from engine.blueprint import AgentDocument, Problem, make_node
from tests.widgets.editor_help import model_of, shape, spot
from widgets.tree import DocumentModel, LiveBadge, TreeEditor

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def button(editor: TreeEditor, node_id: str, name: str) -> QPoint:
    """Where a small button of a card is, with the mouse over the card."""
    canvas = editor.canvas
    QTest.mouseMove(canvas.viewport(), spot(editor, node_id))
    placed = canvas.layout_.placed(node_id)
    assert placed is not None
    found = canvas.painter_.buttons(canvas.layout_.header(placed), canvas.look_of(placed))
    return canvas.view_rect(found[name]).center().toPoint()


def tip(editor: TreeEditor, at: QPoint) -> str:
    view = editor.canvas.viewport()
    QApplication.sendEvent(view, QHelpEvent(QEvent.Type.ToolTip, at, view.mapToGlobal(at)))
    return QToolTip.text()


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)  # a menu, without a screen
def test_the_buttons_of_a_card_collapse_it_and_open_its_menu(editor: TreeEditor, qtbot: QtBot) -> None:
    view = editor.canvas.viewport()
    QTest.mouseClick(view, LEFT, NONE, button(editor, "tool", "fold"))
    assert editor.folded() == ["tool"]
    view.grab()
    QTest.mouseClick(view, LEFT, NONE, button(editor, "tool", "fold"))
    assert editor.folded() == []
    with qtbot.waitSignal(editor.canvas.menu_requested) as asked:
        QTest.mouseClick(view, LEFT, NONE, button(editor, "when", "menu"))
    assert asked.args[1] is False and editor.selected() == ["when"]
    editor._menu.close()
    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))
    assert editor.canvas.pointer.hovered is None


def test_a_tool_tip_says_all_that_a_card_has_no_room_for(editor: TreeEditor) -> None:
    editor.set_live({"tool": LiveBadge(True, calls=2, last="note: figs → Noted.")})
    editor.set_problems([Problem("tool", None, "error", "This tool has no reply.")])
    text = tip(editor, spot(editor, "tool"))
    assert text.splitlines()[0] == "Tool · Add note"
    assert "last call: note: figs → Noted." in text and "This tool has no reply." in text
    tip(editor, QPoint(3, editor.canvas.viewport().height() - 3))  # over nothing it goes away, a moment later


def test_a_double_click_renames_in_place_or_opens_the_form(editor: TreeEditor, qtbot: QtBot) -> None:
    view = editor.canvas.viewport()
    QTest.mouseDClick(view, LEFT, NONE, spot(editor, "tool"))
    field = next(edit for edit in view.findChildren(QLineEdit) if edit.isVisible())
    assert field.text() == "Add note"
    QTest.keyClick(field, Qt.Key.Key_Escape)
    with qtbot.waitSignal(editor.properties_requested) as asked:
        QTest.mouseDClick(view, LEFT, NONE, spot(editor, "tl"))
    assert asked.args == ["tl"]


def test_the_middle_button_pans(editor: TreeEditor) -> None:
    sections = [make_node("section", id=f"x{n}", title=f"Part {n}", text="words") for n in range(60)]
    editor.set_document(DocumentModel(AgentDocument(make_node("agent", *sections, id="root")), editor))
    view, bar = editor.canvas.viewport(), editor.canvas.verticalScrollBar()
    for kind, point in ((QEvent.Type.MouseButtonPress, 400.0), (QEvent.Type.MouseMove, 330.0)):
        middle = Qt.MouseButton.MiddleButton
        at = QPointF(100, point)
        QApplication.sendEvent(view, QMouseEvent(kind, at, view.mapToGlobal(at), middle, middle, NONE))
    QTest.mouseRelease(view, Qt.MouseButton.MiddleButton, NONE, QPoint(100, 330))
    assert bar.value() == 70


def test_dragging_near_the_edge_scrolls_and_shows_where_and_how_deep(editor: TreeEditor, qtbot: QtBot) -> None:
    inner = make_node("section", id="in", title="Inside", text="words")
    sections = [make_node("section", id=f"x{n}", title=f"Part {n}", text="words") for n in range(60)]
    root = make_node("agent", make_node("group", inner, id="g", title="G"), *sections, id="root")
    editor.set_document(DocumentModel(AgentDocument(root), editor))
    canvas, view = editor.canvas, editor.canvas.viewport()
    start = spot(editor, "x2")
    QTest.mousePress(view, LEFT, NONE, start)
    QTest.mouseMove(view, start + QPoint(0, 30))
    QTest.mouseMove(view, spot(editor, "in", share=0.9))
    target = canvas.pointer.target
    assert target is not None and (target.parent_id, target.index) == ("g", 1)
    deep = target.left
    view.grab()  # the card under way, the line and the words are painted
    QTest.mouseMove(view, spot(editor, "x0", share=0.1))
    target = canvas.pointer.target
    assert target is not None and target.parent_id == "root" and target.left < deep
    assert target.words == "After “Group · G”"
    QTest.mouseMove(view, QPoint(100, view.height() - 4))
    qtbot.waitUntil(lambda: canvas.verticalScrollBar().value() > 200)
    QTest.mouseMove(view, QPoint(100, 4))
    qtbot.waitUntil(lambda: canvas.verticalScrollBar().value() < 150)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    QTest.mouseRelease(view, LEFT, NONE, QPoint(100, 4))
    assert not model_of(editor).can_undo


def test_what_cannot_land_says_why_beside_the_pointer(editor: TreeEditor) -> None:
    view = editor.canvas.viewport()
    editor.select(["st", "rem"])
    QTest.mousePress(view, LEFT, NONE, spot(editor, "rem"))
    QTest.mouseMove(view, spot(editor, "tl"))
    QTest.mouseMove(view, spot(editor, "rp"))
    target = editor.canvas.pointer.target
    assert target is not None and target.reason is not None and "steps" in target.reason
    view.grab()
    QTest.mouseRelease(view, LEFT, NONE, spot(editor, "rp"))
    assert not model_of(editor).can_undo


def test_a_collapsed_card_takes_what_is_dropped_on_it(editor: TreeEditor) -> None:
    editor.shared.folds.set("when", True)
    view = editor.canvas.viewport()
    QTest.mousePress(view, LEFT, NONE, spot(editor, "rem"))
    QTest.mouseMove(view, spot(editor, "tl"))
    QTest.mouseMove(view, spot(editor, "when"))
    target = editor.canvas.pointer.target
    assert target is not None and target.inside and target.words == "Into “When”"
    QTest.mouseRelease(view, LEFT, NONE, spot(editor, "when"))
    assert shape(model_of(editor))["when"] == ["sec", "rem"]


def test_the_view_menu_lists_zoom_and_what_is_shown(editor: TreeEditor) -> None:
    menu = editor.header.view.menu()
    menu.aboutToShow.emit()
    found = {action.objectName(): action for action in menu.actions() if action.objectName()}
    assert found["tree.zoom_reset"].text() == "Actual size\tCtrl+0"
    assert found["tree.map"].isChecked() and not found["tree.outline"].isChecked()
    found["tree.zoom_in"].trigger()
    assert editor.canvas.zoom > 1
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.objectName() == "tree.outline").trigger()
    assert editor.showing_outline
    editor.header.look.click()
    assert editor.find_bar.isVisible()
