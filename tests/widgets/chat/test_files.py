"""Files beside a message: chosen, dropped, pasted, shown, taken off; and what can be done with a message again."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.widgets.themed import nameless, unreachable
from widgets.chat import ChatFile, ChatItem, ChatView
from widgets.chat.cards import ToolRow
from widgets.chat.offered import image_bytes, offered_files
from widgets.chat.rows import AgentRow, PersonRow

LEFT = Qt.MouseButton.LeftButton
Settle = Callable[[], None]


def picture() -> bytes:
    image = QImage(20, 10, QImage.Format.Format_RGB32)
    image.fill(0x336699)
    data = QMimeData()
    data.setImageData(image)
    return image_bytes(data)


def files(*paths: str) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in paths])
    return data


def test_what_can_be_attached_is_told_from_what_cannot(tmp_path: Path) -> None:
    assert offered_files(files(str(tmp_path / "a.png"), str(tmp_path / "b.txt"))) == [
        str(tmp_path / "a.png"),
        str(tmp_path / "b.txt"),
    ]
    assert offered_files(files(str(tmp_path / "a.bough.json"))) == []
    web = QMimeData()
    web.setUrls([QUrl("https://example.org/a.png")])
    assert offered_files(web) == [] and offered_files(QMimeData()) == []
    assert picture().startswith(b"\x89PNG") and image_bytes(QMimeData()) == b""


def test_pasting_a_picture_or_files_attaches_and_text_stays_text(chat: ChatView, qtbot: QtBot) -> None:
    field, clipboard = chat.composer.field, QApplication.clipboard()
    clipboard.setImage(QImage.fromData(picture()))
    with qtbot.waitSignal(chat.image_offered) as pasted:
        field.paste()
    assert bytes(pasted.args[0]).startswith(b"\x89PNG")
    clipboard.setMimeData(files("/tmp/a.txt"))
    with qtbot.waitSignal(chat.files_offered) as offered:
        field.paste()
    assert offered.args == [["/tmp/a.txt"]]
    clipboard.setText("words")
    field.paste()
    assert chat.draft == "words"
    odd = QMimeData()
    odd.setData("application/x-odd", QByteArray(b"x"))
    assert not field.canInsertFromMimeData(odd)


def test_files_may_be_dropped_anywhere_on_the_chat(chat: ChatView, qtbot: QtBot) -> None:
    dropped, copy, keys = files("/tmp/a.txt"), Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPointF(9, 9).toPoint(), copy, dropped, LEFT, keys)
    chat.dragEnterEvent(enter)
    assert enter.isAccepted() and chat.composer.card.property("selected") == "true"
    chat.dragLeaveEvent(QDragLeaveEvent())
    assert chat.composer.card.property("selected") == "false"
    with qtbot.waitSignal(chat.files_offered) as offered:
        chat.dropEvent(QDropEvent(QPointF(9, 9), copy, dropped, LEFT, keys))
    assert offered.args == [["/tmp/a.txt"]]
    agent = files("/tmp/a.bough.json")
    enter = QDragEnterEvent(QPointF(9, 9).toPoint(), copy, agent, LEFT, keys)
    enter.ignore()
    chat.dragEnterEvent(enter)
    assert not enter.isAccepted()
    with qtbot.assertNotEmitted(chat.files_offered):
        chat.dropEvent(QDropEvent(QPointF(9, 9), copy, agent, LEFT, keys))


def test_files_are_shown_can_be_taken_off_and_can_go_alone(chat: ChatView, qtbot: QtBot, settle: Settle) -> None:
    stored = base64.b64encode(picture()).decode()
    chat.set_files([ChatFile("a.png", "image", stored, "1 kB"), ChatFile("b.pdf")], "The model cannot see.")
    settle()
    first, second = chat.composer.files.chips
    assert first.accessibleName() == "Attached: a.png, 1 kB" and not first.picture.pixmap().isNull()
    assert chat.composer.files_note.isVisible() and chat.composer.send_button.isEnabled()
    assert nameless(chat) == [] and unreachable(chat) == []
    assert second.remove_button is not None
    with qtbot.waitSignal(chat.file_removed) as removed:
        qtbot.mouseClick(second.remove_button, LEFT)
    assert removed.args == [1]
    with qtbot.waitSignal(chat.send_requested) as sent:
        qtbot.mouseClick(chat.composer.send_button, LEFT)
    assert sent.args == [""]
    chat.set_files([])
    assert not chat.composer.files.isVisible() and not chat.composer.send_button.isEnabled()
    with qtbot.waitSignal(chat.attach_requested):
        qtbot.mouseClick(chat.composer.attach_button, LEFT)


def test_a_message_shows_its_files_above_its_words(chat: ChatView, settle: Settle) -> None:
    shown = [ChatFile("a.png", "image", picture(), "1 kB"), ChatFile("broken.png", "image", "!")]
    chat.append(ChatItem("m", "person", "Look at this", detail={"files": shown}))
    chat.append(ChatItem("n", "person", "", detail={"files": shown[:1]}))
    chat.append(ChatItem("o", "person", "Without"))
    settle()
    row, alone, plain = (chat.transcript.row(key) for key in "mno")
    assert isinstance(row, PersonRow) and row.files is not None and row.files.isVisible()
    assert row.files.geometry().bottom() < row.body.geometry().top()
    assert row.files.geometry().right() <= row.width()
    assert isinstance(alone, PersonRow) and not alone.body.isVisible() and alone.height() > 30
    assert isinstance(plain, PersonRow) and (plain.files is None or not plain.files.isVisible())


def test_an_earlier_message_can_be_changed_and_a_turn_run_again(chat: ChatView, qtbot: QtBot, settle: Settle) -> None:
    chat.append(ChatItem("m", "person", "Hello", detail={"can_edit": True}))
    chat.append(ChatItem("r", "agent", "Hi", detail={"can_again": True}))
    settle()
    row, reply = chat.transcript.row("m"), chat.transcript.row("r")
    assert isinstance(row, PersonRow) and isinstance(reply, AgentRow)
    with qtbot.waitSignal(chat.acted) as acted:
        qtbot.mouseClick(row.edit_button, LEFT)
    assert acted.args == ["m", "edit"]
    with qtbot.waitSignal(chat.acted) as acted:
        qtbot.mouseClick(reply.again_button, LEFT)
    assert acted.args == ["r", "again"]
    chat.append(ChatItem("s", "agent", "Later"))
    settle()
    assert not reply.again_button.isVisible()
    chat.set_editing(True)
    settle()
    assert chat.composer.editing.isVisible()
    with qtbot.waitSignal(chat.edit_cancelled):
        qtbot.keyClick(chat.composer.field, Qt.Key.Key_Escape)
    with qtbot.waitSignal(chat.edit_cancelled):
        qtbot.mouseClick(chat.composer.cancel_button, LEFT)
    chat.set_editing(False)
    assert not chat.composer.editing.isVisible()


def test_pages_are_links_whatever_their_titles_say(chat: ChatView, settle: Settle) -> None:
    links = [("A [title](http://evil) *x*", "https://example.org/a>b"), ("B", "https://example.org/b")]
    chat.append(ChatItem("t", "tool", "figs", "Web search", {"input": {"query": "figs"}, "links": links}))
    chat.append(ChatItem("u", "tool", "2 pages", "Sources", {"links": links}))
    for key in "tu":
        chat.transcript.set_row_state(key, open=True)
    settle()
    found, sources = chat.transcript.row("t"), chat.transcript.row("u")
    assert isinstance(found, ToolRow) and isinstance(sources, ToolRow)
    assert [label.text() for label, _, _ in found.parts if label.isVisible()] == ["Input", "Pages"]
    assert [label.text() for label, _, _ in sources.parts if label.isVisible()] == ["Pages"]
    text = sources.parts[0][1].toPlainText()
    assert "A [title](http://evil) *x*" in text and "B" in text


def test_a_running_call_says_how_far_it_is(chat: ChatView, settle: Settle) -> None:
    chat.append(ChatItem("t", "tool", "x", "Index", {"input": {}, "summary": "step 2"}, "running"))
    settle()
    row = chat.transcript.row("t")
    assert isinstance(row, ToolRow) and row.head.outcome == "step 2"
