"""One message's text: rendered markdown or plain words, to be read, selected and copied.

Here: the read-only text widget with code blocks that can be copied and links that only ever emit a signal.
Not here: how markdown becomes a document (``render``), and what surrounds the text (``rows``).
"""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
    QTextBlockFormat,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QMenu, QTextBrowser, QToolButton, QWidget

from widgets import theme
from widgets.chat.formats import CODE_BLOCK, CODE_PADDING, QUOTE_LEVEL, Formats, QuietDocument, is_code
from widgets.chat.render import MarkdownWriter

_NO_SCROLL = Qt.ScrollBarPolicy.ScrollBarAlwaysOff


class RichText(QTextBrowser):
    """Text that is as high as it needs to be. It loads nothing and opens nothing.

    Signals:
        link_activated: The address of a link that was clicked or chosen by keyboard.
        copied: Something went to the clipboard.
    """

    link_activated = Signal(str)
    copied = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "bare")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(_NO_SCROLL)
        self.setHorizontalScrollBarPolicy(_NO_SCROLL)
        self.setOpenLinks(False)
        self.setReadOnly(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextBrowserInteraction | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.viewport().setAutoFillBackground(False)
        document = QuietDocument(self)
        self.setDocument(document)
        self.writer = MarkdownWriter(document)
        self._source = ""
        self._codes: list[tuple[int, int]] = []
        self._buttons: list[QToolButton] = []
        self._quotes: list[int] = []
        self._settled = 0
        self._decorated = False
        self.anchorClicked.connect(self._clicked)

    # Content

    def set_plain(self, text: str, *, mono: bool = False, dim: bool = False) -> None:
        """Shows words exactly as they are."""
        formats = Formats.current()
        self._source = text
        self.writer.reset()
        cursor = QTextCursor(self.document())
        block = QTextBlockFormat(formats.paragraph)
        cursor.setBlockFormat(block)
        char = formats.code if mono else formats.dim if dim else formats.text
        cursor.setBlockCharFormat(char)
        cursor.insertText(text, char)
        self._codes, self._quotes, self._settled, self._decorated = [], [], 0, False

    def reset(self) -> None:
        """Empties it."""
        self.writer.reset()
        self._codes, self._quotes, self._settled, self._decorated = [], [], 0, False

    def set_markdown(self, text: str, *, complete: bool = True) -> None:
        """Shows markdown from the start. ``complete=False``: more is to be fed."""
        self.writer.reset()
        self._settled = 0
        self.feed(text)
        if complete:
            self.finish()

    def feed(self, text: str) -> None:
        """Adds markdown to the end."""
        self.writer.feed(text)
        self._find_codes()

    def finish(self, text: str | None = None) -> None:
        """The markdown is complete; ``text`` is the whole of it where it may differ from what was fed."""
        if text is not None and text != self.writer.text:
            self._settled = 0
        self.writer.finish(text)
        self._find_codes()

    @property
    def words(self) -> str:
        """What the text was made from."""
        return self.writer.text or self._source

    def code(self, number: int) -> str:
        """The text of a code block, from 0."""
        first, last = self._codes[number]
        document = self.document()
        return "\n".join(document.findBlockByNumber(n).text() for n in range(first, last + 1))

    def height_for(self, width: int) -> int:
        """The height that the text needs in that width."""
        document = self.document()
        if document.textWidth() != width:
            document.setTextWidth(width)
        extra = CODE_PADDING if is_code(document.lastBlock()) else 0
        return math.ceil(document.size().height() + extra)

    def natural_width(self) -> int:
        """The width of the longest line, were there room."""
        document = self.document()
        document.setTextWidth(-1)
        return math.ceil(document.idealWidth())

    # Code blocks

    def _find_codes(self) -> None:
        """Looks where code blocks and quotes are, from the first block that may have changed since."""
        start = min(self._settled, self.document().blockCount() - 1)
        found = [pair for pair in self._codes if pair[0] < start]
        quotes = [number for number in self._quotes if number < start]
        block = self.document().findBlockByNumber(start)
        if found and found[-1][1] >= start - 1:
            start = found[-1][0]
            block = self.document().findBlockByNumber(start)
            found.pop()
        current = None
        while block.isValid():
            form = block.blockFormat()
            number = form.property(CODE_BLOCK) if form.hasProperty(CODE_BLOCK) else None
            here = block.blockNumber()
            if number is not None:
                if number == current:
                    found[-1] = (found[-1][0], here)
                else:
                    found.append((here, here))
            elif form.hasProperty(QUOTE_LEVEL):
                quotes.append(here)
            current = number
            block = block.next()
        self._settled = self.writer.settled_blocks
        self._codes = found
        self._quotes = quotes
        self._decorated = bool(found or quotes)
        while len(self._buttons) < len(found):
            self._buttons.append(self._make_button(len(self._buttons)))
        for number, button in enumerate(self._buttons):
            button.setVisible(number < len(found))

    def _make_button(self, number: int) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(theme.icon("copy", "dim"))
        button.setIconSize(QSize(14, 14))
        button.setFixedSize(26, 24)
        button.setCursor(Qt.CursorShape.ArrowCursor)
        button.setToolTip(self.tr("Copy code"))
        button.setAccessibleName(self.tr("Copy code"))
        button.clicked.connect(lambda *_args, n=number: self.copy_code(n))
        return button

    def copy_code(self, number: int) -> None:
        """Puts a code block on the clipboard."""
        QGuiApplication.clipboard().setText(self.code(number))
        self.copied.emit()

    def place_buttons(self) -> None:
        """Puts the copy buttons where their blocks are now."""
        for button, rect in zip(self._buttons, self._code_rects(), strict=False):
            button.move(int(rect.right()) - button.width() - 4, int(rect.top()) + 3)

    def _code_rects(self) -> list[QRectF]:
        layout, document = self.document().documentLayout(), self.document()
        width = self.width()
        result = []
        for first, last in self._codes:
            top = layout.blockBoundingRect(document.findBlockByNumber(first)).top() - CODE_PADDING
            bottom = layout.blockBoundingRect(document.findBlockByNumber(last)).bottom() + CODE_PADDING
            result.append(QRectF(0, top, width, bottom - top))
        return result

    def paintEvent(self, event: QPaintEvent) -> None:
        """Code blocks and quotes get their ground, then the text."""
        if self._decorated or self.hasFocus():
            painter = QPainter(self.viewport())
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_ground(painter, QRectF(event.rect()))
            painter.end()
        super().paintEvent(event)

    def _paint_ground(self, painter: QPainter, clip: QRectF) -> None:
        tokens = theme.current()
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(QColor(tokens.sunk))
        for rect in self._code_rects():
            if rect.intersects(clip):
                painter.drawRoundedRect(
                    rect.adjusted(0.5, 0.5, -0.5, -0.5), tokens.radius_control, tokens.radius_control
                )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.line))
        layout = self.document().documentLayout()
        for number in self._quotes:
            rect = layout.blockBoundingRect(self.document().findBlockByNumber(number))
            if rect.intersects(clip):
                painter.drawRoundedRect(QRectF(1, rect.top(), 3, rect.height()), 1.5, 1.5)
        if self.hasFocus() and self.focus_shown:
            painter.setPen(QPen(QColor(tokens.accent), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            frame = QRectF(self.viewport().rect()).adjusted(1, 1, -1, -1)
            painter.drawRoundedRect(frame, 4, 4)

    focus_shown = False
    """Whether focus came by keyboard, so that a ring says where it is."""

    # Events

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Shows a ring where focus came by keyboard."""
        self.focus_shown = event.reason() in (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
            Qt.FocusReason.ShortcutFocusReason,
        )
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Takes the ring away."""
        super().focusOutEvent(event)
        self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leaves the wheel to the conversation."""
        event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copies, moves the selection; keys that would scroll go to the conversation."""
        if event.matches(QKeySequence.StandardKey.Copy) and not self.textCursor().hasSelection():
            self.copy_all()
            return
        scrolls = (
            Qt.Key.Key_PageUp,
            Qt.Key.Key_PageDown,
            Qt.Key.Key_Up,
            Qt.Key.Key_Down,
            Qt.Key.Key_Home,
            Qt.Key.Key_End,
        )
        if event.key() in scrolls and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            event.ignore()
            return
        super().keyPressEvent(event)

    def copy_all(self) -> None:
        """Puts the whole message on the clipboard, as it was written."""
        QGuiApplication.clipboard().setText(self.words)
        self.copied.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu of a message."""
        self.make_menu(self.anchorAt(event.pos())).popup(event.globalPos())

    def make_menu(self, link: str = "") -> QMenu:
        """The menu of the message, or of a link in it."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        selected = menu.addAction(self.tr("Copy selected text"))
        selected.setEnabled(self.textCursor().hasSelection())
        selected.triggered.connect(self.copy)
        menu.addAction(self.tr("Copy message")).triggered.connect(self.copy_all)
        if link:
            menu.addAction(self.tr("Copy link address")).triggered.connect(
                lambda *_args, address=link: QGuiApplication.clipboard().setText(address)
            )
        menu.addSeparator()
        menu.addAction(self.tr("Select all")).triggered.connect(self.selectAll)
        return menu

    def event(self, event: QEvent) -> bool:
        """Shows the full address of the link under the pointer."""
        if event.type() == QEvent.Type.ToolTip:
            self.setToolTip(self.anchorAt(event.pos()))  # type: ignore[attr-defined]
        return super().event(event)

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Nothing is ever loaded, from nowhere."""
        del kind, name
        return None

    def _clicked(self, url: QUrl) -> None:
        self.link_activated.emit(url.toString(QUrl.ComponentFormattingOption.FullyEncoded))
