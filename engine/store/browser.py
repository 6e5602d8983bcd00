"""Lists of sessions and searches over them, and what a person does to a session from such a list.

Pages are cut by key, not by offset, so that a page costs the same at any depth and nothing is shown twice when turns
arrive in between. Not here: reading or continuing one session (``sessions.py``), the index (``search.py``).
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from engine.errors import SessionLocked, StoreError
from engine.store import finder, search
from engine.store.codec import TITLE_CHARACTERS, TITLE_LIMIT, loads, shorten, spoken_text
from engine.store.commits import NEXT_CHANGE
from engine.store.locks import Locks, session_lock
from engine.store.readers import Readers
from engine.store.rows import Changes, Counts, SearchCursor, SearchPage, SessionPage, SessionRow
from engine.store.sessions import Sessions
from engine.store.writer import Writer

SEARCH_SECONDS = 0.9
"""A search that takes longer gives what it has found, newest first, and says that there may be more."""

_CATCH_UP_BATCHES = 20
_MANY_TITLES = 2000


class Browser:
    """The sessions of this database as lists. Every call may raise :class:`engine.errors.StoreError`.

    Args:
        writer: Where changes go.
        readers: Where lists come from.
        sessions: Deletes a session for good.
        locks: Locks of its own, only to see whether a session is being written by anybody.
        readonly: Whether nothing may be written, the search index included.
    """

    def __init__(self, writer: Writer, readers: Readers, sessions: Sessions, locks: Locks, *, readonly: bool) -> None:
        self._writer = writer
        self._readers = readers
        self._sessions = sessions
        self._locks = locks
        self._locks_gate = threading.Lock()
        self._readonly = readonly

    async def list(
        self,
        *,
        text: str = "",
        agent_id: str | None = None,
        status: str | None = None,
        trashed: bool = False,
        children: bool = False,
        since: float | None = None,
        until: float | None = None,
        before: tuple[Any, ...] | None = None,
        limit: int = 50,
    ) -> SessionPage:
        """A page of sessions: pinned ones first, then the last changed; in the trash, the last trashed first.

        Args:
            text: Words the title must have, the last one possibly only begun.
            agent_id: Only this agent's.
            status: Only of this status.
            trashed: Those in the trash instead of the others.
            children: Sessions that were spawned by another one too.
            since: Only those changed at or after this time.
            until: Only those changed before this time.
            before: ``next`` of the page before.
            limit: How many.
        """
        where, parameters = _filters(agent_id=agent_id, status=_raw_status(status), since=since, until=until)
        where.append("trashed IS NOT NULL" if trashed else "trashed IS NULL")
        if not children and not trashed:
            where.append("parent_id IS NULL")
        expression = search.match_expression(text) if text.strip() else ""
        if expression is None:
            return SessionPage([])
        order = ("trashed", "id") if trashed else ("pinned", "updated", "id")
        names = ", ".join(f"s.{name}" for name in order)

        def work(connection: sqlite3.Connection) -> SessionPage:
            rows: list[SessionRow] = []
            key = before
            words = [_titled(connection, expression)] if expression else []
            while True:
                clause = " AND ".join([*where, *words])
                values = [*parameters, *([expression] if expression else [])]
                if key is not None:
                    clause += f" AND ({names}) < ({', '.join('?' * len(order))})"
                    values.extend(key)
                found = connection.execute(
                    f"SELECT {names}, {finder.ROW} FROM sessions s WHERE {clause} "
                    f"ORDER BY {', '.join(f's.{name} DESC' for name in order)} LIMIT ?",
                    (*values, limit + 1),
                ).fetchall()
                for row in found[:limit]:
                    if len(rows) == limit:
                        return SessionPage(rows, key)
                    made = self._row(row[len(order) :])
                    key = row[: len(order)]
                    if status is None or made.status == status:
                        rows.append(made)
                if len(found) <= limit:
                    return SessionPage(rows)
                if len(rows) == limit:
                    return SessionPage(rows, key)

        return await self._readers.run(work)

    async def get(self, session_id: str) -> SessionRow | None:
        """One session's row, in the trash or not; None where there is none of that id."""

        def work(connection: sqlite3.Connection) -> SessionRow | None:
            row = connection.execute(f"SELECT {finder.ROW} FROM sessions s WHERE id = ?", (session_id,)).fetchone()
            return None if row is None else self._row(row)

        return await self._readers.run(work)

    async def search(
        self,
        text: str,
        *,
        agent_id: str | None = None,
        status: str | None = None,
        session_id: str | None = None,
        trashed: bool = False,
        per_session: bool = True,
        before: SearchCursor | None = None,
        limit: int = 50,
        seconds: float | None = SEARCH_SECONDS,
    ) -> SearchPage:
        """Sessions by the words of their messages and titles, newest first.

        All words must occur in one message (or the title); the last may be only begun, from two letters on; words in
        double quotes must follow each other. Cancelling the call interrupts the search.

        Args:
            text: What the person typed; any text is fine.
            agent_id: Only in this agent's sessions.
            status: Only in sessions of this status.
            session_id: Only in this session; then ``per_session`` is off.
            trashed: In the trash instead of outside of it.
            per_session: Only the newest hit of each session.
            before: ``next`` of the page before.
            limit: How many messages; as many titles may come on top.
            seconds: After this time it returns what it has. None: never.
        """
        expression = search.match_expression(text)
        if expression is None:
            return SearchPage([])
        indexed = await self._catch_up()
        where, parameters = _filters(agent_id=agent_id, status=_raw_status(status), id=session_id)
        where.append("s.trashed IS NOT NULL" if trashed else "s.trashed IS NULL")
        query = finder.Query(
            expression,
            " AND ".join(where),
            tuple(parameters),
            cursor=before or finder.FIRST,
            limit=limit,
            distinct=per_session and session_id is None,
            titles=session_id is None,
        )
        page = await self._readers.run(lambda connection: finder.find(connection, query, self._row), seconds=seconds)
        hits = [hit for hit in page.hits if status is None or hit.session.status == status]
        return SearchPage(hits, page.next, page.complete and indexed)

    async def _catch_up(self) -> bool:
        """Let the index reach what is stored; returns whether it did."""
        for _ in range(_CATCH_UP_BATCHES):
            if not await self._readers.run(search.backlog):
                return True
            if self._readonly:
                return False
            await self._writer.run(search.catch_up)
        return False

    def _row(self, row: Sequence[Any]) -> SessionRow:
        status = row[4]
        if status == "running" and not self._is_written(row[0]):
            status = "interrupted"
        return SessionRow(
            row[0], row[1] or "", row[2], row[3], status, row[5], row[6], bool(row[7]), row[8] or "", row[9], row[10],
            row[11],
        )  # fmt: skip

    def _is_written(self, session_id: str) -> bool:
        with self._locks_gate, contextlib.suppress(OSError):  # where nothing can be locked, nothing is written
            return self._locks.taken(session_lock(session_id))
        return False

    # --- changing ------------------------------------------------------------------------------------------------

    async def rename(self, session_id: str, title: str) -> None:
        """Give it a title; an empty one brings back the title made of the person's first message."""
        given = shorten(title, TITLE_LIMIT)
        await self._change(session_id, "title = ?", lambda connection: given or _first_words(connection, session_id))

    async def pin(self, session_id: str, pinned: bool = True) -> None:
        """Keep it at the top of the list, or no longer."""
        await self._change(session_id, "pinned = ?", lambda _: int(pinned))

    async def trash(self, session_id: str) -> None:
        """Put it into the trash. It stays readable."""
        await self._change(session_id, "trashed = ifnull(trashed, ?)", lambda _: time.time())

    async def restore(self, session_id: str) -> None:
        """Take it out of the trash."""
        await self._change(session_id, "trashed = ?", lambda _: None)

    async def purge(self, session_id: str) -> None:
        """Remove it for good.

        Raises:
            SessionLocked: Another process is writing it.
        """
        await self._sessions.delete(session_id)

    async def empty_trash(self) -> int:
        """Remove for good what is in the trash, except what another process is writing; returns how many that were."""
        ids = await self._readers.run(
            lambda connection: connection.execute("SELECT id FROM sessions WHERE trashed IS NOT NULL").fetchall()
        )
        removed = 0
        for (session_id,) in ids:
            with contextlib.suppress(SessionLocked):
                await self._sessions.delete(session_id)
                removed += 1
        return removed

    async def _change(self, session_id: str, assignment: str, value: Callable[[sqlite3.Connection], object]) -> None:
        def work(connection: sqlite3.Connection) -> None:
            cursor = connection.execute(
                f"UPDATE sessions SET {assignment}, change = {NEXT_CHANGE} WHERE id = ?",
                (value(connection), session_id),
            )
            if cursor.rowcount == 0:
                raise StoreError(f"There is no session {session_id}.")

        await self._writer.run(work)

    # --- noticing ------------------------------------------------------------------------------------------------

    async def counts(self) -> Counts:
        """How many sessions there are, children left out."""

        def work(connection: sqlite3.Connection) -> Counts:
            status: dict[str, int] = {}
            agents: dict[str, int] = {}
            for agent, state, number in connection.execute(
                # An index in this very order: nothing is sorted, and the table is not touched.
                "SELECT agent_id, status, count(*) FROM sessions INDEXED BY sessions_counted "
                "WHERE trashed IS NULL AND parent_id IS NULL GROUP BY agent_id, status"
            ):
                status[state] = status.get(state, 0) + number
                if agent is not None:
                    agents[agent] = agents.get(agent, 0) + number
            trashed = connection.execute("SELECT count(*) FROM sessions WHERE trashed IS NOT NULL").fetchone()[0]
            return Counts(sum(status.values()), trashed, status, agents)

        return await self._readers.run(work)

    async def cost_since(self, since: float) -> float:
        """What executions that began at or after ``since`` have cost, in dollars; sessions in the trash included."""

        def work(connection: sqlite3.Connection) -> float:
            (cost,) = connection.execute(
                # A session without costs, or not changed since, has no execution to add up.
                "SELECT total(json_extract(e.usage, '$.cost')) FROM sessions s JOIN executions e ON e.session = s.pk "
                "WHERE s.cost > 0 AND s.updated >= ? AND e.started >= ?",
                (since, since),
            ).fetchone()
            return float(cost)

        return await self._readers.run(work)

    async def data_version(self) -> int:
        """A number that grows whenever a session is written or removed, by whatever process. Cheap enough to poll."""
        return await self._readers.run(_token)

    async def changed_since(self, token: int | None) -> Changes:
        """Which sessions changed since ``token``, a number from here or from :meth:`data_version`.

        With None, only the token to begin with. Of removals the last thousand are remembered.
        """

        def work(connection: sqlite3.Connection) -> Changes:
            now = _token(connection)
            if token is None:
                return Changes(now)
            changed = connection.execute("SELECT id FROM sessions WHERE change > ? ORDER BY change", (token,))
            removed = connection.execute("SELECT id FROM removed_sessions WHERE change > ? ORDER BY change", (token,))
            return Changes(now, [row[0] for row in changed], [row[0] for row in removed])

        return await self._readers.run(work)


def _titled(connection: sqlite3.Connection, expression: str) -> str:
    """A condition for titles with these words, put so that SQLite starts at the right end."""
    many = connection.execute(
        "SELECT count(*) FROM (SELECT 1 FROM sessions_fts WHERE sessions_fts MATCH ? LIMIT ?)",
        (expression, _MANY_TITLES),
    ).fetchone()
    # Few are looked up and sorted. Of many, the page is picked from the list in its order; the plus says so.
    plus = "+" if many[0] == _MANY_TITLES else ""
    return f"{plus}s.pk IN (SELECT rowid FROM sessions_fts WHERE sessions_fts MATCH ?)"


def _raw_status(status: str | None) -> str | None:
    return "running" if status == "interrupted" else status


def _filters(
    *, since: float | None = None, until: float | None = None, **columns: str | None
) -> tuple[list[str], list[Any]]:
    # The plus keeps SQLite from picking an index for these: it would have to sort what it finds.
    where = [f"+s.{name} = ?" for name, value in columns.items() if value is not None]
    parameters: list[Any] = [value for value in columns.values() if value is not None]
    if since is not None:
        where.append("s.updated >= ?")
        parameters.append(since)
    if until is not None:
        where.append("s.updated < ?")
        parameters.append(until)
    return where, parameters


def _token(connection: sqlite3.Connection) -> int:
    row = connection.execute(f"SELECT {NEXT_CHANGE} - 1").fetchone()
    return int(row[0])


def _first_words(connection: sqlite3.Connection, session_id: str) -> str | None:
    row = connection.execute(
        "SELECT content FROM entries WHERE session = (SELECT pk FROM sessions WHERE id = ?) AND role = 'user' "
        "ORDER BY idx LIMIT 1",
        (session_id,),
    ).fetchone()
    return None if row is None else shorten(spoken_text(loads(row[0])), TITLE_CHARACTERS) or None
