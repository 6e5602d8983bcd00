"""A full disk, a busy database, a failing group: what failed is told to its caller, and nobody else is hurt."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

import pytest

from engine.errors import StoreError
from engine.persistence import Commit, ContextRecord
from engine.store import Store, backup, connections
from engine.store.errors import translate
from engine.usage import Usage
from tests.engine.store.support import entry, execution, said, tick

BIG = "word " * 200_000


async def limit_pages(store: Store, pages: int | None) -> None:
    def work(connection: sqlite3.Connection) -> None:
        now = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {now + pages if pages is not None else 1 << 30}")

    await store._writer.call(work)


async def total(store: Store, session: str = "s") -> int:
    found = await store.sessions.load(session)
    return 0 if found is None else found.total_entries


async def test_a_full_disk(store: Store) -> None:
    await store.sessions.commit(said(0, "small"))
    assert (await store.browser.search("small")).complete
    await limit_pages(store, 10)
    with pytest.raises(StoreError, match="disk is full") as full:
        await store.sessions.commit(Commit("s", entries=[entry(1, BIG)], state={"/": [1]}))
    assert full.value.kind == "full"
    found = await store.sessions.load("s")
    assert found is not None
    assert (found.total_entries, found.state) == (1, {})
    await limit_pages(store, None)
    # The session hands in what it could not store together with what is new.
    await store.sessions.commit(Commit("s", entries=[entry(1, BIG), entry(2, "more")]))
    assert await total(store) == 3


def hold(store: Store) -> tuple[threading.Event, asyncio.Task[None]]:
    """Keep the writer busy until the event is set, so that what comes meanwhile waits in its queue."""
    gate = threading.Event()

    def work(_: sqlite3.Connection) -> None:
        assert gate.wait(30)

    return gate, asyncio.ensure_future(store._writer.call(work))


async def together(store: Store, commits: list[Commit]) -> tuple[list[BaseException | None], int]:
    """Hand commits in while the writer is held; returns their results and how many transactions they became."""
    counted: list[str] = []
    await store._writer.call(lambda connection: connection.set_trace_callback(counted.append))
    gate, held = hold(store)
    await asyncio.sleep(0)
    waiting = [asyncio.ensure_future(store.sessions.commit(commit)) for commit in commits]
    await asyncio.sleep(0)
    gate.set()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    await held
    await store._writer.call(lambda connection: connection.set_trace_callback(None))
    return results, counted.count("COMMIT")


async def test_waiting_commits_share_a_transaction(store: Store) -> None:
    await store.browser.data_version()
    await until_indexed(store)
    results, transactions = await together(store, [said(0, "x", session=f"s{n}") for n in range(50)])
    assert results == [None] * 50
    # One for the fifty; the search index may have been brought up to date behind them.
    assert transactions in (1, 2)
    assert (await store.browser.counts()).total == 50


async def until_indexed(store: Store) -> None:
    await store.browser.search("x")
    await store._writer.call(lambda _: setattr(store._writer, "idle_wanted", False))


async def test_one_that_fails_does_not_hurt_the_others(store: Store) -> None:
    await store.sessions.commit(said(0, "x", session="bad"))
    commits = [
        said(0, "x", session="a"),
        said(5, "a gap", session="bad"),
        said(0, "x", session="b"),
        said(1, "y", session="a"),
        said(1, "fits", session="bad"),
    ]
    results, _ = await together(store, commits)
    assert [type(result) for result in results] == [type(None), StoreError, type(None), type(None), type(None)]
    assert [await total(store, name) for name in ("a", "b", "bad")] == [2, 1, 2]


async def test_a_full_disk_under_a_group(store: Store) -> None:
    await store.sessions.commit(said(0, "x", session="s0"))
    assert (await store.browser.search("x")).complete
    await limit_pages(store, 40)
    results, _ = await together(store, [said(0, BIG if n == 2 else "x", session=f"t{n}") for n in range(5)])
    assert [result.kind if isinstance(result, StoreError) else None for result in results] == [
        None, None, "full", None, None,
    ]  # fmt: skip
    await limit_pages(store, None)
    assert (await store.browser.counts()).total == 5


async def test_a_busy_database(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "BUSY_SECONDS", 0.05)
    async with Store.open(path) as store:
        await store.sessions.commit(said(0, "one"))
        await until_indexed(store)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="busy") as busy:
            await store.sessions.commit(said(1, "two"))
        assert busy.value.kind == "locked"
        results, _ = await together(store, [said(0, "x", session=f"s{n}") for n in range(3)])
        assert [result.kind for result in results if isinstance(result, StoreError)] == ["locked"] * 3
        assert await total(store) == 1
        other.execute("ROLLBACK")
        other.close()
        await store.sessions.commit(said(1, "two"))
        assert await total(store) == 2


async def test_an_index_that_cannot_be_written_loses_no_entry(store: Store, expect_log: Callable[[str], None]) -> None:
    expect_log("search index could not")
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    work = store._writer.idle_work

    def fail(_: sqlite3.Connection) -> bool:
        loop.call_soon_threadsafe(told.set)
        raise sqlite3.OperationalError("no room")

    store._writer.idle_work = fail
    await store.sessions.commit(said(0, "word"))
    await told.wait()
    store._writer.idle_work = work
    page = await store.browser.search("word")
    assert [hit.session.id for hit in page.hits] == ["s"]


async def test_a_damaged_index_is_made_anew(store: Store) -> None:
    await store.sessions.commit(said(0, "word"))
    assert (await store.browser.search("word")).hits
    await store._writer.run(lambda connection: connection.execute("DELETE FROM entries_fts_data").rowcount)
    with pytest.raises(StoreError, match="search index is damaged"):
        await store.browser.search("word")
    await store.rebuild_search()
    assert (await store.browser.search("word")).hits


async def test_commits_from_several_loops(store: Store) -> None:
    failures: list[BaseException] = []

    async def several(name: str) -> None:
        for n in range(20):
            await store.sessions.commit(said(n, "x", session=name))
            assert await total(store, name) == n + 1

    def own_loop(name: str) -> None:
        try:
            asyncio.run(several(name))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=own_loop, args=(f"t{n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    await several("main")
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert failures == []
    assert (await store.browser.counts()).total == 4
    await asyncio.get_running_loop().shutdown_default_executor()


async def test_a_loop_that_is_gone_is_not_missed(store: Store) -> None:
    gate, held = hold(store)
    await asyncio.sleep(0)

    def short_life() -> None:
        loop = asyncio.new_event_loop()

        async def ask() -> None:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(store.sessions.commit(said(0, "x", session="gone")), 0.01)

        loop.run_until_complete(ask())
        loop.close()

    thread = threading.Thread(target=short_life)
    thread.start()
    thread.join()
    gate.set()
    await held
    await store._writer.call(lambda _: None)
    assert await total(store, "gone") == 1


def test_on_a_qasync_loop(path: Path, qloop: asyncio.AbstractEventLoop, qtbot: object) -> None:
    async def turn() -> int:
        async with Store.open(path) as store:
            await asyncio.gather(*(store.sessions.commit(said(0, "x", session=f"s{n}")) for n in range(20)))
            return (await store.browser.counts()).total

    task = qloop.create_task(turn())
    qtbot.waitUntil(task.done)  # type: ignore[attr-defined]
    assert task.result() == 20


def error_with(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("text")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (error_with(13), "full"), (OSError(28, "x"), "full"), (error_with(5), "locked"), (error_with(517), "locked"),
        (error_with(6), "locked"), (error_with(8), "readonly"), (error_with(1032), "readonly"),
        (PermissionError(13, "x"), "readonly"), (OSError(30, "x"), "readonly"), (error_with(11), "corrupt"),
        (error_with(26), "corrupt"), (error_with(10), "other"), (error_with(14), "other"), (error_with(267), "other"),
        (ValueError("x"), "other"),
    ],
)  # fmt: skip
def test_every_error_is_a_sentence(error: Exception, kind: str) -> None:
    translated = translate(error)
    assert translated.kind == kind
    assert str(translated)[0].isupper()


async def test_a_backup_that_does_not_fit_is_no_backup(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        """A connection to a disk that has no room for a copy."""

        def backup(self, _: sqlite3.Connection) -> None:
            raise error_with(13)

    with pytest.raises(StoreError, match=r"No backup could be made.*disk is full") as full:
        await store._writer.call(lambda _: backup.back_up(Full(), store.path, "copy"))  # type: ignore[arg-type]
    assert full.value.kind == "full"
    assert list((store.path.parent / "backups").iterdir()) == []


async def test_setting_aside_where_renaming_is_forbidden(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.mkdir()
    path.write_bytes(b"damaged")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "no")

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(StoreError) as refused:
        backup.set_aside_damaged(path)
    assert refused.value.kind == "readonly"
    assert path.read_bytes() == b"damaged"


async def test_a_part_of_a_context_that_is_gone(store: Store) -> None:
    context = ContextRecord([("system", "words")])
    await store.sessions.commit(Commit("s", execution=execution(), tick=tick(context=context)))
    await store._writer.call(lambda connection: connection.execute("PRAGMA foreign_keys = OFF").fetchall())
    await store._writer.run(lambda connection: connection.execute("DELETE FROM bodies").rowcount)
    with pytest.raises(StoreError, match="missing") as gone:
        await store.sessions.context("s", "x1", 1)
    assert gone.value.kind == "corrupt"
    await store._writer.run(lambda connection: connection.execute("DELETE FROM session_bodies").rowcount)


async def test_content_that_is_no_json_any_more_is_not_searchable(store: Store) -> None:
    await store.sessions.commit(said(0, "word"))
    assert (await store.browser.search("word")).hits
    await store._writer.run(lambda connection: connection.execute("UPDATE entries SET content = '{'").rowcount)
    (hit,) = [hit for hit in (await store.browser.search("word")).hits if hit.role != "title"]
    assert hit.snippet == ()
    with pytest.raises(StoreError):
        await store.sessions.load("s")
    await store.sessions.commit(said(0, "another", session="t"))
    assert (await store.browser.search("another")).hits
    await store.rebuild_search()
    assert (await store.browser.search("another")).hits


async def test_what_knows_how_to_become_json(store: Store) -> None:
    usage = Usage(input_tokens=3)
    values = {"/": [usage, MappingProxyType({"a": (1, 2)}), {"x"}]}
    await store.sessions.commit(Commit("s", state=values))
    found = await store.sessions.load("s")
    assert found is not None
    assert found.state == {"/": [usage.to_json(), {"a": [1, 2]}, ["x"]]}
