"""The children of an element: flattening lists into slots, and what may stand as a child. Not here: mounting them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.component import Component
from engine.errors import RenderError
from engine.reconciler.fiber import Fiber


def flatten(output: Any) -> Iterator[tuple[str, Any]]:
    """The children of an element with their slots; what is skipped keeps its slot, lists nest (``2.0``)."""
    if not isinstance(output, list | tuple):
        output = (output,)
    yield from _flatten(output, "")


def _flatten(children: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    for number, child in enumerate(children):
        if (
            child is None
            or child is False
            or child is True
            or (not child and isinstance(child, str | list | tuple | dict))
        ):
            continue
        slot = f"{prefix}{number}"
        if isinstance(child, list | tuple):
            yield from _flatten(child, slot + ".")
        else:
            yield slot, child


def leaf(child: Any, fiber: Fiber) -> Any:
    """A child that is neither element nor text: numbers become text, things that know their element become that."""
    if isinstance(child, int | float):
        return str(child)
    as_element = getattr(child, "__element__", None)
    if as_element is not None and not isinstance(child, type):
        return as_element()
    if isinstance(child, Component):
        return child()
    raise RenderError(f"{fiber.path} has a child of type {type(child).__name__}, which is not content", path=fiber.path)
