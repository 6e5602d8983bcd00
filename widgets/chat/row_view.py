"""A scrolling column of rows of unequal heights, of which only those in view are widgets.

Rows are made as they come into view and dropped when they have left. What the reader looks at stays where it is when
heights above it become known; the end stays in view only for a reader who is at the end.
Not here: the items and their streaming (``transcript``), the rows themselves, the sums of heights (``positions``).
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QPushButton, QWidget

from widgets import theme
from widgets.chat.canvas import Canvas
from widgets.chat.pool import RowPool
from widgets.chat.positions import Positions
from widgets.chat.rows import Row

_SAMPLE: Final = "The quick brown fox jumps over the lazy dog and then goes home to eat figs."
_PAD: Final = 20
Anchor = tuple[str, int]
"""An item and how far below the upper edge of the view it begins."""


class RowView(QAbstractScrollArea):
    """Lays out and scrolls.

    Signals:
        earlier_requested: The reader reached the top and there is more.
        link_activated, retried, answered, acted, copied: Passed on from the rows.

    Attributes:
        offers_jump: Whether there is a button to the newest words; not where one only looks.
    """

    earlier_requested = Signal()
    link_activated = Signal(str)
    retried = Signal(str)
    answered = Signal(str, object)
    acted = Signal(str, str)
    copied = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Conversation"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self._rows: RowPool
        self.canvas = Canvas(self.viewport(), self.rows_in_order, self.ensure_visible)
        self._rows = RowPool(self.canvas, self._connect)
        self.positions = Positions()
        self._anchor: Anchor | None = None
        self._stick = True
        self._at_bottom = True
        self.offers_jump = True
        self._busy = False
        self._asked = False
        self._width = 0
        self._limit = 0
        self._latest = ""
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._relayout_due)
        self.earlier_button = QPushButton(self.tr("Load earlier"), self.canvas)
        self.earlier_button.setProperty("role", "quiet")
        self.earlier_button.clicked.connect(self._ask_earlier)
        self.earlier_button.hide()
        self.jump_button = QPushButton(self.tr("Jump to latest"), self)
        self.jump_button.setIcon(theme.icon("arrow-down", "accent"))
        self.jump_button.clicked.connect(self.jump_to_latest)
        self.jump_button.hide()
        self.verticalScrollBar().setSingleStep(40)
        theme.manager().changed.connect(self.restyle)

    # Layout

    def _column(self) -> QRect:
        room = self.viewport().width()
        width = self.column_for(room)
        return QRect((room - width) // 2, 0, width, 0)

    def column_for(self, room: int) -> int:
        """The width of the conversation's column where there is this much room: no line gets too long to read."""
        if not self._limit:
            self._limit = QFontMetrics(theme.font("body")).horizontalAdvance(_SAMPLE)
        return max(120, min(room - 2 * _PAD, self._limit))

    def column_width(self) -> int:
        """The width of the conversation's column now."""
        return self._column().width()

    def schedule(self) -> None:
        """Lays out once, when the event loop comes round."""
        if self.isVisible() and not self._later.isActive():
            self._later.start()

    def _relayout_due(self) -> None:
        self.relayout()

    def _remeasure(self, item_id: str) -> None:
        row, number = self._rows.get(item_id), self.positions.find(item_id)
        if row is not None and number is not None:
            self.positions.set_height(number, row.measure(self._width or self.column_width()))
            self.schedule()

    def relayout(self, anchor: Anchor | None = None) -> None:
        """Makes, measures and places the rows in view. ``anchor`` stays where it is, unless the end is in view."""
        if self._busy or not self.isVisible():
            return
        self._busy = True
        self._later.stop()
        try:
            self._layout(anchor or self._anchor)
        finally:
            self._busy = False
        self._after_layout()

    def _layout(self, anchor: Anchor | None) -> None:
        column, positions = self._column(), self.positions
        if column.width() != self._width:
            self._width = column.width()
            positions.set_width(self._width)
            for item_id, row in self._rows:
                number = positions.find(item_id)
                if number is not None:
                    positions.set_height(number, row.measure(self._width))
        bar, room = self.verticalScrollBar(), self.viewport().height()
        total, value = room, 0
        for _ in range(6):
            positions.settle()
            total = max(room, positions.total)
            value = total - room if self._stick else bar.value()
            number = positions.find(anchor[0]) if anchor is not None and not self._stick else None
            if anchor is not None and number is not None:
                value = positions.top(number) - anchor[1]
            value = max(0, min(value, total - room))
            if not self._realise(value, room):
                break
        self.canvas.resize(self.viewport().width(), total)
        bar.setRange(0, total - room)
        bar.setPageStep(room)
        bar.setValue(value)
        self.canvas.move(0, -value)
        for item_id, row in self._rows:
            number = positions.find(item_id) or 0
            row.setGeometry(column.left(), positions.top(number), self._width, positions.heights[number])
        self._remember_anchor()
        if positions.has_earlier:
            hint = self.earlier_button.sizeHint()
            left = (self.viewport().width() - hint.width()) // 2
            self.earlier_button.setGeometry(left, 12, hint.width(), hint.height())
        self.earlier_button.setVisible(positions.has_earlier)

    def _remember_anchor(self) -> None:
        """What the reader looks at, for when heights above it change."""
        self._anchor = None
        if self.positions.items and not self._stick and self.positions.settled:
            value = self.verticalScrollBar().value()
            number = self.positions.at(value)
            self._anchor = self.positions.items[number].id, self.positions.top(number) - value

    def _realise(self, value: int, room: int) -> bool:
        """Makes the rows near the view and drops those far from it; True if a height turned out otherwise."""
        if not self.positions.items:
            return False
        positions = self.positions
        wrong = False
        for number in range(positions.at(value - room // 3), positions.last_before(value + room + room // 3) + 1):
            item = self.positions.items[number]
            if item.id not in self._rows:
                wrong = (
                    positions.set_height(number, self._rows.make(item, item.id == self._latest).measure(self._width))
                    or wrong
                )
        if not wrong:
            first, last = positions.at(value - 2 * room), positions.last_before(value + 3 * room)
            for item_id, row in self._rows:
                place = positions.find(item_id)
                far = place is None or not first <= place <= last
                if far and not row.is_busy():
                    self._rows.drop(item_id)
        return wrong

    def _connect(self, row: Row) -> None:
        row.height_changed.connect(self._row_resized)
        row.link_activated.connect(self.link_activated)
        row.retried.connect(self.retried)
        row.answered.connect(self.answered)
        row.acted.connect(self.acted)
        row.copied.connect(self.copied)

    def _row_resized(self) -> None:
        row = self.sender()
        if isinstance(row, Row):
            self._remeasure(row.item.id)

    def _after_layout(self) -> None:
        bar = self.verticalScrollBar()
        bottom = bar.value() >= bar.maximum() - 4
        if self._at_bottom != bottom:
            self._at_bottom = bottom
            self.jump_button.setVisible(not bottom and self.offers_jump)
        if not self._stick and bar.value() < self.viewport().height() // 2:
            self._ask_earlier()

    def _ask_earlier(self) -> None:
        if self.positions.has_earlier and self.positions.items and not self._asked:
            self._asked = True
            self.earlier_requested.emit()

    # Scrolling

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """The bar moved."""
        del dx, dy
        if self._busy:
            return
        bar = self.verticalScrollBar()
        self._stick = bar.value() >= bar.maximum() - 4
        self.canvas.move(0, -bar.value())
        self._remember_anchor()
        self.relayout()

    def jump_to_latest(self) -> None:
        """Goes to the newest words and stays with them."""
        self._stick = True
        self.relayout()

    def rows_in_order(self) -> list[Row]:
        """The rows that are widgets now, from top to bottom."""
        return self._rows.in_order()

    def ensure_visible(self, widget: QWidget) -> None:
        """Scrolls just as far as needed."""
        top = widget.mapTo(self.canvas, widget.rect().topLeft()).y()
        bar, room = self.verticalScrollBar(), self.viewport().height()
        if top < bar.value() or widget.height() > room:
            bar.setValue(top - 8)
        elif top + widget.height() > bar.value() + room:
            bar.setValue(top + widget.height() - room + 8)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes into the conversation: rows are made after everything else, so Qt would have them last."""
        if forward and self.hasFocus() and self.canvas.enter():
            return True
        return super().focusNextPrevChild(forward)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scrolls by keyboard."""
        bar = self.verticalScrollBar()
        key = event.key()
        if key == Qt.Key.Key_Home:
            bar.setValue(0)
        elif key == Qt.Key.Key_End:
            self.jump_to_latest()
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            bar.setValue(bar.value() + (bar.pageStep() - 40) * (1 if key == Qt.Key.Key_PageDown else -1))
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lays out for the new size."""
        super().resizeEvent(event)
        hint = self.jump_button.sizeHint()
        left = (self.width() - hint.width()) // 2
        self.jump_button.setGeometry(left, self.height() - hint.height() - 12, hint.width(), hint.height())
        self.jump_button.raise_()
        self.relayout()

    def restyle(self) -> None:
        """Makes the rows anew in the theme that holds now."""
        self._limit = 0
        self._rows.clear(keep_states=True)
        self.schedule()
