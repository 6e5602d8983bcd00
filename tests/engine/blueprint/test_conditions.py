"""Conditions: rows, expressions, words."""

from __future__ import annotations

from typing import Any

import pytest

from engine.blueprint.conditions import (
    OPERATORS,
    as_condition,
    evaluate,
    is_blank,
    operators_for,
    opposite_words,
    to_expression,
    words,
)
from engine.blueprint.template import TemplateError
from tests.engine.blueprint.builders import only_if

VALUES: dict[str, Any] = {
    "notes": ["figs"],
    "bare": [],
    "name": "Ryan's {{ x }}",
    "count": 3,
    "zero": 0,
    "on": True,
    "off": False,
    "record": {"a": 1},
}
TYPES = {
    "notes": "list",
    "bare": "list",
    "name": "text",
    "count": "number",
    "zero": "number",
    "on": "yes_no",
    "off": "yes_no",
}


@pytest.mark.parametrize(
    ("row", "expected", "said"),
    [
        (("notes", "is_not_empty"), True, "**notes** is not empty"),
        (("bare", "is_not_empty"), False, "**bare** is not empty"),
        (("bare", "is_empty"), True, "**bare** is empty"),
        (("zero", "is_empty"), False, "**zero** is empty"),
        (("on", "is_yes"), True, "**on** is yes"),
        (("off", "is_no"), True, "**off** is no"),
        (("name", "equals", "Ryan's {{ x }}"), True, "**name** is “Ryan's {{ x }}”"),
        (("name", "not_equals", "x"), True, "**name** is not “x”"),
        (("name", "contains", "'s {{"), True, "**name** contains “'s {{”"),
        (("notes", "contains", "figs"), True, "**notes** contains “figs”"),
        (("record", "contains", "a"), True, "**record** contains “a”"),
        (("notes", "not_contains", "tea"), True, "**notes** does not contain “tea”"),
        (("name", "starts_with", "Ryan"), True, "**name** starts with “Ryan”"),
        (("count", "equals", "3"), True, "**count** is “3”"),
        (("count", "more_than", "2"), True, "**count** is more than 2"),
        (("count", "at_least", 3), True, "**count** is at least 3"),
        (("count", "less_than", 3), False, "**count** is less than 3"),
        (("count", "at_most", -1), False, "**count** is at most -1"),
        (("notes", "has_at_least", 1), True, "**notes** has at least this many items: 1"),
        (("notes", "has_at_most", 0), False, "**notes** has at most this many items: 0"),
    ],
)
def test_a_row_holds_or_not_and_reads_as_a_sentence(row: tuple[Any, ...], expected: bool, said: str) -> None:
    condition = only_if(*row)
    assert evaluate(condition, VALUES, TYPES) is expected
    assert evaluate({"expression": to_expression(condition, TYPES)}, VALUES) is expected
    assert words(condition) == said
    assert words(condition, bold=False) == said.replace("**", "")


def test_every_operator_is_offered_and_has_a_sentence() -> None:
    offered = {
        operator.name for kind in ("text", "number", "yes_no", "list", "record") for operator in operators_for(kind)
    }
    assert offered == set(OPERATORS) == {operator.name for operator in operators_for("any")}
    assert operators_for("list")[0].name == "is_not_empty"


def test_rows_join_by_all_or_any() -> None:
    rows = [
        {"variable": "on", "operator": "is_yes"},
        {"variable": "off", "operator": "is_yes"},
        {"variable": "", "operator": "is_yes"},
    ]
    assert evaluate({"rows": rows, "match": "all"}, VALUES) is False
    assert evaluate({"rows": rows, "match": "any"}, VALUES) is True
    assert words({"rows": rows, "match": "any"}) == "**on** is yes or **off** is yes"
    assert to_expression({"rows": rows, "match": "all"}) == "on is yes and off is yes"


def test_an_expression_wins_over_rows() -> None:
    condition = {**only_if("on", "is_yes"), "expression": " count > 5 "}
    assert evaluate(condition, VALUES) is False
    assert words(condition) == "count > 5"
    assert opposite_words(condition) == "this is not so: count > 5"


def test_a_blank_condition_never_holds() -> None:
    for blank in ({}, None, {"rows": []}, only_if("", "is_yes"), {"expression": "  "}):
        assert is_blank(blank)
        assert evaluate(blank, VALUES) is False
        assert words(blank) == ""
    assert as_condition(as_condition({})).rows == []


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (only_if("count", "more_than", "many"), "is not a number"),
        (only_if("on", "jumps"), "no way to compare"),
        (only_if("a b", "is_yes"), "not the name of a variable"),
        (only_if("x.__class__", "is_yes"), "not the name of a variable"),
        (only_if("gone", "is_yes"), "no variable called"),
        ({"expression": "1 +"}, "cannot be understood"),
        ({"expression": "name.upper()"}, "cannot be called"),
    ],
)
def test_a_broken_condition_says_why(condition: Any, said: str) -> None:
    with pytest.raises(TemplateError, match=said):
        evaluate(condition, VALUES, TYPES)


@pytest.mark.parametrize("text", ["it's", 'a "b"', "back\\slash", "two\nlines", "}} {{ x", "{% if %}", "ü🌲"])
def test_any_text_can_be_compared_with(text: str) -> None:
    assert evaluate(only_if("name", "equals", text), {"name": text}, {"name": "text"}) is True


def test_the_opposite_is_said_plainly() -> None:
    assert opposite_words(only_if("notepad", "is_not_empty")) == "notepad is empty"
    assert opposite_words(only_if("count", "at_least", 3)) == "count is less than 3"
