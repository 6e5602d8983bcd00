"""What the agent asks: approvals, permissions, questions; by mouse, by keyboard, and what is read out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPlainTextEdit
from pytestqt.qtbot import QtBot

from tests.widgets.themed import nameless, unreachable
from widgets.chat import ChatAnswer, ChatItem, ChatView
from widgets.chat.asking import ApprovalRow, PermissionRow, QuestionRow
from widgets.chat.input_editor import InputEditor

LEFT = Qt.MouseButton.LeftButton
Settle = Callable[[], None]


def shown(chat: ChatView, settle: Settle, item: ChatItem) -> Any:
    chat.append(item)
    settle()
    return chat.transcript.row(item.id)


def approval(value: Any = None, **detail: Any) -> ChatItem:
    return ChatItem("a", "approval", "It sends.", "Send mail", {"input": value, **detail}, "waiting")


def permission(detail: str = "npx -y server", **more: Any) -> ChatItem:
    return ChatItem("p", "permission", "“Files” needs this.", "Start npx?", {"detail": detail, **more}, "waiting")


def question(*choices: str) -> ChatItem:
    return ChatItem("q", "question", "", "Which day?", {"choices": list(choices)}, "waiting")


def test_an_approval_is_given_once_always_or_not_with_a_reason(chat: ChatView, qtbot: QtBot, settle: Settle) -> None:
    row = shown(chat, settle, approval({"to": "ada"}))
    assert isinstance(row, ApprovalRow) and "to: ada" in row.asked.text()
    with qtbot.waitSignal(chat.answered) as given:
        qtbot.mouseClick(row.once_button, LEFT)
    assert given.args == ["a", ChatAnswer(True)]
    with qtbot.waitSignal(chat.answered) as given:
        qtbot.mouseClick(row.always_button, LEFT)
    assert given.args == ["a", ChatAnswer(True, always=True)]
    qtbot.keyClicks(row.reason, " not today ")
    with qtbot.waitSignal(chat.answered) as given:
        qtbot.keyClick(row.reason, Qt.Key.Key_Return)
    assert given.args == ["a", ChatAnswer(False, "not today")]
    chat.update_item("a", status="denied", detail={"reason": "not today"})
    settle()
    assert not row.buttons.isVisible() and not row.reason.isVisible()
    assert row.text.text() == "You denied this. “not today”"
    with qtbot.assertNotEmitted(chat.answered):
        row.once_button.click()


def test_what_a_tool_is_given_can_be_changed_first(chat: ChatView, qtbot: QtBot, settle: Settle) -> None:
    row = shown(chat, settle, approval({"to": "ada", "copies": 2, "loud": False}))
    before = row.height()
    qtbot.mouseClick(row.change_button, LEFT)
    settle()
    assert row.height() > before and row.is_busy() and not row.asked.isVisible()
    to, copies = row.editor.findChildren(QLineEdit)
    (loud,) = row.editor.findChildren(QCheckBox)
    with qtbot.waitSignal(chat.answered) as given:
        row.once_button.click()
    assert given.args[1] == ChatAnswer(True)  # nothing was changed
    copies.setText("two")
    with qtbot.assertNotEmitted(chat.answered):
        row.once_button.click()
    assert "“copies” has to be a number" in row.editor.error.text()
    to.setText("ben")
    copies.setText("3")
    loud.setChecked(True)
    with qtbot.waitSignal(chat.answered) as given:
        row.once_button.click()
    assert given.args[1] == ChatAnswer(True, input={"to": "ben", "copies": 3, "loud": True})


def test_the_input_can_be_changed_as_json_and_mistakes_have_their_place(qtbot: QtBot) -> None:
    editor = InputEditor()
    qtbot.addWidget(editor)
    editor.set_value({"a": "x" * 100, "b": 1.5})
    assert editor.findChildren(QPlainTextEdit)[1].toPlainText() == "x" * 100
    editor.switch.click()
    assert editor.json.isVisibleTo(editor)
    editor.json.setPlainText('{"a": 1,\n b}')
    with pytest.raises(ValueError, match="Line 2"):
        editor.value()
    assert editor.error.text().startswith("This is no JSON: Line 2")
    editor.switch.click()
    assert editor.json.isVisibleTo(editor)
    editor.json.setPlainText('{"a": [1]}')
    editor.switch.click()
    assert "only be changed as JSON" in editor.error.text()
    assert editor.value() == {"a": [1]}
    editor.json.setPlainText('{"a": "y", "b": 2}')
    editor.switch.click()
    assert editor.value() == {"a": "y", "b": 2}
    nested = InputEditor()
    qtbot.addWidget(nested)
    nested.set_value({"a": {"b": 1}})
    assert nested.value() == {"a": {"b": 1}} and not nested.switch.isVisibleTo(nested)


def test_a_permission_shows_what_exactly_and_is_given_for_once_or_for_good(
    chat: ChatView, qtbot: QtBot, settle: Settle
) -> None:
    row = shown(chat, settle, permission())
    assert isinstance(row, PermissionRow) and row.title.text() == "Start npx?"
    assert row.detail.isVisible() and row.detail.toPlainText() == "npx -y server"
    qtbot.mouseClick(row.fold, LEFT)
    settle()
    assert not row.detail.isVisible() and row.fold.text() == "Show the details"
    assert row.once_button.accessibleName() == "Allow once: Start npx?"
    with qtbot.waitSignal(chat.answered) as given:
        qtbot.mouseClick(row.always_button, LEFT)
    assert given.args == ["p", ChatAnswer(True, always=True)]
    chat.update_item("p", status="approved", detail={"detail": "npx -y server", "always": True})
    settle()
    assert "until you take it back" in row.text.text() and not row.always_button.isVisible()
    chat.update_item("p", status="approved", detail={"detail": "npx -y server"})
    assert row.text.text() == "You allowed this once."
    chat.update_item("p", status="denied", detail={"reason": "no"})
    assert row.text.text() == "You did not allow this. “no”" and not row.fold.isVisibleTo(row)
    long = shown(chat, settle, ChatItem("long", "permission", "", "Run?", {"detail": "line\n" * 40}, "waiting"))
    assert not long.detail.isVisible() and long.fold.text() == "Show the details"


def test_a_question_is_answered_in_words_by_keyboard(chat: ChatView, qtbot: QtBot, settle: Settle) -> None:
    row = shown(chat, settle, question())
    assert isinstance(row, QuestionRow) and not row.send_button.isEnabled()
    with qtbot.assertNotEmitted(chat.answered):
        qtbot.keyClick(row.words, Qt.Key.Key_Return)
    qtbot.keyClicks(row.words, " Monday ")
    with qtbot.waitSignal(chat.answered) as given:
        qtbot.keyClick(row.words, Qt.Key.Key_Return)
    assert given.args == ["q", ChatAnswer(True, input={"answer": "Monday"})]
    with qtbot.waitSignal(chat.answered) as given:
        qtbot.mouseClick(row.pass_button, LEFT)
    assert given.args == ["q", ChatAnswer(False)]
    chat.update_item("q", status="approved", detail={"answer": "Monday"})
    settle()
    assert row.text.text() == "You answered: Monday" and not row.words.isVisible() and not row.buttons.isVisible()
    chat.update_item("q", status="denied")
    assert row.text.text() == "You would rather not say."


def test_a_question_with_choices_has_a_button_for_each(chat: ChatView, qtbot: QtBot, settle: Settle) -> None:
    row = shown(chat, settle, question("Monday", "y" * 100))
    first, second = row.choice_buttons
    assert not row.words.isVisible() and first.accessibleName() == "Answer 1 of 2: Monday"
    assert len(second.text()) == 80 and second.toolTip() == "y" * 100
    with qtbot.waitSignal(chat.answered) as given:
        qtbot.keyClick(first, Qt.Key.Key_Space)
    assert given.args == ["q", ChatAnswer(True, input={"answer": "Monday"})]
    chat.update_item("q", detail={"choices": ["Tuesday"]})
    assert [button.text() for button in row.choice_buttons] == ["Tuesday"]


def test_words_that_were_begun_outlive_the_row(chat: ChatView, qtbot: QtBot, settle: Settle) -> None:
    row = shown(chat, settle, question())
    qtbot.keyClicks(row.words, "Mon")
    other = shown(chat, settle, approval())
    qtbot.keyClicks(other.reason, "bec")
    chat.transcript.restyle()
    settle()
    again, asked = chat.transcript.row("q"), chat.transcript.row("a")
    assert isinstance(again, QuestionRow) and again is not row and again.words.text() == "Mon"
    assert isinstance(asked, ApprovalRow) and asked.reason.text() == "bec"


def test_all_of_it_has_a_name_and_is_reached(chat: ChatView, settle: Settle) -> None:
    chat.resize(520, 1400)
    for item in (approval({"to": "ada"}), permission(), question("Mon", "Tue")):
        chat.append(item)
    settle()
    chat.transcript.row("a").change_button.click()  # type: ignore[union-attr]
    settle()
    assert nameless(chat) == []
    assert unreachable(chat) == []


def test_a_long_command_is_shown_in_full_before_it_is_allowed(chat: ChatView, settle: Settle) -> None:
    item = ChatItem("p", "permission", "", "Run?", {"detail": "npx " + "--argument " * 30}, "waiting")
    row = shown(chat, settle, item)
    assert isinstance(row, PermissionRow) and row.detail.isVisible()
    assert row.detail.height() > 3 * row.detail.fontMetrics().lineSpacing()
    assert row.detail.verticalScrollBar().maximum() == 0
