"""What ``engine_bench`` measures beside the growing session: a scripted model without latency, saving included."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from engine import Section, System, Timeline, Tool, component, create_app, use_state
from engine.compiler.record import entry_json
from engine.store import Store
from engine.testing import Reply, ScriptedModel, ToolCall
from tests.bench.table import Stopwatch, milliseconds, resident_kb

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = 15


@component
def notepad_agent() -> Any:
    """The reference agent, in code."""
    notepad, set_notepad = use_state([])

    async def add_note(note: str) -> str:
        set_notepad(lambda notes: [*notes, note])
        return "Noted."

    return [
        System("You are an assistant with a notepad."),
        Tool(name="add_note", description="Add a note", handler=add_note),
        notepad and Section("\n".join(f"- {n}" for n in notepad), id="notepad"),
        Timeline(),
    ]


@component
def small_window() -> Any:
    """An agent that shows the model its last entries only."""
    return [System("You are brief."), Timeline(limit=10)]


async def one_more_tick(folder: Path) -> tuple[float, float]:
    """What a tick with an async tool adds: turns with eleven ticks against turns with one; milliseconds, and those of
    processor time.
    """
    calls = 10
    noting = [Reply("", tool_calls=[ToolCall("add_note", {"note": "x"})])]
    script = [reply for _ in range(SAMPLES) for reply in (*(noting * calls), Reply("done"))]
    async with create_app(
        notepad_agent, model=ScriptedModel(script), store=folder / "ticks.db", max_ticks=calls + 1
    ) as app:
        long = []
        for number in range(SAMPLES):
            session = await app.session(f"s{number}")
            await session.mount()
            with Stopwatch() as watch:
                await session.send("note ten things").result
            long.append(watch)
    async with create_app(notepad_agent, model=ScriptedModel(), store=folder / "tick.db") as app:
        short = []
        for number in range(SAMPLES):
            session = await app.session(f"s{number}")
            await session.mount()
            with Stopwatch() as watch:
                await session.send("hello").result
            short.append(watch)
    whole = milliseconds([watch.seconds for watch in long]) - milliseconds([watch.seconds for watch in short])
    spent = milliseconds([watch.processor for watch in long]) - milliseconds([watch.processor for watch in short])
    return whole / calls, spent / calls


async def many_sessions(folder: Path) -> tuple[float, float, float]:
    """A thousand sessions with one turn each at once: seconds, those of processor time, kilobytes for each session."""
    async with create_app(notepad_agent, model=ScriptedModel(), store=folder / "many.db") as app:
        warm = await app.session("warm")
        await warm.send("hello").result
        before = resident_kb()
        with Stopwatch() as watch:
            sessions = [await app.session(f"s{number}") for number in range(1000)]
            await asyncio.gather(*(session.send("hello").result for session in sessions))
        return watch.seconds, watch.processor, (resident_kb() - before) / 1000


async def reopen(folder: Path) -> tuple[float, float, float, float]:
    """Opening a stored session of 1,000 turns up to its first answer, its processor time, the floor of the same run,
    and the same where memory holds the newest 50 entries only; milliseconds.
    """
    path = folder / "thousand.db"
    async with create_app(notepad_agent, model=ScriptedModel(), store=path) as app:
        session = await app.session("s")
        for number in range(1000):
            await session.send(f"message {number}").result
    whole, floor, part = [], [], []
    for _ in range(SAMPLES):
        whole.append(await first_answer(path, None))
        floor.append(read_and_parse(path))
        part.append((await first_answer(path, 50)).seconds)
    spent = milliseconds([watch.processor for watch in whole])
    return milliseconds([watch.seconds for watch in whole]), spent, milliseconds(floor), milliseconds(part)


async def first_answer(path: Path, limit: int | None) -> Stopwatch:
    """From asking for a stored session to its first answer; opening the database is not measured."""
    async with create_app(notepad_agent, model=ScriptedModel(), store=path, max_timeline_entries=limit) as app:
        other = await app.session("other")
        await other.send("hello").result
        with Stopwatch() as watch:
            session = await app.session("s")
            await session.send("again").result
    return watch


def read_and_parse(path: Path) -> float:
    """The floor: seconds to read a session's rows on a fresh connection and parse the JSON in them."""
    connection = sqlite3.connect(path)
    try:
        connection.execute("SELECT count(*) FROM sessions").fetchone()  # opens the file and reads the schema
        with Stopwatch() as watch:
            rows = connection.execute(
                "SELECT id, idx, role, execution_id, tick, status, tokens, created, metadata, content FROM entries "
                "WHERE session = (SELECT pk FROM sessions WHERE id = 's') ORDER BY idx"
            ).fetchall()
            parsed = [(json.loads(row[9]), json.loads(row[8] or "{}")) for row in rows]
        assert len(parsed) > 2000
    finally:
        connection.close()
    return watch.seconds


async def disk(folder: Path, characters: int, turns: int = 200) -> float:
    """Bytes on disk for each byte of the new entries as JSON; their size, contexts of all ticks included.

    The search index is counted apart: it is not filled here.
    """
    chance = random.Random(characters)
    path = folder / f"disk-{characters}.db"

    def words(*_: Any) -> str:
        text = ""
        while len(text) < characters:
            text += "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randrange(3, 9))) + " "
        return text[:characters]

    async with Store.open(path) as store:
        store._writer.idle_work = None
        async with create_app(notepad_agent, model=ScriptedModel(default=words), store=store) as app:
            session = await app.session("s")
            await session.send(words()).result
            await store.sessions._writer.call(checkpoint)
            before = path.stat().st_size
            entries = [entry for _ in range(turns) for entry in (await session.send(words()).result).entries]
            await store.sessions._writer.call(checkpoint)
    return (path.stat().st_size - before) / sum(len(json.dumps(entry_json(entry))) for entry in entries)


def checkpoint(connection: sqlite3.Connection) -> None:
    """Let the database file have what the log of the last writes has."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def memory(folder: Path) -> float:
    """Kilobytes that 1,000 sends add in a session with a small window, once what is bounded is full: the log of events
    and SQLite's own cache.
    """
    model = ScriptedModel()
    async with create_app(small_window, model=model, store=folder / "memory.db", max_timeline_entries=50) as app:
        session = await app.session("s")
        before = 0
        for number in range(3000):
            if number == 2000:
                before = resident_kb()
            await session.send(f"message {number}").result
            model.calls.clear()  # or every request would be kept
        return float(resident_kb() - before)


def alone(what: str) -> Any:
    """One of the measurements above in a process of its own: the memory of another would be in its figures."""
    command = [sys.executable, "-m", "tests.bench.turns", what]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def import_time() -> float:
    """Milliseconds of ``import engine`` in a fresh interpreter, start of Python itself taken off."""

    def run(code: str) -> float:
        samples = []
        for _ in range(7):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
            samples.append(time.perf_counter() - start)
        return milliseconds(samples)

    return run("import engine") - run("pass")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(json.dumps(asyncio.run({"many": many_sessions, "memory": memory}[sys.argv[1]](Path(place)))))
