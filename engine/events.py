"""Events of a session: frozen dataclasses with a ``type`` string.

Not here: keeping and delivering them (``eventlog``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

from engine.entries import Block, Entry
from engine.model import ModelRequest, Span


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class SessionEvent:
    """What all events have.

    Attributes:
        sequence: Number in the session, counted over all its executions.
        execution_id: The execution it belongs to, or "".
        tick: Its tick, from 1; 0 outside of ticks.
        timestamp: Seconds since the epoch.
        spawn_path: Ids of the spawned sessions it came through, outermost first; () for the session's own.
    """

    type: ClassVar[str] = ""
    sequence: int = 0
    execution_id: str = ""
    tick: int = 0
    timestamp: float = 0.0
    spawn_path: tuple[str, ...] = ()

    # Once for all kinds: what a dataclass generates for each of them would be a fifth of ``import engine``.

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{f.name}={getattr(self, f.name)!r}' for f in fields(self))})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, f.name) == getattr(other, f.name) for f in fields(self))

    def __hash__(self) -> int:
        return hash((self.type, self.sequence, self.timestamp))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ExecutionStart(SessionEvent):
    """An execution began."""

    type: ClassVar[str] = "execution_start"
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class TickStart(SessionEvent):
    """A tick began."""

    type: ClassVar[str] = "tick_start"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class CompiledEvent(SessionEvent):
    """The context was made. ``request`` is exactly what the model is given; ``spans`` say who wrote what."""

    type: ClassVar[str] = "compiled"
    request: ModelRequest
    passes: int = 1
    reasons: Sequence[str] = ()
    forced: bool = False

    @property
    def spans(self) -> Sequence[Span]:
        """Who wrote what, with tokens."""
        return self.request.spans


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class MessageStart(SessionEvent):
    """A reply begins."""

    type: ClassVar[str] = "message_start"
    message_id: str
    model: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ContentStart(SessionEvent):
    """A block of the reply begins; ``block`` is its empty form."""

    type: ClassVar[str] = "content_start"
    message_id: str
    index: int
    block: Block


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ContentDelta(SessionEvent):
    """A piece of text, or (``kind`` *input_json*) of a tool's input, for block ``index``."""

    type: ClassVar[str] = "content_delta"
    message_id: str
    index: int
    delta: str
    kind: str = "text"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ReasoningDelta(SessionEvent):
    """A piece of thinking."""

    type: ClassVar[str] = "reasoning_delta"
    message_id: str
    index: int
    delta: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ContentEnd(SessionEvent):
    """A block of the reply is complete."""

    type: ClassVar[str] = "content_end"
    message_id: str
    index: int
    block: Block


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class MessageEnd(SessionEvent):
    """A reply is complete."""

    type: ClassVar[str] = "message_end"
    message_id: str
    stop_reason: str
    usage: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ToolCallEvent(SessionEvent):
    """The model called a tool."""

    type: ClassVar[str] = "tool_call"
    call_id: str
    name: str
    input: Any
    summary: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ToolResultStart(SessionEvent):
    """A tool's handler begins."""

    type: ClassVar[str] = "tool_result_start"
    call_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ToolConfirmationRequired(SessionEvent):
    """A tool waits for a person: answer with ``session.respond(confirmation_id, approved, …)``.

    ``kind`` says what for: ``tool``: whether it may run with this input; ``permission``: whether the agent may do what
    ``message`` says (``input["detail"]``: what to look at first); ``question``: an answer in words, given as
    ``respond(id, True, input={"answer": …})`` (``input["choices"]``: the answers to choose from, or none).
    """

    type: ClassVar[str] = "tool_confirmation_required"
    confirmation_id: str
    call_id: str
    name: str
    input: Any
    message: str
    kind: Literal["tool", "permission", "question"] = "tool"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ToolConfirmationResult(SessionEvent):
    """A person answered."""

    type: ClassVar[str] = "tool_confirmation_result"
    confirmation_id: str
    call_id: str
    name: str
    confirmed: bool
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ToolResultEvent(SessionEvent):
    """A tool has its result: ``content`` blocks, their ``text``, and the seconds it took."""

    type: ClassVar[str] = "tool_result"
    call_id: str
    name: str
    content: Sequence[Block]
    is_error: bool = False
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """All text of the result."""
        return "".join(str(block.get("text", "")) for block in self.content if block.get("type") == "text")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class EntryCommitted(SessionEvent):
    """An entry took its place on the timeline. It is durable where there is a store; a reply that calls no tool is so
    with ``execution_end``, or with the next tick.
    """

    type: ClassVar[str] = "entry_committed"
    entry: Entry

    @property
    def timeline_index(self) -> int:
        """The entry's index in the session."""
        return self.entry.index


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class StateChanged(SessionEvent):
    """State of the element at ``path`` is saved with new ``values``; or (with a ``reason``) had to be dropped."""

    type: ClassVar[str] = "state_changed"
    path: str
    values: Sequence[Any] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ContextUpdate(SessionEvent):
    """Progress: of a tool call (``call_id``), or how full the context is (``tokens`` of ``window``)."""

    type: ClassVar[str] = "context_update"
    content: Any = None
    call_id: str | None = None
    tokens: int | None = None
    window: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Retry(SessionEvent):
    """The model call failed and is made again after ``delay`` seconds."""

    type: ClassVar[str] = "retry"
    attempt: int
    delay: float
    kind: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class TickEnd(SessionEvent):
    """A tick is over."""

    type: ClassVar[str] = "tick_end"
    should_continue: bool
    stop_reason: str | None
    usage: Any
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class SpawnStart(SessionEvent):
    """A child session began."""

    type: ClassVar[str] = "spawn_start"
    spawn_id: str
    label: str | None = None
    call_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class SpawnEnd(SessionEvent):
    """A child session is over."""

    type: ClassVar[str] = "spawn_end"
    spawn_id: str
    label: str | None = None
    call_id: str | None = None
    is_error: bool = False
    output: str = ""
    usage: Any = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ExecutionEnd(SessionEvent):
    """An execution is over and saved. ``status``: ``completed``, ``error`` or ``aborted``."""

    type: ClassVar[str] = "execution_end"
    status: str
    stop_reason: str | None = None
    error: str | None = None
    new_entries: Sequence[Entry] = ()
    usage: Any = None
    total_usage: Any = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class ErrorEvent(SessionEvent):
    """Something failed. ``kind``: a model error's kind, or the name of the exception."""

    type: ClassVar[str] = "error"
    message: str
    kind: str = ""
    retryable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Notice(SessionEvent):
    """Something about the element at ``path`` that the person should know, as a sentence. The turn goes on."""

    type: ClassVar[str] = "notice"
    path: str
    text: str
