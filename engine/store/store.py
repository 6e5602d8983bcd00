"""The store as one object: its threads, its parts, opening and closing. Not here: any SQL."""

from __future__ import annotations

import atexit
import os
import sqlite3
import weakref
from collections.abc import Generator, Sequence
from pathlib import Path
from types import TracebackType

from engine.errors import StoreError
from engine.store import backup, search
from engine.store.agents import Agents
from engine.store.browser import Browser
from engine.store.connections import connect_reader, schema_version
from engine.store.grants import Grants
from engine.store.locks import Locks, open_locks
from engine.store.parts import Parts
from engine.store.readers import Readers
from engine.store.sessions import Sessions
from engine.store.writer import Writer

_CLOSE_SECONDS = 10.0


class Store:
    """Everything that is kept, in one SQLite file. Make it with :meth:`open`.

    Attributes:
        path: The database file.
        readonly: Whether it was opened for reading only; then every call that writes raises ``StoreError``.
        sessions: Sessions, as :class:`engine.persistence.SessionStore`.
        agents: Agents, their versions and undo journals.
        parts: The library of parts.
        browser: Lists of sessions, searches, and what is done to sessions from there.
        grants: Permissions.
    """

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        self.path = path
        self.readonly = readonly
        self._locks: Locks = open_locks(path)
        self._writer = Writer(self._connect, readonly=readonly)
        self._readers = Readers(lambda: connect_reader(path))
        self.sessions = Sessions(self._writer, self._readers, self._locks, self.aclose)
        self._writer.idle_work = search.catch_up
        # To look at other people's locks needs an instance of its own: the writer's belongs to the writer's thread.
        self._probe: Locks = open_locks(path)
        self.agents = Agents(self._writer, self._readers)
        self.parts = Parts(self._writer, self._readers)
        self.browser = Browser(self._writer, self._readers, self.sessions, self._probe, readonly=readonly)
        self.grants = Grants(self._writer, self._readers)

    @classmethod
    def open(cls, path: str | os.PathLike[str], *, readonly: bool = False) -> Opening:
        """Open the database at ``path``: ``await Store.open(p)`` or ``async with Store.open(p) as store``.

        A missing one is made, with its folder; an older one is migrated after a backup of it was put into ``backups/``
        beside it.

        Args:
            path: The file.
            readonly: Never write; the file must be there and of the present version.

        Raises:
            StoreError: With its kind; a damaged or newer file is left as it is.
        """
        if str(path) == ":memory:":
            raise StoreError("A store needs a file; for sessions that are not kept, give no store at all.")
        return Opening(cls(Path(path).absolute(), readonly=readonly))

    def _connect(self) -> sqlite3.Connection:
        if not self.readonly:
            connection = backup.prepare(self.path, self._locks)
            self._writer.idle_wanted = True
            return connection
        connection = connect_reader(self.path)
        try:
            if schema_version(connection) == 0:
                raise StoreError("This database is empty or from an older version; open it for writing once.")
        except BaseException:
            connection.close()
            raise
        return connection

    async def _start(self) -> Store:
        self._writer.on_close.extend((self._locks.close, self._probe.close))
        await self._writer.start()
        _open_stores.add(self)
        return self

    async def aclose(self) -> None:
        """Wait for all commits and reads, give the locks back, close. Safe to call twice."""
        self._readers.close_soon()
        if not self._writer.closed:
            await self._writer.call(lambda _: self._readers.join())
        await self._writer.aclose()
        _open_stores.discard(self)

    async def back_up(self) -> Path:
        """Copy the database into ``backups/`` beside it and return the copy's path."""
        return await self._writer.call(lambda connection: backup.back_up(connection, self.path, "copy"))

    async def check(self) -> Sequence[str]:
        """What SQLite's own check of the whole file finds wrong; nothing where it is sound."""

        def work(connection: sqlite3.Connection) -> list[str]:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
            broken = [str(tuple(row)) for row in connection.execute("PRAGMA foreign_key_check")]
            return [*(line for line in found if line != "ok"), *broken]

        return await self._readers.run(work)

    async def rebuild_search(self) -> None:
        """Make the search index anew from what is stored."""
        await self._writer.run(search.rebuild)
        while await self._writer.run(search.catch_up):
            pass

    def close_at_exit(self) -> None:
        """Wait, without a loop, until everything handed in is stored. For the end of the process."""
        self._readers.close_soon()
        self._writer.close_soon()
        self._writer.join(_CLOSE_SECONDS)

    async def __aenter__(self) -> Store:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class Opening:
    """What :meth:`Store.open` returns: awaitable, and an async context manager that closes at its end."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __await__(self) -> Generator[object, None, Store]:
        return self._store._start().__await__()

    async def __aenter__(self) -> Store:
        return await self._store._start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._store.aclose()


_open_stores: weakref.WeakSet[Store] = weakref.WeakSet()


@atexit.register
def _close_forgotten() -> None:
    # The writer's thread is a daemon, so that a forgotten store does not keep the process alive; what was handed to
    # it must be written all the same.
    for store in list(_open_stores):
        store.close_at_exit()
