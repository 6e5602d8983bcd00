"""Compaction strategies: what of a history stays when it does not fit.

Not here: limit, roles and filter (``select``).
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.entries import Entry
from engine.errors import EngineError, ValidationFailed
from engine.timeline.log import weight


@dataclass(frozen=True, slots=True)
class Budget:
    """What a history has to fit in, and what became of it.

    Attributes:
        max_tokens: The limit as it was given.
        headroom: What of it is to stay free.
        effective: The limit less the headroom.
        current_tokens: What the history weighed before anything was left out.
        evicted_count: How many entries were left out.
        is_compacted: Whether any were.
    """

    max_tokens: int
    headroom: int
    effective: int
    current_tokens: int
    evicted_count: int = 0
    is_compacted: bool = False

    @classmethod
    def of(cls, max_tokens: int, headroom: int, entries: Sequence[Entry], weights: Sequence[int] | None) -> Budget:
        """The budget of these entries."""
        total = sum(weights) if weights is not None else sum(weight(e) for e in entries)
        return cls(max_tokens, headroom, max(0, max_tokens - headroom), total)

    def after(self, kept: Sequence[Entry], evicted: int) -> Budget:
        """The budget once some entries were left out."""
        return dataclasses.replace(self, evicted_count=evicted, is_compacted=evicted > 0)


async def apply_strategy(
    props: Mapping[str, Any],
    entries: Sequence[Entry],
    budget: Budget | None,
    protected: int,
    summarize: Callable[[Sequence[Entry], str | None], Any] | None,
) -> Sequence[Entry]:
    """The entries that stay. ``protected``: from here on they belong to the running execution.

    Raises:
        ValidationFailed: There is no such strategy, or the function returned something that is not entries.
        EngineError: The function raised.
    """
    strategy = props["strategy"]
    if callable(strategy):
        limits = {
            "max_tokens": budget.effective if budget is not None else None,
            "current_tokens": budget.current_tokens if budget is not None else sum(weight(e) for e in entries),
        }
        try:
            kept = strategy(list(entries), limits, props["guidance"])
            if inspect.isawaitable(kept):
                kept = await kept
        except Exception as error:
            raise EngineError(f"The strategy of Timeline raised {type(error).__name__}: {error}") from error
        if not isinstance(kept, list | tuple) or not all(isinstance(e, Entry) for e in kept):
            raise ValidationFailed("A timeline strategy must return a list of entries", place="strategy")
        there = {e.id for e in kept}
        return [*kept, *(e for e in entries[protected:] if e.id not in there)]
    if budget is None or budget.current_tokens <= budget.effective:
        return entries
    if strategy == "truncate":
        return entries[truncate_place(entries, budget.effective, protected) :]
    if strategy == "sliding-window":
        return sliding_window(entries, budget.effective, protected, props["preserve"])
    raise ValidationFailed(f"There is no timeline strategy {strategy!r}", place="strategy")


async def summarized(
    props: Mapping[str, Any],
    entries: Sequence[Entry],
    budget: Budget | None,
    protected: int,
    summarize: Callable[[Sequence[Entry], str | None], Any] | None,
) -> Sequence[Entry]:
    """The newest entries behind a summary of the older ones; without somebody to write one, the newest alone."""
    cut = settled_place(entries, budget.effective if budget is not None else None, props["limit"], protected)
    if cut == 0:
        return entries
    summary = await summarize(entries[:cut], props["guidance"]) if summarize is not None else None
    return entries[cut:] if summary is None else [summary, *entries[cut:]]


def settled_place(entries: Sequence[Entry], budget: int | None, limit: int | None, protected: int) -> int:
    """Where the entries begin that stand in full beside a summary.

    It moves on only when they are too many, and then so far that half the room is free: a summary is written once in a
    while and not at every turn. As it follows from the entries alone, it is the same place after a restart.
    """
    start = total = 0
    for place, entry in enumerate(entries):
        total += weight(entry)
        if (budget is None or total <= budget) and (limit is None or place - start < limit):
            continue
        start = _half_free(entries, start, place, budget, limit, protected)
        total = sum(weight(each) for each in entries[start : place + 1])
    least = truncate_place(entries, budget, protected) if budget is not None else 0
    return min(max(start, least), protected)


def _half_free(
    entries: Sequence[Entry], start: int, end: int, budget: int | None, limit: int | None, protected: int
) -> int:
    """The first place behind ``start`` from which the entries up to ``end`` take half the room, in front of a person's
    message; else the last such place, else ``start``."""
    found, total = start, 0
    for place in range(end, start, -1):
        total += weight(entries[place])
        fits = (budget is None or total * 2 <= budget) and (limit is None or (end - place + 1) * 2 <= limit)
        if entries[place].role == "user" and place <= protected:
            if fits or found == start:
                found = place
        if not fits and found != start:
            break
    return found


def truncate_place(entries: Sequence[Entry], budget: int, protected: int) -> int:
    """Where the newest entries begin that fit, in front of a person's message and never inside the execution."""
    total = 0
    best = None
    for place in range(len(entries) - 1, -1, -1):
        total += weight(entries[place])
        if total > budget and place < protected:
            break
        if place <= protected and (entries[place].role == "user" or place == protected or place == 0):
            best = place
    if best is None:
        best = min(protected, len(entries))
    return best


def sliding_window(entries: Sequence[Entry], budget: int, protected: int, preserve: Sequence[str]) -> list[Entry]:
    """Preserved roles whatever their age, and the newest others that fit beside them."""
    kept_ahead = [e for e in entries[:protected] if e.role in preserve]
    left = budget - sum(weight(e) for e in kept_ahead)
    others = [e for e in entries if e.role not in preserve]
    boundary = sum(1 for e in entries[:protected] if e.role not in preserve)
    cut = truncate_place(others, left, boundary)
    dropped = {e.id for e in others[:cut]}
    return [e for e in entries if e.id not in dropped]
