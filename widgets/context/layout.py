"""Where everything of a request stands on the page: headings, blocks broken into lines, and the mark of the cache.

Pure arithmetic. Not here: painting (``paint``), mouse and keys (``canvas``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from widgets.context.blocks import ContextBlock, ContextPart
from widgets.context.wrap import columns_of, wrap

GAP = 2.0


@dataclass(frozen=True, slots=True)
class Metrics:
    """Heights of a line, the head of a block, the heading of a part and the mark; how many columns fit."""

    line: float
    head: float
    part: float
    mark: float
    columns: int


@dataclass(slots=True)
class Item:
    """A heading, a block, or the mark where the request parts from the one before (``block`` and it: ``is_mark``).

    Attributes:
        top: Where it begins.
        height: How high it is.
        part: The part that it belongs to.
        block: The block; None for a heading.
        lines: Speaker and text of each line.
        is_mark: It is the mark above ``block``.
        link: Where the word is that leads to another node, as left and right; set when it is painted.
    """

    top: float
    height: float
    part: ContextPart
    block: ContextBlock | None = None
    lines: list[tuple[str, str]] = field(default_factory=list)
    is_mark: bool = False
    link: tuple[float, float] | None = None

    @property
    def is_block(self) -> bool:
        """Whether it shows what a node wrote."""
        return self.block is not None and not self.is_mark


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found: in which item, and per line where it begins and how long it is there."""

    item: int
    pieces: tuple[tuple[int, int, int], ...]


def arrange(parts: Sequence[ContextPart], folded: frozenset[str], metrics: Metrics) -> tuple[list[Item], float]:
    """All items from the top, and the height of the whole."""
    items: list[Item] = []
    y = 4.0
    for part in parts:
        items.append(Item(y, metrics.part, part))
        y += metrics.part
        if part.name in folded:
            continue
        for block in part.blocks:
            if block.parts_here:
                items.append(Item(y, metrics.mark, part, block, is_mark=True))
                y += metrics.mark
            lines = _lines(block, metrics.columns)
            height = metrics.head + len(lines) * metrics.line + (12 if lines else 8)
            items.append(Item(y, height, part, block, lines))
            y += height + GAP
        y += 4
    return items, y + 12


def _lines(block: ContextBlock, columns: int) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    for piece in block.lines:
        taken = columns_of(piece.speaker) + 1 if piece.speaker else 0
        for number, text in enumerate(wrap(piece.text.strip("\n"), columns, taken)):
            lines.append((piece.speaker if number == 0 else "", text))
    return lines


def find(items: Sequence[Item], needle: str) -> list[Hit]:
    """Every place of some words, upper and lower case alike; a hit may go over the end of a line."""
    wanted = " ".join(needle.lower().split())
    found: list[Hit] = []
    if not wanted:
        return found
    for index, item in enumerate(items):
        if not item.is_block:
            continue
        starts, text = [], ""
        for _, line in item.lines:
            starts.append(len(text))
            text += line.lower() + " "
        at = text.find(wanted)
        while at >= 0:
            found.append(Hit(index, _pieces(item.lines, starts, at, at + len(wanted))))
            at = text.find(wanted, at + len(wanted))
    return found


def _pieces(
    lines: Sequence[tuple[str, str]], starts: Sequence[int], begin: int, end: int
) -> tuple[tuple[int, int, int], ...]:
    pieces = []
    for number, start in enumerate(starts):
        left, right = max(begin, start), min(end, start + len(lines[number][1]))
        if left < right:
            pieces.append((number, left - start, right - left))
    return tuple(pieces)
