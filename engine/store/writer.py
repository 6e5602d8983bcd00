"""The one thread that writes: a queue of jobs, executed in order, waiting ones grouped into one transaction.

A job is a plain function of a connection. It may run twice (a group that fails is run again one by one), so it
must not change anything but the database; what it remembers for speed is forgotten through ``on_rollback``.
Not here: what the jobs write.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from engine.errors import StoreError
from engine.store.errors import HOPELESS, error_code, store_error, translate

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]

GROUP = 256
"""At most this many waiting jobs share a transaction."""

IDLE_SECONDS = 0.05
"""How long the queue is empty before the idle work runs."""

LAST_IDLE_ROUNDS = 25
"""At most so many rounds of idle work before closing, so that closing after a large import does not take minutes."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Job:
    work: Work | None
    before: Callable[[], None] | None
    transaction: bool
    full: bool
    future: asyncio.Future[Any] | None
    loop: asyncio.AbstractEventLoop | None
    result: Any = None
    error: StoreError | None = None


class Writer:
    """Runs jobs on its own connection in its own thread.

    Args:
        connect: Makes the connection; runs in the thread, and its failure is what :meth:`start` raises.
        readonly: Refuse every transaction.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection], *, readonly: bool = False) -> None:
        self._connect = connect
        self._readonly = readonly
        self._queue: queue.SimpleQueue[Sequence[_Job] | None] = queue.SimpleQueue()
        self._handed_in: list[_Job] = []
        self._flushing: set[asyncio.AbstractEventLoop] = set()
        self._thread = threading.Thread(target=self._main, name="bough-store-writer", daemon=True)
        self._closed = False
        self._gate = threading.Lock()
        self.on_rollback: list[Callable[[], None]] = []
        self.on_close: list[Callable[[], None]] = []
        self.idle_work: Callable[[sqlite3.Connection], bool] | None = None
        """Runs in a transaction of its own when the queue is empty; returns whether there is more to do."""
        self.idle_wanted = False
        """Set by jobs: the idle work has something to do."""
        self.idle_overdue = False
        """Set by jobs: so much that it should not wait for an empty queue."""

    @property
    def closed(self) -> bool:
        """Whether no more jobs are taken."""
        return self._closed

    async def start(self) -> None:
        """Start the thread and wait until the connection is open.

        Raises:
            StoreError: It could not be opened.
        """
        loop = asyncio.get_running_loop()
        opened = _Job(None, None, False, False, loop.create_future(), loop)
        self._queue.put([opened])
        self._thread.start()
        try:
            await asyncio.shield(cast("asyncio.Future[Any]", opened.future))
        except StoreError:
            self._closed = True
            self._thread.join()
            raise
        except asyncio.CancelledError:
            self.close_soon()
            raise

    def run(
        self,
        work: Callable[[sqlite3.Connection], T],
        *,
        before: Callable[[], None] | None = None,
        full: bool = False,
    ) -> asyncio.Future[T]:
        """Run ``work`` in a transaction; the future has its result when it is durable.

        Args:
            work: Executes statements; an exception rolls all of them back.
            before: Runs first, in the writer's thread and outside of the transaction.
            full: Wait until the disk itself has it (``synchronous=FULL``), not just the system.

        Returns:
            The future; its exception is a StoreError where the work failed, and then nothing of it is stored.
            Cancelling it does not take the work back.
        """
        if self._readonly:
            return failed(store_error("readonly"))
        return self._submit(work, before, transaction=True, full=full)

    def call(self, work: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        """Run ``work`` in its place in the queue, without a transaction."""
        return self._submit(work, None, transaction=False, full=False)

    def _submit(
        self, work: Work, before: Callable[[], None] | None, *, transaction: bool, full: bool
    ) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        job = _Job(work, before, transaction, full, future, loop)
        with self._gate:
            if self._closed:
                return failed(StoreError("The store is closed."))
            # What the sessions of a loop hand in during one round of it reaches the thread in one go. One by one,
            # a thousand of them would make the thread fight the loop for the interpreter over every statement.
            self._handed_in.append(job)
            if loop not in self._flushing:
                self._flushing.add(loop)
                loop.call_soon(self._flush, loop)
        return future

    def _flush(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._gate:
            self._flushing.discard(loop)
            self._put()

    def _put(self) -> None:
        if self._handed_in:
            self._queue.put(self._handed_in)
            self._handed_in = []

    def close_soon(self) -> None:
        """Let the thread finish what was handed in, then end. Does not wait; any thread may call it."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._put()
                self._queue.put(None)

    def join(self, timeout: float | None = None) -> None:
        """Wait for the thread's end."""
        if self._thread.ident is not None:
            self._thread.join(timeout)

    async def aclose(self) -> None:
        """Wait for every job that was handed in, then end the thread. Safe to call twice."""
        if self._thread.ident is None or not self._thread.is_alive():
            self._closed = True
            return
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[None] = loop.create_future()

        def tell() -> None:
            with contextlib.suppress(RuntimeError):  # the loop may be gone
                loop.call_soon_threadsafe(_end, ended)

        self.on_close.append(tell)
        self.close_soon()
        if self._thread.is_alive():
            await ended
        # What is left of the thread is its return.
        self._thread.join()

    # --- in the thread -------------------------------------------------------------------------------------------

    def _main(self) -> None:
        first = self._queue.get()
        assert first is not None  # start() puts it
        opened = first[0]
        try:
            connection = self._connect()
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller of start() must be told
            opened.error = _chained(error)
            self._tell_closed()
            _deliver([opened])
            return
        _deliver([opened])
        try:
            self._serve(connection)
        finally:
            connection.close()
            self._tell_closed()

    def _tell_closed(self) -> None:
        for callback in self.on_close:
            callback()

    def _serve(self, connection: sqlite3.Connection) -> None:
        while True:
            try:
                jobs = self._queue.get(timeout=IDLE_SECONDS if self.idle_wanted else None)
            except queue.Empty:
                self._idle(connection)
                continue
            waiting: list[_Job] = []
            while jobs is not None:
                waiting.extend(jobs)
                try:
                    jobs = self._queue.get_nowait()
                except queue.Empty:
                    break
            self._work_off(connection, waiting)
            waiting.clear()  # or what was saved last lives on until something else is
            if jobs is None:
                self._drain_idle(connection)
                return
            if self.idle_overdue:
                self._idle(connection)

    def _work_off(self, connection: sqlite3.Connection, jobs: Sequence[_Job]) -> None:
        group: list[_Job] = []
        for job in jobs:
            if job.transaction and not job.full and len(group) < GROUP:
                group.append(job)
                continue
            self._group(connection, group)
            group = []
            self._single(connection, job)
        self._group(connection, group)

    def _single(self, connection: sqlite3.Connection, job: _Job) -> None:
        if job.transaction and not job.full:
            self._group(connection, [job])
            return
        try:
            if job.full:
                connection.execute("PRAGMA synchronous = FULL")
                try:
                    self._attempt(connection, job)
                finally:
                    connection.execute("PRAGMA synchronous = NORMAL")
            elif job.work is not None:
                job.result = job.work(connection)
        except Exception as error:  # noqa: BLE001 - it belongs to the one who handed the job in
            job.error = _chained(error)
        _deliver([job])

    def _group(self, connection: sqlite3.Connection, jobs: Sequence[_Job]) -> None:
        if not jobs:
            return
        ready: list[_Job] = []
        for job in jobs:
            try:
                if job.before is not None:
                    job.before()
                ready.append(job)
            except Exception as error:  # noqa: BLE001 - as above
                job.error = _chained(error)
        if len(ready) > 1:
            try:
                self._transaction(connection, ready)
            except Exception as error:  # noqa: BLE001 - as above
                if error_code(error) in HOPELESS:
                    for job in ready:
                        job.error = _chained(error)
                else:
                    for job in ready:
                        self._attempt(connection, job)
        elif ready:
            self._attempt(connection, ready[0])
        _deliver(jobs)

    def _attempt(self, connection: sqlite3.Connection, job: _Job) -> None:
        try:
            if job.full and job.before is not None:
                job.before()
            self._transaction(connection, [job])
        except Exception as error:  # noqa: BLE001 - as above
            job.error = _chained(error)

    def _transaction(self, connection: sqlite3.Connection, jobs: Sequence[_Job]) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
            for job in jobs:
                if job.work is not None:
                    job.result = job.work(connection)
            connection.execute("COMMIT")
        except BaseException:
            for callback in self.on_rollback:
                callback()
            # A full disk ends the transaction by itself; any other error leaves it open.
            if connection.in_transaction:
                with contextlib.suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
            raise

    def _idle(self, connection: sqlite3.Connection) -> None:
        if self.idle_work is None:
            self.idle_wanted = False
            return
        job = _Job(self.idle_work, None, True, False, None, None)
        self._attempt(connection, job)
        self.idle_overdue = False
        if job.error is not None:
            # Tried again after the next commit that leaves something to do.
            _log.warning("The search index could not be brought up to date: %s", job.error)
        self.idle_wanted = job.error is None and bool(job.result)

    def _drain_idle(self, connection: sqlite3.Connection) -> None:
        # What is left after that is done by the next process that opens the database.
        for _ in range(LAST_IDLE_ROUNDS):
            if self.idle_wanted:
                self._idle(connection)


def failed(error: StoreError) -> asyncio.Future[Any]:
    """A future that has failed already."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.set_exception(error)
    return future


def _end(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _chained(error: Exception) -> StoreError:
    translated = translate(error)
    if translated is not error:
        translated.__cause__ = error
    return translated


def _deliver(jobs: Sequence[_Job]) -> None:
    """Resolve the futures, with one wake-up per loop."""
    by_loop: dict[asyncio.AbstractEventLoop, list[_Job]] = {}
    for job in jobs:
        if job.loop is not None:
            by_loop.setdefault(job.loop, []).append(job)
    for loop, theirs in by_loop.items():
        # The loop may have been closed while we worked; then nobody waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(_resolve, theirs)


def _resolve(jobs: Sequence[_Job]) -> None:
    for job in jobs:
        future = job.future
        if future is None or future.done():
            continue
        if job.error is not None:
            future.set_exception(job.error)
        else:
            future.set_result(job.result)
