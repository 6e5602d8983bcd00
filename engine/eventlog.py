"""Keeping events and handing them to any number of readers, each at its own pace.

Not here: what the events are (``events``).
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator

from engine.errors import EngineError
from engine.events import SessionEvent

MAX_EVENTS_PER_HANDLE = 100_000
"""Events of one execution that are kept for late readers; an older reader is told that it missed some."""

MAX_EVENTS_PER_SESSION = 5_000
"""Events of a session that are kept for ``events(after=)``."""

MAX_READERS = 1_000
"""Iterators that may be open on one handle or session."""


class EventLog:
    """A bounded run of events with readers. Only used from the loop's thread."""

    __slots__ = ("_events", "_first", "_limit", "_waiting", "closed", "_readers")

    def __init__(self, limit: int) -> None:
        self._events: list[SessionEvent] = []
        self._first = 0
        self._limit = limit
        self._waiting: list[asyncio.Future[None]] = []
        self._readers: weakref.WeakSet[EventReader] | None = None  # most logs are never read
        self.closed = False

    def add(self, event: SessionEvent) -> None:
        """Append an event and wake the readers."""
        self._events.append(event)
        if len(self._events) > self._limit + self._limit // 4:
            drop = len(self._events) - self._limit
            del self._events[:drop]
            self._first += drop
        if self._waiting:
            self._wake()

    def close(self) -> None:
        """No more events will come; readers end."""
        self.closed = True
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def place_after(self, sequence: int) -> int:
        """Where the events behind a sequence number begin.

        Raises:
            EngineError: Some of them are not kept any more.
        """
        events = self._events
        low, high = 0, len(events)
        while low < high:
            middle = (low + high) // 2
            if events[middle].sequence <= sequence:
                low = middle + 1
            else:
                high = middle
        if low == 0 and events and events[0].sequence > sequence + 1:
            raise EngineError(
                f"Events {sequence + 1} to {events[0].sequence - 1} are not kept any more; read the timeline instead"
            )
        return self._first + low

    def has_all_after(self, sequence: int, start: int) -> bool:
        """Whether no event behind a number is missing; ``start``: the number before the first event ever added."""
        first = self._events[0].sequence - 1 if self._first and self._events else start
        return sequence >= first

    def read(self, place: int = 0) -> EventReader:
        """An iterator over all events from a place on, until the log is closed.

        Raises:
            EngineError: There are too many readers.
        """
        if self._readers is None:
            self._readers = weakref.WeakSet()
        if len(self._readers) >= MAX_READERS:
            raise EngineError(f"There are {MAX_READERS} open iterators on this log already")
        reader = EventReader(self, place)
        self._readers.add(reader)
        return reader

    def at(self, place: int) -> SessionEvent | None:
        """The event at a place, or None where it is not there yet.

        Raises:
            EngineError: It is not kept any more.
        """
        if place < self._first:
            raise EngineError(f"{self._first - place} events were missed; at most {self._limit} are kept")
        index = place - self._first
        return self._events[index] if index < len(self._events) else None

    def get(self, place: int) -> SessionEvent | None:
        """The event at a place, or None where it is not kept or not there yet."""
        index = place - self._first
        return self._events[index] if 0 <= index < len(self._events) else None

    def put(self, place: int, event: SessionEvent) -> None:
        """Take another event in the place of one that is kept."""
        self._events[place - self._first] = event

    def wait(self) -> asyncio.Future[None]:
        """Done when there is another event, or none will come."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        return future

    @property
    def end(self) -> int:
        """The place of the next event."""
        return self._first + len(self._events)


class EventReader:
    """One reader of a log. It may be left at any time without closing it."""

    __slots__ = ("_log", "_place", "__weakref__")

    def __init__(self, log: EventLog, place: int) -> None:
        self._log = log
        self._place = place

    def __aiter__(self) -> AsyncIterator[SessionEvent]:
        return self

    async def __anext__(self) -> SessionEvent:
        while (event := self.peek()) is None:
            if self.ended:
                raise StopAsyncIteration
            await self._log.wait()
        self.skip()
        return event

    def peek(self) -> SessionEvent | None:
        """The next event, or None where it is not there yet.

        Raises:
            EngineError: It is not kept any more.
        """
        return self._log.at(self._place)

    def skip(self) -> None:
        """Go on behind the event that :meth:`peek` showed."""
        self._place += 1

    @property
    def ended(self) -> bool:
        """Whether no more events will come than those that are there."""
        return self._log.closed

    async def aclose(self) -> None:
        """Nothing to release; here because readers of streams call it."""
