"""What holds for every agent with parts: files, updates and undo, making and taking apart, and what is remembered."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from engine import create_app
from engine.blueprint import (
    AgentDocument,
    EditError,
    History,
    InsertNode,
    MoveNode,
    Node,
    agent_component,
    apply,
    dry_compile,
    dump_document,
    fresh_ids,
    load_document,
    make_node,
    state_values,
)
from engine.blueprint.part_detach import detach
from engine.blueprint.part_edits import make_part, preview_update, update_part, use_part
from engine.blueprint.parts import (
    PartDefinition,
    PartParameter,
    definition_of,
    definition_of_instance,
    instance,
    instances,
    part_document,
)
from engine.testing import ScriptedModel
from tests.engine.blueprint.builders import agent, only_if
from tests.engine.blueprint.scripted import TIME, call

NAMES = ("notes", "tone", "topic")
TEXTS = st.sampled_from(
    ["plain", "{{ notes|length }} notes", "{{ tone }}", "{{ topic|upper }}!", "{{ tone }}{{ topic }}"]
)


def leaves(draw: Any, number: int) -> Node:
    kind = draw(st.sampled_from(["system", "section", "tool", "knob", "reminder"]))
    mark = f"{kind}{number}"
    if kind == "tool":
        steps = (
            make_node("append", id=f"ap{number}", variable="notes", value=draw(TEXTS)),
            make_node("reply", id=f"re{number}"),
        )
        return make_node("tool", *steps, id=mark, title=mark, description=draw(TEXTS))
    if kind == "knob":
        return make_node("knob", id=mark, title=mark)
    return make_node(kind, id=mark, **({"title": mark} if kind == "section" else {}), text=draw(TEXTS))


@st.composite
def nodes(draw: Any, start: int = 0) -> tuple[Node, ...]:
    found: list[Node] = []
    for number in range(start, start + draw(st.integers(1, 4))):
        leaf = leaves(draw, number)
        wrap = draw(st.sampled_from(["", "", "group", "when"]))
        if wrap == "group":
            leaf = make_node("group", leaf, id=f"g{number}", title="G")
        elif wrap == "when":
            leaf = make_node(
                "when",
                leaf,
                id=f"w{number}",
                condition=only_if("notes", draw(st.sampled_from(["is_empty", "is_not_empty"]))),
            )
        found.append(leaf)
    return tuple(found)


@st.composite
def definitions(draw: Any, id: str = "part_a") -> PartDefinition:
    """A part that uses ``notes``, ``tone`` and ``topic``: each its own variable, or a parameter."""
    own = [name for name in NAMES if draw(st.booleans())]
    types = {"notes": "list", "tone": "text", "topic": "text"}
    parameters = tuple(
        PartParameter(
            title=name, type=types[name], default=None if draw(st.booleans()) else empty_of(types[name]), id=f"p-{name}"
        )
        for name in NAMES
        if name not in own
    )
    declared = tuple(make_node("state", id=f"s-{name}", title=name, type=types[name]) for name in own)
    return PartDefinition(
        id, draw(st.sampled_from(["A", "Notes", "Größe"])), "", parameters, (*declared, *draw(nodes()))
    )


def empty_of(kind: str) -> Any:
    return ["first"] if kind == "list" else "first"


ARGUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "notes": st.sampled_from(["{{ notes }}", ["x", "y"], "one\ntwo"]),
        "tone": st.sampled_from(["{{ topic }}", "warm", "{{ topic }} and {{ topic|upper }}"]),
        "topic": st.sampled_from(["", "plants", "{{ topic }}"]),
    },
)


@st.composite
def documents(draw: Any) -> tuple[AgentDocument, PartDefinition]:
    definition = draw(definitions())
    document = agent(
        make_node("state", id="notes", title="notes", initial=["outer"]),
        make_node("state", id="topic", title="topic", type="text", initial="figs"),
        make_node("group", id="box"),
        TIME,
    )
    for number in range(draw(st.integers(1, 3))):
        made = use_part(document, definition)
        made = instance(
            definition, id=f"i{number}", arguments=draw(ARGUMENTS), prefix=str(made.props.get("prefix", ""))
        )
        parent = draw(st.sampled_from(["root", "box"]))
        document, _ = apply(document, InsertNode(parent, 0, made))
    return document, definition


def context(document: AgentDocument) -> tuple[Any, ...]:
    """What the model is given; the lines of the system prompt sorted, as knobs stand scope by scope in their list."""
    request = dry_compile(document, draft="hi")
    return (
        sorted(request.system.splitlines()),
        [m["content"] for m in request.messages],
        [(t["name"], t["description"]) for t in request.tools],
    )


@settings(max_examples=60, deadline=None)
@given(documents())
def test_an_agent_with_parts_goes_through_its_file_and_back(made: tuple[AgentDocument, PartDefinition]) -> None:
    document, definition = made
    text = dump_document(document)
    assert load_document(text) == document and dump_document(load_document(text)) == text
    assert definition_of(load_document(dump_document(part_document(definition)))) == definition
    assert PartDefinition.from_json(definition.to_json()) == definition
    for node in instances(document):
        assert definition_of_instance(node) == definition
        copy = fresh_ids(node)
        assert definition_of_instance(copy) == definition
        assert not {inner.id for inner in copy.walk()} & {inner.id for inner in node.walk()}
    assert context(document) == context(load_document(text))


@settings(max_examples=60, deadline=None)
@given(documents(), definitions())
def test_an_update_is_undone_byte_for_byte_and_is_made_once(
    made: tuple[AgentDocument, PartDefinition], newer: PartDefinition
) -> None:
    document, _ = made
    history = History(document)
    before = dump_document(document)
    seen = preview_update(document, newer)
    edit = update_part(document, newer)
    assert dump_document(document) == before and (edit is None) == (seen.edit is None)
    if edit is None:
        return
    history.do(edit)
    assert update_part(history.document, newer) is None
    assert {node.props["version"] for node in instances(history.document)} == {newer.version}
    after = dump_document(history.document)
    history.undo()
    assert dump_document(history.document) == before
    history.redo()
    assert dump_document(history.document) == after
    again = History.from_json(history.document, history.to_json())
    again.undo()
    assert dump_document(again.document) == before


@settings(max_examples=60, deadline=None)
@given(documents())
def test_a_part_that_is_taken_apart_says_what_it_said(made: tuple[AgentDocument, PartDefinition]) -> None:
    document, _ = made
    for node in instances(document):
        try:
            edit = detach(document, node.id)
        except EditError:
            continue
        after, back = apply(document, edit)
        assert context(after) == context(document)
        assert dump_document(apply(after, back, check=False)[0]) == dump_document(document)
        assert len(instances(after)) == len(instances(document)) - 1


@settings(max_examples=60, deadline=None)
@given(nodes(), st.data())
def test_a_part_that_is_made_says_what_the_nodes_said(made: tuple[Node, ...], data: Any) -> None:
    state = (
        make_node("state", id="notes", title="notes", initial=["a"]),
        make_node("state", id="tone", title="tone", type="text", initial="warm"),
        make_node("state", id="topic", title="topic", type="text", initial="figs"),
    )
    document = agent(*state, *made, TIME)
    first = data.draw(st.integers(0, len(made) - 1))
    last = data.draw(st.integers(first, len(made) - 1))
    ids = [node.id for node in made[first : last + 1]]
    definition, edit = make_part(document, ids, "Made")
    history = History(document)
    history.do(edit)
    (node,) = instances(history.document)
    assert definition_of_instance(node) == definition
    assert context(history.document) == context(document)
    history.undo()
    assert dump_document(history.document) == dump_document(document)


@settings(max_examples=12, deadline=None)
@given(st.lists(st.sampled_from(["box", "root", "inner", "update"]), min_size=1, max_size=6))
async def test_what_an_instance_remembers_stays_wherever_it_is_moved(moves: list[str]) -> None:
    tool = make_node(
        "tool", make_node("append", id="ap", variable="kept", value="figs"), id="t", title="Keep", description="K"
    )
    definition = PartDefinition("p", "Keeper", "", (), (make_node("state", id="s", title="kept"), tool))
    inner = make_node("group", id="inner", title="inner")
    document = agent(make_node("group", inner, id="box"), instance(definition, id="i"), TIME)
    async with create_app(agent_component(document), model=ScriptedModel([call("keep")])) as app:
        session = await app.session("s")
        await session.send("go").result
        for number, move in enumerate(moves):
            if move == "update":
                words = make_node("system", id="w", text=f"version {number}")
                edit: Any = update_part(document, PartDefinition("p", "Keeper", "", (), (*definition.nodes, words)))
            else:
                edit = MoveNode("i", move, 0)
            document, _ = apply(document, edit)
            session.replace(agent_component(document))
            await session.send("again").result
            assert state_values(document, session.inspect()["saved"]) == {"i-s": ["figs"]}
