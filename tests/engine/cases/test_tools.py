"""Cases 84 to 94 and B10 to B17: tools, confirmations, dispatch."""

from __future__ import annotations

import asyncio
import json
from typing import Literal

import pydantic
import pytest

from engine import (
    EngineError,
    SessionClosed,
    Text,
    Timeline,
    Tool,
    ToolContext,
    UnknownTool,
    ValidationFailed,
    component,
    create_context,
    tool,
    use_context,
)
from engine.testing import Reply, ToolCall, compile_once
from tests.engine.cases.kit import assert_well_formed, result_text, results, tool_names


def call(name, **input):
    return Reply("", tool_calls=[ToolCall(name, input)])


def with_tools(*tools):
    @component
    def Root():
        return [*tools, Timeline()]

    return Root


async def test_84_tools_for_the_person_are_never_sent_but_dispatched(bench):
    mount = Tool(name="mount", description="m", handler=lambda path: f"mounted: {path}", audience="user")
    both = Tool(name="both", description="b", handler=lambda: "both", audience="all")
    b = await bench(with_tools(mount, both), call("both"), "Done")
    assert result_text({"content": await b.session.dispatch("mount", {"path": "/data"})}) == "mounted: /data"
    await b.session.send("a").result
    assert all(tool_names(request) == ["both"] for request in b.model.calls)
    assert result_text({"content": await b.session.dispatch("both", {})}) == "both"


async def test_85_dispatch_errors(bench):
    def fails():
        raise RuntimeError("kaboom")

    typed = Tool(name="typed", description="t", handler=lambda: "", input={"type": "object", "required": ["a"]})
    b = await bench(with_tools(typed, Tool(name="fails", description="f", handler=fails)))
    with pytest.raises(UnknownTool, match="Unknown command"):
        await b.session.dispatch("nothing", {})
    with pytest.raises(ValidationFailed, match="Validation failed"):
        await b.session.dispatch("typed", {})
    with pytest.raises(Exception, match="kaboom"):
        await b.session.dispatch("fails", {})
    assert b.model.calls == []
    await b.session.close()
    with pytest.raises(SessionClosed, match="Session is closed"):
        await b.session.dispatch("typed", {"a": 1})


async def test_87_what_a_handler_may_return(bench):
    returns = {
        "string": "plain",
        "object": {"a": [1, 2]},
        "block": {"type": "text", "text": "as a block"},
        "element": Text("an element"),
        "blocks": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}],
        "nothing": None,
        "odd": object(),
    }
    tools = [Tool(name=n, description=n, handler=lambda value=None, v=v: v) for n, v in returns.items()]
    b = await bench(with_tools(*tools), Reply("", tool_calls=[ToolCall(n, {}) for n in returns]), "Done")
    await b.session.send("a").result
    got = dict(zip(returns, results(b.model.calls[1]), strict=True))
    assert result_text(got["string"]) == "plain"
    assert json.loads(result_text(got["object"])) == {"a": [1, 2]}
    assert result_text(got["block"]) == "as a block"
    assert result_text(got["blocks"]) == "onetwo"
    assert result_text(got["nothing"]) == ""
    assert not got["nothing"].get("is_error")
    assert got["odd"]["is_error"]


async def test_89_the_nearest_level_wins(bench):
    def named(where):
        return Tool(name="t", description=where, handler=lambda: where)

    b = await bench(with_tools(), tools=[named("app")])

    def described(request):
        return [t["description"] for t in request.tools]

    await b.session.send("a").result
    assert described(b.model.calls[-1]) == ["app"]
    await b.session.send("a", tools=[named("send")]).result
    assert described(b.model.calls[-1]) == ["send"]
    await b.session.send("a").result
    assert described(b.model.calls[-1]) == ["app"]
    other = await b.app.session("other", tools=[named("session")])
    await other.send("a").result
    assert described(b.model.calls[-1]) == ["session"]
    c = await bench(with_tools(named("tree")), tools=[named("app")], id="tree")
    await c.session.send("a", tools=[named("send")]).result
    assert described(c.model.calls[-1]) == ["tree"]


async def test_91_handlers_use_the_nearest_provider(bench):
    Place = create_context("nowhere")

    @component
    def Asker(name=""):
        where = use_context(Place)
        return Tool(name=name, description="d", handler=lambda: where)

    @component
    def Root():
        return [
            Place("here", Asker(name="a")),
            Place("outer", Place("inner", Asker(name="b"))),
            Timeline(),
        ]

    b = await bench(Root, Reply("", tool_calls=[ToolCall("a", {}), ToolCall("b", {})]), "Done")
    await b.session.send("x").result
    assert [result_text(r) for r in results(b.model.calls[1])] == ["here", "inner"]


async def answer(bench, **reply):
    ran = []

    def danger(n: int) -> str:
        ran.append(n)
        return f"did {n}"

    guarded = Tool(name="danger", description="d", handler=danger, requires_confirmation=True)
    b = await bench(with_tools(guarded), call("danger", n=1), "Done", call("danger", n=2), "Done")
    handle = await b.session.send("a")
    types = []
    async for event in handle:
        types.append(event.type)
        if event.type == "tool_confirmation_required":
            assert (event.name, event.input) == ("danger", {"n": 1})
            b.session.respond(event.confirmation_id, **reply)
    return b, ran, results(b.model.calls[1])[0], types


async def test_92_approved(bench):
    _, ran, result, types = await answer(bench, approved=True)
    assert ran == [1]
    assert not result.get("is_error")
    assert types.index("tool_confirmation_required") < types.index("tool_result")


async def test_92_denied_with_a_reason(bench):
    _, ran, result, _ = await answer(bench, approved=False, reason="not today")
    assert ran == []
    assert result["is_error"]
    assert "denied" in result_text(result)
    assert "not today" in result_text(result)


async def test_b17_approved_with_changed_input(bench):
    _, ran, _, _ = await answer(bench, approved=True, input={"n": 42})
    assert ran == [42]


async def test_always_is_remembered_in_the_session(bench):
    b, ran, _, _ = await answer(bench, approved=True, always=True)
    events = [e.type async for e in await b.session.send("b")]
    assert "tool_confirmation_required" not in events
    assert ran == [1, 2]


async def test_94_a_raising_handler_tells_the_model(bench):
    def fails():
        raise RuntimeError("the disk is on fire")

    b = await bench(with_tools(Tool(name="fails", description="f", handler=fails)), call("fails"), "Done")
    assert (await b.session.send("a").result).response == "Done"
    result = results(b.model.calls[1])[0]
    assert result["is_error"]
    assert "the disk is on fire" in result_text(result)


async def test_b10_input_is_checked_without_coercion(bench):
    ran = []

    def typed(a: int) -> str:
        ran.append(a)
        return "ok"

    b = await bench(with_tools(Tool(name="typed", description="t", handler=typed)), call("typed", a="x"), "Done")
    await b.session.send("a").result
    assert ran == []
    assert results(b.model.calls[1])[0]["is_error"]


async def test_unknown_tool(bench):
    b = await bench(with_tools(), call("nothing"), "Done")
    await b.session.send("a").result
    assert results(b.model.calls[1])[0]["is_error"]
    assert_well_formed(b.model.calls[1])


def test_schema_from_the_signature_and_from_pydantic():
    class Input(pydantic.BaseModel):
        city: str
        days: int = 3

    def weather(city: str, unit: Literal["c", "f"] = "c", days: list[int] | None = None, *, ctx: ToolContext) -> str:
        return city

    request = compile_once(
        with_tools(
            Tool(name="weather", description="w", handler=weather),
            Tool(name="modelled", description="m", handler=lambda **k: "", input=Input),
        )
    )
    schema = request.tools[0]["input_schema"]
    assert schema["required"] == ["city"]
    assert set(schema["properties"]) == {"city", "unit", "days"}
    assert schema["properties"]["unit"]["enum"] == ["c", "f"]
    assert request.tools[1]["input_schema"]["required"] == ["city"]


async def test_tools_run_at_once_and_answer_in_call_order(bench):
    started = asyncio.Event()

    async def slow() -> str:
        await started.wait()
        return "slow"

    async def fast() -> str:
        started.set()
        return "fast"

    tools = [Tool(name="slow", description="s", handler=slow), Tool(name="fast", description="f", handler=fast)]
    b = await bench(with_tools(*tools), Reply("", tool_calls=[ToolCall("slow", {}), ToolCall("fast", {})]), "Done")
    await asyncio.wait_for(b.session.send("a").result, 5)
    assert [result_text(r) for r in results(b.model.calls[1])] == ["slow", "fast"]


async def test_serial_tools_run_one_after_the_other(bench):
    running, most = [], []

    async def one() -> str:
        running.append(1)
        most.append(len(running))
        await asyncio.sleep(0)
        running.pop()
        return ""

    tools = [Tool(name="one", description="o", handler=one, serial=True)]
    b = await bench(with_tools(*tools), Reply("", tool_calls=[ToolCall("one", {}) for _ in range(3)]), "Done")
    await b.session.send("a").result
    assert most == [1, 1, 1]


async def test_a_tool_that_takes_too_long(bench):
    async def never() -> str:
        await asyncio.Event().wait()
        return ""

    b = await bench(with_tools(Tool(name="never", description="n", handler=never, timeout=0.01)), call("never"), "Done")
    await b.session.send("a").result
    assert results(b.model.calls[1])[0]["is_error"]


async def test_b16_an_output_tool_ends_the_turn(bench):
    out = Tool(name="answer", description="a", handler=None, input={"type": "object"}, output=True)
    b = await bench(with_tools(out), call("answer", value=7), "never")
    result = await b.session.send("a").result
    assert len(b.model.calls) == 1
    assert result.outputs
    assert [e.role for e in b.session.timeline][-1] == "tool"


async def test_the_decorator_gives_an_element_and_a_callable(bench):
    @tool
    def shout(text: str) -> str:
        """Say it loudly."""
        return text.upper()

    assert shout("a") == "A" or shout(text="a") == "A"
    request = compile_once(with_tools(shout))
    assert request.tools[0]["name"] == "shout"
    assert "Say it loudly." in request.tools[0]["description"]


async def test_bad_messages_are_refused_with_their_place(bench):
    b = await bench(with_tools())
    for bad in (42, {"role": "nobody", "content": "x"}, {"content": 7}, [{"role": "user", "content": [{"no": 1}]}]):
        with pytest.raises(EngineError):
            await b.session.send(bad).result
    assert (await b.session.send("fine").result).response == "ok"
