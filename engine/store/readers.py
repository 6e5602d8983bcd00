"""A few threads that read, each with a connection of its own that cannot write. Not here: the queries."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable
from typing import Any, TypeVar, cast

from engine.errors import StoreError
from engine.store.errors import error_code, translate

T = TypeVar("T")

READERS = 3

_INTERRUPT = 9

PROGRESS_STEPS = 50_000
"""Steps of SQLite's machine between two looks at whether the query is still wanted; well under a millisecond."""


class _Read:
    """One query on its way. The lock makes sure that an interruption meets this query and not the next one."""

    __slots__ = ("_connection", "_lock", "cancelled", "error", "future", "loop", "result", "work")

    def __init__(self, work: Callable[[sqlite3.Connection], Any], loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.result: Any = None
        self.error: StoreError | None = None
        self.cancelled = False
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    def cancel(self) -> None:
        """Interrupt it, now or as soon as it starts; what it found so far is lost unless its work keeps it."""
        with self._lock:
            self.cancelled = True
            if self._connection is not None:
                self._connection.interrupt()

    def begin(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            self._connection = connection
        # An interruption that comes between two statements is forgotten by SQLite, but not by this.
        connection.set_progress_handler(self._stop, PROGRESS_STEPS)

    def _stop(self) -> bool:
        return self.cancelled

    def end(self) -> None:
        with self._lock:
            self._connection = None


class Readers:
    """A pool of reading threads, started when they are needed.

    Args:
        connect: Makes a connection that cannot write; runs in the reading thread.
        count: How many threads at most.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], count: int = READERS) -> None:
        self._connect = connect
        self._count = count
        self._queue: queue.SimpleQueue[_Read | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._gate = threading.Lock()
        self._busy = 0
        self._closed = False

    async def run(self, work: Callable[[sqlite3.Connection], T], *, seconds: float | None = None) -> T:
        """Run ``work`` in a read transaction, so that all its queries see one state of the database.

        Cancelling the waiting task interrupts the query. So does the end of ``seconds``: then the work meets an
        ``OperationalError`` for which :func:`interrupted` is true, and may return what it has.

        Raises:
            StoreError: It failed.
        """
        read = _Read(work, asyncio.get_running_loop())
        with self._gate:
            if self._closed:
                raise StoreError("The store is closed.")
            self._busy += 1
            if self._busy > len(self._threads) < self._count:
                thread = threading.Thread(
                    target=self._main, name=f"bough-store-reader-{len(self._threads) + 1}", daemon=True
                )
                self._threads.append(thread)
                thread.start()
            self._queue.put(read)
        timer = None if seconds is None else read.loop.call_later(seconds, read.cancel)
        try:
            return cast(T, await read.future)
        except asyncio.CancelledError:
            read.cancel()
            raise
        finally:
            if timer is not None:
                timer.cancel()

    def close_soon(self) -> None:
        """Interrupt nothing, take nothing new, end the threads when the waiting reads are done."""
        with self._gate:
            if not self._closed:
                self._closed = True
                for _ in self._threads:
                    self._queue.put(None)

    def join(self, timeout: float | None = None) -> None:
        """Wait for the threads' end."""
        for thread in self._threads:
            thread.join(timeout)

    # --- in the threads ------------------------------------------------------------------------------------------

    def _main(self) -> None:
        connection: sqlite3.Connection | None = None
        try:
            while (read := self._queue.get()) is not None:
                try:
                    if connection is None:
                        connection = self._connect()
                    read.begin(connection)
                    _perform(read, connection)
                except Exception as error:  # noqa: BLE001 - it belongs to the one who asked
                    read.error = translate(error)
                    if read.error is not error:
                        read.error.__cause__ = error
                finally:
                    read.end()
                    with self._gate:
                        self._busy -= 1
                with contextlib.suppress(RuntimeError):  # the loop may be gone
                    read.loop.call_soon_threadsafe(_resolve, read)
        finally:
            if connection is not None:
                connection.close()


def interrupted(error: sqlite3.Error) -> bool:
    """Whether the query was interrupted, as opposed to having failed."""
    return error_code(error) == _INTERRUPT


def _perform(read: _Read, connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN")
    try:
        read.result = read.work(connection)
    finally:
        if connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")


def _resolve(read: _Read) -> None:
    if read.future.done():
        return
    if read.error is not None:
        read.future.set_exception(read.error)
    else:
        read.future.set_result(read.result)
