"""The chat as a person uses it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QToolButton
from pytestqt.qtbot import QtBot

from tests.widgets.themed import nameless, unreachable, wear
from widgets import theme
from widgets.chat import ChatItem, ChatView
from widgets.chat.asking import ApprovalRow
from widgets.chat.cards import ToolRow
from widgets.chat.notice import NoticeRow
from widgets.chat.rows import AgentRow, PersonRow, ThinkingRow

Settle = Callable[[], None]
CAPTION = "167 tokens in, 6 out · 1.1 s"


def conversation(count: int, first: int = 0) -> list[ChatItem]:
    return [
        ChatItem(f"m{number}", "person", f"Question {number}")
        if number % 2 == 0
        else ChatItem(f"m{number}", "agent", f"Answer **{number}**.\n\n- one\n- two", caption=CAPTION)
        for number in range(first, first + count)
    ]


def agent_row(chat: ChatView, item_id: str) -> AgentRow:
    row = chat.transcript.row(item_id)
    assert isinstance(row, AgentRow)
    return row


# Writing


def test_enter_sends_and_shift_enter_breaks_the_line(chat: ChatView, qtbot: QtBot) -> None:
    field = chat.composer.field
    chat.focus_input()
    qtbot.keyClicks(field, "one")
    qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(field, "two")
    with qtbot.waitSignal(chat.send_requested) as sent:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert sent.args == ["one\ntwo"]
    assert chat.draft == ""


def test_ctrl_enter_can_be_the_key_that_sends(chat: ChatView, qtbot: QtBot) -> None:
    chat.set_send_key("ctrl_enter")
    sent: list[str] = []
    chat.send_requested.connect(sent.append)
    qtbot.keyClicks(chat.composer.field, "one")
    qtbot.keyClick(chat.composer.field, Qt.Key.Key_Return)
    assert sent == [] and chat.draft == "one\n"
    qtbot.keyClick(chat.composer.field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert sent == ["one"]


def test_blanks_are_not_sent(chat: ChatView, qtbot: QtBot) -> None:
    sent: list[str] = []
    chat.send_requested.connect(sent.append)
    chat.draft = "  \n "
    assert not chat.composer.send_button.isEnabled()
    qtbot.keyClick(chat.composer.field, Qt.Key.Key_Return)
    assert sent == []


def test_the_field_grows_to_eight_lines_and_no_further(chat: ChatView, settle: Settle) -> None:
    field = chat.composer.field
    one = field.height()
    heights = []
    for lines in (2, 5, 8, 20):
        chat.draft = "\n".join(f"line {n}" for n in range(lines))
        settle()
        heights.append(field.height())
    assert one < heights[0] < heights[1] < heights[2] == heights[3]


def test_a_draft_is_kept_when_the_conversation_changes(chat: ChatView) -> None:
    chat.draft = "half a thought"
    chat.set_items(conversation(4))
    chat.clear()
    assert chat.draft == "half a thought"


def test_while_running_there_is_a_stop_and_messages_wait(chat: ChatView, qtbot: QtBot) -> None:
    chat.set_running(True, "Reading 1,200 tokens, about 8 s")
    assert chat.running_line.text.text() == "Reading 1,200 tokens, about 8 s"
    with qtbot.waitSignal(chat.stop_requested):
        qtbot.mouseClick(chat.composer.stop_button, Qt.MouseButton.LeftButton)
    chat.draft = "and then"
    assert chat.composer.hint.text() == "Sent after this turn"
    with qtbot.waitSignal(chat.send_requested):
        qtbot.mouseClick(chat.composer.send_button, Qt.MouseButton.LeftButton)
    chat.set_running(False)
    assert chat.composer.stop_button.isHidden()
    assert chat.running_line.text.text() == ""


def test_escape_stops_the_turn(chat: ChatView, qtbot: QtBot) -> None:
    chat.set_running(True)
    chat.focus_input()
    with qtbot.waitSignal(chat.stop_requested):
        qtbot.keyClick(chat.composer.field, Qt.Key.Key_Escape)


def test_a_reason_takes_the_place_of_the_field(chat: ChatView, qtbot: QtBot) -> None:
    chat.set_enabled_reason("No model is chosen yet.", "Choose a model")
    assert not chat.composer.field.isVisible()
    with qtbot.waitSignal(chat.reason_action):
        qtbot.mouseClick(chat.composer.reason_button, Qt.MouseButton.LeftButton)
    chat.set_enabled_reason(None)
    assert chat.composer.field.isVisible()


def test_a_suggestion_is_sent_or_waits_in_the_field(chat: ChatView, qtbot: QtBot) -> None:
    chat.set_empty_state("Say something", "It remembers.", ["My name is Ryan."])
    assert chat.empty.isVisible()
    with qtbot.waitSignal(chat.send_requested) as sent:
        qtbot.mouseClick(chat.empty.buttons[0], Qt.MouseButton.LeftButton)
    assert sent.args == ["My name is Ryan."]
    chat.set_enabled_reason("No model is chosen yet.", "Choose a model")
    qtbot.mouseClick(chat.empty.buttons[0], Qt.MouseButton.LeftButton)
    assert chat.draft == "My name is Ryan."
    chat.append(ChatItem("a", "person", "Hi"))
    assert not chat.empty.isVisible()


# Reading


def test_words_stand_where_they_belong(chat: ChatView, settle: Settle) -> None:
    chat.set_items(conversation(2))
    settle()
    person, agent = chat.transcript.row("m0"), chat.transcript.row("m1")
    assert isinstance(person, PersonRow) and isinstance(agent, AgentRow)
    assert person.body.geometry().right() > person.width() - 20 and person.body.x() > person.width() // 2
    assert agent.body.x() == 0
    assert agent.body.toPlainText() == "Answer 1.\none\ntwo"
    assert person.body.toPlainText() == "Question 0"


def test_the_words_of_the_person_are_never_markdown(chat: ChatView, settle: Settle) -> None:
    chat.append(ChatItem("p", "person", "**not bold** <b>x</b>\n# no heading"))
    settle()
    row = chat.transcript.row("p")
    assert isinstance(row, PersonRow)
    assert row.body.toPlainText() == "**not bold** <b>x</b>\n# no heading"


def test_lines_are_at_most_75_characters_wide(chat: ChatView, settle: Settle) -> None:
    chat.resize(1400, 700)
    chat.set_items(conversation(2))
    settle()
    row = agent_row(chat, "m1")
    sample = "The quick brown fox jumps over the lazy dog and then goes home to eat figs."
    assert len(sample) == 75
    assert row.width() <= row.body.fontMetrics().horizontalAdvance(sample) + 2


def test_a_caption_shows_for_the_latest_turn_and_on_hover(chat: ChatView, qtbot: QtBot, settle: Settle) -> None:
    chat.set_items(conversation(6))
    settle()
    assert agent_row(chat, "m5").caption.isVisible()
    row = agent_row(chat, "m3")
    assert not row.caption.isVisible() and not row.copy_button.isVisible()
    before = row.height()
    row.set_hovered(True)
    assert row.caption.isVisible() and row.copy_button.isVisible()
    qtbot.mouseClick(row.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "Answer **3**.\n\n- one\n- two"
    row.set_hovered(False)
    settle()
    assert not row.caption.isVisible() and row.height() == before
    chat.append(ChatItem("new", "person", "next"))
    settle()
    assert not agent_row(chat, "m5").caption.isVisible()


def test_text_is_selected_with_the_mouse_and_copied(chat: ChatView, qtbot: QtBot, settle: Settle) -> None:
    chat.append(ChatItem("a", "agent", "Take these words"))
    settle()
    body = agent_row(chat, "a").body
    middle = body.height() // 2
    qtbot.mousePress(body.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(1, middle))
    qtbot.mouseMove(body.viewport(), QPoint(body.fontMetrics().horizontalAdvance("Take these"), middle))
    qtbot.mouseRelease(body.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(10, middle))
    assert body.textCursor().selectedText().startswith("Take")
    body.copy()
    assert QGuiApplication.clipboard().text().startswith("Take")


def test_a_code_block_is_copied_alone(chat: ChatView, qtbot: QtBot, settle: Settle) -> None:
    chat.append(ChatItem("a", "agent", "Look:\n```py\na = 1\n\nb = 2\n```\nand\n```\nc\n```"))
    settle()
    body = agent_row(chat, "a").body
    buttons = [button for button in body.findChildren(QToolButton) if button.isVisible()]
    assert len(buttons) == 2
    assert all(body.rect().contains(button.geometry()) for button in buttons)
    qtbot.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "a = 1\n\nb = 2"


def test_a_link_only_asks(chat: ChatView, qtbot: QtBot, settle: Settle) -> None:
    chat.append(ChatItem("a", "agent", "[the page](https://example.org/a?b=1)"))
    settle()
    body = agent_row(chat, "a").body
    with qtbot.waitSignal(chat.link_activated) as asked:
        qtbot.mouseClick(body.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(10, body.height() // 2))
    assert asked.args == ["https://example.org/a?b=1"]


def test_the_menu_of_a_message_copies_it(chat: ChatView, settle: Settle) -> None:
    chat.append(ChatItem("a", "agent", "Some **words**"))
    settle()
    menu = agent_row(chat, "a").body.make_menu()
    {action.text(): action for action in menu.actions()}["Copy message"].trigger()
    assert QGuiApplication.clipboard().text() == "Some **words**"


# Cards


def test_a_tool_card_opens_and_shows_input_and_result(chat: ChatView, qtbot: QtBot, settle: Settle) -> None:
    detail = {"input": {"note": "call Ada"}, "result": "Noted."}
    chat.append(ChatItem("t", "tool", "call Ada", "Add note", detail))
    settle()
    row = chat.transcript.row("t")
    assert isinstance(row, ToolRow)
    closed = row.height()
    row.head.setFocus()
    qtbot.keyClick(row.head, Qt.Key.Key_Space)
    settle()
    assert row.height() > closed
    words = [text.toPlainText() for _label, text, _button in row.parts if text.isVisible()]
    assert words == ["note: call Ada", "Noted."]
    qtbot.mouseClick(row.head, Qt.MouseButton.LeftButton)
    settle()
    assert row.height() == closed


def test_a_tool_card_says_how_it_ended_in_words(chat: ChatView, settle: Settle) -> None:
    chat.append(ChatItem("t", "tool", "x", "Fetch page", status="running"))
    settle()
    row = chat.transcript.row("t")
    assert isinstance(row, ToolRow)
    endings = []
    for status in ("running", "waiting", "failed", "denied", "done"):
        chat.update_item("t", status=status)
        endings.append(row.head.accessibleName())
    assert endings == [
        "Tool Fetch page: running",
        "Tool Fetch page: waiting for you",
        "Tool Fetch page: failed",
        "Tool Fetch page: not allowed",
        "Tool Fetch page: done",
    ]


def test_a_notice_has_its_way_out_and_folds_its_details(chat: ChatView, qtbot: QtBot, settle: Settle) -> None:
    detail = {"level": "error", "means": "Nothing was lost.", "action": "Try again", "more": "ConnectError"}
    chat.append(ChatItem("n", "notice", "Nobody answered.", detail=detail))
    settle()
    row = chat.transcript.row("n")
    assert isinstance(row, NoticeRow)
    assert not row.more.isVisible()
    qtbot.mouseClick(row.fold, Qt.MouseButton.LeftButton)
    settle()
    assert row.more.isVisible() and row.more.text() == "ConnectError"
    qtbot.mouseClick(row.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == "ConnectError"
    with qtbot.waitSignal(chat.retry_requested) as asked:
        qtbot.mouseClick(row.action, Qt.MouseButton.LeftButton)
    assert asked.args == ["n"]


def test_thinking_is_folded_until_it_is_wanted(chat: ChatView, qtbot: QtBot, settle: Settle) -> None:
    chat.append(ChatItem("t", "thinking", "step by step", detail={"seconds": 3.2}))
    settle()
    row = chat.transcript.row("t")
    assert isinstance(row, ThinkingRow)
    assert row.toggle.text() == "Thought for 3 s" and row.body is None
    qtbot.mouseClick(row.toggle, Qt.MouseButton.LeftButton)
    settle()
    assert row.body is not None and row.body.toPlainText() == "step by step"


def test_a_long_message_of_the_person_is_shortened_until_asked(chat: ChatView, qtbot: QtBot, settle: Settle) -> None:
    chat.append(ChatItem("p", "person", "word " * 4000))
    settle()
    row = chat.transcript.row("p")
    assert isinstance(row, PersonRow)
    assert len(row.body.toPlainText()) < 7000
    row.more.click()
    settle()
    assert len(row.body.toPlainText()) == 20_000


# For everyone


def everything() -> list[ChatItem]:
    return [
        *conversation(2),
        ChatItem("code", "agent", "```\nx\n```", caption=CAPTION),
        ChatItem("tool", "tool", "x", "Add note", {"input": "a", "result": "b"}),
        ChatItem("ask", "approval", "It reads.", "Open it?", status="waiting"),
        ChatItem("think", "thinking", "hm"),
        ChatItem("note", "notice", "Failed.", detail={"action": "Try again", "more": "details", "level": "error"}),
    ]


def test_everything_has_a_name_and_can_be_reached(chat: ChatView, settle: Settle) -> None:
    chat.resize(520, 1400)
    chat.set_title("Ryan and the figs")
    chat.set_items(everything(), has_earlier=True)
    chat.transcript.set_row_state("tool", open=True)
    chat.set_running(True)
    chat.draft = "x"
    settle()
    assert nameless(chat) == []
    assert unreachable(chat) == []


def test_tab_goes_through_the_conversation_in_reading_order(
    chat: ChatView, qtbot: QtBot, settle: Settle, qapp: QApplication
) -> None:
    chat.resize(520, 1400)
    chat.set_items(everything())
    chat.activateWindow()
    settle()
    chat.transcript.setFocus()
    reached = []
    for _ in range(40):
        focused = qapp.focusWidget()
        if focused is None or focused is chat.composer.field:
            break
        reached.append(focused)
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    assert qapp.focusWidget() is chat.composer.field
    tops = [widget.mapTo(chat, QPoint(0, 0)).y() for widget in reached]
    assert tops == sorted(tops)
    tool, ask, note = (chat.transcript.row(key) for key in ("tool", "ask", "note"))
    assert isinstance(tool, ToolRow) and isinstance(ask, ApprovalRow) and isinstance(note, NoticeRow)
    for wanted in (tool.head, ask.once_button, ask.reason, note.action):
        assert wanted in reached


def test_a_change_of_theme_keeps_place_and_what_is_open(chat: ChatView, settle: Settle, qapp: QApplication) -> None:
    chat.set_items(everything())
    chat.transcript.set_row_state("tool", open=True)
    settle()
    wear(qapp, "dark")
    settle()
    row = chat.transcript.row("tool")
    assert isinstance(row, ToolRow) and row.parts[0][1].isVisible()
    ink = agent_row(chat, "m1").body.document().begin().begin().fragment().charFormat().foreground().color().name()
    assert ink.upper() == theme.current().text


def test_the_composer_follows_the_width_of_the_chat_at_once(chat: ChatView, settle: Settle) -> None:
    widths = []
    for width in (480, 300, 480):
        chat.resize(width, 700)
        settle()
        widths.append(chat.composer.width())
    assert widths[0] == widths[2] > widths[1] > 300 - 2 * 24


def test_another_conversation_is_not_told_as_the_end_of_a_turn(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    view, said = ChatView(), list[str]()
    qtbot.addWidget(view)
    monkeypatch.setattr(view, "announce", said.append)
    view.set_running(True)
    view.set_running(False)
    assert said == ["The agent has answered"]
    view.set_running(True)
    view.set_items([])
    view.set_running(False)
    assert said == ["The agent has answered"]
