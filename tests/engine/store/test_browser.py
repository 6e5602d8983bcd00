"""The list of sessions: order, pages, filters, titles, trash."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import StoreError
from engine.persistence import Commit, PendingMessage
from engine.store import Store, browser
from tests.engine.store.support import entry, execution, said


async def ids(store: Store, **options: Any) -> list[str]:
    return [row.id for row in (await store.browser.list(**options)).rows]


async def all_pages(store: Store, **options: Any) -> list[str]:
    found: list[str] = []
    key = None
    while True:
        page = await store.browser.list(before=key, **options)
        found.extend(row.id for row in page.rows)
        key = page.next
        if key is None:
            return found


async def make(store: Store, name: str, updated: float, **columns: Any) -> None:
    await store.sessions.commit(
        Commit(name, session={"updated": updated, **columns}, entries=[entry(0, f"Words of {name}", session=name)])
    )


async def test_a_row(store: Store) -> None:
    agent = await store.agents.create({"root": {}}, "Notepad", "pencil")
    usage = {"input_tokens": 3, "cost": 0.5}
    await store.sessions.commit(
        Commit(
            "s",
            session={"agent_id": agent, "usage": usage, "created": 1.0, "updated": 2.0},
            entries=[entry(0, "My name is\n  Ryan."), entry(1, "Hi Ryan.", "assistant"), entry(2, "result", "tool")],
            execution=execution(status="completed"),
        )
    )
    (row,) = (await store.browser.list()).rows
    assert (row.id, row.title, row.agent_id, row.agent_title) == ("s", "My name is Ryan.", agent, "Notepad")
    assert (row.status, row.created, row.updated, row.pinned) == ("completed", 1.0, 2.0, False)
    assert (row.snippet, row.messages, row.cost, row.trashed) == ("Hi Ryan.", 2, 0.5, None)
    assert row == await store.browser.get("s")
    assert await store.browser.get("nobody") is None


async def test_order_pins_and_pages(store: Store) -> None:
    for n in range(23):
        await make(store, f"s{n:02}", float(n // 2))
    await store.browser.pin("s03")
    await store.browser.pin("s04")
    await store.browser.pin("s04", False)
    wanted = ["s03", *(f"s{n:02}" for n in reversed(range(23)) if n != 3)]
    assert await ids(store, limit=100) == wanted
    for limit in (1, 5, 23):
        assert await all_pages(store, limit=limit) == wanted


async def test_a_page_is_not_disturbed_by_new_turns(store: Store) -> None:
    for n in range(10):
        await make(store, f"s{n}", float(n))
    first = await store.browser.list(limit=4)
    await make(store, "new", 99.0)
    await store.sessions.commit(said(1, "again", session="s0"))
    second = await store.browser.list(limit=4, before=first.next)
    assert [row.id for row in second.rows] == ["s5", "s4", "s3", "s2"]


async def test_filters(store: Store) -> None:
    for n in range(6):
        await make(store, f"s{n}", float(n), agent_id=f"a{n % 2}")
    await store.sessions.commit(Commit("s1", execution=execution(status="error"), session={"updated": 1.5}))
    await store.sessions.commit(Commit("child", session={"parent_id": "s0"}))
    assert await ids(store, agent_id="a1") == ["s5", "s3", "s1"]
    assert await ids(store, status="error") == ["s1"]
    assert await ids(store, since=2.0, until=4.0) == ["s3", "s2"]
    assert await ids(store, text="words s4") == ["s4"]
    assert await all_pages(store, text="wor", agent_id="a0", limit=1) == ["s4", "s2", "s0"]
    assert (await ids(store, children=True))[0] == "child"


async def test_a_word_that_most_titles_have(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(8):
        await make(store, f"s{n}", float(n), agent_id=f"a{n % 2}")
    for many in (2000, 3):
        monkeypatch.setattr(browser, "_MANY_TITLES", many)
        assert await all_pages(store, text="words", limit=3) == [f"s{n}" for n in reversed(range(8))]
        assert await all_pages(store, text="words", agent_id="a1", limit=1) == ["s7", "s5", "s3", "s1"]


async def test_interrupted_ones_are_told_from_running_ones(store: Store) -> None:
    for n in range(7):
        await store.sessions.commit(Commit(f"s{n}", execution=execution(), session={"updated": float(n)}))
    for n in (1, 3, 5):
        await store.sessions.release(f"s{n}")
    assert await all_pages(store, status="interrupted", limit=2) == ["s5", "s3", "s1"]
    assert await all_pages(store, status="running", limit=2) == ["s6", "s4", "s2", "s0"]


async def test_titles(store: Store) -> None:
    await store.sessions.commit(said(0, "", "assistant"))
    await store.sessions.commit(
        said(1, "A question that is so long that nobody would want to read all of it in a list")
    )
    await store.sessions.commit(said(2, "Second"))
    row = await store.browser.get("s")
    assert row is not None
    assert row.title == "A question that is so long that nobody would want to read…"
    await store.browser.rename("s", "  Mine\n now ")
    await store.sessions.commit(said(3, "Third"))
    assert (await store.browser.list()).rows[0].title == "Mine now"
    await store.browser.rename("s", " ")
    assert (await store.browser.list()).rows[0].title.startswith("A question")
    await store.sessions.commit(Commit("t", session={"title": "Given"}, entries=[entry(0, "words", session="t")]))
    given = await store.browser.get("t")
    assert given is not None
    assert given.title == "Given"
    await store.browser.rename("t", "Renamed")
    await store.sessions.release("t")
    await store.sessions.commit(said(1, "more words", session="t"))
    renamed = await store.browser.get("t")
    assert renamed is not None
    assert renamed.title == "Renamed"


async def test_words_that_wait_where_the_turn_failed_before_it_began_give_the_title(store: Store) -> None:
    told = PendingMessage("p0", {"role": "event", "content": [{"type": "text", "text": "A clock struck."}]}, "joined")
    asked = PendingMessage("p1", {"role": "user", "content": [{"type": "text", "text": "About figs"}]}, "joined")
    more = PendingMessage("p2", {"role": "user", "content": [{"type": "text", "text": "And pears"}]}, "joined")
    await store.sessions.commit(Commit("s", pending_added=[told, asked, more]))
    row = await store.browser.get("s")
    assert row is not None
    assert row.title == "About figs"


async def test_trash(store: Store) -> None:
    for n in range(4):
        await make(store, f"s{n}", float(n))
    await store.browser.trash("s1")
    await store.browser.trash("s2")
    assert await ids(store) == ["s3", "s0"]
    assert await ids(store, trashed=True) == ["s2", "s1"]
    assert await all_pages(store, trashed=True, limit=1) == ["s2", "s1"]
    found = await store.sessions.load("s1")
    assert found is not None
    assert found.session["trashed"] is not None
    await store.browser.restore("s1")
    assert await ids(store) == ["s3", "s1", "s0"]
    await store.browser.trash("s0")
    assert await store.browser.empty_trash() == 2
    assert await ids(store, trashed=True) == []
    assert not await store.sessions.has("s0")
    await store.browser.purge("s1")
    assert await ids(store) == ["s3"]
    await store.browser.trash("s3")
    await store.sessions.release("s3")
    async with Store.open(store.path) as other:
        await other.sessions.commit(said(1, "being written", session="s3"))
        assert await store.browser.empty_trash() == 0
    assert await store.browser.empty_trash() == 1


async def test_counts(store: Store) -> None:
    assert (await store.browser.counts()).total == 0
    for n in range(5):
        await make(store, f"s{n}", float(n), agent_id="a" if n else None)
    await store.sessions.commit(Commit("s1", execution=execution(status="error")))
    await store.browser.trash("s4")
    counts = await store.browser.counts()
    assert (counts.total, counts.trashed) == (4, 1)
    assert (counts.status, counts.agents) == ({"idle": 3, "error": 1}, {"a": 3})


async def test_what_does_not_exist_cannot_be_changed(store: Store) -> None:
    for call in (
        store.browser.rename("x", "y"), store.browser.trash("x"), store.browser.restore("x"), store.browser.pin("x"),
    ):  # fmt: skip
        with pytest.raises(StoreError, match="no session"):
            await call
    await store.browser.purge("x")


async def test_changes_are_noticed_one_by_one(store: Store) -> None:
    token = (await store.browser.changed_since(None)).token
    for change in (
        lambda: store.sessions.commit(said(0, "x")),
        lambda: store.browser.rename("s", "y"),
        lambda: store.browser.pin("s"),
        lambda: store.browser.trash("s"),
        lambda: store.browser.restore("s"),
    ):
        await change()
        changes = await store.browser.changed_since(token)
        assert list(changes.changed) == ["s"]
        token = changes.token
    await store.sessions.commit(Commit("s", streamed=[{"type": "text", "text": "x"}]))
    assert await store.browser.data_version() == token


async def test_only_so_many_removals_are_remembered(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.store import sessions

    monkeypatch.setattr(sessions, "_REMOVED_KEPT", 3)
    for n in range(6):
        await store.sessions.commit(said(0, "x", session=f"s{n}"))
        await store.sessions.delete(f"s{n}")
    assert list((await store.browser.changed_since(0)).removed) == ["s3", "s4", "s5"]
    await store.sessions.commit(said(0, "x", session="s9"))
    assert list((await store.browser.changed_since(0)).changed) == ["s9"]


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.booleans()), max_size=8), st.integers(1, 4))
def test_pages_are_the_whole(sessions: list[tuple[int, bool, bool]], limit: int) -> None:
    """Whatever the pins, the trash and the ties: all pages together are the list, in order."""
    import asyncio
    import tempfile
    from pathlib import Path

    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with Store.open(Path(folder) / "s.db") as store:
                for n, (updated, pinned, trashed) in enumerate(sessions):
                    await make(store, f"s{n}", float(updated))
                    if pinned:
                        await store.browser.pin(f"s{n}")
                    if trashed:
                        await store.browser.trash(f"s{n}")
                listed = [(p, float(u), f"s{n}") for n, (u, p, t) in enumerate(sessions) if not t]
                assert await all_pages(store, limit=limit) == [name for *_, name in sorted(listed, reverse=True)]
                gone = {f"s{n}" for n, (*_, t) in enumerate(sessions) if t}
                assert set(await all_pages(store, trashed=True, limit=limit)) == gone

    asyncio.run(run())


async def test_what_was_spent_since_a_day(store: Store) -> None:
    async def turn(session: str, name: str, started: float, cost: float, total: float) -> None:
        record = replace(execution(name, status="completed"), started=started, usage={"cost": cost})
        await store.sessions.commit(
            Commit(session, session={"updated": started, "usage": {"cost": total}}, execution=record)
        )

    await turn("a", "x1", 10.0, 0.5, 0.5)
    await turn("a", "x2", 100.0, 0.25, 0.75)
    await turn("b", "x1", 50.0, 2.0, 2.0)
    await turn("c", "x1", 120.0, 0.0, 0.0)
    assert await store.browser.cost_since(0.0) == 2.75
    assert await store.browser.cost_since(60.0) == 0.25
    assert await store.browser.cost_since(500.0) == 0.0
    await store.browser.trash("a")
    assert await store.browser.cost_since(60.0) == 0.25
