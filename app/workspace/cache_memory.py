"""What the session in front has sent lately: the last request, and where the ones before it parted. No widget.

The requests of a session that is opened again come from the database.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from engine.blueprint.cache_advice import Parting, compare, if_it_changed
from engine.blueprint.document import AgentDocument
from engine.blueprint.why import current_values
from engine.model import ModelRequest

KEPT = 6
"""A part counts as changing often when it made one of so many calls part from the one before."""


class CacheMemory:
    """The last calls of one session."""

    def __init__(self) -> None:
        self._last: tuple[ModelRequest, AgentDocument, Mapping[str, Any] | None] | None = None
        self._partings: deque[Parting] = deque(maxlen=KEPT)

    @property
    def sent(self) -> ModelRequest | None:
        """The request that was sent last."""
        return self._last[0] if self._last is not None else None

    def note(self, request: ModelRequest, document: AgentDocument, state: Mapping[str, Any] | None) -> None:
        """A request was sent, with these values."""
        values = current_values(document, state) if state is not None else None
        if self._last is not None:
            self._partings.append(self._compared(request, document, values))
        self._last = (request, document, values)

    def next(self, request: ModelRequest, document: AgentDocument, state: Mapping[str, Any]) -> Parting | None:
        """How the request that would be sent next follows the last one; None before the first."""
        if self._last is None:
            return None
        return self._compared(request, document, current_values(document, state))

    def _compared(self, request: ModelRequest, document: AgentDocument, values: Mapping[str, Any] | None) -> Parting:
        assert self._last is not None
        before, then, known = self._last
        return compare(before, request, document, document_before=then, state_before=known, state_after=values)

    def often(self, request: ModelRequest, document: AgentDocument) -> Parting | None:
        """The part that made calls part lately, where it stands above the conversation and could be moved."""
        blamed = [one.node_id for one in reversed(self._partings) if one.is_blamed and not one.edited and one.node_id]
        for node_id in dict.fromkeys(blamed):
            found = if_it_changed(request, document, node_id)
            if found is not None and found.move is not None:
                return found
        return None


async def recalled(session: Any, store: Any, document: AgentDocument) -> CacheMemory:
    """The memory of a session from the database: its last calls, with the values they were made with."""
    memory = CacheMemory()
    ticks = [tick for tick in await store.sessions.ticks(session.id) if tick.tick > 0][-KEPT:]
    state: Mapping[str, Any] | None = None
    for tick in ticks:
        request = await session.context((tick.execution_id, tick.tick))
        if request is not None:
            memory.note(request, document, state)
        state, _shared = await store.sessions.state_at(session.id, tick.execution_id, tick.tick)
    return memory


__all__ = ["KEPT", "CacheMemory", "recalled"]
