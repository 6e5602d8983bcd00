"""Every kind of broken agent in one table: the sentence, the node, the field, and that its fix puts it right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from engine import ModelInfo
from engine.blueprint import AgentDocument, Node, Problem, apply, load_document, make_node, problems
from engine.blueprint.checks import Facts
from engine.blueprint.checks.truths import Domain, verdict
from engine.blueprint.conditions import as_condition
from tests.engine.blueprint.builders import agent, only_if

SYSTEM = make_node("system", id="sys", text="Hi")
MORE = make_node("system", id="more", text="Hello")
TIME = make_node("timeline", id="time")
TOPICS = make_node("state", id="topics", title="topics", initial=["a"])
NOTHING_KNOWN = Facts()
MODEL = ModelInfo("m", label="Small", context_window=1_000, abilities=frozenset())
ABLE = ModelInfo("m", label="Small", context_window=1_000, abilities=frozenset({"tools"}))


def tool(*steps: Node, id: str = "tool", **props: Any) -> Node:
    props = {"title": "Do it", "description": "Does it", **props}
    return make_node("tool", *steps, make_node("reply", id=f"{id}-reply", text="Ok."), id=id, **props)


def choice(**props: Any) -> Node:
    return make_node("knob", id="tone", title="tone", type="choice", options=["warm", "dry"], **props)


def number(low: int | None = 1, high: int | None = 5) -> Node:
    return make_node("knob", id="depth", title="depth", type="number", minimum=low, maximum=high, default=low)


def when(*rows: tuple[str, str, Any], match: str = "all", inside: Node = MORE, **condition: Any) -> Node:
    said = [{"variable": name, "operator": operator, "value": value} for name, operator, value in rows]
    return make_node("when", inside, id="when", condition={"rows": said, "match": match, **condition})


def later(*children: dict[str, Any]) -> AgentDocument:
    return load_document({"format": "bough-agent", "version": 1, "root": {"kind": "agent", "children": [*children]}})


@dataclass(frozen=True)
class Broken:
    """One kind of broken agent. ``known_after``: what is known once the fix was made, where that changes too."""

    name: str
    make: Callable[[], AgentDocument]
    node: str
    field: str | None
    text: str
    fix: str | None = None
    facts: Facts = NOTHING_KNOWN
    known_after: Facts | None = None


WHOLE = [
    Broken(
        "no timeline",
        lambda: agent(SYSTEM),
        "root",
        None,
        "There is no Timeline, so the agent will not remember earlier turns.",
        "Add a Timeline",
    ),
    Broken(
        "timeline switched off",
        lambda: agent(SYSTEM, make_node("group", make_node("timeline"), enabled=False)),
        "root",
        None,
        "There is no Timeline, so the agent will not remember earlier turns.",
        "Switch the Timeline on",
    ),
    Broken(
        "two timelines",
        lambda: agent(SYSTEM, TIME, make_node("timeline", id="second")),
        "second",
        None,
        "There are two Timelines, and an agent has only one conversation.",
        "Remove this Timeline",
    ),
    Broken(
        "timeline hidden by a condition",
        lambda: agent(SYSTEM, choice(), when(("tone", "equals", "warm"), inside=TIME), MORE),
        "time",
        None,
        "The Timeline stands inside a When: while the condition does not hold, the agent remembers nothing.",
        "Move it out",
    ),
    Broken(
        "no name",
        lambda: agent(SYSTEM, TIME, name=" "),
        "root",
        "name",
        "The agent has no name yet.",
        "Call it “My agent”",
    ),
    Broken(
        "no instructions",
        lambda: agent(TIME),
        "root",
        None,
        "The agent has no instructions: the model is told nothing about what it should be.",
        "Add instructions",
    ),
    Broken(
        "everything switched off",
        lambda: agent(make_node("system", text="Hi", enabled=False), make_node("timeline", enabled=False)),
        "root",
        None,
        "Every part of this agent is switched off, so it has nothing to say.",
        "Switch all parts on",
    ),
    Broken(
        "one call per turn and a tool",
        lambda: agent(SYSTEM, tool(), TIME, max_ticks=1),
        "root",
        "max_ticks",
        "One model call per turn is too few for tools: the model would never read what a tool replied.",
        "Allow 10 calls",
    ),
    Broken(
        "one call per turn and a server's tools",
        lambda: agent(SYSTEM, make_node("mcp_server", program="npx"), TIME, max_ticks=1),
        "root",
        "max_ticks",
        "One model call per turn is too few for tools: the model would never read what a tool replied.",
        "Allow 10 calls",
    ),
    Broken(
        "unknown part",
        lambda: later({"id": "new", "kind": "later"}),
        "new",
        None,
        "This version of Bough has no part called “later”. It is kept as it is, but does nothing here.",
    ),
]

TEXTS = [
    Broken(
        "empty instruction",
        lambda: agent(make_node("system", id="empty", text=" "), MORE, TIME),
        "empty",
        "text",
        "This instruction is empty, so the model is told nothing here.",
        "Remove it",
    ),
    Broken(
        "the only instruction is empty",
        lambda: agent(make_node("system", id="empty"), TIME),
        "empty",
        "text",
        "This instruction is empty, so the model is told nothing here.",
        "Write something to start with",
    ),
    Broken(
        "empty section",
        lambda: agent(SYSTEM, make_node("section", id="s", title="s"), TIME),
        "s",
        "text",
        "This section is empty, so it is not sent.",
        "Remove it",
    ),
    Broken(
        "empty section of a list",
        lambda: agent(SYSTEM, TOPICS, make_node("section", id="s", each="topics"), TIME),
        "s",
        "text",
        "This section is empty, so it is not sent.",
        "Write - item for each",
    ),
    Broken(
        "two sections of one name",
        lambda: agent(
            make_node("section", id="one", title="rules", text="a"),
            make_node("section", id="two", title="Rules", text="b"),
            TIME,
        ),
        "two",
        "title",
        "Two sections are called “rules”, so the model reads them as one.",
        "Call this one “Rules 2”",
    ),
    Broken(
        "empty example",
        lambda: agent(SYSTEM, make_node("example", id="e"), TIME),
        "e",
        "text",
        "This example message is empty, so it is not sent.",
        "Remove it",
    ),
    Broken(
        "example without an answer",
        lambda: agent(SYSTEM, make_node("example", id="e", text="Hello?"), TIME),
        "e",
        "role",
        "The last example is the person's and has no answer, so the model reads it as a question to answer now.",
        "Add an answer",
    ),
    Broken(
        "example below the timeline",
        lambda: agent(SYSTEM, TIME, make_node("example", id="e", role="assistant", text="x")),
        "e",
        None,
        "An example message stands ahead of the conversation, but this one is below the Timeline.",
        "Move it above the Timeline",
    ),
    Broken(
        "empty reminder",
        lambda: agent(SYSTEM, TIME, make_node("reminder", id="r")),
        "r",
        "text",
        "This reminder is empty, so it is not sent.",
        "Remove it",
    ),
    Broken(
        "template that ends too early",
        lambda: agent(make_node("system", id="sys", text="a\n{{ b"), TIME),
        "sys",
        "text",
        "Instructions: The text ends in the middle of {{ … }} or {% … %}.",
    ),
    Broken(
        "template that calls a function",
        lambda: agent(make_node("system", id="sys", text="a\n{{ open('x') }}"), TIME),
        "sys",
        "text",
        "Instructions: Functions cannot be called here; use a filter, such as {{ notes|length }}.",
    ),
]

VARIABLES = [
    Broken(
        "unknown variable in a text",
        lambda: agent(make_node("system", id="sys", text="{{ mood }}"), TIME),
        "sys",
        "text",
        "There is no variable called “mood” here.",
        "Make a variable “mood”",
    ),
    Broken(
        "misspelt variable",
        lambda: agent(make_node("system", id="sys", text="{{ topic }}"), TOPICS, TIME),
        "sys",
        "text",
        "There is no variable called “topic” here. Did you mean “topics”?",
        "Use “topics”",
    ),
    Broken(
        "variable switched off",
        lambda: agent(
            make_node("system", id="sys", text="{{ mood }}"),
            make_node("group", make_node("state", title="mood", initial=["x"]), enabled=False),
            TIME,
        ),
        "sys",
        "text",
        "The variable “mood” is switched off.",
        "Switch it on",
    ),
    Broken(
        "variable of a repeat used outside",
        lambda: agent(
            make_node("system", id="sys", text="{{ inner }}"),
            TOPICS,
            make_node("repeat", make_node("state", title="inner", initial=["x"]), each="topics"),
            TIME,
        ),
        "sys",
        "text",
        "“inner” exists only inside a Repeat, not here.",
    ),
    Broken(
        "variable that nothing sets",
        lambda: agent(make_node("system", text="{{ notes }}"), make_node("state", id="notes", title="notes"), TIME),
        "notes",
        None,
        "Nothing ever sets “notes”: no step of any tool changes it.",
    ),
    Broken(
        "variable that nothing reads",
        lambda: agent(
            SYSTEM,
            make_node("state", id="notes", title="notes"),
            tool(make_node("append", variable="notes", value="x")),
            TIME,
        ),
        "notes",
        None,
        "Nothing reads “notes”: the model never sees what it holds.",
        "Show it to the model",
    ),
    Broken(
        "variable without name",
        lambda: agent(SYSTEM, make_node("state", id="v"), TIME),
        "v",
        "title",
        "This variable has no name.",
    ),
    Broken(
        "first value of another type",
        lambda: agent(SYSTEM, make_node("state", id="v", title="n", type="number", initial="many"), TIME),
        "v",
        "initial",
        "The value to start with does not fit: “many” is not a number. It starts empty instead.",
        "Start empty",
    ),
    Broken(
        "two variables of one name",
        lambda: agent(
            make_node("system", text="{{ topics }}"), TOPICS, make_node("knob", id="b", title="Topics"), TIME
        ),
        "b",
        "title",
        "Two variables or knobs are called “topics”.",
        "Call this one “Topics 2”",
    ),
    Broken(
        "technical name that is none",
        lambda: agent(
            make_node("system", text="{{ my_list }}"),
            make_node("state", id="v", title="l", name="My list", initial=["a"]),
            TIME,
        ),
        "v",
        "name",
        "“My list” cannot be a technical name, so the model and texts know it as “my_list”.",
        "Use “my_list”",
    ),
]

TOOLS = [
    Broken(
        "two tools of one name",
        lambda: agent(SYSTEM, tool(), tool(id="b"), TIME),
        "b",
        "title",
        "Two tools are called “do_it”.",
        "Call this one “Do it 2”",
    ),
    Broken(
        "two tools of one technical name",
        lambda: agent(SYSTEM, tool(name="x"), tool(id="b", name="x"), TIME),
        "b",
        "name",
        "Two tools are called “x”.",
        "Call this one “x_2”",
    ),
    Broken(
        "tool called set_knob",
        lambda: agent(SYSTEM, tool(title="set knob"), choice(), TIME),
        "tool",
        "title",
        "The name “set_knob” belongs to the knobs of the agent.",
        "Call it otherwise",
    ),
    Broken(
        "tool without name",
        lambda: agent(SYSTEM, tool(title=""), TIME),
        "tool",
        "title",
        "This tool has no name.",
        "Name it",
    ),
    Broken(
        "tool without description",
        lambda: agent(SYSTEM, tool(description=""), TIME),
        "tool",
        "description",
        "The tool does not say when to use it, so the model has only its name to go by.",
        "Use “Do it”",
    ),
    Broken(
        "tool without steps",
        lambda: agent(SYSTEM, make_node("tool", id="t", title="a", description="b"), TIME),
        "t",
        None,
        "This tool has no steps, so nothing happens when the model uses it.",
        "Add a reply",
    ),
    Broken(
        "tool without reply",
        lambda: agent(
            make_node("system", text="{{ topics }}"),
            TOPICS,
            make_node("tool", make_node("clear", variable="topics"), id="t", title="a", description="b"),
            TIME,
        ),
        "t",
        None,
        "This tool has no Reply step, so the model only learns that it is done.",
        "Add a reply",
    ),
    Broken(
        "two inputs of one name",
        lambda: agent(SYSTEM, tool(make_node("reply", text="{{ a }}"), inputs=[{"title": "a"}, {"title": "A"}]), TIME),
        "tool",
        "inputs",
        "Two inputs of this tool are called “a”.",
        "Call one “A 2”",
    ),
    Broken(
        "input without name",
        lambda: agent(SYSTEM, tool(make_node("reply", text="{{ input }}"), inputs=[{"title": ""}]), TIME),
        "tool",
        "inputs",
        "An input of this tool has no name.",
        "Call it “input”",
    ),
    Broken(
        "input that no step uses",
        lambda: agent(SYSTEM, tool(inputs=[{"title": "note"}]), TIME),
        "tool",
        "inputs",
        "No step of this tool uses what the model gives as “note”.",
        "Do not ask for it",
    ),
    Broken(
        "choice without options",
        lambda: agent(
            SYSTEM, tool(make_node("reply", text="{{ a }}"), inputs=[{"title": "a", "type": "choice"}]), TIME
        ),
        "tool",
        "inputs",
        "The input “a” is a choice without options.",
        "Ask for a text instead",
    ),
    Broken(
        "empty reply",
        lambda: agent(SYSTEM, make_node("tool", make_node("reply", id="r"), title="a", description="b"), TIME),
        "r",
        "text",
        "This reply is empty, so the model is told nothing.",
        "Write “Done.”",
    ),
    Broken(
        "reply that comes too early",
        lambda: agent(
            SYSTEM,
            TOPICS,
            make_node(
                "tool",
                make_node("reply", id="r", text="Left: {{ topics|length }}"),
                make_node("clear", variable="topics"),
                title="a",
                description="b",
            ),
            TIME,
        ),
        "r",
        None,
        "The reply tells of “topics” before a step below changes it, so the model reads the old value.",
        "Move the reply to the end",
    ),
    Broken(
        "step without variable",
        lambda: agent(make_node("system", text="{{ topics }}"), TOPICS, tool(make_node("clear", id="c")), TIME),
        "c",
        "variable",
        "Choose what the step “Clear” should change.",
        "Let it change “topics”",
    ),
    Broken(
        "step with an unknown variable",
        lambda: agent(SYSTEM, tool(make_node("append", id="c", variable="basket", value="x")), TIME),
        "c",
        "variable",
        "There is no variable called “basket” here.",
        "Make a variable “basket”",
    ),
    Broken(
        "step that changes an input",
        lambda: agent(SYSTEM, tool(make_node("clear", id="c", variable="note"), inputs=[{"title": "note"}]), TIME),
        "c",
        "variable",
        "“note” is an input of the tool; steps can change only variables and knobs.",
    ),
    Broken(
        "append to a number",
        lambda: agent(
            make_node("system", text="{{ n }}"),
            make_node("state", title="n", type="number"),
            tool(make_node("append", id="c", variable="n", value="x")),
            TIME,
        ),
        "c",
        "variable",
        "“Variable” needs a list or text, and “n” is none.",
        "Make “n” a list",
    ),
    Broken(
        "step in the tree",
        lambda: agent(SYSTEM, make_node("reply", id="r", text="x"), tool(), TIME),
        "r",
        None,
        "This stands in the wrong place: A Reply is a step: it belongs inside a tool.",
        "Move it into the tool",
    ),
    Broken(
        "node among steps",
        lambda: agent(SYSTEM, tool(make_node("section", id="s", text="x")), TIME),
        "s",
        None,
        "This stands in the wrong place: A Tool holds steps; a Section stands in the tree itself.",
        "Move it out of the tool",
    ),
]

FLOW = [
    Broken(
        "condition on an unknown variable",
        lambda: agent(SYSTEM, when(("mood", "is_yes", None)), TIME),
        "when",
        "condition",
        "There is no variable called “mood” here.",
        "Make a variable “mood”",
    ),
    Broken(
        "condition that is no expression",
        lambda: agent(SYSTEM, when(expression="a b"), TIME),
        "when",
        "condition",
        "Only when: This cannot be understood at “b”.",
    ),
    Broken(
        "condition with a word for a number",
        lambda: agent(SYSTEM, number(), when(("depth", "more_than", "many")), TIME),
        "when",
        "condition",
        "Only when: “many” is not a number.",
    ),
    Broken(
        "condition on an option that does not exist",
        lambda: agent(SYSTEM, choice(), when(("tone", "equals", "warmm")), TIME),
        "when",
        "condition",
        "This condition can never hold: tone is “warmm”.",
        "Make it “tone is “warm””",
    ),
    Broken(
        "condition on an option that the tool does not offer",
        lambda: agent(
            SYSTEM,
            tool(
                make_node("when", make_node("reply", text="x"), id="when", condition=only_if("what", "equals", "tea")),
                inputs=[{"title": "what", "type": "choice", "options": ["coffee", "milk"]}],
            ),
            TIME,
        ),
        "when",
        "condition",
        "This condition can never hold: what is “tea”.",
        "Make it “what is “coffee””",
    ),
    Broken(
        "condition beyond the range",
        lambda: agent(SYSTEM, number(), when(("depth", "more_than", 5)), TIME),
        "when",
        "condition",
        "This condition can never hold: depth is more than 5.",
        "Make it “depth is at least 5”",
    ),
    Broken(
        "rows that contradict each other",
        lambda: agent(SYSTEM, choice(), when(("tone", "equals", "warm"), ("tone", "equals", "dry")), TIME),
        "when",
        "condition",
        "This condition can never hold: tone is “warm” and tone is “dry”.",
        "Let one of the rows be enough",
    ),
    Broken(
        "expression that is never true",
        lambda: agent(SYSTEM, when(expression="1 > 2"), TIME),
        "when",
        "condition",
        "This condition can never hold: 1 > 2.",
    ),
    Broken(
        "condition that always holds",
        lambda: agent(SYSTEM, number(), when(("depth", "at_least", 1)), TIME),
        "when",
        "condition",
        "This condition always holds, so it decides nothing: depth is at least 1.",
        "Keep what is inside without the When",
    ),
    Broken(
        "when without condition",
        lambda: agent(SYSTEM, when(), TIME),
        "when",
        "condition",
        "This When has no condition, so what is inside it is never there.",
        "Keep what is inside without the When",
    ),
    Broken(
        "when without anything",
        lambda: agent(SYSTEM, choice(), make_node("when", id="when", condition=only_if("tone", "equals", "dry")), TIME),
        "when",
        None,
        "Nothing stands inside this When.",
        "Remove it",
    ),
    Broken(
        "otherwise without anything",
        lambda: agent(
            SYSTEM,
            choice(),
            make_node("when", MORE, make_node("otherwise", id="o"), condition=only_if("tone", "equals", "dry")),
            TIME,
        ),
        "o",
        None,
        "Nothing stands inside this Otherwise.",
        "Remove it",
    ),
    Broken(
        "repeat without list",
        lambda: agent(SYSTEM, TOPICS, make_node("repeat", MORE, id="r"), TIME),
        "r",
        "each",
        "This Repeat has no list, so what is inside it is never there.",
        "Repeat for each item of “topics”",
    ),
    Broken(
        "repeat without anything",
        lambda: agent(SYSTEM, TOPICS, make_node("repeat", id="r", each="topics"), TIME),
        "r",
        None,
        "Nothing stands inside this Repeat.",
        "Remove it",
    ),
    Broken(
        "repeat over a text",
        lambda: agent(
            SYSTEM,
            make_node("state", id="t", title="t", type="text", initial="x"),
            make_node("repeat", MORE, id="r", each="t"),
            tool(make_node("append", variable="t", value="x")),
            TIME,
        ),
        "r",
        "each",
        "“Once for each item of” needs a list, and “t” is none.",
        "Make “t” a list",
    ),
    Broken(
        "empty group",
        lambda: agent(SYSTEM, make_node("group", id="g", title="Tone"), TIME),
        "g",
        None,
        "Nothing stands in this Group.",
        "Remove it",
    ),
]

CONTROLS = [
    Broken(
        "knob without name",
        lambda: agent(SYSTEM, make_node("knob", id="k"), TIME),
        "k",
        "title",
        "This knob has no name.",
    ),
    Broken(
        "knob outside its range",
        lambda: agent(
            SYSTEM, make_node("knob", id="k", title="k", type="number", minimum=1, maximum=5, default=9), TIME
        ),
        "k",
        "default",
        "The knob starts at 9, which is outside its range.",
        "Start with 1",
    ),
    Broken(
        "knob outside its options",
        lambda: agent(SYSTEM, choice(default="wet"), TIME),
        "tone",
        "default",
        "The knob starts as “wet”, which is not one of its values.",
        "Start with “warm”",
    ),
    Broken(
        "knob range upside down",
        lambda: agent(
            SYSTEM, make_node("knob", id="k", title="k", type="number", minimum=5, maximum=1, default=2), TIME
        ),
        "k",
        "minimum",
        "The range is upside down: “From” is larger than “To”.",
        "Turn it round",
    ),
    Broken(
        "knob without options",
        lambda: agent(SYSTEM, make_node("knob", id="k", title="k", type="choice"), TIME),
        "k",
        "options",
        "This knob is a choice but has no options.",
        "Make it a text",
    ),
    Broken(
        "gate without name",
        lambda: agent(SYSTEM, tool(), make_node("gate", id="g", tool="do_it", instructions="x"), TIME),
        "g",
        "title",
        "This gate has no name.",
    ),
    Broken(
        "gate that never closes",
        lambda: agent(SYSTEM, tool(), make_node("gate", id="g", title="g", instructions="x"), TIME),
        "g",
        "condition",
        "This gate never closes: it has neither a tool nor a condition.",
        "Wait for “do_it”",
    ),
    Broken(
        "gate that asks for nothing",
        lambda: agent(SYSTEM, tool(), make_node("gate", id="g", title="g", tool="do_it"), TIME),
        "g",
        "instructions",
        "The gate does not say what must be done before it is cleared.",
        "Ask to check the work",
    ),
    Broken(
        "gate on an unknown tool",
        lambda: agent(SYSTEM, tool(), make_node("gate", id="g", title="g", tool="do_that", instructions="x"), TIME),
        "g",
        "tool",
        "The gate waits for a tool called “do_that”, which the agent does not have.",
        "Wait for “do_it”",
    ),
    Broken(
        "gate that nobody can clear",
        lambda: agent(
            SYSTEM,
            TOPICS,
            tool(),
            make_node("gate", id="g", title="g", instructions="x", condition=only_if("topics", "is_not_empty")),
            TIME,
        ),
        "g",
        "condition",
        "Nobody can clear this gate for good: it closes when topics is not empty, and that always holds.",
        "Close it when “Do it” was used",
    ),
    Broken(
        "gate that can never close",
        lambda: agent(
            SYSTEM,
            choice(),
            make_node("gate", id="g", title="g", instructions="x", condition=only_if("tone", "equals", "loud")),
            TIME,
        ),
        "g",
        "condition",
        "This gate can never close: it closes when tone is “loud”, and that never holds.",
        "Switch the gate off",
    ),
]

SURROUNDINGS = [
    Broken(
        "no model is chosen",
        lambda: agent(SYSTEM, TIME),
        "root",
        "model",
        "No model is chosen, so the agent cannot answer. Choose one in Settings.",
        facts=Facts(chosen=False),
    ),
    Broken(
        "the model cannot be reached",
        lambda: agent(SYSTEM, TIME),
        "root",
        "model",
        "The model cannot be reached: nothing answers at example.org.",
        facts=Facts(chosen=True, unreachable="nothing answers at example.org."),
    ),
    Broken(
        "the wished model cannot be reached",
        lambda: agent(SYSTEM, TIME, model={"connection": "Work", "model": "big"}),
        "root",
        "model",
        "The model cannot be reached: the key was refused.",
        "Use the model chosen in Settings",
        Facts(unreachable="the key was refused"),
        Facts(unreachable=""),
    ),
    Broken(
        "a connection that is not in the settings",
        lambda: agent(SYSTEM, TIME, model={"connection": "Work", "model": ""}),
        "root",
        "model",
        "The agent asks for the connection “Work”, which is not in Settings.",
        "Use the model chosen in Settings",
        Facts(connections=frozenset({"Home"})),
    ),
    Broken(
        "a model without tools",
        lambda: agent(SYSTEM, tool(), choice(), TIME),
        "tool",
        None,
        "The model Small cannot use tools, so “Tool · Do it” will not work with it.",
        "Switch off what needs it",
        Facts(model=MODEL),
    ),
    Broken(
        "a context over the window",
        lambda: agent(SYSTEM, TIME),
        "time",
        "max_tokens",
        "The context has 4,200 tokens, and Small reads at most 1,000.",
        "Send at most 500 tokens of the conversation",
        Facts(model=ABLE, tokens=4_200),
        Facts(model=ABLE, tokens=800),
    ),
    Broken(
        "a context over the window that nothing shortens",
        lambda: agent(SYSTEM, make_node("timeline", id="time", max_tokens=100)),
        "time",
        None,
        "The context has 4,200 tokens, and Small reads at most 1,000.",
        facts=Facts(model=ABLE, tokens=4_200),
    ),
    Broken(
        "a file that is not there",
        lambda: agent(SYSTEM, make_node("section", id="s", title="plan.pdf", text="x"), TIME),
        "s",
        "title",
        "“plan.pdf” is not there on this computer.",
        "Switch this part off",
        Facts(missing={"s": ("plan.pdf",)}),
    ),
]

ACTING = [
    Broken(
        "a web request without an address",
        lambda: agent(SYSTEM, tool(make_node("http", id="x")), TIME),
        "x",
        "url",
        "This request has no address.",
    ),
    Broken(
        "a secret that goes nowhere",
        lambda: agent(
            SYSTEM,
            tool(
                make_node("http", id="x", url="https://example.org/a", secret={"name": "key", "host": "other.org:443"})
            ),
            TIME,
        ),
        "x",
        "secret",
        "The secret goes to no host that this request may reach, so it is never sent.",
    ),
    Broken(
        "a file step without a folder",
        lambda: agent(SYSTEM, tool(make_node("read_file", id="x", path="a.txt")), TIME),
        "x",
        "folder",
        "No folder was chosen for this step.",
    ),
    Broken(
        "a file outside of the folder",
        lambda: agent(SYSTEM, tool(make_node("read_file", id="x", folder="/data", path="../a.txt")), TIME),
        "x",
        "path",
        "“../a.txt” would lead out of the folder.",
    ),
    Broken(
        "a file step on the whole disk",
        lambda: agent(SYSTEM, tool(make_node("list_folder", id="x", folder="/")), TIME),
        "x",
        "folder",
        "This is the whole disk. Choose a folder that is only for this.",
    ),
    Broken(
        "a program that is no Python",
        lambda: agent(SYSTEM, tool(make_node("run_python", id="x", code="if")), TIME),
        "x",
        "code",
        "The code is not Python: invalid syntax.",
    ),
    Broken(
        "a program without code",
        lambda: agent(SYSTEM, tool(make_node("run_python", id="x")), TIME),
        "x",
        "code",
        "This step has no code.",
    ),
    Broken(
        "a document that was not chosen",
        lambda: agent(SYSTEM, make_node("document", id="x", title="Terms", source="file"), TIME),
        "x",
        "path",
        "No file was chosen.",
    ),
    Broken(
        "data that was not typed in",
        lambda: agent(SYSTEM, make_node("data", id="x", title="Hours"), TIME),
        "x",
        "values",
        "Nothing was typed in.",
    ),
    Broken(
        "a server without a program",
        lambda: agent(SYSTEM, make_node("mcp_server", id="x", title="Files"), TIME),
        "x",
        "program",
        "It is not said which program to start.",
    ),
    Broken(
        "a search tool with sites on both lists",
        lambda: agent(
            SYSTEM, make_node("provider_tool", id="x", allowed_domains=["a.org"], blocked_domains=["b.org"]), TIME
        ),
        "x",
        "blocked_domains",
        "A tool can have sites it may use or sites it may not, not both.",
        "Keep only the sites it may use",
    ),
    Broken(
        "a search tool with an address for a site",
        lambda: agent(SYSTEM, make_node("provider_tool", id="x", allowed_domains=["https://example.org"]), TIME),
        "x",
        "allowed_domains",
        "“https://example.org” is not a site like example.org.",
        "Write the sites without https://",
    ),
    Broken(
        "a provider's tool and a model without",
        lambda: agent(SYSTEM, make_node("provider_tool", id="x"), TIME),
        "x",
        None,
        "The model Small cannot use tools that its provider runs, so “Provider tool · Web search” will not work with "
        "it.",
        "Switch off what needs it",
        facts=Facts(model=ABLE),
    ),
    Broken(
        "a sub-agent that was not chosen",
        lambda: agent(SYSTEM, make_node("sub_agent", id="x", title="Helper", description="Helps"), TIME),
        "x",
        "agent",
        "Choose which of your agents this is.",
    ),
    Broken(
        "a sub-agent that is gone",
        lambda: agent(SYSTEM, make_node("sub_agent", id="x", title="Helper", description="Helps", agent="a1"), TIME),
        "x",
        "agent",
        "The agent behind “Sub-agent · Helper” is not there any more.",
        "Switch this part off",
        facts=Facts(agents=frozenset({"a2"})),
    ),
    Broken(
        "a sub-agent without description",
        lambda: agent(SYSTEM, make_node("sub_agent", id="x", title="Helper", agent="a1"), TIME),
        "x",
        "description",
        "The sub-agent does not say when to use it, so the model has only its name to go by.",
        "Use “Helper”",
    ),
    Broken(
        "a sub-agent that is told nothing",
        lambda: agent(
            SYSTEM, make_node("sub_agent", id="x", title="Helper", description="Helps", agent="a1", message=""), TIME
        ),
        "x",
        "message",
        "The sub-agent is told nothing.",
        "Tell it the task",
    ),
    Broken(
        "a question without words",
        lambda: agent(SYSTEM, tool(make_node("ask", id="x")), TIME),
        "x",
        "question",
        "This step has no question to ask.",
    ),
    Broken(
        "a question without answers",
        lambda: agent(SYSTEM, tool(make_node("ask", id="x", question="Yes?", answers="choice")), TIME),
        "x",
        "choices",
        "There is no answer to choose from.",
        "Offer Yes and No",
    ),
    Broken(
        "a question with one answer",
        lambda: agent(SYSTEM, tool(make_node("ask", id="x", question="Yes?", answers="choice", choices=["Yes"])), TIME),
        "x",
        "choices",
        "There is only one answer to choose from.",
        "Let the person answer in words",
    ),
    Broken(
        "a search for nothing",
        lambda: agent(
            SYSTEM,
            tool(
                make_node("search_sessions", id="x"),
                make_node("reply", text="{{ words }}{{ found_text }}"),
                inputs=[{"title": "words"}],
            ),
            TIME,
        ),
        "x",
        "query",
        "This step does not say what to search for.",
        "Search for “words”",
    ),
    Broken(
        "a model part that changes nothing",
        lambda: agent(SYSTEM, make_node("model", id="x"), TIME),
        "x",
        None,
        "This part changes nothing: it names no model and no setting.",
        "Remove it",
    ),
    Broken(
        "a model part with an unknown connection",
        lambda: agent(SYSTEM, make_node("model", id="x", model={"connection": "Work", "model": "big"}), TIME),
        "x",
        "model",
        "This part asks for the connection “Work”, which is not in Settings.",
        "Use the agent's own model",
        facts=Facts(connections=frozenset({"Home"})),
    ),
    Broken(
        "thinking that the model cannot do",
        lambda: agent(SYSTEM, make_node("model", id="x", effort="high"), TIME),
        "x",
        "effort",
        "Small cannot think before it answers.",
        "Leave it to the model",
        facts=Facts(model=ABLE),
    ),
    Broken(
        "an event without steps",
        lambda: agent(SYSTEM, make_node("on_event", id="x"), TIME),
        "x",
        None,
        "Nothing happens on this event: there are no steps inside.",
        "Remove it",
    ),
    Broken(
        "a reply that nobody reads",
        lambda: agent(
            make_node("system", text="{{ topics }}"),
            TOPICS,
            make_node("on_event", make_node("clear", variable="topics"), make_node("reply", id="x", text="x")),
            TIME,
        ),
        "x",
        None,
        "Nobody reads a Reply here: these steps run by themselves, not because the model asked.",
        "Remove it",
    ),
    Broken(
        "a question that nobody can answer",
        lambda: agent(SYSTEM, make_node("on_event", make_node("ask", id="x", question="Yes?")), TIME),
        "x",
        None,
        "The person cannot be asked here; only steps of a tool can ask.",
        "Remove it",
    ),
    Broken(
        "a rule that never stops",
        lambda: agent(SYSTEM, make_node("stop_rule", id="x"), TIME),
        "x",
        "condition",
        "This rule never stops anything: it has no condition.",
        "Remove it",
    ),
    Broken(
        "a rule that waits for an unknown tool",
        lambda: agent(SYSTEM, make_node("stop_rule", id="x", tool="act"), TIME),
        "x",
        "tool",
        "The rule waits for a tool called “act”, which the agent does not have.",
    ),
    Broken(
        "a rule that goes on for ever",
        lambda: agent(
            SYSTEM,
            choice(),
            make_node("continue_rule", id="x", condition=only_if("tone", "equals", "dry"), limit=None),
            TIME,
        ),
        "x",
        "limit",
        "This rule has no limit of its own: where its condition stays as it is, "
        "every turn takes all 10 model calls that the agent may make.",
        "At most 3 times a turn",
    ),
    Broken(
        "a rule that never goes on",
        lambda: agent(SYSTEM, make_node("continue_rule", id="x"), TIME),
        "x",
        "condition",
        "This rule never goes on: it does not say while or until what.",
        "Remove it",
    ),
    Broken(
        "an empty part",
        lambda: agent(SYSTEM, make_node("part", id="x", title="Notes"), TIME),
        "x",
        None,
        "Nothing stands inside this part.",
    ),
    Broken(
        "a part that is given something else",
        lambda: agent(
            SYSTEM,
            make_node(
                "part",
                MORE,
                id="x",
                title="Notes",
                parameters=[{"title": "size", "type": "number"}],
                arguments={"size": [1]},
            ),
            TIME,
        ),
        "x",
        "arguments",
        "What “size” is given does not fit: a list of 1 item is not a number.",
        "Give nothing",
    ),
    Broken(
        "an outdated part",
        lambda: agent(SYSTEM, make_node("part", MORE, id="x", title="Notes", part="p1", version="1"), TIME),
        "x",
        None,
        "The library has another version of this part: “Update from the library” shows what it changes.",
        facts=Facts(parts={"p1": "2"}),
    ),
    Broken(
        "more kept free than there is",
        lambda: agent(SYSTEM, make_node("timeline", id="x", max_tokens=100, headroom=100)),
        "x",
        "headroom",
        "More is kept free than there is: only the running turn would be sent.",
        "Keep a quarter free",
    ),
    Broken(
        "a summary of nothing",
        lambda: agent(SYSTEM, make_node("timeline", id="x", strategy="summarize")),
        "x",
        "strategy",
        "The conversation has no limit, so nothing is ever left out or summed up.",
        "At most 20,000 tokens",
    ),
]

CATALOGUE = [*WHOLE, *TEXTS, *VARIABLES, *TOOLS, *FLOW, *CONTROLS, *SURROUNDINGS, *ACTING]


def severe(found: list[Problem]) -> set[tuple[str, str]]:
    return {(problem.node_id, problem.text) for problem in found if problem.severity == "error"}


@pytest.mark.parametrize("broken", CATALOGUE, ids=lambda broken: broken.name)
def test_a_broken_agent_is_told_of_plainly_and_put_right(broken: Broken) -> None:
    document = broken.make()
    found = problems(document, broken.facts)
    matching = [problem for problem in found if (problem.node_id, problem.text) == (broken.node, broken.text)]
    assert len(matching) == 1, [(problem.node_id, problem.text) for problem in found]
    (problem,) = matching
    assert problem.field == broken.field
    assert (problem.fix.label if problem.fix is not None else None) == broken.fix
    assert not any(word in problem.text for word in ("Error", "None", "Traceback", "()"))
    if problem.fix is None:
        return
    after, undo = apply(document, problem.fix)
    left = problems(after, broken.known_after or broken.facts)
    assert (problem.node_id, problem.text) not in {(other.node_id, other.text) for other in left}
    assert severe(left) <= severe(found)
    back, _ = apply(after, undo, check=False)
    assert back.root == document.root


def test_there_are_enough_kinds_of_broken_agents_and_enough_fixes() -> None:
    names = {broken.name for broken in CATALOGUE}
    assert len(names) == len(CATALOGUE)
    sentences = {broken.text for broken in CATALOGUE}
    assert len(sentences) >= 25
    assert len({broken.text for broken in CATALOGUE if broken.fix is not None}) >= 20


SOUND = [
    ("a range that leaves room", lambda: agent(SYSTEM, number(), when(("depth", "more_than", 4)), TIME)),
    (
        "a value that is not an option, denied",
        lambda: agent(SYSTEM, choice(), when(("tone", "not_equals", "dry")), TIME),
    ),
    (
        "any of two options",
        lambda: agent(SYSTEM, choice(), when(("tone", "equals", "warm"), ("tone", "equals", "dry"), match="any"), TIME),
    ),
    (
        "rows that fit together",
        lambda: agent(SYSTEM, number(), when(("depth", "at_least", 2), ("depth", "at_most", 2)), TIME),
    ),
    (
        "a choice that may be left out",
        lambda: agent(
            SYSTEM,
            tool(
                make_node("when", make_node("reply", text="x"), condition=only_if("what", "equals", "")),
                inputs=[{"title": "what", "type": "choice", "options": ["tea", "milk"], "required": False}],
            ),
            TIME,
        ),
    ),
    (
        "sections of which one is there",
        lambda: agent(
            SYSTEM,
            choice(),
            make_node(
                "when",
                make_node("section", title="rules", text="a"),
                make_node("otherwise", make_node("section", title="rules", text="b")),
                condition=only_if("tone", "equals", "dry"),
            ),
            TIME,
        ),
    ),
    ("a model that can", lambda: agent(SYSTEM, tool(), TIME)),
]


@pytest.mark.parametrize("make", [make for _, make in SOUND], ids=[name for name, _ in SOUND])
def test_what_is_not_certain_is_not_said(make: Callable[[], AgentDocument]) -> None:
    assert problems(make(), Facts(model=ABLE, tokens=10, chosen=True, unreachable="")) == []


def test_what_holds_with_every_option_decides_nothing() -> None:
    gate = make_node("gate", id="g", title="g", tool="do_it", instructions="x")
    document = agent(SYSTEM, tool(), gate, when(("g", "equals", "open")), TIME)
    (problem,) = problems(document)
    assert problem.text == "This condition can never hold: g is “open”."
    one = make_node("knob", id="k", title="k", type="choice", options=["a"])
    for operator, words in (("equals", "always holds"), ("not_equals", "can never hold")):
        (problem,) = problems(agent(SYSTEM, one, when(("k", operator, "a")), TIME))
        assert words in problem.text


@pytest.mark.parametrize(
    ("rows", "match", "decided"),
    [
        ([("depth", "less_than", 1)], "all", False),
        ([("depth", "at_most", 0)], "all", False),
        ([("depth", "equals", 9)], "all", False),
        ([("depth", "not_equals", 9)], "all", True),
        ([("depth", "less_than", 6)], "all", True),
        ([("depth", "less_than", 5)], "all", None),
        ([("depth", "at_least", 4), ("depth", "less_than", 4)], "all", False),
        ([("depth", "equals", 3), ("depth", "not_equals", 3)], "all", False),
        ([("depth", "at_least", 4), ("depth", "less_than", 4)], "any", None),
        ([("depth", "more_than", 7), ("depth", "less_than", 0)], "any", False),
        ([("depth", "more_than", 7), ("depth", "at_least", 1)], "any", True),
        ([("topics", "is_empty", None), ("topics", "is_not_empty", None)], "all", False),
        ([("topics", "contains", "a"), ("topics", "not_contains", "a")], "all", False),
        ([("topics", "contains", "a"), ("topics", "not_contains", "b")], "all", None),
        ([("topics", "has_at_least", 3), ("topics", "has_at_most", 2)], "all", False),
        ([("topics", "has_at_least", 3), ("topics", "is_empty", None)], "all", None),
        ([("depth", "more_than", "many")], "all", None),
    ],
)
def test_what_rows_can_mean_together(rows: list[tuple[str, str, Any]], match: str, decided: bool | None) -> None:
    said = [{"variable": name, "operator": operator, "value": value} for name, operator, value in rows]
    condition = as_condition({"rows": said, "match": match})
    assert verdict(condition, {"depth": Domain(None, 1, 5)}) is decided


@pytest.mark.parametrize(
    ("operator", "value", "label"),
    [
        ("less_than", 1, "Make it “depth is at most 1”"),
        ("at_least", 9, "Make it “depth is at least 5”"),
        ("equals", 0, "Make it “depth is 1”"),
    ],
)
def test_a_number_out_of_range_is_brought_to_its_nearest_end(operator: str, value: int, label: str) -> None:
    document = agent(SYSTEM, number(), when(("depth", operator, value)), TIME)
    (problem,) = problems(document)
    assert problem.fix is not None and problem.fix.label == label
    after, _ = apply(document, problem.fix)
    assert problems(after) == []


def test_a_condition_without_variables_is_worked_out() -> None:
    assert verdict(as_condition({"expression": "1 < 2"}), {}) is True
    assert verdict(as_condition({"expression": "1 / 0 > 2"}), {}) is None
    assert verdict(as_condition({"expression": "x > 2"}), {}) is None


def test_a_gate_that_waits_for_what_changes_is_sound() -> None:
    gate = make_node("gate", id="g", title="g", instructions="x", condition=only_if("topics", "is_not_empty"))
    document = agent(SYSTEM, TOPICS, tool(make_node("clear", variable="topics")), gate, TIME)
    assert [problem.text for problem in problems(document) if problem.node_id == "g"] == []
    itself = make_node("gate", id="g", title="g", instructions="x", condition=only_if("item", "equals", "a"))
    within = make_node("repeat", itself, each="topics")
    assert not [p for p in problems(agent(SYSTEM, TOPICS, within, TIME)) if "gate" in p.text]


def test_what_cannot_be_moved_to_a_right_place_has_no_fix() -> None:
    document = agent(SYSTEM, make_node("reply", id="r", text="x"), TIME)
    assert [p.fix for p in problems(document) if p.node_id == "r"] == [None]
    inner = tool(make_node("timeline", id="time2"))
    assert [p.fix for p in problems(agent(SYSTEM, inner, TIME)) if p.node_id == "time2" and "wrong" in p.text] == [None]


def test_a_timeline_that_is_there_either_way_is_not_hidden() -> None:
    other = make_node("otherwise", make_node("timeline", id="t2"))
    both = make_node("when", TIME, other, condition=only_if("tone", "equals", "dry"))
    assert not [p for p in problems(agent(SYSTEM, choice(), both)) if "remembers nothing" in p.text]


def test_a_missing_variable_becomes_what_everything_that_names_it_needs() -> None:
    when = make_node(
        "when", make_node("section", title="s", text="- {{ item }}", each="notes"), condition={"expression": "notes"}
    )
    document = agent(SYSTEM, when, TIME)
    fixes = [problem.fix for problem in problems(document) if problem.field == "condition" and problem.fix is not None]
    assert [getattr(fix, "label", "") for fix in fixes] == ["Make a variable “notes”"]
    after, _ = apply(document, fixes[0])
    made = next(node for node in after.walk() if node.kind == "state")
    assert made.props["type"] == "list", "its items are gone through below"


def test_what_a_step_changes_is_never_proposed_to_be_an_input() -> None:
    asks = tool(make_node("append", id="add", variable="notepad", value="{{ note }}"), inputs=[{"title": "note"}])
    (problem,) = [found for found in problems(agent(SYSTEM, asks, TIME)) if found.field == "variable"]
    assert problem.text == "There is no variable called “notepad” here."
    assert getattr(problem.fix, "label", "") == "Make a variable “notepad”"
