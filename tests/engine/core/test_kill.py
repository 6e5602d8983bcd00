"""The process killed at any instant of turns with tools: the session reopens whole (B27)."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

from engine import create_app
from engine.testing import ScriptedModel
from tests.engine.cases.kit import assert_well_formed
from tests.engine.core.killed import Counter

ROOT = Path(__file__).resolve().parents[3]


def killed(path: str, after: int, delay: float) -> int:
    """Run the program, kill it a moment after it said that so many turns are saved; how many it said were saved."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.engine.core.killed", path],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    saved = 0
    timer = threading.Timer(delay, lambda: os.kill(child.pid, signal.SIGKILL))
    while saved < after:
        assert child.stdout.readline().startswith("saved ")
        saved += 1
    timer.start()
    saved += sum(line.startswith("saved ") and line.endswith("\n") for line in child.stdout)
    child.wait()
    timer.join()
    child.stdout.close()
    return saved


async def test_b27_a_killed_session_reopens_with_everything_that_was_committed(tmp_path, count):
    path = str(tmp_path / "x.db")
    chance = random.Random(27)
    turns = 0
    for round_ in range(count(20, 200)):
        turns += killed(path, chance.randrange(4), chance.random() * 0.05)
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
        model = ScriptedModel(default=f"round {round_}")
        async with create_app(Counter, model=model, store=path) as app:
            session = await app.session("s")
            await session.mount()
            users = [entry for entry in session.timeline if entry.role == "user"]
            assert len(users) >= turns + round_
            assert [entry.index for entry in session.timeline] == list(range(len(session.timeline)))
            calls = {b["id"] for e in session.timeline for b in e.content if b.get("type") == "tool_use"}
            results = [b["tool_use_id"] for e in session.timeline for b in e.content if b.get("type") == "tool_result"]
            assert sorted(calls) == sorted(results)
            added = sum(not block.get("is_error") for e in session.timeline if e.role == "tool" for block in e.content)
            assert session.inspect()["state"]["/"] == [added]
            assert (await session.send("and now?").result).response == f"round {round_}"
            assert_well_formed(model.calls[-1])
    assert turns > 0
