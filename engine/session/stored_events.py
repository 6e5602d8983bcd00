"""Reading on where a client was cut off: events from the store first, then those of this process as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.events import SessionEvent
from engine.session.event_record import events_of

if TYPE_CHECKING:
    from engine.eventlog import EventReader
    from engine.session.session import Session


class StoredReader:
    """Events behind a sequence number, the stored ones first. It may be left at any time without closing it."""

    __slots__ = ("_session", "_after", "_stored", "_live")

    def __init__(self, session: Session, after: int) -> None:
        self._session = session
        self._after = after
        self._stored: list[SessionEvent] = []
        self._live: EventReader | None = None

    def __aiter__(self) -> AsyncIterator[SessionEvent]:
        return self

    async def __anext__(self) -> SessionEvent:
        if self._live is None:
            await self._read()
        if self._stored:
            return self._stored.pop()
        assert self._live is not None
        while True:
            event = await self._live.__anext__()
            if event.sequence > self._after:
                return event

    async def _read(self) -> None:
        session = self._session
        store = session.journal.store
        assert store is not None
        found = await store.events(session.id, self._after)
        events: list[SessionEvent] = []
        until = self._after
        if found is not None:
            begins = found.oldest if found.oldest is not None else found.sequence + 1
            if begins > self._after + 1:
                raise EngineError(
                    f"Events {self._after + 1} to {begins - 1} are not kept any more; read the timeline instead"
                )
            for batch in found.batches:
                events.extend(
                    event
                    for event in await events_of(batch, lambda first, last: store.entries(session.id, first, last))
                    if event.sequence > self._after
                )
                until = batch.last
        self._stored = events[::-1]
        log = session.events_log
        self._live = log.read(log.place_after(max(until, session.events_from)))
        self._after = until

    async def aclose(self) -> None:
        """Nothing to release; here because readers of streams call it."""
