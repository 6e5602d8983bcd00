"""The palette: every kind of node with one line of help, to search, click or drag into the tree.

Here: the panel. Not here: where a chosen kind goes (``operations``) and the drag over the canvas (``pointer``).
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.blueprint.kinds import GROUP_TITLES, KINDS
from widgets import theme
from widgets.common.glass import with_glass
from widgets.tree.announce import announce
from widgets.tree.palette_rows import GROUP_ROLE, KIND_ROLE, REASON_ROLE, KindDelegate, distance, item_of, matches

_FAR = -20_000
_HINT_LINES = 5


class PalettePanel(QFrame):
    """Searchable list of node kinds.

    Signals:
        chosen: A kind was clicked or confirmed.
        drag_started, drag_moved, dropped: A kind is dragged; the position is global.
        drag_cancelled: The drag was given up.
        closed: The panel went away.
        library_wanted: Something from the person's library is to be added.
    """

    chosen = Signal(str)
    drag_started = Signal(str, QPoint)
    drag_moved = Signal(QPoint)
    dropped = Signal(QPoint)
    drag_cancelled = Signal()
    closed = Signal()
    library_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "popup")
        self.setAccessibleName(self.tr("Add a part"))
        self._search = QLineEdit(self)
        self._search.setPlaceholderText(self.tr("Search parts"))
        self._search.setAccessibleName(self.tr("Search parts"))
        with_glass(self._search)
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
        for widget in (self._search, self._none, self._list):
            layout.addWidget(widget, 1 if widget is self._list else 0)
        self._add = QPushButton(self.tr("Add"), self)
        self._add.setAccessibleName(self.tr("Add this part"))
        self._add.clicked.connect(self._list.choose_current)
        self.library = QPushButton(self.tr("From the library…"), self)
        self.library.setProperty("role", "inline")
        self.library.setIcon(theme.icon("puzzle", "dim"))
        self.library.setToolTip(self.tr("Add a part that you saved"))
        self.library.clicked.connect(self._ask_library)
        foot = QHBoxLayout()
        foot.addWidget(self._hint, 1)
        foot.addWidget(self._add, 0, Qt.AlignmentFlag.AlignBottom)
        layout.addLayout(foot)
        layout.addWidget(self.library, 0, Qt.AlignmentFlag.AlignLeft)
        self._hint.setContentsMargins(6, 0, 6, 2)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._hint.setFixedHeight(_HINT_LINES * self._hint.fontMetrics().lineSpacing() + 4)
        self._reason_for: Callable[[str], str | None] = lambda kind: None
        self._fits: Callable[[str], bool] = lambda kind: True
        self._home = QPoint()
        self._room = QRect()
        self._search.textChanged.connect(self._fill)
        self._search.installEventFilter(self)
        self._list.chosen.connect(self._choose)
        self._list.refused.connect(self._refuse)
        self._list.pointed.connect(self._explain)
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
        around = self._search.sizeHint().height() + self._hint.height() + self.library.sizeHint().height() + 48
        wanted = around + (self._none.sizeHint().height() if self._list.isHidden() else self._list.rows_height())
        self.setGeometry(QRect(self._room.topLeft(), QSize(self._room.width(), min(self._room.height(), wanted))))

    def _say(self, text: str, error: bool = False) -> None:
        theme.set_role(self._hint, "role", "error" if error else "faint")
        self._hint.setText(text)

    @Slot(str)
    def _explain(self, kind: str) -> None:
        """What the kind in front does, with an example."""
        found = KINDS.get(kind)
        if found is not None:
            example = self.tr("For example: %1").replace("%1", found.example) if found.example else ""
            self._say(" ".join(part for part in (found.help, example) if part))
            self._hint.setToolTip(self._hint.text())

    @Slot(str)
    def _refuse(self, reason: str) -> None:
        """A kind was chosen that cannot be added here: say why, and stay open."""
        self._say(reason, error=True)
        announce(self, reason)

    @Slot(str)
    def _choose(self, kind: str) -> None:
        self.close_panel()
        self.chosen.emit(kind)

    @Slot()
    def _ask_library(self) -> None:
        self.close_panel()
        self.library_wanted.emit()

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
    pointed = Signal(str)
    drag_started = Signal(str, QPoint)
    drag_moved = Signal(QPoint)
    dropped = Signal(QPoint, bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setModel(QStandardItemModel(self))
        self.setItemDelegate(KindDelegate(self))
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Parts"))
        self.setAccessibleDescription(self.tr("Enter or a click adds a part; it can also be dragged into the tree"))
        self.entered.connect(self._point)
        self.selectionModel().currentChanged.connect(self._point)
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
            if not kind.addable or not matches(kind, wanted):
                continue
            if kind.group != group:
                group = kind.group
                heading = QStandardItem(GROUP_TITLES.get(group, group))
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                heading.setData(group, GROUP_ROLE)
                model.appendRow(heading)
            reason = reason_for(kind.name)
            rank = (distance(kind, wanted) + (10 if reason else 0), model.rowCount())
            best = rank if best is None else min(best, rank)
            model.appendRow(item_of(kind, reason))
        if best is not None:
            self.setCurrentIndex(model.index(best[1], 0))
            self._point(self.currentIndex())

    @Slot(QModelIndex)
    def _point(self, index: QModelIndex) -> None:
        if index.data(KIND_ROLE):
            self.pointed.emit(index.data(KIND_ROLE))

    def rows_height(self) -> int:
        """How high all rows are together."""
        return sum(self.sizeHintForRow(row) for row in range(self.model().rowCount())) + 4

    def choose_current(self) -> None:
        """Add the current kind."""
        self._choose(self.currentIndex())

    def _choose(self, index: QModelIndex) -> None:
        kind, reason = index.data(KIND_ROLE), index.data(REASON_ROLE)
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
        kind = self.indexAt(event.position().toPoint()).data(KIND_ROLE)
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
            hand = bool(index.data(KIND_ROLE)) and not index.data(REASON_ROLE)
            self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        if self._dragging:
            self._end(event.globalPosition().toPoint(), done=True)
            return
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if pressed and index.data(KIND_ROLE) == pressed[0]:
            self._choose(index)

    def _end(self, at: QPoint, done: bool) -> None:
        self._dragging, self._pressed = False, None
        self.dropped.emit(at, done)
