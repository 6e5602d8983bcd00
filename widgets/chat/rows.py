"""Rows of the conversation that hold words: the person's, the agent's and its thinking. Cards are in ``cards``."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QGuiApplication, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from widgets import theme
from widgets.chat.files import FileStrip
from widgets.chat.items import ChatItem
from widgets.chat.richtext import RichText

FOOTER = 26
_LONG = 6_000


class Row(QWidget):
    """One item of the conversation on screen; made when it comes into view, dropped when it has left.

    Signals:
        height_changed: The row wants another height.
        link_activated, retried, answered, acted, copied: See :class:`widgets.chat.view.ChatView`.
    """

    height_changed = Signal()
    link_activated = Signal(str)
    retried = Signal(str)
    answered = Signal(str, object)
    acted = Signal(str, str)
    copied = Signal()

    def __init__(self, item: ChatItem, state: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.item = item
        self.state = state
        """What the person did with the row (opened it …); outlives the widget."""

    def measure(self, width: int) -> int:
        """The height that the row needs in that width."""
        layout = self.layout()
        if layout is None:
            return self.sizeHint().height()
        return layout.totalHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalSizeHint().height()

    def set_item(self, item: ChatItem) -> None:
        """Shows the item as it is now."""
        self.item = item

    reusable = False
    """Whether the row can be given another item."""

    def rebind(self, item: ChatItem, state: dict[str, Any]) -> None:
        """Shows another item altogether."""
        self.state = state
        self.set_item(item)

    def set_latest(self, on: bool) -> None:
        """Whether this is the last row of the latest turn."""

    def is_busy(self) -> bool:
        """Whether the row must not be dropped now, because the person is in it."""
        focus = self.focusWidget()
        if focus is not None and focus.hasFocus():
            return True
        return any(text.textCursor().hasSelection() for text in self.findChildren(RichText))


class PersonRow(Row):
    """The person's words, in a tinted block at the right."""

    reusable = True

    def __init__(self, item: ChatItem, state: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(item, state, parent)
        self.body = RichText(self)
        self.body.link_activated.connect(self.link_activated)
        self.body.copied.connect(self.copied)
        self.more = QToolButton(self)
        self.more.setText(self.tr("Show all of it"))
        self.more.clicked.connect(self._show_all)
        self.note = QLabel(self)
        self.note.setProperty("role", "caption")
        self.note.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.edit_button = small_button(self, "pencil", self.tr("Change it and run again from here"))
        self.edit_button.clicked.connect(self._edit)
        self.files: FileStrip | None = None
        self._bubble = QRect()
        self._natural: int | None = None
        self._hovered = False
        self.set_item(item)

    def set_item(self, item: ChatItem) -> None:
        """Shows the item as it is now."""
        super().set_item(item)
        long = len(item.text) > _LONG and not self.state.get("open")
        self.body.set_plain(item.text[:_LONG] + "…" if long else item.text)
        self.body.setAccessibleName(self.tr("You said"))
        self.more.setVisible(long)
        self.note.setText(self.tr("Waits for this turn to end") if item.detail.get("queued") else item.caption)
        self.note.setVisible(bool(self.note.text()))
        self.body.setVisible(bool(item.text))
        files = item.detail.get("files") or ()
        if files and self.files is None:
            self.files = FileStrip(parent=self)
        if self.files is not None:
            self.files.set_files(files)
            self.files.setVisible(bool(files))
        self._natural = None
        self._show_edit()

    def _edit(self) -> None:
        self.acted.emit(self.item.id, "edit")

    def _show_edit(self) -> None:
        """Quiet until the pointer comes near, but there all the time, so that the keyboard reaches it."""
        self.edit_button.setVisible(bool(self.item.detail.get("can_edit")))
        self.edit_button.setIcon(theme.icon("pencil", "dim" if self._hovered else "faint"))

    def enterEvent(self, event: QEnterEvent) -> None:
        """Shows what can be done with it."""
        super().enterEvent(event)
        self._hovered = True
        self._show_edit()

    def leaveEvent(self, event: QEvent) -> None:
        """Hides it again."""
        super().leaveEvent(event)
        self._hovered = False
        self._show_edit()

    def _show_all(self) -> None:
        self.state["open"] = True
        self.set_item(self.item)
        self.height_changed.emit()

    def measure(self, width: int) -> int:
        """The height that the row needs in that width."""
        if self._natural is None:
            self._natural = self.body.natural_width()
        limit = max(80, int(width * 0.86) - 26)
        top = self._place_files(width, limit)
        if self.item.text:
            inner = min(self._natural + 2, limit)
            height = self.body.height_for(inner)
            extra = 26 if not self.more.isHidden() else 0
            self._bubble = QRect(width - inner - 26, top, inner + 26, height + extra + 14)
            self.body.setGeometry(self._bubble.left() + 13, top + 9, inner, height)
            self.more.setGeometry(self._bubble.left() + 6, top + height + 10, min(inner, 160), 26)
        else:
            self._bubble = QRect(width, top - 6, 0, 0)
        bottom = max(self._bubble.bottom() + 1, top - 6)
        self.edit_button.move(max(0, self._bubble.left() - 32), max(0, bottom - 28))
        if not self.note.isHidden():
            self.note.setGeometry(0, bottom + 4, width, 18)
            bottom += 22
        return bottom

    def _place_files(self, width: int, limit: int) -> int:
        """Put the files at the right, above the words; where these begin."""
        if self.files is None or self.files.isHidden():
            return 0
        wide = min(limit + 26, self.files.width_for(limit + 26))
        height = self.files.height_for(wide)
        self.files.setGeometry(width - wide, 0, wide, height)
        return height + 6

    def paintEvent(self, event: QPaintEvent) -> None:
        """The block, with the corner towards the composer tight."""
        del event
        if not self.item.text:
            return
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.mix(tokens.accent_tint, tokens.sunk, 0.35)))
        rect = QRectF(self._bubble)
        path = QPainterPath()
        path.addRoundedRect(rect, tokens.radius_card, tokens.radius_card)
        corner = QPainterPath()
        corner.addRoundedRect(QRectF(rect.center(), rect.bottomRight()), 3, 3)
        corner.addRect(QRectF(rect.center(), QPointF(rect.right() - 8, rect.bottom())))
        painter.drawPath(path.united(corner))


class AgentRow(Row):
    """The agent's words, as plain text at the left; numbers and a copy button below, on hover or when latest."""

    reusable = True

    def __init__(self, item: ChatItem, state: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(item, state, parent)
        self.body = RichText(self)
        self.body.link_activated.connect(self.link_activated)
        self.body.copied.connect(self.copied)
        self.caption = QLabel(self)
        self.caption.setProperty("role", "faint")
        self.caption.setWordWrap(True)
        self.caption.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.copy_button = small_button(self, "copy", self.tr("Copy message"))
        self.copy_button.clicked.connect(self.body.copy_all)
        self.again_button = small_button(self, "refresh-cw", self.tr("Run again without a message"))
        self.again_button.clicked.connect(self._again)
        self._latest = False
        self._hovered = False
        self._streaming = False
        self.set_item(item)

    def set_item(self, item: ChatItem) -> None:
        """Shows the item as it is now."""
        before = self.body.writer.text
        super().set_item(item)
        self._streaming = item.status == "streaming"
        if self._streaming and item.text.startswith(before):
            self.feed(item.text[len(before) :])
        elif self._streaming:
            self.body.set_markdown(item.text, complete=False)
        else:
            self.body.finish(item.text)
        self.body.setAccessibleName(self.tr("The agent said"))
        note = self.tr("Stopped before the end") if item.status == "interrupted" else ""
        self.caption.setText(" · ".join(part for part in (note, item.caption) if part))
        self._show_footer()

    def rebind(self, item: ChatItem, state: dict[str, Any]) -> None:
        """Shows another item altogether."""
        self.body.reset()
        self._hovered = False
        super().rebind(item, state)

    def feed(self, text: str) -> None:
        """More words arrived."""
        if text:
            self.body.feed(text)

    def set_latest(self, on: bool) -> None:
        """The latest turn always shows its numbers."""
        self._latest = on
        self._show_footer()

    def _show_footer(self) -> None:
        shown = (self._hovered or self._latest or self.item.status == "interrupted") and not self._streaming
        self.caption.setVisible(shown and bool(self.caption.text()))
        self.copy_button.setVisible(self._hovered and not self._streaming)
        self.again_button.setVisible(self._latest and not self._streaming and bool(self.item.detail.get("can_again")))

    def _again(self) -> None:
        self.acted.emit(self.item.id, "again")

    def measure(self, width: int) -> int:
        """The height that the row needs in that width."""
        height = self.body.height_for(width)
        self.body.setGeometry(0, 0, width, height)
        self.body.place_buttons()
        room = width - 62
        below = FOOTER
        if self.caption.text():  # also where it shows on hover alone: the row must not change its height then
            below = max(FOOTER, self.caption.heightForWidth(room) + 10)
        self.caption.setGeometry(0, height + 7, room, below - 6)
        self.again_button.move(width - 26, height + 3)
        self.copy_button.move(width - 26 - (28 if self.again_button.isVisibleTo(self) else 0), height + 3)
        return height + below

    def set_hovered(self, on: bool) -> None:
        """Whether the pointer is on the row: numbers and copy button show."""
        self._hovered = on
        self._show_footer()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Shows the numbers."""
        super().enterEvent(event)
        self.set_hovered(True)

    def leaveEvent(self, event: QEvent) -> None:
        """Hides them again."""
        super().leaveEvent(event)
        self.set_hovered(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the copy buttons of code blocks in place."""
        super().resizeEvent(event)
        self.body.place_buttons()


class ThinkingRow(Row):
    """What the model thought, folded into one quiet line."""

    def __init__(self, item: ChatItem, state: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(item, state, parent)
        self.toggle = QToolButton(self)
        self.toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toggle.setIconSize(QSize(14, 14))
        self.toggle.clicked.connect(self._toggle)
        self.body: RichText | None = None
        self.set_item(item)

    def set_item(self, item: ChatItem) -> None:
        """Shows the item as it is now."""
        super().set_item(item)
        seconds = item.detail.get("seconds")
        if item.status == "streaming":
            words = self.tr("Thinking…")
        elif seconds:
            words = self.tr("Thought for {seconds} s").format(seconds=round(float(seconds)))
        else:
            words = self.tr("Thought about it")
        opened = bool(self.state.get("open"))
        self.toggle.setText(words)
        self.toggle.setIcon(theme.icon("chevron-down" if opened else "chevron-right", "dim"))
        self.toggle.setAccessibleName(words)
        self.toggle.setAccessibleDescription(self.tr("Folded out") if opened else self.tr("Folded in"))
        if opened and self.body is None:
            self.body = RichText(self)
            self.body.setAccessibleName(self.tr("The model's thinking"))
            self.body.copied.connect(self.copied)
        if self.body is not None:
            self.body.set_plain(item.text, dim=True)
            self.body.setVisible(opened)

    def feed(self, text: str) -> None:
        """More of it arrived; shown only where it is folded out."""
        del text
        if self.state.get("open"):
            self.set_item(self.item)

    def _toggle(self) -> None:
        self.state["open"] = not self.state.get("open")
        self.set_item(self.item)
        self.height_changed.emit()

    def measure(self, width: int) -> int:
        """The height that the row needs in that width."""
        hint = self.toggle.sizeHint()
        self.toggle.setGeometry(-5, 0, hint.width(), hint.height())
        bottom = hint.height()
        if self.body is not None and self.state.get("open"):
            height = self.body.height_for(width - 16)
            self.body.setGeometry(16, bottom + 4, width - 16, height)
            bottom += height + 4
        return bottom + 6


def small_button(parent: QWidget, icon: str, name: str) -> QToolButton:
    """A button beside a row's words."""
    button = QToolButton(parent)
    button.setIcon(theme.icon(icon, "dim"))
    button.setIconSize(QSize(14, 14))
    button.setFixedSize(26, 24)
    button.setToolTip(name)
    button.setAccessibleName(name)
    return button


def copy_text(text: str) -> None:
    """Puts words on the clipboard."""
    QGuiApplication.clipboard().setText(text)
