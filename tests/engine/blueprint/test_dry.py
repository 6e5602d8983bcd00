"""What the next call would send, who wrote it, and why something is not in it."""

from __future__ import annotations

from typing import Any

import pytest

from engine.blueprint import (
    AgentDocument,
    Node,
    SetEnabled,
    apply,
    dry_compile,
    load_document,
    make_node,
    node_of_path,
    reasons_not_sent,
    state_values,
    why_not_sent,
)
from engine.entries import Entry
from tests.engine.blueprint.builders import agent, notepad, only_if

TIME = make_node("timeline", id="time")


def said(*entries: tuple[str, str]) -> list[Entry]:
    return [
        Entry(f"e{i}", i, role, [{"type": "text", "text": text}], "x", 1)  # type: ignore[arg-type]
        for i, (role, text) in enumerate(entries)
    ]


def text_of(message: dict[str, Any]) -> str:
    return "\n".join(block["text"] for block in message["content"])


def test_the_notepad_is_not_sent_while_it_is_empty_and_is_sent_with_its_items() -> None:
    document = notepad()
    request = dry_compile(document, draft="Hello")
    assert request.system == "You are an assistant with a notepad."
    assert [tool["name"] for tool in request.tools] == ["add_note"]
    assert request.tools[0]["input_schema"] == {
        "type": "object",
        "properties": {"note": {"type": "string", "maxLength": 20_000}},
        "required": ["note"],
        "additionalProperties": False,
    }
    assert [(m["role"], text_of(m)) for m in request.messages] == [("user", "Hello")]
    filled = dry_compile(document, state={"notepad": ["figs", "</section> tea"]}, draft="Hello")
    assert '<section id="notepad">\n- figs\n- ' in filled.system
    assert filled.system.count("</section>") == 1


@pytest.mark.parametrize("state", [{"notepad": ["x"]}, {"notes": ["x"]}, {"/node:notes": [["state", ["x"]]]}])
def test_values_are_given_by_name_by_id_or_as_a_session_keeps_them(state: dict[str, Any]) -> None:
    assert "- x" in dry_compile(notepad(), state=state).system


def test_every_span_leads_to_its_node() -> None:
    request = dry_compile(
        notepad(), entries=said(("user", "a"), ("assistant", "b")), state={"notepad": ["x"]}, draft="c"
    )
    by_node = {node_of_path(span.path) for span in request.spans}
    assert by_node == {"sys", "section", "time", "add"}
    for span in request.spans:
        if span.part == "system":
            block = request.system_blocks[span.index]["text"]
            assert block[span.start : span.end]
    section = next(span for span in request.spans if node_of_path(span.path) == "section")
    assert "- x" in request.system_blocks[section.index]["text"][section.start : section.end]


def test_the_conversation_and_the_draft_are_in_it() -> None:
    entries = said(("user", "one"), ("assistant", "two"), ("user", "three"), ("assistant", "four"))
    request = dry_compile(notepad(), entries=entries, draft="five")
    assert [text_of(m) for m in request.messages] == ["one", "two", "three", "four", "five"]
    limited, _ = apply(notepad(), _set("time", "limit", 3))
    assert text_of(dry_compile(limited, entries=entries, draft="five").messages[0]) == "three"
    short, _ = apply(notepad(), _set("time", "max_tokens", 50))
    long = said(*[("user" if i % 2 == 0 else "assistant", "word " * 30) for i in range(10)])
    assert len(dry_compile(short, entries=long, draft="x").messages) < 10
    assert text_of(dry_compile(notepad(), entries=said(("user", "a"), ("assistant", "b"))).messages[-1]) == "Continue."


def _set(node_id: str, name: str, value: Any) -> Any:
    from engine.blueprint import SetProperty

    return SetProperty(node_id, name, value)


@pytest.mark.parametrize(
    ("nodes", "system", "first", "last"),
    [
        (
            [make_node("section", title="Rules of tone", text="Be kind.")],
            '<section id="rules_of_tone" title="Rules of tone">\nBe kind.\n</section>',
            "hi",
            "hi",
        ),
        ([make_node("section", title="a", text="For you", audience="person")], "", "hi", "hi"),
        ([make_node("section", title="a", text="Both", audience="both")], "Both", "hi", "hi"),
        ([make_node("section", title="a", text="The long text", collapsed="In short")], "In short", "hi", "hi"),
        ([make_node("example", text="cat"), make_node("example", role="assistant", text="gato")], "", "cat", "hi"),
        ([make_node("reminder", text="Be brief.")], "", "hi\nBe brief.", "hi\nBe brief."),
        ([make_node("reminder", text="Start.", position="start")], "", "Start.\nhi", "Start.\nhi"),
        ([make_node("reminder", text="Before.", position="before-user")], "", "Before.\nhi", "Before.\nhi"),
        ([make_node("group", make_node("system", text="In a group"))], "In a group", "hi", "hi"),
        ([make_node("system", text="off", enabled=False)], "", "hi", "hi"),
        ([make_node("group", make_node("system", text="off"), enabled=False)], "", "hi", "hi"),
        ([make_node("section", title="empty", text=" ")], "", "hi", "hi"),
        (
            [
                make_node("state", title="city", type="text", initial="Bergen"),
                make_node("system", text="In {{ city }}."),
            ],
            "In Bergen.",
            "hi",
            "hi",
        ),
        (
            [
                make_node("system", text="In {{ city }}."),
                make_node("group", make_node("state", title="city", type="text", initial="Bergen")),
            ],
            "In Bergen.",
            "hi",
            "hi",
        ),
        (
            [
                make_node("state", title="l", initial=["a", "b"]),
                make_node("repeat", make_node("system", text="Item {{ item }}"), each="l"),
            ],
            "Item a\n\nItem b",
            "hi",
            "hi",
        ),
        (
            [
                make_node("state", title="l", initial=[]),
                make_node("repeat", make_node("system", text="Item {{ item }}"), each="l"),
            ],
            "",
            "hi",
            "hi",
        ),
        (
            [
                make_node("state", title="r", type="record", initial={"a": "x", "b": "y"}),
                make_node("repeat", make_node("system", text="{{ f.name }}={{ f.value }}"), each="r", item="f"),
            ],
            "a=x\n\nb=y",
            "hi",
            "hi",
        ),
        (
            [
                make_node("state", title="l", initial=[["a", "b"], ["c"]]),
                make_node("repeat", make_node("section", title="row", text="{{ item|join('+') }}"), each="l"),
            ],
            '<section id="row">\na+b\nc\n</section>',
            "hi",
            "hi",
        ),
    ],
)
def test_each_kind_shows_in_the_context(nodes: list[Node], system: str, first: str, last: str) -> None:
    request = dry_compile(agent(*nodes, TIME), draft="hi")
    if system:
        assert system in request.system
    else:
        assert "off" not in request.system and "For you" not in request.system and "Item" not in request.system
    assert "The long text" not in request.system
    assert (text_of(request.messages[0]), text_of(request.messages[-1])) == (first, last)


def test_when_and_otherwise_take_turns() -> None:
    document = agent(
        make_node("knob", id="k", title="formal"),
        make_node(
            "when",
            make_node("system", id="yes", text="Sir"),
            make_node("otherwise", make_node("system", id="no", text="Hey"), id="else"),
            id="w",
            condition=only_if("formal", "is_yes"),
        ),
        TIME,
    )
    assert "Hey" in dry_compile(document).system and "Sir" not in dry_compile(document).system
    on = dry_compile(document, state={"formal": True}).system
    assert "Sir" in on and "Hey" not in on
    assert why_not_sent(document, {}, "yes") == "formal is no."
    assert why_not_sent(document, {}, "no") is None
    assert why_not_sent(document, {"formal": True}, "no") == "formal is yes, and it is there otherwise."
    off, _ = apply(document, SetEnabled("else", False))
    assert "Hey" not in dry_compile(off).system


@pytest.mark.parametrize(
    ("props", "line"),
    [
        ({"title": "detail", "description": "How much to say"}, "detail [toggle]: false — How much to say"),
        (
            {"title": "tone", "type": "choice", "options": ["warm", "dry"], "default": "dry"},
            'tone [select]: "dry" (options: "warm", "dry")',
        ),
        (
            {"title": "n", "type": "number", "minimum": 1, "maximum": 5, "default": 3, "step": 1},
            "n [range]: 3 (1 - 5, step 1)",
        ),
        ({"title": "n", "type": "number", "default": 3}, "n [number]: 3"),
        ({"title": "topic", "type": "text", "momentary": True}, 'topic [text]: "" (resets after use)'),
        ({"title": "a", "group": "Model"}, "### Model\na [toggle]: false"),
    ],
)
def test_knobs_are_listed_where_they_stand(props: dict[str, Any], line: str) -> None:
    document = agent(
        make_node("system", text="Above"), make_node("knob", id="k", **props), make_node("system", text="Below"), TIME
    )
    request = dry_compile(document, draft="x")
    assert line in request.system
    assert request.system.index("Above") < request.system.index(line) < request.system.index("Below")
    assert [tool["name"] for tool in request.tools] == ["set_knob"]
    assert "k" in {node_of_path(span.path) for span in request.spans if span.part == "system"}


def test_a_knob_in_a_false_when_is_not_offered() -> None:
    document = agent(
        make_node("state", title="ready", type="yes_no"),
        make_node("when", make_node("knob", title="inner"), id="w", condition=only_if("ready", "is_yes")),
        TIME,
    )
    assert "inner" not in dry_compile(document).system
    assert "inner [toggle]" in dry_compile(document, state={"ready": True}).system


def test_parts_that_do_not_work_are_left_out_and_reported() -> None:
    document = agent(
        make_node("system", id="bad", text="{{ nope }}"),
        make_node("when", make_node("system", text="x"), id="w", condition={"expression": "((("}),
        make_node("repeat", id="r", each="gone"),
        make_node("system", text="Good"),
        TIME,
        make_node("timeline", id="second"),
        make_node("example", id="late", text="x"),
    )
    reports: list[str] = []
    request = dry_compile(document, draft="x", report=lambda node, field, error: reports.append(node.id))
    assert request.system == "Good"
    assert reports == ["bad", "w", "r", "second", "late"]
    assert dry_compile(document).system == "Good"


def test_steps_outside_a_tool_and_unknown_parts_are_never_sent() -> None:
    children = [
        {"kind": "later", "children": [{"kind": "system", "props": {"text": "hidden"}}]},
        {"kind": "reply", "props": {"text": "step"}},
    ]
    document = load_document({"format": "bough-agent", "version": 1, "root": {"kind": "agent", "children": children}})
    assert dry_compile(document).system == ""


def test_why_a_node_is_not_in_the_context() -> None:
    document = agent(
        make_node("system", id="sys", text="Hi"),
        make_node("system", id="off", text="x", enabled=False),
        make_node("group", make_node("system", id="inside", text="x"), id="group", title="Tone", enabled=False),
        make_node("state", id="v", title="notepad"),
        make_node("state", title="count", type="number"),
        make_node(
            "when",
            make_node("section", id="sec", title="a", text="b"),
            id="w",
            condition=only_if("notepad", "is_not_empty"),
        ),
        make_node("when", make_node("system", id="deep", text="x"), id="w2", condition=only_if("count", "at_least", 3)),
        make_node("when", make_node("system", id="blank", text="x"), id="w3"),
        make_node("when", make_node("system", id="broken", text="x"), id="w4", condition={"expression": "nope"}),
        make_node("when", make_node("system", id="exp", text="x"), id="w5", condition={"expression": "count > 9"}),
        make_node("section", id="person", title="p", text="x", audience="person"),
        make_node("section", id="empty", title="p"),
        make_node("section", id="lines", title="p", each="notepad", text="- {{ item }}"),
        make_node("repeat", make_node("system", id="rep", text="{{ item }}"), id="repeat", each="notepad"),
        make_node("repeat", make_node("system", id="rep2", text="x"), id="repeat2"),
        make_node("system", id="if", text="{% if count %}x{% endif %}"),
        make_node("system", id="bad", text="{{ nope }}"),
        make_node("tool", make_node("reply", id="reply", text="x"), id="tool", title="Do"),
        TIME,
        make_node("example", id="example", text="x"),
        make_node("reply", id="stray", text="x"),
    )
    expected = {
        "root": None,
        "sys": None,
        "tool": None,
        "time": None,
        "example": None,
        "off": "It is switched off.",
        "group": "It is switched off.",
        "inside": "Group · Tone, which it stands in, is switched off.",
        "v": "State variables are not sent by themselves; write {{ notepad }} in a text to show its value.",
        "w": "notepad is empty.",
        "sec": "notepad is empty.",
        "deep": "count is less than 3.",
        "blank": "Its When has no condition yet.",
        "w3": "It has no condition yet.",
        "broken": "Its condition does not work.",
        "w4": "Its condition does not work.",
        "exp": "This is not so: count > 9.",
        "person": "It is for the person only; the model does not see it.",
        "empty": "It has no text.",
        "lines": "notepad is empty.",
        "repeat": "notepad is empty.",
        "rep": "notepad is empty.",
        "rep2": "Its Repeat has no list yet.",
        "if": "Its text is empty at the moment.",
        "bad": "Its text does not work: There is no variable called “nope” here.",
        "reply": "Steps are not sent; they run when the model uses Tool · Do.",
        "stray": "It is a step, and steps run only inside a tool.",
    }
    every = reasons_not_sent(document, {})
    assert {node_id: every[node_id] for node_id in expected} == expected
    for node_id in expected:
        assert why_not_sent(document, {}, node_id) == expected[node_id]
    full = reasons_not_sent(document, {"notepad": ["x"], "count": 10})
    assert [full[node_id] for node_id in ("w", "sec", "deep", "exp", "lines", "rep", "if")] == [None] * 7
    assert why_not_sent(document, {}, "gone") == "This part is not there any more."


def test_values_of_a_session_are_found_by_node() -> None:
    document = agent(
        make_node("state", id="a", title="a"),
        make_node("knob", id="k", title="k"),
        make_node("gate", id="g", title="g"),
        TIME,
    )
    saved = {
        "/node:a": [["state", ["state", "x"]]],
        "/node:k": [["knob", {"name": "k", "value": True}]],
        "/node:g": [["gate", {"name": "g", "value": "active"}]],
        "/node:gone": [["state", 1]],
        "/body": [],
        "/node:a:1f": [["state", 2]],
    }
    assert state_values(document, saved) == {"a": ["state", "x"], "k": True, "g": "active"}


def test_paths_lead_to_nodes() -> None:
    assert node_of_path("/node:abc") == "abc"
    assert node_of_path("/node:abc/node:def:9a-2") == "def"
    assert node_of_path("/body") is None and node_of_path("") is None


def test_a_large_agent_compiles() -> None:
    nodes = [make_node("section", title=f"s{i}", text="Hello {{ name }}") for i in range(300)]
    document: AgentDocument = agent(make_node("state", title="name", type="text", initial="Bo"), *nodes, TIME)
    assert dry_compile(document).system.count("Hello Bo") == 300
