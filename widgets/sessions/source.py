"""What the session list shows and where it comes from. Not here: widgets, and any store."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

View = Literal["all", "trash"]


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """One session in the list.

    Attributes:
        id: Its id.
        title: What it is called; "" where it has no name yet.
        agent: The agent's name.
        updated: Seconds since the epoch.
        snippet: Words of it: plain, or as pieces with whether each is a hit of the search.
        pinned: Whether it stands at the top.
        trashed: Whether it is in the trash.
        status: ``running`` gets a mark, everything else none.
    """

    id: str
    title: str
    agent: str = ""
    updated: float = 0.0
    snippet: str | Sequence[tuple[str, bool]] = ""
    pinned: bool = False
    trashed: bool = False
    status: str = "idle"


@dataclass(frozen=True, slots=True)
class SessionQuery:
    """What is asked for."""

    text: str = ""
    view: View = "all"


@dataclass(frozen=True, slots=True)
class SessionPage:
    """A piece of the answer.

    Attributes:
        entries: In the order to show: pinned first, then newest first.
        after: Where the next page begins; None: this was the last.
        total: How many there are in all, where that is known.
    """

    entries: Sequence[SessionEntry]
    after: Any = None
    total: int | None = None


class SessionSource(Protocol):
    """Gives pages of sessions."""

    async def page(self, query: SessionQuery, *, after: Any = None, limit: int = 200) -> SessionPage:
        """The page that begins after a cursor (None: the first)."""
        ...


class Cancellable(Protocol):
    """What starting a coroutine gives back."""

    def cancel(self) -> object:
        """Stop it."""
        ...


Spawn = Callable[[Coroutine[Any, Any, None]], Cancellable]
"""Starts a coroutine on the program's event loop (``app.tasks.spawn``)."""

__all__ = ["Cancellable", "SessionEntry", "SessionPage", "SessionQuery", "SessionSource", "Spawn", "View"]
