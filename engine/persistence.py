"""What a session hands to a store and gets back from one: records and the protocol, no SQL.

The SQLite store is ``engine/store``; it is imported only when a session is kept. A session talks to a store
in *commits*: each is one transaction, durable when the call returns, applied in the order of the calls.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from engine.entries import Entry, EntryStatus

StateValues = Mapping[str, Any]
"""State by element path: ``{"/node:n1": [hook values…]}``. A value of None removes the path."""


@dataclass(frozen=True, slots=True)
class PendingMessage:
    """A message that waits for its place on the timeline. ``kind`` *queued* starts nothing by itself."""

    id: str
    message: Mapping[str, Any]
    kind: Literal["queued", "joined"]


@dataclass(frozen=True, slots=True)
class ExecutionRecord:
    """One ``send`` or ``render``. Written again under the same id as it goes on."""

    id: str
    status: Literal["running", "completed", "error", "aborted"]
    started: float
    ended: float | None = None
    agent_version: str | None = None
    stop_reason: str | None = None
    error: str | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    total_usage: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TickRecord:
    """One model call. Written again under the same (execution, tick) as it goes on.

    ``context`` is what the model was given, in the compact form that the compiler makes: entries by range,
    everything else by content. The store keeps each distinct body once.
    """

    execution_id: str
    tick: int
    started: float
    ended: float | None = None
    model: str | None = None
    stop_reason: str | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    context: ContextRecord | None = None
    after_index: int | None = None
    """Index of the last entry of this tick, once it is known: the place a fork at this tick cuts."""


@dataclass(frozen=True, slots=True)
class ContextRecord:
    """A request in parts, in request order, so that the store can keep equal parts once.

    Attributes:
        parts: ``(kind, body)`` pairs. Kind ``entries`` has the body ``[first_index, last_index]`` (inclusive) and
            stands for stored entries as they are; any other kind (``system``, ``tool``, ``message``, ``options``,
            ``spans``) has a JSON body that is stored by its hash.
    """

    parts: Sequence[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Commit:
    """One transaction. Every field is optional; absent means unchanged.

    Attributes:
        session: Columns of the session row to change: ``title``, ``agent_id``, ``metadata``, ``sequence`` (the last
            event number), ``usage``, ``parent_id``, ``forked_from``. The row is made on the first commit.
        entries: New entries, appended.
        statuses: Entries (by id) whose status changed.
        state: Element state that changed; see :data:`StateValues`. Kept both as the current value and, under
            (execution, tick), as a difference, so that any tick's state can be rebuilt.
        shared_state: Session state by key (``use_session_state``), same rules.
        pending_added: Messages that now wait.
        pending_removed: Ids of messages that no longer wait.
        execution: The execution this belongs to.
        tick: The tick this belongs to.
        streamed: Text streamed so far of the reply that is under way (the journal); "" clears it.
        grants: Remembered confirmations by key; None revokes.
        events: What happened since the commit before.
    """

    session_id: str
    session: Mapping[str, Any] = field(default_factory=dict)
    entries: Sequence[Entry] = ()
    statuses: Mapping[str, EntryStatus] = field(default_factory=dict)
    state: StateValues = field(default_factory=dict)
    shared_state: Mapping[str, Any] = field(default_factory=dict)
    pending_added: Sequence[PendingMessage] = ()
    pending_removed: Sequence[str] = ()
    execution: ExecutionRecord | None = None
    tick: TickRecord | None = None
    streamed: Sequence[Mapping[str, Any]] | None = None
    grants: Mapping[str, Any] = field(default_factory=dict)
    events: EventBatch | None = None


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events since the commit before, as JSON text: many small lists would live until the commit is durable.

    Attributes:
        first: Where it begins: one past the last event of the batch before.
        last: Number of its last event.
        count: How many there are.
        body: The events; see ``engine/session/event_record``.
    """

    first: int
    last: int
    count: int
    body: str


@dataclass(frozen=True, slots=True)
class StoredEvents:
    """Events of a session as they are kept: the newest.

    Attributes:
        sequence: Number of the session's last event.
        oldest: Where what is kept begins, or None where nothing is.
        batches: What was asked for, in order.
    """

    sequence: int
    oldest: int | None
    batches: Sequence[EventBatch]


@dataclass(frozen=True, slots=True)
class StateSteps:
    """State changes in the order they were saved, and which of them each tick had seen.

    Attributes:
        changes: ``(number, shared, name, value)``; ``shared`` is True for session state, a value of None removes.
        ticks: ``(execution_id, tick)`` to the number of the last change when its model was called, when its tool
            results were saved (None without results), and at its end.
    """

    changes: Sequence[tuple[int, bool, str, Any]]
    ticks: Mapping[tuple[str, int], tuple[int | None, int | None, int]]


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session as it stands in the store.

    Attributes:
        entries: Its entries in order; with ``limit`` only the newest.
        total_entries: How many there are in all.
        unfinished: The execution that was running when the process ended, if it did so in the middle.
        unfinished_tick: That execution's last tick.
        streamed: Blocks of the half-streamed reply of that tick.
    """

    id: str
    created: float
    session: Mapping[str, Any]
    entries: Sequence[Entry]
    total_entries: int
    state: StateValues
    shared_state: Mapping[str, Any]
    pending: Sequence[PendingMessage]
    grants: Mapping[str, Any]
    unfinished: ExecutionRecord | None = None
    unfinished_tick: int = 0
    streamed: Sequence[Mapping[str, Any]] = ()


class SessionStore(Protocol):
    """Keeps sessions. Every call may raise :class:`engine.errors.StoreError`."""

    async def load(self, session_id: str, *, limit: int | None = None) -> StoredSession | None:
        """The session, or None where there is none of that id."""
        ...

    def commit(self, commit: Commit) -> Awaitable[None]:
        """Apply one transaction; durable once awaited, applied in the order of the calls, all of them at once if they
        are awaited together. Takes the session's lock at the first call.

        Raises:
            SessionLocked: Another process writes this session.
        """
        ...

    async def context(self, session_id: str, execution_id: str, tick: int) -> ContextRecord | None:
        """What the model was given in that tick."""
        ...

    async def entries(self, session_id: str, first: int, last: int) -> Sequence[Entry]:
        """Stored entries by index, both ends included."""
        ...

    async def state_at(self, session_id: str, execution_id: str, tick: int) -> tuple[StateValues, Mapping[str, Any]]:
        """Element state and session state as they were at the end of that tick."""
        ...

    async def state_steps(self, session_id: str) -> StateSteps:
        """Every change of state of the session, for replaying it."""
        ...

    async def events(self, session_id: str, after: int) -> StoredEvents | None:
        """Events behind a sequence number as they are kept; None where there is no such session."""
        ...

    async def executions(self, session_id: str) -> Sequence[ExecutionRecord]:
        """The executions of a session, in order."""
        ...

    async def ticks(self, session_id: str, execution_id: str | None = None) -> Sequence[TickRecord]:
        """The ticks of a session, or of one execution, in order and without their contexts."""
        ...

    async def release(self, session_id: str) -> None:
        """Give the session's lock back; waits for its commits."""
        ...

    async def delete(self, session_id: str) -> None:
        """Remove the session and all that belongs to it, for good."""
        ...

    async def has(self, session_id: str) -> bool:
        """Whether a session of that id is stored."""
        ...

    async def aclose(self) -> None:
        """Wait for all commits, then close."""
        ...
