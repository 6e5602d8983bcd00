"""How the readable request looks: headings, coloured blocks, the mark of the cache, what a search found.

Not here: where things stand (``layout``), mouse and keys (``canvas``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from widgets import theme
from widgets.context.blocks import ContextBlock
from widgets.context.layout import Item, Metrics
from widgets.context.wrap import columns_of

LEFT = 16.0
_MIDDLE = Qt.AlignmentFlag.AlignVCenter
_TO_LEFT = _MIDDLE | Qt.AlignmentFlag.AlignLeft
_TO_RIGHT = _MIDDLE | Qt.AlignmentFlag.AlignRight
_BOLT = 11.0
LIT, HOVERED, HIT = 0.08, 0.04, 0.4
"""How much of the ink goes into what is lit, pointed at, found: words on it keep their contrast."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("Context", text)


def count_words(tokens: int) -> str:
    """``1 token``, ``2,000 tokens``."""
    return _tr("1 token") if tokens == 1 else _tr("%1 tokens").replace("%1", f"{tokens:,}")


def mark_words() -> str:
    """What stands at the place where a request parts from the one before."""
    return _tr("Differs from the last call: read anew from here")


class Brush:
    """Fonts and measures for one theme, and the painting itself."""

    def __init__(self) -> None:
        self.mono, self.bold = theme.font("mono"), theme.font("mono", bold=True)
        self.medium, self.heading = theme.font("badge"), theme.font("badge", bold=True)
        self.medium.setWeight(self.medium.Weight.Medium)
        mono, medium = QFontMetricsF(self.mono), QFontMetricsF(self.medium)
        self.column = max(1.0, mono.horizontalAdvance("M" * 64) / 64)
        self.ascent = mono.ascent() + 1.5
        self.line = round(mono.height() + 3)
        self.head = round(medium.height() + 6)
        self.part = round(medium.height() + 18)
        self._medium_metrics = medium

    def metrics(self, width: float) -> Metrics:
        """Measures for a page of this width."""
        columns = max(8, int((width - 2 * LEFT) / self.column))
        return Metrics(self.line, self.head, self.part, self.head + 4, columns)

    # -- headings and the mark --------------------------------------------------------------------------------

    def paint_part(self, painter: QPainter, rect: QRectF, item: Item, folded: bool) -> None:
        """The heading of a part."""
        tokens = theme.current()
        middle = rect.center().y() + 2
        icon = "chevron-right" if folded else "chevron-down"
        theme.paint_icon(painter, icon, tokens.dim, QRectF(LEFT - 3, middle - 6, 12, 12))
        painter.setFont(self.heading)
        painter.setPen(QColor(tokens.dim))
        area = rect.adjusted(LEFT + 14, 4, -LEFT, 0)
        painter.drawText(area, _TO_LEFT, item.part.title.upper())
        absent = item.part.name == "absent"
        painter.drawText(area, _TO_RIGHT, str(len(item.part.blocks)) if absent else count_words(item.part.tokens))

    def paint_mark(self, painter: QPainter, rect: QRectF) -> None:
        """The line at which the request parts from the one before."""
        tokens = theme.current()
        painter.fillRect(rect, QColor(tokens.panel))
        painter.setFont(self.medium)
        painter.setPen(QColor(tokens.warn))
        words, middle = mark_words(), rect.center().y()
        theme.paint_icon(painter, "zap", tokens.warn, QRectF(LEFT - 1, middle - 6, 12, 12))
        area = rect.adjusted(LEFT + 16, 0, -LEFT, 0)
        shown = self._medium_metrics.elidedText(words, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, _TO_LEFT, shown)
        start = area.left() + self._medium_metrics.horizontalAdvance(shown) + 8
        if start < area.right():
            painter.setPen(QPen(QColor(tokens.warn), 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(start, middle), QPointF(rect.right(), middle))

    # -- blocks -----------------------------------------------------------------------------------------------

    def paint_block(
        self,
        painter: QPainter,
        rect: QRectF,
        item: Item,
        bottom: float,
        *,
        lit: bool,
        hovered: bool,
        found: Mapping[int, Sequence[tuple[int, int, bool]]],
    ) -> None:
        """What a node wrote. ``found``: by line, where a hit begins, how long it is, whether it is the current one."""
        block = item.block
        assert block is not None
        tokens = theme.current()
        absent = item.part.name == "absent"
        hue = tokens.hue(block.group)
        tint = tokens.sunk if absent or block.pending else hue.tint
        if lit:
            tint = theme.mix(tint, hue.ink, LIT)
        elif hovered and block.node_id:
            tint = theme.mix(tint, hue.ink, HOVERED)
        painter.fillRect(rect, QColor(tint))
        painter.fillRect(QRectF(0, rect.top(), 6 if lit else tokens.edge, rect.height()), QColor(hue.ink))
        head = QRectF(LEFT, rect.top() + 6, rect.width() - 2 * LEFT, self.head)
        self._paint_head(painter, head, item, block, QColor(tokens.dim if block.pending else hue.ink), absent)
        self._paint_lines(painter, head.bottom(), item, bottom, QColor(tokens.dim if absent else tokens.text), found)

    def _paint_head(
        self, painter: QPainter, head: QRectF, item: Item, block: ContextBlock, ink: QColor, absent: bool
    ) -> None:
        number = "" if absent or block.pending else f"{block.tokens:,}"
        painter.setFont(self.medium)
        painter.setPen(ink)
        painter.drawText(head, _TO_RIGHT, number)
        room = head.width() - self._medium_metrics.horizontalAdvance(number) - 12
        if block.cached and number:
            right = head.right() - self._medium_metrics.horizontalAdvance(number) - 4
            theme.paint_icon(painter, "zap", ink, QRectF(right - _BOLT, head.center().y() - _BOLT / 2, _BOLT, _BOLT))
            room -= _BOLT + 4
        title = f"{block.title} — {block.why}" if block.why else block.title
        shown = self._medium_metrics.elidedText(title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(head, _TO_LEFT, shown)
        item.link = None
        if block.link is None:
            return
        at = shown.find(block.link[0], len(block.title) + 3)
        if at >= 0:
            left = head.left() + self._medium_metrics.horizontalAdvance(shown[:at])
            right = left + self._medium_metrics.horizontalAdvance(block.link[0])
            base = head.center().y() + self._medium_metrics.ascent() / 2 + 1
            painter.drawLine(QPointF(left, base), QPointF(right, base))
            item.link = (left, right)

    def _paint_lines(
        self,
        painter: QPainter,
        y: float,
        item: Item,
        bottom: float,
        ink: QColor,
        found: Mapping[int, Sequence[tuple[int, int, bool]]],
    ) -> None:
        tokens = theme.current()
        first = max(0, int(-y // self.line))
        for number in range(first, len(item.lines)):
            speaker, text = item.lines[number]
            top = y + number * self.line
            if top > bottom:
                break
            x = LEFT
            painter.setPen(ink)
            if speaker:
                painter.setFont(self.bold)
                painter.drawText(QPointF(x, top + self.ascent), speaker)
                x += (columns_of(speaker) + 1) * self.column
            for start, length, current in found.get(number, ()):
                left = x + columns_of(text[:start]) * self.column
                width = columns_of(text[start : start + length]) * self.column
                place = QRectF(left - 1, top, width + 2, self.line)
                painter.fillRect(place, QColor(theme.mix(tokens.panel, tokens.warn, HIT if current else HIT / 2)))
                if current:
                    painter.setPen(QPen(QColor(tokens.warn), 1))
                    painter.drawRect(place)
                    painter.setPen(ink)
            painter.setFont(self.mono)
            painter.drawText(QPointF(x, top + self.ascent), text)

    def ring(self, painter: QPainter, rect: QRectF) -> None:
        """The mark of the keyboard."""
        painter.setPen(QPen(QColor(theme.current().accent), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect, 4, 4)
