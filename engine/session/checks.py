"""What callers give beside messages, checked where they give it. Not here: messages (``engine/messages``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from engine.errors import ValidationFailed
from engine.json_values import check_json


def check_given(props: Any, max_ticks: Any, metadata: Any = None) -> None:
    """Raise ValidationFailed, with its place, unless an execution can be started with these; None is left out."""
    _check_mapping(props, "props")
    _check_mapping(metadata, "metadata")
    check_json(metadata, "metadata")
    if max_ticks is not None:
        check_max_ticks(max_ticks)


def _check_mapping(value: Any, place: str) -> None:
    if value is None:
        return
    if not isinstance(value, Mapping):
        raise ValidationFailed(f"{place} must be a mapping, not {type(value).__name__}", place=place)
    for key in value:
        if not isinstance(key, str):
            raise ValidationFailed(f"{place} must have texts as keys, not {key!r}", place=place)


def check_max_ticks(value: Any) -> None:
    """Raise ValidationFailed unless it is a whole number above 0."""
    check_count(value, "max_ticks")


def check_count(value: Any, place: str) -> None:
    """Raise ValidationFailed unless it is a whole number above 0."""
    if not is_whole(value) or value < 1:
        raise ValidationFailed(f"{place} must be a whole number above 0", place=place)


def is_whole(value: Any) -> TypeGuard[int]:
    """Whether it is a whole number; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def tick_place(at: Any, place: str) -> tuple[str, int] | None:
    """``(execution_id, tick)`` where it is that, else None.

    Raises:
        ValidationFailed: It is a pair of something else.
    """
    if not isinstance(at, list | tuple) or len(at) != 2:
        return None
    if not isinstance(at[0], str) or not is_whole(at[1]):
        raise ValidationFailed(f"{place} must be an execution's id and the number of a tick", place=place)
    return at[0], at[1]
