"""Where each item of a long conversation stands: heights, the air between items, and the sums of both.

Plain arithmetic, nothing of Qt. Sums are brought up to date lazily, from the first place that changed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from widgets.chat.items import ChatItem

TOP: Final = 20
BOTTOM: Final = 10
_EARLIER: Final = 34
_PER_LETTER: Final = 7


class Positions:
    """Items with their heights.

    Attributes:
        items: The items in order.
        heights: Height of each, estimated until it was on screen.
        has_earlier: Whether there is room for a button above the first item.
        settled: Whether the sums are up to date.
    """

    def __init__(self) -> None:
        self.items: list[ChatItem] = []
        self.heights: list[int] = []
        self.has_earlier = False
        self._width = 480
        self._index: dict[str, int] = {}
        self._tops: list[int] = [TOP]
        self._stale = 0
        self.settled = False

    def __len__(self) -> int:
        return len(self.items)

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._index

    def set_width(self, width: int) -> None:
        """The width that estimates are made for."""
        self._width = width

    def find(self, item_id: str) -> int | None:
        """The place of an item."""
        return self._index.get(item_id)

    def set_items(self, items: Sequence[ChatItem]) -> None:
        """Takes other items altogether."""
        self.items = list(items)
        self._index = {item.id: number for number, item in enumerate(self.items)}
        self.heights = [self.estimate(item) for item in self.items]
        self.touch(0)

    def append(self, item: ChatItem) -> None:
        """Adds one at the end."""
        self._index[item.id] = len(self.items)
        self.items.append(item)
        self.heights.append(self.estimate(item))
        self.touch(len(self.items) - 2)  # the air below the one before depends on this one

    def insert(self, number: int, item: ChatItem) -> None:
        """Adds one before the item at that place."""
        if number >= len(self.items):
            self.append(item)
            return
        self.items.insert(number, item)
        self.heights.insert(number, self.estimate(item))
        for place in range(number, len(self.items)):
            self._index[self.items[place].id] = place
        self.touch(number - 1)

    def prepend(self, items: Sequence[ChatItem]) -> None:
        """Adds some at the start."""
        self.items[:0] = items
        self.heights[:0] = [self.estimate(item) for item in items]
        self._index = {item.id: number for number, item in enumerate(self.items)}
        self.touch(0)

    def remove(self, item_id: str) -> None:
        """Takes one out."""
        number = self._index[item_id]
        del self.items[number], self.heights[number]
        self._index = {item.id: place for place, item in enumerate(self.items)}
        self.touch(number - 1)

    def set_height(self, number: int, height: int) -> bool:
        """Notes a height; True if it is another one."""
        if self.heights[number] == height:
            return False
        self.heights[number] = height
        self.touch(number)
        return True

    def touch(self, number: int) -> None:
        """From this item on the sums may be wrong."""
        self._stale = max(0, min(self._stale, number))
        self.settled = False

    def settle(self) -> None:
        """Brings the sums up to date."""
        count = len(self.items)
        if self.settled:
            return
        start = self._stale
        if start <= 0 or start >= len(self._tops):
            start = 0
            self._tops = [TOP + (_EARLIER if self.has_earlier else 0)]
        steps = [self.heights[number] + self._gap(number) for number in range(start, count)]
        self._tops[start:] = accumulate(steps, initial=self._tops[start])
        self._stale = count
        self.settled = True

    def top(self, number: int) -> int:
        """Where an item begins."""
        return self._tops[number]

    @property
    def total(self) -> int:
        """The height of all."""
        return self._tops[-1]

    def at(self, y: int) -> int:
        """The item at a height, or the last above it."""
        return max(0, min(bisect_right(self._tops, y) - 1, len(self.items) - 1))

    def last_before(self, y: int) -> int:
        """The last item that begins above a height."""
        return max(0, min(bisect_left(self._tops, y), len(self.items) - 1))

    def estimate(self, item: ChatItem) -> int:
        """A height that is good enough until the item was on screen."""
        per_line = max(10, self._width // _PER_LETTER)
        if item.kind == "agent":
            return 26 + 20 * (1 + len(item.text) // per_line + item.text.count("\n"))
        if item.kind == "person":
            return 14 + 20 * (1 + min(len(item.text), 6000) // (per_line * 6 // 7) + item.text.count("\n"))
        return 36

    def _gap(self, number: int) -> int:
        """The air below an item."""
        if number + 1 >= len(self.items):
            return BOTTOM
        here, after = self.items[number].kind, self.items[number + 1].kind
        if here == after == "agent" and self.items[number].status == "interrupted":
            return 16  # another attempt of the same turn
        if here == "agent":
            return 4 if after == "person" else 0 if after == "agent" else 6
        if here == after == "tool":
            return 8
        return 24 if "person" in (here, after) else 16
