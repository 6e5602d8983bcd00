"""Random commits, and the store must hold what a simple model of it holds; after every one and after a restart."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.entries import Entry
from engine.persistence import Commit, ContextRecord, ExecutionRecord, PendingMessage, TickRecord
from engine.store import Store
from tests.engine.store.support import Model, same

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NAME = st.sampled_from(["/", "/node:a", "/node:b/0", "ключ"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
VALUES = st.dictionaries(NAME, st.none() | st.lists(JSON, min_size=1, max_size=2), max_size=2)
OBJECT = st.dictionaries(TEXT, JSON, max_size=3)
BLOCK = st.fixed_dictionaries({"type": st.just("text"), "text": TEXT})
PARTS = st.lists(
    st.tuples(st.sampled_from(["system", "tool", "message", "spans"]), JSON)
    | st.tuples(st.just("entries"), st.lists(st.integers(0, 50), min_size=2, max_size=2)),
    max_size=8,
)
STATUS = st.sampled_from(["complete", "interrupted", "failed", "cancelled"])


@st.composite
def steps(draw: st.DrawFn) -> dict[str, Any]:
    """What a commit does, free of ids and numbers, which depend on what came before."""
    return {
        "session": draw(st.sampled_from(["s", "t"])),
        "columns": draw(st.dictionaries(st.sampled_from(["metadata", "usage"]), OBJECT, max_size=1)),
        "entries": draw(st.lists(st.tuples(st.sampled_from(["user", "assistant", "tool", "event"]), TEXT), max_size=3)),
        "again": draw(st.booleans()),
        "status": draw(st.none() | STATUS),
        "state": draw(VALUES),
        "shared": draw(VALUES),
        "pending": draw(st.lists(st.sampled_from(["p", "q", "r"]), max_size=2, unique=True)),
        "removed": draw(st.lists(st.sampled_from(["p", "q"]), max_size=1)),
        "execution": draw(st.sampled_from([None, None, "running", "completed", "new"])),
        "tick": draw(st.sampled_from([None, "same", "next"])),
        "context": draw(st.none() | PARTS),
        "streamed": draw(st.none() | st.lists(BLOCK, max_size=1)),
        "grants": draw(st.dictionaries(NAME, st.none() | st.booleans(), max_size=1)),
    }


def commit_of(step: dict[str, Any], model: Model) -> Commit:
    """The step as a commit that fits what the model holds."""
    first = len(model.entries)
    session = step["session"]
    entries = [
        Entry(f"{session}{first + n}", first + n, role, [{"type": "text", "text": words}], "x", 1, created=float(n))
        for n, (role, words) in enumerate(step["entries"])
    ]
    if step["again"] and model.entries:
        entries.insert(0, list(model.entries.values())[-1])
    running = list(model.executions)[-1] if model.executions else None
    execution = None
    if step["execution"] is not None:
        if running is None or step["execution"] == "new":
            running = f"x{len(model.executions)}"
        status = "completed" if step["execution"] == "completed" else "running"
        execution = ExecutionRecord(running, status, 1.0, usage={"input_tokens": first})
    tick = None
    if step["tick"] is not None and running is not None:
        last = max((t for x, t in model.ticks if x == running), default=0)
        number = max(last, 1) if step["tick"] == "same" else last + 1
        context = None if step["context"] is None else ContextRecord(step["context"])
        tick = TickRecord(running, number, 1.0, context=context, after_index=first or None)
    some = next(iter(model.entries), None)
    return Commit(
        session,
        session=step["columns"],
        entries=entries,
        statuses={some: step["status"]} if some is not None and step["status"] else {},
        state=step["state"],
        shared_state=step["shared"],
        pending_added=[PendingMessage(name, {"n": first}, "queued") for name in step["pending"]],
        pending_removed=step["removed"],
        execution=execution,
        # State that changes at the end of an execution belongs to its last tick; the model knows only the plain case.
        tick=tick,
        streamed=step["streamed"],
        grants=step["grants"],
    )


async def compare(store: Store, models: dict[str, Model]) -> None:
    for name, model in models.items():
        stored = await store.sessions.load(name)
        assert stored is not None
        same(stored, model)
        assert [x.id for x in await store.sessions.executions(name)] == list(model.executions)
        order = list(model.executions)
        ticks = sorted(model.ticks.values(), key=lambda t: (order.index(t.execution_id), t.tick))
        assert list(await store.sessions.ticks(name)) == ticks
        for place, context in model.contexts.items():
            found = await store.sessions.context(name, *place)
            assert found is not None
            assert [list(part) for part in found.parts] == [list(part) for part in context.parts]


async def play(plan: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.db"
        models: dict[str, Model] = {}
        async with Store.open(path) as store:
            for step in plan:
                model = models.setdefault(step["session"], Model())
                commit = commit_of(step, model)
                model.apply(commit)
                await store.sessions.commit(commit)
                stored = await store.sessions.load(step["session"])
                assert stored is not None
                same(stored, model)
            await compare(store, models)
        async with Store.open(path) as store:
            await compare(store, models)
            for name in models:
                await store.sessions.delete(name)
            assert await store.check() == []


@given(st.lists(steps(), max_size=12))
def test_the_store_holds_what_the_model_holds(plan: list[dict[str, Any]]) -> None:
    asyncio.run(play(plan))


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[dict[str, Any], dict[str, Any], bool]]:
    return draw(st.lists(st.tuples(VALUES, VALUES, st.booleans()), min_size=1, max_size=10))


async def play_states(history: list[tuple[dict[str, Any], dict[str, Any], bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with Store.open(Path(folder) / "s.db") as store:
            model = Model()
            number = 0
            for state, shared, in_tick in history:
                number += in_tick
                tick = TickRecord("x", number, 1.0) if in_tick else None
                first = ExecutionRecord("x", "running", 1.0) if number == 1 and in_tick else None
                commit = Commit("s", state=state, shared_state=shared, tick=tick, execution=first)
                model.apply(commit)
                await store.sessions.commit(commit)
            for place, wanted in model.states.items():
                assert await store.sessions.state_at("s", *place) == wanted


@given(histories())
def test_the_state_of_any_tick(history: list[tuple[dict[str, Any], dict[str, Any], bool]]) -> None:
    asyncio.run(play_states(history))
