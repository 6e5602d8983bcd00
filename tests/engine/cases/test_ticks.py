"""Tick loop and continuation: cases 31 to 44."""

from __future__ import annotations

import asyncio

import pytest

from engine import (
    Aborted,
    Section,
    System,
    Timeline,
    Tool,
    component,
    create_app,
    use_after_compile,
    use_continuation,
    use_on_execution_end,
    use_on_execution_start,
    use_on_tick_end,
    use_on_tick_start,
    use_state,
)
from engine.testing import Reply, ScriptedModel, ToolCall

CALL = Reply(tool_calls=[ToolCall("ping", {})])


def with_hooks(*hooks):
    """A component with a ping tool that calls these hook functions."""

    @component
    def Agent():
        for hook in hooks:
            hook()
        return [Tool("ping", "Ping", lambda: "pong"), Timeline()]

    return Agent


async def run_one(agent, replies=(), *, default="ok", **options):
    model = ScriptedModel(replies, default=default)
    async with create_app(agent, model=model, **options) as app:
        result = await (await app.session()).send("x").result
    return result, model


async def test_31_the_default_is_to_go_on_when_there_are_tool_results():
    seen = []
    await run_one(with_hooks(lambda: use_on_tick_end(lambda r: seen.append(r.should_continue))), [CALL, "Done"])
    assert seen == [True, False]


async def test_32_each_callback_sees_what_the_one_before_decided():
    seen = []

    def first(result):
        seen.append(result.should_continue)
        result.continue_("override")

    def second(result):
        seen.append(result.should_continue)
        result.stop("veto")

    agent = with_hooks(lambda: use_continuation(first), lambda: use_continuation(second))
    result, _ = await run_one(agent)
    assert seen == [False, True]
    assert (result.ticks, result.stop_reason) == (1, "veto")


async def test_33_false_stops_in_spite_of_tool_calls():
    result, _ = await run_one(with_hooks(lambda: use_continuation(lambda r: False)), default=CALL)
    assert result.ticks == 1


@pytest.mark.parametrize("form", ["bool", "dict"])
async def test_35_a_callback_can_go_on_for_some_ticks(form):
    def decide(result):
        on = result.tick < 3
        return on if form == "bool" else {"continue": on, "stop": not on}

    result, _ = await run_one(with_hooks(lambda: use_continuation(decide)))
    assert result.ticks == 3


async def test_stop_beats_continue_inside_one_callback():
    def both(result):
        result.stop("no")
        result.continue_("yes")
        return True

    result, _ = await run_one(with_hooks(lambda: use_continuation(both)), default=CALL)
    assert (result.ticks, result.stop_reason) == (1, "no")


async def test_37_a_callback_without_a_return_value_changes_nothing():
    result, _ = await run_one(with_hooks(lambda: use_on_tick_end(lambda r: None)), [CALL])
    assert result.ticks == 2


async def test_38_async_callbacks_are_awaited():
    async def slow(result):
        await asyncio.sleep(0.01)
        return False

    result, _ = await run_one(with_hooks(lambda: use_continuation(slow)), default=CALL)
    assert result.ticks == 1


async def test_40_tick_start_fires_once_per_tick_on_the_root_too():
    seen = []

    @component
    def Agent():
        value, set_value = use_state(0)
        use_on_tick_start(lambda info: seen.append(info.tick))
        if value < 3:
            set_value(value + 1)
        return [Tool("ping", "Ping", lambda: "pong"), Timeline()]

    await run_one(Agent, [CALL])
    assert seen == [1, 2]


async def test_41_a_component_mounted_later_gets_its_tick_start_once():
    seen = []

    @component
    def Late():
        use_on_tick_start(lambda info: seen.append(info.tick))
        return Section("late")

    @component
    def Agent():
        shown, show = use_state(False)
        return [Tool("ping", "Ping", lambda: show(True)), shown and Late(), Timeline()]

    await run_one(Agent, [CALL])
    assert seen == [2]


async def test_42_after_compile_may_ask_for_more_passes_with_reasons():
    left = [2]

    def ask(compiled):
        if left[0]:
            left[0] -= 1
            compiled.request_recompile(f"again {left[0]}")

    async with create_app(with_hooks(lambda: use_after_compile(ask)), model=ScriptedModel()) as app:
        session = await app.session()
        events = [event async for event in session.send("x")]
    compiled = next(event for event in events if event.type == "compiled")
    assert (compiled.passes, compiled.reasons, compiled.forced) == (3, ("again 1", "again 0"), False)


async def test_42_an_endless_request_for_passes_is_cut_off_and_marked():
    agent = with_hooks(lambda: use_after_compile(lambda compiled: compiled.request_recompile("never enough")))
    async with create_app(agent, model=ScriptedModel()) as app:
        session = await app.session()
        events = [event async for event in session.send("x")]
    compiled = next(event for event in events if event.type == "compiled")
    assert (compiled.passes, compiled.forced) == (50, True)
    assert events[-1].status == "completed"


async def test_43_execution_start_fires_once_per_execution():
    seen = []
    model = ScriptedModel([CALL, "a", "b"])
    agent = with_hooks(lambda: use_on_execution_start(lambda info: seen.append(info.execution_id)))
    async with create_app(agent, model=model) as app:
        session = await app.session()
        await session.send("x").result
        assert len(seen) == 1
        await session.send("y").result
    assert len(set(seen)) == 2


async def test_44_execution_end_fires_in_order_also_when_aborted():
    seen = []
    agent = with_hooks(
        lambda: use_on_execution_end(lambda info: seen.append(("first", info.status))),
        lambda: use_on_execution_end(lambda: seen.append(("second", ""))),
    )
    async with create_app(agent, model=ScriptedModel(delay=0.05)) as app:
        session = await app.session()
        await session.send("x").result
        procedure = session.send("y")
        await asyncio.sleep(0.01)
        procedure.abort("no")
        with pytest.raises(Aborted):
            await procedure.result
    assert seen == [("first", "completed"), ("second", ""), ("first", "aborted"), ("second", "")]


async def test_children_run_before_parents_and_siblings_in_tree_order():
    seen = []

    @component
    def Child(name, *children):
        use_on_tick_start(lambda: seen.append(name))
        return list(children)

    @component
    def Agent():
        use_on_tick_start(lambda: seen.append("root"))
        return [Child(name="a", key="a"), [Child(name="b", key="b")], Timeline()]

    @component
    def Parent():
        use_on_tick_start(lambda: seen.append("parent"))
        return [Agent(), System("x")]

    await run_one(Parent)
    assert seen == ["a", "b", "root", "parent"]


async def test_hooks_of_an_element_that_left_do_not_fire():
    seen = []

    @component
    def Guest():
        use_on_tick_end(lambda: seen.append("guest"))
        return None

    @component
    def Agent():
        there, keep = use_state(True)
        return [there and Guest(), Tool("ping", "Ping", lambda: keep(False)), Timeline()]

    await run_one(Agent, [CALL])
    assert seen == []


async def test_b18_max_ticks_is_the_stop_reason():
    result, model = await run_one(with_hooks(), default=CALL, max_ticks=3)
    assert (result.stop_reason, result.ticks, len(model.calls)) == ("max_ticks", 3, 3)


@pytest.mark.parametrize("reason", ["stop_sequence", "refusal", "model_context_window_exceeded", "something_new"])
async def test_b23_other_stop_reasons_end_after_one_call(reason):
    result, model = await run_one(with_hooks(), [Reply("t", stop_reason=reason)])
    assert (result.stop_reason, len(model.calls)) == (reason, 1)


async def test_pause_turn_calls_again_in_the_same_tick_with_the_reply_as_it_is():
    result, model = await run_one(with_hooks(), [Reply("half", stop_reason="pause_turn"), Reply(" and half")])
    assert (result.ticks, len(model.calls), result.stop_reason) == (1, 2, "end_turn")
    assert model.calls[1].messages[-1]["role"] == "assistant"
    assert model.calls[1].messages[-1]["content"][0]["text"] == "half"


async def test_max_tokens_in_the_middle_of_a_call_does_not_run_it():
    ran = []

    class Cut(ScriptedModel):
        async def stream(self, request):
            from engine.model import BlockDelta, BlockStart, StreamStart, StreamStop

            if self.calls:
                async for event in super().stream(request):
                    yield event
                return
            self.calls.append(request)
            yield StreamStart("m", "scripted")
            yield BlockStart(0, {"type": "tool_use", "id": "c", "name": "ping", "input": {}})
            yield BlockDelta(0, "input_json", '{"a": ')
            yield StreamStop("max_tokens")

    @component
    def Agent():
        return [Tool("ping", "Ping", lambda a=0: ran.append(a)), Timeline()]

    model = Cut()
    async with create_app(Agent, model=model) as app:
        session = await app.session()
        await session.send("x").result
        result = next(entry for entry in session.timeline if entry.role == "tool")
    assert ran == []
    assert result.content[0]["is_error"]
    assert "max_tokens" in result.content[0]["content"][0]["text"]


async def test_an_empty_end_turn_is_a_valid_response_and_is_not_sent_again():
    result, _ = await run_one(with_hooks(), [Reply("")])
    assert result.response == ""
    async with create_app(with_hooks(), model=ScriptedModel([Reply(""), "b"])) as app:
        session = await app.session()
        await session.send("x").result
        await session.send("y").result
        assert [entry.role for entry in session.timeline] == ["user", "assistant", "user", "assistant"]
        assert [m["role"] for m in app.model.calls[1].messages] == ["user"]
