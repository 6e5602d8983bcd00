"""The readable request: headings, and one coloured block per node with what it wrote. Painted by hand, so that a
thousand nodes and messages cost next to nothing.

Not here: which blocks there are (``blocks``), where they stand (``layout``), how they look (``paint``), and the bar and
the raw request around them (``view``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QToolTip, QWidget

from widgets import theme
from widgets.context.blocks import ContextPart
from widgets.context.layout import Hit, Item, arrange, find
from widgets.context.paint import Brush, count_words, mark_words
from widgets.tree.announce import announce


class ContextCanvas(QAbstractScrollArea):
    """Parts and blocks of one request.

    Signals:
        node_clicked: A block, or a variable in its headline, was clicked or confirmed.
        folded_changed: A part was folded or unfolded.
    """

    node_clicked = Signal(str)
    folded_changed = Signal()

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
        self._items: list[Item] = []
        self._tops: list[float] = []
        self._lit: frozenset[str] = frozenset()
        self._needle = ""
        self._hits: list[Hit] = []
        self._hit = -1
        self._current = -1
        self._hovered = -1
        self._brush = Brush()
        theme.manager().changed.connect(self._theme_changed)

    def _theme_changed(self) -> None:
        self._brush = Brush()
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
        if (name in self._folded) != on:
            (self._folded.add if on else self._folded.discard)(name)
            self._arrange()
            self.folded_changed.emit()

    def is_folded(self, name: str) -> bool:
        """Whether the blocks of a part are hidden."""
        return name in self._folded

    @property
    def folded(self) -> list[str]:
        """Names of the parts whose blocks are hidden."""
        return sorted(self._folded)

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

    def _show(self, item: Item) -> None:
        bar, height = self.verticalScrollBar(), self.viewport().height()
        if item.top < bar.value():
            bar.setValue(round(item.top - self._brush.part))
        elif item.top + min(item.height, height / 2) > bar.value() + height:
            bar.setValue(round(item.top + min(item.height, height / 2) - height + 12))

    def _arrange(self) -> None:
        """Break all text into lines and find out where everything stands."""
        folded = frozenset() if self._needle else frozenset(self._folded)
        self._items, height = arrange(self._parts, folded, self._brush.metrics(self.viewport().width()))
        self._tops = [item.top for item in self._items]
        self._current = min(self._current, len(self._items) - 1)
        self._hits = find(self._items, self._needle)
        self._hit = min(self._hit, len(self._hits) - 1)
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, round(height) - self.viewport().height()))
        bar.setPageStep(self.viewport().height())
        bar.setSingleStep(self._brush.line * 2)
        self.viewport().update()

    # -- searching --------------------------------------------------------------------------------------------

    def search(self, needle: str) -> int:
        """Mark every place of some words, go to the first, and return how many there are; folded parts open for it."""
        self._needle, self._hit = needle.strip(), -1
        self._arrange()
        self.go_to_hit(1)
        return len(self._hits)

    @property
    def hit(self) -> tuple[int, int]:
        """The number of the current hit, from 1, and how many there are."""
        return self._hit + 1, len(self._hits)

    def go_to_hit(self, step: int) -> None:
        """Go on to another hit, round the end to the beginning."""
        if not self._hits:
            return
        self._hit = (self._hit + step) % len(self._hits) if self._hit >= 0 else 0
        hit = self._hits[self._hit]
        item = self._items[hit.item]
        line = item.top + self._brush.head + 6 + hit.pieces[0][0] * self._brush.line
        bar, height = self.verticalScrollBar(), self.viewport().height()
        if not bar.value() + self._brush.part < line < bar.value() + height - 2 * self._brush.line:
            bar.setValue(round(line - height / 3))
        self.viewport().update()

    def _found_in(self, index: int) -> dict[int, list[tuple[int, int, bool]]]:
        found: dict[int, list[tuple[int, int, bool]]] = {}
        first = bisect_right(self._hits, index - 1, key=lambda hit: hit.item)
        for number in range(first, len(self._hits)):
            hit = self._hits[number]
            if hit.item != index:
                break
            for line, start, length in hit.pieces:
                found.setdefault(line, []).append((start, length, number == self._hit))
        return found

    # -- painting ---------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), QColor(theme.current().panel))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        scroll, bottom = self.verticalScrollBar().value(), self.viewport().height()
        for index in range(max(0, bisect_right(self._tops, scroll) - 1), len(self._items)):
            item = self._items[index]
            rect = QRectF(0, item.top - scroll, self.viewport().width(), item.height)
            if rect.top() > bottom:
                break
            inside = rect.adjusted(2, 1, -2, -1)
            if item.is_mark:
                self._brush.paint_mark(painter, rect)
            elif item.block is None:
                self._brush.paint_part(painter, rect, item, item.part.name in self._folded and not self._needle)
                inside = rect.adjusted(6, 4, -6, 0)
            else:
                self._brush.paint_block(
                    painter,
                    rect,
                    item,
                    bottom,
                    lit=item.block.node_id is not None and item.block.node_id in self._lit,
                    hovered=index == self._hovered,
                    found=self._found_in(index),
                )
            if index == self._current and self.hasFocus():
                self._brush.ring(painter, inside)

    # -- mouse and keys ---------------------------------------------------------------------------------------

    def _index_at(self, y: float) -> int:
        place = y + self.verticalScrollBar().value()
        index = bisect_right(self._tops, place) - 1
        return index if 0 <= index < len(self._items) and place < self._tops[index] + self._items[index].height else -1

    def _link_at(self, index: int, place: QPointF) -> str | None:
        """The node of the variable that the pointer is on."""
        item = self._items[index]
        if item.link is None or item.block is None or item.block.link is None:
            return None
        in_head = place.y() + self.verticalScrollBar().value() < item.top + self._brush.head + 8
        return item.block.link[1] if in_head and item.link[0] <= place.x() <= item.link[1] else None

    def _activate(self, index: int, place: QPointF | None = None) -> None:
        item = self._items[index]
        link = self._link_at(index, place) if place is not None else None
        if item.block is None:
            self.set_folded(item.part.name, item.part.name not in self._folded)
        elif link or item.block.node_id:
            self.node_clicked.emit(link or item.block.node_id)

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
            self._activate(index, event.position())
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

    def _spoken(self, item: Item) -> str:
        if item.is_mark:
            return mark_words()
        if item.block is None:
            return f"{item.part.title}, {count_words(item.part.tokens)}"
        why = f", {item.block.why}" if item.block.why else ""
        cached = f", {self.tr('from the cache')}" if item.block.cached else ""
        text = " ".join(line.text for line in item.block.lines)[:400]
        return f"{item.block.title}{why}, {count_words(item.block.tokens)}{cached}: {text}"

    def _text_of(self, item: Item) -> str:
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
            words = self._tip(self._index_at(event.pos().y()))
            if words:
                QToolTip.showText(event.globalPos(), words, self.viewport())
                return True
        return super().viewportEvent(event)

    def _tip(self, index: int) -> str:
        block = self._items[index].block if index >= 0 else None
        if block is None:
            return ""
        parts = [f"{block.title} — {block.why}"] if block.why else []
        if block.cached:
            parts.append(self.tr("The same as in the last call: this can come from the cache."))
        return "\n".join(parts)
