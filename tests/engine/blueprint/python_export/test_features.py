"""What agents are made of, one thing at a time: the exported module makes the same requests as the agent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from engine.blueprint import AgentDocument, Node, make_node
from engine.testing import Reply, ToolCall
from tests.engine.blueprint.builders import agent, only_if
from tests.engine.blueprint.python_export.both import assert_same

TIME = make_node("timeline")


def state(title: str, initial: Any = None, type: str = "list") -> Node:
    return make_node("state", title=title, type=type, initial=initial)


def tool(title: str, *steps: Node, asks: Sequence[Any] = (), **props: Any) -> Node:
    inputs = [{"title": item} if isinstance(item, str) else item for item in asks]
    return make_node("tool", *steps, title=title, description=f"Does {title}", inputs=inputs, **props)


def use(called: str, /, **given: Any) -> Reply:
    return Reply(tool_calls=[ToolCall(called, given)])


def both(*calls: tuple[str, dict[str, Any]]) -> Reply:
    return Reply(tool_calls=[ToolCall(name, given) for name, given in calls])


def shows(text: str) -> Node:
    return make_node("system", text=text)


def section(text: str, title: str = "Shown", **props: Any) -> Node:
    return make_node("section", title=title, text=text, **props)


def reply(text: str) -> Node:
    return make_node("reply", text=text)


def when(condition: dict[str, Any], *inside: Node) -> Node:
    return make_node("when", *inside, condition=condition)


def otherwise(*inside: Node) -> Node:
    return make_node("otherwise", *inside)


@dataclass(frozen=True)
class Case:
    name: str
    parts: Sequence[Node]
    replies: Sequence[Any] = ("Fine.",)
    turns: Sequence[str] = ("Go.",)
    answers: Sequence[str] = ()


TEXTS = [
    "{{ words }}",
    "Plain, with \"quotes\", 'more', a \\ and {braces}.",
    "A tab\tand a line\nand a number {{ 2 + 3 * count }} and {{ price }} and {{ price * 2 }}.",
    "{{ words|upper }} {{ words|title }} {{ words|capitalize }} {{ words|trim|lower }} {{ words|wordcount }}",
    "{{ items }} / {{ record }} / {{ flag }} / {{ none_yet|default('nothing') }}",
    "{{ items|length }} {{ items|join(' + ') }} {{ items|first }} {{ items|last }} {{ items|first(2)|join }}",
    "{{ items|bullets }}\n{{ items|numbered }}",
    "{{ items|sort|join }} {{ items|sort(true)|join }} {{ items|reverse|join }} {{ items|unique|join }}",
    "{{ words|replace('e', 'E') }} {{ words|truncate(5) }} {{ words|reverse }} {{ words|list|join('-') }}",
    (
        "{{ price|round(1) }} {{ price|int }} {{ '7'|float }} {{ count|abs }} {{ [1, 5, 3]|max }} "
        "{{ [1, 5]|min }} {{ [1, 2]|sum }}"
    ),
    "{{ people|map('name')|join }} {{ record|items|length }} {{ record|tojson }} {{ words|string }}",
    "{{ people[0].name }} {{ people[1]['age'] }} {{ items[1:]|join }} {{ words[:3] }} {{ record.city|default('?') }}",
    "{{ record.nothing|default('?') }} {{ people[9].name|default('?', false) }}",
    "{% if flag %}yes{% else %}no{% endif %} {% if count > 3 and not flag %}many{% elif count == 2 %}two{% endif %}",
    (
        "{% for item in items %}[{{ item }}]{% endfor %} {% for p in people if p.age > 30 %}{{ p.name }} "
        "{% else %}nobody{% endfor %}"
    ),
    (
        "{% for item in items %}{{ loop.index }}/{{ loop.length }} "
        "{{ item }}{% if not loop.last %}, {% endif %}{% endfor %}"
    ),
    (
        "{% for key, value in record|items %}{{ key }}={{ value }};{% endfor %}"
        "{% for x in empty_list %}{{ x }}{% else %}none{% endfor %}"
    ),
    "{% for p in people %}\n{% for letter in p.name|list %}\n{{ letter }}-{{ p.age }}\n{% endfor %}\n{% endfor %}",
    (
        "{{ 'a' in words }} {{ 'b' in items }} {{ 'city' in record }} {{ 'z' not in words }} "
        "{{ people[0].name in words }}"
    ),
    (
        "{{ words is startingwith('Hel') }} {{ words is endingwith('x') }} {{ count is even }} "
        "{{ count is odd }} {{ count is number }}"
    ),
    (
        "{{ items is empty }} {{ words is not empty }} {{ flag is yes }} {{ count is yes }} "
        "{{ record is mapping }} {{ items is sequence }}"
    ),
    "{{ words is string }} {{ record.city is defined }} {{ record.town is defined }} {{ words is none }}",
    (
        "{{ words ~ '!' ~ count ~ flag }} {{ -count }} {{ +count }} {{ 7 // 2 }} {{ 7 % 4 }} {{ 2 ** 5 }} "
        "{{ 7 / 2 }} {{ count - 1 }}"
    ),
    (
        "{{ 'big' if count > 1 else 'small' }} {{ words if flag }} {{ flag and words }} "
        "{{ flag or words }} {{ not flag }}"
    ),
    (
        "{{ {'a': 1, 'b': [1, 2]} }} {{ [1, 'x', true] }} {{ 1 < count <= 2 }} "
        "{{ items == ['b', 'a', 'b'] }} {{ words != 'x' }}"
    ),
    "{{ people[0].age + 1 }} {{ people[0].name + '?' }} {{ people[0].age * 2 }} {{ items + ['z'] }}",
    "  {# a remark #}kept{# and one more #}  ",
    "{{ people|first }} {{ people|last(1) }} {{ items|count }} {{ none_yet|length }}",
    (
        "{% if items %}{% for item in items %}{% if item == 'a' %}{{ item ~ '\"' }}"
        '{% else %}{{ "it\'s " ~ item }}{% endif %}{% endfor %}{% endif %}'
    ),
]
TEXTS += [
    "{{ record|items|first }} {{ words|default('x', true) }} {{ record|list|join }} {{ [1, 2]|list|length }}",
    (
        "{{ 'a' in people[0] }} {{ 'name' in people[0] }} {{ 'x' not in people[0].name }} "
        "{{ people in record }} {{ 2 in '12' }}"
    ),
    "{% if flag is not yes or count is not empty %}a{% endif %}{% if not (flag and count) %}b{% endif %}{{ 1.5 * 2 }}",
    (
        "{{ people[0].age is odd }} {{ people[0].name is empty }} {{ people[0].age is yes }} "
        "{{ record.city is undefined }}"
    ),
    (
        "{{ count is defined }} {{ people[0].name|upper }} {{ people[0].tags|default([])|length }} "
        "{{ (words if flag else count)|string }}"
    ),
]
VALUES = [
    state("words", "Hello there", "text"),
    state("count", 2, "number"),
    state("price", 3.25, "number"),
    state("flag", True, "yes_no"),
    state("items", ["b", "a", "b"]),
    state("empty list", ["x"]),
    state("people", [{"name": "Ada", "age": 36}, {"name": "Ben", "age": 20}]),
    state("record", {"city": "Bergen", "no": 5}, "record"),
    state("none yet", "", "text"),
    tool("empty", make_node("clear", variable="empty_list"), make_node("clear", variable="flag"), reply("Ok.")),
]

ADD = make_node("append", variable="notes", value="{{ note }}")
CASES = [
    Case(
        "two calls at once see each other's changes",
        [
            state("notes"),
            tool("add", ADD, reply("{{ notes|length }} notes."), asks=["note"]),
            section("{{ notes }}"),
            TIME,
        ],
        [both(("add", {"note": "a"}), ("add", {"note": "b"})), use("add", note="c"), "Done."],
    ),
    Case(
        "every step",
        [
            state("list", ["a", "b", "a", "cab"]),
            state("text", "one", "text"),
            state("number", 4, "number"),
            state("yes", False, "yes_no"),
            state("record", {"x": 1}, "record"),
            tool("set text", make_node("set", variable="text", value="{{ x }} and {{ text }}"), asks=["x"]),
            tool(
                "set number",
                make_node("set", variable="number", value="{{ x }}"),
                reply("{{ number + 1 }}"),
                asks=["x"],
            ),
            tool("set yes", make_node("set", variable="yes", value="{{ x }}"), reply("{{ yes }}"), asks=["x"]),
            tool("set list", make_node("set", variable="list", value=["k", 1]), reply("{{ list }}")),
            tool("set from", make_node("set", variable="list", value="{{ text }}"), reply("{{ list }}")),
            tool("set field", make_node("set", variable="record", field="{{ x }}", value="{{ number }}"), asks=["x"]),
            tool("set fixed", make_node("set", variable="record", field="town", value="Oslo"), asks=[]),
            tool("line", make_node("append", variable="text", value="{{ number }}"), reply("{{ text }}")),
            tool(
                "drop",
                make_node("remove", variable="list", value="{{ x }}"),
                reply("Left: {{ list|join }}"),
                asks=["x"],
            ),
            tool("drop with", make_node("remove", variable="list", what="containing", value="{{ x }}"), asks=["x"]),
            tool("drop first", make_node("remove", variable="list", what="first"), reply("{{ list }}")),
            tool("drop last", make_node("remove", variable="list", what="last")),
            tool("drop at", make_node("remove", variable="list", what="position", value="{{ x }}"), asks=["x"]),
            tool("drop field", make_node("remove", variable="record", value="{{ x }}"), asks=["x"]),
            tool("clear all", *(make_node("clear", variable=v) for v in ("list", "text", "number", "yes", "record"))),
            section("{{ list }} | {{ text }} | {{ number }} | {{ yes }} | {{ record }}"),
            TIME,
        ],
        [
            use("set_text", x="new"),
            use("set_number", x="12.50"),
            use("set_number", x="many"),
            use("set_yes", x="on"),
            use("set_yes", x="perhaps"),
            use("line"),
            use("set_field", x="city"),
            use("set_field", x=" "),
            use("set_fixed"),
            use("drop_field", x="x"),
            use("drop_field", x="x"),
            use("drop", x="A"),
            use("drop", x="zebra"),
            use("drop_with", x="ca"),
            use("drop_at", x="1"),
            use("drop_first"),
            use("drop_last"),
            use("set_list"),
            use("drop_at", x="7"),
            use("drop_at", x="first"),
            use("drop_last"),
            use("set_from"),
            use("clear_all"),
            "Done.",
        ],
        turns=["Go.", "On.", "And on."],
    ),
    Case(
        "nothing changes where a step fails",
        [
            state("notes", ["a"]),
            state("count", 0, "number"),
            tool(
                "both",
                make_node("set", variable="count", value="{{ count + 1 }}"),
                ADD,
                make_node("remove", variable="notes", value="{{ gone }}"),
                reply("{{ count }}"),
                asks=["note", "gone"],
            ),
            section("{{ count }} {{ notes }}"),
            TIME,
        ],
        [use("both", note="b", gone="zzz"), use("both", note="b", gone="a"), "Done."],
    ),
    Case(
        "flow among steps",
        [
            state("log"),
            state("names", ["Ada", "Ben"]),
            tool(
                "greet",
                make_node(
                    "group",
                    make_node(
                        "repeat",
                        when(
                            only_if("loud", "is_yes"),
                            make_node("append", variable="log", value="{{ name|upper }}"),
                            otherwise(make_node("append", variable="log", value="{{ name }} {{ log|length }}")),
                        ),
                        reply("Greeted {{ name }}."),
                        each="names",
                        item="name",
                    ),
                    title="All of them",
                ),
                when(only_if("loud", "is_yes"), reply("Loudly.")),
                asks=[{"title": "loud", "type": "yes_no", "required": False}],
            ),
            tool("quiet", when(only_if("log", "is_empty"), reply("Nothing yet."))),
            section("{{ log }}"),
            TIME,
        ],
        [use("quiet"), use("greet", loud=True), use("greet"), use("quiet"), "Done."],
    ),
    Case(
        "inputs of every type, and names that Python has too",
        [
            state("got"),
            tool(
                "take",
                make_node("append", variable="got", value="{{ list }}|{{ number }}|{{ whole }}|{{ yes }}|{{ pick }}"),
                make_node("append", variable="got", value="{{ whole }}"),
                reply("{{ tags|join }} {{ number is none }}"),
                asks=[
                    "list",
                    {"title": "number", "type": "number", "required": False},
                    {"title": "whole", "type": "whole_number"},
                    {"title": "yes", "type": "yes_no", "required": False},
                    {"title": "pick", "type": "choice", "options": ["a", "b"], "required": False},
                    {"title": "tags", "type": "list", "required": False},
                ],
            ),
            tool(
                "plain",
                reply("{{ tags|length }} {{ n }}"),
                asks=[
                    {"title": "tags", "type": "list", "required": False},
                    {"title": "n", "type": "number", "required": False},
                ],
            ),
            section("{{ got }}"),
            TIME,
        ],
        [
            use("take", list="x", whole=3),
            use("take", list="x", number=2.5, whole=3, yes=True, pick="b", tags=["k", "l"]),
            use("plain"),
            use("plain", tags=["a"], n=4),
            use("take", list=1, whole=3),
            "Done.",
        ],
    ),
    Case(
        "tools that ask first, and tools behind a condition",
        [
            state("open", False, "yes_no"),
            tool("unlock", make_node("set", variable="open", value=True), reply("Open."), ask_first=True),
            when(only_if("open", "is_yes"), tool("enter", reply("Inside.")), shows("The door is open.")),
            TIME,
        ],
        [use("enter"), use("unlock"), use("enter"), "Done."],
    ),
    Case(
        "knobs of every kind",
        [
            shows("Level {{ level }}, {{ loud }}, {{ size }}, {{ motto }}"),
            make_node(
                "knob", title="level", type="choice", options=["low", "high"], default="low", description="How much"
            ),
            make_node("knob", title="loud", type="toggle", momentary=True),
            make_node("knob", title="size", type="number", minimum=1, maximum=9, step=2, default=3, group="looks"),
            make_node("knob", title="motto", type="text", default="go", group="looks"),
            tool("turn", make_node("set", variable="level", value="{{ x }}"), reply("{{ level }}"), asks=["x"]),
            tool("grow", make_node("set", variable="size", value="{{ size + 2 }}"), reply("{{ size }}")),
            tool(
                "fix",
                make_node("set", variable="level", value="high"),
                make_node("set", variable="motto", value="{{ level }}!"),
            ),
            tool("empty", make_node("clear", variable="level")),
            TIME,
        ],
        [
            use("set_knob", name="level", value="high"),
            use("set_knob", name="size", value=4),
            both(("set_knob", {"name": "motto", "value": "stop"}), ("set_knob", {"name": "loud", "value": True})),
            use("turn", x="low"),
            use("turn", x="middle"),
            use("grow"),
            use("grow"),
            use("grow"),
            use("grow"),
            use("fix"),
            use("empty"),
            "Done.",
        ],
        turns=["Go.", "Again."],
    ),
    Case(
        "knobs that are there only sometimes",
        [
            shows("{{ advanced }} {{ depth }} {{ width }}"),
            make_node("knob", title="advanced", type="toggle"),
            when(
                only_if("advanced", "is_yes"),
                make_node("knob", title="depth", type="number", default=1),
                otherwise(make_node("knob", title="width", type="number", default=2)),
            ),
            TIME,
        ],
        [
            use("set_knob", name="depth", value=5),
            use("set_knob", name="width", value=7),
            use("set_knob", name="advanced", value=True),
            use("set_knob", name="depth", value=5),
            use("set_knob", name="width", value=8),
            "Done.",
        ],
        turns=["Go.", "Again."],
    ),
    Case(
        "the list of knobs stands at the first that is there",
        [
            state("more", False, "yes_no"),
            when(only_if("more", "is_yes"), make_node("knob", title="one", type="toggle"), section("In between.")),
            section("Later.", "Later"),
            make_node("knob", title="two", type="toggle"),
            tool("show", make_node("set", variable="more", value="{{ not more }}")),
            TIME,
        ],
        [use("show"), "Now.", use("show"), "And now."],
        turns=["Go.", "Again."],
    ),
    Case(
        "gates by a tool and by a condition",
        [
            state("drafts", 0, "number"),
            state("title", "The plan", "text"),
            tool("write", make_node("set", variable="drafts", value="{{ drafts + 1 }}"), reply("Written.")),
            make_node(
                "gate",
                title="read again",
                description="Read",
                instructions="Read {{ title }} ({{ drafts }}).",
                tool="write",
            ),
            make_node(
                "gate",
                title="too many",
                instructions="",
                description="Say that there are many",
                condition=only_if("drafts", "more_than", 1),
            ),
            shows("Gates: {{ read_again }} {{ too_many }}"),
            TIME,
        ],
        [
            use("write"),
            "Done?",
            use("set_knob", name="read_again", value="inactive"),
            "Done.",
            use("write"),
            use("set_knob", name="read_again", value="deferred"),
            "Done now?",
            both(
                ("set_knob", {"name": "read_again", "value": "inactive"}),
                ("set_knob", {"name": "too_many", "value": "inactive"}),
            ),
            "Really.",
            "Stop.",
        ],
        turns=["Go.", "Again."],
    ),
    Case(
        "a gate that is there only sometimes",
        [
            state("careful", False, "yes_no"),
            tool("flip", make_node("set", variable="careful", value="{{ not careful }}")),
            tool("act", reply("Acted.")),
            when(only_if("careful", "is_yes"), make_node("gate", title="check", instructions="Check.", tool="act")),
            TIME,
        ],
        [
            use("act"),
            "Done.",
            use("flip"),
            use("act"),
            "Done?",
            use("set_knob", name="check", value="inactive"),
            "Done.",
        ],
        turns=["Go.", "Again."],
    ),
    Case(
        "sections for whom, of lists, of records, folded and blank",
        [
            state("names", ["Ada", "Ben"]),
            state("ages", {"Ada": 36, "Ben": 20}, "record"),
            state("blank", "", "text"),
            section("For the person.", "a", audience="person"),
            section("For both.", "b", audience="both"),
            section("- {{ item }}\n", "Names", each="names"),
            section("{{ item }}", "Only", each="names"),
            section("The whole of {{ names|length }}.", "Folded", collapsed="{{ names|length }} names"),
            make_node("section", text="No title, folded.", collapsed="Short", id="untitled"),
            section("{{ blank }}", "Blank"),
            make_node("system", text="{{ blank }}"),
            make_node("section", text="No title."),
            section("Twice.", "Names"),
            tool("fill", make_node("set", variable="blank", value="{{ x }}"), asks=["x"]),
            tool("forget", make_node("clear", variable="names")),
            TIME,
            section("After the conversation: {{ names }}", "End"),
        ],
        [use("set_knob", name="folded", value=True), use("fill", x="filled"), use("forget"), "Done.", "Closed."],
        turns=["Go.", "Again."],
    ),
    Case(
        "examples, reminders, and a timeline that is cut",
        [
            shows("Be brief."),
            state("mood", "fine", "text"),
            make_node("example", role="user", text="How are you?"),
            make_node("example", role="assistant", text="I am {{ mood }}."),
            make_node("timeline", limit=2, max_tokens=400),
            make_node("reminder", text="At the end, {{ mood }}."),
            make_node("reminder", text="Before.", position="before-user"),
            make_node("reminder", text="{{ mood|replace('fine', '') }}", position="start"),
        ],
        ["One.", "Two.", "Three."],
        turns=["First.", "Second.", "Third."],
    ),
    Case(
        "a tree that repeats",
        [
            state("people", [{"name": "Ada", "tags": ["x", "y"]}, {"name": "Ben", "tags": []}]),
            make_node(
                "repeat",
                section("{{ person.name }}: {{ person.tags|join }}", "People"),
                when({"expression": "person.tags"}, make_node("system", text="{{ person.name }} has tags.")),
                each="people",
                item="person",
            ),
            make_node("repeat", make_node("system", text="One more: {{ item.name }}"), each="people"),
            tool(
                "add", make_node("append", variable="people", value="{{ {'name': name, 'tags': []} }}"), asks=["name"]
            ),
            TIME,
        ],
        [use("add", name="Cleo"), "Done."],
    ),
    Case(
        "variables and tools inside a Repeat",
        [
            state("rooms", ["hall", "attic"]),
            state("total", 0, "number"),
            make_node(
                "repeat",
                make_node("state", title="visits", type="number"),
                section("{{ room }}: {{ visits }} of {{ total }}", "Rooms"),
                tool(
                    "visit",
                    make_node("set", variable="visits", value="{{ visits + 1 }}"),
                    make_node("set", variable="total", value="{{ total + 1 }}"),
                    reply("{{ room }} {{ visits }}"),
                ),
                each="rooms",
                item="room",
            ),
            tool("build", make_node("append", variable="rooms", value="{{ room_name }}"), asks=["room name"]),
            TIME,
        ],
        [use("visit"), use("visit"), use("build", room_name="cellar"), use("visit"), "Done."],
    ),
    Case(
        "what is switched off is not there",
        [
            shows("Here."),
            make_node("group", make_node("system", text="Gone."), state("gone"), enabled=False),
            tool("half", make_node("reply", text="Gone.", enabled=False), reply("Here.")),
            TIME,
        ],
        [use("half"), "Done."],
    ),
    Case(
        "an agent without a timeline",
        [shows("Each turn alone."), tool("look", reply("Seen."))],
        [use("look"), "Done.", "Again."],
        turns=["Go.", "Again."],
    ),
    Case(
        "asking the person, while others change things",
        [
            state("plan"),
            state("last", "", "text"),
            tool(
                "propose",
                make_node("ask", question="Add {{ what }}?", answers="choice", choices=["Yes", "No"]),
                when(
                    only_if("answer", "equals", "Yes"),
                    make_node("append", variable="plan", value="{{ what }} ({{ plan|length }})"),
                    make_node("ask", question="Why?", name="why", variable="last"),
                ),
                reply("{{ answer }} {{ why }} {{ plan }}"),
                asks=["what"],
            ),
            section("{{ plan }} {{ last }}"),
            TIME,
        ],
        [both(("propose", {"what": "tea"}), ("propose", {"what": "figs"})), "Done."],
        answers=["Yes", "Yes", "It is cold", "It is late"],
    ),
    Case(
        "the model of a part, and its settings",
        [
            state("hard", False, "yes_no"),
            shows("Think."),
            make_node("model", max_tokens=500, temperature=0.5, stop_sequences=["END"]),
            when(only_if("hard", "is_yes"), make_node("model", model={"model": "big"}, effort="high")),
            tool("harder", make_node("set", variable="hard", value=True)),
            TIME,
        ],
        [use("harder"), "Done."],
    ),
]


def parameter(title: str, type: str = "text", **props: Any) -> dict[str, Any]:
    return {"id": f"p-{title}", "title": title, "type": type, **props}


NOTES_PART = [
    make_node("state", title="own", type="number"),
    make_node("knob", title="depth", type="number", default=1, minimum=1, maximum=5),
    section("{{ tone }}: {{ notes|join }} {{ own }} {{ depth }}", "Part"),
    when(only_if("tone", "equals", "loud"), shows("LOUD")),
    tool(
        "keep",
        make_node("append", variable="notes", value="{{ note }} ({{ tone }})"),
        make_node("set", variable="own", value="{{ own + size }}"),
        reply("{{ notes|length }}/{{ own }}"),
        asks=["note"],
    ),
]
STEP_PART = [
    make_node("append", variable="where", value="{{ what|upper }}"),
    when(only_if("where", "has_at_least", 2), make_node("append", variable="where", value="more")),
    reply("Now {{ where|length }} with {{ what }}."),
]
CASES += [
    Case(
        "a part with parameters, a variable of the agent's among them",
        [
            state("shopping", ["tea"]),
            state("mood", "loud", "text"),
            make_node(
                "part",
                *NOTES_PART,
                title="Notes",
                parameters=[parameter("tone"), parameter("notes", "list"), parameter("size", "number", default=2)],
                arguments={"tone": "{{ mood }}", "notes": "{{ shopping }}"},
            ),
            tool("calm", make_node("set", variable="mood", value="calm")),
            section("{{ shopping }}", "All"),
            TIME,
        ],
        [
            use("keep", note="figs"),
            both(("keep", {"note": "milk"}), ("keep", {"note": "salt"})),
            use("set_knob", name="depth", value=3),
            use("calm"),
            "Done.",
        ],
    ),
    Case(
        "a part of which nothing is given, and one inside another",
        [
            make_node(
                "part",
                make_node(
                    "part",
                    shows("Inner {{ words }}."),
                    parameters=[parameter("words")],
                    arguments={"words": "{{ size }} x"},
                ),
                shows("Outer {{ size }}."),
                parameters=[parameter("size", "number", default=4)],
            ),
            TIME,
        ],
    ),
    Case(
        "a gate inside a part",
        [
            tool("act", reply("Acted.")),
            make_node(
                "part",
                make_node("gate", title="check", instructions="Check {{ what }}.", tool="act"),
                parameters=[parameter("what")],
                arguments={"what": "it"},
            ),
            TIME,
        ],
        [use("act"), "Done?", use("set_knob", name="check", value="inactive"), "Done."],
    ),
    Case(
        "a part among steps",
        [
            state("list", ["a"]),
            tool(
                "put",
                make_node(
                    "part",
                    *STEP_PART,
                    parameters=[parameter("where", "list"), parameter("what")],
                    arguments={"where": "{{ list }}", "what": "{{ x }}!"},
                ),
                make_node(
                    "part",
                    *STEP_PART,
                    parameters=[parameter("where", "list"), parameter("what")],
                    arguments={"where": "{{ list }}", "what": 7},
                ),
                asks=["x"],
            ),
            section("{{ list }}"),
            TIME,
        ],
        [use("put", x="b"), use("put", x="c"), "Done."],
    ),
]

CASES += [
    Case(
        "steps at every moment of a turn",
        [
            state("log"),
            state("on", False, "yes_no"),
            *(
                make_node("on_event", make_node("append", variable="log", value=value), event=event, title=title)
                for event, title, value in [
                    ("mount", "", "mounted"),
                    ("message", "Said", "{{ message }}"),
                    ("call_start", "", "call {{ call_number }}"),
                    ("call_end", "", "{{ reply }} {{ tool_calls|join }} {{ call_number }}"),
                    ("turn_end", "Over", "{{ ended }} {{ reply }}"),
                ]
            ),
            when(
                only_if("on", "is_yes"),
                make_node("on_event", make_node("append", variable="log", value="only then"), event="call_start"),
            ),
            make_node("on_event", make_node("remove", variable="log", value="mounted"), reply("?"), event="mount"),
            tool("flip", make_node("set", variable="on", value="{{ not on }}")),
            section("{{ log }}"),
            TIME,
        ],
        [use("flip"), "Done.", "Again."],
        turns=["One.", "Two."],
    ),
    Case(
        "rules that end a turn",
        [
            state("count", 0, "number"),
            tool("add", make_node("set", variable="count", value="{{ count + 1 }}"), reply("{{ count }}")),
            make_node(
                "stop_rule", title="Enough", condition=only_if("count", "at_least", 2), reason="{{ count }} are enough."
            ),
            make_node("stop_rule", contains="DONE", tool="halt", after=4),
            tool("halt", reply("Halted.")),
            shows("Count {{ count }}"),
            TIME,
        ],
        [use("add"), use("add"), use("halt"), "done", "More."],
        turns=["One.", "Two.", "Three.", "Four."],
    ),
    Case(
        "rules that make a turn go on",
        [
            state("left", 3, "number"),
            state("strict", True, "yes_no"),
            tool("work", make_node("set", variable="left", value="{{ left - 1 }}"), reply("{{ left }} left")),
            when(
                only_if("strict", "is_yes"),
                make_node(
                    "continue_rule",
                    title="Work on",
                    condition=only_if("left", "more_than", 0),
                    until="give up",
                    limit=2,
                    reason="{{ left }} to do.",
                ),
            ),
            make_node("continue_rule", tool="work", limit=1),
            TIME,
        ],
        ["I am done.", use("work"), "Done now?", "Really.", "I give up.", "So?", "Yes."],
        turns=["One.", "Two."],
    ),
]

CASES += [
    Case(
        "conditions of several rows, and of records",
        [
            state("a", True, "yes_no"),
            state("b", {}, "record"),
            state("n", 0, "number"),
            when(
                {
                    "rows": [{"variable": "a", "operator": "is_yes"}, {"variable": "b", "operator": "is_not_empty"}],
                    "match": "any",
                },
                shows("One."),
            ),
            when(
                {
                    "rows": [
                        {"variable": "n", "operator": "more_than", "value": 1},
                        {"variable": "b", "operator": "contains", "value": "k"},
                    ],
                    "match": "any",
                },
                shows("Two."),
            ),
            when(
                {"rows": [{"variable": "a", "operator": "is_yes"}, {"variable": "b", "operator": "is_not_empty"}]},
                shows("Three."),
            ),
            when({"expression": "n"}, shows("Four.")),
            when({"expression": "b or n"}, shows("Five.")),
            when({"expression": "b.get if n else b"}, shows("Six.")),
            tool("fill", make_node("set", variable="b", field="k", value="v"), make_node("set", variable="n", value=0)),
            TIME,
        ],
        [use("fill"), "Done."],
    ),
    Case(
        "events and rules that say nothing",
        [
            shows("Hi."),
            make_node("on_event", event="message"),
            make_node("stop_rule"),
            make_node("continue_rule"),
            make_node("stop_rule", after=3, reason="  Three are enough.  "),
            make_node("knob", title="on", type="toggle"),
            when(
                only_if("on", "is_yes"),
                make_node("stop_rule", condition={"expression": "reply|length > 3 and 'x' not in tool_calls"}),
                otherwise(make_node("stop_rule", contains="nothing like it", reason="{{ reply }} {{ call_number }}")),
            ),
            make_node("sub_agent", title="Nobody yet", description="x", agent="a", enabled=False),
            make_node("repeat", each=""),
            when({}, shows("Never.")),
            TIME,
        ],
        [use("set_knob", name="on", value=True), "Done.", "More."],
        turns=["One.", "Two."],
    ),
    Case(
        "steps at an event inside a part",
        [
            state("seen"),
            make_node(
                "part",
                make_node(
                    "on_event", make_node("append", variable="log", value="{{ message }} {{ mark }}"), event="message"
                ),
                make_node("stop_rule", after=2),
                parameters=[parameter("log", "list"), parameter("mark")],
                arguments={"log": "{{ seen }}", "mark": "!"},
            ),
            section("{{ seen }}"),
            tool("go", reply("Gone.")),
            TIME,
        ],
        [use("go"), use("go"), "Not asked."],
        turns=["One.", "Two."],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_it_makes_the_same_requests(case: Case) -> None:
    await assert_same(agent(*case.parts), case.turns, case.replies, case.answers)


@pytest.mark.parametrize("text", TEXTS)
async def test_texts_read_the_same(text: str) -> None:
    document: AgentDocument = agent(*VALUES, shows(text), section(text, "Again"), tool("say", reply(text)), TIME)
    requests = await assert_same(document, ["Go."], [use("empty"), use("say"), "Done."])
    assert len(requests) == 3
