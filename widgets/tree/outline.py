"""The outline: the same tree as rows, for keyboard and screen reader, and for long agents.

Everything that the canvas can do can be done here. Not here: the rows themselves (``outline_model``).
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QItemSelection, QItemSelectionModel, QModelIndex, QPoint, QSize, Signal, Slot
from PySide6.QtGui import QContextMenuEvent, QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QTreeView, QWidget

from engine.blueprint.edits import EditError
from widgets import theme
from widgets.tree.announce import rows_changed
from widgets.tree.document_model import DocumentModel
from widgets.tree.live import LiveBadge
from widgets.tree.marks import Mark
from widgets.tree.outline_model import OutlineModel
from widgets.tree.outline_row import RowDelegate
from widgets.tree.rename import title_edit, title_field
from widgets.tree.shared import Shared


class OutlineView(QTreeView):
    """Rows of one document.

    Signals:
        command: A key that means an action of ``actions`` was pressed.
        activated_node: A node was asked to be edited.
        menu_requested: The context menu is wanted at a global position; below the rows or on them.
        refused: Something was not allowed; the reason in words.
    """

    command = Signal(str)
    activated_node = Signal(str)
    menu_requested = Signal(QPoint, bool)
    refused = Signal(str)

    def __init__(self, shared: Shared, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._selection, self._folds, self._finder = shared.selection, shared.folds, shared.finder
        self._bindings = shared.bindings
        self._document: DocumentModel | None = None
        self._rows = OutlineModel(self)
        self._busy = False
        self.setModel(self._rows)
        self.setItemDelegate(RowDelegate(self))
        self.setProperty("role", "painted")
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setIndentation(18)
        self.setIconSize(QSize(16, 16))
        self.setExpandsOnDoubleClick(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        # One column: with rows, what assistive technology selects would be looked for at the top level only.
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Outline of the agent"))
        self.setAccessibleDescription(
            self.tr(
                "The parts of the agent as rows, top to bottom as the model reads them. "
                "The menu key lists what can be done."
            )
        )
        self._rows.rowsInserted.connect(self._expand_new)
        self._rows.following.connect(self._follow)
        self._rows.renamed.connect(self._rename)
        self._rows.reshaped.connect(self._tell_rows)
        self.selectionModel().selectionChanged.connect(self._selected_here)
        self.selectionModel().currentChanged.connect(self._selected_here)
        self.expanded.connect(self._expanded_here)
        self.collapsed.connect(self._collapsed_here)
        self.doubleClicked.connect(self._open)
        self._selection.changed.connect(self._selected_elsewhere)
        self._folds.changed.connect(self._folded_elsewhere)
        self._finder.changed.connect(self._found)
        theme.manager().changed.connect(self.viewport().update)

    def set_document(self, model: DocumentModel | None) -> None:
        """Show another document."""
        self._document = model
        self._rows.set_model(model)
        self._selected_elsewhere(self._selection.ids)

    def set_live(self, live: Mapping[str, LiveBadge]) -> None:
        """Badges of the session in front."""
        self._rows.set_live(live)

    def set_marks(self, marks: Mapping[str, Mark]) -> None:
        """Marks of the nodes that have a problem."""
        self._rows.set_marks(marks)

    @Slot(bool)
    def _follow(self, on: bool) -> None:
        """Rows that move are taken out and put in again; the selection is not the rows' to lose."""
        self._busy = on
        if not on:
            self._selected_elsewhere(self._selection.ids)

    @Slot()
    def _tell_rows(self) -> None:
        rows_changed(self)

    @Slot()
    def _found(self) -> None:
        self._rows.set_found([hit.node_id for hit in self._finder.hits])

    # -- expanding --------------------------------------------------------------------------------------------

    @Slot(QModelIndex, int, int)
    def _expand_new(self, parent: QModelIndex, first: int, last: int) -> None:
        """Rows that come are expanded, but for those that the person has collapsed."""
        before, self._busy = self._busy, True
        if parent.isValid() and self._rows.node_id(parent) not in self._folds:
            self.expand(parent)
        for row in range(first, last + 1):
            index = self._rows.index(row, 0, parent)
            if self._rows.hasChildren(index):
                self.expandRecursively(index)
                self._collapse_inside(index)
        self._busy = before

    def _collapse_inside(self, index: QModelIndex) -> None:
        node = self._document.node(self._rows.node_id(index)) if self._document is not None else None
        for inner in node.walk() if node is not None and len(self._folds) else ():
            if inner.id in self._folds:
                self.collapse(self._rows.index_of(inner.id))

    @Slot(QModelIndex)
    def _expanded_here(self, index: QModelIndex) -> None:
        self._fold(index, False)

    @Slot(QModelIndex)
    def _collapsed_here(self, index: QModelIndex) -> None:
        self._fold(index, True)

    def _fold(self, index: QModelIndex, on: bool) -> None:
        node_id = self._rows.node_id(index)
        if self._busy or node_id is None:
            return
        if index.parent().isValid():
            self._folds.set(node_id, on)
            rows_changed(self)
        elif on:
            self.expand(index)  # the agent itself stays open, as on the canvas

    @Slot(list)
    def _folded_elsewhere(self, ids: list[str]) -> None:
        before, self._busy = self._busy, True
        for node_id in ids:
            index = self._rows.index_of(node_id)
            if index.isValid():
                self.setExpanded(index, node_id not in self._folds)
        self._busy = before
        rows_changed(self)

    # -- selecting --------------------------------------------------------------------------------------------

    @Slot()
    def _selected_here(self) -> None:
        if self._busy:
            return
        ids = [found for index in self.selectionModel().selectedIndexes() if (found := self._rows.node_id(index))]
        current = self._rows.node_id(self.currentIndex())
        self._busy = True
        self._selection.set(ids, current if current in ids else None)
        self._busy = False

    @Slot(list)
    def _selected_elsewhere(self, ids: list[str]) -> None:
        if self._busy or not self.isVisible():
            return
        if self._document is not None:
            self._folds.reveal(self._document.document, [self._selection.current or ""])
        self._busy = True
        chosen = QItemSelection()
        for node_id in ids:
            index = self._rows.index_of(node_id)
            if index.isValid():
                chosen.select(index, index)
        self.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        current = self._rows.index_of(self._selection.current or "")
        if current.isValid():
            self.selectionModel().setCurrentIndex(current, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(current)
        self._busy = False

    @Slot(QModelIndex)
    def _open(self, index: QModelIndex) -> None:
        found = self._rows.node_id(index)
        if found:
            self.activated_node.emit(found)

    def rename(self) -> bool:
        """Edit the title of the current node in its row; False where it has none."""
        node = self._document.node(self._rows.node_id(self.currentIndex())) if self._document is not None else None
        if node is None or title_field(node) is None:
            return False
        self.edit(self.currentIndex())
        return True

    @Slot(str, str)
    def _rename(self, node_id: str, text: str) -> None:
        node = self._document.node(node_id) if self._document is not None else None
        if self._document is None or node is None:
            return
        try:
            edit = title_edit(self._document.document, node, text.strip())
            if edit is not None:
                self._document.do(edit)
        except EditError as error:
            self.refused.emit(str(error))

    # -- events -----------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._rows.set_awake(True)
        self._selected_elsewhere(self._selection.ids)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._rows.set_awake(False)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            self.menu_requested.emit(event.globalPos(), not self.indexAt(event.pos()).isValid())
        else:
            self.menu_requested.emit(self.menu_point(), False)

    def menu_point(self) -> QPoint:
        """Where a menu opened by keyboard belongs."""
        return self.viewport().mapToGlobal(self.visualRect(self.currentIndex()).bottomLeft() + QPoint(24, 0))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if self._bindings.action(event) is not None:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = self._bindings.action(event)
        if action is not None:
            self.command.emit(action)
            event.accept()
            return
        super().keyPressEvent(event)
