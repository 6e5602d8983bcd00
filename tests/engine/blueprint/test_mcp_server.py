"""The MCP server node: what a dry compile and a scripted turn show of it, with a real server process."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from engine.blueprint import AgentDocument, dry_compile, kind_of, make_node, problems
from engine.blueprint.edits import apply
from engine.blueprint.reach import capabilities
from engine.blueprint.why import why_not_sent
from engine.mcp_client.listing import LISTINGS, make_listing
from engine.mcp_client.pool import pool_of
from engine.testing import ScriptedModel
from engine.world import World
from tests.engine.blueprint.builders import agent
from tests.engine.blueprint.scripted import TIME, call, results
from tests.engine.blueprint.test_abilities import allowing, living, turn
from tests.engine.mcp_client.kit import ROOT

HERE = {"title": "Test", "program": sys.executable, "ask_first": False}
ARGUMENTS = ["-m", "tests.servers.mcp_server"]


def tools(**props: Any) -> AgentDocument:
    given = {
        **HERE,
        "arguments": ARGUMENTS,
        "environment": [{"name": "PYTHONPATH", "value": str(ROOT)}],
        **props,
    }
    return agent(make_node("mcp_server", id="mcp", **given), TIME)


def _offered(key: str) -> set[str]:
    listing = LISTINGS.get(key)
    return {tool.name for tool in listing.tools} if listing is not None else set()


def names(request: Any) -> list[str]:
    return [tool["name"] for tool in request.tools]


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    """What servers of other tests offered is not known here."""
    kept = dict(LISTINGS._known)
    LISTINGS._known.clear()
    yield
    LISTINGS._known.clear()
    LISTINGS._known.update(kept)


async def test_its_tools_are_asked_for_once_allowed_and_called_in_the_turn() -> None:
    document = tools(prefix="my")
    world = World("a")
    model = ScriptedModel([call("my_add", a=1, b=2), "three", call("my_odd_name_here"), "odd"])
    try:
        async with living(document, model, world) as session:
            (event,) = await turn(session, "add", lambda _: {"approved": True, "always": True})
            assert event.kind == "permission" and "Start the program" in event.message
            assert "tests.servers.mcp_server" in event.input["detail"]
            assert await turn(session, "odd") == []
            assert results(session) == [("3", False), ("odd", False)]
            assert "my_add" in names(model.calls[0])
            server = pool_of(world).server(kind_of(document.node("mcp")).config(document.node("mcp")))  # type: ignore[attr-defined]
            assert server.starts == 1
        # From here on its tools are known without it: a dry compile shows them, and why_not_sent has nothing to say.
        assert "my_add" in names(dry_compile(document))
        assert why_not_sent(document, None, "mcp") is None
    finally:
        await world.aclose()
    assert not server.running


async def test_nothing_is_started_before_the_person_agreed_and_no_means_no() -> None:
    document = tools()
    world = World("a")
    async with living(document, ScriptedModel(["one", "two"]), world) as session:
        asked = await turn(session, "go", lambda _: {"approved": False})
        assert len(asked) == 1
        assert "mcp_servers" not in world.kept
    assert "has not been asked for its tools yet" in str(why_not_sent(document, None, "mcp"))
    assert names(dry_compile(document)) == []


async def test_where_its_tools_are_known_it_starts_with_the_first_call_and_asks_then() -> None:
    document = tools()
    config = kind_of(document.node("mcp")).config(document.node("mcp"))  # type: ignore[attr-defined]
    schema = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}
    await LISTINGS.put(config.key, make_listing("Test", "1", [("add", "", "Add", schema)]))
    world = World("a")
    model = ScriptedModel(["hello", call("add", a=1, b=1), call("add", a=2, b=2), "ok", call("add", a="x"), "ok"])
    try:
        async with living(document, model, world) as session:
            assert await turn(session, "hi") == []
            assert names(model.calls[0]) == ["add"] and "mcp_servers" not in world.kept
            asked = await turn(session, "go")  # "once" holds for the turn
            assert [event.kind for event in asked] == ["permission"]
            assert results(session) == [("2", False), ("4", False)]
            await turn(session, "wrong input", lambda _: {"approved": False})
            assert "Validation failed" in results(session)[-1][0]
            model.add(call("add", a=1, b=1), "ok")
            await turn(session, "again", lambda _: {"approved": False})
            assert results(session)[-1][1] and "not allowed" in results(session)[-1][0].lower()
    finally:
        await world.aclose()


async def test_ask_me_first_asks_for_each_call_beside_the_permission_to_start() -> None:
    document = tools(ask_first=True, tools=["add"])
    world = allowing(document)
    model = ScriptedModel([call("add", a=1, b=1), "ok", call("add", a=1, b=1), "ok"])
    try:
        async with living(document, model, world) as session:
            (event,) = await turn(session, "go", lambda _: {"approved": True, "always": True})
            assert (event.kind, event.name, event.input) == ("tool", "add", {"a": 1, "b": 1})
            assert names(model.calls[0]) == ["add"]
            assert await turn(session, "again") == []
    finally:
        await world.aclose()


async def test_a_server_that_cannot_start_is_told_and_the_turn_goes_on() -> None:
    document = tools(program="no-such-program")
    world = allowing(document)
    async with living(document, ScriptedModel(["hello"]), world) as session:
        handle = await session.send("hi")
        told = [event async for event in handle if event.type == "notice"]
        assert (await handle.result).response == "hello"
        assert "is not on this computer" in told[0].text and told[0].path == "/node:mcp"
    await world.aclose()


async def test_a_server_that_ends_in_a_call_is_an_error_for_the_model() -> None:
    document = tools()
    world = allowing(document)
    try:
        async with living(document, ScriptedModel([call("crash"), "sorry"]), world) as session:
            await turn(session, "go")
            ((text, is_error),) = results(session)
            assert is_error and "ended in the middle of the call" in text and "starts it again" in text
    finally:
        await world.aclose()


async def test_a_tool_that_comes_later_is_in_the_next_model_call() -> None:
    document = tools()
    world = allowing(document)
    model = ScriptedModel([call("grow"), "ok", "then"])
    try:
        async with living(document, model, world) as session:
            grown = asyncio.Event()
            leave = LISTINGS.listen(lambda key: grown.set() if "grown" in _offered(key) else None)
            await turn(session, "go")
            await grown.wait()
            leave()
            await turn(session, "and")
            assert "grown" in names(model.calls[-1])
    finally:
        await world.aclose()


def broken(**props: Any) -> list[Any]:
    document = agent(make_node("mcp_server", id="mcp", **props), TIME)
    return [(problem, document) for problem in problems(document) if problem.node_id == "mcp"]


@pytest.mark.parametrize(
    ("props", "words", "fixed"),
    [
        ({}, "which program to start", None),
        ({"url": "https://x.org/mcp"}, "which program to start", ("where", "address")),
        ({"where": "address"}, "which address", None),
        ({"where": "address", "url": "x.org"}, "must begin with http", None),
        (
            {"where": "address", "url": "http://x.org", "secret": {"name": "t", "host": "x.org:80"}},
            "not sent over http",
            ("url", "https://x.org"),
        ),
        (
            {"program": "npx", "secret": {"name": "t", "host": "x.org:443"}},
            "bound to x.org:443",
            ("secret", {"name": "t", "host": "program:npx"}),
        ),
        ({"program": "npx", "tools": []}, "No tool of the server is chosen", ("tools", None)),
        ({"program": "npx", "environment": [{"name": "A B", "value": "1"}]}, "cannot be the name of a variable", None),
        (
            {"where": "address", "url": "https://x.org", "headers": [{"name": "A:", "value": "1"}]},
            "cannot be the name of a header",
            None,
        ),
    ],
)
def test_what_is_wrong_is_told_with_a_way_out(props: dict[str, Any], words: str, fixed: Any) -> None:
    found = [(problem, document) for problem, document in broken(**props) if words in problem.text]
    assert found, [problem.text for problem, _ in broken(**props)]
    ((problem, document),) = found
    assert (problem.fix is None) is (fixed is None)
    if fixed is not None:
        assert apply(document, problem.fix)[0].node("mcp").props.get(fixed[0]) == fixed[1]


async def test_a_chosen_tool_that_is_gone_is_told() -> None:
    document = tools(tools=["add", "gone"])
    node = document.node("mcp")
    config = kind_of(node).config(node)  # type: ignore[attr-defined]
    await LISTINGS.put(config.key, make_listing("Test", "1", [("add", "", "", {"type": "object"})]))
    (problem,) = [problem for problem in problems(document) if problem.node_id == "mcp"]
    assert "“gone”" in problem.text and problem.fix is not None
    assert apply(document, problem.fix)[0].node("mcp").props["tools"] == ["add"]
    assert kind_of(node).summary(tools().node("mcp"), document).endswith("all 1 tools")
    await LISTINGS.put(config.key, make_listing("Test", "1", []))
    assert why_not_sent(tools(), None, "mcp") == "It offers no tools."


def test_cards_and_consent_show_the_whole_command() -> None:
    document = tools(ask_first=True, tools=["add"], secret={"name": "t", "host": f"program:{sys.executable}"})
    node = document.node("mcp")
    assert (
        kind_of(node).title_of(node) == "MCP server · Test"
        and kind_of(make_node("mcp_server")).title_of(make_node("mcp_server")) == "MCP server"
    )
    assert kind_of(node).summary(node, document).endswith("· 1 tool · asks you first")
    ((_, capability),) = capabilities(document)
    assert "API_KEY=(the secret “t”)" in capability.detail and "PYTHONPATH=" in capability.detail
    there = agent(make_node("mcp_server", id="mcp", where="address", url="https://x.org/mcp", program="ignored"), TIME)
    ((_, capability),) = capabilities(there)
    assert capability.subject == {"url": "https://x.org/mcp", "headers": []}
    assert kind_of(node).summary(there.node("mcp"), there) == "https://x.org/mcp · all tools · asks you first"
    nothing = agent(make_node("mcp_server", id="mcp"), TIME)
    assert kind_of(node).summary(nothing.node("mcp"), nothing) == "No program or address yet"
    assert capabilities(nothing) == [] and names(dry_compile(nothing)) == []
    assert "which program" in str(why_not_sent(nothing, None, "mcp"))


async def test_a_rule_may_wait_for_a_tool_of_a_server_and_is_told_wrong_only_where_that_is_sure() -> None:
    document = tools(prefix="my")
    key = kind_of(document.node("mcp")).config(document.node("mcp")).key  # type: ignore[attr-defined]
    rules = [make_node("stop_rule", tool=name) for name in ("my_add", "my_sub", "researcher")]
    helper = make_node("sub_agent", title="Researcher", agent="a")
    whole = agent(document.node("mcp"), helper, *rules, make_node("gate", title="g", tool="my_add"), TIME)

    def lacking() -> list[str]:
        return [problem.node_id for problem in problems(whole) if "which the agent does not have" in problem.text]

    assert lacking() == []  # the server was never asked: it may have any of them
    await LISTINGS.put(key, make_listing("S", "1", [("add", "", "", {"type": "object"})]))
    assert lacking() == [rules[1].id]
