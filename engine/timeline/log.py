"""The entries of a session in memory, what they weigh, and the read-only view of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

from engine.compiler.content import block_characters, estimate
from engine.entries import Entry, EntryStatus

TOKENS_PER_ENTRY = 4
"""Added to every entry without a provider's count."""


def weight(entry: Entry) -> int:
    """Tokens of an entry: the provider's count, else ceil(characters / 4) + 4."""
    if entry.tokens is not None:
        return entry.tokens
    return estimate(sum(map(block_characters, entry.content))) + TOKENS_PER_ENTRY


class TimelineLog:
    """The entries in memory: all of the session, or the newest of it.

    Attributes:
        entries: The entries, oldest first.
        next_index: The index that the next entry gets.
        epoch: Changes when entries were replaced instead of appended.
        replaced: A component put other entries in place of the session's.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.entries: list[Entry] = []
        self.next_index = 0
        self.epoch = 0
        self.replaced = False
        self.limit = limit
        self._by_id: dict[str, int] = {}
        self._first = 0
        self._weights: list[int] = []

    def load(self, entries: Iterable[Entry], next_index: int) -> None:
        """Start with entries from a store."""
        self.entries = list(entries)
        self.next_index = next_index
        self._reindex()

    def append(self, entry: Entry) -> None:
        """Add an entry; it must have ``next_index``."""
        self._by_id[entry.id] = self._first + len(self.entries)
        self.entries.append(entry)
        self.next_index = max(self.next_index, entry.index + 1)

    def take_back(self, count: int) -> None:
        """Remove the newest entries again."""
        for entry in self.entries[-count:]:
            self._by_id.pop(entry.id, None)
        del self.entries[-count:]
        del self._weights[len(self.entries) :]
        self.next_index -= count
        self.epoch += 1

    def trim(self) -> None:
        """Drop the oldest entries beyond the limit, in front of a person's message where that is possible."""
        if self.limit is None or len(self.entries) <= self.limit:
            return
        cut = len(self.entries) - self.limit
        while cut < len(self.entries) and self.entries[cut].role not in ("user", "event"):
            cut += 1
        if cut == len(self.entries):
            return
        for entry in self.entries[:cut]:
            self._by_id.pop(entry.id, None)
        del self.entries[:cut]
        del self._weights[:cut]
        self._first += cut

    def replace(self, entries: Sequence[Entry]) -> None:
        """Take other entries from now on."""
        self.entries = list(entries)
        self.replaced = True
        self._reindex()

    def mark(self, entry_id: str, status: EntryStatus) -> Entry | None:
        """Give an entry another status."""
        place = self._by_id.get(entry_id)
        if place is None:
            return None
        place -= self._first
        changed = dataclasses.replace(self.entries[place], status=status)
        self.entries[place] = changed
        return changed

    def get(self, entry_id: str) -> Entry | None:
        """The entry of that id, if it is in memory."""
        place = self._by_id.get(entry_id)
        return None if place is None else self.entries[place - self._first]

    def position(self, entry_id: str) -> int | None:
        """Where in :attr:`entries` an entry is."""
        place = self._by_id.get(entry_id)
        return None if place is None else place - self._first

    def weights(self) -> list[int]:
        """What each entry weighs; each is counted once."""
        for entry in self.entries[len(self._weights) :]:
            self._weights.append(weight(entry))
        return self._weights

    def _reindex(self) -> None:
        self.epoch += 1
        self._first = 0
        self._weights = []
        self._by_id = {entry.id: place for place, entry in enumerate(self.entries)}


class TimelineView(Sequence[Entry]):
    """A session's timeline, read-only. It follows the session."""

    __slots__ = ("_log",)

    def __init__(self, log: TimelineLog) -> None:
        self._log = log

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | Sequence[Entry]:
        return self._log.entries[index]

    def __len__(self) -> int:
        return len(self._log.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(tuple(self._log.entries))

    def __eq__(self, other: Any) -> bool:
        if isinstance(other, Sequence) and not isinstance(other, str):
            return list(self) == list(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<timeline of {len(self)} entries>"
