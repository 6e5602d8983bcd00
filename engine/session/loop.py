"""An execution from its first tick to its end: ticks, errors, the last save, the result.

Not here: what happens inside a tick (``tick``).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.errors import Aborted, EngineError, ModelError, RenderError, StoreError
from engine.events import ErrorEvent, ExecutionEnd, ExecutionStart, SessionEvent
from engine.hooks.knobs import reset_momentary
from engine.reconciler import phases
from engine.session.execution import Execution, ExecutionInfo
from engine.session.journal import take_state
from engine.session.tick import Tick

if TYPE_CHECKING:
    from engine.session.session import Session

log = logging.getLogger("engine")


async def run_execution(session: Session, ex: Execution) -> None:
    """Run an execution; its handle has the outcome afterwards. Never raises."""
    error: BaseException | None = None
    try:
        await _ticks(session, ex)
    except asyncio.CancelledError:
        error = Aborted(ex.aborting or "Aborted")
        _uncancel()
    except EngineError as raised:
        error = raised
    except Exception as raised:
        log.exception("Execution %s failed", ex.id)
        error = EngineError(f"{type(raised).__name__}: {raised}")
        error.__cause__ = raised
    if error is None and ex.aborting is not None:
        error = Aborted(ex.aborting)
    try:
        await _end(session, ex, error)
    except asyncio.CancelledError:
        _resolve(session, ex, error or Aborted(ex.aborting or "Aborted"))
    except Exception as raised:
        log.exception("The end of execution %s failed", ex.id)
        _resolve(session, ex, error or raised)


def _uncancel() -> None:
    task = asyncio.current_task()
    while task is not None and task.cancelling():
        task.uncancel()


async def _ticks(session: Session, ex: Execution) -> None:
    with session.interruptible(ex):
        await session.begin(ex)
    session.emit(ExecutionStart(metadata=ex.metadata))
    await session.ready_to_write(ex)
    with session.interruptible(ex):
        await session.rendered()
        info = ExecutionInfo(ex.id, session.id, metadata=ex.metadata)
        await phases.fire(session.tree, "on_execution_start", info)
        await session.resume_questions(ex)
    while True:
        ex.tick += 1
        if not await Tick(session, ex).run():
            if session.has_joined() and ex.stop_reason in (None, "end_turn") and ex.tick < ex.max_ticks:
                continue
            return
        if ex.tick >= ex.max_ticks:
            ex.stop_reason = "max_ticks"
            return


async def _end(session: Session, ex: Execution, error: BaseException | None) -> None:
    ex.stopping = True
    await session.end_children(ex.aborting or "The parent ended")
    handle = ex.handle
    status = "completed" if error is None else "aborted" if isinstance(error, Aborted) else "error"
    if session.mounted:
        info = ExecutionInfo(ex.id, session.id, ex.tick, status, ex.stop_reason, error, ex.metadata)  # type: ignore[arg-type]
        if not isinstance(error, RenderError):
            try:
                await session.rendered()
            except EngineError as raised:
                log.warning("Session %s: %s", session.id, raised)
        await phases.fire_all(session.tree, "on_execution_end", info)
        reset_momentary(session.tree)
    failed = dict.fromkeys(ex.unanswered, "failed") if isinstance(error, ModelError) else {}
    for id in failed:
        session.mark(ex, id, "failed")
    shown, shared = ex.take_changed()
    state = {**shown, **take_state(session.tree)}
    fields: dict[str, Any] = {"pending_added": session.unstored_pending()}
    # What is told of the end is saved with the end: it is numbered before, and told after.
    before = session.hold_events()
    changed = session.state_events(state)
    told = _closing_events(session, ex, status, error, changed)
    if session.loaded:
        fields |= {
            "statuses": failed,
            "state": state,
            "shared_state": {**shared, **session.take_shared()},
            "streamed": () if error is not None else None,
            "execution": session.execution_record(ex, status, error),
            "tick": ex.closing,
            "session": session.row(ex),
        }
    if not session.leaving and (session.loaded or fields["pending_added"]):
        try:
            await session.commit(ex, raising=True, **fields)
        except StoreError as raised:
            error = error or raised
            status = "error" if status == "completed" else status
            session.not_stored(before)
            told = _closing_events(session, ex, status, error, changed)
    session.log.trim()
    for event in told:
        session.deliver(event)
    handle.status = status  # type: ignore[assignment]
    _resolve(session, ex, error)


def _closing_events(
    session: Session, ex: Execution, status: Any, error: BaseException | None, state: Sequence[SessionEvent]
) -> list[SessionEvent]:
    """What listeners are told of an execution's end, numbered."""
    told = list(state)
    if error is not None and status == "error":
        kind = error.kind if isinstance(error, ModelError | StoreError) else type(error).__name__
        retryable = isinstance(error, ModelError) and error.retryable
        told.append(ErrorEvent(message=str(error), kind=kind, retryable=retryable))
    told.append(
        ExecutionEnd(
            status=status,
            stop_reason=ex.stop_reason,
            error=None if error is None else str(error),
            new_entries=tuple(ex.entries),
            usage=ex.usage,
            total_usage=ex.total_usage,
        )
    )
    for event in told:
        session.number(event)
    return told


def _resolve(session: Session, ex: Execution, error: BaseException | None) -> None:
    """Give the result to everyone who waits, and let the session go on."""
    session.release_events()
    handle = ex.handle
    if handle.status == "running":
        handle.status = "aborted" if isinstance(error, Aborted) else "error" if error is not None else "completed"
    still_waiting = {pending.id for pending in session.pending}
    session.finished(ex)
    for ids, future in ex.joiners:
        if future.done():
            continue
        if error is not None:
            future.set_exception(error)
        elif still_waiting.intersection(ids):
            ended = ex.stop_reason or "stopped"
            why = f"The run ended ({ended}) before it saw this message, which waits for the next one"
            future.set_exception(EngineError(why))
        else:
            future.set_result(ex.result())
    if not handle._future.done():
        if error is not None:
            handle._future.set_exception(error)
        else:
            handle._future.set_result(ex.result())
    handle.ended()
