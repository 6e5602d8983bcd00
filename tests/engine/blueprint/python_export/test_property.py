"""Random small agents, exported, make the requests that they make themselves, whatever a model does with them."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import given, note
from hypothesis import strategies as st

from engine.blueprint import AgentDocument, Node, fresh_ids, make_node, problems
from engine.blueprint.python_export import export_python
from engine.testing import Reply, ToolCall
from tests.engine.blueprint.python_export.both import assert_same

TYPES = {"word": "text", "count": "number", "flag": "yes_no", "list": "list", "facts": "record", "level": "text"}
WORDS = st.sampled_from(["tea", "figs and milk", "Ada's “note”", "{", "7", "", "two\nlines"])
TEXT_PIECES = st.sampled_from(
    [
        "Hello. ", "{{ word }} ", "{{ count }}", "{{ flag }}\n", "{{ list }}", "{{ facts }}", "{{ list|length }} ",
        "{{ word|upper }}", "{{ list|join(', ') }}", "{{ count + 1 }}", "{{ level }}", "{% if flag %}on{% endif %}",
        "{% for item in list %}[{{ item }}]{% endfor %}", "{% if count > 2 %}many{% else %}few{% endif %}\n",
        "{{ facts.a|default('?') }}", "{{ word ~ count }}", "\n- a dash\n",
    ]
)  # fmt: skip
TEXTS = st.lists(TEXT_PIECES, min_size=1, max_size=4).map("".join)
ROWS = st.sampled_from(
    [
        {"variable": "flag", "operator": "is_yes"},
        {"variable": "flag", "operator": "is_no"},
        {"variable": "word", "operator": "is_not_empty"},
        {"variable": "word", "operator": "contains", "value": "a"},
        {"variable": "count", "operator": "more_than", "value": 1},
        {"variable": "count", "operator": "equals", "value": "0"},
        {"variable": "list", "operator": "is_empty"},
        {"variable": "list", "operator": "has_at_least", "value": 2},
        {"variable": "list", "operator": "contains", "value": "tea"},
        {"variable": "facts", "operator": "contains", "value": "a"},
        {"variable": "level", "operator": "equals", "value": "high"},
    ]
)
CONDITIONS = st.builds(
    lambda rows, match: {"rows": rows, "match": match},
    st.lists(ROWS, min_size=1, max_size=2),
    st.sampled_from(["all", "any"]),
)
STEPS = st.one_of(
    st.builds(lambda value: make_node("set", variable="word", value=value), st.one_of(TEXTS, st.just("{{ x }}"))),
    st.just(make_node("set", variable="count", value="{{ count + 1 }}")),
    st.just(make_node("set", variable="count", value="{{ x }}")),
    st.just(make_node("set", variable="flag", value="{{ not flag }}")),
    st.just(make_node("set", variable="level", value="{{ x }}")),
    st.just(make_node("set", variable="facts", field="{{ x }}", value="{{ count }}")),
    st.just(make_node("append", variable="list", value="{{ x }}")),
    st.just(make_node("append", variable="word", value="{{ list|length }}")),
    st.just(make_node("remove", variable="list", value="{{ x }}")),
    st.just(make_node("remove", variable="list", what="first")),
    st.just(make_node("clear", variable="list")),
    st.builds(lambda text: make_node("reply", text=text), TEXTS),
)


def flows(inside: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    """Steps or nodes with steps or nodes inside."""
    children = st.lists(inside, min_size=1, max_size=2)
    return st.one_of(
        inside,
        st.builds(lambda test, nodes: make_node("when", *nodes, condition=test), CONDITIONS, children),
        st.builds(
            lambda test, nodes, other: make_node("when", *nodes, make_node("otherwise", *other), condition=test),
            CONDITIONS,
            children,
            children,
        ),
        st.builds(lambda nodes: make_node("group", *nodes, title="Some"), children),
        st.builds(lambda nodes: make_node("repeat", *nodes, each="list"), children),
    )


LEAVES = st.one_of(
    st.builds(lambda text: make_node("system", text=text), TEXTS),
    st.builds(lambda text, name: make_node("section", title=name, text=text), TEXTS, st.sampled_from(["A", "B", ""])),
    st.just(make_node("section", title="Lines", text="- {{ item }}", each="list")),
    st.builds(lambda text: make_node("reminder", text=text), TEXTS),
)
TOOL_STEPS = st.lists(flows(STEPS), min_size=1, max_size=4)


@st.composite
def agents(draw: Any) -> AgentDocument:
    """An agent with a variable of each type, a knob, two tools, and a tree of texts and flow."""
    variables = [
        make_node("state", title="word", type="text", initial=draw(WORDS)),
        make_node("state", title="count", type="number", initial=draw(st.sampled_from([0, 1, 2.5]))),
        make_node("state", title="flag", type="yes_no", initial=draw(st.booleans())),
        make_node("state", title="list", type="list", initial=draw(st.lists(WORDS, max_size=3))),
        make_node("state", title="facts", type="record", initial=draw(st.dictionaries(st.sampled_from("ab"), WORDS))),
        make_node("knob", title="level", type="choice", options=["low", "high"], default="low"),
    ]
    tools = [
        make_node("tool", *draw(TOOL_STEPS), title=name, description="Does it", inputs=[{"title": "x"}])
        for name in ("One", "Two")
    ]
    nodes = draw(st.lists(flows(LEAVES), min_size=1, max_size=4))
    nodes.append(
        make_node(
            "part",
            *(fresh_ids(node) for node in draw(st.lists(flows(LEAVES), min_size=1, max_size=2))),
            fresh_ids(make_node("tool", *draw(TOOL_STEPS), title="Three", description="x", inputs=[{"title": "x"}])),
            title="Part",
            parameters=[{"title": name, "type": kind} for name, kind in TYPES.items()],
            arguments={name: f"{{{{ {name} }}}}" for name in TYPES},
        )
    )
    event = draw(st.sampled_from(["message", "call_start", "call_end", "turn_end"]))
    nodes.append(make_node("on_event", make_node("set", variable="count", value="{{ count + 1 }}"), event=event))
    root = make_node("agent", *variables, *tools, *nodes, make_node("timeline"), name="Random")
    return AgentDocument(fresh_ids(root))


CALLS = st.one_of(
    st.builds(lambda name, x: ToolCall(name, {"x": x}), st.sampled_from(["one", "two", "three"]), WORDS),
    st.builds(lambda value: ToolCall("set_knob", {"name": "level", "value": value}), st.sampled_from(["high", "mid"])),
)
REPLIES = st.lists(st.lists(CALLS, min_size=1, max_size=2).map(lambda calls: Reply("", calls)), max_size=4)


@given(agents(), REPLIES)
def test_the_exported_module_makes_the_same_requests(document: AgentDocument, replies: list[Reply]) -> None:
    if any(problem.severity == "error" for problem in problems(document)):
        return
    note(export_python(document))
    asyncio.run(assert_same(document, ["Go.", "On."], [*replies, "Done."]))
