"""A question that is open when the program ends is asked again by the next one."""

from __future__ import annotations

import asyncio

import pytest

from engine import Aborted, Timeline, Tool, ValidationFailed, component, create_app
from engine.testing import Reply, ScriptedModel, ToolCall

CALLS = Reply(tool_calls=[ToolCall("wipe", {"n": 1}, id="c1"), ToolCall("look", {}, id="c2")])


def agent(ran):
    @component
    def Agent():
        return [
            Tool("wipe", "Wipe", lambda n: ran.append(n) or f"wiped {n}", requires_confirmation="Really?"),
            Tool("look", "Look", lambda: "seen"),
            Timeline(),
        ]

    return Agent


async def leave_open(tmp_path, ran):
    app = create_app(agent(ran), model=ScriptedModel([CALLS]), store=str(tmp_path / "x.db"))
    session = await app.session("s")
    procedure = session.send("wipe it")
    async for event in procedure:
        if event.type == "tool_confirmation_required":
            break
    await asyncio.sleep(0)
    await app.shutdown()
    with pytest.raises(Aborted):
        await procedure.result


async def test_an_open_question_is_asked_again_and_its_answer_goes_on(tmp_path):
    ran = []
    await leave_open(tmp_path, ran)
    model = ScriptedModel(["Done."])
    async with create_app(agent(ran), model=model, store=str(tmp_path / "x.db")) as app:
        session = await app.session("s")
        await session.mount()
        (question,) = session.inspect()["questions"]
        assert (question["name"], question["input"], question["message"]) == ("wipe", {"n": 1}, "Really?")
        assert ran == []
        seen = session.events()
        reading = asyncio.ensure_future(_until_end(seen))
        await asyncio.sleep(0)
        session.respond(question["confirmation_id"], True, input={"n": 42})
        await reading
        assert ran == [42]
        assert [entry.role for entry in session.timeline] == ["user", "assistant", "tool", "assistant"]
        results = session.timeline[2].content
        assert [block["tool_use_id"] for block in results] == ["c1", "c2"]
        assert results[1]["is_error"]
        assert session.inspect()["questions"] == []


async def _until_end(events):
    async for event in events:
        if event.type == "execution_end":
            return


async def test_a_question_from_before_may_be_denied_and_then_nothing_runs(tmp_path):
    ran = []
    await leave_open(tmp_path, ran)
    async with create_app(agent(ran), model=ScriptedModel(), store=str(tmp_path / "x.db")) as app:
        session = await app.session("s")
        procedure = session.send("and?")
        async for event in procedure:
            if event.type == "tool_confirmation_required":
                session.respond(event.confirmation_id, False, reason="too risky")
        await procedure.result
        assert ran == []
        assert "too risky" in session.timeline[2].content[0]["content"][0]["text"]
        with pytest.raises(ValidationFailed):
            session.respond("confirmation_none", True)
