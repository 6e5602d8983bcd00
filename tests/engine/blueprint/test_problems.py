"""Problems in plain sentences, and their fixes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.blueprint import AgentDocument, Node, Problem, SetEnabled, apply, load_document, make_node, problems
from tests.engine.blueprint.builders import agent, notepad, only_if

SYSTEM = make_node("system", id="sys", text="Hi")
TIME = make_node("timeline", id="time")


def tool(*steps: Node, id: str = "tool", **props: object) -> Node:
    props = {"title": "Do it", "description": "Does it", **props}
    return make_node("tool", *steps, make_node("reply", id=f"{id}-reply", text="Ok."), id=id, **props)


def on(document: AgentDocument, node_id: str, words: str) -> Problem:
    found = [problem for problem in problems(document) if problem.node_id == node_id and words in problem.text]
    assert found, [(problem.node_id, problem.text) for problem in problems(document)]
    return found[0]


def fixed(document: AgentDocument, problem: Problem) -> AgentDocument:
    assert problem.fix is not None and problem.fix.label
    after, _ = apply(document, problem.fix)
    assert problem.text not in [other.text for other in problems(after)]
    return after


def test_a_sound_agent_has_none() -> None:
    assert problems(notepad()) == []


BROKEN: dict[str, tuple[Callable[[], AgentDocument], str, str, bool]] = {
    "no timeline": (lambda: agent(SYSTEM), "root", "will not remember", True),
    "timeline switched off": (
        lambda: agent(SYSTEM, make_node("timeline", enabled=False)),
        "root",
        "will not remember",
        True,
    ),
    "two timelines": (lambda: agent(SYSTEM, TIME, make_node("timeline", id="t2")), "t2", "two Timelines", True),
    "no name": (lambda: agent(SYSTEM, TIME, name=" "), "root", "no name yet", False),
    "no instructions": (lambda: agent(TIME), "root", "no instructions", True),
    "empty system": (
        lambda: agent(make_node("system", id="sys", text=" "), TIME),
        "sys",
        "instruction is empty",
        False,
    ),
    "empty section": (lambda: agent(SYSTEM, make_node("section", id="s"), TIME), "s", "section is empty", False),
    "empty list section": (
        lambda: agent(
            SYSTEM, make_node("state", title="l", initial=["a"]), make_node("section", id="s", each="l"), TIME
        ),
        "s",
        "section is empty",
        True,
    ),
    "empty example": (lambda: agent(SYSTEM, make_node("example", id="e"), TIME), "e", "message is empty", False),
    "empty reminder": (lambda: agent(SYSTEM, TIME, make_node("reminder", id="r")), "r", "reminder is empty", False),
    "example below timeline": (
        lambda: load_with(SYSTEM, TIME, make_node("example", id="e", text="x")),
        "e",
        "below the Timeline",
        True,
    ),
    "two tools of one name": (
        lambda: agent(SYSTEM, tool(), tool(id="b"), TIME),
        "b",
        "Two tools are called “do_it”",
        True,
    ),
    "two technical names": (
        lambda: agent(SYSTEM, tool(name="x"), tool(id="b", name="x"), TIME),
        "b",
        "Two tools are called “x”",
        True,
    ),
    "two variables of one name": (
        lambda: agent(
            make_node("system", text="{{ a }}"),
            make_node("state", title="a", initial=["x"]),
            make_node("knob", id="b", title="A"),
            TIME,
        ),
        "b",
        "called “a”",
        True,
    ),
    "tool without description": (lambda: agent(SYSTEM, tool(description=""), TIME), "tool", "when to use it", True),
    "tool without name": (lambda: agent(SYSTEM, tool(title=""), TIME), "tool", "no name", False),
    "tool without reply": (
        lambda: agent(SYSTEM, make_node("tool", id="t", title="a", description="b"), TIME),
        "t",
        "no Reply step",
        True,
    ),
    "two inputs of one name": (
        lambda: agent(SYSTEM, tool(inputs=[{"title": "a"}, {"title": "A"}]), TIME),
        "tool",
        "Two inputs",
        False,
    ),
    "input without name": (
        lambda: agent(SYSTEM, tool(inputs=[{"title": ""}]), TIME),
        "tool",
        "input of this tool has no name",
        False,
    ),
    "choice without options": (
        lambda: agent(SYSTEM, tool(inputs=[{"title": "a", "type": "choice"}]), TIME),
        "tool",
        "without options",
        False,
    ),
    "tool called set_knob": (
        lambda: agent(SYSTEM, tool(title="set knob"), make_node("knob", title="k"), TIME),
        "tool",
        "belongs to the knobs",
        False,
    ),
    "empty reply": (
        lambda: agent(SYSTEM, make_node("tool", make_node("reply", id="r"), title="a", description="b"), TIME),
        "r",
        "reply is empty",
        False,
    ),
    "step without variable": (
        lambda: agent(SYSTEM, tool(make_node("clear", id="c")), TIME),
        "c",
        "Choose what the step",
        False,
    ),
    "step with an unknown variable": (
        lambda: agent(SYSTEM, tool(make_node("append", id="c", variable="list", value="x")), TIME),
        "c",
        "no variable called “list”",
        True,
    ),
    "step that changes an input": (
        lambda: agent(SYSTEM, tool(make_node("clear", id="c", variable="note"), inputs=[{"title": "note"}]), TIME),
        "c",
        "steps can change only",
        False,
    ),
    "append to a number": (
        lambda: agent(
            make_node("system", text="{{ n }}"),
            make_node("state", title="n", type="number"),
            tool(make_node("append", id="c", variable="n")),
            TIME,
        ),
        "c",
        "needs a list or text",
        False,
    ),
    "unknown variable in a text": (
        lambda: agent(make_node("system", id="sys", text="{{ mood }}"), TIME),
        "sys",
        "no variable called “mood”",
        True,
    ),
    "misspelt variable": (
        lambda: agent(
            make_node("system", id="sys", text="{{ notpad }}"), make_node("state", title="notepad", initial=["x"]), TIME
        ),
        "sys",
        "Did you mean “notepad”",
        True,
    ),
    "variable switched off": (
        lambda: agent(
            make_node("system", id="sys", text="{{ notepad }}"),
            make_node("state", title="notepad", initial=["x"], enabled=False),
            TIME,
        ),
        "sys",
        "switched off",
        True,
    ),
    "variable of a repeat used outside": (
        lambda: agent(
            make_node("system", id="sys", text="{{ inner }}"),
            make_node("state", title="l", initial=["x"]),
            make_node("repeat", make_node("state", title="inner", initial=["x"]), each="l"),
            TIME,
        ),
        "sys",
        "only inside a Repeat",
        False,
    ),
    "variable that nothing sets": (
        lambda: agent(make_node("system", text="{{ notes }}"), make_node("state", id="v", title="notes"), TIME),
        "v",
        "Nothing ever sets",
        False,
    ),
    "variable without name": (lambda: agent(SYSTEM, make_node("state", id="v"), TIME), "v", "has no name", False),
    "first value of the wrong type": (
        lambda: agent(SYSTEM, make_node("state", id="v", title="n", type="number", initial="many"), TIME),
        "v",
        "does not fit",
        True,
    ),
    "template that ends too early": (
        lambda: agent(make_node("system", id="sys", text="a\n{{ b"), TIME),
        "sys",
        "ends in the middle",
        False,
    ),
    "condition on an unknown variable": (
        lambda: agent(
            SYSTEM, make_node("when", make_node("system", text="x"), id="w", condition=only_if("mood", "is_yes")), TIME
        ),
        "w",
        "no variable called “mood”",
        True,
    ),
    "condition that is no expression": (
        lambda: agent(SYSTEM, make_node("when", SYSTEM_2, id="w", condition={"expression": "a b"}), TIME),
        "w",
        "cannot be understood",
        False,
    ),
    "condition with a word for a number": (
        lambda: agent(
            make_node("system", text="{{ n }}"),
            make_node("knob", title="n", type="number"),
            make_node("when", SYSTEM_2, id="w", condition=only_if("n", "more_than", "many")),
            TIME,
        ),
        "w",
        "is not a number",
        False,
    ),
    "when without condition": (
        lambda: agent(SYSTEM, make_node("when", SYSTEM_2, id="w"), TIME),
        "w",
        "no condition",
        False,
    ),
    "when without anything": (
        lambda: agent(
            SYSTEM, make_node("knob", title="k"), make_node("when", id="w", condition=only_if("k", "is_yes")), TIME
        ),
        "w",
        "Nothing stands inside",
        True,
    ),
    "repeat without list": (
        lambda: agent(SYSTEM, make_node("repeat", SYSTEM_2, id="r"), TIME),
        "r",
        "has no list",
        False,
    ),
    "repeat over a text": (
        lambda: agent(
            SYSTEM,
            make_node("state", title="t", type="text", initial="x"),
            make_node("repeat", SYSTEM_2, id="r", each="t"),
            TIME,
        ),
        "r",
        "needs a list",
        False,
    ),
    "knob without name": (lambda: agent(SYSTEM, make_node("knob", id="k"), TIME), "k", "has no name", False),
    "knob outside its range": (
        lambda: agent(
            SYSTEM, make_node("knob", id="k", title="k", type="number", minimum=1, maximum=5, default=9), TIME
        ),
        "k",
        "outside its range",
        True,
    ),
    "knob with a default of another kind": (
        lambda: agent(SYSTEM, make_node("knob", id="k", title="k", default="x"), TIME),
        "k",
        "not one of its values",
        True,
    ),
    "knob range upside down": (
        lambda: agent(SYSTEM, make_node("knob", id="k", title="k", type="number", minimum=5, maximum=1), TIME),
        "k",
        "upside down",
        False,
    ),
    "choice knob without options": (
        lambda: agent(SYSTEM, make_node("knob", id="k", title="k", type="choice"), TIME),
        "k",
        "no options",
        False,
    ),
    "gate that never closes": (
        lambda: agent(SYSTEM, make_node("gate", id="g", title="g"), TIME),
        "g",
        "never closes",
        False,
    ),
    "gate that says nothing": (
        lambda: agent(SYSTEM, make_node("gate", id="g", title="g"), TIME),
        "g",
        "what must be done",
        False,
    ),
    "gate on an unknown tool": (
        lambda: agent(SYSTEM, make_node("gate", id="g", title="g", tool="edit"), TIME),
        "g",
        "does not have",
        False,
    ),
    "gate without name": (lambda: agent(SYSTEM, make_node("gate", id="g"), TIME), "g", "has no name", False),
    "step in the tree": (
        lambda: load_with(SYSTEM, make_node("reply", id="r", text="x"), TIME),
        "r",
        "wrong place",
        False,
    ),
    "node among steps": (
        lambda: load_with(
            SYSTEM,
            make_node(
                "tool", make_node("system", id="s", text="x"), make_node("reply", text="x"), title="a", description="b"
            ),
            TIME,
        ),
        "s",
        "wrong place",
        False,
    ),
    "unknown part": (
        lambda: load_document(
            {
                "format": "bough-agent",
                "version": 1,
                "root": {"kind": "agent", "children": [{"id": "u", "kind": "later"}]},
            }
        ),
        "u",
        "has no part called “later”",
        False,
    ),
}

SYSTEM_2 = make_node("system", id="sys2", text="Hello")


def load_with(*children: Node) -> AgentDocument:
    """As if read from a file: placement rules were not asked."""
    return agent(*children)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_agent_is_told_of_plainly_and_put_right(name: str) -> None:
    make, node_id, words, has_fix = BROKEN[name]
    document = make()
    problem = on(document, node_id, words)
    assert problem.text[0].isupper() or problem.text[0] == "“"
    assert problem.text.endswith((".", "?"))
    assert (problem.fix is not None) is has_fix
    if has_fix:
        fixed(document, problem)


def test_there_are_enough_kinds_of_broken_agents_with_fixes() -> None:
    assert len(BROKEN) >= 25
    assert sum(has_fix for *_, has_fix in BROKEN.values()) >= 20


def test_a_template_error_has_its_line_and_its_field() -> None:
    problem = on(agent(make_node("system", id="sys", text="one\ntwo {{ }}"), TIME), "sys", "nothing between")
    assert (problem.line, problem.field, problem.severity) == (2, "text", "error")


def test_a_fix_for_a_typing_mistake_rewrites_the_text() -> None:
    document = agent(
        make_node("system", id="sys", text="See {{ notpad }}."),
        make_node("state", title="notepad", initial=["x"]),
        TIME,
    )
    after = fixed(document, on(document, "sys", "Did you mean"))
    assert after.node("sys").props["text"] == "See {{ notepad }}."


def test_what_is_switched_off_is_not_complained_about() -> None:
    document = agent(SYSTEM, make_node("section", id="s", text="{{ nope }}"), TIME)
    assert problems(document)
    after, _ = apply(document, SetEnabled("s", False))
    assert problems(after) == []


def test_errors_come_first() -> None:
    document = agent(make_node("system", id="a"), make_node("system", id="b", text="{{ nope }}"), name="")
    severities = [problem.severity for problem in problems(document)]
    assert severities == sorted(severities, key=["error", "warning", "info"].index)
    assert set(severities) == {"error", "warning", "info"}
