"""Forks where memory, ticks and calls end in the middle, with a store and without."""

from __future__ import annotations

import pytest

from engine import (
    Aborted,
    System,
    Timeline,
    Tool,
    ValidationFailed,
    component,
    create_app,
    use_knob,
    use_session_state,
    use_state,
)
from engine.testing import Reply, ScriptedModel, ToolCall
from tests.engine.cases.kit import assert_well_formed, result_text, results

INC = Reply(tool_calls=[ToolCall("inc", {})])
DEEP = Reply(tool_calls=[ToolCall("inc", {}), ToolCall("set_knob", {"name": "mode", "value": "deep"})])


@component
def Counter():
    count, set_count = use_state(0)
    mode, _ = use_knob("mode", "broad", options=["broad", "deep"])
    shared, set_shared = use_session_state("shared", 0)

    def inc() -> str:
        set_count(lambda old: old + 1)
        set_shared(lambda old: old + 10)
        return "ok"

    return [System(f"{count} {mode} {shared}"), Tool("inc", "d", inc), Timeline()]


@pytest.fixture(params=["memory", "stored"])
def store(request, tmp_path):
    return None if request.param == "memory" else str(tmp_path / "s.db")


async def head(fork, model):
    await fork.send("f").result
    assert_well_formed(model.calls[-1])
    return model.calls[-1].system.split("\n")[0]


async def test_every_tick_and_every_entry_is_a_place_with_its_state(store):
    model = ScriptedModel([INC, DEEP, INC, "done"])
    async with create_app(Counter, model=model, store=store) as app:
        session = await app.session("s")
        handle = await session.send("go")
        await handle.result
        before = session.snapshot()
        at_ticks = [await head(await session.fork((handle.id, tick)), model) for tick in (1, 2, 3, 4)]
        assert at_ticks == ["1 broad 10", "2 deep 20", "3 deep 30", "3 deep 30"]
        heads = [await head(await session.fork(entry.id), model) for entry in list(session.timeline)]
        assert heads == ["0 broad 0", *["1 broad 10"] * 2, *["2 deep 20"] * 2, *["3 deep 30"] * 2, "3 deep 30"]
        assert await head(await session.fork(), model) == "3 deep 30"
        assert session.snapshot() == before


async def test_a_place_between_a_call_and_its_result_closes_the_call(store):
    model = ScriptedModel([INC, "done"])
    async with create_app(Counter, model=model, store=store) as app:
        session = await app.session("s")
        await session.send("go").result
        called = session.timeline[1]
        fork = await session.fork(called.id)
        assert [(entry.role, entry.status) for entry in fork.timeline][-1] == ("tool", "cancelled")
        assert await head(fork, model) == "1 broad 10"
        assert "is not known" in result_text(results(model.calls[-1])[0])


async def test_what_a_session_was_given_goes_along_and_open_questions_do_not(store):
    guarded = Tool("guarded", "d", lambda: "did", requires_confirmation=True)
    model = ScriptedModel([Reply(tool_calls=[ToolCall("guarded", {})])])
    async with create_app([Timeline()], model=model, store=store) as app:
        session = await app.session("s", tools=[guarded])
        session.title, session.metadata = "Title", {"a": 1}
        procedure = session.send("go", props={"word": 1})
        async for event in procedure:
            if event.type == "tool_confirmation_required":
                break
        fork = await session.fork(id="fork")
        assert (fork.title, fork.metadata, fork.props, fork.forked_from) == ("Title", {"a": 1}, {"word": 1}, "s")
        assert [tool.name for tool in fork.tools] == ["guarded"]
        assert fork.inspect()["questions"] == []
        assert (await fork.send("on").result).response == "ok"
        assert_well_formed(model.calls[-1])
        procedure.abort("enough")
        with pytest.raises(Aborted):
            await procedure.result


async def test_an_id_that_is_taken_and_a_child_are_refused(store):
    async with create_app([Timeline()], model=ScriptedModel(), store=store) as app:
        session = await app.session("s")
        await session.send("x").result
        with pytest.raises(ValidationFailed, match="There is a session 's' already"):
            await session.fork(id="s")
        told = []

        def start(child):
            told.append(child)

        procedure = session.spawn(Timeline(), "x")
        start(session.children[0])
        with pytest.raises(ValidationFailed, match="A spawned session cannot be forked"):
            await told[0].fork()
        await procedure.result
