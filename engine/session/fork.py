"""Forks: a new session with timeline and state as they were at a place."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.entries import Entry, new_id
from engine.errors import ValidationFailed
from engine.persistence import Commit, ExecutionRecord, TickRecord
from engine.reconciler.tree import ASIDE
from engine.session.checks import tick_place
from engine.session.journal import UNKEPT, give_state, plain
from engine.session.recovery import ENDED, open_calls_of
from engine.tools.confirm import QUESTIONS

if TYPE_CHECKING:
    from engine.session.execution import Execution
    from engine.session.session import Session

REMEMBERED_TICKS = 200
"""Without a store, so many ticks can be forked from."""

State = dict[str, Any]


def current_state(session: Session) -> State:
    """Element state as it is now, by path, as JSON values."""
    from engine.hooks.slots import state_of

    tree = session.tree
    found: State = {path: values for path, values in tree.stored.items() if values}
    for path, fiber in list(tree.fibers.items()):
        if fiber.is_component:
            values = [[kind, plain(value)] for kind, value in state_of(fiber)]
            if values:
                found[path] = [item if item[1] is not UNKEPT else [item[0] + "!", None] for item in values]
    for path, kept in tree.aside.items():
        copied = [[kind, plain(value)] for kind, value in kept]
        if all(item[1] is not UNKEPT for item in copied):
            found[ASIDE + path] = copied
    return found


def current_shared(session: Session) -> State:
    """Session state as it is now, in the form it is saved in."""
    found = {}
    for key, value in session.shared.items():
        copied = plain(value)
        if key not in session.shared_volatile and key != QUESTIONS and copied is not UNKEPT:
            found[key] = {"value": copied}
    return found


def remember(session: Session, ex: Execution, tick: int) -> None:
    """Without a store: keep the state of a tick for forks."""
    history = session.history_of_state
    history.append((ex.id, tick, session.log.next_index - 1, current_state(session), current_shared(session)))
    if len(history) > REMEMBERED_TICKS:
        del history[: len(history) - REMEMBERED_TICKS]


async def fork_session(session: Session, at: Any, id: str | None) -> Session:
    """Fork; see ``Session.fork``."""
    app = session.app
    if app is None:
        raise ValidationFailed("A spawned session cannot be forked")
    id = new_id("session") if id is None else id
    async with session.using():
        await session.ensure_loaded()
        if await app.has(id):
            raise ValidationFailed(f"There is a session {id!r} already", place="id")
        if session.journal.store is not None:
            await session.journal.settle()
            await session.journal.flush()
        last, state, shared = await _place(session, at)
        entries = await _entries(session, last, now=at is None)
    copies = [dataclasses.replace(entry, id=new_id("entry"), index=number) for number, entry in enumerate(entries)]
    copies.extend(_closing(copies))
    fork = await app.session(id, component=session.component)
    fork.tools = list(session.tools)
    fork.own_model = session.own_model
    fork.props = dict(session.props)
    fork.title, fork.agent_id = session.title, session.agent_id
    fork.agent_version, fork.metadata = session.agent_version, dict(session.metadata)
    fork.forked_from = session.id
    fork.grants = {}
    fork.log.load(copies, len(copies))
    give_state(fork.tree, state)
    shared = {key: item for key, item in shared.items() if key != QUESTIONS}
    fork.shared = {key: item["value"] for key, item in shared.items()}
    fork.loaded = True
    await save_copy(fork, copies, state, shared)
    return fork


async def _place(session: Session, at: Any) -> tuple[int, State, State]:
    """Index of the last entry to keep, and state there."""
    if at is None:
        return session.log.next_index - 1, current_state(session), current_shared(session)
    if isinstance(at, str):
        entry = session.log.get(at) or await _dropped(session, at)
        if entry is None:
            raise ValidationFailed(f"There is no entry {at!r} in this session", place="at")
        state, shared = await _state_before(session, entry)
        return entry.index, state, shared
    tick = tick_place(at, "at")
    if tick is not None:
        return await _tick_place(session, *tick)
    raise ValidationFailed("A place is an entry's id or (execution_id, tick)", place="at")


async def _dropped(session: Session, id: str) -> Entry | None:
    """An entry that memory has let go of."""
    store, held = session.journal.store, session.log.entries
    first = held[0].index if held else session.log.next_index
    if store is None or not first:
        return None
    return next((entry for entry in await store.entries(session.id, 0, first - 1) if entry.id == id), None)


async def _tick_place(session: Session, execution_id: str, tick: int) -> tuple[int, State, State]:
    store = session.journal.store
    kept = f"; without a store only the newest {REMEMBERED_TICKS} are kept" if store is None else ""
    unknown = ValidationFailed(f"There is no tick {tick} of execution {execution_id!r}{kept}", place="at")
    if store is None:
        for ex, number, last, state, shared in session.history_of_state:
            if (ex, number) == (execution_id, tick):
                return last, dict(state), dict(shared)
        raise unknown
    ticks = await store.ticks(session.id, execution_id)
    record = next((t for t in ticks if t.tick == tick), None)
    if record is None or record.after_index is None:
        raise unknown
    state_then, shared_then = await store.state_at(session.id, execution_id, tick)
    return record.after_index, dict(state_then), dict(shared_then)


async def _state_before(session: Session, entry: Entry) -> tuple[State, State]:
    """State at an entry: at the end of its tick for replies and results, before it for a person's message."""
    store = session.journal.store
    whole = entry.role in ("assistant", "tool")
    if store is None:
        state: State = {}
        shared: State = {}
        for _ex, _tick, last, state_then, shared_then in session.history_of_state:
            same_tick = (_ex, _tick) == (entry.execution_id, entry.tick)
            if last < entry.index or (whole and same_tick):
                state, shared = state_then, shared_then
        return dict(state), dict(shared)
    found: tuple[Any, Any] = ({}, {})
    for record in await store.ticks(session.id):
        same_tick = (record.execution_id, record.tick) == (entry.execution_id, entry.tick)
        if (record.after_index is not None and record.after_index < entry.index) or (whole and same_tick):
            found = await store.state_at(session.id, record.execution_id, record.tick)
    return dict(found[0]), dict(found[1])


async def _entries(session: Session, last: int, *, now: bool) -> list[Entry]:
    """The entries up to an index; ``now``: what the session goes on with, also where a component replaced it."""
    store = session.journal.store
    if session.log.replaced and not now and store is not None:
        return list(await store.entries(session.id, 0, last))
    held = [entry for entry in session.log.entries if entry.index <= last]
    first = held[0].index if held else last + 1
    if first > 0 and store is not None and last >= 0:
        return [*await store.entries(session.id, 0, min(first - 1, last)), *held]
    return held


def _closing(entries: Sequence[Entry]) -> list[Entry]:
    """A result for calls that the place cuts off from theirs."""
    calls = open_calls_of(entries)
    if not calls:
        return []
    last = entries[-1]
    content = [
        {
            "type": "tool_result",
            "tool_use_id": call["id"],
            "content": [{"type": "text", "text": ENDED}],
            "is_error": True,
        }
        for call in calls
    ]
    return [
        Entry(
            new_id("entry"),
            last.index + 1,
            "tool",
            content,
            last.execution_id,
            last.tick,
            "cancelled",
            None,
            time.time(),
        )
    ]


async def save_copy(fork: Session, entries: Sequence[Entry], state: State, shared: State) -> None:
    """Save a session that was made of another one, in one transaction."""
    store = fork.journal.store
    if store is None:
        return
    now = time.time()
    execution = ExecutionRecord(new_id("execution"), "completed", now, now, metadata={"fork": True})
    tick = TickRecord(execution.id, 0, now, now, after_index=fork.log.next_index - 1)
    await store.commit(
        Commit(
            fork.id,
            session=fork.row(),
            entries=entries,
            state=state,
            shared_state=shared,
            execution=execution,
            tick=tick,
            pending_added=fork.unstored_pending(),
        )
    )
    fork.journal.made = True
