"""The store at scale: lists and searches over 100,000 sessions and 2,000,000 messages, and what a commit costs.

``BOUGH_BENCH_SESSIONS`` makes it smaller (each session has twenty messages); building the large one takes minutes.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import tempfile
from collections.abc import Awaitable, Callable
from itertools import accumulate
from pathlib import Path
from typing import Any

from engine.entries import Entry, new_id
from engine.persistence import Commit, ContextRecord, ExecutionRecord, TickRecord
from engine.store import Store, search
from engine.store.connections import connect_writer
from tests.bench.table import Row, Stopwatch, milliseconds, show

SESSIONS = int(os.environ.get("BOUGH_BENCH_SESSIONS", "100000"))
MESSAGES = 20
WORDS = 25
SAMPLES = 9


def vocabulary(chance: random.Random) -> tuple[list[str], list[float]]:
    """Words as a language has them: the commonest in nearly every message, thousands of rare ones."""
    syllables = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
    words = ["".join(chance.choices(syllables, k=chance.choice((1, 2, 2, 3, 3, 4)))) for _ in range(30_000)]
    return words, list(accumulate(1 / (rank + 3) for rank in range(len(words))))


def build(path: Path) -> list[str]:
    """Fill the database past the store's front door, which is for one turn at a time; returns the vocabulary."""
    chance = random.Random(1)
    words, weights = vocabulary(chance)
    connection = connect_writer(path)
    connection.execute("PRAGMA synchronous = OFF")
    for start in range(0, SESSIONS, 1000):
        connection.execute("BEGIN")
        sessions: list[tuple[Any, ...]] = []
        entries: list[tuple[Any, ...]] = []
        for number in range(start, min(start + 1000, SESSIONS)):
            title = " ".join(chance.choices(words, cum_weights=weights, k=6))
            status = chance.choice(("completed", "completed", "completed", "error", "aborted"))
            sessions.append(
                (number + 1, f"session_{number:08x}", title, f"agent_{number % 12}", status, float(number),
                 float(chance.randrange(10**9)), int(number % 500 == 0), MESSAGES, MESSAGES, title, number)
            )  # fmt: skip
            for index in range(MESSAGES):
                content = json.dumps(
                    [{"type": "text", "text": " ".join(chance.choices(words, cum_weights=weights, k=WORDS))}]
                )
                role = "assistant" if index % 2 else "user"
                entries.append((number + 1, index, f"entry_{number:08x}_{index}", role, content, float(number)))
        connection.executemany(
            "INSERT INTO sessions (pk, id, title, agent_id, status, created, updated, pinned, entries, messages, "
            "preview, change) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            sessions,
        )
        connection.executemany(
            "INSERT INTO entries (session, idx, id, role, content, execution_id, tick, status, created) "
            "VALUES (?, ?, ?, ?, ?, 'x', 1, 'complete', ?)",
            entries,
        )
        more = True
        while more:
            more = search.catch_up(connection)
        connection.execute("COMMIT")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return words


async def timed(call: Callable[[int], Awaitable[Any]], samples: int = SAMPLES) -> float:
    """The median of some calls, in milliseconds."""
    taken = []
    for number in range(samples):
        with Stopwatch() as watch:
            await call(number)
        taken.append(watch.seconds)
    return milliseconds(taken)


async def reads(path: Path, words: list[str]) -> list[Row]:
    """Lists and searches."""
    rows: list[Row] = []

    def add(what: str, value: float, bar: float | None) -> None:
        rows.append(Row(what, value, "ms", bar))

    with Stopwatch() as opening:
        store = await Store.open(path)
    add("open the database", opening.seconds * 1000, None)
    async with store:
        browser = store.browser
        add("first page", await timed(lambda _: browser.list()), 50)
        deep = (await browser.list(limit=min(90_000, SESSIONS // 2))).next
        add("a page far down", await timed(lambda _: browser.list(before=deep)), 50)
        add("filter: one agent", await timed(lambda n: browser.list(agent_id=f"agent_{n}")), 50)
        add("filter: status", await timed(lambda _: browser.list(status="error")), 50)
        add("filter: a status that none has", await timed(lambda _: browser.list(status="idle")), 50)
        add("filter: the commonest word in titles", await timed(lambda _: browser.list(text=words[0])), 50)
        add("filter: a rare word in titles", await timed(lambda n: browser.list(text=words[20_000 + n])), 50)
        add("counts, by agent and status", await timed(lambda _: browser.counts()), 50)
        add("look for turns of other processes", await timed(lambda _: browser.data_version()), 50)
        for what, given in (
            ("the commonest word", words[0]),
            ("a word of the middle", words[500]),
            ("a rare word", words[25_000]),
            ("beginning of 2 letters", words[10][:2]),
            ("beginning of 3 letters", words[2000][:3]),
            ("beginning of 4 letters", next(word for word in words if len(word) >= 6)[:4]),
            ("beginning of 5 letters", next(word for word in words if len(word) >= 6)[:5]),
        ):
            add(f"search: {what}", await timed(lambda _, given=given: browser.search(given)), 100)  # type: ignore[misc]
        add("search: two common words", await timed(lambda _: browser.search(f"{words[3]} {words[7]}")), 1000)
        add("search: common and rare", await timed(lambda _: browser.search(f"{words[25_000]} {words[0]}")), 1000)
        add("search: common, of one agent", await timed(lambda _: browser.search(words[1], agent_id="agent_3")), 1000)
        add("search: common, nothing fits", await timed(lambda _: browser.search(words[1], status="idle"), 3), 1000)
        with Stopwatch() as watch:
            searching = asyncio.ensure_future(browser.search(words[1], status="idle"))
            await asyncio.sleep(0.05)
            searching.cancel()
            await asyncio.gather(searching, return_exceptions=True)
            await browser.search(words[25_000])
        add("interrupt one after 50 ms, next answer", watch.seconds * 1000, 150)
        await store.sessions.commit(Commit("fresh", entries=[entry("fresh", 0, "An unheard-of qwertyuiop")]))
        with Stopwatch() as watch:
            page = await browser.search("qwertyuiop")
        add("find what was said just now", watch.seconds * 1000, 100)
        if not page.hits:
            raise AssertionError("the entry just written was not found")
    return rows


def entry(session: str, index: int, words: str, role: Any = "user") -> Entry:
    """An entry as a session makes it."""
    content = [{"type": "text", "text": words}]
    return Entry(new_id("entry"), index, role, content, new_id("execution"), 1, created=float(index))


async def writes(path: Path) -> list[Row]:
    """Commits of one turn, alone and a thousand at once, and reading a session back."""
    rows: list[Row] = []
    context = ContextRecord([("system", "You are brief. " * 20), ("tool", {"name": "t"}), ("entries", [0, 1])])
    words = "Some words that are said in a turn. " * 6

    def turn(session: str, number: int) -> list[Commit]:
        name = f"execution_{number}"
        begun = ExecutionRecord(name, "running", 1.0)
        asked, answered = entry(session, 2 * number, words), entry(session, 2 * number + 1, words, "assistant")
        return [
            Commit(session, entries=[asked], execution=begun, tick=TickRecord(name, 1, 1.0, context=context)),
            Commit(session, entries=[answered], tick=TickRecord(name, 1, 1.0, 2.0, "m", "end_turn")),
            Commit(session, execution=ExecutionRecord(name, "completed", 1.0, 2.0), state={"/": [number]}),
        ]

    async with Store.open(path) as store:

        async def play(session: str, number: int) -> None:
            for commit in turn(session, number):
                await store.sessions.commit(commit)

        rows.append(Row("a turn of three commits", await timed(lambda n: play("s", n), 1000), "ms"))
        with Stopwatch() as watch:
            await asyncio.gather(*(play(f"s{number}", 0) for number in range(1000)))
        rows.append(Row("1,000 sessions, one such turn each, at once", watch.seconds * 1000, "ms"))
        await store.browser.search("words")
        whole = await timed(lambda _: store.sessions.load("s"))
        floor = await timed(lambda _: store.sessions._readers.run(read_and_parse))
        rows.append(Row("the floor: reading and parsing the rows of 1,000 turns", floor, "ms"))
        rows.append(Row("load that session", whole, "ms", round(1.5 * floor, 1)))
        rows.append(
            Row("load its last 50 entries", await timed(lambda _: store.sessions.load("s", limit=50)), "ms", 10)
        )
    return rows


def read_and_parse(connection: Any) -> list[Any]:
    """Nothing but the rows and their JSON."""
    rows = connection.execute(
        "SELECT id, idx, role, execution_id, tick, status, tokens, created, metadata, content FROM entries "
        "WHERE session = (SELECT pk FROM sessions WHERE id = 's') ORDER BY idx"
    ).fetchall()
    return [json.loads(row[9]) for row in rows]


async def measure(folder: Path) -> list[Row]:
    """All rows."""
    rows = await writes(folder / "turns.db")
    path = folder / "large.db"
    await (await Store.open(path)).aclose()
    with Stopwatch() as watch:
        words = build(path)
    messages = SESSIONS * MESSAGES
    rows.append(Row(f"build {SESSIONS:,} sessions, {messages:,} messages", watch.seconds, "s"))
    rows.append(Row("its size", path.stat().st_size / 1e6, "MB"))
    return rows + await reads(path, words)


def main() -> int:
    """Prints the table."""
    with tempfile.TemporaryDirectory() as folder:
        show(asyncio.run(measure(Path(folder))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
