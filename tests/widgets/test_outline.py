"""The outline: rows follow every edit, selection stays in step with the canvas, and keys do everything."""

from __future__ import annotations

import random

import pytest
from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from engine.blueprint import (
    AgentDocument,
    Batch,
    EditError,
    InsertNode,
    MoveNode,
    Node,
    RemoveNode,
    SetProperty,
    make_node,
)
from tests.support.reader import Reader, Role, name_of
from tests.widgets.editor_help import nameless, notepad, shape
from widgets.tree import DocumentModel, LiveBadge, TreeEditor
from widgets.tree.outline_model import OutlineModel

NONE, ALT = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def editor(editor: TreeEditor) -> TreeEditor:
    editor.show_outline(True)
    editor.focus_tree()
    return editor


def rows(model: QAbstractItemModel, parent: QModelIndex | None = None) -> list[object]:
    """The rows as nested lists of titles."""
    found: list[object] = []
    above = parent or QModelIndex()
    for row in range(model.rowCount(above)):
        index = model.index(row, 0, above)
        found.append(index.data())
        inner = rows(model, index)
        if inner:
            found.append(inner)
    return found


def test_a_node_that_goes_far_moves_one_row_only(qapp: QApplication) -> None:
    model = DocumentModel(AgentDocument(make_node("agent", *(make_node("system", id=f"n{i}") for i in range(40)))))
    outline = OutlineModel()
    outline.set_model(model)
    moves: list[tuple[str, int, int]] = []
    outline.rowsRemoved.connect(lambda _above, first, last: moves.append(("out", first, last)))
    outline.rowsInserted.connect(lambda _above, first, last: moves.append(("in", first, last)))
    root = model.document.root.id
    model.do(MoveNode("n2", root, 37))
    model.do(MoveNode("n30", root, 1))
    assert moves == [("out", 2, 2), ("in", 37, 37), ("out", 29, 29), ("in", 1, 1)]
    assert [outline.node_id(outline.index(row, 0, outline.index(0, 0))) for row in range(40)] == [
        child.id for child in model.document.root.children
    ]


def titles(model: DocumentModel) -> list[object]:
    from engine.blueprint import kind_of

    def inside(node: Node) -> list[object]:
        found: list[object] = []
        for child in node.children:
            found.append(kind_of(child).title_of(child))
            if child.children:
                found.append(inside(child))
        return found

    root = model.document.root
    return [kind_of(root).title_of(root), inside(root)]


def test_rows_follow_edits_undo_and_redo(qtbot: QtBot) -> None:
    model = DocumentModel(notepad())
    outline = OutlineModel()
    tester = QAbstractItemModelTester(outline, QAbstractItemModelTester.FailureReportingMode.Fatal)
    outline.set_model(model)
    assert rows(outline) == titles(model)
    model.do(SetProperty("tool", "title", "Write down"))
    model.do(MoveNode("sys", "when", 0))
    model.do(RemoveNode("ap"))
    model.do(Batch((MoveNode("rem", "root", 0), RemoveNode("tl")), "both"))
    assert rows(outline) == titles(model)
    while model.undo():
        assert rows(outline) == titles(model)
    while model.redo():
        assert rows(outline) == titles(model)
    outline.set_model(None)
    assert outline.rowCount() == 0
    tester.deleteLater()


def test_rows_follow_random_moves(qtbot: QtBot) -> None:
    model, dice = DocumentModel(notepad()), random.Random(3)
    outline = OutlineModel()
    outline.set_model(model)
    for _ in range(150):
        nodes = [node.id for node in model.document.walk()]
        parent = model.document.node(dice.choice(nodes))
        try:
            model.do(MoveNode(dice.choice(nodes), parent.id, dice.randint(0, len(parent.children))))
        except EditError:
            continue
        assert rows(outline) == titles(model)


def test_selection_is_in_step_both_ways(editor: TreeEditor) -> None:
    editor.select(["sec"])
    assert editor.outline.currentIndex().data() == "Section · notepad"
    QTest.keyClick(editor.outline, Qt.Key.Key_Down)
    assert editor.selected() == ["tl"]
    editor.show_outline(False)
    assert editor.selected() == ["tl"]


def test_moving_keeps_the_selection_and_unfolded_rows(editor: TreeEditor) -> None:
    model = editor.document_model
    assert model is not None
    editor.select(["tool"])
    QTest.keyClick(editor.outline, Qt.Key.Key_Up, ALT)
    assert shape(model)["root"][:3] == ["sys", "tool", "st"]
    assert editor.selected() == ["tool"]
    index = editor.outline.currentIndex()
    assert index.data() == "Tool · Add note"
    assert editor.outline.isExpanded(index)


def test_keys_delete_duplicate_and_open(editor: TreeEditor, qtbot: QtBot) -> None:
    model = editor.document_model
    assert model is not None
    editor.select(["rem"])
    QTest.keyClick(editor.outline, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert len(shape(model)["root"]) == 7
    QTest.keyClick(editor.outline, Qt.Key.Key_Delete)
    assert shape(model)["root"] == ["sys", "st", "tool", "when", "tl", "rem"]
    with qtbot.waitSignal(editor.properties_requested) as caught:
        QTest.keyClick(editor.outline, Qt.Key.Key_Return)
    assert caught.args == ["rem"]
    QTest.keyClick(editor.outline, Qt.Key.Key_Insert)
    assert editor.palette_panel.isVisible()


def test_a_row_says_everything_a_screen_reader_needs(editor: TreeEditor) -> None:
    editor.set_live({"st": LiveBadge(True, value="2 items"), "sec": LiveBadge(False, reason="notepad is empty")})
    outline = editor.outline.model()

    def spoken(node_id: str) -> str:
        assert isinstance(outline, OutlineModel)
        return str(outline.index_of(node_id).data(Qt.ItemDataRole.AccessibleTextRole))

    assert spoken("st") == "State variable · notepad, List, starts empty, 2 items"
    assert "not sent: notepad is empty" in spoken("sec")
    assert "2 inside" in spoken("tool")
    assert nameless(editor) == []
    editor.outline.viewport().grab()


def heard(editor: TreeEditor) -> list[str]:
    """The first words of the rows as assistive technology gets them."""
    reader = Reader()
    return [name_of(item).split(",")[0] for item in reader.everything() if item.role() == Role.TreeItem]


def test_assistive_technology_hears_the_rows_that_are_there(editor: TreeEditor) -> None:
    model = editor.document_model
    assert model is not None
    QAccessible.setActive(True)
    try:
        assert heard(editor)[:3] == ["Notepad assistant", "System", "State variable · notepad"]
        model.do(InsertNode("root", 1, make_node("gate", id="g", title="door")))
        model.do(MoveNode("ap", "tool", 1))
        model.do(RemoveNode("rem"))
        flat = _flat(rows(editor.outline.model()))
        assert heard(editor) == flat and "Gate · door" in flat
        editor.do("tree.fold_all")
        assert "Reply" not in heard(editor)
        Reader().selects("When…", Role.TreeItem)
        assert editor.selected() == ["when"] and editor.selection.current == "when"
    finally:
        QAccessible.setActive(False)


def _flat(found: list[object]) -> list[str]:
    return [title for part in found for title in (_flat(part) if isinstance(part, list) else [str(part)])]


def test_a_title_is_renamed_in_its_row(editor: TreeEditor, qtbot: QtBot) -> None:
    model = editor.document_model
    assert model is not None
    editor.select(["st"])
    QTest.keyClick(editor.outline, Qt.Key.Key_F2)
    field = editor.outline.viewport().findChild(QLineEdit)
    assert field is not None and field.text() == "notepad" and field.accessibleName()
    field.setText("notes")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: model.document.node("st").props["title"] == "notes")
    assert model.document.node("ap").props["variable"] == "notes"
    assert editor.outline.currentIndex().data() == "State variable · notes"


def test_the_agent_itself_stays_open(editor: TreeEditor) -> None:
    editor.outline.collapse(editor.outline.model().index(0, 0))
    assert editor.outline.isExpanded(editor.outline.model().index(0, 0))
