"""Replay of stored sessions, and snapshots."""

from __future__ import annotations

import pytest

from engine import (
    Ephemeral,
    Section,
    SnapshotVersionError,
    System,
    Timeline,
    Tool,
    ValidationFailed,
    component,
    create_app,
    use_history,
    use_state,
)
from engine.testing import Reply, ScriptedModel, ToolCall, replay

ADD = Reply(tool_calls=[ToolCall("add", {"note": "milk"})])


def agent(greeting="S"):
    @component
    def Agent():
        notes, set_notes = use_state([])
        history = use_history()
        return [
            System(greeting),
            Tool("add", "Add", lambda note: set_notes(lambda old: [*old, note])),
            notes and Section(*notes, id="notes"),
            Timeline(max_tokens=60),
            Ephemeral(f"{len(history)} entries"),
        ]

    return Agent


async def test_a_stored_session_replays_byte_for_byte_and_says_where_it_differs(tmp_path):
    async with create_app(agent(), model=ScriptedModel([ADD]), store=str(tmp_path / "x.db")) as app:
        session = await app.session("s")
        for text in ("remember milk", "x" * 150, "y" * 150):
            await session.send(text).result
        same = await replay(session, agent())
        assert (same.identical, len(same.ticks)) == (True, 4), same.divergence
        other = await replay(session, agent("Another"))
        assert other.divergence.place == "system[0].text"
        assert (other.divergence.tick, len(other.ticks)) == (1, 1)
        assert "Another" in str(other.divergence)


async def test_what_the_model_expanded_is_expanded_in_the_replay_too(tmp_path):
    @component
    def Agent():
        return [System("S"), Section("The whole chapter", id="chapter", collapsed="A chapter"), Timeline()]

    expand = Reply(tool_calls=[ToolCall("set_knob", {"name": "chapter", "value": True})])
    model = ScriptedModel([expand, "Read.", "Closed again."])
    async with create_app(Agent, model=model, store=str(tmp_path / "x.db")) as app:
        session = await app.session("s")
        await session.send("read").result
        await session.send("and now?").result
        assert ["The whole chapter" in call.system for call in model.calls] == [False, True, False]
        same = await replay(session, Agent)
        assert same.identical, same.divergence


async def test_a_session_without_a_store_cannot_be_replayed():
    async with create_app(agent(), model=ScriptedModel()) as app:
        with pytest.raises(ValidationFailed):
            await replay(await app.session(), agent())


async def test_snapshots_are_restored_migrated_and_refused(tmp_path):
    model = ScriptedModel([ADD])
    async with create_app(agent(), model=model, store=str(tmp_path / "x.db")) as app:
        session = await app.session("s")
        await session.send("remember milk").result
        session.queue("later")
        snapshot = session.snapshot()
        copy = await app.restore(snapshot, "copy")
        await copy.render(None).result
        assert "milk" in model.calls[-1].system
        assert [entry.text for entry in copy.timeline if entry.role == "user"] == ["remember milk", "later"]
        with pytest.raises(SnapshotVersionError):
            await app.restore({**snapshot, "version": 99}, "newer")
        with pytest.raises(ValidationFailed):
            await app.restore({"no": "snapshot"}, "none")
        old = {**snapshot, "version": 1, "session_state": {"k": 1}}
        assert (await app.restore(old, "old")).shared == {"k": 1}
        await copy.close()
        again = await app.session("copy")
        await again.send("more").result
        assert "milk" in model.calls[-1].system
