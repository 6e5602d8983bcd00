"""Several processes over one file: locks, death in the middle, noticing each other."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import SessionLocked
from engine.persistence import Commit
from engine.store import Store
from tests.engine.store.support import entry, execution, in_process, said, tick

WRITER = """
import asyncio, sys
from engine.store import Store
from engine.persistence import Commit
from tests.engine.store.support import *

async def main():
    path, session, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    store = await Store.open(path)
    found = await store.sessions.load(session)
    first = found.total_entries if found else 0
    n = first
    while n < first + rounds or not rounds:
        x = f"x{n}"
        use = [{"type": "tool_use", "id": x, "name": "t", "input": {"n": n}}]
        done = [{"type": "tool_result", "tool_use_id": x, "content": "ok " * 100}]
        await store.sessions.commit(Commit(session, entries=[entry(n, "word " * 50, session=session, execution=x)],
            execution=execution(x), tick=tick(x), session={"sequence": n}))
        await store.sessions.commit(Commit(session, streamed=text("half")))
        called = entry(n + 1, use, "assistant", session=session, execution=x)
        await store.sessions.commit(Commit(session, entries=[called], streamed=[]))
        result = entry(n + 2, done, "tool", session=session, execution=x)
        await store.sessions.commit(
            Commit(session, entries=[result], state={"/": [n]}, execution=execution(x, "completed")))
        n += 3
        print(n, flush=True)
    print("done", flush=True)
    sys.stdin.readline()
    await store.aclose()

asyncio.run(main())
"""


async def test_a_session_is_written_by_one_process_at_a_time(path: Path) -> None:
    async with Store.open(path) as store:
        with in_process(WRITER, str(path), "s", "1") as other:
            assert other.stdout is not None
            assert [other.stdout.readline().strip() for _ in range(2)] == ["3", "done"]
            with pytest.raises(SessionLocked) as locked:
                await store.sessions.commit(said(3, "mine"))
            assert locked.value.kind == "locked"
            with pytest.raises(SessionLocked):
                await store.browser.purge("s")
            found = await store.sessions.load("s")
            assert found is not None
            assert found.total_entries == 3
            await store.sessions.commit(said(0, "mine", session="another"))
            other.send_signal(signal.SIGKILL)
            other.wait(60)
        # The kernel has freed the lock.
        await store.sessions.commit(said(3, "mine"))
        with in_process(WRITER, str(path), "s", "1") as other:
            _, errors = other.communicate("", timeout=60)
            assert "SessionLocked" in errors
        await store.sessions.release("s")
        with in_process(WRITER, str(path), "s", "1") as other:
            assert other.communicate("\n", timeout=60)[0].split() == ["7", "done"]


async def test_two_stores_in_one_process_exclude_each_other(path: Path) -> None:
    async with Store.open(path) as one, Store.open(path) as two:
        await one.sessions.commit(said(0, "x"))
        with pytest.raises(SessionLocked):
            await two.sessions.commit(said(1, "y"))
        await one.sessions.release("s")
        await two.sessions.commit(said(1, "y"))


async def test_turns_of_another_process_are_noticed(path: Path) -> None:
    async with Store.open(path) as store:
        await store.sessions.commit(said(0, "x", session="mine"))
        before = (await store.browser.changed_since(None)).token
        assert await store.browser.data_version() == before
        with in_process(WRITER, str(path), "theirs", "2") as other:
            other.communicate("\n", timeout=60)
        assert await store.browser.data_version() > before
        changes = await store.browser.changed_since(before)
        assert list(changes.changed) == ["theirs"]
        await store.browser.purge("theirs")
        changes = await store.browser.changed_since(changes.token)
        assert (list(changes.changed), list(changes.removed)) == ([], ["theirs"])
        assert (await store.browser.changed_since(changes.token)).removed == []


async def test_what_another_process_wrote_is_found_at_once(path: Path) -> None:
    async with Store.open(path) as store:
        with in_process(WRITER, str(path), "s", "1") as other:
            assert other.stdout is not None
            other.stdout.readline()
            assert [hit.session.id for hit in (await store.browser.search("word")).hits] == ["s"]
            other.communicate("\n", timeout=60)


async def test_running_means_that_somebody_runs_it(path: Path) -> None:
    async with Store.open(path) as store:
        await store.sessions.commit(Commit("s", entries=[entry(0)], execution=execution(), tick=tick()))
        row = await store.browser.get("s")
        assert row is not None
        assert row.status == "running"
        assert [r.id for r in (await store.browser.list(status="running")).rows] == ["s"]
        await store.sessions.release("s")
        assert [r.id for r in (await store.browser.list(status="running")).rows] == []
        assert [(r.id, r.status) for r in (await store.browser.list(status="interrupted")).rows] == [
            ("s", "interrupted")
        ]


async def test_killed_in_the_middle(path: Path, count: Callable[[int, int], int]) -> None:
    """Whatever was acknowledged is there, nothing is half there, and the file is sound."""
    chance = random.Random(7)
    for _ in range(count(8, 60)):
        with in_process(WRITER, str(path), "s", "0") as other:
            assert other.stdout is not None
            acknowledged = 0
            for _ in range(chance.randrange(1, 40)):
                acknowledged = int(other.stdout.readline())
            other.send_signal(signal.SIGKILL)
            rest = [int(line) for line in other.stdout.read().split("\n") if line.strip().isdigit()]
            acknowledged = max([acknowledged, *rest])
            other.wait(60)
        async with Store.open(path) as store:
            assert await store.check() == []
            found = await store.sessions.load("s")
            assert found is not None
            assert found.total_entries >= acknowledged
            assert [item.index for item in found.entries] == list(range(found.total_entries))
            if found.unfinished is None:
                assert found.total_entries % 3 == 0
            else:
                assert found.unfinished_tick == 1
            # Cut back to whole rounds, as the session would close them.
            missing = -found.total_entries % 3
            whole = [entry(found.total_entries + n, "closed") for n in range(missing)]
            await store.sessions.commit(Commit("s", entries=whole, streamed=[]))
            page = await store.browser.search("word", session_id="s", limit=10_000, seconds=None)
            assert len(page.hits) == sum(item.role == "user" and "word" in item.text for item in found.entries)


FORGETFUL = """
import asyncio, sys
from engine.store import Store
from tests.engine.store.support import said

async def main():
    store = await Store.open(sys.argv[1])
    for n in range(200):
        asyncio.ensure_future(store.sessions.commit(said(n, "words " * 100)))
    await asyncio.sleep(0)

asyncio.run(main())
"""


async def test_what_was_handed_in_is_stored_though_the_store_was_never_closed(path: Path) -> None:
    with in_process(FORGETFUL, str(path)) as other:
        _, errors = other.communicate(timeout=60)
        assert (other.returncode, errors) == (0, "")
    async with Store.open(path) as store:
        found = await store.sessions.load("s")
        assert found is not None
        assert found.total_entries == 200


def test_importing_the_store_brings_in_no_more_than_it_needs() -> None:
    with in_process("import sys, engine.store; print(*sys.modules)") as other:
        loaded = set(other.communicate(timeout=60)[0].split())
    assert "sqlite3" in loaded
    assert loaded.isdisjoint({"sqlite_utils", "click", "anthropic", "PySide6"})
