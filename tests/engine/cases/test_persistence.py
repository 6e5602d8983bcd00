"""Case 102 and the cases "above the reference" that need a store."""

from __future__ import annotations

import asyncio
import itertools
import json
import subprocess
import sys

import pytest

from engine import (
    Aborted,
    ModelError,
    RenderError,
    SessionClosed,
    StoreError,
    System,
    Timeline,
    Tool,
    component,
    create_app,
    use_data,
    use_knob,
    use_on_tick_end,
    use_session_state,
    use_state,
)
from engine.store import Store
from engine.testing import Reply, ScriptedModel, ToolCall
from tests.engine.cases.kit import assert_well_formed, result_text, results, seen

fetched: list[int] = []


@component
def Keeper():
    notes, set_notes = use_state([])
    mode, set_mode = use_knob("mode", "broad", options=["broad", "deep"])
    shared, set_shared = use_session_state("shared", 0)
    gone, set_gone = use_session_state("gone", 0, persist=False)

    async def fetch():
        fetched.append(1)
        return "fetched"

    data = use_data("data", fetch, [])

    def note(text: str) -> str:
        set_notes(lambda old: [*old, text])
        set_mode("deep")
        set_shared(lambda old: old + 1)
        set_gone(5)
        return "Noted."

    return [
        System(f"notes={notes} mode={mode} shared={shared} gone={gone} data={data}", key="sys"),
        Tool(name="note", description="n", handler=note),
        Timeline(),
    ]


def call(**input):
    return Reply("", tool_calls=[ToolCall("note", input)])


async def test_102_everything_survives_a_restart_twice(tmp_path):
    path = str(tmp_path / "sessions.db")
    fetched.clear()
    async with create_app(Keeper, model=ScriptedModel([call(text="figs"), "Done"]), store=path) as app:
        session = await app.session("s")
        await session.send("one").result
        json.loads(json.dumps(session.snapshot()))
    for number in (2, 3):
        model = ScriptedModel()
        async with create_app(Keeper, model=model, store=path) as app:
            session = await app.session("s")
            await session.send(f"turn {number}").result
            assert "notes=['figs'] mode=deep shared=1 gone=0 data=fetched" in model.calls[0].system
            assert "one" in seen(model.calls[0])
    assert fetched == [1]


async def test_b2_a_failed_turn_stays_on_the_timeline(bench):
    b = await bench(Keeper, "ok", Reply(error=RuntimeError("boom")), "third")
    await b.session.send("first").result
    with pytest.raises(ModelError, match="boom"):
        await b.session.send("second").result
    failed = next(e for e in b.session.timeline if e.text == "second")
    assert failed.status == "failed"
    await b.session.send("third").result
    assert "second" in seen(b.model.calls[-1])
    assert_well_formed(b.model.calls[-1])


async def test_b3_max_ticks_counts_model_calls_of_a_restored_session(tmp_path):
    path = str(tmp_path / "s.db")
    async with create_app(Keeper, model=ScriptedModel(), store=path) as app:
        await (await app.session("s")).send("one").result
    model = ScriptedModel()
    async with create_app(Keeper, model=model, store=path, max_ticks=1) as app:
        result = await (await app.session("s")).send("two").result
    assert (len(model.calls), result.response) == (1, "ok")


async def test_b7_saves_stay_in_order_however_long_one_takes(tmp_path):
    store = await Store.open(tmp_path / "s.db")
    rounds = itertools.chain([60, 60, 60], itertools.repeat(0))

    class Slow:
        """The saves of the first turn wait through many rounds of the loop, all later ones through none."""

        def __getattr__(self, name):
            return getattr(store.sessions, name)

        async def commit(self, commit):
            for _ in range(next(rounds)):
                await asyncio.sleep(0)
            await store.sessions.commit(commit)

    async with store:
        async with create_app(Keeper, model=ScriptedModel(), store=Slow()) as app:
            session = await app.session("s")
            session.send("one")
            await session.send("two").result
            await session.send("three").result
            said = [entry.text for entry in session.timeline]
        stored = await store.sessions.load("s")
        assert [entry.text for entry in stored.entries] == said
        assert [entry.index for entry in stored.entries] == list(range(len(said)))


TURN = """
import asyncio, sys
from engine import create_app
from engine.testing import ScriptedModel
from tests.engine.cases.kit import seen
from tests.engine.cases.test_persistence import Keeper, call

async def main(path, *replies):
    model = ScriptedModel(replies)
    async with create_app(Keeper, model=model, store=path) as app:
        await (await app.session("s")).send("go").result
    print(seen(model.calls[-1]))

asyncio.run(main(sys.argv[1], *([call(text="figs"), "Done"] if sys.argv[2] == "first" else [])))
"""


def test_b29_another_process_has_the_last_values(tmp_path, root):
    def process(which):
        command = [sys.executable, "-c", TURN, str(tmp_path / "s.db"), which]
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=True, timeout=60).stdout

    process("first")
    assert "notes=['figs'] mode=deep shared=1 gone=0 data=fetched" in process("second")


async def test_b4_a_message_in_the_tool_phase_is_in_the_very_next_tick(bench):
    entered, leave = asyncio.Event(), asyncio.Event()

    async def wait() -> str:
        entered.set()
        await leave.wait()
        return "waited"

    @component
    def Root():
        return [Tool(name="wait", description="w", handler=wait), Timeline()]

    b = await bench(Root, Reply("", tool_calls=[ToolCall("wait", {})]), "Done")
    first = b.session.send("a")
    await first
    await entered.wait()
    second = b.session.send("MID")
    await second
    leave.set()
    result = await second.result
    assert "MID" in seen(b.model.calls[1])
    assert result.response == "Done"
    kinds = [block["type"] for block in b.model.calls[1].messages[-1]["content"]]
    assert kinds == ["tool_result", "text"]


async def test_b6_close_during_a_run(bench):
    b = await bench(Keeper, delay=5)
    handle = await b.session.send("a")
    await b.session.close()
    assert b.session.status == "closed"
    with pytest.raises(Aborted):
        await handle.result
    await b.session.close()
    assert b.session.status == "closed"
    with pytest.raises(SessionClosed):
        b.session.send("b")


async def test_b8_a_component_that_raises(bench):
    @component
    def Broken():
        raise RuntimeError("cannot render")

    @component
    def Root():
        return [Broken(key="broken"), Timeline()]

    b = await bench(Root)
    with pytest.raises(RenderError, match="broken"):
        await b.session.send("a").result
    assert b.model.calls == []


@pytest.mark.parametrize("fault", [{"cut": True}, {"error": RuntimeError("late")}])
async def test_b9_a_cut_stream_is_kept_as_interrupted(bench, fault):
    b = await bench(Keeper, Reply("half an answer", chunks=["half ", "an answer"], **fault), "next")
    with pytest.raises(ModelError):
        await b.session.send("a").result
    last = b.session.timeline[-1]
    assert (last.role, last.status) == ("assistant", "interrupted")
    assert last.text.startswith("half")
    assert len(b.model.calls) == 1
    await b.session.send("b").result
    assert "half" in seen(b.model.calls[1])
    assert_well_formed(b.model.calls[1])


async def test_b15_abort_between_two_tool_calls(bench):
    entered = asyncio.Event()
    cancelled = []

    async def wait() -> str:
        entered.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(1)
            raise
        return ""

    @component
    def Root():
        return [Tool(name="wait", description="w", handler=wait), Timeline()]

    b = await bench(Root, Reply("", tool_calls=[ToolCall("wait", {}), ToolCall("wait", {})]), "after")
    handle = await b.session.send("a")
    await entered.wait()
    handle.abort("stop")
    with pytest.raises(Aborted):
        await handle.result
    await b.session.send("b").result
    assert_well_formed(b.model.calls[-1])
    assert ["cancelled" in result_text(r).lower() for r in results(b.model.calls[-1])] == [True, True]
    assert [entry.status for entry in b.session.timeline if entry.role == "tool"] == ["cancelled"]
    assert cancelled


async def test_b20_two_opens_at_once_are_one_object(tmp_path):
    async with create_app(Keeper, model=ScriptedModel(), store=str(tmp_path / "s.db")) as app:
        one, two = await asyncio.gather(app.session("x"), app.session("x"))
        assert one is two


async def test_b21_a_running_session_is_not_evicted(tmp_path):
    model = ScriptedModel(delay=0.05)
    async with create_app(Keeper, model=model, store=str(tmp_path / "s.db"), max_active=1) as app:
        one = await app.session("one")
        running = one.send("a")
        await running
        two = await app.session("two")
        await two.send("b").result
        assert (await running.result).response == "ok"
        assert len(one.timeline) == 2


async def test_b30_fork_leaves_the_original_alone(tmp_path):
    path = str(tmp_path / "s.db")
    replies = [call(text="n1"), "Done 1", call(text="n2"), "Done 2", call(text="n3"), "Done 3"]
    async with create_app(Keeper, model=ScriptedModel(replies), store=path) as app:
        session = await app.session("s")
        handles = []
        for number in (1, 2, 3):
            handle = await session.send(f"turn {number}")
            await handle.result
            handles.append(handle)
        before = json.dumps(session.snapshot(), sort_keys=True)
        fork = await session.fork(at=(handles[1].id, 2), id="fork")
        assert json.dumps(session.snapshot(), sort_keys=True) == before
        assert [e.text for e in fork.timeline if e.role == "user"] == ["turn 1", "turn 2"]
        await fork.send("on the fork").result
        request = app.model.calls[-1] if hasattr(app, "model") else None
        if request is not None:
            assert "notes=['n1', 'n2']" in request.system
        assert len(session.timeline) == 12


async def test_b31_replace_keeps_the_state_of_what_is_still_there(bench):
    @component
    def Keeper2():
        notes, set_notes = use_state([])

        def note(text: str) -> str:
            set_notes(lambda old: [*old, text])
            return "Noted."

        return [System(f"first notes={notes}"), Tool(name="note", description="n", handler=note), Timeline()]

    @component
    def Keeper3():
        notes, _ = use_state([])
        return [System(f"second notes={notes}"), Timeline()]

    b = await bench(Keeper2, call(text="figs"), "Done")
    await b.session.send("a").result
    b.session.replace(Keeper3)
    await b.session.send("b").result
    assert "second notes=['figs']" in b.model.calls[-1].system
    assert list(b.model.calls[-1].tools) == []


async def test_context_of_any_tick_can_be_shown_again(tmp_path):
    path = str(tmp_path / "s.db")
    model = ScriptedModel([call(text="figs"), "Done", "More"])
    async with create_app(Keeper, model=model, store=path) as app:
        session = await app.session("s")
        first = await session.send("one")
        await first.result
        await session.send("two").result
    async with create_app(Keeper, model=ScriptedModel(), store=path) as app:
        session = await app.session("s")
        for tick in (1, 2):
            shown = await session.context((first.id, tick))
            asked = model.calls[tick - 1]
            assert list(shown.messages) == list(asked.messages)
            assert list(shown.system_blocks) == list(asked.system_blocks)
            assert list(shown.tools) == list(asked.tools)


async def test_b28_a_failed_save_is_told_and_made_up_for(tmp_path):
    store = await Store.open(tmp_path / "s.db")
    real, broken = store.sessions.commit, []

    class Fails:
        def __getattr__(self, name):
            return getattr(store.sessions, name)

        async def commit(self, commit):
            if broken:
                raise StoreError("The disk is full", kind="full")
            await real(commit)

    model = ScriptedModel(["one", "two", "three"])
    async with create_app(Keeper, model=model, store=Fails()) as app:
        session = await app.session("s")
        await session.send("a").result
        broken.append(1)
        with pytest.raises(StoreError):
            await session.send("b").result
        broken.clear()
        await session.send("c").result
        in_memory = [e.text for e in session.timeline]
    stored = await store.sessions.load("s")
    assert [e.text for e in stored.entries] == in_memory
    assert len({e.id for e in stored.entries}) == len(stored.entries)
    await store.aclose()


async def test_elements_and_components_replace_each_other_at_the_root(bench):
    def counted():
        count, set_count = use_state(0)
        use_on_tick_end(lambda: set_count(lambda old: old + 1))
        return System(f"count {count}")

    @component
    def Counter():
        return counted()

    @component
    def Agent(word="none"):
        return [System(word), Counter(key="counter"), Timeline()]

    b = await bench([Counter(key="counter"), Timeline()])
    await b.session.send("a", props={"word": "ignored"}).result
    b.session.replace(Agent)
    await b.session.send("b", props={"word": "told"}).result
    b.session.replace([System("last"), Counter(key="counter"), Timeline()])
    await b.session.send("c").result
    b.session.replace(System("alone"))
    await b.session.send("d").result
    assert [call.system for call in b.model.calls] == ["count 0", "told\n\ncount 1", "last\n\ncount 2", "alone"]
