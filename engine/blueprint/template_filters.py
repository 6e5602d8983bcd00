"""Filters and tests of the template language: the whole list of what is allowed. All are pure and bounded."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from engine.blueprint.template_ops import MAX_OUTPUT, Frame, TemplateError
from engine.blueprint.values import ValueProblem, as_text, to_number

_MAX_NESTING = 20


def _text(function: Callable[[str], str]) -> Callable[..., str]:
    return lambda frame, value: function(as_text(value))


def _items(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, dict):
        return list(value)
    if value is None or value == "":
        return []
    raise TypeError("not a list")


def _length(frame: Frame, value: Any) -> int:
    if isinstance(value, (str, list, tuple, dict)):
        return len(value)
    if value is None:
        return 0
    raise TypeError("has no length")


def _default(frame: Frame, value: Any, other: Any = "", empty_too: bool = True) -> Any:
    return other if value is None or (empty_too and value in ("", [], {})) else value


def _join(frame: Frame, value: Any, between: Any = ", ") -> str:
    pieces = [as_text(item) for item in _items(value)]
    glue = as_text(between)
    size = sum(map(len, pieces)) + len(glue) * len(pieces)
    if size > MAX_OUTPUT:
        raise TemplateError(f"A text would become longer than {MAX_OUTPUT:,} characters.")
    frame.charge(len(pieces) + size // 64)
    return glue.join(pieces)


def _lines(mark: str) -> Callable[..., str]:
    def write(frame: Frame, value: Any) -> str:
        items = _items(value)
        return _join(frame, [f"{mark.format(n=n)}{as_text(item)}" for n, item in enumerate(items, 1)], "\n")

    return write


def _first(frame: Frame, value: Any, count: Any = None) -> Any:
    items = value if isinstance(value, str) else _items(value)
    if count is not None:
        return items[: max(0, int(to_number(count)))]
    return items[0] if items else ""


def _last(frame: Frame, value: Any, count: Any = None) -> Any:
    items = value if isinstance(value, str) else _items(value)
    if count is not None:
        wanted = max(0, int(to_number(count)))
        return items[-wanted:] if wanted else items[:0]
    return items[-1] if items else ""


def _sort_key(item: Any) -> Any:
    if isinstance(item, (int, float)):
        return (0, item, "")
    return (1, 0, as_text(item).casefold())


def _sort(frame: Frame, value: Any, reverse: Any = False) -> list[Any]:
    items = _items(value)
    frame.charge(len(items) * 8)
    return sorted(items, key=_sort_key, reverse=bool(reverse))


def _reverse(frame: Frame, value: Any) -> Any:
    return value[::-1] if isinstance(value, str) else _items(value)[::-1]


def _unique(frame: Frame, value: Any) -> list[Any]:
    found: dict[str, Any] = {}
    for item in _items(value):
        frame.charge(2)
        found.setdefault(f"{type(item).__name__}:{as_text(item)}", item)
    return list(found.values())


def _replace(frame: Frame, value: Any, old: Any, new: Any = "") -> str:
    text, before, after = as_text(value), as_text(old), as_text(new)
    if not before:
        return text
    frame.charge(len(text) // 8)
    if len(text) + text.count(before) * (len(after) - len(before)) > MAX_OUTPUT:
        raise TemplateError(f"A text would become longer than {MAX_OUTPUT:,} characters.")
    return text.replace(before, after)


def _truncate(frame: Frame, value: Any, length: Any = 100, end: Any = "…") -> str:
    text, limit = as_text(value), max(0, int(to_number(length)))
    return text if len(text) <= limit else text[:limit].rstrip() + as_text(end)[:20]


def _round(frame: Frame, value: Any, digits: Any = 0) -> Any:
    places = max(0, min(10, int(to_number(digits))))
    found = round(to_number(value), places)
    return int(found) if places == 0 else found


def _int(frame: Frame, value: Any, otherwise: Any = 0) -> Any:
    try:
        return int(to_number(value))
    except ValueProblem:
        return otherwise


def _float(frame: Frame, value: Any, otherwise: Any = 0.0) -> Any:
    try:
        return float(to_number(value))
    except ValueProblem:
        return otherwise


def _numbers(value: Any) -> list[Any]:
    return [to_number(item) for item in _items(value)]


def _map(frame: Frame, value: Any, attribute: Any) -> list[Any]:
    frame.charge(len(_items(value)))
    return [item.get(attribute, "") if isinstance(item, dict) else "" for item in _items(value)]


def _pairs(frame: Frame, value: Any) -> list[Any]:
    if not isinstance(value, dict):
        raise TypeError("not a record")
    return [[key, item] for key, item in value.items()]


def _json(frame: Frame, value: Any) -> str:
    return json.dumps(_counted(frame, value, 0), ensure_ascii=False)


def _counted(frame: Frame, value: Any, depth: int) -> Any:
    frame.charge(1 + (len(value) // 64 if isinstance(value, str) else 0))
    if depth > _MAX_NESTING:
        raise TemplateError("This is nested too deeply.")
    if isinstance(value, (list, tuple)):
        return [_counted(frame, item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {str(key): _counted(frame, item, depth + 1) for key, item in value.items()}
    return value


FILTERS: dict[str, Callable[..., Any]] = {
    "abs": lambda frame, value: abs(to_number(value)),
    "bullets": _lines("- "),
    "capitalize": _text(str.capitalize),
    "count": _length,
    "d": _default,
    "default": _default,
    "first": _first,
    "float": _float,
    "int": _int,
    "items": _pairs,
    "join": _join,
    "last": _last,
    "length": _length,
    "list": lambda frame, value: list(value) if isinstance(value, str) else _items(value),
    "lower": _text(str.lower),
    "map": _map,
    "max": lambda frame, value: max(_numbers(value), default=0),
    "min": lambda frame, value: min(_numbers(value), default=0),
    "numbered": _lines("{n}. "),
    "replace": _replace,
    "reverse": _reverse,
    "round": _round,
    "sort": _sort,
    "string": lambda frame, value: as_text(value),
    "sum": lambda frame, value: sum(_numbers(value)),
    "title": _text(str.title),
    "tojson": _json,
    "trim": _text(str.strip),
    "truncate": _truncate,
    "unique": _unique,
    "upper": _text(str.upper),
    "wordcount": lambda frame, value: len(as_text(value).split()),
}


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, (str, list, tuple, dict)) and len(value) == 0)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


TESTS: dict[str, Callable[..., bool]] = {
    "empty": _is_empty,
    "endingwith": lambda value, end: as_text(value).endswith(as_text(end)),
    "even": lambda value: to_number(value) % 2 == 0,
    "mapping": lambda value: isinstance(value, dict),
    "none": lambda value: value is None,
    "number": _is_number,
    "odd": lambda value: to_number(value) % 2 == 1,
    "sequence": lambda value: isinstance(value, (list, tuple)),
    "startingwith": lambda value, start: as_text(value).startswith(as_text(start)),
    "string": lambda value: isinstance(value, str),
    "yes": lambda value: value is True or (not isinstance(value, bool) and bool(value)),
}
