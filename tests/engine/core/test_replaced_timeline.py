"""``use_timeline().set``: what is stored stays, and contexts, forks and snapshots have what was really there."""

from __future__ import annotations

import dataclasses
import threading

import pytest

from engine import System, Timeline, Tool, ValidationFailed, component, create_app, use_timeline
from engine.testing import Reply, ScriptedModel, ToolCall
from tests.engine.cases.kit import assert_well_formed, texts

PUT = Reply(tool_calls=[ToolCall("put", {})])


def keeping(change):
    @component
    def Agent():
        timeline = use_timeline()
        return [System("s"), Tool("put", "d", lambda: change(timeline)), Timeline()]

    return Agent


def summed_up(timeline):
    timeline.set([{"role": "user", "content": "SUMMARY"}])


def shortened(timeline):
    timeline.update(
        lambda entries: [dataclasses.replace(e, content=[{"type": "text", "text": "short"}]) for e in entries]
    )


async def test_a_fork_has_what_the_session_goes_on_with_and_one_at_a_tick_what_was_there(tmp_path):
    model = ScriptedModel(["a", PUT, "after"])
    async with create_app(keeping(summed_up), model=model, store=str(tmp_path / "s.db")) as app:
        session = await app.session("s")
        await session.send("1").result
        handle = await session.send("2")
        await handle.result
        now = await session.fork(id="now")
        then = await session.fork((handle.id, 1), id="then")
        assert [entry.index for entry in now.timeline] == [0, 1, 2, 3, 4]
        assert [entry.text for entry in now.timeline] == ["SUMMARY", "2", "", "", "after"]
        assert [entry.text for entry in then.timeline] == ["1", "a", "2", "", ""]
        assert (await now.send("3").result).response == "ok"
        assert_well_formed(model.calls[-1])
        copy = await app.restore(session.snapshot(), "copy")
        await copy.send("4").result
        assert texts(model.calls[-1].messages, "user")[0] == "SUMMARY\n2"
    async with create_app(keeping(summed_up), model=model, store=str(tmp_path / "s.db")) as app:
        await (await app.session("now")).send("5").result
        assert texts(model.calls[-1].messages, "user")[0] == "SUMMARY\n2"
        await (await app.session("s")).send("6").result
        assert texts(model.calls[-1].messages, "user")[0] == "1"


@pytest.mark.parametrize("change", [summed_up, shortened])
async def test_the_exact_request_can_be_shown_again_also_by_another_process(tmp_path, change):
    model = ScriptedModel(["a", PUT, "after", "later"])
    async with create_app(keeping(change), model=model, store=str(tmp_path / "s.db")) as app:
        session = await app.session("s")
        await session.send("1").result
        handle = await session.send("2")
        await handle.result
        await session.send("3").result
        shown = [await session.context((handle.id, tick)) for tick in (1, 2)]
        assert [request.messages for request in shown] == [call.messages for call in model.calls[1:3]]
    async with create_app(keeping(change), model=ScriptedModel(), store=str(tmp_path / "s.db")) as app:
        session = await app.session("s")
        again = [await session.context((handle.id, tick)) for tick in (1, 2)]
        assert [request.messages for request in again] == [call.messages for call in model.calls[1:3]]


async def test_entries_that_a_strategy_changed_are_shown_again_as_they_were_sent(tmp_path):
    def blunt(entries, limits, guidance):
        return [dataclasses.replace(e, content=[{"type": "text", "text": "..."}]) for e in entries[:-1]] + entries[-1:]

    model = ScriptedModel()
    tree = [Timeline(strategy=blunt)]
    async with create_app(tree, model=model, store=str(tmp_path / "s.db")) as app:
        session = await app.session("s")
        await session.send("1").result
        await session.send("2").result
    async with create_app(tree, model=ScriptedModel(), store=str(tmp_path / "s.db")) as app:
        again = await (await app.session("s")).context()
    assert again.messages == model.calls[-1].messages
    assert texts(again.messages) == ["...", "...", "2"]


async def test_what_is_no_list_of_entries_changes_nothing():
    held = []

    @component
    def Agent():
        held[:] = [use_timeline()]
        return Timeline()

    model = ScriptedModel()
    async with create_app(Agent, model=model) as app:
        session = await app.session("s")
        await session.send("1").result
        for wrong, place in [("text", "entries"), (5, "entries"), ({"role": "user"}, "entries"), ([5], "entries")]:
            with pytest.raises(ValidationFailed) as refused:
                held[0].set(wrong)
            assert refused.value.place == place
        assert (await session.send("2").result).response == "ok"
        assert texts(model.calls[-1].messages) == ["1", "ok", "2"]


async def test_a_tool_that_was_given_up_changes_no_timeline():
    gone, done = threading.Event(), threading.Event()

    def late(timeline):
        gone.wait(5)
        timeline.set([])
        done.set()

    @component
    def Agent():
        timeline = use_timeline()
        return [Tool("put", "d", lambda: late(timeline), timeout=0.01), Timeline()]

    model = ScriptedModel([PUT, "k"])
    async with create_app(Agent, model=model) as app:
        session = await app.session("s")
        await session.send("1").result
        gone.set()
        assert done.wait(5)
        assert len(session.timeline) == 4
