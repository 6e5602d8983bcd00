"""A process killed while a tool waits for an answer: the question comes back, but never an effect twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine import create_app
from engine.session.recovery import STOPPED_MIDWAY
from engine.testing import ScriptedModel
from tests.engine.core.killed_asking import agent

ROOT = Path(__file__).resolve().parents[3]


def kill_while_asking(database: Path, effects: Path, tool: str) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.engine.core.killed_asking", str(database), str(effects), tool],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "asked\n"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()


async def test_an_effect_before_the_question_is_never_run_again(tmp_path: Path) -> None:
    database, effects = tmp_path / "x.db", tmp_path / "effects"
    kill_while_asking(database, effects, "first_act")
    model = ScriptedModel(["I see."])
    async with create_app(agent(effects), model=model, store=str(database)) as app:
        session = await app.session("s")
        await session.mount()
        assert session.inspect()["questions"] == []
        (result,) = session.timeline[-1].content
        assert result["is_error"] and result["content"][0]["text"] == STOPPED_MIDWAY
        await session.send("and?").result
        assert [entry.role for entry in session.timeline] == ["user", "assistant", "tool", "user", "assistant"]
    assert effects.read_text(encoding="utf-8") == "first act\n"


async def test_a_question_before_any_effect_is_asked_again_and_goes_on(tmp_path: Path) -> None:
    database, effects = tmp_path / "x.db", tmp_path / "effects"
    kill_while_asking(database, effects, "first_ask")
    assert not effects.exists()
    async with create_app(agent(effects), model=ScriptedModel(["Done."]), store=str(database)) as app:
        session = await app.session("s")
        await session.mount()
        (question,) = session.inspect()["questions"]
        events = session.events()
        session.respond(question["confirmation_id"], True, input={"answer": "yes"})
        async for event in events:
            if event.type == "execution_end":
                break
        (result,) = session.timeline[2].content
        assert result["content"][0]["text"] == "heard yes, then acted"
    assert effects.read_text(encoding="utf-8") == "act\n"


@pytest.mark.parametrize(("tool", "left"), [("first_act", "Session is closed"), ("first_ask", None)])
async def test_closing_behind_an_effect_ends_the_call_instead_of_leaving_it_open(
    tmp_path: Path, tool: str, left: str | None
) -> None:
    from engine import Aborted
    from engine.testing import Reply, ToolCall

    database, effects = tmp_path / "x.db", tmp_path / "effects"
    model = ScriptedModel([Reply(tool_calls=[ToolCall(tool, {}, id="c1")])])
    app = create_app(agent(effects), model=model, store=str(database))
    session = await app.session("s")
    procedure = session.send("go")
    async for event in procedure:
        if event.type == "tool_confirmation_required":
            break
    await app.shutdown()
    with pytest.raises(Aborted):
        await procedure.result
    async with create_app(agent(effects), model=ScriptedModel(), store=str(database)) as again:
        session = await again.session("s")
        await session.mount()
        assert bool(session.inspect()["questions"]) is (left is None)
        if left is not None:
            assert left in session.timeline[-1].content[0]["content"][0]["text"]
