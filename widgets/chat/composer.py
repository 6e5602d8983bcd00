"""Where the person writes: a growing text field, send and stop. Not here: the conversation."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QMimeData, QObject, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from widgets import theme
from widgets.chat.files import FileStrip
from widgets.chat.items import ChatFile
from widgets.chat.offered import image_bytes, offered_files

_MAX_LINES = 8


class _Field(QPlainTextEdit):
    """Text field that is as high as its lines, up to eight. Enter sends, Shift+Enter breaks the line."""

    submitted = Signal()
    height_wanted = Signal()
    focused = Signal(bool)
    files_offered = Signal(list)
    image_offered = Signal(bytes)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.send_with_control = False
        self.setProperty("role", "bare")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(2)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.textChanged.connect(self.fit)
        self.fit()

    def fit(self) -> None:
        """Takes the height that the text needs."""
        # QPlainTextEdit counts its document's height in lines, not in pixels.
        lines = max(1, math.ceil(self.document().size().height()))
        shown = min(lines, _MAX_LINES)
        policy = Qt.ScrollBarPolicy.ScrollBarAsNeeded if lines > _MAX_LINES else Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        if self.verticalScrollBarPolicy() != policy:
            self.setVerticalScrollBarPolicy(policy)
        height = self.fontMetrics().lineSpacing() * shown + 8
        if height != self.height():
            self.setFixedHeight(height)
            self.height_wanted.emit()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Text, and what can be attached."""
        return source.hasImage() or bool(offered_files(source)) or super().canInsertFromMimeData(source)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Pictures and files are attached, text goes into the field."""
        files = offered_files(source)
        if files:
            self.files_offered.emit(files)
        elif source.hasImage() and not source.hasText():
            self.image_offered.emit(image_bytes(source))
        else:
            super().insertFromMimeData(source)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter sends."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
            held = bool(event.modifiers() & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier))
            if held or (self.send_with_control and not control):
                self.textCursor().insertBlock()
                self.ensureCursorVisible()
            else:
                self.submitted.emit()
            return
        super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Counts the lines anew."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The frame shows it."""
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The frame shows it."""
        super().focusOutEvent(event)
        self.focused.emit(False)


class Composer(QFrame):
    """The field with its buttons.

    Signals:
        sent: What the person wrote, without blanks around it.
        stop_clicked: The person wants the turn to stop.
        reason_clicked: The button beside the reason why nothing can be written.
        attach_clicked: Files are to be chosen.
        files_offered: Paths of files that were pasted or dropped.
        image_offered: A picture that was pasted, as PNG.
        file_removed: The number of a file that is not to go along.
        edit_cancelled: The earlier message stays as it is.
    """

    sent = Signal(str)
    attach_clicked = Signal()
    files_offered = Signal(list)
    image_offered = Signal(bytes)
    file_removed = Signal(int)
    edit_cancelled = Signal()
    stop_clicked = Signal()
    reason_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self.card = QFrame()
        self.card.setProperty("role", "card")
        outer.addWidget(self.card)
        column = QVBoxLayout(self.card)
        column.setContentsMargins(12, 10, 10, 8)
        column.setSpacing(6)
        self.field = _Field()
        self.field.setPlaceholderText(self.tr("Write to the agent…"))
        self.field.setAccessibleName(self.tr("Message"))
        self.field.setAccessibleDescription(self.tr("Enter sends, Shift and Enter begins a new line"))
        self.field.submitted.connect(self.submit)
        self.field.textChanged.connect(self._changed)
        self.field.focused.connect(self._focused)
        self.field.files_offered.connect(self.files_offered)
        self.field.image_offered.connect(self.image_offered)
        self.editing = QFrame()
        self.editing.setProperty("role", "banner")
        line = QHBoxLayout(self.editing)
        line.setContentsMargins(10, 6, 6, 6)
        self.editing_words = QLabel(self.tr("The conversation goes on from here in a copy. This one stays as it is."))
        self.editing_words.setWordWrap(True)
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self.cancel_button.setProperty("role", "quiet")
        self.cancel_button.setAccessibleName(self.tr("Leave the earlier message as it is"))
        self.cancel_button.clicked.connect(self.edit_cancelled)
        line.addWidget(self.editing_words, 1)
        line.addWidget(self.cancel_button)
        self.editing.hide()
        column.addWidget(self.editing)
        self.files = FileStrip(removable=True)
        self.files.removed.connect(self.file_removed)
        self.files.hide()
        column.addWidget(self.files)
        self.files_note = QLabel()
        self.files_note.setProperty("role", "caption")
        self.files_note.setWordWrap(True)
        self.files_note.hide()
        column.addWidget(self.files_note)
        column.addWidget(self.field)
        self._row = QHBoxLayout()
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(8)
        self.attach_button = _button("paperclip", "dim", self.tr("Attach files or pictures"))
        self.attach_button.setFixedSize(30, 28)
        self.attach_button.clicked.connect(self.attach_clicked)
        self._row.addWidget(self.attach_button)
        self._row.addStretch(1)
        self.hint = QLabel()
        self.hint.setProperty("role", "faint")
        self.stop_button = _button("circle-stop", "dim", self.tr("Stop"))
        self.stop_button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.stop_button.setText(self.tr("Stop"))
        self.stop_button.clicked.connect(self.stop_clicked)
        self.send_button = _button("arrow-up", "on_accent", self.tr("Send"))
        self.send_button.setProperty("role", "primary")
        self.send_button.setFixedSize(38, 28)
        self.send_button.clicked.connect(self.submit)
        for widget in (self.hint, self.stop_button, self.send_button):
            self._row.addWidget(widget)
        column.addLayout(self._row)
        self.reason = QFrame()
        self.reason.setProperty("role", "card")
        row = QHBoxLayout(self.reason)
        row.setContentsMargins(14, 12, 12, 12)
        row.setSpacing(12)
        self.reason_text = QLabel()
        self.reason_text.setWordWrap(True)
        self.reason_text.setProperty("role", "dim")
        self.reason_button = QPushButton()
        self.reason_button.setProperty("role", "primary")
        self.reason_button.clicked.connect(self.reason_clicked)
        row.addWidget(self.reason_text, 1)
        row.addWidget(self.reason_button, 0, Qt.AlignmentFlag.AlignVCenter)
        self.reason.hide()
        outer.addWidget(self.reason)
        self._running = False
        self.set_running(False)
        self._changed()
        self.card.installEventFilter(self)

    @property
    def draft(self) -> str:
        """What stands in the field and was not sent."""
        return self.field.toPlainText()

    @draft.setter
    def draft(self, text: str) -> None:
        if text != self.field.toPlainText():
            self.field.setPlainText(text)
            cursor = self.field.textCursor()
            cursor.movePosition(cursor.MoveOperation.End)
            self.field.setTextCursor(cursor)

    def set_send_key(self, key: str) -> None:
        """Which key sends: ``enter`` or ``ctrl_enter``."""
        self.field.send_with_control = key == "ctrl_enter"
        self.set_running(self._running)

    def set_running(self, on: bool) -> None:
        """Whether a turn is under way: a stop button, and messages that wait."""
        self._running = on
        self.stop_button.setVisible(on)
        self.hint.setText(self.tr("Sent after this turn") if on else self._send_words())
        name = self.tr("Send after this turn") if on else self.tr("Send")
        self.send_button.setAccessibleName(name)
        self.send_button.setToolTip(name)
        self._changed()

    def _send_words(self) -> str:
        return self.tr("Ctrl+Enter sends") if self.field.send_with_control else self.tr("Enter sends")

    def set_reason(self, reason: str | None, action: str) -> None:
        """Why nothing can be written now, with the way out as a button; None: it can."""
        self.reason_text.setText(reason or "")
        self.reason_button.setText(action)
        self.reason_button.setVisible(bool(action))
        self.card.setVisible(reason is None)
        self.reason.setVisible(reason is not None)

    def set_files(self, files: Sequence[ChatFile], note: str = "") -> None:
        """The files that go along, and what should be known about them."""
        self.files.set_files(files)
        self.files.setVisible(bool(files))
        self.files_note.setText(note)
        self.files_note.setVisible(bool(note))
        self._changed()

    def set_editing(self, on: bool) -> None:
        """Whether an earlier message is changed, so that sending runs again from there."""
        self.editing.setVisible(on)

    def submit(self) -> None:
        """Sends what stands in the field and the files, if there is anything."""
        text = self.field.toPlainText().strip()
        if (text or self.files.chips) and not self.card.isHidden():
            self.field.clear()
            self.sent.emit(text)

    def _changed(self) -> None:
        empty = not self.field.toPlainText().strip() and not self.files.chips
        self.send_button.setEnabled(not empty)
        self.send_button.setVisible(not (self._running and empty))
        self.hint.setVisible(not (self._running and empty))

    def _focused(self, on: bool) -> None:
        theme.set_role(self.card, "selected", "true" if on else "false")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A click anywhere on the card goes to the field."""
        if watched is self.card and isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress:
            self.field.setFocus(Qt.FocusReason.MouseFocusReason)
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape stops the turn, or leaves the earlier message as it is."""
        if not self.editing.isHidden() and event.matches(QKeySequence.StandardKey.Cancel):
            self.edit_cancelled.emit()
            return
        if self._running and event.matches(QKeySequence.StandardKey.Cancel):
            self.stop_clicked.emit()
            return
        super().keyPressEvent(event)


def _button(icon: str, role: str, name: str) -> QToolButton:
    button = QToolButton()
    button.setIcon(theme.icon(icon, role))
    button.setIconSize(QSize(16, 16))
    button.setAccessibleName(name)
    button.setToolTip(name)
    return button
