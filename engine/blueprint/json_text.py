"""JSON as a person types it: what is wrong in plain words, with line and column, and whether a schema is satisfied.

Not here: fields and forms (``form_fields``, ``widgets/forms``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

MAX_TEXT = 1_000_000
"""The longest text, in characters."""


class JsonProblem(ValueError):
    """Why a text cannot be taken.

    Attributes:
        reason: One plain sentence.
        line: Line of the place, from 1.
        column: Column of the place, from 1.
    """

    def __init__(self, reason: str, line: int, column: int) -> None:
        super().__init__(reason)
        self.reason, self.line, self.column = reason, line, column

    def __str__(self) -> str:
        return f"Line {self.line}, column {self.column}: {self.reason}"


def read_json(text: str, schema: Mapping[str, Any] | None = None) -> Any:
    """The value that a text stands for.

    Args:
        text: JSON.
        schema: The JSON Schema that it must satisfy.

    Raises:
        JsonProblem: It is no JSON, or not what the schema wants, with the place.

    Example:
        >>> read_json('{"a": [1, 2]}')
        {'a': [1, 2]}
        >>> try:
        ...     read_json('{"a": [1 2]}')
        ... except JsonProblem as problem:
        ...     print(problem)
        Line 1, column 10: A comma is missing here.
    """
    if len(text) > MAX_TEXT:
        raise JsonProblem(f"The text is longer than {MAX_TEXT:,} characters.", 1, 1)
    if not text.strip():
        raise JsonProblem("Nothing stands here yet.", 1, 1)
    try:
        value = json.loads(text, parse_constant=_no_number, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise JsonProblem(_plain(error.msg, text, error.pos), error.lineno, error.colno) from None
    except RecursionError:
        raise JsonProblem("This is nested too deeply.", 1, 1) from None
    except _Refused as refused:
        raise JsonProblem(refused.reason, *_place(text, text.find(refused.word))) from None
    except ValueError:
        raise JsonProblem("A number in it is too long.", 1, 1) from None
    if schema:
        _check(text, value, schema)
    return value


def write_json(value: Any) -> str:
    """A value as it is shown: indented, letters as they are."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


class _Refused(Exception):
    def __init__(self, reason: str, word: str) -> None:
        self.reason, self.word = reason, word


def _no_number(word: str) -> Any:
    raise _Refused(f"“{word}” is not a number in JSON.", word)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise _Refused(f"“{double}” stands in one object twice.", json.dumps(double, ensure_ascii=False))
    return found


_WORDS = {
    "Expecting ',' delimiter": "A comma is missing here.",
    "Expecting ':' delimiter": "A colon is missing here.",
    "Expecting property name enclosed in double quotes": "A name in double quotes is expected here.",
    "Unterminated string starting at": "This text has no closing quote.",
    "Extra data": "Nothing more may follow here.",
    "Invalid control character at": "A line break inside a text is written as \\n.",
    "Invalid \\escape": "A backslash inside a text is written twice: \\\\.",
    "Invalid \\uXXXX escape": "Four digits are expected after \\u.",
    "Illegal trailing comma before end of object": "The last comma is one too many.",
    "Illegal trailing comma before end of array": "The last comma is one too many.",
}


def _plain(message: str, text: str, place: int) -> str:
    if message.startswith("Expecting value"):
        if text[:place].rstrip().endswith(",") and text[place:].lstrip()[:1] in ("]", "}"):
            return "The last comma is one too many."
        if text[place : place + 1] == "'":
            return "Texts stand in double quotes."
        return "A value is expected here."
    if message.startswith("Expecting property name") and text[:place].rstrip().endswith(","):
        return "The last comma is one too many." if text[place:].lstrip()[:1] == "}" else _WORDS[message]
    return next((words for start, words in _WORDS.items() if message.startswith(start)), f"{message}.")


def _check(text: str, value: Any, schema: Mapping[str, Any]) -> None:
    """Raises for the place that the schema refuses first."""
    import jsonschema

    from engine.tools.schema import make_validator

    error = jsonschema.exceptions.best_match(make_validator(schema).iter_errors(value))
    if error is None:
        return
    path = list(error.absolute_path)
    raise JsonProblem(_schema_words(error, path), *_place(text, place_of(text, path)))


def _schema_words(error: Any, path: Sequence[str | int]) -> str:
    last = path[-1] if path else None
    where = "The value" if last is None else f"“{last}”" if isinstance(last, str) else f"Item {last + 1}"
    wanted = error.validator_value
    kinds = {
        "string": "a text",
        "number": "a number",
        "integer": "a whole number",
        "boolean": "true or false",
        "array": "a list",
        "object": "an object",
        "null": "null",
    }
    if error.validator == "type":
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        return f"{where} must be {' or '.join(kinds.get(name, name) for name in names)}."
    if error.validator == "required":
        missing = [name for name in wanted if name not in error.instance]
        return f"{where} needs “{missing[0]}”."
    if error.validator == "enum":
        return f"{where} must be one of: {', '.join(json.dumps(item, ensure_ascii=False) for item in wanted[:8])}."
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        known = error.schema.get("properties", {})
        extra = next((name for name in error.instance if name not in known), "")
        return f"{where} may not have “{extra}”."
    limits = {"minimum": "at least", "maximum": "at most"}
    if error.validator in limits:
        return f"{where} must be {limits[error.validator]} {wanted}."
    lengths = {"minLength": "longer", "minItems": "longer", "maxLength": "shorter", "maxItems": "shorter"}
    if error.validator in lengths:
        return f"{where} must be {lengths[error.validator]}: the limit is {wanted}."
    return f"{where} is not what is expected here: {str(error.message)[:200]}."


_SPACE = re.compile(r"[ \t\n\r]*")
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_PLAIN = re.compile(r"[^\s,\]}]+")


def place_of(text: str, path: Sequence[str | int]) -> int:
    """Where the value at a path begins in a JSON text that can be read.

    Example:
        >>> place_of('{"a": [1, 22]}', ["a", 1])
        10
    """
    at = _skip(text, 0)
    for step in path:
        at = _item(text, at + 1, step) if isinstance(step, int) else _member(text, at + 1, step)
    return at


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _item(text: str, at: int, number: int) -> int:
    at = _skip(text, at)
    for _ in range(number):
        at = _skip(text, _skip(text, _end(text, at)) + 1)
    return at


def _member(text: str, at: int, name: str) -> int:
    while True:
        at = _skip(text, at)
        end = _end(text, at)
        value = _skip(text, _skip(text, end) + 1)
        if json.loads(text[at:end]) == name:
            return value
        at = _skip(text, _end(text, value)) + 1


def _end(text: str, at: int) -> int:
    """One past the value that begins here."""
    if text[at] == '"':
        found = _TEXT.match(text, at)
        return found.end() if found else len(text)
    if text[at] not in "[{":
        found = _PLAIN.match(text, at)
        return found.end() if found else at
    depth = 0
    while at < len(text):
        letter = text[at]
        if letter == '"':
            at = _end(text, at)
            continue
        depth += (letter in "[{") - (letter in "]}")
        at += 1
        if not depth:
            break
    return at


def _place(text: str, at: int) -> tuple[int, int]:
    at = max(0, at)
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


__all__ = ["JsonProblem", "place_of", "read_json", "write_json"]
