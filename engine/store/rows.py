"""What lists of sessions and searches give back. Not here: the queries (``browser.py``, ``finder.py``)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in a list.

    Attributes:
        id: Its id.
        title: Given by a person, else the beginning of the first message, else "".
        agent_id: The agent it belongs to.
        agent_title: That agent's name, None where the agent is not in this database.
        status: ``idle``, ``running``, ``completed``, ``error``, ``aborted``, or ``interrupted`` where the process that
            ran it died.
        created: Seconds since the epoch.
        updated: When something was last stored for it.
        pinned: Whether it is kept at the top.
        snippet: The beginning of the newest message.
        messages: How many messages of person and agent it has.
        cost: Estimated dollars.
        trashed: When it was put into the trash, or None.
    """

    id: str
    title: str
    agent_id: str | None
    agent_title: str | None
    status: str
    created: float
    updated: float
    pinned: bool
    snippet: str
    messages: int
    cost: float
    trashed: float | None


@dataclass(frozen=True, slots=True)
class SessionPage:
    """Rows, and the key to ask for the next ones with (``before=``), None where there are no more."""

    rows: Sequence[SessionRow]
    next: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A session found by its words.

    Attributes:
        session: The session.
        index: The entry with the words, or None where it was the title.
        entry_id: That entry's id, or None.
        role: That entry's role, ``title`` for a title.
        created: When that entry was made; for a title, when the session was last changed.
        snippet: Pieces of the text around the words, each with whether it is a hit.
    """

    session: SessionRow
    index: int | None
    entry_id: str | None
    role: str
    created: float
    snippet: Sequence[tuple[str, bool]]


@dataclass(frozen=True, slots=True)
class SearchCursor:
    """Where the next page of a search goes on."""

    before: int
    shown: frozenset[int] = frozenset()
    until: float = math.inf


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Hits, newest first. ``complete`` is False where time ran out or entries are not indexed yet."""

    hits: Sequence[SearchHit]
    next: SearchCursor | None = None
    complete: bool = True


@dataclass(frozen=True, slots=True)
class Counts:
    """How many sessions there are. ``status`` and ``agents`` count those outside the trash."""

    total: int
    trashed: int
    status: dict[str, int] = field(default_factory=dict)
    agents: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since a token: ids of sessions that were written or removed, by whatever process."""

    token: int
    changed: Sequence[str] = ()
    removed: Sequence[str] = ()
