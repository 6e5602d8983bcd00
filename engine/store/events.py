"""The stored log of a session's events: one row per commit, the newest few thousand events. Not here: their form
(``engine/session/event_record.py``).
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from engine.persistence import EventBatch, StoredEvents
from engine.store.codec import pack, unpack

if TYPE_CHECKING:
    from engine.store.commits import Known

KEPT_EVENTS = 2_000
"""So many events of a session are kept at least."""

SLACK = 500
"""Beyond that, so many more before the oldest are removed: once in a while, not at every commit."""

EncodedBatch = tuple[int, int, int, "str | bytes"]


def encode(batch: EventBatch) -> EncodedBatch:
    """The row, without its session."""
    return batch.last, batch.first, batch.count, pack(batch.body)


def save(connection: sqlite3.Connection, session: Known, batch: EncodedBatch) -> None:
    """Add the row, and remove the oldest ones where there are too many."""
    if session.events < 0:
        found = connection.execute("SELECT ifnull(sum(count), 0) FROM events WHERE session = ?", (session.pk,))
        session.events = int(found.fetchone()[0])
    connection.execute(
        "INSERT OR REPLACE INTO events (session, last, first, count, body) VALUES (?, ?, ?, ?, ?)", (session.pk, *batch)
    )
    session.events += batch[2]
    if session.events > KEPT_EVENTS + SLACK:
        _trim(connection, session)


def _trim(connection: sqlite3.Connection, session: Known) -> None:
    kept = 0
    for last, count in connection.execute(
        "SELECT last, count FROM events WHERE session = ? ORDER BY last DESC", (session.pk,)
    ).fetchall():
        if kept >= KEPT_EVENTS:
            connection.execute("DELETE FROM events WHERE session = ? AND last <= ?", (session.pk, last))
            break
        kept += count
    session.events = kept


def read(connection: sqlite3.Connection, session_id: str, after: int) -> StoredEvents | None:
    """What is kept behind a sequence number; None where there is no such session."""
    row = connection.execute("SELECT pk, sequence FROM sessions WHERE id = ?", (session_id,)).fetchone()
    if row is None:
        return None
    oldest = connection.execute("SELECT first FROM events WHERE session = ? ORDER BY last LIMIT 1", row[:1]).fetchone()
    batches: list[EventBatch] = []
    for last, first, count, body in connection.execute(
        "SELECT last, first, count, body FROM events WHERE session = ? AND last > ? ORDER BY last", (row[0], after)
    ):
        batches.append(EventBatch(first, last, count, unpack(body)))
    return StoredEvents(sequence=row[1], oldest=None if oldest is None else oldest[0], batches=batches)
