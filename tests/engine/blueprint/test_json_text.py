"""JSON as people type it: each mistake has its place and plain words, and a schema is checked where there is one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.blueprint.json_text import MAX_TEXT, JsonProblem, place_of, read_json, write_json

SCHEMA = {
    "type": "object",
    "properties": {
        "count": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 9}, "maxItems": 3},
        "mode": {"enum": ["fast", "slow"]},
        "name": {"type": ["string", "null"], "minLength": 2},
        "mail": {"type": "string", "pattern": "@"},
    },
    "required": ["count"],
    "additionalProperties": False,
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-10_000, 10_000) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


def problem(text: str, schema: dict[str, Any] | None = None) -> JsonProblem:
    with pytest.raises(JsonProblem) as caught:
        read_json(text, schema)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("", 1, 1, "Nothing stands here yet"),
        ("  \n ", 1, 1, "Nothing stands here yet"),
        ('{"a": [1 2]}', 1, 10, "A comma is missing"),
        ("{'a': 1}", 1, 2, "A name in double quotes"),
        ("{\"a\": 'x'}", 1, 7, "double quotes"),
        ('{"a": 1,\n}', 1, 8, "The last comma is one too many"),
        ("[1,\n]", 1, 3, "The last comma is one too many"),
        ('{"a": }', 1, 7, "A value is expected"),
        ('{"a" 1}', 1, 6, "A colon is missing"),
        ('{"a": "x', 1, 7, "no closing quote"),
        ('{"a": "x\ny"}', 1, 9, "A line break inside a text"),
        ('{"a": "\\q"}', 1, 8, "A backslash"),
        ('{"a": "\\u12"}', 1, 9, "Four digits"),
        ("{}\n{}", 2, 1, "Nothing more may follow"),
        ('{\n  "a": NaN}', 2, 8, "“NaN” is not a number"),
        ('{"a": 1, "a": 2}', 1, 2, "“a” stands in one object twice"),
        ("[" * 100_000, 1, 1, "nested too deeply"),
        ("1" * 5_000, 1, 1, "A number in it is too long"),
        (" " * MAX_TEXT + "1", 1, 1, "longer than"),
    ],
)
def test_a_mistake_has_its_place_and_plain_words(text: str, line: int, column: int, words: str) -> None:
    found = problem(text)
    assert words in found.reason
    # Python 3.13 names the comma itself, earlier versions what stands behind it.
    assert found.line == line or "comma" in words
    assert abs(found.column - column) <= 1 or "comma" in words
    assert str(found).startswith(f"Line {found.line}, column {found.column}: ")


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("[]", 1, 1, "The value must be an object"),
        ("{}", 1, 1, "The value needs “count”"),
        ('{"count": [],\n "mode": "quick"}', 2, 10, '“mode” must be one of: "fast", "slow"'),
        ('{"count": [1,\n  2, "x"]}', 2, 6, "Item 3 must be a whole number"),
        ('{"count": [0]}', 1, 12, "Item 1 must be at least 1"),
        ('{"count": [10]}', 1, 12, "Item 1 must be at most 9"),
        ('{"count": [1, 2, 3, 4]}', 1, 11, "“count” must be shorter: the limit is 3"),
        ('{"count": [], "name": "x"}', 1, 23, "“name” must be longer: the limit is 2"),
        ('{"count": [], "name": 1}', 1, 23, "“name” must be a text or null"),
        ('{"count": [], "other": 1}', 1, 1, "may not have “other”"),
        ('{"count": [], "mail": "ada"}', 1, 23, "“mail” is not what is expected here"),
    ],
)
def test_what_the_schema_refuses_has_its_place(text: str, line: int, column: int, words: str) -> None:
    found = problem(text, SCHEMA)
    assert words in found.reason
    assert (found.line, found.column) == (line, column)


def test_what_fits_is_read() -> None:
    assert read_json('{"count": [1, 2], "name": null}', SCHEMA) == {"count": [1, 2], "name": None}
    assert read_json("null") is None


@given(JSON)
def test_what_is_written_reads_back_the_same(value: Any) -> None:
    text = write_json(value)
    assert read_json(text) == value
    assert json.loads(text) == value


@given(JSON, st.sampled_from([None, 0, 2, 4]))
def test_the_place_of_every_part_is_where_it_stands(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)

    def look(part: Any, path: list[str | int]) -> None:
        at = place_of(text, path)
        assert json.JSONDecoder().raw_decode(text[at:])[0] == part
        items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
        for key, inner in items:
            look(inner, [*path, key])

    look(value, [])
