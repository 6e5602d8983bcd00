"""What saving does between engine and store: commits that join, forks of what memory let go of, stored usage."""

from __future__ import annotations

import asyncio
import gc
import weakref
from dataclasses import replace

import pytest

from engine import Entry, StoreError, System, Timeline, Tool, ValidationFailed, component, create_app
from engine.persistence import Commit, ContextRecord, EventBatch, ExecutionRecord, TickRecord
from engine.session.journal import Journal, merged
from engine.store import Store
from engine.testing import Reply, ScriptedModel, ToolCall
from engine.timeline.log import weight

TREE = [System("S"), Tool("note", "Note", lambda: "noted"), Timeline()]


async def counted(store, monkeypatch):
    """The commits that reach a store, as the fields they have."""
    commits = []
    real = store.sessions.commit

    async def count(commit):
        commits.append(commit)
        await real(commit)

    monkeypatch.setattr(store.sessions, "commit", count)
    return commits


async def test_a_plain_turn_takes_two_transactions_and_a_tool_tick_two_more(tmp_path, monkeypatch):
    async with Store.open(tmp_path / "x.db") as store:
        commits = await counted(store, monkeypatch)
        model = ScriptedModel(["plain", Reply(tool_calls=[ToolCall("note")]), "done"])
        app = create_app(TREE, model=model, store=store)
        session = await app.session("s")
        await session.send("one").result
        assert [[e.role for e in c.entries] for c in commits] == [["user"], ["assistant"]]
        assert commits[1].execution.status == "completed"
        assert commits[1].tick.ended is not None
        del commits[:]
        await session.send("two").result
        assert [[e.role for e in c.entries] for c in commits] == [["user"], ["assistant"], ["tool"], ["assistant"]]
        await app.shutdown()


def test_commits_are_joined_only_where_nothing_is_lost():
    entry = Entry("e", 0, "assistant", [], "x", 1)
    context = ContextRecord([("system", "S")])
    one = Commit("s", entries=[entry], tick=TickRecord("x", 1, 1.0, context=context), streamed=())
    ended = Commit("s", execution=ExecutionRecord("x", "completed", 1.0), tick=TickRecord("x", 1, 1.0, 2.0))
    both = merged(one, ended)
    assert (both.entries, both.tick.context, both.tick.ended) == ([entry], context, 2.0)
    two = replace(ended, state={"/": 1})
    assert merged(one, two) is None
    assert merged(one, replace(ended, shared_state={"k": 1})) is None
    assert merged(Commit("s", entries=[entry]), two).state == {"/": 1}
    assert (both.execution.status, both.streamed) == ("completed", ())
    assert merged(one, Commit("s")).tick is one.tick
    assert merged(two, one) is None
    assert merged(one, Commit("s", tick=TickRecord("x", 2, 1.0))) is None
    assert merged(Commit("s", entries=[Entry("r", 0, "tool", [], "x", 1)]), two) is None
    assert merged(Commit("s", events=EventBatch(1, 2, 1, "{}")), one) is None
    assert merged(Commit("s", streamed=[{"type": "text", "text": "half"}]), one) is None


async def test_a_fork_reaches_entries_that_memory_let_go_of(tmp_path):
    path = str(tmp_path / "x.db")
    async with create_app(TREE, model=ScriptedModel(), store=path, max_timeline_entries=2) as app:
        session = await app.session("s")
        first = (await session.send("one").result).entries
        for text in ("two", "three", "four"):
            await session.send(text).result
        assert session.log.get(first[1].id) is None
        fork = await session.fork(at=first[1].id)
        assert [entry.text for entry in fork.timeline] == ["one", "ok"]
        with pytest.raises(ValidationFailed):
            await session.fork(at="entry_unknown")


async def test_usage_of_all_executions_survives_a_restart(tmp_path):
    path = str(tmp_path / "x.db")
    for turn in (1, 2):
        async with create_app(TREE, model=ScriptedModel(), store=path) as app:
            session = await app.session("s")
            await session.send("go").result
            assert session.usage.input_tokens == 10 * turn


def test_an_entry_weighs_its_characters_not_its_blocks():
    blocks = [{"type": "text", "text": "a"}] * 8
    assert weight(Entry("e", 0, "user", blocks, "x", 1)) == 2 + 4


async def test_a_finished_execution_is_not_kept_by_the_tree(tmp_path):
    async with create_app(component(lambda: TREE), model=ScriptedModel(), store=str(tmp_path / "x.db")) as app:
        session = await app.session("s")
        procedure = session.send("one")
        handle = weakref.ref(await procedure)
        await procedure.result
        del procedure
        await session.journal.settle()
        gc.collect()
        assert handle() is None


class Slow:
    """A store that takes a commit when the test says so."""

    def __init__(self) -> None:
        self.taken: list[Commit] = []
        self.came = asyncio.Event()
        self.gate = asyncio.Event()
        self.error: Exception | None = None

    async def commit(self, commit: Commit) -> None:
        self.taken.append(commit)
        self.came.set()
        await self.gate.wait()
        if self.error is not None:
            raise self.error


async def test_who_is_cancelled_while_saving_leaves_nothing_unsaved():
    store = Slow()
    journal = Journal("s", store)
    journal.add(session={"title": "one"})
    saving = asyncio.ensure_future(journal.flush())
    await store.came.wait()
    saving.cancel()
    await asyncio.sleep(0)
    journal.later(session={"title": "two"})
    assert not saving.done()
    store.came.clear()
    store.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await saving
    await asyncio.wait_for(store.came.wait(), 5)
    await journal.settle()
    assert [commit.session["title"] for commit in store.taken] == ["one", "two"]
    assert not journal.unsaved


async def test_what_failed_waits_for_the_next_save_and_both_callers_are_told_of_their_own():
    store = Slow()
    journal = Journal("s", store)
    store.error = OSError("full")
    journal.later(session={"title": "one"})
    journal.add(session={"title": "two"})
    first = asyncio.ensure_future(journal.flush())
    await store.came.wait()
    journal.add(session={"agent_id": "a"})
    second = asyncio.ensure_future(journal.flush())
    store.gate.set()
    with pytest.raises(StoreError, match="full"):
        await first
    with pytest.raises(StoreError, match="full"):
        await second
    assert journal.unsaved
    store.error = None
    await journal.flush()
    assert store.taken[-1].session == {"title": "two", "agent_id": "a"}
    assert not journal.unsaved


async def test_what_a_turn_made_is_freed_without_the_garbage_collector():
    async with create_app(component(lambda: TREE), model=ScriptedModel()) as app:
        session = await app.session("s")
        await session.send("warm").result
        gc.collect()
        gc.disable()
        try:
            handle = weakref.ref(await session.send("one"))
            await session.wait_for_executions()
            await asyncio.sleep(0)
            assert handle() is None
        finally:
            gc.enable()
