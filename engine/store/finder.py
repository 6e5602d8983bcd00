"""One search over messages and titles, run in a reading thread. Not here: the index (``search.py``), waiting for it."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.store.readers import interrupted
from engine.store.rows import SearchCursor, SearchHit, SearchPage, SessionRow
from engine.store.search import HIT_END, HIT_START, SNIPPET_WORDS, marked

TITLES = 300
"""Of the sessions whose title has the words, a search looks at this many of the newest; the list's filter at all."""

FIRST = SearchCursor(1 << 62)
"""The cursor that starts at the newest entry."""

ROW = (
    "s.id, s.title, s.agent_id, (SELECT name FROM agents WHERE agents.id = s.agent_id), s.status, s.created, "
    "s.updated, s.pinned, s.preview, s.messages, s.cost, s.trashed"
)
"""The columns of a :class:`SessionRow`, from ``sessions s``."""

_SNIPPET = f"snippet(%s, 0, '{HIT_START}', '{HIT_END}', '…', {SNIPPET_WORDS})"

MakeRow = Callable[[Sequence[Any]], SessionRow]


@dataclass(frozen=True, slots=True)
class Query:
    """A search as SQL.

    Attributes:
        expression: For ``MATCH``.
        where: Conditions on ``sessions s``, with ``parameters``.
        cursor: Where to go on.
        limit: How many hits.
        distinct: Only the newest hit of each session.
        titles: Look at titles too; at most ``limit`` of them.
    """

    expression: str
    where: str
    parameters: tuple[Any, ...]
    cursor: SearchCursor
    limit: int
    distinct: bool
    titles: bool


def find(connection: sqlite3.Connection, query: Query, make_row: MakeRow) -> SearchPage:
    """The hits, newest first; those found so far where the search is interrupted."""
    shown = set(query.cursor.shown)
    accepted = set(shown)
    hits: list[SearchHit] = []
    last = query.cursor.before

    def accept(session: int) -> bool:
        # Called by SQLite for each entry that has the words, before its snippet is made.
        new = session not in accepted
        accepted.add(session)
        return new or not query.distinct

    connection.create_function("bough_accept", 1, accept)
    complete = True
    try:
        rows = connection.execute(
            f"SELECT entries_fts.rowid, e.idx, e.id, e.role, e.created, {_SNIPPET % 'entries_fts'}, s.pk, {ROW} "
            "FROM entries_fts CROSS JOIN entries e ON e.pk = entries_fts.rowid "
            "CROSS JOIN sessions s ON s.pk = e.session "
            f"WHERE entries_fts MATCH ? AND entries_fts.rowid < ? AND {query.where} AND bough_accept(s.pk) "
            "ORDER BY entries_fts.rowid DESC LIMIT ?",
            (query.expression, query.cursor.before, *query.parameters, query.limit),
        )
        for row in rows:
            last = row[0]
            shown.add(row[6])  # not what was accepted: the last one may be cut off by an interruption
            hits.append(SearchHit(make_row(row[7:]), row[1], row[2], row[3], row[4], marked(row[5])))
    except sqlite3.OperationalError as error:
        if not interrupted(error):
            raise
        complete = False
    more = bool(hits) and (len(hits) == query.limit or not complete)
    # Titles stand between the messages by time; those older than this page's last message belong to a later page.
    oldest = min((hit.created for hit in hits), default=0.0) if more else -math.inf
    if query.titles and complete:
        hits.extend(_titles(connection, query, make_row, shown, oldest))
        hits.sort(key=lambda hit: hit.created, reverse=True)
    return SearchPage(hits, SearchCursor(last, frozenset(shown), oldest) if more else None, complete)


def _titles(
    connection: sqlite3.Connection, query: Query, make_row: MakeRow, shown: set[int], oldest: float
) -> list[SearchHit]:
    """Sessions of this page's span of time whose title has the words and that are not among the hits yet."""
    rows = connection.execute(
        f"SELECT s.pk, found.snippet, {ROW} FROM (SELECT rowid AS pk, {_SNIPPET % 'sessions_fts'} AS snippet "
        "FROM sessions_fts WHERE sessions_fts MATCH ? ORDER BY rowid DESC LIMIT ?) AS found "
        f"CROSS JOIN sessions s ON s.pk = found.pk WHERE {query.where} AND s.updated >= ? AND s.updated < ? "
        "ORDER BY s.updated DESC LIMIT ?",
        (query.expression, TITLES, *query.parameters, oldest, query.cursor.until, query.limit),
    ).fetchall()
    found = []
    for row in rows:
        if row[0] not in shown:
            shown.add(row[0])
            session = make_row(row[2:])
            found.append(SearchHit(session, None, None, "title", session.updated, marked(row[1])))
    return found
