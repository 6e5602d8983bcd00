"""Finding in the tree, and the way to the selected part."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from engine.blueprint import SetProperty
from tests.widgets.editor_help import nameless, notepad
from widgets.tree import TreeEditor
from widgets.tree.find import search
from widgets.tree.outline_model import FOUND_ROLE

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def look(editor: TreeEditor, node_id: str) -> tuple[str, str]:
    placed = editor.canvas.layout_.placed(node_id)
    assert placed is not None
    found = editor.canvas.look_of(placed)
    return found.found, found.summary


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("add note", ["tool"]),  # a title
        ("NOTED", ["rp"]),  # a text, whatever the case
        ("add_note", ["tool"]),  # a technical name
        ("timeline", ["tl"]),  # a kind
        ("is_not_empty", ["when"]),  # inside a condition
        ("required", []),  # a key is no text
        ("   ", []),
        ("nowhere", []),
    ],
)
def test_what_is_found(typed: str, ids: list[str]) -> None:
    assert [hit.node_id for hit in search(notepad(), typed)] == ids


def test_a_hit_in_a_text_shows_where(editor: TreeEditor) -> None:
    hit = search(notepad(), "with a notepad")[0]
    assert hit.snippet == "Instructions: You are an assistant **with a notepad**."
    QTest.keyClick(editor.canvas, Qt.Key.Key_F, CTRL)
    QTest.keyClicks(editor.find_bar.field, "be short")
    assert look(editor, "rem") == ("be short", search(notepad(), "be short")[0].snippet)
    assert look(editor, "sys")[0] == ""


def test_enter_goes_through_the_hits_and_escape_leaves_the_last_one_selected(editor: TreeEditor) -> None:
    bar = editor.find_bar
    QTest.keyClick(editor.canvas, Qt.Key.Key_F, CTRL)
    assert bar.field.hasFocus()
    QTest.keyClicks(bar.field, "notepad")
    assert (editor.selected(), bar.count.text()) == (["root"], "1 of 6")
    QTest.keyClick(bar.field, Qt.Key.Key_Return)
    assert (editor.selected(), bar.count.text()) == (["sys"], "2 of 6")
    editor.select(["tl"])
    bar.field.setText("notepa")
    assert bar.count.text() == "6 hits"
    bar.field.setText("notepad")
    editor.select(["sys"])
    QTest.keyClick(bar.field, Qt.Key.Key_Return, SHIFT)
    QTest.keyClick(bar.field, Qt.Key.Key_Return, SHIFT)
    assert (editor.selected(), bar.count.text()) == (["sec"], "6 of 6")  # before the first comes the last
    QTest.keyClick(bar.field, Qt.Key.Key_Escape)
    assert bar.isHidden() and editor.canvas.hasFocus()
    assert editor.selected() == ["sec"]
    assert look(editor, "sec")[0] == ""
    QTest.keyClick(editor.canvas, Qt.Key.Key_F3)  # nothing is looked for: the field opens with the words of before
    assert bar.field.hasFocus() and bar.field.text() == "notepad"


def test_hits_follow_edits_and_are_shown_in_the_outline(editor: TreeEditor) -> None:
    editor.show_outline(True)
    QTest.keyClick(editor.outline, Qt.Key.Key_F, CTRL)
    QTest.keyClicks(editor.find_bar.field, "short")
    rows = editor.outline.model()
    assert rows.index_of("rem").data(FOUND_ROLE)  # type: ignore[attr-defined]
    editor.outline.viewport().grab()
    model = editor.document_model
    assert model is not None
    model.do(SetProperty("rem", "text", "Be brief."))
    assert editor.find_bar.count.text() == "Nothing"
    assert not editor.find_bar.next.isEnabled()
    assert not rows.index_of("rem").data(FOUND_ROLE)  # type: ignore[attr-defined]


def test_a_collapsed_card_says_how_much_was_found_inside_and_opens_for_it(editor: TreeEditor) -> None:
    editor.shared.folds.set("tool", True)
    editor.find_bar.begin()
    QTest.keyClicks(editor.find_bar.field, "Noted.")
    placed = editor.canvas.layout_.placed("tool")
    assert placed is not None
    assert ("1 found inside", "flow") in editor.canvas.look_of(placed).badges
    editor.find_bar.go(1)
    assert editor.selected() == ["rp"] and editor.folded() == []


def test_breadcrumbs_lead_from_the_agent_to_the_part(editor: TreeEditor) -> None:
    editor.select(["sec"])
    assert editor.breadcrumbs.titles() == ["Notepad assistant", "When", "Section · notepad"]
    when = next(button for button in editor.breadcrumbs.findChildren(QToolButton) if button.text() == "When")
    QTest.mouseClick(when, Qt.MouseButton.LeftButton)
    assert editor.selected() == ["when"] and editor.canvas.hasFocus()
    assert editor.breadcrumbs.titles() == ["Notepad assistant", "When"]
    editor.find_bar.begin()
    assert nameless(editor) == []


def test_breadcrumbs_that_do_not_fit_are_behind_the_first_button(editor: TreeEditor) -> None:
    editor.resize(240, 900)
    editor.select(["sec"])
    assert editor.breadcrumbs.titles() == ["When", "Section · notepad"]
    hidden = editor.breadcrumbs._menu.actions()
    assert [action.text() for action in hidden] == ["Notepad assistant"]
    hidden[0].trigger()
    assert editor.selected() == ["root"]
    editor.set_document(None)
    assert editor.breadcrumbs.titles() == []
