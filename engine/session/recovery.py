"""Loading a session, and setting right what a killed process left.

Not here: reading the database (``engine/store``).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.entries import Block, Entry, new_id
from engine.events import ToolConfirmationRequired
from engine.messages import messages_of
from engine.persistence import StoredSession
from engine.session.execution import Execution
from engine.session.journal import give_state
from engine.tools.confirm import QUESTIONS
from engine.usage import Usage

if TYPE_CHECKING:
    from engine.session.session import Session

log = logging.getLogger("engine")

ENDED = "The program ended before this call was finished. Whether it had an effect is not known."

LOST_EVENTS = 100_000
"""More events than a process tells between two saves: those that died with it keep their numbers to themselves, or a
client that has seen them would miss the ones that get the same numbers now.
"""

STOPPED_MIDWAY = (
    "The program ended in the middle of this call, after some of its steps had taken effect. "
    "They were not run again, and the steps that were left did not run."
)


async def load(session: Session) -> None:
    """Load a stored session into a session object that is empty.

    Raises:
        StoreError: It could not be read.
    """
    store = session.journal.store
    stored = None if store is None else await store.load(session.id, limit=session.log.limit)
    if session.app is not None:
        session.app.used(session)
    if stored is None:
        session.loaded = True
        return
    session.journal.made = True
    take_over(session, stored)
    session.loaded = True
    load_questions(session)
    if stored.unfinished is not None:
        await set_right(session, stored)


def take_over(session: Session, stored: StoredSession) -> None:
    """Fill a session with what is stored of it."""
    from engine.session.base import Pending

    waiting_here = [p for p in session.pending if not p.stored]
    session.log.load(stored.entries, stored.total_entries)
    give_state(session.tree, stored.state)
    session.shared = {
        **{
            key: item["value"]
            for key, item in stored.shared_state.items()
            if isinstance(item, dict) and "value" in item
        },
        **{key: session.shared[key] for key in session.shared_volatile if key in session.shared},
    }
    session.grants = {key: value for key, value in stored.grants.items() if value}
    known = {p.id for p in session.pending}
    session.pending = [
        *(Pending(p.id, messages_of(dict(p.message))[0], p.kind, True) for p in stored.pending if p.id not in known),
        *(p for p in session.pending if p.stored),
        *waiting_here,
    ]
    row = stored.session
    session.created = stored.created
    session.title = session.title or row.get("title")
    session.agent_id = session.agent_id or row.get("agent_id")
    session.metadata = {**(row.get("metadata") or {}), **session.metadata}
    session.forked_from = row.get("forked_from")
    session.sequence = session.stored_until = max(session.sequence, int(row.get("sequence") or 0))
    if not session.events_log.end:
        session.events_from = session.sequence
    session.total_usage = Usage.from_json(row.get("usage"))
    session._row = {key: row.get(key) for key in ("title", "agent_id", "metadata", "usage", "parent_id", "forked_from")}


async def set_right(session: Session, stored: StoredSession) -> None:
    """Keep a half-streamed reply as interrupted, close open tool calls, mark the execution as ended."""
    unfinished = stored.unfinished
    if unfinished is None:
        return
    session.sequence = session.events_from = session.sequence + LOST_EVENTS
    entries: list[Entry] = []
    tick = stored.unfinished_tick
    if stored.streamed:
        content = [dict(b) for b in stored.streamed if b.get("type") != "tool_use"]
        entries.append(_entry(session, "assistant", content, unfinished.id, tick, 0, "interrupted"))
    open_calls = open_calls_of(session.log.entries)
    if open_calls and not stored.streamed and not session.questions:
        blocks: list[Block] = [
            {
                "type": "tool_result",
                "tool_use_id": call["id"],
                "content": [{"type": "text", "text": ended_words(session, call["id"])}],
                "is_error": True,
            }
            for call in open_calls
        ]
        entries.append(_entry(session, "tool", blocks, unfinished.id, tick, len(entries), "cancelled"))
    for entry in entries:
        session.log.append(entry)
    record = replace(unfinished, status="error", ended=time.time(), error="The program ended during this execution")
    await session.commit(None, entries=entries, streamed=(), execution=record)


def _entry(
    session: Session, role: Any, content: Sequence[Block], execution: str, tick: int, offset: int, status: Any
) -> Entry:
    return Entry(
        id=new_id("entry"),
        index=session.log.next_index + offset,
        role=role,
        content=list(content),
        execution_id=execution,
        tick=tick,
        status=status,
        created=time.time(),
    )


def open_calls_of(entries: Sequence[Entry]) -> list[Block]:
    """Tool calls of the last reply that have no result."""
    done: set[Any] = set()
    for entry in reversed(entries):
        if entry.role == "tool":
            done.update(block.get("tool_use_id") for block in entry.content)
        elif entry.role == "assistant":
            return [b for b in entry.content if b.get("type") == "tool_use" and b.get("id") not in done]
    return []


async def resume_questions(session: Session, ex: Execution) -> None:
    """Ask again what was open when the program ended, run what is approved, and close every open call."""
    from engine.session.tick import Tick
    from engine.tools.calls import ToolCalls

    calls = open_calls_of(session.log.entries)
    compiled = await session.compiler.compile_tools(session.tree, Tick(session, ex).compile_input())
    runs = ToolCalls(session, ex, compiled)
    asked = {question["call_id"] for question in session.questions}
    ex.tick = 1
    tick = Tick(session, ex)
    await session.commit(ex, execution=session.execution_record(ex), tick=tick.record())
    broken = {call["id"]: ended_words(session, call["id"]) for call in calls if call["id"] not in asked}
    await tick.run_calls(runs, calls, broken)
    ex.tick = 0
    session.questions = []


def load_questions(session: Session) -> None:
    """Take over the questions that were open, where their calls still are."""
    open_ids = {call["id"] for call in open_calls_of(session.log.entries)}
    stored = session.shared.get(QUESTIONS) or ()
    midway = {question["call_id"] for question in stored if not question.get("resumable", True)}
    session.questions = [q for q in stored if q["call_id"] in open_ids - midway]
    for question in session.questions:
        session.emit(
            ToolConfirmationRequired(
                **{key: question[key] for key in ("confirmation_id", "call_id", "name", "input", "message")},
                kind=question.get("kind", "tool"),
            )
        )


def ended_words(session: Session, call_id: str) -> str:
    """What the result of a call says that was open when the program ended."""
    stored = session.shared.get(QUESTIONS) or ()
    midway = any(q["call_id"] == call_id and not q.get("resumable", True) for q in stored)
    return STOPPED_MIDWAY if midway else ENDED
