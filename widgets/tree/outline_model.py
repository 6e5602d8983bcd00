"""The document as an item model, for the outline: rows follow edits one by one, so that nothing collapses or jumps.

Not here: the view (``outline``).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal, Slot

from engine.blueprint.document import Node
from widgets import theme
from widgets.tree import words
from widgets.tree.document_model import DocumentModel
from widgets.tree.live import LiveBadge
from widgets.tree.marks import Mark

Index = QModelIndex | QPersistentModelIndex


class _Row:
    """One row; rows live as long as their node stands where it is."""

    __slots__ = ("at", "children", "key", "node", "parent")

    def __init__(self, key: int, node: Node, parent: _Row | None) -> None:
        self.key = key
        self.node = node
        self.parent = parent
        self.children: list[_Row] = []
        self.at = 0  # where it stood last among its siblings; looked at first


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


class OutlineModel(QAbstractItemModel):
    """Nodes as rows: title, what it says, live words.

    Signals:
        following: True before the rows follow an edit, False when they have.
    """

    following = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._model: DocumentModel | None = None
        self._root: _Row | None = None
        self._rows: dict[int, _Row] = {}
        self._by_id: dict[str, _Row] = {}
        self._next = 1
        self._live: dict[str, LiveBadge] = {}
        self._marks: dict[str, Mark] = {}
        self._awake = True

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
        for node_id in touched:
            row = self._by_id.get(node_id)
            if row is not None:
                self._announce(row)

    def set_marks(self, marks: Mapping[str, Mark]) -> None:
        """Marks of the nodes that have a problem."""
        touched = [key for key in {*marks, *self._marks} if marks.get(key) != self._marks.get(key)]
        self._marks = dict(marks)
        for node_id in touched:
            row = self._by_id.get(node_id)
            if row is not None:
                self._announce(row)

    # -- following the document -------------------------------------------------------------------------------

    def _make(self, node: Node, parent: _Row | None) -> _Row:
        row = _Row(self._next, node, parent)
        self._next += 1
        self._rows[row.key] = row
        self._by_id[node.id] = row
        row.children = [self._make(child, row) for child in node.children]
        return row

    def _forget(self, row: _Row) -> None:
        self._rows.pop(row.key, None)
        if self._by_id.get(row.node.id) is row:
            del self._by_id[row.node.id]
        for child in row.children:
            self._forget(child)

    @Slot()
    def _reset(self) -> None:
        self.beginResetModel()
        self._rows.clear()
        self._by_id.clear()
        self._root = self._make(self._model.document.root, None) if self._model is not None else None
        self.endResetModel()

    @Slot(object)
    def _changed(self, edit: object) -> None:
        del edit
        if self._model is None or self._root is None or not self._awake:
            return
        if self._root.node is not self._model.document.root:
            self.following.emit(True)
            self._follow(self._root, self._model.document.root)
            self.following.emit(False)

    def _follow(self, row: _Row, node: Node) -> None:
        """Bring a row and its children to the state of a node that is another object now."""
        row.node = node
        self._announce(row)
        wanted = {child.id: position for position, child in enumerate(node.children)}
        for position in range(len(row.children) - 1, -1, -1):
            if row.children[position].node.id not in wanted:
                self._take(row, position)
        self._order(row, wanted)
        for position, child in enumerate(node.children):
            if position < len(row.children) and row.children[position].node.id == child.id:
                if row.children[position].node is not child:
                    self._follow(row.children[position], child)
                continue
            self.beginInsertRows(self._index(row), position, position)
            row.children.insert(position, self._make(child, row))
            self.endInsertRows()

    def _order(self, row: _Row, wanted: Mapping[str, int]) -> None:
        """Move as few rows as possible so that those that are there stand in the wanted order."""
        places = [wanted[child.node.id] for child in row.children]
        staying = longest_rise(places)
        if len(staying) == len(places):
            return
        index = self._index(row)
        for place in sorted(set(places) - staying):
            source = next(i for i, child in enumerate(row.children) if wanted[child.node.id] == place)
            before = [i for i, child in enumerate(row.children) if wanted[child.node.id] in staying]
            target = next((i for i in before if wanted[row.children[i].node.id] > place), len(row.children))
            staying.add(place)
            if target in (source, source + 1):
                continue
            self.beginMoveRows(index, source, source, index, target)
            row.children.insert(target - (target > source), row.children.pop(source))
            self.endMoveRows()

    def _take(self, row: _Row, position: int) -> None:
        self.beginRemoveRows(self._index(row), position, position)
        self._forget(row.children.pop(position))
        self.endRemoveRows()

    def _announce(self, row: _Row) -> None:
        index = self._index(row)
        self.dataChanged.emit(index, index)

    # -- ids --------------------------------------------------------------------------------------------------

    def _index(self, row: _Row) -> QModelIndex:
        if row.parent is None:
            return self.createIndex(0, 0, row.key)
        siblings = row.parent.children
        if row.at >= len(siblings) or siblings[row.at] is not row:
            row.at = siblings.index(row)
        return self.createIndex(row.at, 0, row.key)

    def index_of(self, node_id: str) -> QModelIndex:
        """The index of a node; invalid where it is not there."""
        row = self._by_id.get(node_id)
        return self._index(row) if row is not None else QModelIndex()

    def node_id(self, index: Index) -> str | None:
        """The node of an index."""
        row = self._rows.get(index.internalId()) if index.isValid() else None
        return row.node.id if row is not None else None

    # -- QAbstractItemModel -----------------------------------------------------------------------------------

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        if column != 0 or row < 0 or self._root is None:
            return QModelIndex()
        holder = self._rows.get(parent.internalId())  # the id of no index is 0, which no row has
        if holder is None and row == 0 and not parent.isValid():
            return self.createIndex(0, 0, self._root.key)
        if holder is None or row >= len(holder.children):
            return QModelIndex()
        return self.createIndex(row, 0, holder.children[row].key)

    def parent(self, child: Index) -> QModelIndex:  # type: ignore[override]
        row = self._rows.get(child.internalId())
        return self._index(row.parent) if row is not None and row.parent is not None else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        row = self._rows.get(parent.internalId())
        if row is not None:
            return len(row.children)
        return 1 if self._root is not None and not parent.isValid() else 0

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        del parent
        return 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows.get(index.internalId()) if index.isValid() else None
        if row is None or self._model is None:
            return None
        node = row.node
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return words.title_of(node)
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
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return _FLAGS if index.internalId() else Qt.ItemFlag.NoItemFlags


_FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
SUMMARY_ROLE = Qt.ItemDataRole.UserRole + 1
LIVE_ROLE = Qt.ItemDataRole.UserRole + 2
GROUP_ROLE = Qt.ItemDataRole.UserRole + 3
MARK_ROLE = Qt.ItemDataRole.UserRole + 4
