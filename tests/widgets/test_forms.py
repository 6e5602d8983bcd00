"""Property forms with real keys: every change is in the document at once, typing is one undo step, errors wait."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from engine.blueprint import KINDS, AgentDocument, InsertNode, Problem, SetProperty, fields, make_node
from engine.blueprint.problem import set_value
from tests.widgets.editor_help import nameless, notepad
from widgets import theme
from widgets.forms import ModelChoice, PropertyForm
from widgets.forms.condition import ConditionEditor
from widgets.forms.field_row import EDITORS
from widgets.forms.prompt import PromptEditor
from widgets.forms.rows import RowsEditor
from widgets.tree import DocumentModel

LEFT = Qt.MouseButton.LeftButton
CTRL = Qt.KeyboardModifier.ControlModifier


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


def target(form: PropertyForm, name: str) -> Any:
    row = form.row(name)
    assert row is not None, name
    return row.editor.focus_target()


def props(model: DocumentModel, node_id: str) -> dict[str, Any]:
    return dict(model.document.node(node_id).props)


def button(widget: QWidget, text: str) -> QPushButton:
    return next(b for b in widget.findChildren(QPushButton) if b.text() == text and b.isVisibleTo(widget))


def test_there_is_an_editor_for_every_field_of_every_kind() -> None:
    missing = {(kind, field.editor) for kind in KINDS for field in fields(kind) if field.editor not in EDITORS}
    assert missing == set()


@pytest.mark.parametrize("kind", [name for name in KINDS if name != "agent"])
def test_the_form_of_each_kind_opens_names_everything_and_changes_nothing(
    kind: str, form: PropertyForm, qtbot: QtBot
) -> None:
    node = make_node(kind, id="x", **KINDS[kind].new_props(notepad()))
    model = DocumentModel(AgentDocument(make_node("agent", node, make_node("state", title="notes"), id="root")))
    before = model.document
    form.set_node(model, "x")
    assert nameless(form) == []
    assert model.document is before
    form.set_node(None, None)


def test_typing_is_in_the_document_at_once_and_is_one_undo_step(form: PropertyForm, model: DocumentModel) -> None:
    form.set_node(model, "sys")
    edit = target(form, "text")
    edit.selectAll()
    QTest.keyClicks(edit, "Be kind.")
    assert props(model, "sys")["text"] == "Be kind."
    assert model.undo()
    assert props(model, "sys")["text"] == "You are an assistant with a notepad."
    assert edit.toPlainText() == "You are an assistant with a notepad."
    assert not model.can_undo


def test_leaving_a_field_ends_the_undo_step(form: PropertyForm, model: DocumentModel) -> None:
    form.set_node(model, "tool")
    description = target(form, "description")
    description.setFocus()
    QTest.keyClicks(description, "X")
    form.row("description").editor.left.emit()  # type: ignore[union-attr]
    QTest.keyClicks(description, "Y")
    assert props(model, "tool")["description"].endswith("XY") or "X" in props(model, "tool")["description"]
    model.undo()
    assert "Y" not in props(model, "tool")["description"]
    assert "X" in props(model, "tool")["description"]


def test_undo_keys_inside_a_field_undo_the_document(form: PropertyForm, model: DocumentModel) -> None:
    form.set_node(model, "sys")
    edit = target(form, "text")
    QTest.keyClicks(edit, "Z")
    QTest.keyClick(edit, Qt.Key.Key_Z, CTRL)
    assert props(model, "sys")["text"] == "You are an assistant with a notepad."
    QTest.keyClick(edit, Qt.Key.Key_Z, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert "Z" in props(model, "sys")["text"]


def test_undo_leaves_the_cursor_where_the_text_came_back(form: PropertyForm, model: DocumentModel) -> None:
    form.set_node(model, "sys")
    edit = target(form, "text")
    assert isinstance(edit, QPlainTextEdit)
    cursor = edit.textCursor()
    cursor.setPosition(7)
    edit.setTextCursor(cursor)
    QTest.keyClicks(edit, "abc")
    model.undo()
    assert edit.textCursor().position() == 7


def test_an_edit_from_elsewhere_shows_and_keeps_the_rest(form: PropertyForm, model: DocumentModel) -> None:
    form.set_node(model, "tool")
    model.do(SetProperty("tool", "description", "Other words"))
    assert target(form, "description").toPlainText() == "Other words"
    model.do(InsertNode("root", 0, make_node("system", id="new")))
    assert form.node_id == "tool"


def test_a_deleted_node_gives_the_empty_state(form: PropertyForm, model: DocumentModel) -> None:
    from engine.blueprint import RemoveNode

    form.set_node(model, "sec")
    model.do(RemoveNode("when"))
    assert form.node_id is None
    model.undo()
    form.set_node(model, "sec")
    assert form.node_id == "sec"


def test_renaming_a_variable_waits_until_the_field_is_left_and_takes_references_along(
    form: PropertyForm, model: DocumentModel
) -> None:
    form.set_node(model, "st")
    assert form._header is not None
    title = form._header.title
    title.selectAll()
    QTest.keyClicks(title, "notes")
    assert props(model, "st")["title"] == "notepad"
    QTest.keyClick(title, Qt.Key.Key_Return)
    assert props(model, "st")["title"] == "notes"
    assert props(model, "ap")["variable"] == "notes"
    assert props(model, "when")["condition"]["rows"][0]["variable"] == "notes"
    model.undo()
    assert props(model, "ap")["variable"] == "notepad"
    assert title.text() == "notepad"


def test_the_switch_turns_the_node_off(form: PropertyForm, model: DocumentModel) -> None:
    form.set_node(model, "rem")
    assert form._header is not None
    switch = form._header.findChild(QCheckBox)
    assert switch is not None
    switch.click()
    assert not model.document.node("rem").enabled
    model.undo()
    assert switch.isChecked()


def test_a_number_out_of_range_is_told_when_the_field_is_left_and_never_stored(
    form: PropertyForm, model: DocumentModel
) -> None:
    form.set_node(model, "root")
    edit, row = target(form, "max_ticks"), form.row("max_ticks")
    assert row is not None
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, "900")
    assert row.error_text() == ""
    assert props(model, "root").get("max_ticks", 10) != 900
    row.editor.left.emit()
    assert "at most 200" in row.error_text()
    edit.selectAll()
    QTest.keyClicks(edit, "20")
    assert row.error_text() == ""
    assert props(model, "root")["max_ticks"] == 20
    edit.selectAll()
    QTest.keyClicks(edit, "soon")
    row.editor.left.emit()
    assert "not a number" in row.error_text()


def test_an_empty_optional_number_means_no_limit(form: PropertyForm, model: DocumentModel) -> None:
    form.set_node(model, "tl")
    edit = target(form, "limit")
    QTest.keyClicks(edit, "12")
    assert props(model, "tl")["limit"] == 12
    edit.selectAll()
    QTest.keyClick(edit, Qt.Key.Key_Backspace)
    assert props(model, "tl")["limit"] is None


def test_problems_stand_beside_their_field_with_a_fix(form: PropertyForm, model: DocumentModel) -> None:
    form.set_node(model, "rp")
    fix = set_value("rp", "text", "Done.", "Write Done.")
    form.set_problems(
        [Problem("rp", "text", "warning", "This reply is empty.", fix), Problem("tl", "limit", "error", "No.")]
    )
    row = form.row("text")
    assert row is not None
    assert row.error_text() == "This reply is empty."
    button(row, "Write Done.").click()
    assert props(model, "rp")["text"] == "Done."
    form.set_problems([])
    assert row.error_text() == ""


@pytest.mark.qt_log_ignore("grabbing the keyboard", extend=True)
def test_half_typed_braces_are_no_error_while_the_completion_is_open(
    form: PropertyForm, model: DocumentModel, qtbot: QtBot
) -> None:
    form.set_node(model, "ap")
    row = form.row("value")
    assert row is not None
    edit = row.editor.focus_target()
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    edit.setFocus()
    edit.selectAll()
    QTest.keyClicks(edit, "{{")
    prompt = row.findChild(PromptEditor)
    assert prompt is not None
    assert prompt._edit._popup.isVisible()
    form.set_problems([Problem("ap", "value", "error", "The text ends in the middle.")])
    assert row.error_text() == ""
    prompt._edit._popup.hide()
    target(form, "variable").setFocus()
    assert row.error_text() == "The text ends in the middle."


def test_chips_write_a_variable_and_braces_complete_it(form: PropertyForm, model: DocumentModel) -> None:
    form.set_node(model, "ap")
    row = form.row("value")
    assert row is not None
    edit = row.editor.focus_target()
    assert isinstance(edit, QPlainTextEdit)
    edit.selectAll()
    QTest.keyClick(edit, Qt.Key.Key_Delete)
    names = [chip.text() for chip in row.findChildren(QPushButton) if chip.property("role") == "chip"]
    assert names == ["note", "notepad"]
    button(row, "note").click()
    assert props(model, "ap")["value"] == "{{ note }}"
    prompt = row.findChild(PromptEditor)
    assert prompt is not None
    edit.setPlainText("{{ notep")
    cursor = edit.textCursor()
    cursor.setPosition(8)
    edit.setTextCursor(cursor)
    prompt._edit.insert_variable("notepad")
    assert edit.toPlainText() == "{{ notepad }}"


def test_the_token_count_follows_the_text(form: PropertyForm, model: DocumentModel) -> None:
    form.set_node(model, "sys")
    prompt = form.findChild(PromptEditor)
    assert prompt is not None
    prompt._edit.selectAll()
    QTest.keyClicks(prompt._edit, "12345678")
    assert prompt._count.text() == "about 2 tokens"


def test_inputs_of_a_tool_are_added_changed_moved_and_removed(form: PropertyForm, model: DocumentModel) -> None:
    form.set_node(model, "tool")
    row = form.row("inputs")
    assert row is not None and isinstance(row.editor, RowsEditor)
    button(row, "Add an input").click()
    second = row.editor.rows()[1]
    QTest.keyClicks(second.first(), "day")
    box = second.findChild(QComboBox)
    assert box is not None
    box.setCurrentIndex(box.findData("choice"))
    box.activated.emit(box.currentIndex())
    options = next(e for e in second.findChildren(QLineEdit) if e.accessibleName() == "Options of input 2")
    QTest.keyClicks(options, "mon, tue")
    assert props(model, "tool")["inputs"][1] == {
        "title": "day",
        "type": "choice",
        "description": "",
        "required": True,
        "options": ["mon", "tue"],
    }
    second.wanted.emit(-1)
    assert [item["title"] for item in props(model, "tool")["inputs"]] == ["day", "note"]
    row.editor.rows()[1].wanted.emit(0)
    assert [item["title"] for item in props(model, "tool")["inputs"]] == ["day"]


def test_a_condition_is_built_in_rows_and_can_be_written_out(form: PropertyForm, model: DocumentModel) -> None:
    form.set_node(model, "when")
    row = form.row("condition")
    assert row is not None and isinstance(row.editor, ConditionEditor)
    button(row, "Add a condition").click()
    condition = props(model, "when")["condition"]
    assert [r["variable"] for r in condition["rows"]] == ["notepad", "notepad"]
    second = row.editor.rows()[1]
    how = second.findChildren(QComboBox)[1]
    how.setCurrentIndex(how.findData("contains"))
    how.activated.emit(how.currentIndex())
    value = second.findChild(QLineEdit)
    assert value is not None
    QTest.keyClicks(value, "figs")
    assert props(model, "when")["condition"]["rows"][1] == {
        "variable": "notepad",
        "operator": "contains",
        "value": "figs",
    }
    button(row, "Write as an expression").click()
    assert props(model, "when")["condition"]["expression"] == "notepad is not empty and 'figs' in notepad"
    model.undo()
    assert len(props(model, "when")["condition"]["rows"]) == 2


def test_the_value_editor_follows_the_type(form: PropertyForm, model: DocumentModel) -> None:
    form.set_node(model, "st")
    row = form.row("initial")
    assert row is not None
    button(row, "Add an item").click()
    QTest.keyClicks(row.editor.focus_target(), "figs")
    assert props(model, "st")["initial"] == ["figs"]
    kind = target(form, "type")
    assert isinstance(kind, QComboBox)
    kind.setCurrentIndex(1)
    kind.activated.emit(1)
    assert props(model, "st")["type"] == "number"
    number = row.editor.focus_target()
    assert isinstance(number, QLineEdit)
    number.selectAll()
    QTest.keyClicks(number, "3,5")
    assert props(model, "st")["initial"] == 3.5
    QTest.keyClick(number, Qt.Key.Key_Up)
    assert props(model, "st")["initial"] == 4.5
    kind.setCurrentIndex(2)
    kind.activated.emit(2)
    box = row.editor.focus_target()
    assert isinstance(box, QCheckBox)
    box.click()
    assert props(model, "st")["initial"] is True
    kind.setCurrentIndex(4)
    kind.activated.emit(4)
    button(row, "Add a field").click()
    QTest.keyClicks(row.editor.focus_target(), "city")
    assert props(model, "st")["initial"] == {"city": ""}


def test_a_variable_that_is_gone_is_shown_as_such(form: PropertyForm, model: DocumentModel) -> None:
    model.do(SetProperty("ap", "variable", "old_name"))
    form.set_node(model, "ap")
    box = target(form, "variable")
    assert isinstance(box, QComboBox)
    assert box.currentText() == "old_name (not there)"
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert props(model, "ap")["variable"] == "notepad"


def test_a_rule_may_wait_for_a_sub_agent_as_for_a_tool(form: PropertyForm, model: DocumentModel) -> None:
    helper = make_node("sub_agent", title="Researcher", agent="a")
    for node in (helper, make_node("stop_rule", id="rule", tool="researcher")):
        model.do(InsertNode("root", 1, node))
    form.set_node(model, "rule")
    box = target(form, "tool")
    assert {"Add note", "Researcher"} < {box.itemText(index) for index in range(box.count())}
    assert box.currentText() == "Researcher"


def test_advanced_fields_are_folded_and_can_be_reached(form: PropertyForm, model: DocumentModel) -> None:
    form.set_node(model, "tool")
    row = form.row("name")
    assert row is not None and not row.isVisibleTo(form)
    form.focus_field("name")
    assert row.isVisibleTo(form)
    QTest.keyClicks(target(form, "name"), "note_it")
    assert props(model, "tool")["name"] == "note_it"


def test_a_model_is_chosen_from_what_settings_offer(form: PropertyForm, model: DocumentModel) -> None:
    form.set_model_choices([ModelChoice("On this device", "qwen", "On this device · Qwen")])
    form.set_node(model, "root")
    box = target(form, "model")
    assert isinstance(box, QComboBox)
    assert box.currentText() == "The model chosen in Settings"
    box.setCurrentIndex(1)
    box.activated.emit(1)
    assert props(model, "root")["model"] == {"connection": "On this device", "model": "qwen"}
    form.set_model_choices([])
    assert "not set up on this computer" in box.currentText()


def test_tab_goes_through_the_fields_from_top_to_bottom(form: PropertyForm, model: DocumentModel, qtbot: QtBot) -> None:
    form.set_node(model, "tool")
    form.activateWindow()
    form.focus_first()
    seen: list[QWidget] = []
    widget: QWidget | None = form._header.title if form._header is not None else None
    while widget is not None and widget not in seen and len(seen) < 40:
        if widget.isVisibleTo(form) and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            seen.append(widget)
        widget = widget.nextInFocusChain()
    tops = [w.mapTo(form, w.rect().topLeft()).y() for w in seen if form.isAncestorOf(w)]
    fields_only = [w for w in seen if isinstance(w, (QLineEdit, QPlainTextEdit, QComboBox))]
    assert len(fields_only) >= 4
    assert tops[:6] == sorted(tops[:6])


def test_an_error_found_on_leaving_does_not_move_what_is_being_clicked(
    form: PropertyForm, model: DocumentModel, qtbot: QtBot
) -> None:
    form.set_node(model, "tool")
    form.activateWindow()
    qtbot.waitUntil(form.isActiveWindow)
    described = form.row("description")
    add = button(form, "Add an input")
    edit = target(form, "description")
    edit.setFocus()
    QTest.keyClicks(edit, " of the person")
    form.set_problems([Problem("tool", "description", "error", "The description is too long.\nSay it in fewer words.")])
    assert described is not None
    assert described.error_text() == ""
    window = form.windowHandle()
    spot = add.mapTo(form, add.rect().center())
    before = len(props(model, "tool")["inputs"])
    QTest.mousePress(window, LEFT, Qt.KeyboardModifier.NoModifier, spot)
    assert not edit.hasFocus()
    assert described.error_text() == ""
    QApplication.processEvents()
    QTest.mouseRelease(window, LEFT, Qt.KeyboardModifier.NoModifier, spot)
    assert len(props(model, "tool")["inputs"]) == before + 1
    qtbot.waitUntil(lambda: "too long" in described.error_text())


def test_what_was_found_before_the_last_change_is_not_shown_on_leaving(
    form: PropertyForm, model: DocumentModel
) -> None:
    form.set_node(model, "tool")
    form.set_problems([])
    edit, described = target(form, "description"), form.row("description")
    assert described is not None
    edit.setFocus()
    QTest.keyClicks(edit, "!")
    form.set_problems([Problem("tool", "description", "warning", "Ends with an exclamation mark.")])
    QTest.keyClick(edit, Qt.Key.Key_Backspace)
    target(form, "inputs").setFocus()
    assert described.error_text() == ""
    form.set_problems([])
    assert described.error_text() == ""


def test_a_list_chosen_for_a_section_without_words_writes_its_line_in_the_same_step(form: PropertyForm) -> None:
    section = make_node("section", id="s", title="Notes")
    model = DocumentModel(AgentDocument(make_node("agent", make_node("state", title="notes", type="list"), section)))
    form.set_node(model, "s")
    row = form.row("each")
    assert row is not None
    row.editor.edited.emit("notes")
    assert props(model, "s") == {"title": "Notes", "each": "notes", "text": "- {{ item }}"}
    assert target(form, "text").toPlainText() == "- {{ item }}"
    model.undo()
    assert props(model, "s") == {"title": "Notes"}
    model.do(SetProperty("s", "text", "Mine: {{ item }}"))
    row.editor.edited.emit("notes")
    assert props(model, "s")["text"] == "Mine: {{ item }}"
