"""Nothing gets round the gate: random agents that act, in a world that allows nothing, have no effect at all."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import create_app
from engine.blueprint import KINDS, AgentDocument, agent_component, apply, dry_compile, make_node
from engine.blueprint.document import Node
from engine.blueprint.edits import SetProperty
from engine.blueprint.kinds import NodeKind
from engine.blueprint.kinds.on_event import EVENTS
from engine.blueprint.reach import capabilities
from engine.effects.sandbox import sandbox
from engine.errors import EngineError
from engine.mcp_client.listing import LISTINGS
from engine.permissions import Capability, MemoryPermissions
from engine.testing import Reply, ScriptedModel, ToolCall
from engine.world import World
from tests.engine.blueprint.builders import agent
from tests.engine.blueprint.edge import Agents, Baits, Secrets, Store, watched
from tests.engine.blueprint.scripted import TIME

ACTING = [kind.name for kind in KINDS.values() if type(kind).capabilities is not NodeKind.capabilities]


@contextmanager
def prepared() -> Iterator[Baits]:
    """Baits, a port where nobody answers, and a process that knows nothing from earlier tests."""
    sandbox()  # found out once per process, by starting one
    known = dict(LISTINGS._known)
    LISTINGS._known.clear()
    with tempfile.TemporaryDirectory() as folder, socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        yield Baits(Path(folder), server.getsockname()[1])
    LISTINGS._known.clear()
    LISTINGS._known.update(known)


async def lives(document: AgentDocument, permissions: MemoryPermissions, answer: str, found: list[str]) -> list[str]:
    """Two turns in which the model calls every tool there is; returns what the person was asked."""
    world = World(
        "agent", permissions,
        store=Store(found), agents=Agents(found), secrets=Secrets(found),  # type: ignore[arg-type]
    )  # fmt: skip
    asked: list[str] = []
    names = [KINDS[node.kind].own_name(node) for node in document.walk() if KINDS[node.kind].group == "abilities"]
    calls = [ToolCall(name, {"task": "x"} if name == "helper" else {}) for name in names if name]
    model = ScriptedModel([Reply(tool_calls=calls), "Done.", Reply(tool_calls=calls), "Done."], default="ok")
    async with create_app(agent_component(document, world=world), model=model) as app:
        session = await app.session("s")
        for _ in range(2):
            handle = await session.send("go")
            async for event in handle:
                if event.type == "tool_confirmation_required":
                    asked.append(event.message)
                    session.respond(event.confirmation_id, answer != "no", always=answer == "always")
            try:
                await handle.result
            except EngineError as error:  # a file that is no image, for instance
                asked.append(str(error))
    for request in model.calls:
        found.extend(f"provider tool {tool}" for tool in request.tools if "type" in tool)
    await world.aclose()
    return asked


def run(
    document: AgentDocument, permissions: MemoryPermissions | None = None, answer: str = "no"
) -> tuple[list[str], list[str]]:
    """What happened at the edge, and what the person was asked."""
    with watched() as found:
        asked = asyncio.run(_bounded(document, permissions or MemoryPermissions(), answer, found))
    return found, asked


async def _bounded(document: AgentDocument, permissions: MemoryPermissions, answer: str, found: list[str]) -> list[str]:
    async with asyncio.timeout(60):
        return await lives(document, permissions, answer, found)


def holding(baits: Baits, kind: str) -> AgentDocument:
    """An agent that has one node of a kind."""
    if kind in baits.steps:
        return agent(make_node("tool", baits.step(kind, id="bait"), title="Act 1", description="x"), TIME)
    return agent(baits.node(kind, id="bait"), TIME)


def test_there_is_a_bait_for_every_kind_that_acts() -> None:
    with prepared() as baits:
        assert set(baits.steps) | set(baits.nodes) == set(ACTING)


@pytest.mark.parametrize("kind", ACTING)
def test_each_kind_acts_when_it_may_and_only_then(kind: str) -> None:
    with prepared() as baits:
        document = holding(baits, kind)
        with watched() as compiled:
            dry_compile(document, draft="hi")
        assert compiled == []
        nothing, asked = run(document)
        assert nothing == [] and asked, (nothing, asked)
        something, asked = run(document, answer="always")
        assert something and asked, "the bait was not taken, so this test could not fail"


@pytest.mark.parametrize("kind", ACTING)
def test_what_is_taken_back_counts_at_the_next_call(kind: str) -> None:
    with prepared() as baits:
        document = holding(baits, kind)
        permissions = MemoryPermissions([("agent", capability) for _, capability in capabilities(document)])
        something, asked = run(document, permissions)
        assert something and not [words for words in asked if not words.startswith("Image")], asked
        permissions._keys.clear()
        nothing, asked = run(document, permissions)
        assert nothing == [] and asked


CHANGES: dict[str, tuple[str, Callable[[Baits], Any]]] = {
    "http": ("url", lambda baits: f"http://127.0.0.1:{baits.port + 1}/"),
    "read_file": ("folder", lambda baits: str(baits.folder.parent)),
    "write_file": ("folder", lambda baits: str(baits.folder.parent)),
    "list_folder": ("folder", lambda baits: str(baits.folder.parent)),
    "run_python": ("code", lambda baits: "result = 2"),
    "search_sessions": ("scope", lambda baits: "agent"),
    "document": ("path", lambda baits: str(baits.folder / "other.txt")),
    "image": ("path", lambda baits: str(baits.folder / "other.txt")),
    "data": ("path", lambda baits: str(baits.folder / "other.txt")),
    "mcp_server": ("arguments", lambda baits: ["-c", "import os"]),
    "provider_tool": ("tool", lambda baits: "code_execution"),
    "sub_agent": ("agent", lambda baits: "agent_3"),
}


@pytest.mark.parametrize("kind", ACTING)
def test_what_was_allowed_is_that_very_thing(kind: str) -> None:
    """Another host, folder, file, code, program or agent asks again, and does nothing until then."""
    with prepared() as baits:
        document = holding(baits, kind)
        permissions = MemoryPermissions([("agent", capability) for _, capability in capabilities(document)])
        name, value = CHANGES[kind]
        changed, _ = apply(document, SetProperty("bait", name, value(baits)))
        nothing, asked = run(changed, permissions)
        assert nothing == [] and asked


def test_permissions_of_another_agent_are_worth_nothing() -> None:
    with prepared() as baits:
        document = holding(baits, "read_file")
        others = MemoryPermissions([("other", capability) for _, capability in capabilities(document)])
        assert run(document, others)[0] == []


async def test_nobody_can_be_asked_and_nothing_happens() -> None:
    capability = Capability("http", {"host": "x"}, "Fetch from x")
    with pytest.raises(EngineError):
        await World("agent").require(capability)


# -- random agents -----------------------------------------------------------------------------------------------


def steps(baits: Baits) -> st.SearchStrategy[Node]:
    """Steps that act, also inside When, Otherwise, Repeat and Group, some switched off."""
    kinds = sorted(baits.steps)
    leaf = st.builds(
        lambda kind, on: baits.step(kind, **{} if on else {"enabled": False}), st.sampled_from(kinds), st.booleans()
    )

    def around(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        some = st.lists(inner, min_size=1, max_size=3)
        return st.one_of(
            some.map(lambda found: make_node("group", *found)),
            some.map(lambda found: make_node("repeat", *found, each="things", item="thing")),
            st.tuples(some, some, st.booleans()).map(
                lambda made: make_node(
                    "when", *made[0], make_node("otherwise", *made[1]),
                    condition={"expression": "1 == 1" if made[2] else "1 == 2"},
                )
            ),
        )  # fmt: skip

    return st.recursive(leaf, around, max_leaves=6)


def agents(baits: Baits) -> st.SearchStrategy[AgentDocument]:
    """Agents with tools, On event and parts that act, some of these inside When, Repeat and Group."""
    some = st.lists(steps(baits), min_size=1, max_size=3)
    tool = some.map(lambda found: make_node("tool", *found, make_node("reply", text="ok"), description="x"))
    event = st.tuples(st.sampled_from(sorted(EVENTS)), some).map(
        lambda made: make_node("on_event", *made[1], event=made[0])
    )
    node = st.sampled_from(sorted(baits.nodes)).map(baits.node)
    part = st.one_of(tool, event, node)
    wrapped = st.tuples(st.sampled_from(["group", "when", "repeat"]), part).map(
        lambda made: make_node(made[0], made[1], each="things", condition={"expression": "1 == 1"})
    )

    def built(found: list[Node]) -> AgentDocument:
        named = [_named(node, f"Act {number}") for number, node in enumerate(found)]
        return agent(make_node("state", title="things", initial=["a", "b"]), *named, TIME)

    return st.lists(st.one_of(part, wrapped), min_size=1, max_size=4).map(built)


def _named(node: Node, title: str) -> Node:
    """Tools inside with names that the model can call."""
    props = {**node.props, "title": title} if node.kind == "tool" else node.props
    children = tuple(_named(child, title) for child in node.children)
    return Node(node.id, node.kind, props, children, node.enabled)


def test_no_agent_however_it_is_built_has_an_effect_that_was_not_allowed() -> None:
    with prepared() as baits:

        @settings(max_examples=settings.default.max_examples)
        @given(agents(baits))
        def check(document: AgentDocument) -> None:
            with watched() as compiled:
                dry_compile(document, draft="hi")
            assert compiled == []
            found, _ = run(document)
            assert found == [], found

        check()


MARKS = {
    "http": ("socket", "secrets"),
    "search_sessions": ("store",),
    "sub_agent": ("agents",),
    "provider_tool": ("provider",),
}
"""How the effects of a kind begin, where they can be told from those of all others."""


def test_what_is_allowed_opens_no_door_for_anything_else() -> None:
    with prepared() as baits:

        @settings(max_examples=settings.default.max_examples)
        @given(agents(baits), st.sampled_from(sorted(MARKS)))
        def check(document: AgentDocument, kind: str) -> None:
            allowed = [
                ("agent", capability)
                for node, capability in capabilities(document)
                if node.kind not in (kind, "run_python", "mcp_server")
            ]
            found, _ = run(document, MemoryPermissions(allowed))
            assert not [line for line in found if line.startswith((*MARKS[kind], "subprocess"))], found

        check()
