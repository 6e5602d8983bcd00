"""A session: one conversation, one mounted tree, one execution at a time. Here: its public face.

Not here: the loop of an execution (``loop``, ``tick``), loading and recovery (``recovery``), forks (``fork``).
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from engine.component import root_element
from engine.entries import new_id
from engine.errors import SessionClosed, SpawnDepthExceeded, ValidationFailed
from engine.eventlog import MAX_EVENTS_PER_SESSION, EventLog
from engine.events import SessionEvent
from engine.messages import Incoming, messages_of
from engine.model import ModelRequest
from engine.session.checks import check_given, is_whole
from engine.session.core import SessionCore
from engine.session.execution import Execution, ExecutionHandle, Procedure, SendResult, quiet_future
from engine.session.loop import run_execution
from engine.timeline.log import TimelineView
from engine.tools.confirm import Answer, no_question
from engine.tools.definition import as_definitions
from engine.usage import Usage

if TYPE_CHECKING:
    from engine.app import App

AS_IT_IS: Mapping[str, Any] = MappingProxyType({})
"""``render()``: run, with the properties that the root has."""

MAX_DEPTH = 10
"""How deep spawned sessions may spawn others."""


class Session(SessionCore):
    """One conversation. Made by ``await app.session(id)``; nothing is mounted until it is used.

    For programs that keep several agents: ``agent_id``, ``agent_version``, ``title`` and ``metadata`` are plain
    attributes. Set them when the session is made; they are stored with the session (``agent_version`` with each
    execution) at the next save.

    Example:
        >>> session = await app.session("user-123")
        >>> result = await session.send("My name is Ryan.").result
    """

    @property
    def status(self) -> Literal["idle", "running", "closed"]:
        """``running`` while an execution is under way; ``closed`` for good."""
        if self.closed:
            return "closed"
        return "running" if self.current is not None else "idle"

    @property
    def timeline(self) -> TimelineView:
        """The entries in memory, read-only. ``mount`` loads those of a stored session."""
        return TimelineView(self.log)

    @property
    def usage(self) -> Usage:
        """Tokens of all executions of this session, with those of sessions it spawned."""
        return self.total_usage

    def check_open(self) -> None:
        """Raise SessionClosed when the session was closed."""
        if self.closed:
            raise SessionClosed

    # -- plain calls ---------------------------------------------------------------------------------------------

    def send(
        self,
        messages: Any = None,
        *,
        props: Mapping[str, Any] | None = None,
        tools: Sequence[Any] = (),
        max_ticks: int | None = None,
        metadata: Mapping[str, Any] | None = None,
    ) -> Procedure:
        """Start an execution, or join the one that runs.

        Args:
            messages: A text, a message ``{"role", "content"}``, blocks, or a list of messages.
            props: Properties of the root component, from the next tick on; kept until others are given.
            tools: Tools for this execution only.
            max_ticks: Instead of the app's.
            metadata: Stored with the execution and told to its callbacks.

        Returns:
            ``await procedure`` gives the handle, ``await procedure.result`` the :class:`SendResult`.

        Raises:
            ValidationFailed: Something given has the wrong shape.
            SessionClosed: The session was closed.
        """
        self.check_open()
        incoming = messages_of(messages)
        definitions = as_definitions(tools)
        check_given(props, max_ticks, metadata)
        running = self.current
        if running is not None and not running.stopping and running.aborting is None:
            return self._join(running, incoming, props, definitions)
        return self._start(incoming, props, definitions, max_ticks, metadata)

    def render(self, props: Mapping[str, Any] | None = AS_IT_IS, *, max_ticks: int | None = None) -> Procedure:
        """Run the tree without a new message.

        ``render()`` and ``render(props)`` always run, with what is queued; ``render(None)`` does so only if something
        is queued. While an execution runs, ``props`` hold from its next tick and its handle is returned.
        """
        return self._render(props, max_ticks)

    def queue(self, message: Any) -> None:
        """Keep a message for the next execution. Starts nothing."""
        self.check_open()
        for incoming in messages_of(message):
            self.add_pending(incoming, "queued")
        self.tree.notify("queued")

    def abort(self, reason: str = "Aborted") -> None:
        """Abort the running execution, if there is one."""
        self.check_open()
        if self.current is not None:
            self.abort_execution(self.current, reason)

    def interrupt(self, message: Any = None, reason: str = "Interrupted") -> Procedure:
        """Abort what runs, then send."""
        self.check_open()
        messages_of(message)
        self.abort(reason)
        return self.send(message)

    def respond(
        self,
        confirmation_id: str,
        approved: bool,
        *,
        input: Any = None,
        reason: str | None = None,
        always: bool = False,
    ) -> None:
        """Answer a ``tool_confirmation_required``, of this session or of one it spawned.

        The answer to a question from before a restart (``inspect()["questions"]`` after ``mount``) starts an execution
        that runs the call and goes on from there.

        Args:
            confirmation_id: From the event.
            approved: Whether the tool may run.
            input: Run it with this input instead.
            reason: Told to the model.
            always: Do not ask again for this tool, as it is now, in this session.

        Raises:
            ValidationFailed: There is no such open question.
        """
        self.check_open()
        answer = Answer(approved, input, reason, always)
        if self.confirmations.answer(confirmation_id, answer):
            return
        if not self.answer_stored(confirmation_id, answer):
            raise no_question(confirmation_id)
        if self.current is None:
            self._start((), None, [], None, None)

    def replace(self, component: Any) -> None:
        """Use another component from the next tick on. State of what is still there is kept."""
        self.check_open()
        element = root_element(component)
        self.component = component
        self.element = element
        self.tree.replace()

    def snapshot(self) -> dict[str, Any]:
        """The session as JSON with a version; ``app.session(id)`` and ``restore`` are the way back."""
        from engine.session.snapshot import snapshot_of

        self.check_open()
        return snapshot_of(self)

    def inspect(self) -> dict[str, Any]:
        """What is mounted now: paths, state per path, tools, knobs, gates, tokens per path, open questions."""
        from engine.session.inspect import inspection_of

        return inspection_of(self)

    def spawn(
        self,
        component: Any,
        messages: Any = None,
        *,
        model: Any = None,
        max_ticks: int | None = None,
        label: str | None = None,
        props: Mapping[str, Any] | None = None,
        call_id: str | None = None,
        runner: Any = None,
        agent_id: str | None = None,
    ) -> Procedure:
        """Run another component in a child session of its own, and return its procedure.

        Its events come through this session with ``spawn_path``, its questions can be answered here, its tokens
        count into ``total_usage``. It ends with this session's execution.

        Raises:
            SpawnDepthExceeded: Sessions would be nested more than ten deep.
            ValidationFailed: Something given has the wrong shape; nothing was started.
        """
        from engine.session.spawn import spawn_child

        self.check_open()
        if self.depth >= MAX_DEPTH:
            raise SpawnDepthExceeded(f"Sessions may be nested at most {MAX_DEPTH} deep")
        incoming = messages_of(messages)
        check_given(props, max_ticks)
        return spawn_child(
            self, component, incoming, model=model, max_ticks=max_ticks, label=label, props=props,
            call_id=call_id, runner=runner, agent_id=agent_id,
        )  # fmt: skip

    # -- awaited calls -------------------------------------------------------------------------------------------

    async def mount(self) -> None:
        """Load the session and mount its tree, without running anything."""
        self.check_open()
        async with self.using():
            await self.ensure_loaded()
            await self.rendered()
        if self.closed:  # meanwhile: what was mounted behind its back leaves again
            await self.shut()
            raise SessionClosed

    async def dispatch(self, name: str, input: Any = None) -> list[dict[str, Any]]:
        """Call a tool of the tree as a program does, those of audience ``user`` too. No model is called.

        Returns:
            The blocks of its result.

        Raises:
            UnknownTool: There is no such tool.
            ValidationFailed: The input does not fit.
            Exception: Whatever the handler raises.
        """
        from engine.session.dispatch import dispatch_tool

        self.check_open()
        return await dispatch_tool(self, name, {} if input is None else input)

    async def fork(self, at: Any = None, id: str | None = None) -> Session:
        """A new session with timeline and state as they were at a place.

        Args:
            at: The id of an entry (the last one to keep), ``(execution_id, tick)`` (its end), or None: as it is.
            id: The new session's id.

        Raises:
            ValidationFailed: There is no such place, or a session of that id exists.
        """
        from engine.session.fork import fork_session

        self.check_open()
        return await fork_session(self, at, id)

    async def context(self, tick: Any = None) -> ModelRequest | None:
        """What the model was given in a tick.

        Args:
            tick: ``(execution_id, tick)``, a tick of the last execution, or None: the last.

        Returns:
            The request, byte for byte, or None where it is not known. Without a store only the last one is kept.
        """
        from engine.session.inspect import context_of

        self.check_open()
        return await context_of(self, tick)

    async def close(self) -> None:
        """End the session here: abort what runs, save, unmount. What is stored stays. Closing twice is fine.

        A question that is open then is asked again when the session is opened the next time.
        """
        if self.closed:
            await self.journal.settle()
            return
        self.closed = True
        if self.journal.store is not None and any(question.resumable for question in self.confirmations.open):
            self.leaving = True
        if self.current is not None:
            self.abort_execution(self.current, "Session is closed")
            await self.wait_for_executions()
        await self.shut()
        self.events_log.close()
        if self.app is not None:
            self.app.forget(self)

    def events(self, after: int | None = None) -> AsyncIterator[SessionEvent]:
        """Events of the session, with those of sessions it spawned, until it is closed.

        Args:
            after: Begin behind this sequence number, with what was kept since; None begins with what comes next.
                With a store this also works in a new process, and what another process saves is followed within a
                second. What is not in memory is read from the stored log, where a streamed block is one
                ``content_delta``. ``compiled`` has an empty request where that was never saved: in spawned sessions,
                and without a store in all but the newest eight.

        Raises:
            ValidationFailed: ``after`` is not a whole number.
            EngineError: Events behind ``after`` are not kept any more: memory has the newest 5,000, a store the newest
                2,000. The iterator raises it where that shows only when the store is read.
        """
        self.check_open()
        if after is not None and not is_whole(after):
            raise ValidationFailed("after must be the sequence number of an event", place="after")
        log = self.events_log
        if after is None:
            return log.read(log.end)
        if self.journal.store is None:
            return log.read(log.place_after(after))
        from engine.session.stored_events import StoredReader

        return StoredReader(self, after)

    # -- starting and joining ------------------------------------------------------------------------------------

    def _start(
        self,
        incoming: Sequence[Incoming],
        props: Mapping[str, Any] | None,
        tools: list[Any],
        max_ticks: int | None,
        metadata: Mapping[str, Any] | None,
    ) -> Procedure:
        loop = asyncio.get_running_loop()
        handle = ExecutionHandle(new_id("execution"), self.id, lambda reason: self.abort_execution(ex, reason))
        ex = Execution(
            handle=handle,
            max_ticks=max_ticks or self.max_ticks,
            metadata=dict(metadata or {}),
            tools=tools,
            started=self.clock(),
        )
        own = [self.add_pending(message, "joined", store=False) for message in incoming]
        ex.own = tuple(pending.id for pending in own)
        ex.props = props
        before = self.current
        self.current = ex
        self.executions.append(ex)
        self.touch()
        context = self._context()
        running = run_execution(self, ex) if before is None else self._run_after(before, ex)
        ex.task = context.run(loop.create_task, running)
        return Procedure(handle)

    async def _run_after(self, before: Execution, ex: Execution) -> None:
        if before.task is not None:
            await asyncio.wait([before.task])
        await run_execution(self, ex)

    def _context(self) -> contextvars.Context:
        """The caller's context, with what was set when the session was made where the caller set nothing."""
        context = contextvars.copy_context()
        for variable, value in self.made_in.items():
            if variable not in context:
                context.run(variable.set, value)
        return context

    def _join(
        self, ex: Execution, incoming: Sequence[Incoming], props: Mapping[str, Any] | None, tools: list[Any]
    ) -> Procedure:
        if props is not None:
            self.set_props(props)
        if tools:
            names = {tool.name for tool in tools}
            ex.tools = [*(tool for tool in ex.tools if tool.name not in names), *tools]
        if not incoming:
            return Procedure(ex.handle)
        future: asyncio.Future[SendResult] = quiet_future()
        ids = [self.add_pending(message, "joined").id for message in incoming]
        ex.joiners.append((ids, future))
        self.tree.notify("queued")
        return Procedure(ex.handle, future)

    def _render(self, props: Mapping[str, Any] | None, max_ticks: int | None) -> Procedure:
        self.check_open()
        check_given(props, max_ticks)
        given = None if props is AS_IT_IS else props
        running = self.current
        if running is not None and not running.stopping and running.aborting is None:
            return self._join(running, (), given, [])
        if props is None and self.loaded and not self.pending:
            handle = ExecutionHandle(new_id("execution"), self.id, lambda _reason: None)
            handle.status = "completed"
            handle._future.set_result(SendResult())
            handle._events.close()
            return Procedure(handle)
        procedure = self._start((), given, [], max_ticks, None)
        if props is None and self.current is not None:
            self.current.only_pending = True
        return procedure


def make_session(app: App | None, id: str, **options: Any) -> Session:
    """A session, not loaded and not mounted."""
    session = Session(app, id, **options)
    session.events_log = EventLog(MAX_EVENTS_PER_SESSION)
    return session
