"""The palette: every kind of node with one line of help, to search, click or drag into the tree.

Here: the panel. Not here: where a chosen kind goes (``operations``) and the drag over the canvas (``pointer``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from engine.blueprint.kinds import GROUP_TITLES, KINDS, NodeKind
from widgets import theme
from widgets.tree.announce import announce

_KIND = Qt.ItemDataRole.UserRole + 1
_HELP = Qt.ItemDataRole.UserRole + 2
_GROUP = Qt.ItemDataRole.UserRole + 3
_REASON = Qt.ItemDataRole.UserRole + 4
_FAR = -20_000


class PalettePanel(QFrame):
    """Searchable list of node kinds.

    Signals:
        chosen: A kind was clicked or confirmed.
        drag_started, drag_moved, dropped: A kind is dragged; the position is global.
        drag_cancelled: The drag was given up.
        closed: The panel went away.
    """

    chosen = Signal(str)
    drag_started = Signal(str, QPoint)
    drag_moved = Signal(QPoint)
    dropped = Signal(QPoint)
    drag_cancelled = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "popup")
        self.setAccessibleName(self.tr("Add a part"))
        self._search = QLineEdit(self)
        self._search.setPlaceholderText(self.tr("Search parts"))
        self._search.setAccessibleName(self.tr("Search parts"))
        self._search.addAction(theme.icon("search", "dim"), QLineEdit.ActionPosition.LeadingPosition)
        self._search.setTextMargins(-6, 0, 0, 0)  # as far from the glass as icons are from words elsewhere
        clear = self._search.addAction(theme.icon("x", "dim"), QLineEdit.ActionPosition.TrailingPosition)
        clear.setText(self.tr("Clear the search"))
        clear.setVisible(False)
        clear.triggered.connect(self._search.clear)
        self._clear = clear
        self._list = _KindList(self)
        self._none = QLabel(self.tr("No part is called that. Try another word."), self)
        self._none.setProperty("role", "caption")
        self._none.setWordWrap(True)
        self._none.hide()
        self._hint = QLabel(self)
        self._hint.setProperty("role", "faint")
        self._hint.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        for widget in (self._search, self._none, self._list, self._hint):
            layout.addWidget(widget, 1 if widget is self._list else 0)
        self._hint.setContentsMargins(6, 0, 0, 2)
        self._reason_for: Callable[[str], str | None] = lambda kind: None
        self._fits: Callable[[str], bool] = lambda kind: True
        self._home = QPoint()
        self._room = QRect()
        self._search.textChanged.connect(self._fill)
        self._search.installEventFilter(self)
        self._list.chosen.connect(self._choose)
        self._list.refused.connect(self._refuse)
        self._list.drag_started.connect(self._drag_began)
        self._list.drag_moved.connect(self.drag_moved)
        self._list.dropped.connect(self._drag_ended)
        self.hide()

    def open(self, reason_for: Callable[[str], str | None], fits: Callable[[str], bool] | None = None) -> None:
        """Show the panel.

        Args:
            reason_for: Why a kind cannot be added just now, or None.
            fits: Whether a kind goes exactly where the person asked; groups with such kinds stand first.
        """
        self._reason_for = reason_for
        self._fits = fits or (lambda kind: True)
        self._search.clear()
        self._fill()
        self.show()
        self.raise_()
        self._search.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_panel(self) -> None:
        """Hide the panel."""
        if self.isVisible():
            self.hide()
            self.closed.emit()

    @Slot()
    def _fill(self) -> None:
        self._clear.setVisible(bool(self._search.text()))
        self._say(self.tr("Click to add, or drag into the tree"))
        self._list.fill(self._search.text(), self._reason_for, self._fits)
        empty = self._list.model().rowCount() == 0
        self._none.setVisible(empty)
        self._list.setVisible(not empty)
        self._shrink()

    def set_room(self, area: QRect) -> None:
        """The area that the panel may take; it takes no more of the height than it needs."""
        self._room = area
        self._shrink()

    def _shrink(self) -> None:
        around = self._search.sizeHint().height() + self._hint.sizeHint().height() + 40
        wanted = around + (self._none.sizeHint().height() if self._list.isHidden() else self._list.rows_height())
        self.setGeometry(QRect(self._room.topLeft(), QSize(self._room.width(), min(self._room.height(), wanted))))

    def _say(self, text: str, error: bool = False) -> None:
        theme.set_role(self._hint, "role", "error" if error else "faint")
        self._hint.setText(text)

    @Slot(str)
    def _refuse(self, reason: str) -> None:
        """A kind was chosen that cannot be added here: say why, and stay open."""
        self._say(reason, error=True)
        announce(self, reason)

    @Slot(str)
    def _choose(self, kind: str) -> None:
        self.close_panel()
        self.chosen.emit(kind)

    @Slot(str, QPoint)
    def _drag_began(self, kind: str, at: QPoint) -> None:
        self._home = self.pos()
        self.move(_FAR, self.y())
        self.drag_started.emit(kind, at)

    @Slot(QPoint, bool)
    def _drag_ended(self, at: QPoint, done: bool) -> None:
        self.move(self._home)
        if done:
            self.close_panel()
            self.dropped.emit(at)
        else:
            self.drag_cancelled.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            key = event.key()
            if key in (Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp):
                QApplication.sendEvent(self._list, event)
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._list.choose_current()
                return True
            if key == Qt.Key.Key_Escape:
                self.close_panel()
                return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_panel()
            return
        super().keyPressEvent(event)


class _KindList(QListView):
    """The rows of the palette; starts drags by itself, without QDrag."""

    chosen = Signal(str)
    refused = Signal(str)
    drag_started = Signal(str, QPoint)
    drag_moved = Signal(QPoint)
    dropped = Signal(QPoint, bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setModel(QStandardItemModel(self))
        self.setItemDelegate(_KindDelegate(self))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Parts"))
        self._pressed: tuple[str, QPoint] | None = None
        self._dragging = False

    def fill(self, search: str, reason_for: Callable[[str], str | None], fits: Callable[[str], bool]) -> None:
        """Show the kinds that match, by group, and make the best match current."""
        model = self.model()
        assert isinstance(model, QStandardItemModel)
        model.clear()
        wanted = search.casefold().split()
        group = ""
        fitting = {kind.group for kind in KINDS.values() if fits(kind.name)}
        best: tuple[int, int] | None = None
        for kind in sorted(KINDS.values(), key=lambda kind: kind.group not in fitting):
            if not kind.addable or not _matches(kind, wanted):
                continue
            if kind.group != group:
                group = kind.group
                heading = QStandardItem(GROUP_TITLES.get(group, group))
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                heading.setData(group, _GROUP)
                model.appendRow(heading)
            reason = reason_for(kind.name)
            rank = (_distance(kind, wanted) + (10 if reason else 0), model.rowCount())
            best = rank if best is None else min(best, rank)
            model.appendRow(_item(kind, reason))
        if best is not None:
            self.setCurrentIndex(model.index(best[1], 0))

    def rows_height(self) -> int:
        """How high all rows are together."""
        return sum(self.sizeHintForRow(row) for row in range(self.model().rowCount())) + 4

    def choose_current(self) -> None:
        """Add the current kind."""
        self._choose(self.currentIndex())

    def _choose(self, index: QModelIndex) -> None:
        kind, reason = index.data(_KIND), index.data(_REASON)
        if kind and reason:
            self.refused.emit(reason)
        elif kind:
            self.chosen.emit(kind)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.choose_current()
            return
        if event.key() == Qt.Key.Key_Escape and self._dragging:
            self._end(QPoint(), done=False)
            return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        kind = self.indexAt(event.position().toPoint()).data(_KIND)
        if kind and event.button() == Qt.MouseButton.LeftButton:
            self._pressed = (kind, event.position().toPoint())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.globalPosition().toPoint()
        if self._dragging:
            self.drag_moved.emit(at)
        elif self._pressed and event.buttons() & Qt.MouseButton.LeftButton:
            distance = (event.position().toPoint() - self._pressed[1]).manhattanLength()
            if distance >= QApplication.startDragDistance():
                self._dragging = True
                self.drag_started.emit(self._pressed[0], at)
        else:
            index = self.indexAt(event.position().toPoint())
            hand = bool(index.data(_KIND)) and not index.data(_REASON)
            self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if self._dragging:
            self._end(event.globalPosition().toPoint(), done=True)
            return
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if pressed and index.data(_KIND) == pressed[0]:
            self._choose(index)

    def _end(self, at: QPoint, done: bool) -> None:
        self._dragging, self._pressed = False, None
        self.dropped.emit(at, done)


def _matches(kind: NodeKind[Any], wanted: list[str]) -> bool:
    text = f"{kind.title} {kind.name} {kind.help} {GROUP_TITLES.get(kind.group, '')}".casefold()
    return all(word in text for word in wanted)


def _distance(kind: NodeKind[Any], wanted: list[str]) -> int:
    """How far a kind's title is from what was typed: 0 the same, 1 begins so, 2 has it in it, 3 only the help does."""
    typed, title = " ".join(wanted), kind.title.casefold()
    return 0 if typed == title else 1 if title.startswith(typed) else 2 if typed in title else 3


def _item(kind: NodeKind[Any], reason: str | None) -> QStandardItem:
    item = QStandardItem(kind.title)
    item.setEditable(False)
    item.setData(kind.name, _KIND)
    item.setData(kind.group, _GROUP)
    item.setData(reason or kind.help, _HELP)
    item.setData(reason or "", _REASON)
    item.setData(f"{kind.title}. {reason or kind.help}", Qt.ItemDataRole.AccessibleTextRole)
    item.setToolTip("\n\n".join(text for text in (reason, kind.help, kind.example) if text))
    return item


class _KindDelegate(QStyledItemDelegate):
    """A heading, or a kind with icon, title and one line of help."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        if not index.data(_KIND):
            return QSize(100, round(QFontMetricsF(theme.font("badge")).height() + 16))
        lines = QFontMetricsF(theme.font("strong")).height() + QFontMetricsF(theme.font("caption")).height()
        return QSize(100, round(lines + 16))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        tokens = theme.current()
        rect = QRectF(option.rect).adjusted(0, 1, -2, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not index.data(_KIND):
            painter.setFont(theme.font("badge", bold=True))
            painter.setPen(QColor(tokens.dim))
            bottom = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
            painter.drawText(rect.adjusted(8, 0, 0, -5), bottom, str(index.data()))
            painter.restore()
            return
        off = bool(index.data(_REASON))
        hue = tokens.hue(str(index.data(_GROUP)))
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            painter.setBrush(QColor(tokens.accent_tint if chosen else tokens.hover))
            painter.drawRoundedRect(rect, 6, 6)
        strong, text = theme.font("strong"), theme.font("caption")
        height = QFontMetricsF(strong).height()
        icon = QRectF(rect.left() + 10, rect.top() + 7 + (height - 16) / 2, 16, 16)
        theme.paint_icon(painter, KINDS[index.data(_KIND)].icon, tokens.faint if off else hue.ink, icon)
        left, room = rect.left() + 36, rect.width() - 44
        painter.setFont(strong)
        painter.setPen(QColor(tokens.faint if off else tokens.text))
        top = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(left, rect.top() + 7, room, height), top, str(index.data()))
        painter.setFont(text)
        painter.setPen(QColor(tokens.faint if off else tokens.dim))
        shown = QFontMetricsF(text).elidedText(str(index.data(_HELP)), Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(left, rect.top() + 8 + height, room, height + 2), top, shown)
        painter.restore()
