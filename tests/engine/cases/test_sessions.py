"""Sessions and handles: cases 1 to 22, and the table of section 6 about who joins what."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

import pytest

from engine import (
    Aborted,
    EngineError,
    SessionClosed,
    System,
    Timeline,
    ValidationFailed,
    component,
    create_app,
    run,
    use_data,
    use_on_mount,
    use_on_tick_end,
    use_on_unmount,
    use_ref,
    use_state,
)
from engine.testing import Reply, ScriptedModel, ToolCall
from engine.testing.scripted import texts


@component
def Plain():
    return [System("S"), Timeline()]


async def test_1_render_none_with_nothing_queued_is_an_empty_completed_result():
    model = ScriptedModel()
    async with create_app(Plain, model=model) as app:
        session = await app.session()
        procedure = session.render(None)
        assert (await procedure).status == "completed"
        assert (await procedure.result).response == ""
    assert model.calls == []


async def test_2_render_always_runs():
    model = ScriptedModel()
    async with create_app(Plain, model=model) as app:
        assert (await (await app.session()).render({}).result).response == "ok"
    assert len(model.calls) == 1


async def test_3_the_handle_tells_its_status():
    async with create_app(Plain, model=ScriptedModel(delay=0.05)) as app:
        session = await app.session()
        handle = await session.send("a")
        assert (handle.status, session.status) == ("running", "running")
        await handle.result
        assert (handle.status, session.status) == ("completed", "idle")
        assert handle.session_id == session.id


async def test_4_queue_starts_nothing_and_is_read_by_the_next_execution():
    model = ScriptedModel()
    async with create_app(Plain, model=model) as app:
        session = await app.session()
        session.queue({"role": "user", "content": "Queued message"})
        assert session.status == "idle"
        assert len(session.inspect()["pending"]) == 1
        assert model.calls == []
        await session.render(None).result
        assert texts(model.calls[0]) == ["Queued message"]


async def test_5_abort_rejects_the_result_and_the_next_send_works():
    async with create_app(Plain, model=ScriptedModel(delay=0.2)) as app:
        session = await app.session()
        handle = await session.send("a")
        await asyncio.sleep(0)
        handle.abort("User cancelled")
        with pytest.raises(Aborted, match=r"^User cancelled$"):
            await handle.result
        assert handle.status == "aborted"
        session.model = ScriptedModel()
        assert (await session.send("b").result).response == "ok"


async def reached(handle, kind):
    """Wait until the run has told of that event."""
    async for event in handle:
        if event.type == kind:
            return


async def test_7_a_send_while_running_joins_the_run():
    model = ScriptedModel(["one", "two"], delay=0.03)
    async with create_app(Plain, model=model) as app:
        session = await app.session()
        first = session.send("a")
        handle = await first
        await reached(handle, "compiled")
        second = session.send("more")
        assert await second is handle
        result = await second.result
        assert texts(model.calls[1]) == ["a", "one", "more"]
        assert [entry.text for entry in result.entries] == ["a", "one", "more", "two"]
        assert (await first.result).response == "two"


async def test_10_props_reach_the_component_without_a_message():
    seen = []

    @component
    def Agent(query="none"):
        seen.append(query)
        return [System(query), Timeline()]

    async with create_app(Agent, model=ScriptedModel()) as app:
        await (await app.session()).send(props={"query": "from send"}).result
    assert seen[-1] == "from send"


async def test_11_context_variables_of_the_send_win_over_those_of_the_creation():
    trace: ContextVar[str] = ContextVar("trace")
    seen = []

    @component
    def Agent(n=0):
        seen.append(trace.get("none"))
        return Timeline()

    async with create_app(Agent, model=ScriptedModel()) as app:
        token = trace.set("creation")
        session = await app.session()
        trace.reset(token)
        await session.send("a", props={"n": 1}).result
        token = trace.set("send")
        await session.send("b", props={"n": 2}).result
        trace.reset(token)
    assert seen[-1] == "send"
    assert seen[0] == "creation"


async def test_12_state_and_refs_last_over_sends_and_the_component_mounts_once():
    seen, mounted = [], []

    @component
    def Counter():
        count, set_count = use_state(0)
        ref = use_ref(0)
        use_on_mount(lambda: mounted.append(1))

        def at_end():
            seen.append((count, ref.current))
            ref.current += 1
            set_count(lambda n: n + 1)

        use_on_tick_end(at_end)
        return Timeline()

    async with create_app(Counter, model=ScriptedModel()) as app:
        session = await app.session()
        for _ in range(3):
            await session.send("x").result
    assert seen == [(0, 0), (1, 1), (2, 2)]
    assert mounted == [1]


async def test_13_render_while_running_gives_props_to_the_next_tick():
    @component
    def Agent(q=0):
        return [System(f"q={q}"), Timeline()]

    model = ScriptedModel([Reply(tool_calls=[ToolCall("nothing")])], delay=0.03)
    async with create_app(Agent, model=model) as app:
        session = await app.session()
        first = session.render({"q": 1})
        await reached(await first, "compiled")
        second = session.render({"q": 2})
        assert await first is await second
        await second.result
    assert [call.system for call in model.calls] == ["q=1", "q=2"]


async def test_19_props_of_run_override_the_elements():
    @component
    def Agent(q):
        return [System(q), Timeline()]

    model = ScriptedModel()
    await run(Agent(q="a"), "hi", model=model, props={"q": "b"})
    assert model.calls[0].system == "b"


async def test_22_system_text_is_never_on_the_timeline():
    model = ScriptedModel()
    async with create_app(Plain, model=model) as app:
        session = await app.session()
        for _ in range(3):
            await session.send("x").result
        assert {entry.role for entry in session.timeline} == {"user", "assistant"}
    assert [call.system for call in model.calls] == ["S"] * 3


async def test_b6_close_during_a_run_aborts_it_and_stays_closed():
    app = create_app(Plain, model=ScriptedModel(delay=1))
    session = await app.session("x")
    procedure = session.send("a")
    await reached(await procedure, "compiled")
    await session.close()
    await session.close()
    with pytest.raises(Aborted):
        await procedure.result
    assert session.status == "closed"
    for call in (
        lambda: session.send("b"),
        lambda: session.render({}),
        lambda: session.queue("x"),
        lambda: session.abort(),
        lambda: session.replace(Plain),
        lambda: session.interrupt("x"),
        lambda: session.respond("x", True),
        lambda: session.snapshot(),
        lambda: session.spawn(Plain, "x"),
        lambda: session.events(),
    ):
        with pytest.raises(SessionClosed):
            call()
    for awaited in (session.mount, lambda: session.dispatch("x"), session.fork, session.context):
        with pytest.raises(SessionClosed, match="Session is closed"):
            await awaited()
    await app.shutdown()


async def test_close_while_it_mounts_leaves_nothing_mounted():
    fetching, unmounted = asyncio.Event(), []

    @component
    def Slow():
        async def fetch():
            fetching.set()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            return 1

        use_data("slow", fetch)
        use_on_mount(lambda: unmounted.append("in"))
        use_on_unmount(lambda: unmounted.append("out"))

    async with create_app(Slow, model=ScriptedModel()) as app:
        session = await app.session("x")
        mounting = asyncio.ensure_future(session.mount())
        await fetching.wait()
        await session.close()
        with pytest.raises(SessionClosed):
            await mounting
        assert unmounted in ([], ["in", "out"])
        assert session.inspect()["mounted"] == []


async def test_b20_two_concurrent_calls_give_one_object():
    async with create_app(Plain, model=ScriptedModel()) as app:
        one, two = await asyncio.gather(app.session("x"), app.session("x"))
        assert one is two


async def test_a_joiner_whose_message_was_not_seen_is_told_so_and_the_message_waits():
    model = ScriptedModel([Reply(tool_calls=[ToolCall("nothing")])], delay=0.03)
    async with create_app(Plain, model=model, max_ticks=1) as app:
        session = await app.session()
        first = session.send("a")
        await reached(await first, "compiled")
        second = session.send("late")
        assert (await first.result).stop_reason == "max_ticks"
        with pytest.raises(EngineError, match="max_ticks"):
            await second.result
        assert len(session.inspect()["pending"]) == 1
        assert len(model.calls) == 1
        await session.send("next").result
        assert texts(model.calls[1])[-1].endswith("latenext")


async def test_a_joiner_of_a_run_that_is_aborted_is_rejected_and_the_message_waits():
    async with create_app(Plain, model=ScriptedModel(delay=0.2)) as app:
        session = await app.session()
        first = session.send("a")
        await reached(await first, "compiled")
        second = session.send("late")
        first.abort("enough")
        with pytest.raises(Aborted):
            await second.result
        assert [p["content"][0]["text"] for p in session.inspect()["pending"]] == ["late"]


async def test_a_send_while_an_abort_unwinds_is_a_new_execution():
    model = ScriptedModel(["never", "second"], delay=0.05)
    async with create_app(Plain, model=model) as app:
        session = await app.session()
        first = await session.send("a")
        await reached(first, "compiled")
        first.abort("stop")
        second = await session.send("b")
        assert second is not first
        with pytest.raises(Aborted):
            await first.result
        assert (await second.result).response in ("never", "second")
        assert [e.text for e in session.timeline if e.role == "user"] == ["a", "b"]


async def test_interrupt_is_abort_then_send():
    model = ScriptedModel(delay=0.05)
    async with create_app(Plain, model=model) as app:
        session = await app.session()
        first = session.send("a")
        await reached(await first, "compiled")
        second = session.interrupt("instead", "changed my mind")
        with pytest.raises(Aborted, match="changed my mind"):
            await first.result
        assert (await second.result).response == "ok"


@pytest.mark.parametrize(
    ("messages", "place"),
    [
        (5, "messages"),
        ([{"role": "system", "content": "x"}], "messages[0].role"),
        ([{"role": "user"}], "messages[0].content"),
        ([{"role": "user", "content": [{"text": "x"}]}], "messages[0].content[0]"),
        ([{"role": "user", "content": 7}], "messages[0].content"),
        ({"role": "user", "content": [{"type": "image"}]}, "messages.content[0].source"),
    ],
)
async def test_a_message_of_the_wrong_shape_is_refused_with_its_place(messages, place):
    async with create_app(Plain, model=ScriptedModel()) as app:
        session = await app.session()
        with pytest.raises(ValidationFailed) as caught:
            session.send(messages)
        assert caught.value.place == place
        assert (await session.send("still usable").result).response == "ok"


async def test_app_model_may_be_changed_while_sessions_are_open():
    async with create_app(Plain, model=ScriptedModel(default="one")) as app:
        session = await app.session()
        assert (await session.send("a").result).response == "one"
        app.model = ScriptedModel(default="two")
        assert (await session.send("a").result).response == "two"
