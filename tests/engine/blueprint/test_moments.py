"""On event and the rules: what happens at moments of a turn, and what is said where it does not work."""

from __future__ import annotations

from typing import Any

import pytest

from engine import create_app
from engine.blueprint import (
    AgentDocument,
    agent_component,
    apply,
    dry_compile,
    kind_of,
    make_node,
    problems,
    variables_in_scope,
    why_not_sent,
)
from engine.permissions import MemoryPermissions
from engine.store import Store
from engine.testing import Reply, ScriptedModel, replay
from engine.world import World
from tests.engine.blueprint.builders import agent, only_if
from tests.engine.blueprint.scripted import TIME, call, opened, values

LOG = make_node("state", id="log", title="log")
SEEN = make_node("section", id="seen", title="seen", each="log", text="- {{ item }}")


def on(event: str, value: str, *more: Any) -> AgentDocument:
    step = make_node("append", id="step", variable="log", value=value)
    return agent(LOG, make_node("on_event", step, *more, id="on", event=event), SEEN, TIME)


async def heard(session: Any, text: str) -> list[Any]:
    handle = await session.send(text)
    events = [event async for event in handle]
    await handle.result
    return [event for event in events if event.type == "notice"]


@pytest.mark.parametrize(
    ("event", "value", "first", "then"),
    [
        ("message", "got {{ message }}", ["got hello"], ["got hello", "got again"]),
        ("call_start", "call {{ call_number }}", ["call 1"], ["call 1", "call 1"]),
        ("mount", "here", ["here"], ["here"]),
    ],
)
async def test_what_happens_before_a_call_stands_in_its_context(
    event: str, value: str, first: list[str], then: list[str]
) -> None:
    document = on(event, value)
    async with opened(document, "a", "b") as (session, model):
        await session.send("hello").result
        assert values(session, document)["log"] == first
        assert f"- {first[-1]}" in model.calls[0].system
        await session.send("again").result
        assert values(session, document)["log"] == then


async def test_after_a_call_the_reply_and_the_tools_are_known_and_stand_in_the_next_context() -> None:
    tool = make_node("tool", make_node("reply", id="r", text="ok"), id="t", title="Look", description="Look")
    document = on("call_end", "{{ call_number }}: {{ reply }} {{ tool_calls|join(',') }}")
    document = agent(tool, *document.root.children)
    async with opened(document, call("look"), "Done.") as (session, model):
        await session.send("go").result
        assert values(session, document)["log"] == ["1:  look", "2: Done. "]
        assert "- 1:  look" in model.calls[1].system


async def test_at_the_end_of_the_turn_what_was_said_is_known_and_kept() -> None:
    document = on("turn_end", "{{ ended }}: {{ reply }}")
    async with opened(document, "Fine.") as (session, _):
        await session.send("go").result
        assert values(session, document)["log"] == ["completed: Fine."]


async def test_it_works_only_while_it_is_in_the_tree() -> None:
    inner = make_node("on_event", make_node("append", id="step", variable="log", value="x"), id="on", event="message")
    document = agent(
        make_node("state", id="flag", title="flag", type="yes_no"), LOG,
        make_node("when", inner, id="when", condition=only_if("flag", "is_yes")), TIME,
    )  # fmt: skip
    async with opened(document, "a") as (session, _):
        await session.send("hello").result
        assert values(session, document).get("log", []) == []


async def test_a_step_that_does_not_work_is_told_and_the_turn_goes_on() -> None:
    document = on("message", "{{ unknown }}")
    async with opened(document, "a") as (session, _):
        (told,) = await heard(session, "hello")
        assert told.path == "/node:on" and "unknown" in told.text and told.text.startswith("On event")
        assert session.timeline[-1].text == "a"


async def test_what_is_not_allowed_is_told_and_never_asked(tmp_path: Any) -> None:
    document = on("message", "x", make_node("search_sessions", id="find", query="{{ message }}"))
    model = ScriptedModel(["a"])
    component = agent_component(document, world=World("a"))
    async with create_app(component, model=model) as app:
        session = await app.session("s")
        (told,) = await heard(session, "hello")
        assert "not allowed" in told.text
        assert values(session, document).get("log", []) == []


async def test_what_is_allowed_runs_by_itself(tmp_path: Any) -> None:
    find = make_node("search_sessions", id="find", query="{{ message }}")
    document = on("message", "x", find)
    (capability,) = kind_of(find).capabilities(find)
    async with Store.open(tmp_path / "b.db") as store:
        world = World("a", MemoryPermissions([("a", capability)]), store=store)
        async with create_app(agent_component(document, world=world), model=ScriptedModel(["a"])) as app:
            session = await app.session("s")
            assert await heard(session, "hello") == []
            assert values(session, document)["log"] == ["x"]


async def test_a_fault_of_the_program_is_told_in_plain_words(expect_log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    expect_log("The steps of /node:on failed")
    document = on("message", "x", make_node("group", id="g"))

    async def broken(*_: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(type(kind_of(make_node("group"))), "run", broken)
    async with opened(document, "a") as (session, _):
        (told,) = await heard(session, "hello")
        assert "did not work" in told.text and "secret" not in told.text


async def test_steps_that_take_too_long_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    async def forever(*_: Any) -> None:
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr("engine.blueprint.moments.MAX_SECONDS", 0.0)
    document = on("message", "x", make_node("group", id="g"))
    monkeypatch.setattr(type(kind_of(make_node("group"))), "run", forever)
    async with opened(document, "a") as (session, _):
        (told,) = await heard(session, "hello")
        assert "took longer" in told.text


async def test_another_event_while_the_session_is_open_takes_over() -> None:
    current = [on("message", "m")]
    async with opened(lambda: current[0], "a", "b") as (session, _):
        await session.send("one").result
        current[0] = on("turn_end", "end")
        await session.send("two").result
        assert values(session, current[0])["log"] == ["m", "end"]


def test_before_any_call_nothing_runs_and_nothing_is_sent() -> None:
    document = on("mount", "here")
    assert "here" not in dry_compile(document, draft="hi").system
    assert "by themselves" in (why_not_sent(document, None, "on") or "")
    assert {"message"} <= {v.name for v in variables_in_scope(on("message", "x"), "step")}


def test_steps_that_make_no_sense_here_are_said() -> None:
    document = on("message", "x", make_node("reply", id="rep", text="hi"), make_node("ask", id="ask"))
    found = {p.node_id: p for p in problems(document) if p.node_id in ("rep", "ask") and p.fix}
    assert "Nobody reads" in found["rep"].text and "cannot be asked" in found["ask"].text
    empty = agent(make_node("on_event", id="on"), TIME)
    assert "Nothing happens" in next(p.text for p in problems(empty) if p.node_id == "on")


# --- rules ----------------------------------------------------------------------------------------------------------


def ruled(kind: str, **props: Any) -> AgentDocument:
    tool = make_node(
        "tool", make_node("append", id="add", variable="log", value="x"), make_node("reply", id="r", text="ok"),
        id="t", title="Add", description="Add",
    )  # fmt: skip
    return agent(LOG, tool, make_node(kind, id="rule", **props), TIME)


@pytest.mark.parametrize(
    ("props", "calls"),
    [
        ({"after": 2}, 2),
        ({"tool": "add"}, 1),
        ({"contains": "enough"}, 2),
        ({"condition": only_if("log", "has_at_least", 2)}, 2),
        ({"condition": {"expression": "call_number >= 3"}}, 3),
        ({}, 4),
    ],
)
async def test_a_stop_rule_ends_the_turn(props: dict[str, Any], calls: int) -> None:
    document = ruled("stop_rule", title="Enough", reason="{{ log|length }} are enough", **props)
    second = Reply("That is ENOUGH.", tool_calls=call("add").tool_calls)
    async with opened(document, call("add"), second, call("add"), "Done.") as (session, model):
        result = await session.send("go").result
        assert len(model.calls) == calls
        assert result.stop_reason == (f"{calls} are enough" if props else "end_turn")


async def test_a_stop_rule_without_a_reason_is_named() -> None:
    async with opened(ruled("stop_rule", title="Enough", after=1), call("add"), "x") as (session, _):
        assert (await session.send("go").result).stop_reason == "Stop rule · Enough"


async def test_a_continue_rule_sends_the_model_back_with_words_for_one_call() -> None:
    document = ruled(
        "continue_rule", condition=only_if("log", "has_at_most", 1), reason="Only {{ log|length }} yet.", limit=5
    )
    async with opened(document, "Finished?", call("add"), call("add"), "Now.") as (session, model):
        handle = await session.send("go")
        reasons = [event.reason async for event in handle if event.type == "tick_end"]
        result = await handle.result
        assert (result.response, len(model.calls)) == ("Now.", 4)
        assert "Only 0 yet." in str(model.calls[1].messages[-1]) and reasons[0] == "Only 0 yet."
        assert "Only" not in str(model.calls[2].messages)
        assert all("Only" not in entry.text for entry in session.timeline)


@pytest.mark.parametrize(
    ("props", "replies", "calls"),
    [
        ({"until": "done"}, ["a", "b", "DONE", "never"], 3),
        ({"tool": "add"}, ["a", call("add"), "b", "never"], 3),
        ({"until": "done", "limit": 2}, ["a", "b", "c", "never"], 3),
        ({"until": "done"}, [Reply("no", stop_reason="refusal"), "never"], 1),
        ({}, ["a", "never"], 1),
    ],
)
async def test_a_continue_rule_ends(props: dict[str, Any], replies: list[Any], calls: int) -> None:
    async with opened(ruled("continue_rule", **props), *replies) as (session, model):
        await session.send("go").result
        assert len(model.calls) == calls


async def test_a_continue_rule_without_a_limit_ends_at_that_of_the_agent() -> None:
    async with opened(ruled("continue_rule", until="never said"), max_ticks=4) as (session, model):
        assert (await session.send("go").result).stop_reason == "max_ticks"
        assert len(model.calls) == 4
        await session.send("and again").result
        assert len(model.calls) == 8


async def test_of_several_rules_the_lowest_decides() -> None:
    stop = make_node("stop_rule", id="stop", after=1, reason="stop")
    go = make_node("continue_rule", id="go", condition={"expression": "true"}, limit=1, reason="go")
    for order, calls in (((stop, go), 2), ((go, stop), 1)):
        async with opened(agent(*order, TIME), "a", "b") as (session, model):
            await session.send("x").result
            assert len(model.calls) == calls


async def test_a_rule_that_does_not_work_says_so_and_decides_nothing() -> None:
    document = ruled("stop_rule", condition={"expression": "unknown > 1"})
    async with opened(document, "a") as (session, _):
        (told,) = await heard(session, "go")
        assert told.path == "/node:rule" and "condition does not work" in told.text
    document = ruled("stop_rule", after=1, reason="{{ unknown }}")
    async with opened(document, "a") as (session, _):
        (told,) = await heard(session, "go")
        assert "reason does not work" in told.text


def test_rules_say_what_they_do_and_what_they_lack() -> None:
    def summary(kind: str, **props: Any) -> str:
        node = make_node(kind, **props)
        return kind_of(node).summary(node, agent())

    assert summary("stop_rule") == "Never stops anything yet"
    assert summary("stop_rule", contains="DONE", after=5) == "when the reply contains “DONE” or after 5 model calls"
    assert summary("continue_rule") == "Never goes on yet"
    assert summary("continue_rule", tool="add", limit=3) == "until **add** was used, at most 3 times"

    for kind, props, text in (
        ("stop_rule", {}, "never stops"),
        ("continue_rule", {}, "never goes on"),
        ("continue_rule", {"until": "x"}, "no limit of its own"),
        ("stop_rule", {"tool": "gone"}, "“gone”, which the agent does not have"),
    ):
        document = ruled(kind, **props)
        found = next(p for p in problems(document) if p.node_id == "rule")
        assert text in found.text
        if found.fix is not None:
            mended, _ = apply(document, found.fix)
            assert not [p for p in problems(mended) if p.node_id == "rule" and p.text == found.text]
    assert "after each model call" in (why_not_sent(ruled("stop_rule", after=1), None, "rule") or "")
    assert not [
        p for p in problems(ruled("stop_rule", condition={"expression": "call_number > 3"})) if p.node_id == "rule"
    ]
    assert dry_compile(ruled("continue_rule", until="x"), draft="hi").messages[-1]["role"] == "user"


@pytest.mark.parametrize("kind", ["on_event", "continue_rule"])
async def test_a_session_with_moments_replays_to_the_same_contexts(kind: str, tmp_path: Any) -> None:
    if kind == "on_event":
        document = on("message", "got {{ message }}")
    else:
        document = ruled("continue_rule", until="done", limit=2, reason="Go on: {{ log|length }}.")
    model = ScriptedModel(["x", call("add") if kind == "continue_rule" else "y", "z", "done"])
    component = agent_component(document)
    async with create_app(component, model=model, store=str(tmp_path / "b.db")) as app:
        session = await app.session("s")
        await session.send("hello").result
        await session.send("again").result
        replayed = await replay(session, component)
        assert replayed.identical and len(replayed.ticks) == len(model.calls)
