"""Looking into a session: what is mounted, what its state is, what the model was given."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from engine.compiler.collect import collect
from engine.compiler.record import request_of, tokens_by_path
from engine.errors import EngineError, ValidationFailed
from engine.hooks.knobs import knobs_of
from engine.hooks.slots import state_of
from engine.model import ModelRequest
from engine.session.checks import is_whole, tick_place
from engine.session.fork import current_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.entries import Entry
    from engine.session.session import Session


def inspection_of(session: Session) -> dict[str, Any]:
    """What is mounted now. Keys:

    ``id, status, tick``; ``mounted``: paths of all mounted elements in tree order; ``state``: values of the stateful
    hooks by path; ``saved``: the same as it is saved; ``session_state``; ``tools``: name, path, audience, description;
    ``knobs`` and ``gates``: name, value, path, group, label, options; ``tokens``: tokens of the last context by path;
    ``context_tokens``; ``questions``: open confirmations; ``pending``: messages that wait; ``usage``.
    """
    tree = session.tree
    try:
        found = collect(tree)
        tools = [
            {"name": d.name, "path": f.path, "audience": d.audience, "description": d.description}
            for d, f in found.tools
        ]
    except EngineError:
        tools = []
    knobs = [
        {
            "name": slot.name,
            "value": slot.value,
            "path": slot.fiber.path,
            "group": slot.definition.group,
            "label": slot.definition.label,
            "options": slot.definition.options,
            "kind": slot.kind,
        }
        for slot in knobs_of(tree)
    ]
    compiled = session.compiled
    tokens = tokens_by_path(compiled.request.spans) if compiled is not None else {}
    ex = session.current_or_ending
    fibers = [fiber for fiber in tree.fibers.values() if fiber.is_component]
    return {
        "id": session.id,
        "status": session.status,
        "tick": ex.tick if ex is not None else 0,
        "mounted": list(tree.fibers),
        "state": {f.path: [value for _, value in state_of(f)] for f in fibers if any(s.stateful for s in f.slots)},
        "saved": current_state(session),
        "session_state": dict(session.shared),
        "tools": tools,
        "knobs": [knob for knob in knobs if knob["kind"] == "knob"],
        "gates": [knob for knob in knobs if knob["kind"] == "gate"],
        "tokens": tokens,
        "context_tokens": sum(tokens.values()),
        "questions": session.questions or [dataclasses.asdict(question) for question in session.confirmations.open],
        "pending": [pending.message.to_json() for pending in session.pending],
        "usage": session.total_usage,
    }


async def context_of(session: Session, tick: Any) -> ModelRequest | None:
    """The request of a tick; see ``Session.context``."""
    await session.ensure_loaded()
    place = await _place(session, tick)
    if place is None:
        return None
    compiled = session.compiled
    if compiled is not None and session.compiled_at == place:
        return compiled.request
    await session.journal.settle()
    return await stored_request(session, *place)


async def stored_request(session: Session, execution_id: str, tick: int) -> ModelRequest | None:
    """The request of a tick as the store has it, or None."""
    store = session.journal.store
    record = None if store is None else await store.context(session.id, execution_id, tick)
    if store is None or record is None:
        return None

    async def fetch(first: int, last: int) -> Sequence[Entry]:
        held = session.log.entries
        if held and held[0].index <= first and last <= held[-1].index and not session.log.replaced:
            base = held[0].index
            return held[first - base : last - base + 1]
        return await store.entries(session.id, first, last)

    return await request_of(record, fetch)


async def _place(session: Session, tick: Any) -> tuple[str, int] | None:
    given = tick_place(tick, "tick")
    if given is not None:
        return given
    if tick is not None and not is_whole(tick):
        raise ValidationFailed("A tick is a number, or (execution_id, tick)", place="tick")
    last = session.compiled_at
    if last is None and session.journal.store is not None:
        ticks = [record for record in await session.journal.store.ticks(session.id) if record.tick > 0]
        if ticks:
            last = (ticks[-1].execution_id, ticks[-1].tick)
    if last is None:
        return None
    return last if tick is None else (last[0], tick)
