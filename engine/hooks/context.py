"""Contexts: values that a part of the tree provides to everything below it."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from engine.elements import Element
from engine.errors import RenderError
from engine.reconciler.fiber import Fiber, handling, rendering

T = TypeVar("T")


class Context(Generic[T]):
    """A value by place in the tree. Made with :func:`create_context`; provided with ``context(value, *children)``."""

    __slots__ = ("default", "name")

    def __init__(self, default: T, name: str) -> None:
        self.default = default
        self.name = name

    def __call__(self, value: T, *children: Any, key: str | None = None) -> Element:
        """An element that gives ``value`` to its children."""
        return Element("provider", {"context": self, "value": value}, children, key)

    def provide(self, value: T, *children: Any, key: str | None = None) -> Element:
        """The same as calling the context."""
        return self(value, *children, key=key)

    def Provider(self, *children: Any, value: T, key: str | None = None) -> Element:
        """The same with the value by name."""
        return self(value, *children, key=key)

    def __repr__(self) -> str:
        return f"<context {self.name}>"


def create_context(default: T = None, name: str = "context") -> Context[T]:  # type: ignore[assignment]
    """A new context.

    Example:
        >>> folder = create_context("/")
        >>> element = folder("/data", System("…"))   # use_context(folder) is "/data" below this element
    """
    return Context(default, name)


def use_context(context: Context[T]) -> T:
    """The value of the nearest provider above, else the context's default.

    May be called while a component renders, and in a tool's handler: there it looks from the tool's element up.
    """
    reader = rendering.get()
    fiber = reader if reader is not None else handling.get()
    if fiber is None:
        raise RenderError("use_context was called outside of a component's render and of a tool's handler")
    above: Fiber | None = fiber
    while above is not None:
        props = above.element.props
        if above.element.kind == "provider" and props["context"] is context:
            if reader is not None:
                if above.consumers is None:
                    above.consumers = set()
                above.consumers.add(reader)
            value: T = props["value"]
            return value
        above = above.parent
    return context.default
