"""The rows of the session list: sessions with group titles between them. Not here: painting and fetching."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from widgets.sessions.source import SessionEntry
from widgets.sessions.when import full_time, group_of

Index = QModelIndex | QPersistentModelIndex
_ROOT: Final = QModelIndex()


class SessionModel(QAbstractTableModel):
    """Sessions in groups.

    Signals:
        renamed: Session id and its new title, given by the person.
    """

    renamed = Signal(str, str)

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._clock = clock
        self.rows: list[SessionEntry | str] = []
        self._places: dict[str, int] = {}
        self._grouped = True

    # Content

    def set_entries(self, entries: Sequence[SessionEntry], *, grouped: bool = True) -> None:
        """Shows these."""
        self.beginResetModel()
        self._grouped = grouped
        self.rows = self._with_groups(entries, "")
        self._index_rows()
        self.endResetModel()

    def append_entries(self, entries: Sequence[SessionEntry]) -> None:
        """Adds a page at the end."""
        fresh = [entry for entry in entries if entry.id not in self._places]
        last = next((row for row in reversed(self.rows) if isinstance(row, SessionEntry)), None)
        added = self._with_groups(fresh, self._group(last) if last else "")
        if not added:
            return
        start = len(self.rows)
        self.beginInsertRows(_ROOT, start, start + len(added) - 1)
        self.rows.extend(added)
        for number, row in enumerate(added, start):
            if isinstance(row, SessionEntry):
                self._places[row.id] = number
        self.endInsertRows()

    def remove(self, session_id: str) -> bool:
        """Takes a session out, with its group's title if it was the only one."""
        place = self._places.get(session_id)
        if place is None:
            return False
        first = place
        alone_after = place + 1 >= len(self.rows) or isinstance(self.rows[place + 1], str)
        if alone_after and place > 0 and isinstance(self.rows[place - 1], str):
            first = place - 1
        self.beginRemoveRows(_ROOT, first, place)
        del self.rows[first : place + 1]
        self._index_rows()
        self.endRemoveRows()
        return True

    def change(self, session_id: str, **changes: Any) -> None:
        """Changes fields of a session where it stands."""
        place = self._places.get(session_id)
        if place is None:
            return
        entry = self.rows[place]
        if isinstance(entry, SessionEntry):
            self.rows[place] = replace(entry, **changes)
            index = self.index(place, 0)
            self.dataChanged.emit(index, index)

    def entry(self, row: int) -> SessionEntry | None:
        """The session in a row; None for a group's title."""
        found = self.rows[row] if 0 <= row < len(self.rows) else None
        return found if isinstance(found, SessionEntry) else None

    def row_of(self, session_id: str) -> int:
        """The row of a session, or -1."""
        return self._places.get(session_id, -1)

    def headings(self, start: int = 0) -> list[int]:
        """The rows that are group titles."""
        return [number for number in range(start, len(self.rows)) if isinstance(self.rows[number], str)]

    @property
    def count(self) -> int:
        """How many sessions are loaded."""
        return len(self._places)

    def _group(self, entry: SessionEntry) -> str:
        return self.tr("Pinned") if entry.pinned and not entry.trashed else group_of(entry.updated, self._clock())

    def _with_groups(self, entries: Sequence[SessionEntry], last: str) -> list[SessionEntry | str]:
        result: list[SessionEntry | str] = []
        for entry in entries:
            if self._grouped:
                group = self._group(entry)
                if group != last:
                    result.append(group)
                    last = group
            result.append(entry)
        return result

    def _index_rows(self) -> None:
        self._places = {row.id: number for number, row in enumerate(self.rows) if isinstance(row, SessionEntry)}

    # Qt

    def rowCount(self, parent: Index = _ROOT) -> int:
        """All rows."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = _ROOT) -> int:
        """One."""
        return 0 if parent.isValid() else 1

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Group titles can be neither chosen nor renamed."""
        if self.entry(index.row()) is None:
            return Qt.ItemFlag.ItemIsEnabled
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Words for display, editing, tool tips and screen readers; painting asks for the entry itself."""
        row = self.rows[index.row()] if 0 <= index.row() < len(self.rows) else ""
        if isinstance(row, str):
            return row if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole) else None
        if role == Qt.ItemDataRole.EditRole:
            return row.title
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title or self.tr("New session")
        if role == Qt.ItemDataRole.AccessibleTextRole:
            words = (row.title or self.tr("New session"), row.agent, full_time(row.updated))
            return ", ".join(word for word in words if word)
        if role == Qt.ItemDataRole.ToolTipRole:
            return full_time(row.updated)
        if role == Qt.ItemDataRole.UserRole:
            return row
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """The person gave a session another title."""
        entry = self.entry(index.row())
        title = " ".join(str(value).split())
        if entry is None or role != Qt.ItemDataRole.EditRole or not title or title == entry.title:
            return False
        self.change(entry.id, title=title)
        self.renamed.emit(entry.id, title)
        return True
