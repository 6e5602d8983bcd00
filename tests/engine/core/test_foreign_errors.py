"""What handlers, models and callers do that nobody planned for, and that a run survives."""

from __future__ import annotations

import asyncio

import pytest

from engine import Aborted, System, Timeline, Tool, ValidationFailed, create_app, run
from engine.testing import Reply, ScriptedModel, ToolCall


def calls(*names):
    return Reply(tool_calls=[ToolCall(name) for name in names])


def results(request):
    return [
        block
        for message in request.messages
        if not isinstance(message["content"], str)
        for block in message["content"]
        if block["type"] == "tool_result"
    ]


def text_of(block):
    content = block["content"]
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


async def outcome(*tools):
    """The results of one call of each tool, and the answer after them."""
    model = ScriptedModel([calls(*("t", "other")[: len(tools)]), "went on"])
    done = await asyncio.wait_for(run([System("S"), *tools, Timeline()], "go", model=model), 10)
    assert done.response == "went on"
    return results(model.calls[1])


class Halt(BaseException):
    pass


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt, Halt])
@pytest.mark.parametrize("way", ["sync", "inline", "async", "later"])
async def test_a_handler_that_would_end_the_program_gives_an_error_result(kind, way):
    def at_once():
        raise kind("no more")

    async def on_the_loop():
        if way == "later":
            await asyncio.sleep(0)
        raise kind("no more")

    tool = Tool("t", "T", at_once if way in ("sync", "inline") else on_the_loop, inline=way == "inline")
    for more in ((), (Tool("other", "O", lambda: "fine"),)):
        found = await outcome(tool, *more)
        assert found[0]["is_error"]
        assert text_of(found[0]) == f"{kind.__name__}: no more"
        assert [text_of(block) for block in found[1:]] == ["fine"] * len(more)


@pytest.mark.parametrize("way", ["sync", "raised", "awaited", "timeout"])
async def test_a_handler_cancelled_by_nobody_gives_an_error_result(way):
    async def awaited():
        task = asyncio.ensure_future(asyncio.sleep(60))
        task.cancel()
        await task

    async def raised():
        raise asyncio.CancelledError("elsewhere")

    def sync():
        raise asyncio.CancelledError("elsewhere")

    handler = {"sync": sync, "raised": raised}.get(way, awaited)
    tool = Tool("t", "T", handler, timeout=30 if way == "timeout" else None)
    for more in ((), (Tool("other", "O", lambda: "fine"),)):
        found = await outcome(tool, *more)
        assert found[0]["is_error"]
        assert "cancelled" in text_of(found[0])


@pytest.mark.parametrize("names", [("t",), ("t", "other")])
async def test_an_abort_still_cancels_a_handler(names):
    began, told = asyncio.Event(), []

    async def waits():
        began.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            told.append("cancelled")
            raise

    tree = [System("S"), Tool("t", "T", waits), Tool("other", "O", lambda: "fine"), Timeline()]
    model = ScriptedModel([calls(*names), "never"])
    async with create_app(tree, model=model) as app:
        session = await app.session("s")
        procedure = session.send("go")
        await asyncio.wait_for(began.wait(), 10)
        procedure.abort("enough")
        with pytest.raises(Aborted, match="enough"):
            await asyncio.wait_for(procedure.result, 10)
        assert told == ["cancelled"]
        assert session.timeline[-1].role == "tool"
        assert "enough" in text_of(session.timeline[-1].content[0])
        assert len(model.calls) == 1


@pytest.mark.parametrize(
    "choice",
    [{"roles": ["user", "assistant"]}, {"filter": lambda e: e.role != "tool"}, {"roles": ["user"], "limit": 1}],
)
async def test_roles_and_filter_never_leave_out_entries_of_the_running_execution(choice):
    tree = [System("S"), Tool("t", "T", lambda: "the result"), Timeline(**choice)]
    model = ScriptedModel([calls("t"), "one", calls("t"), "two"])
    async with create_app(tree, model=model) as app:
        session = await app.session("s")
        for turn in (1, 2):
            await session.send("go").result
            shown = results(model.calls[2 * turn - 1])
            assert text_of(shown[-1]) == "the result"
            assert not shown[-1].get("is_error")


async def test_roles_choose_among_what_was_there_before():
    model = ScriptedModel(["one", "two"])
    async with create_app([System("S"), Timeline(roles=["user"])], model=model) as app:
        session = await app.session("s")
        await session.send("first").result
        await session.send("second").result
    assert "one" not in str(model.calls[1].messages)
    assert "first" in str(model.calls[1].messages)


async def test_the_response_has_what_was_said_before_a_pause():
    ticks = []
    model = ScriptedModel(
        [calls("t"), Reply("ha", stop_reason="pause_turn"), Reply("lf", stop_reason="pause_turn"), " and half", "next"]
    )
    from engine import component, use_on_tick_end

    @component
    def Paused():
        use_on_tick_end(lambda tick: ticks.append(tick.text))
        return [System("S"), Tool("t", "T", lambda: "x"), Timeline()]

    async with create_app(Paused, model=model) as app:
        session = await app.session("s")
        result = await session.send("go").result
        assert result.response == "half and half"
        assert ticks == ["", "half and half"]
        assert (await session.send("again").result).response == "next"


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"props": 5}, "props"),
        ({"props": {1: 2}}, "props"),
        ({"metadata": 5}, "metadata"),
        ({"max_ticks": 0}, "max_ticks"),
        ({"max_ticks": True}, "max_ticks"),
    ],
)
async def test_what_is_sent_in_the_wrong_shape_is_refused_with_its_place(given, place):
    async with create_app([System("S"), Timeline()], model=ScriptedModel()) as app:
        session = await app.session("s")
        with pytest.raises(ValidationFailed) as caught:
            session.send("hi", **given)
        assert caught.value.place == place
        assert session.status == "idle"
        if "metadata" not in given:
            with pytest.raises(ValidationFailed):
                session.render(**{"props": {}, **given})


@pytest.mark.parametrize("value", [0, -1, None, "3", 1.5])
def test_an_app_needs_at_least_one_tick(value):
    with pytest.raises(ValidationFailed) as caught:
        create_app([System("S")], max_ticks=value)
    assert caught.value.place == "max_ticks"
