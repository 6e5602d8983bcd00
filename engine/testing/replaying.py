"""Replay: a stored session's contexts made again from what is stored, with no model and no side effects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from engine.compiler.compile import CompileInput, Compiler
from engine.component import root_element
from engine.entries import Entry
from engine.errors import ValidationFailed
from engine.model import ModelRequest
from engine.reconciler.tree import Tree
from engine.session.journal import give_state
from engine.timeline.log import TimelineLog
from engine.timeline.select import Running

if TYPE_CHECKING:
    from engine.session.session import Session


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first place where a context differs from the recorded one.

    Attributes:
        execution_id: The execution.
        tick: Its tick.
        place: Where: ``system``, ``messages[2]``, ``tools[0]``, ``options``.
        expected: What was recorded there, or None.
        actual: What is there now, or None.
    """

    execution_id: str
    tick: int
    place: str
    expected: Any
    actual: Any

    def __str__(self) -> str:
        return (
            f"Tick {self.tick} of {self.execution_id} differs at {self.place}:\n"
            f"  recorded: {json.dumps(self.expected, ensure_ascii=False, default=str)}\n"
            f"  now:      {json.dumps(self.actual, ensure_ascii=False, default=str)}"
        )


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay came to: how many ticks are equal, and the first that is not."""

    ticks: int
    divergence: Divergence | None = None

    @property
    def identical(self) -> bool:
        """Whether every context is byte for byte what was recorded."""
        return self.divergence is None


async def replay(session: Session, component: Any) -> Replay:
    """Make every context of a stored session again with ``component`` and compare it with the recorded one.

    Each tick is rendered with the timeline, the state and the tools it had. No model is called, no tool and no
    lifecycle hook runs.

    Raises:
        ValidationFailed: The session has no store, so nothing was recorded.

    Example:
        >>> result = await replay(session, NotepadAgent)
        >>> assert result.identical, result.divergence
    """
    store = session.journal.store
    if store is None:
        raise ValidationFailed("Only a session with a store can be replayed")
    await session.mount()
    await session.journal.settle()
    ticks = [tick for tick in await store.ticks(session.id) if tick.tick > 0]
    total = session.log.next_index
    entries = list(await store.entries(session.id, 0, total - 1)) if total else []
    state: Any = {}
    shared: Any = {}
    done = 0
    cached_at: str | None = None
    for record in ticks:
        recorded = await session.context((record.execution_id, record.tick))
        if recorded is not None:
            before = _before_reply(entries, record.execution_id, record.tick)
            actual, cached_at = await _compile(
                session, component, before, state, shared, recorded, record.execution_id, record.tick, cached_at
            )
            difference = _difference(recorded, actual)
            if difference is not None:
                return Replay(done, Divergence(record.execution_id, record.tick, *difference))
            done += 1
        state, shared = await store.state_at(session.id, record.execution_id, record.tick)
    return Replay(done)


def _before_reply(entries: list[Entry], execution_id: str, tick: int) -> list[Entry]:
    """The timeline as the model read it in a tick: up to that tick's reply."""
    for place, entry in enumerate(entries):
        here = entry.execution_id == execution_id
        if here and (entry.tick > tick or (entry.tick == tick and entry.role in ("assistant", "tool"))):
            return entries[:place]
    return entries


async def _compile(
    session: Session,
    component: Any,
    entries: list[Entry],
    state: Any,
    shared: Any,
    recorded: ModelRequest,
    execution_id: str,
    tick: int,
    cached_at: str | None,
) -> tuple[ModelRequest, str | None]:
    log = TimelineLog(session.log.limit)
    log.load(entries, len(entries))
    first = next((place for place, e in enumerate(entries) if e.execution_id == execution_id), len(entries))
    started_by = next((e.id for e in entries[first:] if e.role == "user"), None)
    host = SimpleNamespace(
        log=log,
        pending=[],
        shared={key: item["value"] for key, item in shared.items()},
        model=session.model,
        compiled=None,
        current_or_ending=SimpleNamespace(tick=tick, id=execution_id),
        id=session.id,
        replace_timeline=lambda _entries: None,
        set_shared=lambda _key, _value, _persist: None,
    )
    tree = Tree(host=host)
    give_state(tree, state)
    await tree.render(root_element(component, dict(session.props)))
    given = CompileInput(
        log=log,
        running=Running(execution_id, first),
        tools=session.outer_tools(),
        model_name=recorded.model,
        started_by=started_by,
        breakpoint=cached_at,
    )
    compiled = await Compiler().compile(tree, given)
    return compiled.request, compiled.cached_at


def _difference(expected: ModelRequest, actual: ModelRequest) -> tuple[str, Any, Any] | None:
    pairs = (
        ("system", expected.system_blocks, actual.system_blocks),
        ("messages", expected.messages, actual.messages),
        ("tools", expected.tools, actual.tools),
    )
    for name, old, new in pairs:
        for number in range(max(len(old), len(new))):
            one = old[number] if number < len(old) else None
            two = new[number] if number < len(new) else None
            if _bytes(one) != _bytes(two):
                return f"{name}[{number}]", one, two
    if _bytes(expected.options) != _bytes(actual.options) or expected.model != actual.model:
        return "options", dict(expected.options), dict(actual.options)
    return None


def _bytes(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
