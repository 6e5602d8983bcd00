"""Cases 96 to 101 and B25: children, runners."""

from __future__ import annotations

import pytest

from engine import Aborted, Timeline, Tool, ToolContext, component
from engine.testing import Reply, ScriptedModel, ToolCall
from tests.engine.cases.kit import result_text, results


@component
def Child():
    return [Timeline()]


def parent(**spawn):
    async def ask(ctx: ToolContext) -> str:
        return (await ctx.spawn(Child, "do this", **spawn).result).response

    @component
    def Root():
        return [Tool(name="ask", description="Ask a helper", handler=ask), Timeline()]

    return Root


CALL = Reply("", tool_calls=[ToolCall("ask", {})])


async def test_96_a_child_answers_its_parents_tool(bench):
    b = await bench(parent(), CALL, "from the child", "Done")
    await b.session.send("a").result
    assert result_text(results(b.model.calls[2])[0]) == "from the child"


async def test_98_child_events_arrive_with_their_path(bench):
    b = await bench(parent(label="helper"), CALL, "from the child", "Done")
    events = [e async for e in await b.session.send("a")]
    start = next(e for e in events if e.type == "spawn_start")
    end = next(e for e in events if e.type == "spawn_end")
    inner = [e for e in events if getattr(e, "spawn_path", None)]
    assert inner
    assert all(e.spawn_path[0] == start.spawn_id for e in inner if e not in (start, end))
    assert events.index(end) > max(events.index(e) for e in inner if e is not end)


async def test_98_a_failing_child_is_an_error_result(bench):
    b = await bench(parent(model=ScriptedModel([Reply(error=RuntimeError("child broke"))])), CALL, "Done")
    await b.session.send("a").result
    result = results(b.model.calls[1])[0]
    assert result["is_error"]
    assert "child broke" in result_text(result)


async def test_100_aborting_the_parent_aborts_the_child(bench):
    slow = ScriptedModel(["late"], delay=30)
    b = await bench(parent(model=slow), CALL, "Done")
    handle = await b.session.send("a")
    ends = []
    with pytest.raises(Aborted):
        async for event in handle:
            if event.type == "spawn_start":
                handle.abort("enough")
            if event.type == "spawn_end":
                ends.append(event)
        await handle.result
    assert ends
    assert ends[0].is_error


async def test_b25_usage_of_children_counts_for_the_parent(bench):
    b = await bench(parent(), CALL, "from the child", "Done")
    result = await b.session.send("a").result
    assert (result.usage.input_tokens, result.usage.output_tokens) == (20, 10)
    assert (result.total_usage.input_tokens, result.total_usage.output_tokens) == (30, 15)


async def test_101_a_runner_transforms_and_replaces(bench):
    log = []

    class Watcher:
        async def on_session_init(self, session):
            log.append("init")

        async def on_destroy(self, session):
            log.append("destroy")

        async def transform(self, request):
            log.append("transform")
            return request

        async def execute_tool_call(self, call, next):
            return "replaced" if call.name == "ask" else await next()

    b = await bench(parent(), CALL, "Done", runner=Watcher())
    await b.session.send("a").result
    await b.session.send("b").result
    await b.app.shutdown()
    assert log == ["init", "transform", "transform", "transform", "destroy"]
    assert result_text(results(b.model.calls[1])[0]) == "replaced"
