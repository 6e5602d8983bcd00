"""Words: what a person types finds what was said, newest first, and never breaks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.entries import Block
from engine.persistence import Commit
from engine.store import Store, finder
from engine.store.codec import MAX_INDEXED_CHARACTERS, clean, entry_text, pack, shorten, unpack
from engine.store.search import marked, match_expression
from tests.engine.store.support import entry, execution, said, text


async def fill(store: Store) -> None:
    await store.sessions.commit(said(0, "The quick brown fox", session="a"))
    await store.sessions.commit(said(0, "A slow brown bear", session="b"))
    await store.sessions.commit(said(1, "The fox is back", "assistant", session="a"))
    await store.sessions.commit(said(0, "Über die Füchse", session="c"))


async def found(store: Store, words: str, **options: Any) -> list[tuple[str, int | None]]:
    page = await store.browser.search(words, **options)
    assert page.complete
    return [(hit.session.id, hit.index) for hit in page.hits]


async def test_newest_first_and_one_hit_per_session(store: Store) -> None:
    await fill(store)
    assert await found(store, "brown") == [("b", 0), ("a", 0)]
    assert await found(store, "fox") == [("a", 1)]
    assert await found(store, "fox", per_session=False) == [("a", 1), ("a", 0)]
    assert await found(store, "fox", session_id="a") == [("a", 1), ("a", 0)]


async def test_the_last_word_may_be_begun(store: Store) -> None:
    await fill(store)
    assert await found(store, "br") == [("b", 0), ("a", 0)]
    assert await found(store, "brown fo") == [("a", 0)]
    assert await found(store, "bro fox") == []
    assert await found(store, "füch") == [("c", 0)]
    assert await found(store, "UBER") == [("c", 0)]
    assert await found(store, '"brown fox"') == [("a", 0)]
    assert await found(store, '"fox brown"') == []
    assert await found(store, '"brown fo"') == []


@pytest.mark.parametrize("nothing", ["", "  ", "***", '"', "-- '", "()"])
async def test_no_word_no_hit(store: Store, nothing: str) -> None:
    await fill(store)
    assert await found(store, nothing) == []
    assert list((await store.browser.list(text=nothing)).rows) == [] or not nothing.strip()


async def test_the_hit_is_marked(store: Store) -> None:
    await fill(store)
    (hit,) = (await store.browser.search("slow bea")).hits
    assert hit.snippet == (("A ", False), ("slow", True), (" brown ", False), ("bear", True))
    assert (hit.role, hit.entry_id, hit.session.title) == ("user", "b-entry-0", "A slow brown bear")


async def test_titles_are_found_too(store: Store) -> None:
    await fill(store)
    await store.browser.rename("b", "Winter sleep")
    (hit,) = (await store.browser.search("winter")).hits
    assert (hit.session.id, hit.role, hit.index) == ("b", "title", None)
    assert hit.snippet == (("Winter", True), (" sleep", False))
    await store.browser.rename("b", "Something else")
    assert await found(store, "winter") == []
    assert [row.id for row in (await store.browser.list(text="some")).rows] == ["b"]


async def test_filters(store: Store) -> None:
    await fill(store)
    await store.sessions.commit(Commit("a", session={"agent_id": "agent"}, execution=execution(status="error")))
    assert await found(store, "brown", agent_id="agent") == [("a", 0)]
    assert await found(store, "brown", status="error") == [("a", 0)]
    assert await found(store, "brown", status="idle") == [("b", 0)]
    await store.browser.trash("b")
    assert await found(store, "brown") == [("a", 0)]
    assert await found(store, "brown", trashed=True) == [("b", 0)]
    await store.browser.restore("b")
    assert await found(store, "brown") == [("b", 0), ("a", 0)]


async def test_pages_of_hits(store: Store) -> None:
    for n in range(25):
        words = [entry(0, "word", session=f"s{n}", created=float(n)), entry(1, "word word", created=float(n))]
        await store.sessions.commit(Commit(f"s{n}", entries=words, session={"updated": float(n)}))
    seen: list[str] = []
    cursor = None
    while True:
        page = await store.browser.search("word", limit=10, before=cursor)
        seen.extend(hit.session.id for hit in page.hits)
        cursor = page.next
        if cursor is None:
            break
    assert seen == [f"s{n}" for n in reversed(range(25))]


async def test_tools_are_searchable_and_thinking_is_not(store: Store) -> None:
    blocks: list[Block] = [
        {"type": "thinking", "thinking": "secretly", "signature": "x"},
        {"type": "tool_use", "id": "t", "name": "lookup", "input": {"place": {"city": ["Lisbon"]}, "n": 3}},
        {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "sunny"}]},
        {"type": "tool_result", "tool_use_id": "t", "content": "plainly"},
        {"type": "document", "title": "Almanac", "source": {"type": "text", "data": "harvest"}},
        {"type": "document", "source": {"type": "base64", "data": "QUFB"}},
        {"type": "image", "source": {"type": "base64", "data": "QUFB"}},
        {"type": "web_search_tool_result", "content": {"type": "error"}},
        {"type": "text", "text": None},
        {"no": "type"},
        "stray",  # type: ignore[list-item]
    ]
    await store.sessions.commit(said(0, "x"))
    await store.sessions.commit(Commit("s", entries=[entry(1, blocks)]))
    for word in ("lookup", "lisbon", "sunny", "plainly", "almanac", "harvest"):
        assert await found(store, word) == [("s", 1)], word
    for word in ("secretly", "QUFB", "stray", "tool"):
        assert await found(store, word) == [], word


async def test_very_long_entries_are_indexed_up_to_a_limit(store: Store) -> None:
    long = "start " + "x " * MAX_INDEXED_CHARACTERS + "finish"
    await store.sessions.commit(said(0, long))
    assert await found(store, "start") == [("s", 0)]
    assert await found(store, "finish") == []
    assert len(entry_text(text(long))) == MAX_INDEXED_CHARACTERS
    await store.sessions.delete("s")
    assert await found(store, "start") == []


async def test_an_interrupted_search_stops(store: Store) -> None:
    """A query without end, in place of one that is merely long."""
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    begun = asyncio.Event()
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def work(connection: Any) -> None:
        loop.call_soon_threadsafe(begun.set)
        try:
            connection.execute(endless).fetchone()
        finally:
            loop.call_soon_threadsafe(ended.set)

    task = asyncio.ensure_future(store._readers.run(work))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await ended.wait()
    await fill(store)  # the reader is as good as new
    for _ in range(6):
        assert await found(store, "fox") == [("a", 1)]


async def test_a_search_out_of_time_gives_what_it_has(store: Store) -> None:
    await fill(store)
    assert await found(store, "brown")
    gate = asyncio.Event()
    loop = asyncio.get_running_loop()
    real = store.browser._row

    def slow(row: Any) -> Any:
        loop.call_soon_threadsafe(gate.set)
        return real(row)

    store.browser._row = slow  # type: ignore[method-assign]
    page = await store.browser.search("brown", seconds=0)
    assert gate.is_set() == bool(page.hits)
    assert not page.complete or len(page.hits) == 2


async def test_an_interrupted_search_keeps_what_it_found(store: Store) -> None:
    for n in range(5):
        await store.sessions.commit(said(0, "word", session=f"s{n}"))
    await store.browser.search("word")

    def work(connection: Any) -> Any:
        def make_row(row: Any) -> Any:
            if row[0] == "s3":
                connection.interrupt()
            return store.browser._row(row)

        query = finder.Query('"word"', "1", (), finder.FIRST, 10, distinct=True, titles=True)
        return finder.find(connection, query, make_row)

    page = await store._readers.run(work)
    assert [hit.session.id for hit in page.hits] == ["s4", "s3"]
    assert not page.complete
    assert page.next is not None
    rest = await store.browser.search("word", before=page.next)
    assert [hit.session.id for hit in rest.hits] == ["s2", "s1", "s0"]


@given(st.text(max_size=40))
def test_anything_can_be_typed(typed: str) -> None:
    import sqlite3

    expression = match_expression(typed)
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE t USING fts5(text)")
    connection.execute("INSERT INTO t VALUES ('some words')")
    if expression is not None:
        connection.execute("SELECT * FROM t WHERE t MATCH ?", (expression,)).fetchall()
    connection.close()


@given(st.text(max_size=2000))
def test_packing_is_undone(value: str) -> None:
    value = clean(value)
    assert unpack(pack(value)) == value


@given(st.text(), st.integers(2, 80))
def test_shortening(value: str, length: int) -> None:
    short = shorten(value, length)
    assert len(short) <= length
    assert "\n" not in short
    short.encode()


def test_marks() -> None:
    assert marked(None) == ()
    assert marked("a \ue000b\ue001\nc") == (("a ", False), ("b", True), (" c", False))
    assert marked("\ue000half") == (("half", False),)
    assert marked("\ue001") == (("", False),)


async def test_titles_come_on_the_page_of_their_time(store: Store) -> None:
    for n in range(12):
        words, title = ("word", "A title") if n % 2 else ("other", "A word")
        said_then = entry(0, words, session=f"s{n}", created=float(n))
        await store.sessions.commit(Commit(f"s{n}", entries=[said_then], session={"updated": float(n), "title": title}))
    seen: list[str] = []
    cursor = None
    while True:
        page = await store.browser.search("word", limit=2, before=cursor)
        seen.extend(hit.session.id for hit in page.hits)
        cursor = page.next
        if cursor is None:
            break
    assert seen == [f"s{n}" for n in reversed(range(12))]
