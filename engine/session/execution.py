"""Executions as a caller sees them: handle, procedure, result, and what callbacks are told. Not here: running them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from engine.entries import Block, Entry
from engine.eventlog import MAX_EVENTS_PER_HANDLE, EventLog
from engine.events import SessionEvent
from engine.usage import NO_USAGE, Usage

if TYPE_CHECKING:
    from engine.persistence import TickRecord
    from engine.tools.definition import ToolDefinition

Status = Literal["running", "completed", "error", "aborted"]


@dataclass(frozen=True, slots=True)
class SendResult:
    """What an execution came to.

    Attributes:
        response: All text of the last assistant message, joined; "" where there is none.
        outputs: What output tools were given, by tool name.
        usage: Tokens of this session's own model calls.
        total_usage: The same with those of spawned sessions.
        stop_reason: Why it stopped: the model's reason, ``max_ticks``, or the reason a callback gave.
        ticks: How many ticks it took.
        entries: The entries it added to the timeline.
    """

    response: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)
    usage: Usage = NO_USAGE
    total_usage: Usage = NO_USAGE
    stop_reason: str | None = None
    ticks: int = 0
    entries: Sequence[Entry] = ()


@dataclass(frozen=True, slots=True)
class ExecutionInfo:
    """What callbacks of an execution's start, end and ticks are given."""

    execution_id: str
    session_id: str
    tick: int = 0
    status: Status = "running"
    stop_reason: str | None = None
    error: BaseException | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolCallInfo:
    """A tool call of a reply."""

    name: str
    input: Any
    id: str


@dataclass(frozen=True, slots=True)
class ToolResultInfo:
    """The result of a tool call: its blocks, and their text."""

    name: str
    id: str
    content: Sequence[Block]
    is_error: bool = False

    @property
    def text(self) -> str:
        """All text of the result."""
        return "".join(str(block.get("text", "")) for block in self.content if block.get("type") == "text")


@dataclass(slots=True)
class TickResult:
    """What a tick came to, and the decision whether to go on.

    Callbacks read ``should_continue`` as the ones before left it, and call ``stop`` or ``continue_`` to change it.
    """

    tick: int
    text: str = ""
    tool_calls: Sequence[ToolCallInfo] = ()
    tool_results: Sequence[ToolResultInfo] = ()
    stop_reason: str | None = None
    usage: Usage = NO_USAGE
    should_continue: bool = False
    reason: str | None = None
    _asked: list[tuple[bool, str | None]] = field(default_factory=list, repr=False)

    def stop(self, reason: str | None = None) -> None:
        """End the execution after this tick."""
        self._asked.append((False, reason))

    def continue_(self, reason: str | None = None) -> None:
        """Run another tick."""
        self._asked.append((True, reason))

    def settle(self, returned: Any) -> None:
        """Take over what one callback decided; *stop* beats *continue*."""
        asked = list(self._asked)
        self._asked.clear()
        if isinstance(returned, bool):
            asked.append((returned, None))
        elif isinstance(returned, Mapping):
            reason = returned.get("reason")
            if returned.get("continue"):
                asked.append((True, reason))
            if returned.get("stop"):
                asked.append((False, reason))
        if not asked:
            return
        decided = next((item for item in asked if not item[0]), asked[-1])
        self.should_continue = decided[0]
        self.reason = None if decided[1] is None else str(decided[1])


class Result:
    """An awaitable that gives the same outcome however often it is awaited; cancelling one waiter harms no other."""

    __slots__ = ("_future",)

    def __init__(self, future: asyncio.Future[SendResult]) -> None:
        self._future = future

    def __await__(self) -> Generator[Any, None, SendResult]:
        return asyncio.shield(self._future).__await__()

    def done(self) -> bool:
        """Whether it is there."""
        return self._future.done()


def quiet_future() -> asyncio.Future[SendResult]:
    """A future whose exception is not reported when nobody asks for it."""
    future: asyncio.Future[SendResult] = asyncio.get_running_loop().create_future()
    future.add_done_callback(lambda done: done.cancelled() or done.exception())
    return future


class ExecutionHandle:
    """One execution: its status, its events, its result."""

    __slots__ = ("id", "session_id", "status", "_events", "_future", "_abort", "__weakref__")

    def __init__(self, id: str, session_id: str, abort: Callable[[str], None]) -> None:
        self.id = id
        self.session_id = session_id
        self.status: Status = "running"
        self._events = EventLog(MAX_EVENTS_PER_HANDLE)
        self._future = quiet_future()
        self._abort: Callable[[str], None] | None = abort

    @property
    def result(self) -> Result:
        """Awaitable: the :class:`SendResult`, once everything is saved.

        Raises:
            Aborted: It was aborted.
            ModelError: The model failed.
            RenderError: A component failed.
            StoreError: It could not be saved.
        """
        return Result(self._future)

    def abort(self, reason: str = "Aborted") -> None:
        """Cancel the model's stream and running tools. ``result`` raises ``Aborted`` once that is done."""
        if self.status == "running" and self._abort is not None:
            self._abort(reason)

    def ended(self) -> None:
        """No more events come. The way to the session is let go, or only the garbage collector could free all this."""
        self._events.close()
        self._abort = None

    def __aiter__(self) -> AsyncIterator[SessionEvent]:
        return self._events.read()

    def __repr__(self) -> str:
        return f"<execution {self.id} {self.status}>"


class Procedure:
    """What ``send`` returns: ``await procedure`` is the handle, ``await procedure.result`` the result.

    ``async for event in procedure`` streams the handle's events.
    """

    __slots__ = ("handle", "_future")

    def __init__(self, handle: ExecutionHandle, future: asyncio.Future[SendResult] | None = None) -> None:
        self.handle = handle
        self._future = future if future is not None else handle._future

    @property
    def result(self) -> Result:
        """The result of this call: of the execution, or why it ended without seeing what was sent."""
        return Result(self._future)

    @property
    def id(self) -> str:
        """The execution's id."""
        return self.handle.id

    @property
    def status(self) -> Status:
        """The execution's status."""
        return self.handle.status

    def abort(self, reason: str = "Aborted") -> None:
        """Abort the execution."""
        self.handle.abort(reason)

    def __await__(self) -> Generator[Any, None, ExecutionHandle]:
        return _ready(self.handle).__await__()

    def __aiter__(self) -> AsyncIterator[SessionEvent]:
        return self.handle.__aiter__()


async def _ready(handle: ExecutionHandle) -> ExecutionHandle:
    return handle


@dataclass(slots=True)
class Execution:
    """An execution as the engine runs it."""

    handle: ExecutionHandle
    max_ticks: int
    metadata: dict[str, Any]
    tools: list[ToolDefinition]
    started: float
    tick: int = 0
    entries: list[Entry] = field(default_factory=list)
    usage: Usage = NO_USAGE
    children_usage: Usage = NO_USAGE
    outputs: dict[str, Any] = field(default_factory=dict)
    stop_reason: str | None = None
    started_by: str | None = None
    aborting: str | None = None
    interruptible: int = 0
    unanswered: list[str] = field(default_factory=list)
    joiners: list[tuple[list[str], asyncio.Future[SendResult]]] = field(default_factory=list)
    task: asyncio.Task[None] | None = None
    store_error: BaseException | None = None
    stopping: bool = False
    own: Sequence[str] = ()
    props: Mapping[str, Any] | None = None
    only_pending: bool = False
    closing: TickRecord | None = None
    changed: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    """State, and session state, that the model was shown and that is not saved yet."""

    @property
    def id(self) -> str:
        """The execution's id."""
        return self.handle.id

    @property
    def total_usage(self) -> Usage:
        """Own tokens and those of spawned sessions."""
        return self.usage + self.children_usage

    def take_changed(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What :attr:`changed` has, for a save."""
        taken, self.changed = self.changed, ({}, {})
        return taken

    def reply_text(self) -> str:
        """The text of the last reply, with the parts before its pauses: they are one message of the model's."""
        texts: list[str] = []
        for entry in reversed(self.entries):
            if texts and (entry.role != "assistant" or entry.metadata.get("stop_reason") != "pause_turn"):
                break
            if entry.role == "assistant":
                texts.append(entry.text)
        return "".join(reversed(texts))

    def result(self) -> SendResult:
        """What it came to."""
        return SendResult(
            response=self.reply_text(),
            outputs=dict(self.outputs),
            usage=self.usage,
            total_usage=self.total_usage,
            stop_reason=self.stop_reason,
            ticks=self.tick,
            entries=tuple(self.entries),
        )
