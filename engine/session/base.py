"""What a session is made of: its parts, its model and tools, its events.

Not here: entries, waiting messages and rendering (``parts``), saving and the life of executions (``core``).
"""

from __future__ import annotations

import asyncio
import contextvars
import dataclasses
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from engine.compiler.compile import Compiled, Compiler
from engine.component import root_element
from engine.eventlog import EventLog
from engine.events import CompiledEvent, ContextUpdate, SessionEvent, StateChanged
from engine.messages import Incoming
from engine.model import ModelRequest
from engine.reconciler.tree import Tree
from engine.session.execution import Execution, TickResult
from engine.session.journal import UNKEPT, Journal, plain
from engine.timeline.log import TimelineLog
from engine.tools.confirm import Answer, Confirmations
from engine.tools.definition import ToolDefinition
from engine.usage import Usage

if TYPE_CHECKING:
    from engine.app import App
    from engine.persistence import EventBatch, SessionStore
    from engine.session.session import Session

log = logging.getLogger("engine")


KEPT_REQUESTS = 8
"""So many ``compiled`` events keep their request in memory; that of older ones is read from the store, if there is one.
"""


@dataclass(slots=True)
class Pending:
    """A message that waits."""

    id: str
    message: Incoming
    kind: Literal["queued", "joined"]
    stored: bool


class SessionBase:
    """The attributes of a session, and its smallest services."""

    events_log: EventLog

    def __init__(
        self,
        app: App | None,
        id: str,
        *,
        component: Any,
        model: Any = None,
        store: SessionStore | None = None,
        tools: Sequence[ToolDefinition] = (),
        app_tools: Callable[[], Sequence[ToolDefinition]] | None = None,
        max_ticks: int = 10,
        runner: Any = None,
        limit: int | None = None,
        parent: Session | None = None,
        on_event: Callable[[SessionEvent], None] | None = None,
    ) -> None:
        self.app = app
        self.id = id
        self.component = component
        self.element = root_element(component)
        self.own_model = model
        self.tools = list(tools)
        self.max_ticks = max_ticks
        self.runner = runner
        self.parent = parent
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.children: list[Session] = []
        self.spawn_path: tuple[str, ...] = ()
        self.log = TimelineLog(limit)
        self.tree = Tree(host=self)
        self.compiler = Compiler()
        self.compiled: Compiled | None = None
        self.journal = Journal(id, store, self.take_events)
        self.unstored_events: list[SessionEvent] = []
        self.held_events: list[SessionEvent] | None = None
        self.stored_until = 0
        self.events_from = 0
        self.confirmations = Confirmations(self)  # type: ignore[arg-type]
        self.pending: list[Pending] = []
        self.shared: dict[str, Any] = {}
        self.shared_volatile: set[str] = set()
        self.shared_changed: set[str] = set()
        self.grants: dict[str, Any] = {}
        self.questions: list[dict[str, Any]] = []
        self.stored_answers: dict[str, Answer] = {}
        self.props: dict[str, Any] = {}
        self.current: Execution | None = None
        self.executions: list[Execution] = []
        self.total_usage = Usage()
        self.sequence = 0
        self.title: str | None = None
        self.agent_id: str | None = None
        self.agent_version: str | None = None
        self.metadata: dict[str, Any] = {}
        self.forked_from: str | None = None
        self.created = time.time()
        self.last_used = time.monotonic()
        self.closed = False
        self.leaving = False
        self.loaded = store is None
        self.caught_up = False
        self.was_refused = False
        self.mounted = False
        self.evicted: frozenset[str] = frozenset()
        self.breakpoint: str | None = None
        self.first_of_execution = 0
        self.last_tick: TickResult | None = None
        self.made_in = contextvars.copy_context()
        self.uses = 0
        self._compiled_places: list[int] = []
        self.compiled_at: tuple[str, int] | None = None
        self.spawn_tasks: set[asyncio.Task[None]] = set()
        self._app_tools = app_tools
        self._on_event = on_event
        self._gate = asyncio.Lock()
        self._row: dict[str, Any] = {}
        self._runner_ready = False
        self._rendering = asyncio.Lock()
        self._render_task: asyncio.Task[Any] | None = None
        self.history_of_state: list[tuple[str, int, int, dict[str, Any], dict[str, Any]]] = []

    # -- small services ------------------------------------------------------------------------------------------

    @staticmethod
    def clock() -> float:
        """Seconds since the epoch."""
        return time.time()

    def touch(self) -> None:
        """Note that the session is in use."""
        self.last_used = time.monotonic()

    @property
    def model(self) -> Any:
        """The model that answers: the session's own, else the app's as it is now."""
        if self.own_model is not None:
            return self.own_model
        if self.parent is not None:
            return self.parent.model
        return self.app.model if self.app is not None else None

    @model.setter
    def model(self, model: Any) -> None:
        self.own_model = model

    def model_name(self) -> str | None:
        """The model's name, where it has one."""
        return getattr(getattr(self.model, "info", None), "name", None)

    def model_abilities(self) -> frozenset[str] | None:
        """What the model can do, where it says."""
        found: frozenset[str] | None = getattr(getattr(self.model, "info", None), "abilities", None)
        return found

    def model_for(self, compiled: Compiled | None) -> Any:
        """The model that is called: one that the tree chose, else the session's."""
        return compiled.model if compiled is not None and compiled.model is not None else self.model

    def context_window(self, compiled: Compiled | None) -> int | None:
        """How many tokens that model reads at most, where that is known."""
        found: int | None = getattr(getattr(self.model_for(compiled), "info", None), "context_window", None)
        return found

    def outer_tools(self) -> list[ToolDefinition]:
        """Tools from outside the tree, weakest first: app, then session."""
        return [*(self._app_tools() if self._app_tools is not None else ()), *self.tools]

    def set_props(self, props: Mapping[str, Any]) -> None:
        """Properties of the root from the next render on."""
        self.props = dict(props)
        self.tree.mark_dirty()

    # -- events --------------------------------------------------------------------------------------------------

    def emit(self, event: SessionEvent) -> None:
        """Number an event, keep it, and hand it to everyone who listens. Only from the loop's thread."""
        if self.held_events is not None:
            self.held_events.append(event)
            return
        self.number(event)
        self.deliver(event)

    def number(self, event: SessionEvent) -> None:
        """Give an event its number, time and place; it goes along with the next save."""
        self.sequence += 1
        ex = self.current_or_ending
        put = object.__setattr__
        put(event, "sequence", self.sequence)
        put(event, "timestamp", time.time())
        if ex is not None and not event.spawn_path:
            put(event, "execution_id", ex.id)
            put(event, "tick", ex.tick)
        if self.journal.store is not None:
            self.unstored_events.append(event)

    def deliver(self, event: SessionEvent) -> None:
        """Hand a numbered event to everyone who listens."""
        ex = self.current_or_ending
        if ex is not None:
            ex.handle._events.add(event)
        self.events_log.add(event)
        if event.type == "compiled" and not event.spawn_path:
            self._forget_requests()
        if self._on_event is not None:
            try:
                self._on_event(event)
            except Exception:
                log.exception("on_event raised")

    def hold_events(self) -> tuple[list[SessionEvent], int, int]:
        """Let events wait while the numbered ones are saved. Gives what :meth:`not_stored` needs."""
        self.held_events = []
        return list(self.unstored_events), self.sequence, self.stored_until

    def release_events(self) -> None:
        """Emit what waited."""
        held, self.held_events = self.held_events, None
        for event in held or ():
            self.emit(event)

    def not_stored(self, before: tuple[list[SessionEvent], int, int]) -> None:
        """The save failed: what was numbered since :meth:`hold_events` did not happen."""
        self.unstored_events, self.sequence, self.stored_until = list(before[0]), before[1], before[2]
        self.journal.without_events_behind(self.sequence)

    def take_events(self) -> EventBatch | None:
        """What happened since the last save, to be saved."""
        if not self.unstored_events:
            return None
        events, self.unstored_events = self.unstored_events, []
        first = self.stored_until + 1
        self.stored_until = events[-1].sequence
        from engine.session.event_record import batch_of

        return batch_of(events, first, self.log)

    def _forget_requests(self) -> None:
        """Let go of the requests of old ``compiled`` events: each is as long as the timeline."""
        self._compiled_places.append(self.events_log.end - 1)
        if len(self._compiled_places) > KEPT_REQUESTS:
            place = self._compiled_places.pop(0)
            old = self.events_log.get(place)
            if isinstance(old, CompiledEvent):
                self.events_log.put(place, dataclasses.replace(old, request=ModelRequest()))

    @property
    def current_or_ending(self) -> Execution | None:
        """The execution whose turn it is: the oldest that has not ended."""
        return self.executions[0] if self.executions else None

    def progress(self, call_id: str) -> Callable[[Any], None]:
        """A function that tells listeners how far a tool call is; from any thread."""
        loop = asyncio.get_running_loop()

        def tell(content: Any) -> None:
            loop.call_soon_threadsafe(lambda: self.emit(ContextUpdate(content=content, call_id=call_id)))

        return tell

    def state_saved(self, state: Mapping[str, Any]) -> None:
        """Tell listeners of state that changed."""
        for event in self.state_events(state):
            self.emit(event)

    def state_events(self, state: Mapping[str, Any]) -> list[SessionEvent]:
        """What tells listeners of state that changed."""
        events: list[SessionEvent] = [
            StateChanged(path=path, values=[v[1] for v in values] if values else ())
            for path, values in state.items()
            if not path.startswith("~")
        ]
        reports, self.tree.reports = self.tree.reports, []
        events.extend(StateChanged(path=path, reason=reason) for path, reason in reports)
        return events

    def _kept_metadata(self) -> Any:
        """``metadata`` as it can be saved; where a program put in what is not JSON, what was saved before."""
        kept = plain(dict(self.metadata)) if self.metadata else {}
        if kept is UNKEPT:
            log.warning("Metadata of session %s is not JSON and is not saved", self.id)
            return self._row.get("metadata")
        return kept

    # -- the row -----------------------------------------------------------------------------------------------

    def row(self, ending: Execution | None = None) -> dict[str, Any]:
        """Columns of the session that changed since they were last saved; with the tokens of one that is ending."""
        if not self.loaded:  # what is stored is not known yet and must not be overwritten
            given = {"title": self.title, "agent_id": self.agent_id}
            return {name: value for name, value in given.items() if value is not None}
        now = {
            "title": self.title,
            "agent_id": self.agent_id,
            "metadata": self._kept_metadata(),
            "sequence": self.sequence,
            "usage": (self.total_usage if ending is None else self.total_usage + ending.total_usage).to_json(),
            "parent_id": self.parent.id if self.parent is not None else None,
            "forked_from": self.forked_from,
        }
        changed = {k: v for k, v in now.items() if k not in self._row or self._row[k] != v}
        self._row = now
        return {k: v for k, v in changed.items() if v is not None or (k in self._row and self._row[k] is not None)}
