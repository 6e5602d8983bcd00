"""The table of the session list: one column, rows of two fixed heights, keys for all that the mouse can do."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from widgets.sessions.delegate import HEADING_HEIGHT, ROW_HEIGHT
from widgets.sessions.model import SessionModel


class SessionTable(QTableView):
    """One column, rows of fixed height, keys for all that the mouse can do."""

    chosen = Signal(int)
    delete_wanted = Signal(int)
    menu_wanted = Signal(int, QPoint)

    def __init__(self, model: SessionModel) -> None:
        super().__init__()
        self._model = model
        self.setModel(model)
        self.setAccessibleName(self.tr("Sessions"))
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setMouseTracking(True)
        self.setWordWrap(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalScrollBar().setSingleStep(20)
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        vertical = self.verticalHeader()
        vertical.hide()
        vertical.setMinimumSectionSize(20)
        vertical.setDefaultSectionSize(ROW_HEIGHT)
        vertical.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu_at)

    def fit_headings(self, start: int) -> None:
        """Group titles are lower than sessions; Qt keeps heights by row when the rows change."""
        for row in range(start, self._model.rowCount()):
            wanted = ROW_HEIGHT if self._model.entry(row) is not None else HEADING_HEIGHT
            if self.rowHeight(row) != wanted:
                self.setRowHeight(row, wanted)

    def first_row(self) -> None:
        """Goes to the first session if none is current."""
        if self._model.entry(self.currentIndex().row()) is None:
            row = next((number for number in range(self._model.rowCount()) if self._model.entry(number)), -1)
            if row >= 0:
                self.setCurrentIndex(self._model.index(row, 0))

    def moveCursor(self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """Steps over group titles."""
        found = super().moveCursor(action, modifiers)
        if self._model.entry(found.row()) is not None:
            return found
        up = action in (QAbstractItemView.CursorAction.MoveUp, QAbstractItemView.CursorAction.MovePageUp)
        for step in (-1, 1) if up else (1, -1):
            row = found.row()
            while 0 <= row < self._model.rowCount() and self._model.entry(row) is None:
                row += step
            if self._model.entry(row) is not None:
                return self._model.index(row, 0)
        return found

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, Delete trashes, the menu key opens the menu."""
        row = self.currentIndex().row()
        editing = self.state() == QAbstractItemView.State.EditingState
        if not editing and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(row)
        elif not editing and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_wanted.emit(row)
        else:
            super().keyPressEvent(event)

    def _menu_at(self, place: QPoint) -> None:
        index = self.indexAt(place)
        if not index.isValid():
            index = self.currentIndex()
            place = self.visualRect(index).center()
        self.menu_wanted.emit(index.row(), self.viewport().mapToGlobal(place))
