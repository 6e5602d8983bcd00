"""Reading on where a client was cut off: events of this process as they come, and from the store those that are not
there, with what another process writes meanwhile. Not here: their stored form (``event_record``).
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from engine.errors import EngineError, StoreError
from engine.events import CompiledEvent, SessionEvent
from engine.session.event_record import events_of
from engine.session.inspect import stored_request

if TYPE_CHECKING:
    from engine.eventlog import EventReader
    from engine.session.session import Session

POLL_SECONDS = 1.0
"""How often the store is looked at while another process may be writing the session."""


class StoredReader:
    """Events behind a sequence number, in order and without a gap. It may be left at any time without closing it."""

    __slots__ = ("_session", "_after", "_stored", "_live", "_news")

    def __init__(self, session: Session, after: int) -> None:
        log = session.events_log
        self._session = session
        self._after = after
        self._stored: list[SessionEvent] = []
        self._live: EventReader | None = None
        self._news: asyncio.Future[None] | None = None
        if session.loaded and log.has_all_after(after, session.events_from):
            self._live = log.read(log.place_after(after))

    def __aiter__(self) -> AsyncIterator[SessionEvent]:
        return self

    async def __anext__(self) -> SessionEvent:
        live = self._live if self._live is not None else await self._begin()
        while not self._stored:
            event = live.peek()
            if event is None:
                if live.ended:
                    raise StopAsyncIteration
                await self._wait(live)
            elif event.sequence > self._after + 1:  # another process wrote what lies between
                before = self._after
                await self._read()
                if self._after == before:
                    self._after = event.sequence - 1  # or nobody did: it was lost with a process that was killed
            else:
                live.skip()
                if event.sequence > self._after:
                    self._after = event.sequence
                    return await self._whole(event)
        return await self._whole(self._stored.pop())

    async def aclose(self) -> None:
        """Nothing to release; here because readers of streams call it."""

    async def _begin(self) -> EventReader:
        await self._read()
        log = self._session.events_log
        self._live = log.read(log.place_after(max(self._after, self._session.events_from)))
        return self._live

    async def _wait(self, live: EventReader) -> None:
        """Wait for an event of this process; look for those of others while it does not hold the session."""
        if self._news is None or self._news.done():
            self._news = self._session.events_log.wait()
        done, _ = await asyncio.wait([self._news], timeout=POLL_SECONDS)
        if done or self._session.caught_up:
            return
        try:
            await self._read()
        except StoreError:
            if not live.ended:
                raise

    async def _read(self) -> None:
        """Take what is stored behind the last event that is known here.

        Raises:
            EngineError: Some of it is not kept any more.
        """
        session, store = self._session, self._session.journal.store
        assert store is not None
        found = await store.events(session.id, self._after)
        if found is None:
            return
        begins = found.oldest if found.oldest is not None else found.sequence + 1
        if begins > self._after + 1:
            raise EngineError(
                f"Events {self._after + 1} to {begins - 1} are not kept any more; read the timeline instead"
            )
        events: list[SessionEvent] = []
        for batch in found.batches:
            made = await events_of(batch, lambda first, last: store.entries(session.id, first, last))
            events.extend(event for event in made if event.sequence > self._after)
            self._after = batch.last
        self._stored = events[::-1]

    async def _whole(self, event: SessionEvent) -> SessionEvent:
        """The event, a ``compiled`` one with its request where neither log has it any more."""
        if not isinstance(event, CompiledEvent) or event.spawn_path or event.request.messages:
            return event
        request = await stored_request(self._session, event.execution_id, event.tick)
        return event if request is None else dataclasses.replace(event, request=request)
