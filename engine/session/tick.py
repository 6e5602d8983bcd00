"""One tick: waiting messages, render and compile, the model, the tools, the decision to go on.

Not here: the loop around it and its end (``loop``).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.compiler.compile import Compiled, CompileInput
from engine.compiler.record import record_of
from engine.entries import Block, Entry, EntryStatus, new_id
from engine.errors import Aborted, EngineError, ModelError, SessionLocked
from engine.events import CompiledEvent, ContextUpdate, EntryCommitted, TickEnd, TickStart
from engine.json_values import check_json
from engine.model import ModelRequest
from engine.reconciler import phases
from engine.reconciler.tree import MAX_PASSES
from engine.session.execution import Execution, ExecutionInfo, TickResult, ToolCallInfo, ToolResultInfo
from engine.session.journal import take_state
from engine.session.model_call import ModelCall, Reply
from engine.timeline.select import Running
from engine.tools.calls import CANCELLED, Outcome, ToolCalls, failed
from engine.usage import Usage

if TYPE_CHECKING:
    from engine.persistence import TickRecord
    from engine.session.session import Session

MAX_PAUSES = 20
"""So often a reply may pause and be continued inside one tick."""

GO_ON = ("tool_use", "end_turn", "max_tokens", "pause_turn", "stop_sequence")
"""Stop reasons after which a reply's tool calls run."""


class Tick:
    """One tick of an execution."""

    def __init__(self, session: Session, execution: Execution) -> None:
        self.session = session
        self.execution = execution
        self.started = time.time()
        self.number = execution.tick
        self.usage = Usage()
        self.model_name: str | None = None
        self.context: Any = None

    def info(self) -> ExecutionInfo:
        """What callbacks are told."""
        ex = self.execution
        return ExecutionInfo(ex.id, self.session.id, self.number, metadata=ex.metadata)

    async def run(self) -> bool:
        """Run the tick.

        Returns:
            Whether the execution goes on.
        """
        session, ex = self.session, self.execution
        session.check_abort(ex)
        session.emit(TickStart())
        session.tree.notify("tick")
        with session.interruptible(ex):
            await session.rendered()
            await phases.fire_tick_start(session.tree, (ex.id, self.number), self.info())
        await self._take_messages()
        with session.interruptible(ex):
            compiled = await self._compile()
        reply, entry = await self._ask(compiled)
        outcomes = await self._tools(compiled, reply, entry)
        return await self._decide(reply, outcomes)

    # -- messages ------------------------------------------------------------------------------------------------

    async def _take_messages(self) -> None:
        session, ex = self.session, self.execution
        waiting = session.take_pending(ex)
        if not waiting and self.number > 1:
            return
        entries = []
        for offset, pending in enumerate(waiting):
            message = pending.message
            entry = session.new_entry(message.role, message.content, message.metadata, offset=offset)
            entries.append((entry, pending))
            if message.role == "user" and ex.started_by is None:
                ex.started_by = entry.id
        session.append([entry for entry, _ in entries])
        ex.unanswered.extend(entry.id for entry, _ in entries)
        try:
            await session.commit(
                ex,
                entries=[entry for entry, _ in entries],
                pending_removed=[pending.id for _, pending in entries if pending.stored],
                execution=session.execution_record(ex),
                tick=self.record(),
                state=take_state(session.tree),
            )
        except SessionLocked:
            session.take_back(ex, waiting)
            raise
        for entry, _ in entries:
            session.emit(EntryCommitted(entry=entry))
        with session.interruptible(ex):
            for entry, _ in entries:
                await phases.fire(session.tree, "on_message", entry)

    def record(self, *, ended: bool = False, stop_reason: str | None = None) -> TickRecord:
        """The tick as it is saved."""
        from engine.persistence import TickRecord

        return TickRecord(
            execution_id=self.execution.id,
            tick=self.number,
            started=self.started,
            ended=time.time() if ended else None,
            model=self.model_name,
            stop_reason=stop_reason,
            usage=self.usage.to_json() if ended else {},
            context=self._take_context(),
            after_index=self.session.log.next_index - 1,
        )

    def _take_context(self) -> Any:
        context, self.context = self.context, None
        return context

    # -- context -------------------------------------------------------------------------------------------------

    async def _compile(self) -> Compiled:
        session, ex = self.session, self.execution
        reasons: list[str] = []
        passes = 0
        forced = False
        while True:
            used = await session.rendered()
            await phases.fire_tick_start(session.tree, (ex.id, self.number), self.info())
            if session.tree.dirty:
                used += await session.rendered()
            passes += max(1, used)
            compiled = await session.compiler.compile(session.tree, self.compile_input())
            await phases.fire(session.tree, "after_compile", compiled)
            reasons.extend(compiled.requests)
            if not compiled.requests and not session.tree.dirty:
                break
            if passes >= MAX_PASSES:
                forced = True
                break
            if compiled.requests and session.tree.root is not None:
                session.tree.root.mark_dirty()
        compiled.reasons, compiled.forced = reasons, forced
        self._check_window(compiled)
        changed = None
        if self._runner_transforms():
            try:
                changed = await phases.call(self._runner_transforms(), compiled.request, self.info())
            except EngineError:
                raise
            except Exception as error:
                raise EngineError(f"The runner's transform raised {type(error).__name__}: {error}") from error
            if isinstance(changed, ModelRequest) and changed is not compiled.request:
                for part in ("system_blocks", "messages", "tools"):
                    check_json(getattr(changed, part), f"transform.{part}")
                compiled.request = changed
            else:
                changed = None
        session.compiled = compiled
        session.compiled_at = (ex.id, self.number)
        if session.journal.store is not None:
            exact = compiled.request if changed is not None else None
            self.context = record_of(compiled.layout, compiled.choice, session.log, exact)
            ex.changed = take_state(session.tree), session.take_shared()  # what the request shows is saved with it
        session.emit(CompiledEvent(request=compiled.request, passes=passes, reasons=tuple(reasons), forced=forced))
        session.tree.notify("context_info")
        await self._evicted(compiled)
        return compiled

    def _check_window(self, compiled: Compiled) -> None:
        """Raise where the running execution alone is more than the model can read; nothing can be left out then."""
        window = self.session.context_window(compiled)
        if not window:
            return
        log = self.session.log
        needed = sum(log.weights()[self.session.first_of_execution :])
        if needed > window:
            raise ModelError(
                f"This turn alone has about {needed} tokens; the model reads at most {window}", kind="context"
            )

    async def _evicted(self, compiled: Compiled) -> None:
        fiber = self.session.tree.fibers.get(compiled.timeline_path)
        on_evict = fiber.element.props.get("on_evict") if fiber is not None and not fiber.is_component else None
        if on_evict is None:
            return
        shown = {entry.id for entry in compiled.choice.entries}
        gone = [entry for entry in self.session.log.entries if entry.id not in shown]
        fresh = [entry for entry in gone if entry.id not in self.session.evicted]
        if fresh:
            self.session.evicted |= {entry.id for entry in fresh}
            try:
                await phases.call(on_evict, fresh)
            except Exception as error:
                raise EngineError(f"on_evict of Timeline raised {type(error).__name__}: {error}") from error

    def _runner_transforms(self) -> Any:
        return getattr(self.session.runner, "transform", None)

    def compile_input(self, *, continued: bool = False) -> CompileInput:
        """What compiling needs to know of this tick."""
        session, ex = self.session, self.execution
        return CompileInput(
            log=session.log,
            running=Running(ex.id, session.first_of_execution),
            tools=[*session.outer_tools(), *ex.tools],
            model_name=session.model_name(),
            abilities=session.model_abilities(),
            continued=continued,
            started_by=ex.started_by,
            breakpoint=session.breakpoint,
            pending=[pending.message for pending in session.pending],
            summarize=session.summarize,
        )

    # -- model ---------------------------------------------------------------------------------------------------

    async def _ask(self, compiled: Compiled) -> tuple[Reply, Entry]:
        session, ex = self.session, self.execution
        request = compiled.request
        for _ in range(MAX_PAUSES):
            reply = await self._call(compiled, request)
            content = reply.content()
            entry = await self._commit_reply(reply, content, "complete")
            if reply.stop_reason != "pause_turn":
                break
            session.check_abort(ex)
            with session.interruptible(ex):
                again = await session.compiler.compile(session.tree, self.compile_input(continued=True))
            request = again.request
        session.breakpoint = compiled.cached_at
        return reply, entry

    async def _call(self, compiled: Compiled, request: ModelRequest) -> Reply:
        session, ex = self.session, self.execution
        model = session.model_for(compiled)
        if model is None:
            raise ModelError("No model was chosen", kind="unsupported")
        self.model_name = request.model or getattr(getattr(model, "info", None), "name", None)
        journal = session.journal_stream(ex) if session.journal.store is not None else None
        call = ModelCall(model, session.emit, journal)
        try:
            with session.interruptible(ex):
                return await call.run(request, new_id("entry"))
        except (ModelError, Aborted, asyncio.CancelledError):
            await self._keep_partial(call.reply)
            if self.context is not None:  # there was nothing to keep: what was asked is saved all the same
                state, shared = ex.take_changed()
                session.journal.later(tick=self.record(ended=True), state=state, shared_state=shared)
            raise

    async def _keep_partial(self, reply: Reply | None) -> None:
        if reply is None or not reply.started:
            return
        self.usage = self.usage + reply.usage
        self.execution.usage = self.execution.usage + reply.usage
        content = [b for b in reply.content() if b.get("type") != "tool_use"]
        if any(block.get("type") != "text" or block["text"] for block in content):
            await self._commit_reply(reply, content, "interrupted")

    async def _commit_reply(self, reply: Reply, content: Sequence[Block], status: Any) -> Entry:
        session, ex = self.session, self.execution
        metadata = {"model": reply.model or self.model_name, "stop_reason": reply.stop_reason}
        entry = session.new_entry("assistant", content, metadata, id=reply.message_id, status=status)
        session.append([entry])
        if status == "complete":
            self.usage = self.usage + reply.usage
            ex.usage = ex.usage + reply.usage
            ex.unanswered.clear()
        state, shared = ex.take_changed()
        fields: dict[str, Any] = {
            "entries": [entry],
            "tick": self.record(stop_reason=reply.stop_reason),
            "streamed": (),
            "state": state,
            "shared_state": shared,
        }
        if any(block.get("type") == "tool_use" for block in content):
            await session.commit(ex, **fields)  # durable before any tool runs
        else:
            session.journal.later(**fields)  # in order, and awaited with the execution's last save
        session.emit(EntryCommitted(entry=entry))
        session.state_saved(state)
        return entry

    # -- tools ---------------------------------------------------------------------------------------------------

    async def _tools(self, compiled: Compiled, reply: Reply, entry: Entry) -> list[Outcome]:
        calls = [block for block in entry.content if block.get("type") == "tool_use"]
        if not calls:
            return []
        session, ex = self.session, self.execution
        runs = ToolCalls(session, ex, compiled)
        if reply.stop_reason not in GO_ON:
            why = f"The reply stopped with {reply.stop_reason}; the call did not run."
            reply.broken.update({block["id"]: why for block in calls})
        if ex.store_error is not None:
            reply.broken.update({block["id"]: "The call was not saved and did not run." for block in calls})
        runs.announce(calls)
        return await self.run_calls(runs, calls, reply.broken)

    async def run_calls(self, runs: ToolCalls, calls: Sequence[Block], broken: Mapping[str, str]) -> list[Outcome]:
        """Run calls and commit their results, all together, also when this is interrupted."""
        session, ex = self.session, self.execution
        try:
            with session.interruptible(ex):
                outcomes = await runs.run(calls, broken)
        except BaseException as error:
            if session.leaving:
                raise  # the open question is asked again by the next process
            reason = CANCELLED.format(reason=ex.aborting or str(error) or "Aborted")
            outcomes = [runs.outcomes.get(b["id"]) or failed(b["id"], b["name"], reason) for b in calls]
            open_calls = len(runs.outcomes) < len(calls)
            await self._commit_results(outcomes, "cancelled" if open_calls else "complete")
            raise
        await self._commit_results(outcomes)
        return outcomes

    async def _commit_results(self, outcomes: Sequence[Outcome], status: EntryStatus = "complete") -> None:
        session, ex = self.session, self.execution
        entry = session.new_entry("tool", [outcome.block() for outcome in outcomes], {}, status=status)
        session.append([entry])
        state = take_state(session.tree)
        shared = session.take_shared()
        await session.commit(ex, entries=[entry], state=state, shared_state=shared, tick=self.record(ended=True))
        session.emit(EntryCommitted(entry=entry))
        session.state_saved(state)

    # -- the end -------------------------------------------------------------------------------------------------

    async def _decide(self, reply: Reply, outcomes: Sequence[Outcome]) -> bool:
        session, ex = self.session, self.execution
        calls = [b for b in reply.content() if b.get("type") == "tool_use"]
        wants = any(not o.is_output for o in outcomes) and reply.stop_reason in GO_ON
        result = TickResult(
            tick=self.number,
            text=ex.reply_text(),
            tool_calls=[ToolCallInfo(b["name"], b["input"], b["id"]) for b in calls],
            tool_results=[ToolResultInfo(o.name, o.call_id, o.content, o.is_error) for o in outcomes],
            stop_reason=reply.stop_reason,
            usage=self.usage,
            should_continue=wants or session.has_joined(),
        )
        session.last_tick = result
        with session.interruptible(ex):
            await session.rendered()
            for fiber, kind, function in phases.callbacks(session.tree, "on_tick_end", "continuation"):
                result.settle(await phases.call_of(fiber, kind, function, result))
        if session.has_joined() and not result.should_continue and result.reason is None:
            result.should_continue = True
        ex.stop_reason = reply.stop_reason
        if not result.should_continue and result.reason is not None:
            ex.stop_reason = result.reason
        if result.should_continue:
            state, shared = take_state(session.tree), session.take_shared()
            if state or shared or not outcomes:
                closing = self.record(ended=True, stop_reason=reply.stop_reason)
                await session.commit(ex, state=state, shared_state=shared, tick=closing)
                session.state_saved(state)
        self.context_update()
        session.emit(
            TickEnd(
                should_continue=result.should_continue,
                stop_reason=reply.stop_reason,
                usage=self.usage,
                reason=result.reason,
            )
        )
        ex.closing = self.record(ended=True, stop_reason=ex.stop_reason) if not result.should_continue else None
        session.finished_tick(ex, self.number)
        return result.should_continue

    def context_update(self) -> None:
        """Tell listeners how full the context is."""
        usage = self.usage
        tokens = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
        self.session.emit(ContextUpdate(tokens=tokens, window=self.session.context_window(self.session.compiled)))
