"""The types of state variables, in words and as values: empty values, conversion, short descriptions.

Not here: state variables as nodes (``kinds/state``) and reading them in texts (``template``).
"""

from __future__ import annotations

import json
from typing import Any, Literal

ValueType = Literal["text", "number", "yes_no", "list", "record"]

TYPE_LABELS: dict[str, str] = {
    "text": "Text",
    "number": "Number",
    "yes_no": "Yes or no",
    "list": "List",
    "record": "Record",
}

_YES = frozenset({"yes", "true", "on", "1", "y"})
_NO = frozenset({"no", "false", "off", "0", "n", ""})


class ValueProblem(ValueError):
    """A value does not fit the type; the text says so in plain words."""


def empty(value_type: str) -> Any:
    """The value a variable of that type starts with when nothing else is said."""
    return {"text": "", "number": 0, "yes_no": False, "list": [], "record": {}}.get(value_type, "")


def short(value: Any, limit: int = 60) -> str:
    """The value in a few words, for messages and summaries."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        text = " ".join(value.split())
        return f"“{text if len(text) <= limit else text[: limit - 1] + '…'}”"
    if isinstance(value, (list, tuple)):
        return "an empty list" if not value else f"a list of {count(len(value), 'item')}"
    if isinstance(value, dict):
        return "an empty record" if not value else f"a record of {count(len(value), 'field')}"
    return number_text(value)


def count(number: int, noun: str) -> str:
    """``1 item``, ``2 items``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def number_text(value: Any) -> str:
    """A number as people write it: no ``.0`` behind whole ones."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def to_number(value: Any) -> int | float:
    """The value as a number.

    Raises:
        ValueProblem: It is none.
    """
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, str) and len(value) <= 40:
        text = value.strip().replace(" ", "")
        for convert in (int, float):
            try:
                number = convert(text)
            except ValueError:
                continue
            if number == number and number not in (float("inf"), float("-inf")):
                return number
    raise ValueProblem(f"{short(value)} is not a number")


def to_yes_no(value: Any) -> bool:
    """The value as yes or no.

    Raises:
        ValueProblem: It is neither.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _YES:
            return True
        if word in _NO:
            return False
    raise ValueProblem(f"{short(value)} is neither yes nor no")


def to_list(value: Any) -> list[Any]:
    """The value as a list; text gives one item for each line that is not blank."""
    if isinstance(value, (list, tuple)):
        return list(value)
    if value is None or value == "":
        return []
    if isinstance(value, str):
        parsed = _json(value, list)
        return parsed if parsed is not None else [line.strip() for line in value.splitlines() if line.strip()]
    return [value]


def to_record(value: Any) -> dict[str, Any]:
    """The value as a record; text may be a JSON object.

    Raises:
        ValueProblem: It is none.
    """
    if isinstance(value, dict):
        return dict(value)
    if value is None or value == "":
        return {}
    if isinstance(value, str):
        parsed: dict[str, Any] | None = _json(value, dict)
        if parsed is not None:
            return parsed
    raise ValueProblem(f"{short(value)} is not a record")


def _json(text: str, kind: type) -> Any:
    if len(text) > 100_000 or not text.lstrip().startswith("[" if kind is list else "{"):
        return None
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, kind) else None


def coerce(value: Any, value_type: str) -> Any:
    """The value converted to a variable's type.

    Raises:
        ValueProblem: It does not fit, with the reason in plain words.
    """
    if value_type == "number":
        return to_number(value)
    if value_type == "yes_no":
        return to_yes_no(value)
    if value_type == "list":
        return to_list(value)
    if value_type == "record":
        return to_record(value)
    return as_text(value)


def as_text(value: Any) -> str:
    """The value as the model reads it in a text: lists as lines with a dash, records as ``name: value`` lines."""
    return _Writer().text(value)


class _Writer:
    """Writes nested values with a bound, so that no value can grow without end."""

    LIMIT = 400_000

    def __init__(self) -> None:
        self.size = 0

    def text(self, value: Any, depth: int = 0) -> str:
        if isinstance(value, str):
            self._grow(len(value))
            return value
        if value is None:
            return ""
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, (int, float)):
            return number_text(value)
        if depth >= 6:
            return "…"
        indent = "  " * depth
        lines: list[str] = []
        if isinstance(value, (list, tuple)):
            for item in value:
                self._grow(4)
                nested = isinstance(item, (list, tuple, dict)) and bool(item)
                written = self.text(item, depth + 1)
                lines.append(f"{indent}- {written.lstrip() if nested else written}")
            return "\n".join(lines)
        if isinstance(value, dict):
            for name, item in value.items():
                self._grow(4 + len(str(name)))
                written = self.text(item, depth + 1)
                gap = "\n" if isinstance(item, (list, tuple, dict)) and item else " "
                lines.append(f"{indent}{name}:{gap}{written}".rstrip())
            return "\n".join(lines)
        return str(value)[:1000]

    def _grow(self, size: int) -> None:
        self.size += size
        if self.size > self.LIMIT:
            raise ValueProblem(f"the value is longer than {self.LIMIT:,} characters")
