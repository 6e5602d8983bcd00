"""What a turn costs on disk: the new entries and little more, whatever came before."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from engine.persistence import Commit, ContextRecord, ExecutionRecord, TickRecord
from engine.store import Store
from tests.engine.store.support import entry, json_bytes

SYSTEM = "You are a careful assistant. " * 30
TOOLS = [("tool", {"name": f"tool_{n}", "description": "Does a thing. " * 10, "input_schema": {}}) for n in range(5)]
USAGE = {"input_tokens": 1200, "output_tokens": 80, "cache_read_tokens": 1000, "cache_write_tokens": 0, "cost": 0.01}


def words(chance: random.Random, size: int) -> str:
    text = ""
    while len(text) < size:
        text += "".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randrange(3, 9))) + " "
    return text[:size]


async def write_turns(store: Store, turns: int, size: int) -> int:
    """Turns of two entries with all that goes with them; returns the entries' size as JSON."""
    chance = random.Random(size)
    total = 0
    for turn in range(turns):
        name = f"execution_{turn:032x}"
        parts = [("system", SYSTEM), *TOOLS, ("entries", [0, 2 * turn]), ("spans", [["/node:sys", 0, turn]])]
        asked = entry(2 * turn, words(chance, size), execution=name, session="s" * 32)
        answered = entry(2 * turn + 1, words(chance, size), "assistant", execution=name, session="s" * 32)
        total += json_bytes([asked, answered])
        tick = TickRecord(name, 1, 1.5, context=ContextRecord(parts))
        await store.sessions.commit(
            Commit("s", entries=[asked], execution=ExecutionRecord(name, "running", 1.5), tick=tick)
        )
        tick = TickRecord(name, 1, 1.5, 2.5, "some-model", "end_turn", USAGE, None, 2 * turn + 1)
        await store.sessions.commit(Commit("s", entries=[answered], tick=tick))
        done = ExecutionRecord(name, "completed", 1.5, 2.5, None, "end_turn", None, USAGE, USAGE)
        await store.sessions.commit(
            Commit("s", execution=done, state={"/": [turn]}, session={"sequence": 20 * turn, "usage": USAGE})
        )
    return total


async def size_of(path: Path, turns: int, size: int) -> tuple[int, int]:
    """Bytes of a database file with so many turns, and of their entries as JSON. The search index is left out."""
    async with Store.open(path) as store:
        store._writer.idle_work = None
        entries = await write_turns(store, turns, size)
    return path.stat().st_size, entries


@pytest.mark.parametrize(("size", "bar"), [(200, 8.0), (1000, 3.0), (4000, 3.0)])
async def test_disk_per_turn(path: Path, size: int, bar: float) -> None:
    whole, entries = await size_of(path, 150, size)
    assert whole / entries <= bar


async def test_b32_a_turn_costs_the_same_however_long_the_session_is(path: Path) -> None:
    grown = [(await size_of(path.with_name(f"{turns}.db"), turns, 500))[0] for turns in (100, 200, 400)]
    per_turn_early = (grown[1] - grown[0]) / 100
    per_turn_late = (grown[2] - grown[1]) / 200
    assert per_turn_late <= per_turn_early * 1.15


async def test_opening_reads_only_what_is_needed(path: Path) -> None:
    """Fifty of two thousand entries: SQLite looks at a few hundred rows, not at all of them."""
    async with Store.open(path) as store:
        await store.sessions.commit(Commit("s", entries=[entry(n, "word " * 20) for n in range(2000)]))

        def steps(limit: int | None) -> int:
            taken = 0

            def count() -> int:
                nonlocal taken
                taken += 1
                return 0

            from engine.store import sessions

            connection = sqlite3.connect(path)
            connection.set_progress_handler(count, 100)
            sessions._load(connection, "s", limit)
            connection.close()
            return taken

        assert steps(50) * 10 < steps(None)
