"""The condition builder with groups: rows in brackets, the expression and back, what rows cannot say."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from engine.blueprint import SetProperty
from tests.widgets.editor_help import nameless, notepad
from widgets import theme
from widgets.forms import PropertyForm
from widgets.forms.condition import ConditionEditor
from widgets.forms.condition_rows import GroupRow
from widgets.tree import DocumentModel


@pytest.fixture
def model(qapp: QApplication) -> DocumentModel:
    theme.manager().apply(qapp)
    return DocumentModel(notepad())


@pytest.fixture
def form(qtbot: QtBot, model: DocumentModel) -> PropertyForm:
    widget = PropertyForm()
    qtbot.addWidget(widget)
    widget.resize(400, 900)
    widget.show()
    widget.set_node(model, "when")
    return widget


def editor(form: PropertyForm) -> ConditionEditor:
    row = form.row("condition")
    assert row is not None and isinstance(row.editor, ConditionEditor)
    return row.editor


def button(form: PropertyForm, text: str, number: int = 0) -> QPushButton:
    return [b for b in form.findChildren(QPushButton) if b.text() == text and b.isVisibleTo(form)][number]


def condition(model: DocumentModel) -> dict[str, Any]:
    return dict(model.document.node("when").props["condition"])


def choose(box: QComboBox, data: str) -> None:
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def test_a_group_is_built_changed_and_removed(form: PropertyForm, model: DocumentModel) -> None:
    button(form, "Add a group").click()
    rows = condition(model)["rows"]
    assert rows[1]["match"] == "any" and len(rows[1]["rows"]) == 2
    assert nameless(form) == []
    group = editor(form).rows()[1]
    assert isinstance(group, GroupRow)
    inner = group._rows[1]
    choose(inner.findChildren(QComboBox)[1], "contains")
    value = inner.findChild(QLineEdit)
    assert value is not None
    QTest.keyClicks(value, "figs")
    assert condition(model)["rows"][1]["rows"][1]["value"] == "figs"
    group._add.click()
    assert len(condition(model)["rows"][1]["rows"]) == 3
    choose(group._match, "all")
    assert condition(model)["rows"][1]["match"] == "all"
    for _ in range(3):
        group._rows[-1].wanted.emit(0)
    assert len(condition(model)["rows"]) == 1
    model.undo()
    assert len(condition(model)["rows"]) == 2


def test_a_row_is_removed_with_its_button(form: PropertyForm, model: DocumentModel) -> None:
    button(form, "Add a condition").click()
    first, second = editor(form).rows()
    choose(second.findChildren(QComboBox)[1], "is_empty")
    first._remove.click()  # type: ignore[attr-defined]
    assert [row["operator"] for row in condition(model)["rows"]] == ["is_empty"]
    assert form.row("condition").error_text() == ""  # type: ignore[union-attr]
    editor(form).rows()[0]._remove.click()  # type: ignore[attr-defined]
    assert condition(model)["rows"] == []


def test_rows_and_groups_change_places_when_the_document_does(form: PropertyForm, model: DocumentModel) -> None:
    plain = {"variable": "notepad", "operator": "is_empty", "value": None}
    group = {"match": "any", "rows": [plain, plain]}
    for rows in ([plain, group], [group, plain], [group], [plain, plain, group], []):
        model.do(SetProperty("when", "condition", {"rows": rows, "match": "all"}))
        assert editor(form).values() == rows
        assert [isinstance(row, GroupRow) for row in editor(form).rows()] == ["rows" in row for row in rows]
    assert nameless(form) == []


def test_the_expression_is_one_click_away_and_back(form: PropertyForm, model: DocumentModel) -> None:
    button(form, "Add a group").click()
    before = condition(model)["rows"]
    button(form, "Write as an expression").click()
    text = condition(model)["expression"]
    assert text == "notepad is not empty and (notepad is not empty or notepad is not empty)"
    back = button(form, "Back to rows")
    assert back.isEnabled()
    back.click()
    assert condition(model)["rows"] == before
    assert not condition(model).get("expression")
    button(form, "Write as an expression").click()
    edit = editor(form).focus_target()
    assert isinstance(edit, QLineEdit)
    edit.selectAll()
    QTest.keyClicks(edit, "notepad is empty or 'figs' in notepad")
    button(form, "Back to rows").click()
    assert condition(model)["match"] == "any"
    assert [row["operator"] for row in condition(model)["rows"]] == ["is_empty", "contains"]


def test_what_rows_cannot_say_is_not_thrown_away(form: PropertyForm, model: DocumentModel) -> None:
    button(form, "Write as an expression").click()
    edit = editor(form).focus_target()
    assert isinstance(edit, QLineEdit)
    edit.selectAll()
    QTest.keyClicks(edit, "notepad|length + 1 > 3")
    back = button(form, "Back to rows")
    assert not back.isEnabled()
    assert "more than rows can say" in back.toolTip()
    editor(form)._swap()
    assert condition(model)["expression"] == "notepad|length + 1 > 3"
    QTest.keyClick(edit, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(edit, Qt.Key.Key_Delete)
    assert back.isEnabled()


def test_a_number_is_asked_for_where_one_is_compared(form: PropertyForm, model: DocumentModel) -> None:
    row = editor(form).rows()[0]
    choose(row.findChildren(QComboBox)[1], "has_at_least")
    value = row.findChild(QLineEdit)
    assert value is not None and value.placeholderText() == "Number"
