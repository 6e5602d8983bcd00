"""What ``engine_bench`` measures beside the growing session: a scripted model without latency, saving included."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from engine import Section, System, Timeline, Tool, component, create_app, use_state
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


async def one_more_tick(folder: Path) -> float:
    """What a tick with an async tool adds: turns with eleven ticks against turns with one."""
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
            long.append(watch.seconds)
    async with create_app(notepad_agent, model=ScriptedModel(), store=folder / "tick.db") as app:
        short = []
        for number in range(SAMPLES):
            session = await app.session(f"s{number}")
            await session.mount()
            with Stopwatch() as watch:
                await session.send("hello").result
            short.append(watch.seconds)
    return (milliseconds(long) - milliseconds(short)) / calls


async def many_sessions(folder: Path) -> tuple[float, float]:
    """A thousand sessions with one turn each at once: seconds, and kilobytes for each session."""
    async with create_app(notepad_agent, model=ScriptedModel(), store=folder / "many.db") as app:
        warm = await app.session("warm")
        await warm.send("hello").result
        before = resident_kb()
        with Stopwatch() as watch:
            sessions = [await app.session(f"s{number}") for number in range(1000)]
            await asyncio.gather(*(session.send("hello").result for session in sessions))
        return watch.seconds, (resident_kb() - before) / 1000


async def reopen(folder: Path) -> tuple[float, float]:
    """Opening a stored session of 1,000 turns up to its first answer, and the floor: reading and parsing those rows."""
    path = folder / "turns-1000.db"
    async with create_app(notepad_agent, model=ScriptedModel(), store=path) as app:
        other = await app.session("other")  # opens the database, which is not what is measured here
        await other.send("hello").result
        with Stopwatch() as watch:
            session = await app.session("s")
            await session.send("again").result
    with sqlite3.connect(path) as connection:
        tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
        source = next(name for name in tables if name in ("entries", "entry"))
        column = next(row[1] for row in connection.execute(f"pragma table_info({source})") if "content" in row[1])
        with Stopwatch() as floor:
            for (text,) in connection.execute(f"select {column} from {source}"):
                json.loads(text)
    return watch.seconds * 1000, floor.seconds * 1000


async def memory(folder: Path) -> float:
    """Kilobytes that the second 500 of 1,000 sends in a session with a small window add."""
    async with create_app(
        small_window, model=ScriptedModel(), store=folder / "memory.db", max_timeline_entries=50
    ) as app:
        session = await app.session("s")
        for number in range(500):
            await session.send(f"message {number}").result
        before = resident_kb()
        for number in range(500):
            await session.send(f"message {number}").result
        return float(resident_kb() - before)


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
