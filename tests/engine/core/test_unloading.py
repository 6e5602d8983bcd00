"""Unloading idle sessions: nobody notices."""

from __future__ import annotations

import asyncio
import gc

from engine import (
    Section,
    Timeline,
    Tool,
    component,
    create_app,
    use_knob,
    use_on_unmount,
    use_session_state,
    use_state,
)
from engine.testing import Reply, ScriptedModel, ToolCall


@component
def Notes():
    notes, set_notes = use_state([])
    count, set_count = use_session_state("count", 0)
    use_knob("mode", "broad", options=["broad", "deep"])

    def add(note: str) -> str:
        set_notes(lambda old: [*old, note])
        set_count(lambda old: old + 1)
        return "ok"

    return [Tool("add", "Add", add), Section(*notes, f"count {count}", id="notes"), Timeline()]


ADD = Reply(tool_calls=[ToolCall("add", {"note": "milk"})])


async def unloaded(app):
    while app._unloading:
        await asyncio.gather(*app._unloading)


async def test_max_active_unloads_idle_sessions_and_a_held_one_reloads_itself(tmp_path):
    model = ScriptedModel([ADD])
    async with create_app(Notes, model=model, store=str(tmp_path / "x.db"), max_active=1) as app:
        one = await app.session("one")
        await one.send("remember milk").result
        two = await app.session("two")
        await two.send("hello").result
        await unloaded(app)
        assert [session.id for session in app.sessions] == ["two"]
        assert one.status == "idle"
        assert await app.session("one") is one
        await one.send("again").result
        assert "milk" in model.calls[-1].system
        assert "count 1" in model.calls[-1].system
        assert len(model.calls[-1].messages) == 5
        assert len(one.timeline) == 6


async def test_b21_a_running_session_is_not_unloaded(tmp_path):
    async with create_app(Notes, model=ScriptedModel(delay=0.05), store=str(tmp_path / "x.db"), max_active=1) as app:
        one = await app.session("one")
        procedure = one.send("hello")
        await app.session("two")
        await unloaded(app)
        assert one in app.sessions
        assert (await procedure.result).response == "ok"


async def test_idle_timeout_unloads_and_calls_unmount(tmp_path):
    gone = asyncio.Event()

    @component
    def Agent():
        use_on_unmount(gone.set)
        return [
            Notes(),
        ]

    async with create_app(Agent, model=ScriptedModel(), store=str(tmp_path / "x.db"), idle_timeout=0.01) as app:
        session = await app.session("one")
        await session.send("hello").result
        await asyncio.wait_for(gone.wait(), 5)
        await unloaded(app)
        assert app.sessions == []
        assert session.status == "idle"
        assert (await session.send("again").result).response == "ok"


async def test_without_a_store_nothing_is_unloaded():
    async with create_app(Notes, model=ScriptedModel(), max_active=1) as app:
        one = await app.session("one")
        await one.send("a").result
        two = await app.session("two")
        await two.send("b").result
        assert {session.id for session in app.sessions} == {"one", "two"}
        assert len(one.timeline) == 2


async def test_a_session_nobody_holds_is_forgotten(tmp_path):
    async with create_app(Notes, model=ScriptedModel(), store=str(tmp_path / "x.db"), max_active=1) as app:
        await (await app.session("one")).send("a").result
        await (await app.session("two")).send("b").result
        await unloaded(app)
        gc.collect()
        assert "one" not in app._known
        assert await app.has("one")
        assert [e.text for e in await _entries(app)] == ["a", "ok"]


async def _entries(app):
    session = await app.session("one")
    await session.mount()
    return session.timeline


async def test_a_new_session_that_was_passed_over_before_its_first_use_counts_when_it_is_used(tmp_path):
    async with create_app(Notes, model=ScriptedModel(), store=str(tmp_path / "x.db"), max_active=1) as app:
        first, second = await app.session("first"), await app.session("second")
        await first.send("1").result
        assert {session.id for session in app.sessions} >= {"first"}
        await second.send("2").result
        await unloaded(app)
        assert [session.id for session in app.sessions] == ["second"]
        assert first.inspect()["mounted"] == [] and second.inspect()["mounted"] != []
        assert (await first.send("3").result).response == "ok"
        assert len(first.timeline) == 4


async def test_a_session_that_is_taken_up_while_it_is_to_be_unloaded_stays_and_counts(tmp_path):
    async with create_app(Notes, model=ScriptedModel(), store=str(tmp_path / "x.db"), max_active=1) as app:
        first, second = await app.session("first"), await app.session("second")
        await first.send("1").result
        ended = second.send("2")
        await ended.result  # now the first one is to go
        again = first.send("3")
        await again.result
        await unloaded(app)
        assert first in app.sessions
        assert len(first.timeline) == 4
