"""Marks of nodes with a problem, on cards and in the outline, and what a narrow card leaves out."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from engine.blueprint import InsertNode, Problem, make_node
from engine.blueprint.checks import problems
from widgets import theme
from widgets.tree import TreeEditor
from widgets.tree.live import LiveBadge
from widgets.tree.marks import marks_of
from widgets.tree.outline_model import MARK_ROLE
from widgets.tree.paint import CardLook, CardPainter


def test_the_worst_problem_of_a_node_makes_its_mark() -> None:
    found = marks_of(
        [
            Problem("a", None, "warning", "First."),
            Problem("a", None, "error", "Second."),
            Problem("b", None, "warning", "Third."),
            Problem("c", None, "info", "Fourth."),
        ]
    )
    assert {key: (mark.severity, mark.text) for key, mark in found.items()} == {
        "a": ("error", "First.\nSecond."),
        "b": ("warning", "Third."),
    }


def test_a_card_with_a_problem_is_marked_until_the_problem_is_gone(editor: TreeEditor) -> None:
    model = editor.canvas.model
    assert model is not None
    model.do(InsertNode("tool", 0, make_node("append", id="new")))
    editor.set_problems(problems(model.document))

    def mark() -> str:
        placed = editor.canvas.layout_.placed("new")
        assert placed is not None
        return editor.canvas.look_of(placed).mark

    assert mark() == "error"
    editor.select(["new"])
    assert "problem: Choose what the step" in editor.canvas.accessibleDescription()
    editor.set_problems([])
    assert mark() == ""


def test_a_part_that_is_not_sent_because_of_its_problem_is_marked(editor: TreeEditor) -> None:
    placed = editor.canvas.layout_.placed("sec")
    assert placed is not None
    editor.set_problems([Problem("sec", "text", "error", "The text ends in the middle.")])
    editor.set_live({"sec": LiveBadge(False, reason="Its text does not work")})
    look = editor.canvas.look_of(placed)
    assert look.dimmed and look.mark == "error"
    editor.select(["when"])
    editor.do("edit.toggle")  # what is switched off breaks nothing
    placed = editor.canvas.layout_.placed("sec")
    assert placed is not None
    assert editor.canvas.look_of(placed).mark == ""


def test_the_outline_marks_it_and_says_it(editor: TreeEditor) -> None:
    model = editor.canvas.model
    assert model is not None
    model.do(InsertNode("tool", 0, make_node("append", id="new")))
    editor.show_outline(True)
    editor.set_problems(problems(model.document))
    rows = editor.outline._rows
    index = rows.index_of("new")
    assert rows.data(index, MARK_ROLE).severity == "error"
    assert "problem: Choose" in rows.data(index, Qt.ItemDataRole.AccessibleTextRole)
    assert rows.data(rows.index_of("sys"), MARK_ROLE) is None


def test_the_mark_can_be_seen(qapp: QApplication) -> None:
    theme.manager().apply(qapp)
    painter_ = CardPainter()

    def picture(mark: str) -> QImage:
        image = QImage(300, 60, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.white)
        look = CardLook(group="steps", icon="reply", title="Append", summary="", mark=mark)
        painter = QPainter(image)
        painter_.card(painter, QRectF(0, 0, 300, 60), look, painter_.metrics())
        painter.end()
        return image

    clean, wrong, doubtful = picture(""), picture("error"), picture("warning")
    assert clean != wrong
    assert wrong != doubtful


def test_a_narrow_card_leaves_out_the_tokens_before_it_cuts_its_title(qapp: QApplication) -> None:
    theme.manager().apply(qapp)
    painter = CardPainter()
    look = CardLook("abilities", "wrench", "Tool", "", badges=(("called 2×", "abilities"), ("79", ""), ("false", "")))
    assert [text for text, _, _ in painter._fitting(look, 400)] == ["called 2×", "79", "false"]
    assert [text for text, _, _ in painter._fitting(look, 60)] == ["called 2×", "false"]
