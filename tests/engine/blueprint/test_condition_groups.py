"""Conditions with a group of rows inside, and expressions that become rows again where rows can say them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.blueprint import AgentDocument, SetProperty, apply, make_node, problems
from engine.blueprint.condition_text import rows_of
from engine.blueprint.conditions import (
    OPERATORS,
    as_condition,
    evaluate,
    is_blank,
    opposite_words,
    to_expression,
    words,
)
from engine.blueprint.rename import rename_variable
from tests.engine.blueprint.builders import agent
from tests.engine.blueprint.scripted import TIME

TYPES = {"notes": "list", "mood": "text", "count": "number", "on": "yes_no", "card": "record"}
GROUP = {
    "match": "all",
    "rows": [
        {"variable": "notes", "operator": "is_not_empty", "value": None},
        {
            "match": "any",
            "rows": [
                {"variable": "mood", "operator": "equals", "value": "glad"},
                {"variable": "count", "operator": "more_than", "value": "3"},
            ],
        },
    ],
}


def row(variable: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"variable": variable, "operator": operator, "value": value}


def test_a_group_stands_in_brackets_and_reads_so() -> None:
    assert to_expression(GROUP, TYPES) == "notes is not empty and (mood == 'glad' or count > 3)"
    assert words(GROUP, bold=False) == "notes is not empty and (mood is “glad” or count is more than 3)"
    assert opposite_words(GROUP).startswith("this is not so: ")
    for mood, count, notes, holds in (("glad", 0, ["x"], True), ("sad", 4, ["x"], True), ("sad", 1, ["x"], False)):
        assert evaluate(GROUP, {"notes": notes, "mood": mood, "count": count}, TYPES) is holds
    assert evaluate(GROUP, {"notes": [], "mood": "glad", "count": 9}, TYPES) is False


def test_a_group_of_one_needs_no_brackets_and_an_empty_one_says_nothing() -> None:
    one = {"rows": [{"match": "any", "rows": [row("on", "is_yes"), row("", "is_yes")]}]}
    assert to_expression(one) == "on is yes" and words(one, bold=False) == "on is yes"
    assert opposite_words(one) == "this is not so: on is yes"
    empty = {"rows": [{"match": "any", "rows": [row("", "is_yes")]}]}
    assert is_blank(empty) and to_expression(empty) == "" and words(empty) == ""
    assert not is_blank(one)


def test_plain_rows_are_written_as_before() -> None:
    assert as_condition({"rows": [row("a", "is_yes")]}).model_dump()["rows"] == [row("a", "is_yes")]
    assert as_condition(GROUP).model_dump()["rows"][1]["match"] == "any"


def test_renaming_a_variable_reaches_into_groups() -> None:
    document = agent(
        make_node("state", id="m", title="mood", type="text"),
        make_node("when", make_node("system", text="x"), id="w", condition=GROUP),
        TIME,
    )
    renamed, _ = apply(document, rename_variable(document, "m", "feeling"))
    inner = renamed.node("w").props["condition"]["rows"][1]["rows"]
    assert [one["variable"] for one in inner] == ["feeling", "count"]


def checked(condition: dict[str, Any]) -> list[str]:
    document: AgentDocument = agent(
        make_node("system", text="Be kind."),
        make_node("knob", id="k", title="level", type="number", minimum=1, maximum=5, default=2),
        make_node("state", id="n", title="notes", type="list"),
        make_node("when", make_node("system", text="x"), id="w", condition=condition),
        TIME,
    )
    return [problem.text for problem in problems(document) if problem.node_id == "w" and problem.field == "condition"]


def test_what_can_never_hold_is_found_inside_groups_too() -> None:
    never = {"match": "any", "rows": [row("level", "more_than", 9), row("level", "less_than", 0)]}
    assert checked({"match": "all", "rows": [row("notes", "is_not_empty"), never]})
    assert not checked({"match": "any", "rows": [row("notes", "is_not_empty"), never]})
    assert checked({"match": "any", "rows": [never]})
    assert not checked(
        GROUP | {"rows": [row("notes", "is_not_empty"), {**never, "rows": [row("level", "at_least", 3)]}]}
    )


@pytest.mark.parametrize(
    ("expression", "rows", "match"),
    [
        ("notes is not empty", [row("notes", "is_not_empty")], "all"),
        ("notes is empty and on is yes", [row("notes", "is_empty"), row("on", "is_yes")], "all"),
        ("on is not yes or count >= 3", [row("on", "is_no"), row("count", "at_least", 3)], "any"),
        ("count>3", [row("count", "more_than", 3)], "all"),
        ("count == (-2.5)", [row("count", "equals", -2.5)], "all"),
        ("mood == 'it\\'s and or (fine)'", [row("mood", "equals", "it's and or (fine)")], "all"),
        ('mood != "x"', [row("mood", "not_equals", "x")], "all"),
        ("'fig' in notes", [row("notes", "contains", "fig")], "all"),
        ("'fig' not in notes", [row("notes", "not_contains", "fig")], "all"),
        ("mood is startingwith('a')", [row("mood", "starts_with", "a")], "all"),
        ("notes|length >= 2", [row("notes", "has_at_least", 2)], "all"),
        ("on", [row("on", "is_yes")], "all"),
        ("not notes", [row("notes", "is_empty")], "all"),
        ("((on is yes))", [row("on", "is_yes")], "all"),
        ("(on is yes or notes is empty)", [row("on", "is_yes"), row("notes", "is_empty")], "any"),
        ("card.name == none", [row("card.name", "equals", None)], "all"),
        ("card.ok == true", [row("card.ok", "equals", True)], "all"),
    ],
)
def test_an_expression_becomes_rows(expression: str, rows: list[dict[str, Any]], match: str) -> None:
    found = rows_of(expression, TYPES)
    assert found is not None
    assert [one.model_dump() for one in found.rows] == rows
    assert found.match == match or len(rows) == 1


def test_and_or_and_brackets_become_groups() -> None:
    found = rows_of("notes is empty or on is yes and count > 1", TYPES)
    assert found is not None and found.match == "any"
    assert found.rows[1].match == "all" and len(found.rows[1].rows) == 2
    assert to_expression(found, TYPES) == "notes is empty or (on is yes and count > 1)"
    assert rows_of("", TYPES) == as_condition({})


@pytest.mark.parametrize(
    "expression",
    [
        "count + 1 > 3",
        "count",
        "unknown",
        "not (on is yes)",
        "on is yes and (notes is empty or (count > 1 and on is no))",
        "notes|first == 'x'",
        "mood == notes",
        "on is yes and",
        "(on is yes",
        "on is yes) or (notes is empty",
    ],
)
def test_what_rows_cannot_say_stays_an_expression(expression: str) -> None:
    assert rows_of(expression, TYPES) is None


VALUES = {
    "none": st.none(),
    "text": st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=8),
    "number": st.integers(-99, 99) | st.sampled_from([0.5, -2.25]),
}


@st.composite
def plain_rows(draw: st.DrawFn) -> dict[str, Any]:
    operator = draw(st.sampled_from(sorted(OPERATORS.values(), key=lambda one: one.name)))
    kind = "text" if operator.value == "same" else operator.value
    name = "mood" if operator.value in ("same", "text") else draw(st.sampled_from(["notes", "count"]))
    return row(name, operator.name, draw(VALUES[kind]))


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    joined = st.sampled_from(["all", "any"])
    group = st.fixed_dictionaries({"match": joined, "rows": st.lists(plain_rows(), min_size=2)})
    rows = draw(st.lists(plain_rows() | group, min_size=1, max_size=3))
    return {"match": draw(joined), "rows": rows}


@given(conditions())
def test_rows_that_were_written_out_are_read_back(condition: dict[str, Any]) -> None:
    text = to_expression(condition, TYPES)
    found = rows_of(text, TYPES)
    assert found is not None, text
    assert to_expression(found, TYPES) == text


def test_the_document_takes_a_group_and_refuses_a_deeper_one() -> None:
    document = agent(make_node("when", id="w"), TIME)
    after, _ = apply(document, SetProperty("w", "condition", GROUP))
    assert as_condition(after.node("w").props["condition"]).rows[1].rows[0].variable == "mood"
