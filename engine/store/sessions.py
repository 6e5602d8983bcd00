"""Sessions in SQLite: :class:`engine.persistence.SessionStore`. Not here: lists and searches (``browser.py``).

A session's lock is taken at its first commit and held until ``release``. While it is held, nobody else changes the
session's rows (title, pin and trash apart), which is why the writer may remember row numbers and counters.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from engine.entries import Entry
from engine.errors import SessionLocked, StoreError
from engine.persistence import (
    Commit,
    ContextRecord,
    ExecutionRecord,
    PendingMessage,
    StateSteps,
    StateValues,
    StoredEvents,
    StoredSession,
    TickRecord,
)
from engine.store import commits, contexts, events, search
from engine.store.codec import loads, loads_or, unpack
from engine.store.commits import NEXT_CHANGE, Known
from engine.store.locks import Locks, session_lock
from engine.store.readers import Readers
from engine.store.writer import Writer, failed

_REMOVED_KEPT = 1000
_CHUNK = 100

INDEX_BACKLOG = 200
"""After this many new entries the search index is brought up to date even where the writer has no pause."""


class Sessions:
    """Keeps sessions; what it does is said in :class:`engine.persistence.SessionStore`.

    Args:
        writer: Where commits go.
        readers: Where the rest goes.
        locks: The locks between processes; used only in the writer's thread.
        close: What :meth:`aclose` does: closing the whole store.
    """

    def __init__(self, writer: Writer, readers: Readers, locks: Locks, close: Any) -> None:
        self._writer = writer
        self._readers = readers
        self._locks = locks
        self._close = close
        self._known: dict[str, Known] = {}
        self._unindexed = 0
        writer.on_rollback.append(self._known.clear)

    # --- writing -------------------------------------------------------------------------------------------------

    def commit(self, commit: Commit) -> asyncio.Future[None]:
        """Apply one transaction; durable when that is awaited. Commits are applied in the order of the calls.

        Entries that are stored already, under the same index and id, are not stored again.

        Returns:
            Done with the commit; cancelling it does not take the commit back. Its exception is one of:
            SessionLocked: another process writes this session; StoreError: it failed, nothing of it is stored, and
            later commits work.
        """
        try:
            packet = commits.encode(commit)
        except StoreError as error:
            return failed(error)

        return self._writer.run(partial(self._write, packet), before=partial(self._lock, packet.session_id))

    def _write(self, packet: commits.Packet, connection: sqlite3.Connection) -> None:
        session = self._known.get(packet.session_id)
        if session is None:
            session = commits.known(connection, packet.session_id) or commits.create(connection, packet)
            self._known[packet.session_id] = session
        if commits.apply(connection, session, packet):
            self._index_soon(len(packet.entries))

    def _lock(self, session_id: str) -> None:
        if not self._locks.acquire(session_lock(session_id)):
            raise SessionLocked("Another program is writing this session. It can be read here, but not continued.")

    def _index_soon(self, entries: int) -> None:
        self._unindexed += entries
        self._writer.idle_wanted = True
        if self._unindexed >= INDEX_BACKLOG:
            self._unindexed = 0
            self._writer.idle_overdue = True

    async def release(self, session_id: str) -> None:
        """Give the session's lock back; waits for its commits."""

        def work(_: sqlite3.Connection) -> None:
            self._known.pop(session_id, None)
            self._locks.release(session_lock(session_id))

        await self._writer.call(work)

    async def delete(self, session_id: str) -> None:
        """Remove the session and all that belongs to it, for good. Nothing happens where there is none.

        Raises:
            SessionLocked: Another process writes this session.
        """

        def work(connection: sqlite3.Connection) -> None:
            self._known.pop(session_id, None)
            remove(connection, session_id)

        try:
            await self._writer.run(work, before=lambda: self._lock(session_id))
        finally:
            await self.release(session_id)

    async def aclose(self) -> None:
        """Wait for all commits, then close the whole store."""
        await self._close()

    # --- reading -------------------------------------------------------------------------------------------------

    async def has(self, session_id: str) -> bool:
        """Whether a session of that id is stored, in the trash included."""
        row = await self._readers.run(
            lambda connection: connection.execute("SELECT 1 FROM sessions WHERE id = ?", (session_id,)).fetchone()
        )
        return row is not None

    async def load(self, session_id: str, *, limit: int | None = None) -> StoredSession | None:
        """The session, with all entries or the newest ``limit``; None where there is none of that id.

        ``session`` of the result has every key of ``Commit.session`` and ``trashed`` (when, or None).
        """
        return await self._readers.run(lambda connection: _load(connection, session_id, limit))

    async def entries(self, session_id: str, first: int, last: int) -> Sequence[Entry]:
        """Stored entries by index, both ends included; fewer where there are fewer."""

        def work(connection: sqlite3.Connection) -> list[Entry]:
            return _entries(
                connection,
                "WHERE session = (SELECT pk FROM sessions WHERE id = ?) AND idx BETWEEN ? AND ? ORDER BY idx",
                (session_id, first, last),
            )

        return await self._readers.run(work)

    async def context(self, session_id: str, execution_id: str, tick: int) -> ContextRecord | None:
        """What the model was given in that tick; None where nothing was stored of it."""

        def work(connection: sqlite3.Connection) -> ContextRecord | None:
            row = _tick_row(connection, session_id, execution_id, tick, "ticks.context")
            return None if row is None or row[0] is None else contexts.read(connection, row[0])

        return await self._readers.run(work)

    async def state_at(self, session_id: str, execution_id: str, tick: int) -> tuple[StateValues, Mapping[str, Any]]:
        """Element state and session state as they were at the end of that tick.

        Raises:
            StoreError: There is no such tick.
        """

        def work(connection: sqlite3.Connection) -> tuple[StateValues, Mapping[str, Any]]:
            row = _tick_row(connection, session_id, execution_id, tick, "sessions.pk, ticks.state_seq")
            if row is None:
                raise StoreError(f"There is no tick {tick} of the execution {execution_id} in this session.")
            return _split_state(
                connection.execute(
                    # With max() in a grouped query, the other columns come from the row that has the maximum.
                    "SELECT shared, name, value, max(seq) FROM state_changes WHERE session = ? AND seq <= ? "
                    "GROUP BY shared, name",
                    row,
                )
            )

        return await self._readers.run(work)

    async def state_steps(self, session_id: str) -> StateSteps:
        """Every change of state of the session, and which of them each tick had seen."""

        def work(connection: sqlite3.Connection) -> StateSteps:
            pk = "(SELECT pk FROM sessions WHERE id = ?)"
            rows = connection.execute(
                "SELECT executions.id, tick, start_seq, results_seq, state_seq FROM ticks "
                f"JOIN executions ON executions.pk = ticks.execution WHERE session = {pk}",
                (session_id,),
            ).fetchall()
            changes = connection.execute(
                f"SELECT seq, shared, name, value FROM state_changes WHERE session = {pk} ORDER BY seq", (session_id,)
            )
            return StateSteps(
                [(seq, bool(s), name, None if v is None else loads(unpack(v))) for seq, s, name, v in changes],
                {(row[0], row[1]): (row[2], row[3], row[4]) for row in rows},
            )

        return await self._readers.run(work)

    async def events(self, session_id: str, after: int) -> StoredEvents | None:
        """Events behind a sequence number as they are kept; None where there is no such session."""
        return await self._readers.run(lambda connection: events.read(connection, session_id, after))

    async def ticks(self, session_id: str, execution_id: str | None = None) -> Sequence[TickRecord]:
        """The ticks of a session, or of one execution, in order and without their contexts."""

        def work(connection: sqlite3.Connection) -> list[TickRecord]:
            rows = connection.execute(
                "SELECT executions.id, tick, ticks.started, ticks.ended, model, ticks.stop_reason, ticks.usage, "
                "after_index FROM ticks JOIN executions ON executions.pk = ticks.execution "
                "WHERE session = (SELECT pk FROM sessions WHERE id = ?1) AND (?2 IS NULL OR executions.id = ?2) "
                "ORDER BY executions.pk, tick",
                (session_id, execution_id),
            )
            return [
                TickRecord(
                    execution_id=row[0],
                    tick=row[1],
                    started=row[2],
                    ended=row[3],
                    model=row[4],
                    stop_reason=row[5],
                    usage=loads_or(row[6], {}),
                    after_index=row[7],
                )
                for row in rows
            ]

        return await self._readers.run(work)

    async def executions(self, session_id: str) -> Sequence[ExecutionRecord]:
        """The executions of a session, in order."""

        def work(connection: sqlite3.Connection) -> list[ExecutionRecord]:
            rows = connection.execute(
                f"SELECT {_EXECUTION} FROM executions WHERE session = (SELECT pk FROM sessions WHERE id = ?) "
                "ORDER BY pk",
                (session_id,),
            )
            return [_execution(row) for row in rows]

        return await self._readers.run(work)


def remove(connection: sqlite3.Connection, session_id: str) -> None:
    """Delete one session's rows inside the caller's transaction."""
    row = connection.execute("SELECT pk FROM sessions WHERE id = ?", (session_id,)).fetchone()
    if row is None:
        return
    search.forget(connection, row[0])
    contexts.forget(connection, row[0])
    connection.execute(f"INSERT INTO removed_sessions (change, id) SELECT {NEXT_CHANGE}, ?", (session_id,))
    connection.execute(
        "DELETE FROM removed_sessions WHERE change <= (SELECT change FROM removed_sessions ORDER BY change DESC "
        "LIMIT 1 OFFSET ?)",
        (_REMOVED_KEPT,),
    )
    connection.execute("DELETE FROM sessions WHERE pk = ?", row)


_EXECUTION = "id, status, started, ended, agent_version, stop_reason, error, usage, total_usage, metadata"
_ENTRY = "id, idx, role, execution_id, tick, status, tokens, created, metadata, content"


def _load(connection: sqlite3.Connection, session_id: str, limit: int | None) -> StoredSession | None:
    row = connection.execute(
        "SELECT pk, created, entries, title, agent_id, metadata, sequence, usage, parent_id, forked_from, updated, "
        "trashed FROM sessions WHERE id = ?",
        (session_id,),
    ).fetchone()
    if row is None:
        return None
    pk = row[0]
    first = 0 if limit is None else max(0, row[2] - limit)
    state, shared = _split_state(
        connection.execute("SELECT shared, name, value FROM states WHERE session = ? ORDER BY shared, name", (pk,))
    )
    execution = connection.execute(
        f"SELECT {_EXECUTION}, (SELECT ifnull(max(tick), 0) FROM ticks WHERE execution = executions.pk) "
        "FROM executions WHERE session = ? ORDER BY pk DESC LIMIT 1",
        (pk,),
    ).fetchone()
    running = execution is not None and execution[1] == "running"
    streamed = connection.execute("SELECT blocks FROM streams WHERE session = ?", (pk,)).fetchone()
    return StoredSession(
        id=session_id,
        created=row[1],
        session={
            "title": row[3],
            "agent_id": row[4],
            "metadata": loads_or(row[5], {}),
            "sequence": row[6],
            "usage": loads_or(row[7], {}),
            "parent_id": row[8],
            "forked_from": loads_or(row[9], None),
            "created": row[1],
            "updated": row[10],
            "trashed": row[11],
        },
        entries=_entries(connection, "WHERE session = ? AND idx >= ? ORDER BY idx", (pk, first)),
        total_entries=row[2],
        state=state,
        shared_state=shared,
        pending=[
            PendingMessage(id=message[0], kind=message[1], message=loads(message[2]))
            for message in connection.execute(
                "SELECT id, kind, message FROM pending WHERE session = ? ORDER BY pk", (pk,)
            )
        ],
        grants={
            key: loads(value)
            for key, value in connection.execute("SELECT key, value FROM session_grants WHERE session = ?", (pk,))
        },
        unfinished=_execution(execution) if running else None,
        unfinished_tick=execution[-1] if running else 0,
        streamed=[] if streamed is None else loads(streamed[0]),
    )


def _entries(connection: sqlite3.Connection, where: str, parameters: Sequence[Any]) -> list[Entry]:
    cursor = connection.execute(f"SELECT {_ENTRY} FROM entries {where}", parameters)
    found: list[Entry] = []
    # In chunks: one call of the parser for many short texts, and few objects alive that are not kept, or the garbage
    # collector costs more than the reading.
    while rows := cursor.fetchmany(_CHUNK):
        contents = loads(f"[{','.join([row[9] for row in rows])}]")
        metadata = loads(f"[{','.join([row[8] or '{}' for row in rows])}]")
        for (id_, idx, role, execution, tick, status, tokens, created, _, _), content, more in zip(
            rows, contents, metadata, strict=True
        ):
            found.append(Entry(id_, idx, role, content, execution, tick, status, tokens, created, more))
    return found


def _execution(row: Sequence[Any]) -> ExecutionRecord:
    return ExecutionRecord(
        id=row[0],
        status=row[1],
        started=row[2],
        ended=row[3],
        agent_version=row[4],
        stop_reason=row[5],
        error=row[6],
        usage=loads_or(row[7], {}),
        total_usage=loads_or(row[8], {}),
        metadata=loads_or(row[9], {}),
    )


def _tick_row(
    connection: sqlite3.Connection, session_id: str, execution_id: str, tick: int, columns: str
) -> tuple[Any, ...] | None:
    row: tuple[Any, ...] | None = connection.execute(
        f"SELECT {columns} FROM sessions JOIN executions ON executions.session = sessions.pk "
        "JOIN ticks ON ticks.execution = executions.pk WHERE sessions.id = ? AND executions.id = ? AND tick = ?",
        (session_id, execution_id, tick),
    ).fetchone()
    return row


def _split_state(rows: sqlite3.Cursor) -> tuple[dict[str, Any], dict[str, Any]]:
    both: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for row in rows:
        if row[2] is not None:
            both[row[0]][row[1]] = loads(unpack(row[2]))
    return both
