"""What differs between two texts, word by word. Not here: what the texts belong to (``compare``)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

RunKind = Literal["same", "removed", "added"]

MOST_PAIRS = 1_000_000
"""Longer texts are compared by lines first, so that the time stays bounded."""

_WORD = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text that both have, or only the one before (``removed``) or after (``added``)."""

    kind: RunKind
    text: str


def word_changes(before: str, after: str) -> tuple[Run, ...]:
    """How ``before`` became ``after``, as runs in reading order.

    The runs that are not ``added`` joined give ``before``, those that are not ``removed`` give ``after``. Whole words
    change, never letters inside them.

    Example:
        >>> [(run.kind, run.text) for run in word_changes("Be kind.", "Be very kind.")]
        [('same', 'Be '), ('added', 'very '), ('same', 'kind.')]
    """
    return tuple(_joined(_changes(_WORD.findall(before), _WORD.findall(after))))


def _changes(before: Sequence[str], after: Sequence[str]) -> Iterator[Run]:
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    yield Run("same", "".join(before[:start]))
    if old and new and len(old) * len(new) > MOST_PAIRS:
        yield from _by_lines("".join(old), "".join(new))
    elif old and new:
        yield from _by_pieces(old, new)
    else:
        yield from (Run("removed", "".join(old)), Run("added", "".join(new)))
    yield Run("same", "".join(before[len(before) - end :]))


def _by_pieces(old: Sequence[str], new: Sequence[str]) -> Iterator[Run]:
    for tag, i, j, k, m in _opcodes(old, new):
        if tag == "equal":
            yield Run("same", "".join(old[i:j]))
        else:
            yield Run("removed", "".join(old[i:j]))
            yield Run("added", "".join(new[k:m]))


def _by_lines(old: str, new: str) -> Iterator[Run]:
    """Lines first, then words inside the lines that differ; what is too long even so differs as a whole."""
    lines, others = old.splitlines(keepends=True), new.splitlines(keepends=True)
    if len(lines) * len(others) > MOST_PAIRS:
        yield from (Run("removed", old), Run("added", new))
        return
    left = MOST_PAIRS
    for tag, i, j, k, m in _opcodes(lines, others):
        if tag == "equal":
            yield Run("same", "".join(lines[i:j]))
            continue
        words, other_words = _WORD.findall("".join(lines[i:j])), _WORD.findall("".join(others[k:m]))
        left -= len(words) * len(other_words)
        if left < 0:
            yield from (Run("removed", "".join(words)), Run("added", "".join(other_words)))
        else:
            yield from _by_pieces(words, other_words)


def _opcodes(old: Sequence[str], new: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    """What is the same and what is not. Nothing is found by what stands everywhere, such as blanks and, in long texts,
    small words: beside what was found it counts, but a search for each of it takes time in the cube of the length.
    """
    return difflib.SequenceMatcher(_is_blank, old, new, autojunk=True).get_opcodes()


def _is_blank(piece: str) -> bool:
    return piece.isspace() and "\n" not in piece


def _joined(runs: Iterator[Run]) -> Iterator[Run]:
    """Neighbours of one kind as one run, what went before what came; a blank between two changes belongs to both."""
    same = removed = added = ""
    for run in runs:
        if run.kind == "same":
            same += run.text
        elif run.text:
            if same and not ((removed or added) and same.isspace() and "\n" not in same):
                yield from _pair(removed, added)
                yield Run("same", same)
                removed = added = ""
            elif same:
                removed, added = removed + same, added + same
            same = ""
            removed, added = (removed + run.text, added) if run.kind == "removed" else (removed, added + run.text)
    yield from _pair(removed, added)
    if same:
        yield Run("same", same)


def _pair(removed: str, added: str) -> Iterator[Run]:
    if removed:
        yield Run("removed", removed)
    if added:
        yield Run("added", added)
