"""Spans as rows while a request is put together; a :class:`Span` is made of one when somebody looks at it.

A request has a span for every block of its history, and most requests go to a model without anyone asking who wrote
what. Not here: what a span says (``engine/model``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, overload

from engine.model import Part, Span

Row = tuple[str, Part, int, int, int, int, int, str | None, bool]
"""The fields of a :class:`Span`, in its order."""

INDEX: Final = 2
BLOCK: Final = 3
ENTRY: Final = 7


def moved(row: Row, *, messages: int = 0, blocks: int = 0) -> Row:
    """The row of the same words so many messages and blocks further on."""
    return (row[0], row[1], row[2] + messages, row[3] + blocks, *row[4:])


class Spans(Sequence[Span]):
    """The spans of a request, read-only."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = rows

    @overload
    def __getitem__(self, index: int) -> Span: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Span]: ...
    def __getitem__(self, index: int | slice) -> Span | Sequence[Span]:
        return Spans(self._rows[index]) if isinstance(index, slice) else Span(*self._rows[index])

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Span]:
        return (Span(*row) for row in self._rows)

    def __eq__(self, other: Any) -> bool:
        if isinstance(other, Spans):
            return list(self._rows) == list(other._rows)
        if isinstance(other, Sequence) and not isinstance(other, str):
            return list(self) == list(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{len(self)} spans>"
