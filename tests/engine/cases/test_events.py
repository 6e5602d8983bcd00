"""Events: cases 23 to 29, and B11."""

from __future__ import annotations

import pytest

from engine import Timeline, Tool, component, create_app
from engine.errors import EngineError
from engine.testing import Reply, ScriptedModel, ToolCall


def agent(**props):
    @component
    def Agent():
        return [Tool("ping", "Ping", lambda: "pong", **props), Timeline()]

    return Agent


@component
def Plain():
    return Timeline()


CALL = Reply(tool_calls=[ToolCall("ping", {}, id="c1")])


async def events_of(session, message="hi"):
    return [event async for event in session.send(message)]


async def test_23_each_entry_is_committed_once_before_the_tick_ends():
    async with create_app(Plain, model=ScriptedModel()) as app:
        session = await app.session()
        events = await events_of(session)
    commits = [event for event in events if event.type == "entry_committed"]
    end = next(event for event in events if event.type == "tick_end")
    assert [event.entry.role for event in commits] == ["user", "assistant"]
    assert all(event.sequence < end.sequence for event in commits)
    assert [event.entry.id for event in commits] == [entry.id for entry in session.timeline]
    assert {(event.entry.tick, event.entry.execution_id) for event in commits} == {(1, end.execution_id)}


async def test_24_a_tool_call_makes_four_commits_with_growing_indices():
    async with create_app(agent(), model=ScriptedModel([CALL, "Done"])) as app:
        events = await events_of(await app.session())
    commits = [event for event in events if event.type == "entry_committed"]
    assert [event.entry.role for event in commits] == ["user", "assistant", "tool", "assistant"]
    assert [event.timeline_index for event in commits] == [0, 1, 2, 3]


async def test_25_executions_have_ids_of_their_own():
    async with create_app(Plain, model=ScriptedModel()) as app:
        session = await app.session()
        await session.send("a").result
        await session.send("b").result
        assert len({entry.execution_id for entry in session.timeline}) == 2


async def test_27_a_result_starts_before_it_is_there():
    async with create_app(agent(), model=ScriptedModel([CALL])) as app:
        events = await events_of(await app.session())
    start = next(event for event in events if event.type == "tool_result_start")
    done = next(event for event in events if event.type == "tool_result")
    assert start.sequence < done.sequence
    assert (start.call_id, start.name) == (done.call_id, done.name) == ("c1", "ping")
    assert done.text == "pong"


async def test_28_a_summary_tells_what_a_call_does_and_may_fail():
    async with create_app(agent(summary=lambda value: "ping 1"), model=ScriptedModel([CALL])) as app:
        events = await events_of(await app.session())
        assert next(event for event in events if event.type == "tool_call").summary == "ping 1"

    def broken(value):
        raise ValueError

    async with create_app(agent(summary=broken), model=ScriptedModel([CALL])) as app:
        events = await events_of(await app.session())
        assert next(event for event in events if event.type == "tool_call").summary is None
        assert events[-1].status == "completed"


async def test_29_iteration_ends_with_the_execution():
    async with create_app(Plain, model=ScriptedModel()) as app:
        session = await app.session()
        handle = await session.send("x")
        events = [event async for event in handle]
        assert [event.type for event in (events[0], events[-1])] == ["execution_start", "execution_end"]
        assert handle.status == "completed"
        assert [entry.role for entry in events[-1].new_entries] == ["user", "assistant"]


async def test_b11_every_iterator_sees_every_event_once_also_when_it_starts_late():
    async with create_app(Plain, model=ScriptedModel([Reply("abc", chunks=["a", "b", "c"])])) as app:
        session = await app.session()
        handle = await session.send("x")
        first = [event async for event in handle]
        second = [event async for event in handle]
    assert first == second
    assert [event.sequence for event in first] == list(range(1, len(first) + 1))
    assert "".join(event.delta for event in first if event.type == "content_delta") == "abc"
    assert sum(event.type == "execution_end" for event in first) == 1


async def test_events_after_a_sequence_number_are_replayed():
    async with create_app(Plain, model=ScriptedModel()) as app:
        session = await app.session()
        events = await events_of(session)
        seen = []
        async for event in session.events(after=events[4].sequence):
            seen.append(event)
            if event.type == "execution_end":
                break
        assert seen == events[5:]


async def test_events_that_are_not_kept_any_more_are_said_to_be_missing(monkeypatch):
    from engine.eventlog import EventLog

    async with create_app(Plain, model=ScriptedModel()) as app:
        session = await app.session()
        session.events_log = EventLog(5)
        await events_of(session)
        with pytest.raises(EngineError, match="not kept"):
            await anext(session.events(after=1))


async def test_on_event_sees_the_events_of_all_sessions_and_may_fail(caplog):
    seen = []
    async with create_app(Plain, model=ScriptedModel(), on_event=seen.append) as app:
        events = await events_of(await app.session())
    assert seen == events
