"""What a session is made of, and what its parts share: timeline, tree, state, events, saving, interruption.

Not here: the public calls (``session``), the loop (``loop``, ``tick``).
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from engine.compiler.compile import Compiled, Compiler
from engine.component import root_element
from engine.entries import Block, Entry, EntryStatus, new_id
from engine.errors import Aborted, EngineError, SessionLocked, StoreError
from engine.eventlog import EventLog
from engine.events import ContextUpdate, SessionEvent, StateChanged
from engine.messages import Incoming, messages_of
from engine.persistence import ExecutionRecord, PendingMessage, SessionStore
from engine.reconciler import phases
from engine.reconciler.tree import Tree
from engine.session.execution import Execution, TickResult
from engine.session.journal import UNKEPT, Journal, plain
from engine.timeline.log import TimelineLog
from engine.tools.confirm import Answer, Confirmations
from engine.tools.definition import ToolDefinition
from engine.usage import Usage

if TYPE_CHECKING:
    from engine.app import App
    from engine.session.session import Session

log = logging.getLogger("engine")

MAX_PENDING = 10_000
"""Messages that may wait in one session."""


@dataclass(slots=True)
class Pending:
    """A message that waits."""

    id: str
    message: Incoming
    kind: Literal["queued", "joined"]
    stored: bool


class SessionCore:
    """State and services of a session. See :class:`engine.session.session.Session` for what callers use."""

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
        self.journal = Journal(id, store)
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
        self.mounted = False
        self.evicted: set[str] = set()
        self.breakpoint: str | None = None
        self.first_of_execution = 0
        self.last_tick: TickResult | None = None
        self.made_in = contextvars.copy_context()
        self.uses = 0
        self.compiled_at: tuple[str, int] | None = None
        self.spawn_tasks: set[asyncio.Task[None]] = set()
        self._app_tools = app_tools
        self._on_event = on_event
        self._loading: asyncio.Task[None] | None = None
        self._row: dict[str, Any] = {}
        self._runner_ready = False
        self._rendering = asyncio.Lock()
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
        self.sequence += 1
        ex = self.current_or_ending
        put = object.__setattr__
        put(event, "sequence", self.sequence)
        put(event, "timestamp", time.time())
        if ex is not None and not event.spawn_path:
            put(event, "execution_id", ex.id)
            put(event, "tick", ex.tick)
        if ex is not None:
            ex.handle._events.add(event)
        self.events_log.add(event)
        if self._on_event is not None:
            try:
                self._on_event(event)
            except Exception:
                log.exception("on_event raised")

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
        for path, values in state.items():
            if not path.startswith("~"):
                self.emit(StateChanged(path=path, values=[v[1] for v in values] if values else ()))
        reports, self.tree.reports = self.tree.reports, []
        for path, reason in reports:
            self.emit(StateChanged(path=path, reason=reason))

    # -- entries -------------------------------------------------------------------------------------------------

    def new_entry(
        self,
        role: Any,
        content: Sequence[Block],
        metadata: Mapping[str, Any],
        *,
        id: str | None = None,
        status: EntryStatus = "complete",
    ) -> Entry:
        """An entry of the running execution, not on the timeline yet."""
        ex = self.current_or_ending
        return Entry(
            id=id or new_id("entry"),
            index=self.log.next_index,
            role=role,
            content=tuple(content),
            execution_id=ex.id if ex is not None else "",
            tick=ex.tick if ex is not None else 0,
            status=status,
            created=time.time(),
            metadata=metadata,
        )

    def append(self, entries: Sequence[Entry]) -> None:
        """Put entries on the timeline, numbered in order."""
        ex = self.current_or_ending
        for entry in entries:
            if entry.index != self.log.next_index:
                object.__setattr__(entry, "index", self.log.next_index)
            self.log.append(entry)
            if ex is not None:
                ex.entries.append(entry)
        self.tree.notify("timeline")

    def mark(self, ex: Execution, entry_id: str, status: EntryStatus) -> None:
        """Change the status of an entry."""
        changed = self.log.mark(entry_id, status)
        if changed is not None:
            ex.entries[:] = [changed if entry.id == entry_id else entry for entry in ex.entries]
            self.tree.notify("timeline")

    def replace_timeline(self, entries: Sequence[Any]) -> None:
        """Go on with other entries in memory; what is stored stays."""
        made: list[Entry] = []
        for item in entries:
            if isinstance(item, Entry):
                made.append(item)
                continue
            for message in messages_of(item):
                metadata = {**message.metadata, "derived": True}
                made.append(Entry(new_id("entry"), -1, message.role, message.content, "", 0, metadata=metadata))
        known = {entry.id for entry in made}
        ex = self.current_or_ending
        running = [entry for entry in self.log.entries if ex is not None and entry.execution_id == ex.id]
        self.first_of_execution = len([e for e in made if ex is None or e.execution_id != ex.id])
        made.extend(entry for entry in running if entry.id not in known)
        self.log.replace(made)
        self.tree.notify("timeline")

    # -- messages that wait --------------------------------------------------------------------------------------

    def add_pending(self, message: Incoming, kind: Literal["queued", "joined"], *, store: bool = True) -> Pending:
        """Let a message wait; with ``store`` it is saved at once."""
        if len(self.pending) >= MAX_PENDING:
            raise EngineError(f"{MAX_PENDING} messages wait in this session already")
        pending = Pending(new_id("message"), message, kind, store and self.journal.store is not None)
        self.pending.append(pending)
        if pending.stored:
            record = PendingMessage(pending.id, message.to_json(), kind)
            self.journal.later(pending_added=[record], session=self.row())
        return pending

    def take_pending(self, ex: Execution) -> list[Pending]:
        """The messages whose turn has come: all at the first tick, those that joined at later ones."""
        if ex.tick == 1:
            taken, self.pending = (
                [p for p in self.pending if self._mine(p, ex)],
                [p for p in self.pending if not self._mine(p, ex)],
            )
        else:
            taken = [p for p in self.pending if p.kind == "joined" and self._mine(p, ex)]
            self.pending = [p for p in self.pending if not (p.kind == "joined" and self._mine(p, ex))]
        if taken:
            self.tree.notify("queued")
        return taken

    def _mine(self, pending: Pending, ex: Execution) -> bool:
        """Whether a message is not meant for an execution that waits behind this one."""
        return all(pending.id not in other.own for other in self.executions if other is not ex)

    def has_joined(self) -> bool:
        """Whether a message waits for the next tick."""
        ex = self.current_or_ending
        return ex is not None and any(p.kind == "joined" and self._mine(p, ex) for p in self.pending)

    def unstored_pending(self) -> list[PendingMessage]:
        """Messages that still wait at the end of an execution and were not saved as waiting."""
        ex = self.current_or_ending
        found = []
        for pending in self.pending:
            mine = ex is None or self._mine(pending, ex)
            if not pending.stored and mine and self.journal.store is not None:
                pending.stored = True
                found.append(PendingMessage(pending.id, pending.message.to_json(), pending.kind))
        return found

    # -- the tree ------------------------------------------------------------------------------------------------

    def root(self) -> Any:
        """The root element with its properties."""
        return root_element(self.element, self.props) if self.props else self.element

    async def rendered(self) -> int:
        """Render what is dirty and call what follows from it; how many passes that took.

        Raises:
            RenderError: A component failed.
        """
        if not self.tree.dirty and not self.tree.entering and not self.tree.effects and not self.tree.leaving:
            return 0
        passes = 0
        async with self._rendering:
            for _ in range(50):
                if self.tree.dirty:
                    passes += await self.tree.render(self.root())
                self.mounted = True
                await phases.settle(self.tree)
                if not self.tree.dirty:
                    break
        return passes

    # -- shared state --------------------------------------------------------------------------------------------

    def set_shared(self, key: str, value: Any, persist: bool) -> None:
        """Set session state. May be called from any thread."""
        self.shared[key] = value
        if persist:
            self.shared_changed.add(key)
            self.shared_volatile.discard(key)
        else:
            self.shared_volatile.add(key)
        self.tree.notify(("shared", key))

    def take_shared(self) -> dict[str, Any]:
        """Session state that changed since it was last taken."""
        if not self.shared_changed:
            return {}
        changed, self.shared_changed = self.shared_changed, set()
        taken = {}
        for key in changed:
            value = plain(self.shared.get(key))
            if value is UNKEPT:
                log.info("Session state %s is not JSON and lives in memory only", key)
                continue
            taken[key] = {"value": value}
        return taken

    # -- saving --------------------------------------------------------------------------------------------------

    def row(self) -> dict[str, Any]:
        """Columns of the session that changed since they were last saved."""
        now = {
            "title": self.title,
            "agent_id": self.agent_id,
            "metadata": dict(self.metadata),
            "sequence": self.sequence,
            "usage": self.total_usage.to_json(),
            "parent_id": self.parent.id if self.parent is not None else None,
            "forked_from": self.forked_from,
        }
        changed = {k: v for k, v in now.items() if k not in self._row or self._row[k] != v}
        self._row = now
        return {k: v for k, v in changed.items() if v is not None or (k in self._row and self._row[k] is not None)}

    async def commit(self, ex: Execution | None, *, raising: bool = False, **fields: Any) -> None:
        """Save. A failure is remembered and raised at the end of the execution, unless the session is locked.

        Raises:
            SessionLocked: Another process writes this session.
            StoreError: With ``raising``.
        """
        if self.journal.store is None:
            return
        if not self.journal.made and "session" not in fields:
            fields["session"] = self.row()
        try:
            await self.journal.save(**fields)
        except SessionLocked:
            self.journal.drop()
            raise
        except StoreError as error:
            if ex is not None:
                ex.store_error = error
            if raising or ex is None:
                raise
            return
        if ex is not None:
            ex.store_error = None

    def execution_record(
        self, ex: Execution, status: Any = "running", error: BaseException | None = None
    ) -> ExecutionRecord:
        """The execution as it is saved."""
        return ExecutionRecord(
            id=ex.id,
            status=status,
            started=ex.started,
            ended=time.time() if status != "running" else None,
            agent_version=self.agent_version,
            stop_reason=ex.stop_reason,
            error=None if error is None else str(error),
            usage=ex.usage.to_json(),
            total_usage=ex.total_usage.to_json(),
            metadata=ex.metadata,
        )

    def journal_stream(self, ex: Execution) -> Callable[[list[Block]], None]:
        """A function that saves what was streamed so far, unless the last such save is still under way."""

        def keep(blocks: list[Block]) -> None:
            if blocks and not self.journal.unsaved:
                self.journal.later(streamed=blocks, execution=self.execution_record(ex))

        return keep

    # -- interruption --------------------------------------------------------------------------------------------

    @contextmanager
    def interruptible(self, ex: Execution) -> Iterator[None]:
        """A stretch in which an abort cancels what is awaited. Outside of these, saves are never torn."""
        self.check_abort(ex)
        ex.interruptible += 1
        try:
            yield
        finally:
            ex.interruptible -= 1

    @staticmethod
    def check_abort(ex: Execution) -> None:
        """Raise Aborted when the execution was aborted."""
        if ex.aborting is not None:
            raise Aborted(ex.aborting)

    def abort_execution(self, ex: Execution, reason: str) -> None:
        """Abort an execution: at once where it can be interrupted, else at the next such place."""
        if ex.aborting is not None or ex.stopping or ex.handle.status != "running":
            return
        ex.aborting = reason
        for child in list(self.children):
            if child.current is not None:
                child.abort_execution(child.current, reason)
        if ex.interruptible and ex.task is not None:
            ex.task.cancel()

    # -- the life of an execution --------------------------------------------------------------------------------

    async def begin(self, ex: Execution) -> None:
        """Before an execution: load, take its properties, tell the runner."""
        await self.ensure_loaded()
        if ex.props is not None:
            self.set_props(ex.props)
        self.first_of_execution = len(self.log.entries)
        await self.runner_ready()

    async def runner_ready(self) -> None:
        """Tell the runner of this session, once."""
        if not self._runner_ready:
            self._runner_ready = True
            init = getattr(self.runner, "on_session_init", None)
            if init is not None:
                await phases.call(init, self)

    async def ready_to_write(self, ex: Execution) -> None:
        """What was left unsaved goes first."""
        if self.journal.unsaved:
            try:
                await self.journal.flush()
            except SessionLocked:
                raise
            except StoreError as error:
                ex.store_error = error

    async def resume_questions(self, ex: Execution) -> None:
        """Ask again what was open when the program ended; see ``recovery``."""
        if self.questions:
            from engine.session.recovery import resume_questions

            await resume_questions(self, ex)  # type: ignore[arg-type]

    def answer_stored(self, confirmation_id: str, answer: Answer) -> bool:
        """Keep the answer to a question from before a restart; the next execution uses it."""
        if any(question["confirmation_id"] == confirmation_id for question in self.questions):
            self.stored_answers[confirmation_id] = answer
            return True
        return False

    def finished_tick(self, ex: Execution, tick: int) -> None:
        """Without a store: remember where a tick ended, for forks."""
        if self.journal.store is None:
            from engine.session.fork import remember

            remember(self, ex, tick)  # type: ignore[arg-type]

    def finished(self, ex: Execution) -> None:
        """An execution has ended: count its tokens, let the next one begin."""
        self.total_usage = self.total_usage + ex.total_usage
        if ex in self.executions:
            self.executions.remove(ex)
        if self.current is ex:
            self.current = None
        self.touch()
        if self.app is not None:
            self.app.idle(self)  # type: ignore[arg-type]

    async def end_children(self, reason: str) -> None:
        """Abort spawned sessions that still run, and wait until all of them are over."""
        for child in list(self.children):
            if child.current is not None:
                child.abort_execution(child.current, reason)
        if self.spawn_tasks:
            await asyncio.wait(list(self.spawn_tasks))

    async def wait_for_executions(self) -> None:
        """Wait until nothing runs."""
        while self.executions:
            tasks = [ex.task for ex in self.executions if ex.task is not None]
            await asyncio.wait(tasks)

    async def summarize(self, entries: Sequence[Entry], guidance: str | None) -> Entry | None:
        """A summary of entries by the model; see ``timeline/summary``."""
        from engine.timeline.summary import summarize

        return await summarize(self, entries, guidance)  # type: ignore[arg-type]

    # -- loading and leaving -------------------------------------------------------------------------------------

    @asynccontextmanager
    async def using(self) -> AsyncIterator[None]:
        """A stretch in which the session is not unloaded."""
        self.uses += 1
        self.touch()
        try:
            yield
        finally:
            self.uses -= 1

    async def ensure_loaded(self) -> None:
        """Load a stored session, once.

        Raises:
            StoreError: It could not be read.
        """
        if self.loaded:
            return
        if self._loading is None:
            from engine.session.recovery import load

            self._loading = asyncio.ensure_future(load(self))  # type: ignore[arg-type]
        try:
            await asyncio.shield(self._loading)
        finally:
            if self._loading is not None and self._loading.done():
                self._loading = None

    async def shut(self) -> None:
        """Unmount, save what is unsaved, give the lock back."""
        if self.mounted:
            self.tree.unmount()
            await phases.settle(self.tree)
            self.mounted = False
        for child in list(self.children):
            await child.close()
        if self._runner_ready:
            self._runner_ready = False
            destroy = getattr(self.runner, "on_destroy", None)
            if destroy is not None:
                await phases.call(destroy, self)
        store = self.journal.store
        if store is not None:
            await self.journal.settle()
            try:
                await self.journal.flush()
            finally:
                await store.release(self.id)

    @property
    def can_unload(self) -> bool:
        """Whether it is idle, stored, and nothing waits that is not saved."""
        return (
            not self.closed
            and self.current is None
            and not self.executions
            and not self.uses
            and self.journal.store is not None
            and self.parent is None
        )

    async def unload(self) -> None:
        """Save and unmount an idle session; its next use loads it again."""
        await self.journal.settle()
        if not self.can_unload or not self.loaded:
            return
        self.loaded = False
        await self.shut()
        if self.current is None:
            self.tree = Tree(host=self)
            self.compiler.forget()
            self.compiled = None
