"""Saving, interruption, and the life of a session and its executions.

Not here: the public calls (``session``), the loop (``loop``, ``tick``).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from engine.entries import Block, Entry
from engine.errors import Aborted, EngineError, SessionLocked, StoreError
from engine.reconciler import phases
from engine.reconciler.tree import Tree
from engine.session.execution import Execution
from engine.session.parts import SessionParts
from engine.tools.confirm import Answer
from engine.usage import NO_USAGE

if TYPE_CHECKING:
    from engine.persistence import ExecutionRecord

log = logging.getLogger("engine")


class SessionCore(SessionParts):
    """State and services of a session. See :class:`engine.session.session.Session` for what callers use."""

    # -- saving --------------------------------------------------------------------------------------------------

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
            self.journal.add(**fields)
            await self.journal.flush()
        except SessionLocked:
            self.refused()
            raise
        except StoreError as error:
            if ex is not None:
                ex.store_error = error
            if raising or ex is None:
                raise
            return
        if ex is not None:
            ex.store_error = None

    def refused(self) -> None:
        """Another program writes this session: what was to be saved is forgotten, messages still wait."""
        lost = self.journal.drop()
        for pending in self.pending:
            if pending.id in lost:
                pending.stored = False
        self.caught_up = False
        self.was_refused = True

    def execution_record(
        self, ex: Execution, status: Any = "running", error: BaseException | None = None
    ) -> ExecutionRecord:
        """The execution as it is saved."""
        from engine.persistence import ExecutionRecord

        return ExecutionRecord(
            id=ex.id,
            status=status,
            started=ex.started,
            ended=time.time() if status != "running" else None,
            agent_version=self.agent_version,
            stop_reason=ex.stop_reason,
            error=None if error is None else str(error),
            usage=ex.usage.to_json() if ex.usage is not NO_USAGE else {},
            total_usage=ex.total_usage.to_json() if status != "running" else {},
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
        await self.catch_up()
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
                try:
                    await phases.call(init, self)
                except Exception as error:
                    raise EngineError(f"The runner's on_session_init raised {type(error).__name__}: {error}") from error

    async def ready_to_write(self, ex: Execution) -> None:
        """What was left unsaved goes first."""
        if self.journal.unsaved:
            try:
                await self.journal.flush()
            except SessionLocked:
                self.refused()
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

    async def summarize(self, entries: Sequence[Entry], guidance: str | None, model: Any = None) -> Entry | None:
        """A summary of entries by the model, or the one that the tree chose; see ``timeline/summary``."""
        from engine.timeline.summary import summarize

        return await summarize(self, entries, guidance, model)  # type: ignore[arg-type]

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
        from engine.session.recovery import load

        async with self._gate:
            if not self.loaded:
                await load(self)  # type: ignore[arg-type]

    async def catch_up(self) -> None:
        """Load; again where a save was refused, or where another program went on since it was loaded.

        Raises:
            StoreError: It could not be read.
        """
        store = self.journal.store
        if self.loaded and not self.caught_up and store is not None:
            await self.journal.settle()
            stored = await store.load(self.id, limit=1)
            if self.was_refused or (
                stored is not None
                and (
                    stored.total_entries != self.log.next_index
                    or int(stored.session.get("sequence") or 0) > self.sequence
                )
            ):
                self.refused()
                await self.shut()
                self.unstored_events.clear()
                self._row = {}
                self.loaded = self.was_refused = False
                self._fresh_tree()
        await self.ensure_loaded()
        self.caught_up = True

    def _fresh_tree(self) -> None:
        self.tree = Tree(host=self)
        self.compiler.forget()
        self.compiled = None

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
                try:
                    await phases.call(destroy, self)
                except Exception:  # what is unsaved is saved all the same
                    log.exception("on_destroy of session %s raised", self.id)
        store = self.journal.store
        if store is not None:
            await self.journal.settle()
            try:
                await self.journal.flush()
            except SessionLocked as error:
                log.warning("Session %s: %s", self.id, error)
                self.refused()
            finally:
                self.caught_up = False
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
            if self.loaded and self.app is not None:  # it is in use again
                self.app.used(self)  # type: ignore[arg-type]
            return
        self.loaded = False
        await self.shut()
        if self.current is None:
            self._fresh_tree()
