"""Streaming and scrolling in a chat that is on screen."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.widgets.themed import wear
from widgets.chat import ChatItem, ChatView
from widgets.chat.rows import AgentRow, PersonRow

Settle = Callable[[], None]
TEXT = "A **first** paragraph.\n\n- one\n- two\n\n```py\nx = 1\n```\n\nThe end, with `code`."


def shown(chat: ChatView, item_id: str) -> str:
    row = chat.transcript.row(item_id)
    assert isinstance(row, AgentRow)
    return row.body.toPlainText()


def long_chat(chat: ChatView, settle: Settle, count: int = 300) -> None:
    items = [
        ChatItem(f"m{n}", "agent" if n % 2 else "person", f"Message {n} " + "and more words " * (n % 40))
        for n in range(count)
    ]
    chat.set_items(items)
    settle()


def test_words_arrive_and_the_final_text_stands(chat: ChatView, qtbot: QtBot) -> None:
    chat.append(ChatItem("a", "agent", status="streaming"))
    for place in range(0, len(TEXT), 3):
        chat.stream("a", TEXT[place : place + 3])
    qtbot.waitUntil(lambda: "The end" in shown(chat, "a"))
    streamed = shown(chat, "a")
    chat.finish_stream("a", TEXT, caption="1.1 s")
    assert shown(chat, "a") == streamed == "A first paragraph.\none\ntwo\nx = 1\nThe end, with code."
    item = chat.item("a")
    assert item is not None and (item.text, item.status, item.caption) == (TEXT, "done", "1.1 s")


def test_a_stream_that_is_cut_keeps_its_words(chat: ChatView, settle: Settle) -> None:
    chat.append(ChatItem("a", "agent", status="streaming"))
    chat.stream("a", "Half an ans")
    chat.finish_stream("a", status="interrupted")
    settle()
    item = chat.item("a")
    assert item is not None and (item.text, item.status) == ("Half an ans", "interrupted")
    assert shown(chat, "a") == "Half an ans"
    row = chat.transcript.row("a")
    assert isinstance(row, AgentRow) and row.caption.text() == "Stopped before the end"


def test_words_for_nobody_are_ignored(chat: ChatView) -> None:
    chat.stream("gone", "words")
    chat.finish_stream("gone", "words")
    chat.update_item("gone", text="x")
    assert chat.items == []


def test_a_hidden_chat_does_nothing_until_it_is_shown(qapp: QApplication, qtbot: QtBot, settle: Settle) -> None:
    wear(qapp)
    chat = ChatView()
    qtbot.addWidget(chat)
    chat.append(ChatItem("a", "agent", status="streaming"))
    for _ in range(500):
        chat.stream("a", "word ")
    settle()
    assert chat.transcript.row_count == 0 and not chat.transcript.is_waiting
    item = chat.item("a")
    assert item is not None and item.text == "word " * 500
    chat.resize(480, 600)
    chat.show()
    qtbot.waitUntil(lambda: chat.transcript.row_count == 1)
    assert shown(chat, "a").count("word") == 500


def test_many_words_cost_few_repaints(chat: ChatView, qtbot: QtBot) -> None:
    chat.append(ChatItem("a", "agent", status="streaming"))
    flushes = []
    chat.transcript.flushed.connect(lambda: flushes.append(1))
    for _ in range(1000):
        chat.stream("a", "x ")
    qtbot.waitUntil(lambda: shown(chat, "a").count("x") == 1000)
    assert len(flushes) <= 3


def test_the_view_stays_at_the_end_only_for_who_is_there(chat: ChatView, qtbot: QtBot, settle: Settle) -> None:
    long_chat(chat, settle)
    bar = chat.transcript.verticalScrollBar()
    assert bar.value() == bar.maximum() and not chat.transcript.jump_button.isVisible()
    chat.append(ChatItem("new", "agent", "tall\n\n" * 20))
    settle()
    assert bar.value() == bar.maximum()
    bar.setValue(bar.maximum() // 2)
    settle()
    place = bar.value()
    assert chat.transcript.jump_button.isVisible()
    chat.append(ChatItem("s", "agent", status="streaming"))
    chat.stream("s", "more words\n\n" * 30)
    chat.transcript.flush()
    settle()
    assert bar.value() == place
    qtbot.mouseClick(chat.transcript.jump_button, Qt.MouseButton.LeftButton)
    settle()
    assert bar.value() == bar.maximum() and not chat.transcript.jump_button.isVisible()


def test_only_what_is_near_the_view_is_a_widget(chat: ChatView, settle: Settle) -> None:
    long_chat(chat, settle, 5000)
    bar = chat.transcript.verticalScrollBar()
    assert chat.transcript.row_count < 60
    for share in (0.1, 0.9, 0.5, 0.0):
        bar.setValue(int(bar.maximum() * share))
        settle()
        assert 0 < chat.transcript.row_count < 80


def test_scrolling_up_step_by_step_moves_exactly_so_far(chat: ChatView, settle: Settle) -> None:
    """Heights that turn out otherwise than estimated must not shift what is in view."""
    long_chat(chat, settle)
    transcript = chat.transcript
    bar = transcript.verticalScrollBar()
    for _ in range(40):
        first = next(row for row in transcript.rows_in_order() if row.y() + row.height() > bar.value())
        before = first.y() - bar.value()
        bar.setValue(bar.value() - 150)
        settle()
        assert first.y() - bar.value() == before + 150


def test_earlier_messages_come_above_without_moving_the_view(chat: ChatView, qtbot: QtBot, settle: Settle) -> None:
    chat.set_items([ChatItem(f"m{n}", "agent", f"Message {n}") for n in range(100, 200)], has_earlier=True)
    settle()
    bar = chat.transcript.verticalScrollBar()
    asked: list[int] = []
    chat.earlier_requested.connect(lambda: asked.append(1))
    bar.setValue(0)
    settle()
    assert asked == [1]
    row = chat.transcript.row("m100")
    assert row is not None
    before = row.y() - bar.value()
    chat.prepend([ChatItem(f"m{n}", "agent", f"Message {n}") for n in range(100)])
    settle()
    row = chat.transcript.row("m100")
    assert row is not None and row.y() - bar.value() in (before, before - 34)
    assert not chat.transcript.earlier_button.isVisible()
    assert [item.id for item in chat.items] == [f"m{n}" for n in range(200)]
    bar.setValue(0)
    settle()
    assert asked == [1]


def test_load_earlier_is_a_button_too(chat: ChatView, qtbot: QtBot, settle: Settle) -> None:
    chat.set_items([ChatItem("a", "agent", "short")], has_earlier=True)
    settle()
    with qtbot.waitSignal(chat.earlier_requested):
        qtbot.mouseClick(chat.transcript.earlier_button, Qt.MouseButton.LeftButton)


def test_a_narrower_window_keeps_what_is_in_view(chat: ChatView, settle: Settle) -> None:
    long_chat(chat, settle)
    bar = chat.transcript.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    settle()
    first = next(row for row in chat.transcript.rows_in_order() if row.y() + row.height() > bar.value())
    before = first.y() - bar.value()
    chat.resize(360, 700)
    settle()
    assert first.y() - bar.value() == before


def test_keys_scroll_the_conversation(chat: ChatView, qtbot: QtBot, settle: Settle) -> None:
    long_chat(chat, settle)
    bar = chat.transcript.verticalScrollBar()
    qtbot.keyClick(chat.transcript, Qt.Key.Key_Home)
    settle()
    assert bar.value() < 400
    qtbot.keyClick(chat.transcript, Qt.Key.Key_PageDown)
    assert bar.value() > 400
    qtbot.keyClick(chat.transcript, Qt.Key.Key_End)
    settle()
    assert bar.value() == bar.maximum()


def test_a_queued_message_waits_below_until_its_turn(chat: ChatView, settle: Settle) -> None:
    chat.append(ChatItem("p1", "person", "First"))
    chat.append(ChatItem("a1", "agent", status="streaming"))
    chat.append(ChatItem("p2", "person", "Second", detail={"queued": True}))
    chat.append(ChatItem("p3", "person", "Third", detail={"queued": True}))
    chat.append(ChatItem("t1", "tool", "x", "Add note"))
    settle()
    assert [item.id for item in chat.items] == ["p1", "a1", "t1", "p2", "p3"]
    row = chat.transcript.row("p2")
    assert isinstance(row, PersonRow) and row.note.text() == "Waits for this turn to end"
    chat.stream("a1", "Answer")
    chat.finish_stream("a1", caption="1.1 s")
    chat.update_item("p2", detail={})
    chat.append(ChatItem("a2", "agent", "To the second"))
    settle()
    assert [item.id for item in chat.items] == ["p1", "a1", "t1", "p2", "a2", "p3"]
    assert row.note.isHidden()
    tops = [chat.transcript.row(item.id) for item in chat.items]
    assert [each.y() for each in tops if each] == sorted(each.y() for each in tops if each)


def test_removing_and_changing_items(chat: ChatView, settle: Settle) -> None:
    long_chat(chat, settle, 20)
    chat.remove_item("m19")
    chat.update_item("m18", text="Changed words")
    settle()
    assert [item.id for item in chat.items] == [f"m{n}" for n in range(19)]
    item = chat.item("m18")
    assert item is not None and item.text == "Changed words"
    chat.append(ChatItem("m18", "person", "Again"))
    assert len(chat.items) == 19
