"""The rows that are widgets now, and those that wait to be used again: building one costs far more than filling it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from PySide6.QtWidgets import QWidget

from widgets.chat.cards import make_row
from widgets.chat.items import ChatItem
from widgets.chat.rows import Row

_SPARE: Final = 12
"""How many rows of a kind wait at most."""


class RowPool:
    """Rows by item id.

    Args:
        canvas: The parent of all rows.
        connect: Called once for each row that is built, to connect its signals.
    """

    def __init__(self, canvas: QWidget, connect: Callable[[Row], None]) -> None:
        self._canvas = canvas
        self._connect = connect
        self._rows: dict[str, Row] = {}
        self._spare: dict[str, list[Row]] = {}
        self._states: dict[str, dict[str, Any]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._rows

    def __iter__(self) -> Iterator[tuple[str, Row]]:
        return iter(list(self._rows.items()))

    def get(self, item_id: str) -> Row | None:
        """The row of an item, if it is near the view."""
        return self._rows.get(item_id)

    def in_order(self) -> list[Row]:
        """All rows from top to bottom."""
        return sorted(self._rows.values(), key=lambda row: row.y())

    def make(self, item: ChatItem, latest: bool) -> Row:
        """A row for an item: one that waits, or a new one."""
        state = self._states.setdefault(item.id, {})
        waiting = self._spare.get(item.kind)
        if waiting:
            row = waiting.pop()
            row.rebind(item, state)
        else:
            row = make_row(item, state, self._canvas)
            self._connect(row)
        row.set_latest(latest)
        self._rows[item.id] = row
        row.show()
        return row

    def drop(self, item_id: str) -> None:
        """The item is no longer near the view, or is another one now."""
        row = self._rows.pop(item_id, None)
        if row is None:
            return
        row.hide()
        waiting = self._spare.setdefault(row.item.kind, [])
        if row.reusable and len(waiting) < _SPARE:
            waiting.append(row)
        else:
            row.deleteLater()

    def forget(self, item_id: str) -> None:
        """The item is gone for good."""
        self.drop(item_id)
        self._states.pop(item_id, None)

    def clear(self, *, keep_states: bool = False) -> None:
        """Deletes all rows; with ``keep_states`` what the person opened stays open."""
        for row in [*self._rows.values(), *(row for rows in self._spare.values() for row in rows)]:
            row.hide()
            row.deleteLater()
        self._rows.clear()
        self._spare.clear()
        if not keep_states:
            self._states.clear()

    def set_state(self, item_id: str, **state: Any) -> None:
        """Sets what the person did with a row, for instance ``open=True``."""
        self._states.setdefault(item_id, {}).update(state)
