"""Requests compared, and differences that a person can read."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from engine.model import ModelRequest

CONTEXT_WORDS = 8
LONGEST_DIFFERENCE = 4_000


def request_json(request: Any) -> dict[str, Any]:
    """A request as JSON, for fixtures; spans are left out. A mapping of that form passes through."""
    if isinstance(request, Mapping):
        return {name: request.get(name, default) for name, default in _EMPTY.items()}
    return {
        "system": [dict(block) for block in request.system_blocks],
        "messages": list(request.messages),
        "tools": list(request.tools),
        "options": dict(request.options),
        "model": request.model,
    }


_EMPTY: dict[str, Any] = {"system": (), "messages": (), "tools": (), "options": {}, "model": None}


def request_from_json(value: Mapping[str, Any]) -> ModelRequest:
    """The inverse of :func:`request_json`."""
    return ModelRequest(
        system_blocks=value["system"],
        messages=value["messages"],
        tools=value["tools"],
        options=value["options"],
        model=value["model"],
    )


def first_difference(expected: Any, actual: Any) -> tuple[str, Any, Any] | None:
    """Where two requests differ first, with what stands there in each; None where they are equal byte for byte.

    Places read ``system[0]``, ``messages[2].content[0].text``, ``tools[1].description``, ``options.max_tokens``.
    """
    one, two = request_json(expected), request_json(actual)
    for name in _EMPTY:
        if _text(one[name]) != _text(two[name]):
            return _inside(name, one[name], two[name])
    return None


def _inside(place: str, one: Any, two: Any) -> tuple[str, Any, Any]:
    """The smallest part that differs."""
    if isinstance(one, Mapping) and isinstance(two, Mapping):
        differing = [key for key in {**one, **two} if _text(one.get(key)) != _text(two.get(key))]
        if len(differing) == 1 or (differing and set(one) == set(two)):
            key = differing[0]
            return _inside(f"{place}.{key}", one.get(key), two.get(key))
    elif _is_list(one) and _is_list(two):
        for number in range(max(len(one), len(two))):
            left = one[number] if number < len(one) else None
            right = two[number] if number < len(two) else None
            if _text(left) != _text(right):
                return _inside(f"{place}[{number}]", left, right)
    return place, one, two


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=_other)


def _other(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)


def readable(expected: Any, actual: Any) -> str:
    """Both as one text: ``[-what was expected-]`` and ``{+what is there+}``, with a few words around each change."""
    if expected is None or actual is None:
        missing = "nothing there now" if actual is None else "nothing there before"
        return _short(
            f"{missing}; {'before' if actual is None else 'now'}: {_shown(actual if expected is None else expected)}"
        )
    one, two = re.findall(r"\s+|\w+|[^\w\s]", _shown(expected)), re.findall(r"\s+|\w+|[^\w\s]", _shown(actual))
    pieces: list[str] = []
    matcher = difflib.SequenceMatcher(None, one, two, autojunk=False) if len(one) + len(two) < 20_000 else None
    if matcher is None:
        return _short(f"[-{_shown(expected)}-]{{+{_shown(actual)}+}}")
    codes = matcher.get_opcodes()
    for number, (tag, a, b, c, d) in enumerate(codes):
        if tag == "equal":
            pieces.append(_around(one[a:b], number == 0, number == len(codes) - 1))
            continue
        if b > a:
            pieces.append(f"[-{''.join(one[a:b])}-]")
        if d > c:
            pieces.append(f"{{+{''.join(two[c:d])}+}}")
    return _short("".join(pieces))


def _around(words: list[str], first: bool, last: bool) -> str:
    if len(words) <= 2 * CONTEXT_WORDS:
        return "".join(words)
    head = "" if first else "".join(words[:CONTEXT_WORDS])
    tail = "" if last else "".join(words[-CONTEXT_WORDS:])
    return f"{head} … {tail}"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else _text(value)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_DIFFERENCE else f"{text[:LONGEST_DIFFERENCE]} … ({len(text)} characters)"


def assert_same_request(actual: Any, expected: Any) -> None:
    """Two requests are equal byte for byte, spans apart.

    Args:
        actual: A :class:`ModelRequest`, or its JSON from :func:`request_json`.
        expected: The same.

    Raises:
        AssertionError: They differ; the message shows the first place and the words.

    Example:
        >>> assert_same_request(compile_once(Greeting, name="Ryan"), json.loads(fixture.read_text()))
    """
    __tracebackhide__ = True
    found = first_difference(expected, actual)
    if found is not None:
        raise AssertionError(f"The requests differ at {found[0]}:\n  {readable(found[1], found[2])}")
