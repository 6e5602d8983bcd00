"""Whether a value is JSON and where it is not, and text that can be written as UTF-8. Not here: writing it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from engine.errors import ValidationFailed

MAX_DEPTH = 200
"""So deep may values be nested; deeper ones could be written but not be read again."""


def check_json(value: Any, place: str) -> None:
    """Raise ValidationFailed, with the place inside the value, unless it can be sent and saved as JSON.

    What is once on a timeline is sent and saved with every later turn, so it is refused where it comes in.
    """
    _check(value, place, 0)


def clean(text: str) -> str:
    """``text`` as UTF-8 can carry it: half surrogates become U+FFFD, or the character two of them mean."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def cleaned(value: Any) -> Any:
    """A JSON value with all its text as :func:`clean` makes it; the same object where there is nothing to do."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        made = {clean(key): cleaned(inner) for key, inner in value.items()}
        same = all(key in value and value[key] is inner for key, inner in made.items())
        return value if same else made
    if isinstance(value, list | tuple):
        items = [cleaned(inner) for inner in value]
        return value if all(a is b for a, b in zip(items, value, strict=True)) else items
    return value


def _check(value: Any, place: str, depth: int) -> None:
    if value is None or isinstance(value, str | int):
        return
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValidationFailed(f"{place} is {value}, which is not JSON", place=place)
        return
    if depth >= MAX_DEPTH:
        raise ValidationFailed(f"{place} is nested more than {MAX_DEPTH} deep", place=place)
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise ValidationFailed(f"{place} must have texts as keys, not {key!r}", place=place)
            _check(inner, f"{place}.{key}", depth + 1)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            _check(inner, f"{place}[{number}]", depth + 1)
    else:
        raise ValidationFailed(f"{place} must be JSON, not {type(value).__name__}", place=place)
