"""Sessions: what is committed comes back, in order, once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from engine.entries import Entry
from engine.errors import StoreError
from engine.persistence import Commit, ContextRecord, PendingMessage
from engine.store import Store
from tests.engine.store.support import entry, execution, said, text, tick


async def loaded(store: Store, session: str = "s", limit: int | None = None) -> Any:
    found = await store.sessions.load(session, limit=limit)
    assert found is not None
    return found


async def test_a_session_that_was_never_stored(store: Store) -> None:
    assert await store.sessions.load("nobody") is None
    assert not await store.sessions.has("nobody")
    assert await store.sessions.context("nobody", "x", 1) is None
    assert list(await store.sessions.entries("nobody", 0, 9)) == []
    assert list(await store.sessions.ticks("nobody")) == []
    with pytest.raises(StoreError, match="no tick"):
        await store.sessions.state_at("nobody", "x", 1)
    await store.sessions.delete("nobody")
    await store.sessions.release("nobody")


async def test_an_entry_comes_back_as_it_was(store: Store) -> None:
    content = [*text("ä 🌲 \0"), {"type": "tool_use", "id": "t", "name": "n", "input": {}}]
    metadata = {"model": "m", "nested": {"a": [1, None, 2.5]}}
    whole = Entry("e", 0, "assistant", content, "x1", 3, "interrupted", 17, 12.5, metadata)
    await store.sessions.commit(Commit("s", entries=[whole]))
    assert list((await loaded(store)).entries) == [whole]


async def test_limit_reads_only_the_newest(store: Store) -> None:
    await store.sessions.commit(Commit("s", entries=[entry(n, f"word {n}") for n in range(20)]))
    some = await loaded(store, limit=5)
    assert [item.index for item in some.entries] == [15, 16, 17, 18, 19]
    assert some.total_entries == 20
    assert list((await loaded(store, limit=0)).entries) == []
    assert [item.index for item in await store.sessions.entries("s", 3, 6)] == [3, 4, 5, 6]
    assert [item.index for item in await store.sessions.entries("s", 18, 99)] == [18, 19]


async def test_entries_handed_in_again_are_stored_once(store: Store) -> None:
    first, second = entry(0, "one"), entry(1, "two", "assistant")
    await store.sessions.commit(Commit("s", entries=[first]))
    again = Entry(first.id, 0, "user", first.content, "x1", 1, "failed")
    await store.sessions.commit(Commit("s", entries=[again, second]))
    found = await loaded(store)
    assert [(item.id, item.status) for item in found.entries] == [(first.id, "failed"), (second.id, "complete")]
    row = await store.browser.get("s")
    assert row is not None
    assert row.messages == 2


async def test_another_entry_in_a_taken_place_is_refused(store: Store) -> None:
    await store.sessions.commit(said(0, "one"))
    other = Entry("another", 0, "user", text("two"), "x1", 1)
    with pytest.raises(StoreError, match="continued by another program"):
        await store.sessions.commit(Commit("s", entries=[other], state={"/": [1]}))
    found = await loaded(store)
    assert found.entries[0].text == "one"
    assert found.state == {}


async def test_a_gap_is_refused(store: Store) -> None:
    await store.sessions.commit(said(0, "one"))
    with pytest.raises(StoreError, match="does not follow"):
        await store.sessions.commit(said(2, "three"))
    await store.sessions.commit(Commit("s", entries=[entry(2, "three"), entry(1, "two")]))
    assert [item.text for item in (await loaded(store)).entries] == ["one", "two", "three"]


async def test_status_of_an_entry(store: Store) -> None:
    await store.sessions.commit(Commit("s", entries=[entry(0), entry(1)]))
    await store.sessions.commit(Commit("s", statuses={"s-entry-0": "failed"}))
    assert [item.status for item in (await loaded(store)).entries] == ["failed", "complete"]
    with pytest.raises(StoreError, match="no entry"):
        await store.sessions.commit(Commit("s", statuses={"nothing": "failed"}))


async def test_state_is_kept_now_and_per_tick(store: Store) -> None:
    sessions = store.sessions
    await sessions.commit(Commit("s", execution=execution(), tick=tick(), state={"/a": [1], "/b": [{"x": 1}]}))
    await sessions.commit(Commit("s", state={"/a": [2]}))  # outside of any tick: belongs to what comes
    await sessions.commit(Commit("s", tick=tick(number=2), state={"/b": None}, shared_state={"k": "v"}))
    await sessions.commit(Commit("s", tick=tick(number=3)))
    await sessions.commit(Commit("s", execution=execution(status="completed"), state={"/a": [4]}))
    assert await sessions.state_at("s", "x1", 1) == ({"/a": [1], "/b": [{"x": 1}]}, {})
    assert await sessions.state_at("s", "x1", 2) == ({"/a": [2]}, {"k": "v"})
    assert await sessions.state_at("s", "x1", 3) == ({"/a": [4]}, {"k": "v"})
    found = await loaded(store)
    assert (found.state, found.shared_state) == ({"/a": [4]}, {"k": "v"})


async def test_what_changes_after_the_call_is_not_stored(store: Store) -> None:
    notes = ["one"]
    writing = asyncio.ensure_future(store.sessions.commit(Commit("s", state={"/": [notes]})))
    await asyncio.sleep(0)
    notes.append("two")
    await writing
    assert (await loaded(store)).state == {"/": [["one"]]}


async def test_pending_messages_wait_in_order(store: Store) -> None:
    waiting = [PendingMessage(f"p{n}", {"role": "user", "content": str(n)}, "queued") for n in range(3)]
    await store.sessions.commit(Commit("s", pending_added=waiting))
    await store.sessions.commit(Commit("s", pending_added=[PendingMessage("p0", {"content": "new"}, "joined")]))
    await store.sessions.commit(Commit("s", pending_removed=["p1", "unknown"]))
    found = await loaded(store)
    assert [(m.id, m.kind, m.message) for m in found.pending] == [
        ("p0", "joined", {"content": "new"}),
        ("p2", "queued", {"role": "user", "content": "2"}),
    ]


async def test_an_unfinished_execution_with_its_streamed_reply(store: Store) -> None:
    sessions = store.sessions
    await sessions.commit(Commit("s", execution=execution(agent_version="v", metadata={"a": 1}), tick=tick(number=2)))
    await sessions.commit(Commit("s", streamed=text("Hal")))
    await sessions.commit(Commit("s", streamed=text("Half a re")))
    found = await loaded(store)
    assert found.unfinished == execution(agent_version="v", metadata={"a": 1})
    assert found.unfinished_tick == 2
    assert found.streamed == text("Half a re")
    await sessions.commit(
        Commit("s", streamed=[], execution=execution(status="completed", ended=2.0, usage={"cost": 1}))
    )
    found = await loaded(store)
    assert (found.unfinished, found.unfinished_tick, list(found.streamed)) == (None, 0, [])
    assert [x.status for x in await sessions.executions("s")] == ["completed"]


async def test_contexts_share_their_bodies(store: Store, path: Path) -> None:
    tools = [("tool", {"name": f"tool {n}", "description": "words " * 200}) for n in range(6)]
    first = ContextRecord([("system", "Be brief."), *tools, ("entries", [0, 3]), ("options", {"max_tokens": 5})])
    second = ContextRecord([("system", "Be brief."), *tools, ("entries", [0, 9]), ("message", {"role": "user"})])
    await store.sessions.commit(Commit("s", execution=execution(), tick=tick(context=first)))
    await store.sessions.commit(Commit("s", tick=tick(number=2, context=second)))
    await store.sessions.commit(Commit("s", tick=tick(number=2, after_index=4)))
    await store.sessions.commit(Commit("other", execution=execution(), tick=tick(context=first)))
    for session, number, wanted in (("s", 1, first), ("s", 2, second), ("other", 1, first)):
        found = await store.sessions.context(session, "x1", number)
        assert found is not None
        assert list(found.parts) == list(wanted.parts)
    rows = await store.sessions._readers.run(lambda c: c.execute("SELECT count(*) FROM bodies").fetchone()[0])
    assert rows == 10  # system, six tools, their list, options, message
    await store.sessions.delete("s")
    assert list((await store.sessions.context("other", "x1", 1)).parts) == list(first.parts)  # type: ignore[union-attr]
    await store.sessions.delete("other")
    assert await store.sessions._readers.run(lambda c: c.execute("SELECT count(*) FROM bodies").fetchone()[0]) == 0


async def test_ticks_come_in_order(store: Store) -> None:
    sessions = store.sessions
    for name in ("x1", "x2"):
        for number in (1, 2):
            await sessions.commit(Commit("s", execution=execution(name), tick=tick(name, number, model="m")))
    assert [(t.execution_id, t.tick) for t in await sessions.ticks("s")] == [
        ("x1", 1), ("x1", 2), ("x2", 1), ("x2", 2),
    ]  # fmt: skip
    assert [(t.tick, t.model) for t in await sessions.ticks("s", "x2")] == [(1, "m"), (2, "m")]


async def test_a_tick_needs_its_execution(store: Store) -> None:
    with pytest.raises(StoreError, match="never stored"):
        await store.sessions.commit(Commit("s", entries=[entry(0)], tick=tick()))
    assert not await store.sessions.has("s")
    await store.sessions.commit(Commit("s", execution=execution("x1")))
    await store.sessions.commit(Commit("s", execution=execution("x2")))
    await store.sessions.commit(Commit("s", tick=tick("x1", 7)))
    assert [t.tick for t in await store.sessions.ticks("s", "x1")] == [7]


@pytest.mark.parametrize(
    "commit",
    [
        Commit("s", state={"/": [object()]}),
        Commit("s", entries=[entry(0, [{"type": "text", "text": object()}])]),
        Commit("s", session={"colour": "red"}),
    ],
)
async def test_what_is_no_json_is_refused_before_anything_happens(store: Store, commit: Commit) -> None:
    with pytest.raises(StoreError):
        await store.sessions.commit(commit)
    assert not await store.sessions.has("s")


async def test_half_surrogates_do_not_crash(store: Store) -> None:
    await store.sessions.commit(said(0, "half \ud83d, whole \U0001f332, pair \ud83c\udf32"))
    found = await loaded(store)
    assert found.entries[0].text == "half \ufffd, whole \U0001f332, pair \U0001f332"
    assert found.session["title"].startswith("half")
    await store.browser.rename("s", "title \udc00")
    await store.sessions.commit(Commit("s", state={"/\ud800": ["\udfff"]}, grants={"\ud800": 1}))
    assert (await loaded(store)).state == {"/\ufffd": ["\ufffd"]}


async def test_the_columns_of_a_session(store: Store) -> None:
    columns = {
        "title": "A title", "agent_id": "a", "metadata": {"x": 1}, "sequence": 7, "usage": {"cost": 0.25},
        "parent_id": "p", "forked_from": ["q", 3], "created": 5.0, "updated": 6.0,
    }  # fmt: skip
    await store.sessions.commit(Commit("s", session=columns))
    found = await loaded(store)
    assert found.session == {**columns, "trashed": None}
    assert found.created == 5.0
    row = await store.browser.get("s")
    assert row is not None
    assert row.cost == 0.25
    await store.sessions.commit(Commit("s", session={"metadata": {}, "agent_id": None}))
    found = await loaded(store)
    assert (found.session["metadata"], found.session["agent_id"], found.session["title"]) == ({}, None, "A title")


async def test_grants_of_a_session(store: Store) -> None:
    await store.sessions.commit(Commit("s", grants={"a": {"hash": "1"}, "b": True}))
    await store.sessions.commit(Commit("s", grants={"a": None, "b": False}))
    assert (await loaded(store)).grants == {"b": False}


async def test_delete_leaves_nothing(store: Store) -> None:
    context = ContextRecord([("system", "x")])
    whole = Commit(
        "s", entries=[entry(0, "something rare")], state={"/": [1]}, shared_state={"k": 1}, grants={"g": 1},
        pending_added=[PendingMessage("p", {}, "queued")], execution=execution(), tick=tick(context=context),
        streamed=text("x"),
    )  # fmt: skip
    await store.sessions.commit(whole)
    assert (await store.browser.search("rare")).hits
    await store.sessions.delete("s")
    assert not (await store.browser.search("rare")).hits

    def rows(connection: Any) -> dict[str, int]:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%fts%'")
        kept = {"_sqlite_migrations", "removed_sessions", "search_progress"}
        return {
            name: number
            for (name,) in tables.fetchall()
            if name not in kept and (number := connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0])
        }

    assert await store.sessions._readers.run(rows) == {}
    await store.sessions.commit(whole)  # and its place can be taken again
    assert (await loaded(store)).total_entries == 1
    assert (await store.browser.search("rare")).hits


async def test_closing_keeps_what_was_handed_in(path: Path) -> None:
    store = await Store.open(path)
    writing = [asyncio.ensure_future(store.sessions.commit(said(n, f"word {n}"))) for n in range(50)]
    await asyncio.sleep(0)
    await store.sessions.aclose()
    await asyncio.gather(*writing)
    await store.aclose()
    for call in (store.sessions.commit(said(50, "late")), store.sessions.load("s")):
        with pytest.raises(StoreError, match="closed"):
            await call
    async with Store.open(path) as again:
        assert (await loaded(again)).total_entries == 50


async def test_deep_values_are_refused_in_a_sentence(store: Store) -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(StoreError, match="cannot be saved"):
        await store.sessions.commit(Commit("s", state={"/": deep}))
