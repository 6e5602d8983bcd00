"""Rows of the list of versions: days, versions, and the line that unfolds the steps between two versions."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from widgets.sessions.when import full_time, group_of
from widgets.versions.items import VersionGroup, VersionItem

Index = QModelIndex | QPersistentModelIndex
RowKind = Literal["day", "version", "steps"]
ROW_ROLE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class VersionListRow:
    """One row.

    Attributes:
        kind: ``day``, ``version``, or ``steps``: the line that folds and unfolds.
        text: Title of a day; words of the line.
        item: The version; for ``steps`` the one that they fold under.
        before: Id of the version that it is compared with in its line, or "".
        inner: Whether it is one of the unfolded steps.
        open: For ``steps``: whether they are unfolded.
    """

    kind: RowKind
    text: str = ""
    item: VersionItem | None = None
    before: str = ""
    inner: bool = False
    open: bool = False


class VersionListModel(QAbstractListModel):
    """All rows. What changed in a version is told later, pair by pair."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._groups: tuple[VersionGroup, ...] = ()
        self._open: set[str] = set()
        self._changes: dict[tuple[str, str], str] = {}
        self.rows: list[VersionListRow] = []

    def set_groups(self, groups: Sequence[VersionGroup]) -> None:
        """Show these versions, the newest first."""
        self._groups = tuple(groups)
        self._renew()

    def toggle(self, head_id: str) -> None:
        """Fold or unfold the steps under a version."""
        self._open ^= {head_id}
        self._renew()

    def set_change(self, version_id: str, before: str, words: str) -> None:
        """What changed from ``before`` to a version, in one line."""
        self._changes[version_id, before] = words
        for number, row in enumerate(self.rows):
            if row.item is not None and (row.item.id, row.before) == (version_id, before):
                self.dataChanged.emit(self.index(number), self.index(number))

    def unknown(self) -> list[tuple[str, str]]:
        """Pairs (version, the one before it) whose difference nobody has told yet, in the order of the rows."""
        pairs = [(row.item.id, row.before) for row in self.rows if row.item is not None and row.kind == "version"]
        return [pair for pair in pairs if pair[1] and pair not in self._changes]

    def change(self, row: VersionListRow) -> str | None:
        """What changed in the version of a row; None where that is not known yet."""
        assert row.item is not None
        return self._changes.get((row.item.id, row.before)) if row.before else self.tr("The first version")

    def row_of(self, version_id: str) -> int:
        """The row of a version; -1 where it is folded away or not there."""
        found = (
            n for n, row in enumerate(self.rows) if row.kind == "version" and row.item and row.item.id == version_id
        )
        return next(found, -1)

    def _renew(self) -> None:
        self.beginResetModel()
        self.rows = list(self._make_rows())
        self.endResetModel()

    def _make_rows(self) -> Sequence[VersionListRow]:
        rows: list[VersionListRow] = []
        day, now = "", time.time()
        for number, group in enumerate(self._groups):
            title = group_of(group.head.saved, now)
            if title != day:
                rows.append(VersionListRow("day", title))
                day = title
            following = self._groups[number + 1].head.id if number + 1 < len(self._groups) else ""
            opened = group.head.id in self._open and bool(group.steps)
            first = group.steps[0].id if opened else following
            if not first and group.steps:
                first = group.steps[-1].id  # nothing is older than the first of these steps
            rows.append(VersionListRow("version", "", group.head, first))
            if group.steps:
                rows.append(VersionListRow("steps", self._steps_words(len(group.steps)), group.head, open=opened))
            if opened:
                befores = [*(step.id for step in group.steps[1:]), following]
                pairs = zip(group.steps, befores, strict=True)
                rows += [VersionListRow("version", "", step, before, inner=True) for step, before in pairs]
        return rows

    def _steps_words(self, count: int) -> str:
        return self.tr("1 step before it") if count == 1 else self.tr("{count} steps before it").format(count=count)

    # --- Qt --------------------------------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row = self.rows[index.row()]
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.ToolTipRole and row.item is not None and row.kind == "version":
            return full_time(row.item.saved)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._spoken(row)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        row = self.rows[index.row()] if index.isValid() else None
        if row is None or row.kind == "day":
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def _spoken(self, row: VersionListRow) -> str:
        if row.kind == "steps":
            return f"{row.text}, {self.tr('unfolded') if row.open else self.tr('folded')}"
        if row.item is None:
            return row.text
        parts = [row.item.name, full_time(row.item.saved), self.tr("as it is now") if row.item.present else ""]
        return ", ".join(part for part in (*parts, self.change(row) or "") if part)
