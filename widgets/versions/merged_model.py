"""Two versions merged into one tree, as rows; parts that did not change fold into one line. Not here: painting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from engine.blueprint.compare import Merged
from widgets.tree import words
from widgets.versions.looks import words_of

Index = QModelIndex | QPersistentModelIndex
MERGED_ROLE = Qt.ItemDataRole.UserRole
"""The :class:`Merged` of a row; None for the line of folded parts."""


class _Row:
    """A node of both trees, or a line that stands for several without changes."""

    def __init__(self, key: int, parent: _Row | None, at: int, merged: Merged | None) -> None:
        self.key = key
        self.parent = parent
        self.at = at
        self.merged = merged
        self.children: list[_Row] = []


class MergedModel(QAbstractItemModel):
    """Rows of one comparison."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[int, _Row] = {}
        self._root: _Row | None = None

    def set_tree(self, tree: Merged | None) -> None:
        """Show another comparison."""
        self.beginResetModel()
        self._rows = {}
        self._root = self._make(tree, None, 0) if tree is not None else None
        self.endResetModel()

    def merged(self, index: Index) -> Merged | None:
        """What stands in a row."""
        row = self._rows.get(index.internalId()) if index.isValid() else None
        return row.merged if row is not None else None

    def touched(self) -> list[QModelIndex]:
        """Rows in which or below which something changed, from the root on."""
        return [self._index(row) for row in self._rows.values() if row.merged is not None and row.merged.touched]

    def changed(self) -> list[QModelIndex]:
        """Rows in which something changed, in reading order."""
        return [self._index(row) for row in self._rows.values() if row.merged is not None and row.merged.change]

    # --- building --------------------------------------------------------------------------------------------

    def _new(self, merged: Merged | None, parent: _Row | None, at: int) -> _Row:
        row = _Row(len(self._rows) + 1, parent, at, merged)
        self._rows[row.key] = row
        return row

    def _make(self, merged: Merged, parent: _Row | None, at: int) -> _Row:
        row = self._new(merged, parent, at)
        if not merged.touched:
            row.children = [self._make(child, row, place) for place, child in enumerate(merged.children)]
            return row
        for same in _runs(merged.children):
            place = len(row.children)
            if len(same) == 1:
                row.children.append(self._make(same[0], row, place))
            else:
                fold = self._new(None, row, place)
                fold.children = [self._make(child, fold, inner) for inner, child in enumerate(same)]
                row.children.append(fold)
        return row

    # --- Qt --------------------------------------------------------------------------------------------------

    def _index(self, row: _Row) -> QModelIndex:
        return self.createIndex(row.at, 0, row.key)

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        holder = self._rows.get(parent.internalId()) if parent.isValid() else None
        if column != 0 or row < 0 or self._root is None:
            return QModelIndex()
        if holder is None:
            return self._index(self._root) if row == 0 and not parent.isValid() else QModelIndex()
        return self._index(holder.children[row]) if row < len(holder.children) else QModelIndex()

    def parent(self, child: Index) -> QModelIndex:  # type: ignore[override]
        row = self._rows.get(child.internalId())
        return self._index(row.parent) if row is not None and row.parent is not None else QModelIndex()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        if not parent.isValid():
            return 1 if self._root is not None else 0
        row = self._rows.get(parent.internalId())
        return len(row.children) if row is not None else 0

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        del parent
        return 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows.get(index.internalId()) if index.isValid() else None
        if row is None:
            return None
        if role == MERGED_ROLE:
            return row.merged
        if role == Qt.ItemDataRole.DisplayRole:
            return words.title_of(row.merged.node) if row.merged is not None else self._fold_words(len(row.children))
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return self._spoken(row)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        del index
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def _fold_words(self, count: int) -> str:
        return self.tr("{count} parts without changes").format(count=count)

    def _spoken(self, row: _Row) -> str:
        if row.merged is None:
            return self._fold_words(len(row.children))
        change = row.merged.change
        said = words_of(change) if change is not None else self.tr("unchanged")
        return f"{words.title_of(row.merged.node)}, {said}"


def _runs(children: Sequence[Merged]) -> list[list[Merged]]:
    """Neighbours without changes together, each of the others by itself."""
    found: list[list[Merged]] = []
    for child in children:
        if found and not child.touched and not found[-1][0].touched:
            found[-1].append(child)
        else:
            found.append([child])
    return found
