"""Choosing the entries a model is shown: limit, roles, filter, budget. Not here: the strategies (``strategies``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.entries import Entry
from engine.errors import EngineError
from engine.timeline.log import TimelineLog
from engine.timeline.strategies import Budget, apply_strategy, summarized


@dataclass(slots=True)
class Choice:
    """The entries to show.

    Attributes:
        entries: In order.
        start: Where they begin in the log, if they are all of it from there on; else None.
        budget: What they had to fit in, or None.
        evicted: How many were left out by the budget.
    """

    entries: Sequence[Entry]
    start: int | None
    budget: Budget | None = None
    evicted: int = 0


@dataclass(frozen=True, slots=True)
class Running:
    """The running execution: its entries are never cut."""

    execution_id: str | None
    first: int
    """Where its entries begin in the log."""


async def choose(
    log: TimelineLog,
    props: Mapping[str, Any] | None,
    running: Running,
    summarize: Callable[[Sequence[Entry], str | None], Any] | None = None,
) -> Choice:
    """The entries that a Timeline with these properties shows; ``None``: there is no Timeline.

    Cuts fall only in front of a person's message, and never into the running execution; ``roles`` and ``filter``
    choose among what was there before it.
    """
    entries = log.entries
    if props is None:
        return Choice(entries[running.first :], running.first)
    start: int | None = 0
    chosen: Sequence[Entry] = entries
    protected = running.first
    if props["roles"] is not None or props["filter"] is not None:
        roles, keep = props["roles"], props["filter"]
        before = [e for e in entries[: running.first] if (roles is None or e.role in roles) and _kept(keep, e)]
        if len(before) < min(running.first, len(entries)):
            start, chosen, protected = None, [*before, *entries[running.first :]], len(before)
    if props["strategy"] == "summarize" and (props["limit"] is not None or props["max_tokens"] is not None):
        return await _summarized(props, chosen, start, protected, summarize)
    if props["limit"] is not None and len(chosen) > props["limit"]:
        cut = cut_place(chosen, len(chosen) - props["limit"], protected)
        chosen = chosen[cut:]
        protected -= cut
        start = cut if start is not None else None
    if props["max_tokens"] is None:
        if callable(props["strategy"]):
            kept = await apply_strategy(props, chosen, None, protected, summarize)
            return Choice(kept, None, None, len(chosen) - len(kept))
        return Choice(chosen, start)
    weights = log.weights()[start:] if start is not None else None
    budget = Budget.of(props["max_tokens"], props["headroom"], chosen, weights)
    kept = await apply_strategy(props, chosen, budget, protected, summarize)
    evicted = len(chosen) - sum(1 for e in kept if e.index >= 0 and e.metadata.get("summary_of") is None)
    contiguous = (
        start is not None and len(kept) > 0 and kept[-1] is chosen[-1] and kept[0] is chosen[len(chosen) - len(kept)]
    )
    budget = budget.after(kept, evicted)
    if start is not None and not kept:
        return Choice([], len(entries), budget, evicted)
    return Choice(kept, start + len(chosen) - len(kept) if contiguous and start is not None else None, budget, evicted)


def _kept(keep: Callable[[Entry], Any] | None, entry: Entry) -> bool:
    try:
        return keep is None or bool(keep(entry))
    except Exception as error:
        raise EngineError(f"The filter of Timeline raised {type(error).__name__}: {error}") from error


async def _summarized(
    props: Mapping[str, Any],
    chosen: Sequence[Entry],
    start: int | None,
    protected: int,
    summarize: Callable[[Sequence[Entry], str | None], Any] | None,
) -> Choice:
    budget = None
    if props["max_tokens"] is not None:
        budget = Budget.of(props["max_tokens"], props["headroom"], chosen, None)
    kept = await summarized(props, chosen, budget, protected, summarize)
    shown = sum(1 for entry in kept if entry.metadata.get("summary_of") is None)
    evicted = len(chosen) - shown
    whole = start is not None and shown == len(kept)
    where = start + evicted if whole and start is not None else None
    return Choice(kept, where, budget.after(kept, evicted) if budget is not None else None, evicted)


def cut_place(entries: Sequence[Entry], wanted: int, protected: int) -> int:
    """The first place at or after ``wanted`` where history may be cut, at most where the execution began."""
    place = wanted
    while place < protected and place < len(entries) and entries[place].role != "user":
        place += 1
    return min(place, protected)
