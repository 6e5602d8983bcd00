"""The items of one chat, and every way in which they change. Not here: what an engine event means (``transcript``)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from app.text import tr
from app.workspace import shown
from app.workspace.changes import Change
from widgets.chat.items import ChatItem

MODEL_REMEDIES = ("connections", "models")
"""Where a turn failed for want of a model or of its key."""


class ChatItems:
    """Items in their order; what is streamed grows at the end, words that wait for their turn stand below."""

    def __init__(self) -> None:
        self._items: dict[str, ChatItem] = {}
        self._queued: dict[str, ChatItem] = {}
        self._asking: set[str] = set()
        self._live = self._thinking = self._last_agent = self._offer = ""

    @property
    def items(self) -> list[ChatItem]:
        """Everything shown now, oldest first; words that wait for their turn stand at the end."""
        return [*self._items.values(), *self._queued.values()]

    def get(self, item_id: str) -> ChatItem | None:
        """The item of that id."""
        return self._items.get(item_id) or self._queued.get(item_id)

    @property
    def asks(self) -> bool:
        """Whether something waits for the person's answer."""
        return bool(self._asking)

    def remove(self, item_id: str) -> None:
        """Take a notice away."""
        self._items.pop(item_id, None)
        if self._offer == item_id:
            self._offer = ""

    def offer_retry(self, remedies: Collection[str] = MODEL_REMEDIES) -> list[Change]:
        """What a turn failed for was put right, as one of the remedies asked: it can be tried again."""
        item = self._items.get(self._offer)
        if item is None or item.detail.get("remedy") not in remedies:
            return []
        return [self._update(item.id, detail={**item.detail, "action": tr("Try again"), "remedy": "retry"})]

    # --- for what is made of them ------------------------------------------------------------------------------

    def _clear(self) -> None:
        self._items.clear()
        self._queued.clear()
        self._asking.clear()
        self._live = self._thinking = self._last_agent = self._offer = ""

    def _append(self, item: ChatItem) -> list[Change]:
        """Put an item at the end of what has happened; the chat keeps words that wait below it.

        An earlier notice offers nothing any more: its button would answer what came after it.
        """
        changes: list[Change] = []
        if self._offer and item.kind in ("person", "agent", "notice"):
            done, self._offer = self._offer, ""
            changes.append(self._update(done, detail={**self._items[done].detail, "action": ""}))
        if item.kind == "notice" and item.detail.get("action"):
            self._offer = item.id
        self._items[item.id] = item
        if item.kind in shown.ASKING:
            self._asking.add(item.id)
        return [*changes, Change("append", item.id, item=item)]

    def _update(self, item_id: str, **values: Any) -> Change:
        self._items[item_id] = replace(self._items[item_id], **values)
        if values.get("status", "waiting") != "waiting":
            self._asking.discard(item_id)
        return Change("update", item_id, values=values)

    def _end_thinking(self) -> list[Change]:
        if not self._thinking:
            return []
        done, self._thinking = self._thinking, ""
        item = self._items[done] = replace(self._items[done], status="done")
        return [Change("finish", done, text=item.text, values={"status": "done"})]

    def _end_live(self, status: str) -> list[Change]:
        changes = self._end_thinking()
        if self._live:
            live, self._live = self._live, ""
            item = self._items[live] = replace(self._items[live], status=status)
            self._last_agent = live
            changes.append(Change("finish", live, text=item.text, values={"status": status}))
        return changes
