"""The conversation: items in order, words that stream into the last of them.

Not here: layout and scrolling (``row_view``), the rows themselves, and where items come from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from widgets.chat.items import ChatItem
from widgets.chat.row_view import RowView
from widgets.chat.rows import AgentRow, Row, ThinkingRow

_FLUSH_MS: Final = 48


class Transcript(RowView):
    """The items of a chat, in a scrolling column.

    Signals:
        flushed: Words that had arrived are on screen now.
    """

    flushed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pending: dict[str, list[str]] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_FLUSH_MS)
        self._timer.timeout.connect(self._flush_due)

    @property
    def items(self) -> list[ChatItem]:
        """All items in order; not to be changed."""
        return self.positions.items

    def clear(self) -> None:
        """Forgets everything."""
        self.set_items([])

    def set_items(self, items: Sequence[ChatItem]) -> None:
        """Shows these items and goes to the end."""
        self._rows.clear()
        self._pending.clear()
        self._latest, self._stick, self._asked, self._anchor = "", True, False, None
        self.positions.set_width(self.column_width())
        self.positions.set_items(items)
        self.schedule()

    def append(self, item: ChatItem) -> None:
        """Adds an item at the end, but above messages that wait for their turn."""
        if item.id in self.positions:
            self.update_item(item.id, item)
            return
        place = len(self.items)
        if not _waits(item):
            while place and _waits(self.items[place - 1]):
                place -= 1
        self.positions.insert(place, item)
        self.schedule()

    def prepend(self, items: Sequence[ChatItem]) -> None:
        """Adds older items at the start; what is in view stays where it is."""
        self._asked = False
        fresh = [item for item in items if item.id not in self.positions]
        if fresh:
            anchor = None if self._stick else self._anchor
            self.positions.prepend(fresh)
            self.relayout(anchor)
        else:
            self.schedule()

    def item(self, item_id: str) -> ChatItem | None:
        """The item as it stands, streamed words included."""
        number = self.positions.find(item_id)
        if number is None:
            return None
        found = self.items[number]
        waiting = self._pending.get(item_id)
        return replace(found, text=found.text + "".join(waiting)) if waiting else found

    def update_item(self, item_id: str, item: ChatItem) -> None:
        """Puts another state of an item in its place."""
        number = self.positions.find(item_id)
        if number is None:
            return
        self._pending.pop(item_id, None)
        before = self.items[number]
        self.items[number] = item
        row = self._rows.get(item_id)
        if row is not None and before.kind != item.kind:
            self._rows.drop(item_id)
            row = None
        if row is not None:
            row.set_item(item)
            self._remeasure(item_id)
        elif before != item:
            self.positions.set_height(number, self.positions.estimate(item))
            self.positions.touch(number - 1)
            self.schedule()

    def remove(self, item_id: str) -> None:
        """Takes an item away."""
        if item_id not in self.positions:
            return
        self.positions.remove(item_id)
        self._rows.forget(item_id)
        self._pending.pop(item_id, None)
        self.schedule()

    def set_has_earlier(self, on: bool) -> None:
        """Whether older items can be asked for."""
        self._asked = False
        if on != self.positions.has_earlier:
            self.positions.has_earlier = on
            self.positions.touch(0)
            self.schedule()

    def set_latest(self, item_id: str) -> None:
        """Whose caption stays in view."""
        if item_id == self._latest:
            return
        before, self._latest = self._latest, item_id
        for changed in (before, item_id):
            row = self._rows.get(changed)
            if row is not None:
                row.set_latest(changed == item_id)
                self._remeasure(changed)

    # Streaming

    def stream(self, item_id: str, text: str) -> None:
        """Takes words as they arrive; they are shown some 20 times a second, and not at all while hidden."""
        if item_id not in self.positions:
            return
        self._pending.setdefault(item_id, []).append(text)
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    @property
    def is_waiting(self) -> bool:
        """Whether words are about to be shown."""
        return self._timer.isActive()

    def _flush_due(self) -> None:
        self.flush()

    def flush(self, layout: bool = True) -> None:
        """Shows the words that have arrived since the last time."""
        self._timer.stop()
        if not self._pending:
            return
        pending, self._pending = self._pending, {}
        for item_id, parts in pending.items():
            number = self.positions.find(item_id)
            if number is None:
                continue
            text = "".join(parts)
            item = replace(self.items[number], text=self.items[number].text + text)
            self.items[number] = item
            row = self._rows.get(item_id)
            if isinstance(row, (AgentRow, ThinkingRow)) and self._width:
                row.item = item
                row.feed(text)
                self.positions.set_height(number, row.measure(self._width))
            else:
                self.positions.set_height(number, self.positions.estimate(item))
        if layout:
            self.relayout()
        self.flushed.emit()

    def row(self, item_id: str) -> Row | None:
        """The widget of an item, if it is near the view."""
        return self._rows.get(item_id)

    @property
    def row_count(self) -> int:
        """How many items are widgets now."""
        return len(self._rows)

    def set_row_state(self, item_id: str, **state: object) -> None:
        """Sets what the person did with a row, for instance ``open=True``; outlives the row."""
        self._rows.set_state(item_id, **state)
        item, row = self.item(item_id), self._rows.get(item_id)
        if item is not None and row is not None:
            row.set_item(item)
            self._remeasure(item_id)

    def showEvent(self, event: QShowEvent) -> None:
        """Catches up with what arrived while hidden."""
        super().showEvent(event)
        self.flush(layout=False)
        self.relayout()


def _waits(item: ChatItem) -> bool:
    """Whether this is a message that was written while a turn runs, and waits for its place."""
    return item.kind == "person" and bool(item.detail.get("queued"))
