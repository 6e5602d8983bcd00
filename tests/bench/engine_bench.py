"""The engine table of quality.md: turns with a SQLite store on disk, the save included, beside the figures of the
reference framework and a floor of the same run; rows per turn; growth from 10 to 10,000 turns.

The floor is what any engine would have to do: encode the request as JSON and insert the new rows with plain ``sqlite3``
in one transaction. ``BOUGH_BENCH_TURNS`` makes the longest history shorter.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

from engine import create_app
from engine.entries import new_id
from engine.testing import ScriptedModel
from tests.bench.table import Row, Stopwatch, milliseconds, show
from tests.bench.turns import SAMPLES, alone, disk, import_time, notepad_agent, one_more_tick, reopen

LONGEST = int(os.environ.get("BOUGH_BENCH_TURNS", "10000"))
DEPTHS = tuple(depth for depth in (10, 100, 1_000, 10_000) if depth <= LONGEST)
BARS = {1: 1.0, 100: 1.0, 1_000: 2.0, 10_000: 5.0}
REFERENCE = {1: "1.64 ms", 100: "2.82 ms", 1_000: "20.3 ms", 10_000: "grows linearly"}
COUNTED = ("sessions", "entries", "executions", "ticks", "bodies", "states", "state_changes", "events", "pending")


class Growing:
    """One session that grows; measured on the way."""

    def __init__(self, folder: Path) -> None:
        self.plain = sqlite3.connect(folder / "plain.db", isolation_level=None)
        self.plain.execute("PRAGMA journal_mode = WAL")
        self.plain.execute("PRAGMA synchronous = NORMAL")
        self.plain.execute("CREATE TABLE rows (pk INTEGER PRIMARY KEY, id TEXT, content TEXT)")
        self.ours: dict[int, float] = {}
        self.processor: dict[int, float] = {}
        self.floor: dict[int, float] = {}
        self.rows = 0.0

    async def run(self, depths: tuple[int, ...], path: Path) -> None:
        """Measure at each depth."""
        model = ScriptedModel()
        async with create_app(notepad_agent, model=model, store=path) as app:
            session = await app.session("s")
            done = 0
            for depth in depths:
                while done < depth:
                    await session.send(f"message {done}").result
                    model.calls.clear()
                    done += 1
                watches = []
                for _ in range(SAMPLES):
                    with Stopwatch() as watch:
                        await session.send(f"message {done}").result
                    watches.append(watch)
                    done += 1
                self.ours[depth] = milliseconds([watch.seconds for watch in watches])
                self.processor[depth] = milliseconds([watch.processor for watch in watches])
                self.floor[depth] = self.measure_floor(model.calls[-1])
                model.calls.clear()
        self.rows = rows_per_turn(path, done)

    def measure_floor(self, request: Any) -> float:
        """Encode the request, insert the rows of a turn in one transaction."""
        samples = []
        for _ in range(SAMPLES):
            with Stopwatch() as watch:
                json.dumps([list(request.system_blocks), list(request.messages), list(request.tools)])
                self.plain.execute("BEGIN IMMEDIATE")
                rows = [(new_id("entry"), json.dumps([{"type": "text", "text": "message"}])) for _ in range(4)]
                self.plain.executemany("INSERT INTO rows (id, content) VALUES (?, ?)", rows)
                self.plain.execute("COMMIT")
            samples.append(watch.seconds)
        return milliseconds(samples)


def rows_per_turn(path: Path, turns: int) -> float:
    """Rows in all tables a turn adds to, by turn."""
    connection = sqlite3.connect(path)
    try:
        return sum(connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in COUNTED) / turns
    finally:
        connection.close()


def plot(values: dict[int, float], floor: dict[int, float]) -> list[str]:
    """The growth as bars, one line per depth: ours and the floor."""
    top = max(values.values())
    lines = ["", "growth of send to result (# ours, = of it the floor)"]
    for depth, value in values.items():
        whole = max(1, round(60 * value / top))
        part = min(whole, round(60 * floor[depth] / top))
        lines.append(f"{depth:>7,} turns  {'=' * part}{'#' * (whole - part)} {value:.2f} ms")
    return lines


async def measure(folder: Path) -> tuple[list[Row], list[str]]:
    """All rows, and the plot."""
    growing = Growing(folder)
    await growing.run((1,), folder / "first.db")
    await growing.run(DEPTHS, folder / "growing.db")
    rows = []
    for depth in (1, *DEPTHS[1:]):
        ours, floor = growing.ours[depth], growing.floor[depth]
        spent = f"processor {growing.processor[depth]:.2f} ms"
        note = f"{spent}, reference {REFERENCE[depth]}, floor {floor:.2f} ms ({ours / floor:.1f} x)"
        rows.append(Row(f"send to result, history of {depth:,} turns", ours, "ms", BARS[depth], note))
    tick, spent = await one_more_tick(folder)
    note = f"processor {spent:.2f} ms, reference 1.44 ms, unsaved"
    rows.append(Row("one more tick with an async tool", tick, "ms", 1.2, note))
    seconds, busy, kilobytes = alone("many")
    note = f"processor {busy:.2f} s, reference 1.57 s"
    rows += [
        Row("1,000 sessions, one turn each, at once", seconds, "s", 1.0, note),
        Row("memory of one of them", kilobytes, "KB", 40, "reference 57 KB"),
    ]
    opened, busy, floor, last = await reopen(folder)
    rows += [
        Row(
            "open a session of 1,000 turns, first answer",
            opened,
            "ms",
            round(1.5 * floor, 1),
            f"processor {busy:.1f} ms, reference 16.8 ms, floor {floor:.1f} ms ({opened / floor:.1f} x)",
        ),
        Row("the same with its newest 50 entries only", last, "ms", 10),
        Row("rows per plain turn", growing.rows, "rows", None),
        Row("disk for entries of 200 bytes", await disk(folder, 200), "x", 8, "of their JSON, contexts included"),
        Row("disk for entries of 1,000 bytes", await disk(folder, 1_000), "x", 3),
        Row("disk for entries of 4,000 bytes", await disk(folder, 4_000), "x", 3),
        Row("memory that sends 2,001 to 3,000 add", alone("memory"), "KB", 512, "reference: grows without end"),
        Row("import engine", import_time(), "ms", 150, "reference 383 ms"),
        Row("load average while measuring", os.getloadavg()[0], ""),
    ]
    return rows, plot({d: growing.ours[d] for d in DEPTHS}, growing.floor)


def main() -> int:
    """Prints the table and the plot."""
    with tempfile.TemporaryDirectory() as folder:
        rows, lines = asyncio.run(measure(Path(folder)))
    show(rows)
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
