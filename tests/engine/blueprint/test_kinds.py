"""What holds for every kind: declaration, form, schema, words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from engine.blueprint import (
    GROUP_TITLES,
    KINDS,
    AgentDocument,
    Node,
    dump_document,
    field_of,
    fields,
    kind_of,
    make_node,
    wishes,
)
from engine.blueprint.form_fields import EDITORS
from engine.blueprint.gallery import FOLDER, templates
from engine.blueprint.kinds import NodeKind, register
from engine.blueprint.schema import SCHEMA_FILE, agent_schema, schema_text
from engine.blueprint.values import ValueProblem, as_text, coerce, empty, short
from engine.blueprint.wish import wished_connections
from tests.engine.blueprint.builders import agent, notepad, only_if

ALL = list(KINDS.values())


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_every_kind_declares_itself_in_full(kind: NodeKind[Any], root: Path) -> None:
    assert kind.group in GROUP_TITLES and kind.title and kind.help.endswith(".")
    assert (root / "resources" / "icons" / f"{kind.icon}.svg").is_file()
    assert kind.children in ("none", "nodes", "steps") and kind.place in ("root", "nodes", "steps", "both")
    document = agent()
    node = Node("n", kind.name, kind.new_props(document))
    assert kind.title_of(node) and "None" not in kind.title_of(node)
    assert "None" not in kind.summary(node, document)
    assert kind.icon_of(node)
    kind.props(node)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_every_field_of_a_form_follows_from_the_properties(kind: NodeKind[Any]) -> None:
    for field in fields(kind.name):
        assert field.label and field.editor in EDITORS
        assert field.role in ("", "template", "condition", "variable", "value", "values")
        if field.editor == "choice":
            assert field.default in [choice.value for choice in field.choices]
            assert all(choice.label for choice in field.choices)
        for name in field.visible_when:
            assert field_of(kind.name, name) is not None
        kind.Properties.model_validate({field.name: field.default})
    assert field_of(kind.name, "no such") is None and field_of("no such", "x") is None


def test_a_field_is_shown_only_while_it_matters() -> None:
    minimum = field_of("knob", "minimum")
    assert minimum is not None and minimum.optional
    assert not minimum.visible({}, fields("knob"))
    assert minimum.visible({"type": "number"}, fields("knob"))
    limit = field_of("timeline", "limit")
    assert limit is not None and (limit.minimum, limit.unit, limit.optional) == (1, "messages", True)


def test_a_kind_of_a_name_that_is_taken_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="two kinds"):

        @register
        class Other(type(KINDS["system"])):  # type: ignore[misc]
            """A second System."""


def test_the_written_schema_is_the_one_that_follows_from_the_kinds(root: Path) -> None:
    assert (root / "resources" / "schema" / SCHEMA_FILE).read_text(encoding="utf-8") == schema_text()


def test_the_schema_takes_what_the_program_takes_and_refuses_wrong_properties() -> None:
    schema = agent_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for path in FOLDER.glob("*.bough.json"):
        validator.validate(json.loads(path.read_text(encoding="utf-8")))
    good = json.loads(dump_document(notepad()))
    validator.validate(good)
    good["root"]["children"].append({"id": "x", "kind": "from the future", "props": {"a": 1}})
    validator.validate(good)
    good["root"]["children"][0]["props"]["text"] = 3
    assert not validator.is_valid(good)
    assert 'bough"' not in json.dumps(schema)


def test_cards_read_as_in_the_picture() -> None:
    document = notepad()
    said = {node.id: (kind_of(node).title_of(node), kind_of(node).summary(node, document)) for node in document.walk()}
    assert said == {
        "root": ("Notepad assistant", ""),
        "sys": ("System", "You are an assistant with a notepad."),
        "notes": ("State variable · notepad", "List, starts empty"),
        "add": ("Tool · Add note", "Add a note · asks for: note (text)"),
        "append": ("Append to notepad", "adds **note** at the end"),
        "reply": ("Reply", "Noted."),
        "when": ("When", "**notepad** is not empty"),
        "section": ("Section · notepad", "one line per item: - item"),
        "time": ("Timeline", "The whole conversation"),
    }


@pytest.mark.parametrize(
    ("node", "title", "summary"),
    [
        (make_node("agent"), "Agent without a name", ""),
        (make_node("system", text="\n\n{% if x %}Be {{ mood }}.{% endif %}\nMore"), "System", "Be **mood**."),
        (make_node("system", text="x" * 200), "System", "x" * 90 + "…"),
        (make_node("section", title="a", text="b", audience="person"), "Section · a", "b · only for the person"),
        (make_node("section", text="long", collapsed="short"), "Section", "folded: short"),
        (make_node("example", role="assistant", text="gato"), "Example message · the agent", "gato"),
        (make_node("reminder", text="Be brief."), "Reminder", "Be brief. · at the end"),
        (make_node("timeline", limit=1, max_tokens=4000), "Timeline", "The newest 1 message, at most 4,000 tokens"),
        (make_node("state", title="n", type="number", initial=2.0), "State variable · n", "Number, starts at 2"),
        (make_node("state", title="n", type="yes_no"), "State variable · n", "Yes or no, starts as no"),
        (make_node("state", title="n", type="text", initial="hi"), "State variable · n", "Text, starts as “hi”"),
        (make_node("state", title="n", initial=["a"]), "State variable · n", "List, starts with 1 item"),
        (
            make_node("state", title="n", type="record", initial={"a": 1, "b": 2}),
            "State variable · n",
            "Record, starts with 2 fields",
        ),
        (make_node("knob", title="k", momentary=True), "Knob · k", "On or off, starts off · resets after use"),
        (make_node("knob", title="k", type="number", minimum=1, maximum=5), "Knob · k", "Number 1 to 5, starts at 1"),
        (make_node("knob", title="k", type="choice", options=["a", " b ", "a", ""]), "Knob · k", "a / b"),
        (make_node("knob", title="k", type="text", default="x"), "Knob · k", "Text, starts as “x”"),
        (make_node("gate", title="g", tool="edit"), "Gate · g", "closes when **edit** was used"),
        (make_node("gate", title="g", condition=only_if("a", "is_yes")), "Gate · g", "closes when **a** is yes"),
        (make_node("tool", title="t", ask_first=True), "Tool · t", "asks you first"),
        (make_node("set", variable="a", value=3), "Set a", "to 3"),
        (make_node("set", variable="a", field="city", value="{{ x }}"), "Set a", "field city to **x**"),
        (make_node("append", value="Note: {{ x }}"), "Append", "adds “Note: **x**” at the end"),
        (make_node("remove", variable="a", what="last"), "Remove from a", "takes out the last item"),
        (
            make_node("remove", variable="a", what="containing", value="x"),
            "Remove from a",
            "takes out every item that contains “x”",
        ),
        (make_node("clear", variable="a"), "Clear a", "makes it empty"),
        (make_node("when"), "When", "No condition yet"),
        (make_node("when", make_node("otherwise")), "When", "No condition yet"),
        (make_node("otherwise"), "Otherwise", "while the condition above does not hold"),
        (make_node("repeat", each="list", item="one"), "Repeat", "for each item of **list**, called **one**"),
        (make_node("group", make_node("system"), title="Tone"), "Group · Tone", "1 part"),
    ],
)
def test_titles_and_summaries(node: Node, title: str, summary: str) -> None:
    document = AgentDocument(node) if node.kind == "agent" else agent(node)
    assert (kind_of(node).title_of(node), kind_of(node).summary(node, document)) == (title, summary)


def test_new_parts_from_the_palette_have_names_of_their_own() -> None:
    document = agent(make_node("state", title="variable"), make_node("tool", title="New tool"))
    assert KINDS["state"].new_props(document)["title"] == "variable 2"
    assert KINDS["tool"].new_props(document)["title"] == "New tool 2"


def test_a_new_step_changes_the_only_variable_that_it_can() -> None:
    notes, name = make_node("state", title="notes", type="list"), make_node("state", title="name", type="text")
    count = make_node("state", title="count", type="number")
    assert KINDS["append"].new_props(agent(notes, count)) == {"variable": "notes"}
    assert KINDS["append"].new_props(agent(notes, name)) == {}
    assert KINDS["append"].new_props(agent(count)) == {}
    assert KINDS["set"].new_props(agent(count)) == {"variable": "count"}
    assert KINDS["append"].new_props(agent(notes, make_node("part", make_node("state", title="own")))) == {}


@pytest.mark.parametrize(
    ("value", "value_type", "expected"),
    [
        ("3", "number", 3),
        ("2.5", "number", 2.5),
        (True, "number", 1),
        ("yes", "yes_no", True),
        ("Off", "yes_no", False),
        (1, "yes_no", True),
        ("a\n\nb", "list", ["a", "b"]),
        ('["x", 1]', "list", ["x", 1]),
        ("", "list", []),
        (3, "list", [3]),
        (("a",), "list", ["a"]),
        ('{"a": 1}', "record", {"a": 1}),
        ("", "record", {}),
        ([1, 2], "text", "- 1\n- 2"),
        (2.0, "text", "2"),
        (None, "text", ""),
    ],
)
def test_values_are_converted_to_the_type_of_their_variable(value: Any, value_type: str, expected: Any) -> None:
    assert coerce(value, value_type) == expected


@pytest.mark.parametrize(
    ("value", "value_type"),
    [
        ("x", "number"),
        ("9" * 60, "number"),
        ("inf", "number"),
        ("perhaps", "yes_no"),
        (2, "yes_no"),
        ("x", "record"),
        ([1], "record"),
    ],
)
def test_values_that_do_not_fit_say_so(value: Any, value_type: str) -> None:
    with pytest.raises(ValueProblem) as caught:
        coerce(value, value_type)
    assert "“" in str(caught.value) or "2" in str(caught.value) or "list" in str(caught.value)


def test_values_in_words() -> None:
    assert [short(value) for value in (None, True, "a  b", [], [1], {}, {"a": 1}, 2.0)] == [
        "nothing",
        "yes",
        "“a b”",
        "an empty list",
        "a list of 1 item",
        "an empty record",
        "a record of 1 field",
        "2",
    ]
    assert short("x" * 100).endswith("…”")
    assert empty("no such type") == ""
    assert as_text([[1, [2]], {"a": []}]) == "- - 1\n  - - 2\n- a:"
    deep: Any = 1
    for _ in range(20):
        deep = [deep]
    assert "…" in as_text(deep)


def test_properties_are_strict_and_keep_what_they_do_not_know() -> None:
    system = KINDS["system"]
    assert system.Properties.model_validate({"later": [1]}).model_dump()["later"] == [1]
    with pytest.raises(ValidationError):
        system.Properties.model_validate({"text": 1})


def test_a_template_that_cannot_be_read_is_left_out(tmp_path: Path, expect_log: Any) -> None:
    expect_log("bad.bough.json cannot be used")
    (tmp_path / "bad.bough.json").write_text("{", encoding="utf-8")
    (tmp_path / "plain.bough.json").write_text(dump_document(agent(name="Plain", description="d")), encoding="utf-8")
    (only,) = templates(tmp_path)
    assert (only.title, only.description, only.icon, only.hue) == ("Plain", "d", "bot", "instructions")


def test_what_the_agent_asks_for_is_told_to_who_runs_it() -> None:
    asked = wishes(agent(model={"connection": " Work ", "model": "m"}, max_ticks=3))
    assert (asked.connection, asked.model, asked.max_ticks) == ("Work", "m", 3)
    assert wishes(agent()).max_ticks == 10 and wishes(agent()).model == ""


def test_the_connections_that_an_agent_and_its_parts_name() -> None:
    named = make_node("model", model={"connection": "Large", "model": "x"})
    document = agent(named, make_node("model"), model={"connection": "Work", "model": ""})
    assert wished_connections(document) == {"Large", "Work"}
    assert wished_connections(agent()) == frozenset()


def test_every_public_name_of_the_package_is_there_and_nothing_else() -> None:
    import engine.blueprint as package

    assert all(getattr(package, name) is not None for name in package.__all__)
    assert set(package.__all__) <= set(dir(package))
    assert callable(package.wishes) and callable(package.fields) and callable(package.problems)
    with pytest.raises(AttributeError, match="no attribute"):
        package.nothing_of_that_name  # noqa: B018
