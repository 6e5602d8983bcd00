"""The pages of a form around its fields: a text in full height, several nodes at once, what waits in a field."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from engine.blueprint import KINDS, AgentDocument, InsertNode, SetProperty, make_node
from engine.blueprint.problem import Problem, set_value
from tests.widgets.editor_help import nameless, notepad
from widgets import theme
from widgets.forms import PropertyForm
from widgets.forms.completion import offers_for
from widgets.forms.prompt import PromptEditor
from widgets.tree import DocumentModel

POPUP = pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)


@pytest.fixture
def model(qapp: QApplication) -> DocumentModel:
    theme.manager().apply(qapp)
    return DocumentModel(notepad())


@pytest.fixture
def form(qtbot: QtBot, model: DocumentModel) -> PropertyForm:
    widget = PropertyForm()
    qtbot.addWidget(widget)
    widget.resize(400, 800)
    widget.show()
    return widget


def prompt_of(form: PropertyForm, name: str = "text") -> PromptEditor:
    row = form.row(name)
    assert row is not None and isinstance(row.editor, PromptEditor)
    return row.editor


def button(form: PropertyForm, text: str) -> QPushButton:
    return next(b for b in form.findChildren(QPushButton) if b.text().strip() == text and b.isVisibleTo(form))


def texts(form: PropertyForm) -> list[str]:
    return [label.text() for label in form.findChildren(QLabel) if label.isVisibleTo(form)]


NARROW = 250


@pytest.mark.parametrize("kind", [name for name in KINDS if name != "agent"])
def test_the_form_of_each_kind_fits_into_the_narrowest_column(kind: str, form: PropertyForm) -> None:
    node = make_node(kind, id="x", **KINDS[kind].new_props(notepad()))
    model = DocumentModel(AgentDocument(make_node("agent", node, make_node("state", title="notes"), id="root")))
    form.resize(NARROW, 700)
    form.set_node(model, "x")
    fix = set_value("x", "title", "y", "Make a variable with a very long name that nobody can read")
    form.set_problems([Problem("x", name, "error", "This is wrong.", fix) for name in form._rows])
    more = form._more
    if more is not None:
        more.setChecked(True)
    page = form._scroll.widget()
    assert page is not None and page.minimumSizeHint().width() <= NARROW


# -- a text in full height --------------------------------------------------------------------------------------


def open_full(form: PropertyForm) -> PromptEditor:
    editor = prompt_of(form)
    small = editor.focus_target().height()
    full = next(b for b in editor.findChildren(QToolButton) if b.accessibleName() == "Show the text in full height")
    full.click()
    QApplication.processEvents()
    assert editor.focus_target().height() > 3 * small
    return editor


def test_a_text_fills_the_column_and_escape_brings_the_form_back(form: PropertyForm, model: DocumentModel) -> None:
    form.set_node(model, "sys")
    editor = open_full(form)
    assert nameless(form) == []
    edit: Any = editor.focus_target()
    edit.moveCursor(edit.textCursor().MoveOperation.End)
    QTest.keyClicks(edit, " Be kind.")
    assert model.document.node("sys").props["text"].endswith("notepad. Be kind.")
    QTest.keyClick(edit, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert model.document.node("sys").props["text"].endswith("with a notepad.")
    QTest.keyClick(edit, Qt.Key.Key_Escape)
    QApplication.processEvents()
    row = form.row("text")
    assert row is not None and row.isAncestorOf(editor)
    assert editor.isVisible() and edit.height() < 200
    QTest.keyClicks(edit, "X")
    assert "X" in model.document.node("sys").props["text"]


def test_moving_the_text_is_not_leaving_it(form: PropertyForm, model: DocumentModel, qtbot: QtBot) -> None:
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    form.set_node(model, "sys")
    form.set_problems([Problem("sys", "text", "error", "Still wrong.")])
    edit: Any = prompt_of(form).focus_target()
    edit.setFocus()
    QTest.keyClicks(edit, "x")
    form.set_problems([])
    form.set_problems([Problem("sys", "text", "error", "Wrong again.")])
    open_full(form)
    assert edit.hasFocus()
    QTest.keyClick(edit, Qt.Key.Key_Escape)
    assert edit.hasFocus()
    row = form.row("text")
    assert row is not None and row.error_text() == ""
    edit.clearFocus()
    assert row.error_text() == "Wrong again."


@pytest.mark.parametrize("how", ["button", "other node", "deleted"])
def test_the_full_text_goes_back_whatever_happens(form: PropertyForm, model: DocumentModel, how: str) -> None:
    form.set_node(model, "sys")
    editor = open_full(form)
    if how == "button":
        button(form, "Back").click()
        assert editor.isVisible()
    else:
        form.set_node(model, "tool" if how == "other node" else None)
    form.set_node(model, "rem")
    assert prompt_of(form).isVisible()
    assert "Reminder" in texts(form)


# -- several nodes ----------------------------------------------------------------------------------------------


def test_several_nodes_show_what_can_be_done_with_them(form: PropertyForm, model: DocumentModel, qtbot: QtBot) -> None:
    form.set_nodes(model, ["sys", "tool", "tl"])
    assert "3 nodes selected" in texts(form)
    assert nameless(form) == []
    for text, action in (
        ("Switch off", "edit.toggle"),
        ("Duplicate", "edit.duplicate"),
        ("Put into a group", "edit.group"),
        ("Delete", "edit.delete"),
    ):
        with qtbot.waitSignal(form.action_wanted) as heard:
            button(form, text).click()
        assert heard.args == [action]
    with qtbot.waitSignal(form.node_clicked) as heard:
        button(form, "Tool · Add note").click()
    assert heard.args == ["tool"]
    assert "The same for all of them" not in texts(form)


def test_one_kind_shares_what_can_be_one_value(form: PropertyForm, qtbot: QtBot) -> None:
    parts = [make_node("section", id=f"s{n}", title=f"S{n}", text="x", audience="model") for n in range(14)]
    model = DocumentModel(AgentDocument(make_node("agent", *parts, id="root")))
    model.do(SetProperty("s1", "audience", "both"))
    form.set_nodes(model, [f"s{n}" for n in range(14)])
    assert {"14 nodes selected", "and 2 more", "They differ; a change here is for all."} <= set(texts(form))
    row = form._several._rows["audience"]
    box: Any = row.editor.focus_target()
    box.setCurrentIndex(box.findText("The person"))
    box.activated.emit(box.currentIndex())
    assert {model.document.node(f"s{n}").props["audience"] for n in range(14)} == {"person"}
    assert "They differ; a change here is for all." not in texts(form)
    model.undo()
    assert model.document.node("s1").props["audience"] == "both"
    assert model.document.node("s2").props["audience"] == "model"


def test_when_only_one_of_several_is_left_its_form_comes(form: PropertyForm, model: DocumentModel) -> None:
    from engine.blueprint import RemoveNode

    form.set_nodes(model, ["rem", "sys"])
    model.do(RemoveNode("rem"))
    assert form.node_id == "sys"
    model.undo()
    form.set_nodes(model, [])
    assert form.node_id is None


# -- what waits in a field --------------------------------------------------------------------------------------


def test_what_could_not_be_taken_is_still_there_when_the_person_comes_back(form: PropertyForm) -> None:
    timeline = make_node("timeline", id="tl", limit=5)
    model = DocumentModel(AgentDocument(make_node("agent", timeline, make_node("system", id="sys"), id="root")))
    form.set_node(model, "tl")
    edit: Any = form.row("limit").editor.focus_target()  # type: ignore[union-attr]
    edit.selectAll()
    QTest.keyClicks(edit, "-3")
    form.set_node(model, "sys")
    form.set_node(model, "tl")
    again: Any = form.row("limit").editor.focus_target()  # type: ignore[union-attr]
    assert again.text() == "-3"
    assert form.row("limit").error_text() == "This must be at least 1."  # type: ignore[union-attr]
    form.set_node(model, "sys")
    model.do(SetProperty("tl", "limit", 7))
    form.set_node(model, "tl")
    assert form.row("limit").editor.focus_target().text() == "7"  # type: ignore[union-attr]


def test_a_mistake_in_a_text_is_marked_in_its_line_once_the_field_is_left(
    form: PropertyForm, model: DocumentModel
) -> None:
    form.set_node(model, "sys")
    edit: Any = prompt_of(form).focus_target()
    edit.setPlainText("one\ntwo {{ }\nthree")
    form.set_problems([Problem("sys", "text", "error", "There is nothing between the braces.", line=2)])
    assert edit.extraSelections() == []
    prompt_of(form).left.emit()
    assert {mark.cursor.blockNumber() for mark in edit.extraSelections()} == {1}
    QTest.keyClicks(edit, "x")
    assert edit.extraSelections() == []


def test_a_node_that_was_only_just_added_is_not_criticised_yet(form: PropertyForm, model: DocumentModel) -> None:
    form.set_node(model, "sys")
    model.do(InsertNode("root", 1, make_node("system", id="new")))
    form.set_problems([Problem("new", "text", "warning", "This instruction is empty.")])
    form.set_node(model, "new")
    row = form.row("text")
    assert row is not None and row.error_text() == ""
    form.set_problems([Problem("new", "text", "warning", "This instruction is empty.")])
    assert row.error_text() == ""
    row.editor.left.emit()
    assert row.error_text() == "This instruction is empty."
    form.set_node(model, "sys")
    form.set_node(model, "new")
    assert form.row("text").error_text() == "This instruction is empty."  # type: ignore[union-attr]


# -- what is offered while typing -------------------------------------------------------------------------------


@POPUP
def test_a_slash_offers_whole_pieces(form: PropertyForm, model: DocumentModel, qtbot: QtBot) -> None:
    form.set_node(model, "sys")
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    prompt = prompt_of(form)
    edit: Any = prompt.focus_target()
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, "Notes: /")
    popup = edit.completion.popup
    assert popup.isVisible()
    QTest.keyClicks(edit, "each")
    model_ = popup.model()
    assert [model_.index(row, 0).data() for row in range(model_.rowCount())] == ["One line for each of notepad"]
    QTest.keyClick(popup, Qt.Key.Key_Return)
    assert edit.toPlainText() == "Notes: {% for item in notepad %}\n- {{ item }}\n{% endfor %}"
    assert edit.textCursor().block().text()[: edit.textCursor().positionInBlock()] == "- {{ item }}"
    assert not popup.isVisible()


@POPUP
def test_a_slash_inside_a_word_or_an_address_offers_nothing(form: PropertyForm, model: DocumentModel) -> None:
    form.set_node(model, "sys")
    edit: Any = prompt_of(form).focus_target()
    edit.selectAll()
    QTest.keyClicks(edit, "and/or https://")
    assert not edit.completion.popup.isVisible()


def test_every_piece_that_is_offered_works_in_the_template_language() -> None:
    from engine.blueprint.kinds import Variable
    from engine.blueprint.template import render

    values = {"text": "a", "number": 2, "yes_no": True, "list": ["x", "y"], "record": {"a": 1}}
    variables = [Variable(kind, kind, kind, "n", "state") for kind in values]
    for offer in offers_for(variables):
        assert "|" in offer.text
        render(offer.text.replace("|", "", 1), values)
    assert render(offers_for([Variable("list", "list", "list", "n", "state")])[1].text.replace("|", ""), values) == (
        "- x\n- y\n"
    )


def test_a_step_value_that_is_no_text_is_edited_as_json(form: PropertyForm, qtbot: QtBot) -> None:
    step = make_node("set", id="x", variable="notes", value=["a", {"b": 1}])
    tool = make_node("tool", step, id="t", title="Do")
    document = AgentDocument(
        make_node("agent", make_node("state", id="s", title="notes", type="list"), tool, id="root")
    )
    model = DocumentModel(document)
    form.set_node(model, "x")
    row = form.row("value")
    assert row is not None
    edit: Any = row.editor.focus_target()
    edit.setPlainText('["a", {"b": 2}]')
    assert model.document.node("x").props["value"] == ["a", {"b": 2}]
    edit.setPlainText('["a", ')
    row.editor.left.emit()
    assert row.error_text().startswith("Line 1, column 7: ")
    form.set_node(model, "s")
    form.set_node(model, "x")
    assert form.row("value").editor.focus_target().toPlainText() == '["a", '  # type: ignore[union-attr]


def test_a_title_with_the_keyboard_never_lands_in_the_next_node(form: PropertyForm, model: DocumentModel) -> None:
    form.set_nodes(model, ["root"])
    form.activateWindow()
    form.focus_first()
    assert form._header is not None and form._header.title.hasFocus()
    before = model.document
    form.set_nodes(model, ["tool"])  # what was selected changes while the keyboard is in the form
    assert model.document == before
