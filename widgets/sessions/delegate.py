"""Paints the rows of the session list and gives the field for renaming."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from widgets import theme
from widgets.sessions.source import SessionEntry
from widgets.sessions.when import short_time

ROW_HEIGHT = 60
HEADING_HEIGHT = 34
_PAD = 16
_WORD = re.compile(r"\w+", re.UNICODE)


class SessionDelegate(QStyledItemDelegate):
    """Two lines: title and time, then agent and words with the hits marked."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.search = ""
        self._now = time.time()

    def set_now(self, now: float) -> None:
        """The time that short times are relative to."""
        self._now = now

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Fixed heights."""
        del option
        heading = not isinstance(index.data(Qt.ItemDataRole.UserRole), SessionEntry)
        return QSize(240, HEADING_HEIGHT if heading else ROW_HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paints a session or a group's title."""
        tokens = theme.current()
        rect: QRect = option.rect
        state = option.state
        entry = index.data(Qt.ItemDataRole.UserRole)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not isinstance(entry, SessionEntry):
            painter.setFont(_heading_font())
            painter.setPen(QColor(tokens.dim))
            words = str(index.data() or "").upper()
            area = rect.adjusted(_PAD, 6, -_PAD, 0)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, words)
            painter.restore()
            return
        selected = bool(state & QStyle.StateFlag.State_Selected)
        if selected or state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(tokens.accent_tint if selected else tokens.hover))
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawLine(rect.left(), rect.bottom(), rect.right(), rect.bottom())
        self._first_line(painter, rect, entry, selected)
        self._second_line(painter, rect, entry)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(rect).adjusted(3, 3, -3, -4), 5, 5)
        painter.restore()

    def _first_line(self, painter: QPainter, rect: QRect, entry: SessionEntry, selected: bool) -> None:
        tokens = theme.current()
        top = rect.top() + 9
        right = rect.right() - _PAD
        painter.setFont(theme.font("caption"))
        painter.setPen(QColor(tokens.dim))
        when = short_time(entry.updated, self._now)
        width = painter.fontMetrics().horizontalAdvance(when)
        painter.drawText(QRect(right - width, top, width + 1, 20), Qt.AlignmentFlag.AlignVCenter, when)
        right -= width + 10
        if entry.status == "running":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent))
            painter.drawEllipse(QPoint(right - 4, top + 10), 4, 4)
            right -= 16
        if entry.pinned:
            theme.paint_icon(painter, "pin", tokens.dim, QRect(right - 13, top + 4, 13, 13))
            right -= 20
        painter.setFont(theme.font("strong" if selected else "medium"))
        title = entry.title or self.tr("New session")
        marks = mark_hits(title, self.search) if entry.title else [(title, False)]
        _draw_pieces(painter, marks, rect.left() + _PAD, right, top, tokens.text if entry.title else tokens.dim)

    def _second_line(self, painter: QPainter, rect: QRect, entry: SessionEntry) -> None:
        tokens = theme.current()
        painter.setFont(theme.font("caption"))
        snippet = entry.snippet
        pieces = mark_hits(" ".join(snippet.split()), self.search) if isinstance(snippet, str) else list(snippet)
        if entry.agent:
            lead = entry.agent + " · " if any(text for text, _hit in pieces) else entry.agent
            pieces = [(lead, False), *pieces]
        _draw_pieces(painter, pieces, rect.left() + _PAD, rect.right() - _PAD, rect.top() + 31, tokens.dim)

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QWidget:
        """A field over the title."""
        del option, index
        editor = QLineEdit(parent)
        editor.setAccessibleName(self.tr("Title of the session"))
        editor.setMaxLength(200)
        return editor

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Over the first line."""
        del index
        rect: QRect = option.rect
        editor.setGeometry(rect.adjusted(_PAD - 9, 4, -8, -(rect.height() - 36)))


def mark_hits(text: str, search: str) -> list[tuple[str, bool]]:
    """A text in pieces, with whether each is a hit: words that begin with a word of the search."""
    words = {word.casefold() for word in _WORD.findall(search) if len(word) > 1}
    if not words:
        return [(text, False)]
    result: list[tuple[str, bool]] = []
    end = 0
    for found in _WORD.finditer(text):
        if any(found[0].casefold().startswith(word) for word in words):
            if found.start() > end:
                result.append((text[end : found.start()], False))
            result.append((found[0], True))
            end = found.end()
    if end < len(text):
        result.append((text[end:], False))
    return result


def _heading_font() -> QFont:
    font = theme.font("badge", bold=True)
    font.setLetterSpacing(font.SpacingType.AbsoluteSpacing, 0.4)
    return font


def _draw_pieces(
    painter: QPainter, pieces: Sequence[tuple[str, bool]], left: int, right: int, top: int, ink: str
) -> None:
    """Draws pieces in one line; hits on a tint. What has no room ends in an ellipsis."""
    tokens = theme.current()
    metrics: QFontMetrics = painter.fontMetrics()
    x = left
    for text, hit in pieces:
        if x >= right:
            return
        words = text.replace("\n", " ")
        shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, right - x)
        width = metrics.horizontalAdvance(shown)
        if hit:
            hue = tokens.hue("flow")
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(hue.tint))
            painter.drawRoundedRect(QRectF(x - 2, top + 1, width + 4, 18), 3, 3)
            painter.setPen(QColor(hue.ink))
        else:
            painter.setPen(QColor(ink))
        painter.drawText(QRect(x, top, width + 1, 20), Qt.AlignmentFlag.AlignVCenter, shown)
        x += width
        if shown != words:
            return
