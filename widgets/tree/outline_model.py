"""The document as an item model, for the outline: rows follow edits one by one, so that nothing collapses or jumps.

The rows are ``QStandardItem``s, so a view that lays a thousand of them out again never comes back to Python; only what
is painted or read aloud is asked for here. Not here: the view (``outline``).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QStandardItem, QStandardItemModel

from engine.blueprint.document import Node
from widgets import theme
from widgets.tree import words
from widgets.tree.document_model import DocumentModel
from widgets.tree.live import LiveBadge
from widgets.tree.marks import Mark
from widgets.tree.rename import title_field

Index = QModelIndex | QPersistentModelIndex

SUMMARY_ROLE = Qt.ItemDataRole.UserRole + 1
LIVE_ROLE = Qt.ItemDataRole.UserRole + 2
GROUP_ROLE = Qt.ItemDataRole.UserRole + 3
MARK_ROLE = Qt.ItemDataRole.UserRole + 4
FOUND_ROLE = Qt.ItemDataRole.UserRole + 5
_ID_ROLE = Qt.ItemDataRole.UserRole + 6
_FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable


def longest_rise(numbers: Sequence[int]) -> set[int]:
    """The numbers of a longest rising run with gaps: what can stay where it is when the rest is moved."""
    ends: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        at = bisect_left(ends, number)
        before[number] = ends[at - 1] if at else None
        ends[at : at + 1] = [number]
    found: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        found.add(last)
        last = before[last]
    return found


class OutlineModel(QStandardItemModel):
    """Nodes as rows: title, what it says, live words.

    Signals:
        following: True before the rows follow an edit, False when they have.
        renamed: Another title was typed for a node.
        reshaped: Rows came, went or moved.
    """

    following = Signal(bool)
    renamed = Signal(str, str)
    reshaped = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model: DocumentModel | None = None
        self._nodes: dict[str, Node] = {}
        self._items: dict[str, QStandardItem] = {}
        self._live: dict[str, LiveBadge] = {}
        self._marks: dict[str, Mark] = {}
        self._found: frozenset[str] = frozenset()
        self._awake = True
        self._reshaped = False
        for changes in (self.rowsInserted, self.rowsRemoved):
            changes.connect(self._rows_changed)

    def set_awake(self, on: bool) -> None:
        """Follow the document, or rest while nobody looks; waking up catches up in one go."""
        self._awake = on
        if on:
            self._changed(None)

    def set_model(self, model: DocumentModel | None) -> None:
        """Show another document."""
        if self._model is not None:
            self._model.changed.disconnect(self._changed)
            self._model.reset.disconnect(self._reset)
        self._model = model
        if model is not None:
            model.changed.connect(self._changed)
            model.reset.connect(self._reset)
        self._reset()

    def set_live(self, live: Mapping[str, LiveBadge]) -> None:
        """Badges of the session in front."""
        touched = [key for key in {*live, *self._live} if live.get(key) != self._live.get(key)]
        self._live = dict(live)
        self._repaint(touched)

    def set_marks(self, marks: Mapping[str, Mark]) -> None:
        """Marks of the nodes that have a problem."""
        touched = [key for key in {*marks, *self._marks} if marks.get(key) != self._marks.get(key)]
        self._marks = dict(marks)
        self._repaint(touched)

    def set_found(self, ids: Collection[str]) -> None:
        """Nodes that what is looked for was found in."""
        touched = self._found ^ frozenset(ids)
        self._found = frozenset(ids)
        self._repaint(touched)

    def _repaint(self, ids: Collection[str]) -> None:
        for node_id in ids:
            item = self._items.get(node_id)
            if item is not None:
                item.emitDataChanged()

    # -- following the document -------------------------------------------------------------------------------

    def _make(self, node: Node) -> QStandardItem:
        item = QStandardItem()
        item.setData(node.id, _ID_ROLE)
        item.setFlags(_FLAGS)
        self._items[node.id] = item
        self._nodes[node.id] = node
        if node.children:
            item.appendRows([self._make(child) for child in node.children])
        return item

    def _forget(self, node: Node) -> None:
        for inner in node.walk():
            self._items.pop(inner.id, None)
            self._nodes.pop(inner.id, None)

    @Slot()
    def _reset(self) -> None:
        self.following.emit(True)
        self._items.clear()
        self._nodes.clear()
        self.clear()
        if self._model is not None:
            self.appendRow(self._make(self._model.document.root))
        self.following.emit(False)

    @Slot()
    def _rows_changed(self) -> None:
        self._reshaped = True

    @Slot(object)
    def _changed(self, edit: object) -> None:
        del edit
        if self._model is None or not self._awake:
            return
        root = self._model.document.root
        shown = self._nodes.get(root.id)
        if shown is None:
            self._reset()
        elif shown is not root:
            self._reshaped = False
            self.following.emit(True)
            self._prune(shown, root)  # everything goes before anything comes: a node stands in one place at a time
            self._grow(shown, root)
            self.following.emit(False)
            if self._reshaped:
                self.reshaped.emit()

    def _prune(self, shown: Node, node: Node) -> None:
        """Take out the rows of children that do not stand inside this node any more."""
        item = self._items[shown.id]
        wanted = {child.id: child for child in node.children}
        for position in range(len(shown.children) - 1, -1, -1):
            child = shown.children[position]
            if child.id not in wanted:
                item.removeRow(position)
                self._forget(child)
            elif wanted[child.id] is not child:
                self._prune(child, wanted[child.id])

    def _grow(self, shown: Node, node: Node) -> None:
        """Bring the rows that stayed into order, put the new ones between them, and say what changed."""
        item = self._items[node.id]
        self._nodes[node.id] = node
        wanted = {child.id: position for position, child in enumerate(node.children)}
        stayed = [child for child in shown.children if child.id in wanted and child.id in self._items]
        self._order(item, [wanted[child.id] for child in stayed])
        before = {child.id: child for child in stayed}
        coming: list[QStandardItem] = []
        for position, child in enumerate(node.children):
            if child.id not in before:
                coming.append(self._make(child))
                continue
            if coming:
                item.insertRows(position - len(coming), coming)
                coming = []
            if before[child.id] is not child:
                self._grow(before[child.id], child)
        if coming:
            item.insertRows(len(node.children) - len(coming), coming)
        item.emitDataChanged()

    @staticmethod
    def _order(item: QStandardItem, places: list[int]) -> None:
        """Move as few rows as possible so that rows with these wanted places stand in rising order."""
        staying = longest_rise(places)
        for place in sorted(set(places) - staying):
            source = places.index(place)
            places.pop(source)
            row = item.takeRow(source)
            target = next((i for i, other in enumerate(places) if other in staying and other > place), len(places))
            staying.add(place)
            places.insert(target, place)
            item.insertRow(target, row)

    # -- ids --------------------------------------------------------------------------------------------------

    def index_of(self, node_id: str) -> QModelIndex:
        """The index of a node; invalid where it is not there."""
        item = self._items.get(node_id)
        return item.index() if item is not None else QModelIndex()

    def node_id(self, index: Index) -> str | None:
        """The node of an index."""
        found = super().data(index, _ID_ROLE) if index.isValid() else None
        return found if isinstance(found, str) else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The header is not shown; a screen reader tells it with the first row."""
        return self.tr("Part") if role == Qt.ItemDataRole.DisplayRole else None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        node_id = self.node_id(index)
        if role != Qt.ItemDataRole.EditRole or node_id is None:
            return bool(super().setData(index, value, role))
        self.renamed.emit(node_id, str(value))
        return True

    # -- what a row says --------------------------------------------------------------------------------------

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        node = self._nodes.get(self.node_id(index) or "")
        if node is None or self._model is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return words.title_of(node)
        if role == Qt.ItemDataRole.EditRole:
            return str(node.props.get(title_field(node) or "", ""))
        if role == Qt.ItemDataRole.DecorationRole:
            return theme.icon(words.icon_of(node), words.group_of(node) if node.enabled else "faint")
        live = self._live.get(node.id)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return words.spoken(node, self._model.document, live, self._marks.get(node.id))
        if role == MARK_ROLE:
            return self._marks.get(node.id)
        if role == SUMMARY_ROLE:
            off = any(not around.enabled for around in self._model.document.ancestors(node.id))
            return words.state_line(node, self._model.document, live, off)
        if role == LIVE_ROLE:
            return live
        if role == GROUP_ROLE:
            return words.group_of(node)
        if role == FOUND_ROLE:
            return node.id in self._found
        return None
