"""What callers give beside messages, checked where they give it. Not here: messages (``engine/messages``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import ValidationFailed


def check_given(props: Any, max_ticks: Any, metadata: Any = None) -> None:
    """Raise ValidationFailed, with its place, unless an execution can be started with these; None is left out."""
    _check_mapping(props, "props")
    _check_mapping(metadata, "metadata")
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
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValidationFailed("max_ticks must be a whole number above 0", place="max_ticks")
