"""Breaking text into lines of so many columns, for a font in which every letter is equally wide.

Fast because nothing is measured: wide letters count two columns, combining marks none.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache


def columns_of(text: str) -> int:
    """How many columns a text takes."""
    if text.isascii():
        return len(text)
    return sum(_width(letter) for letter in text)


@lru_cache(maxsize=4096)
def _width(letter: str) -> int:
    if unicodedata.combining(letter) or letter in "\u200d\ufe0f\u200b":
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


@lru_cache(maxsize=8192)
def wrap(text: str, columns: int, first: int = 0) -> tuple[str, ...]:
    """Lines of at most ``columns`` columns; breaks at blanks where there are any.

    Args:
        text: The text; its own line breaks are kept.
        columns: How wide a line is.
        first: Columns that are taken already in the first line.
    """
    columns = max(8, columns)
    found: list[str] = []
    room = max(4, columns - first)
    for line in text.expandtabs(4).split("\n"):
        rest = line
        while columns_of(rest) > room:
            cut = _fitting(rest, room)
            blank = rest.rfind(" ", 1, cut + 1)
            at = blank if blank > cut // 3 else cut
            found.append(rest[:at].rstrip())
            rest = rest[at:].lstrip(" ")
            room = columns
        found.append(rest)
        room = columns
    return tuple(found)


def _fitting(text: str, columns: int) -> int:
    """How many letters fit; at least one."""
    if text.isascii():
        return columns
    used = 0
    for index, letter in enumerate(text):
        used += _width(letter)
        if used > columns:
            return max(1, index)
    return len(text)
