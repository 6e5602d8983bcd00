"""``events(after=)`` from the stored log: after a restart, in another app, bounded, and when saving fails."""

from __future__ import annotations

import asyncio
import dataclasses
import sqlite3
from contextlib import closing

import pytest

from engine import (
    EngineError,
    ModelError,
    StoreError,
    System,
    Timeline,
    Tool,
    ToolContext,
    component,
    create_app,
    use_state,
)
from engine.model import ModelRequest
from engine.session import stored_events
from engine.session.base import KEPT_REQUESTS
from engine.store import Store, events
from engine.testing import Reply, ScriptedModel, ToolCall

ADD = Reply("I note it.", tool_calls=[ToolCall("add", {"note": "milk"})], chunks=["I note ", "it."])


@component
def Agent():
    _notes, set_notes = use_state([])
    return [
        System("S"),
        Tool("add", "Add", lambda note: set_notes(lambda old: [*old, note]), requires_confirmation=False),
        Timeline(),
    ]


async def drain(session, after, until):
    """Events behind a number, up to the one of that number."""
    found = []
    async for event in session.events(after=after):
        found.append(event)
        if event.sequence >= until:
            return found


def comparable(items):
    """Events as the stored log promises them: deltas joined, requests and exact times left out."""
    made = []
    for event in items:
        previous = made[-1] if made else None
        if event.type == "content_delta" and previous is not None and previous.type == "content_delta":
            made[-1] = dataclasses.replace(previous, delta=previous.delta + event.delta)
            continue
        if event.type == "compiled":
            event = dataclasses.replace(event, request=ModelRequest())
        made.append(event)
    return [as_dict(event) for event in made]


def as_dict(event):
    names = [f.name for f in dataclasses.fields(event) if f.name not in ("timestamp", "seconds")]
    values = {name: getattr(event, name) for name in names}
    return {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()} | {"type": event.type}


async def test_another_app_replays_the_same_events(tmp_path):
    path = str(tmp_path / "x.db")
    async with create_app(Agent, model=ScriptedModel([ADD, "Done."]), store=path) as app:
        session = await app.session("s")
        await session.send("remember milk", metadata={"from": "test"}).result
        await session.send("thanks").result
        last = session.sequence
        seen = await drain(session, 0, last)
    assert seen[-1].type == "execution_end"
    async with create_app(Agent, model=ScriptedModel(["More."]), store=path) as app:
        session = await app.session("s")
        stored = await drain(session, 0, last)
        assert comparable(stored) == comparable(seen)
        times = {event.sequence: event.timestamp for event in seen}
        assert all(abs(event.timestamp - times[event.sequence]) < 0.002 for event in stored)
        middle = seen[7].sequence
        assert comparable(await drain(session, middle, last)) == comparable(e for e in seen if e.sequence > middle)
        reader = session.events(after=last)
        await session.send("more").result
        first = await anext(reader)
        assert (first.type, first.sequence) == ("execution_start", last + 1)
        assert [e.sequence for e in await drain(session, last, session.sequence)] == list(
            range(last + 1, session.sequence + 1)
        )


async def test_a_client_that_was_cut_off_in_a_block_gets_the_rest_with_its_end(tmp_path):
    path = str(tmp_path / "x.db")
    chunks = [f"piece {n} " for n in range(20)]
    async with create_app(Agent, model=ScriptedModel([Reply(chunks=chunks)]), store=path) as app:
        session = await app.session("s")
        handle = await session.send("go")
        seen = [event async for event in handle]
        middle = [e for e in seen if e.type == "content_delta"][5].sequence
    async with create_app(Agent, model=ScriptedModel(), store=path) as app:
        rest = await drain(await app.session("s"), middle, seen[-1].sequence)
        assert rest[0].type == "content_end"
        assert rest[0].block["text"] == "".join(chunks)
        whole = [e for e in await drain(await app.session("s"), 0, seen[-1].sequence) if e.type == "content_delta"]
        assert [e.delta for e in whole] == ["".join(chunks)]


async def test_events_of_spawned_sessions_come_back_too(tmp_path):
    @component
    def Parent():
        async def ask(ctx: ToolContext) -> str:
            return (await ctx.spawn(Agent, "hello child", label="child").result).response

        return [Tool("ask", "Ask", ask), Timeline()]

    path = str(tmp_path / "x.db")
    model = ScriptedModel([Reply(tool_calls=[ToolCall("ask")]), "from the child", "done"])
    async with create_app(Parent, model=model, store=path) as app:
        session = await app.session("s")
        await session.send("go").result
        seen = await drain(session, 0, session.sequence)
    async with create_app(Parent, model=model, store=path) as app:
        stored = await drain(await app.session("s"), 0, seen[-1].sequence)
    inner = [(e.type, e.spawn_path) for e in stored if e.spawn_path]
    assert inner == [(e.type, e.spawn_path) for e in seen if e.spawn_path]
    assert next(e for e in stored if e.type == "content_end" and e.spawn_path).block["text"] == "from the child"
    assert [e.type for e in stored] == [e.type for e in seen]


async def test_the_stored_log_is_bounded_and_says_what_is_gone(tmp_path, monkeypatch):
    monkeypatch.setattr(events, "KEPT_EVENTS", 60)
    monkeypatch.setattr(events, "SLACK", 20)
    path = str(tmp_path / "x.db")
    async with create_app(Agent, model=ScriptedModel(), store=path) as app:
        session = await app.session("s")
        for n in range(20):
            await session.send(f"message {n}").result
        last = session.sequence
    async with create_app(Agent, model=ScriptedModel(), store=path) as app:
        session = await app.session("s")
        with pytest.raises(EngineError, match=r"Events 1 to .* are not kept any more"):
            await anext(session.events(after=0))
        assert (await drain(session, last - 40, last))[-1].type == "execution_end"
    async with Store.open(path) as store:
        found = await store.sessions.events("s", 10**6)
        assert 60 <= last - found.oldest <= 100


async def test_an_end_that_could_not_be_saved_is_not_told_by_the_log(tmp_path, monkeypatch):
    path = str(tmp_path / "x.db")
    async with Store.open(path) as store:
        app = create_app(Agent, model=ScriptedModel(), store=store)
        session = await app.session("s")
        await session.send("one").result
        commit = store.sessions.commit

        async def refuse(given):
            if given.execution is not None and given.execution.status != "running":
                raise StoreError("no room")
            await commit(given)

        monkeypatch.setattr(store.sessions, "commit", refuse)
        with pytest.raises(StoreError):
            await session.send("two").result
        monkeypatch.setattr(store.sessions, "commit", commit)
        await session.send("three").result
        seen = await drain(session, 0, session.sequence)
        await app.shutdown()
        assert [e.sequence for e in seen] == list(range(1, len(seen) + 1))
        assert [e.status for e in seen if e.type == "execution_end"] == ["completed", "error", "completed"]
        other = create_app(Agent, model=ScriptedModel(), store=store)
        stored = await drain(await other.session("s"), 0, seen[-1].sequence)
        assert comparable(stored) == comparable(seen)
        await other.shutdown()


async def test_compiled_events_have_their_request_again(tmp_path):
    path = str(tmp_path / "x.db")
    model = ScriptedModel([ADD, "Done.", ModelError("refused", kind="auth")])
    async with create_app(Agent, model=model, store=path) as app:
        session = await app.session("s")
        await session.send("remember milk").result
        with pytest.raises(ModelError):
            await session.send("and again").result
        for _ in range(KEPT_REQUESTS):
            await session.send("more").result
        last = session.sequence
        here = await drain(session, 0, last)
    async with create_app(Agent, model=ScriptedModel(), store=path) as app:
        session = await app.session("s")
        assert await session.context((here[0].execution_id, 1)) is not None
        there = await drain(session, 0, last)
    for found in (here, there):
        requests = [event.request for event in found if event.type == "compiled"]
        assert [request.messages for request in requests] == [call.messages for call in model.calls]
        assert [request.system for request in requests] == ["S"] * len(model.calls)
        assert all(request.spans for request in requests)


async def test_what_another_process_saves_is_followed_without_a_gap(tmp_path, monkeypatch):
    monkeypatch.setattr(stored_events, "POLL_SECONDS", 0.01)
    path = str(tmp_path / "x.db")
    watching = create_app(Agent, model=ScriptedModel(), store=path)
    session = await watching.session("s")
    await session.send("one").result
    await session.unload()
    first = session.sequence
    reader = session.events(after=0)
    seen = [await anext(reader) for _ in range(3)]
    async with create_app(Agent, model=ScriptedModel([ADD, "Done."]), store=path) as other:
        there = await other.session("s")
        await there.send("two").result
        second = there.sequence
    async for event in reader:
        seen.append(event)
        if event.sequence == second:
            break
    assert seen[-1].type == "execution_end" and second > first
    async with create_app(Agent, model=ScriptedModel(), store=path) as other:
        there = await other.session("s")
        await there.send("three").result
    # What the other one wrote may not have been looked for yet when this process goes on.
    monkeypatch.setattr(stored_events, "POLL_SECONDS", 60)
    await session.send("four").result
    async for event in reader:
        seen.append(event)
        if event.sequence == session.sequence:
            break
    joined = await drain(await watching.session("s"), 0, session.sequence)
    assert comparable(seen) == comparable(joined)
    words = [event.entry.text for event in seen if event.type == "entry_committed" and event.entry.role == "user"]
    assert words == ["one", "two", "three", "four"]
    ended = asyncio.ensure_future(anext(reader))
    await asyncio.sleep(0)
    await watching.shutdown()
    with pytest.raises(StopAsyncIteration):
        await ended


async def test_a_session_that_another_process_makes_is_followed_and_a_store_that_fails_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(stored_events, "POLL_SECONDS", 0.01)
    path = str(tmp_path / "x.db")
    async with create_app(Agent, model=ScriptedModel(), store=path) as watching:
        reader = (await watching.session("new")).events(after=0)
        first = asyncio.ensure_future(anext(reader))
        await asyncio.sleep(0)
        async with create_app(Agent, model=ScriptedModel(), store=path) as other:
            await (await other.session("new")).send("hello").result
        assert (await first).type == "execution_start"
        async for event in reader:
            if event.type == "execution_end":
                break

        async def broken(*_):
            raise StoreError("The disk is gone")

        monkeypatch.setattr(await watching.store(), "events", broken)
        with pytest.raises(StoreError, match="gone"):
            await anext(reader)


async def test_a_client_of_a_killed_process_misses_nothing_of_the_next_one(tmp_path):
    path, copy = str(tmp_path / "x.db"), str(tmp_path / "copy.db")
    chunks = [f"piece {n} " for n in range(20)]
    async with create_app(Agent, model=ScriptedModel([Reply(chunks=chunks)]), store=path) as app:
        procedure = (await app.session("s")).send("go")
        seen = []
        async for event in procedure:
            seen.append(event)
            if [e.type for e in seen].count("content_delta") == 10:
                break
        with closing(sqlite3.connect(path)) as now, closing(sqlite3.connect(copy)) as then:
            now.backup(then)  # what is there when a process is killed at this moment
        await procedure.result
    async with create_app(Agent, model=ScriptedModel(["Again."]), store=copy) as app:
        session = await app.session("s")
        reader = session.events(after=seen[-1].sequence)
        await session.send("again").result
        found = [await anext(reader)]
        while found[-1].type != "execution_end":
            found.append(await anext(reader))
        assert [event.entry.text for event in found if event.type == "entry_committed"] == ["again", "Again."]
        assert found[0].type == "execution_start"
    async with create_app(Agent, model=ScriptedModel(), store=copy) as app:
        stored = await drain(await app.session("s"), seen[-1].sequence, found[-1].sequence)
        assert comparable(stored) == comparable(found)
