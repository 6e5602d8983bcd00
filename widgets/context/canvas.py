"""The readable request: headings, and one coloured block per node with what it wrote. Painted by hand, so that two
hundred nodes and messages cost next to nothing.

Not here: which blocks there are (``blocks``), and the bar and the raw request around it (``view``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QToolTip, QWidget

from widgets import theme
from widgets.context.blocks import ContextBlock, ContextPart
from widgets.context.wrap import columns_of, wrap
from widgets.tree.announce import announce

_LEFT = 16.0
_GAP = 2.0


@dataclass(slots=True)
class _Item:
    """A heading or a block at its place."""

    top: float
    height: float
    part: ContextPart
    block: ContextBlock | None
    lines: list[tuple[str, str]]


class ContextCanvas(QAbstractScrollArea):
    """Parts and blocks of one request.

    Signals:
        node_clicked: A block was clicked or confirmed.
    """

    node_clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("What the model sees"))
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._parts: Sequence[ContextPart] = ()
        self._folded: set[str] = {"absent"}
        self._items: list[_Item] = []
        self._tops: list[float] = []
        self._lit: frozenset[str] = frozenset()
        self._current = -1
        self._hovered = -1
        self._height = 0.0
        self._fonts()
        theme.manager().changed.connect(self._theme_changed)

    def _fonts(self) -> None:
        self._mono, self._bold = theme.font("mono"), theme.font("mono", bold=True)
        self._small, self._medium = theme.font("badge"), theme.font("badge")
        self._medium.setWeight(self._medium.Weight.Medium)
        metrics = QFontMetricsF(self._mono)
        self._column = max(1.0, metrics.horizontalAdvance("M" * 64) / 64)
        self._line = round(metrics.height() + 3)
        self._ascent = metrics.ascent() + 1.5
        self._small_metrics = QFontMetricsF(self._small)
        self._medium_metrics = QFontMetricsF(self._medium)
        self._head = round(self._small_metrics.height() + 6)
        self._part_height = round(self._small_metrics.height() + 18)

    def _theme_changed(self) -> None:
        self._fonts()
        self._arrange()

    # -- content ----------------------------------------------------------------------------------------------

    def set_parts(self, parts: Sequence[ContextPart]) -> None:
        """Show other parts; the place that was read stays where it is."""
        self._parts = parts
        self._hovered = -1
        self._arrange()

    @property
    def parts(self) -> Sequence[ContextPart]:
        """The parts that are shown."""
        return self._parts

    def set_folded(self, name: str, on: bool) -> None:
        """Hide or show the blocks of a part."""
        (self._folded.add if on else self._folded.discard)(name)
        self._arrange()

    def is_folded(self, name: str) -> bool:
        """Whether the blocks of a part are hidden."""
        return name in self._folded

    def highlight(self, node_ids: Iterable[str], scroll: bool = True) -> None:
        """Light up what these nodes wrote, and scroll there."""
        lit = frozenset(node_ids)
        if lit == self._lit:
            return
        self._lit = lit
        self.viewport().update()
        first = next((item for item in self._items if item.block is not None and item.block.node_id in lit), None)
        if scroll and first is not None:
            self._show(first)

    def _show(self, item: _Item) -> None:
        bar, height = self.verticalScrollBar(), self.viewport().height()
        if item.top < bar.value():
            bar.setValue(round(item.top - self._part_height))
        elif item.top + min(item.height, height / 2) > bar.value() + height:
            bar.setValue(round(item.top + min(item.height, height / 2) - height + 12))

    def _arrange(self) -> None:
        """Break all text into lines and find out where everything stands."""
        width = self.viewport().width() - 2 * _LEFT
        columns = max(8, int(width / self._column))
        items: list[_Item] = []
        y = 4.0
        for part in self._parts:
            items.append(_Item(y, self._part_height, part, None, []))
            y += self._part_height
            if part.name in self._folded:
                continue
            for block in part.blocks:
                lines: list[tuple[str, str]] = []
                for piece in block.lines:
                    taken = columns_of(piece.speaker) + 1 if piece.speaker else 0
                    for number, text in enumerate(wrap(piece.text.strip("\n"), columns, taken)):
                        lines.append((piece.speaker if number == 0 else "", text))
                height = self._head + len(lines) * self._line + 12
                items.append(_Item(y, height, part, block, lines))
                y += height + _GAP
            y += 4
        self._items, self._tops = items, [item.top for item in items]
        self._height = y + 12
        self._current = min(self._current, len(items) - 1)
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, round(self._height) - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(self._line * 2)
        self.viewport().update()

    # -- painting ---------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        tokens = theme.current()
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), QColor(tokens.panel))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scroll, bottom = self.verticalScrollBar().value(), self.viewport().height()
        start = max(0, bisect_right(self._tops, scroll) - 1)
        for index in range(start, len(self._items)):
            item = self._items[index]
            rect = QRectF(0, item.top - scroll, self.viewport().width(), item.height)
            if rect.top() > bottom:
                break
            if item.block is None:
                self._paint_part(painter, rect, item, index)
            else:
                self._paint_block(painter, rect, item, index, bottom)

    def _paint_part(self, painter: QPainter, rect: QRectF, item: _Item, index: int) -> None:
        tokens = theme.current()
        folded = item.part.name in self._folded
        middle = rect.center().y() + 2
        icon = "chevron-right" if folded else "chevron-down"
        theme.paint_icon(painter, icon, tokens.dim, QRectF(_LEFT - 3, middle - 6, 12, 12))
        painter.setFont(theme.font("badge", bold=True))
        painter.setPen(QColor(tokens.dim))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        area = rect.adjusted(_LEFT + 14, 4, -_LEFT, 0)
        painter.drawText(area, left, item.part.title.upper())
        count = str(len(item.part.blocks)) if item.part.name == "absent" else self._count(item.part.tokens)
        painter.drawText(area, right, count)
        if index == self._current and self.hasFocus():
            self._ring(painter, rect.adjusted(6, 4, -6, 0))

    def _count(self, tokens: int) -> str:
        return self.tr("1 token") if tokens == 1 else self.tr("%1 tokens").replace("%1", f"{tokens:,}")

    def _paint_block(self, painter: QPainter, rect: QRectF, item: _Item, index: int, bottom: float) -> None:
        block = item.block
        assert block is not None
        tokens = theme.current()
        absent = item.part.name == "absent"
        hue = tokens.hue(block.group)
        lit = block.node_id is not None and block.node_id in self._lit
        tint = hue.tint if not absent and not block.pending else tokens.sunk
        if lit:
            tint = theme.mix(tint, hue.ink, 0.14)
        elif index == self._hovered and block.node_id:
            tint = theme.mix(tint, hue.ink, 0.06)
        painter.fillRect(rect, QColor(tint))
        painter.fillRect(QRectF(0, rect.top(), 6 if lit else tokens.edge, rect.height()), QColor(hue.ink))
        head = QRectF(_LEFT, rect.top() + 6, rect.width() - 2 * _LEFT, self._head)
        number = f"{block.tokens:,}" if not absent and not block.pending else ""
        painter.setFont(self._medium)
        painter.setPen(QColor(tokens.dim if block.pending else hue.ink))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(head, middle | Qt.AlignmentFlag.AlignRight, number)
        room = head.width() - self._small_metrics.horizontalAdvance(number) - 12
        title = f"{block.title} — {block.why}" if block.why else block.title
        shown = self._medium_metrics.elidedText(title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(head, middle | Qt.AlignmentFlag.AlignLeft, shown)
        painter.setPen(QColor(tokens.dim if absent else tokens.text))
        y = head.bottom()
        first = max(0, int(-y // self._line))
        for speaker, text in item.lines[first:]:
            top = y + first * self._line
            first += 1
            if top > bottom:
                break
            x = _LEFT
            if speaker:
                painter.setFont(self._bold)
                painter.drawText(QPointF(x, top + self._ascent), speaker)
                x += (columns_of(speaker) + 1) * self._column
            painter.setFont(self._mono)
            painter.drawText(QPointF(x, top + self._ascent), text)
        if index == self._current and self.hasFocus():
            self._ring(painter, rect.adjusted(2, 1, -2, -1))

    def _ring(self, painter: QPainter, rect: QRectF) -> None:
        painter.setPen(QPen(QColor(theme.current().accent), 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(rect, 4, 4)

    # -- mouse and keys ---------------------------------------------------------------------------------------

    def _index_at(self, y: float) -> int:
        place = y + self.verticalScrollBar().value()
        index = bisect_right(self._tops, place) - 1
        return index if 0 <= index < len(self._items) and place < self._tops[index] + self._items[index].height else -1

    def _activate(self, index: int) -> None:
        item = self._items[index]
        if item.block is None:
            self.set_folded(item.part.name, item.part.name not in self._folded)
        elif item.block.node_id:
            self.node_clicked.emit(item.block.node_id)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        index = self._index_at(event.position().y())
        if index != self._hovered:
            self._hovered = index
            item = self._items[index] if index >= 0 else None
            hand = item is not None and (item.block is None or item.block.node_id is not None)
            self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)
            self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._index_at(event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and index >= 0:
            self._current = index
            self._activate(index)
            self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Home: -(10**9), Qt.Key.Key_End: 10**9}
        if event.matches(QKeySequence.StandardKey.Copy) and self._current >= 0:
            QApplication.clipboard().setText(self._text_of(self._items[self._current]))
        elif key in steps and self._items:
            self._current = max(0, min(len(self._items) - 1, self._current + steps[Qt.Key(key)]))
            item = self._items[self._current]
            self._show(item)
            announce(self, self._spoken(item))
            self.setAccessibleDescription(self._spoken(item))
            self.viewport().update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._current >= 0:
            self._activate(self._current)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self._current >= 0:
            self.set_folded(self._items[self._current].part.name, key == Qt.Key.Key_Left)
        else:
            super().keyPressEvent(event)

    def _spoken(self, item: _Item) -> str:
        if item.block is None:
            return f"{item.part.title}, {self._count(item.part.tokens)}"
        text = " ".join(line.text for line in item.block.lines)[:400]
        return f"{item.block.title}, {self._count(item.block.tokens)}: {text}"

    def _text_of(self, item: _Item) -> str:
        blocks = [item.block] if item.block is not None else list(item.part.blocks)
        return "\n\n".join(
            "\n".join(f"{line.speaker}: {line.text}" if line.speaker else line.text for line in block.lines)
            for block in blocks
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        del dx, dy
        self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._current < 0 and self._items:
            self._current = 0
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._hovered = -1
            self.viewport().update()
        elif event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self._index_at(event.pos().y())
            block = self._items[index].block if index >= 0 else None
            if block is not None and block.why:
                QToolTip.showText(event.globalPos(), f"{block.title} — {block.why}", self.viewport())
                return True
        return super().viewportEvent(event)
