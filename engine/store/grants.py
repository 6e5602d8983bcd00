"""Permissions a person gave: for the whole machine, and in one session. Not here: what they allow or who asks."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.json_values import clean
from engine.store.codec import dumps, loads
from engine.store.readers import Readers
from engine.store.writer import Writer


@dataclass(frozen=True, slots=True)
class Grant:
    """A permission. ``session_id`` is None where it holds for every session."""

    key: str
    value: Any
    created: float
    session_id: str | None = None


class Grants:
    """The permissions in this database. Those of one session are given by its commits (``Commit.grants``).

    Every call may raise :class:`engine.errors.StoreError`.
    """

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def list(self) -> Sequence[Grant]:
        """All of them, the newest first."""

        def work(connection: sqlite3.Connection) -> Sequence[Grant]:
            rows = connection.execute(
                "SELECT key, value, created, NULL FROM grants UNION ALL "
                "SELECT key, value, session_grants.created, sessions.id FROM session_grants "
                "JOIN sessions ON sessions.pk = session ORDER BY 3 DESC, 1"
            )
            return [Grant(row[0], loads(row[1]), row[2], row[3]) for row in rows]

        return await self._readers.run(work)

    async def get(self, key: str) -> Grant | None:
        """The machine-wide permission of that key."""

        def work(connection: sqlite3.Connection) -> Grant | None:
            row = connection.execute("SELECT key, value, created FROM grants WHERE key = ?", (clean(key),)).fetchone()
            return None if row is None else Grant(row[0], loads(row[1]), row[2])

        return await self._readers.run(work)

    async def set(self, key: str, value: Any) -> None:
        """Give, or give again with another value, a machine-wide permission."""
        row = (clean(key), dumps(value, "A permission"), time.time())
        await self._writer.run(
            lambda connection: (
                connection.execute(
                    "INSERT INTO grants (key, value, created) VALUES (?, ?, ?) "
                    "ON CONFLICT (key) DO UPDATE SET value = excluded.value, created = excluded.created",
                    row,
                ).rowcount
            )
        )

    async def revoke(self, key: str, *, session_id: str | None = None) -> bool:
        """Take one back, machine-wide or of one session; returns whether there was one.

        A session that is open keeps what it has in memory: tell it as well.
        """

        def work(connection: sqlite3.Connection) -> bool:
            if session_id is None:
                return connection.execute("DELETE FROM grants WHERE key = ?", (clean(key),)).rowcount > 0
            cursor = connection.execute(
                "DELETE FROM session_grants WHERE key = ? AND session = (SELECT pk FROM sessions WHERE id = ?)",
                (clean(key), session_id),
            )
            return cursor.rowcount > 0

        return await self._writer.run(work)
