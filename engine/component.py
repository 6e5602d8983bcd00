"""The ``component`` decorator. Not here: how a component is called (``engine/reconciler``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.elements import Element
from engine.errors import ValidationFailed


class Component:
    """A function that returns elements. Calling it makes an element; the engine calls the function.

    Attributes:
        function: The function itself.
    """

    def __init__(self, function: Callable[..., Any], name: str | None = None) -> None:
        self.function = function
        self.__wrapped__ = function
        self.__name__ = name or getattr(function, "__name__", type(function).__name__)
        self.__doc__ = getattr(function, "__doc__", None)

    def __call__(self, *children: Any, key: str | None = None, **props: Any) -> Element:
        """An element of this component."""
        return Element(self, props, children, key)

    def __repr__(self) -> str:
        return f"<component {self.__name__}>"


def component(function: Callable[..., Any]) -> Component:
    """Make a component of a function.

    The function's parameters are its properties (a property may not be called ``key``). It returns an element, a
    list of elements, or None, and may call hooks, always in the same order.

    Example:
        >>> @component
        ... def Greeting(name="you"):
        ...     return System(f"Greet {name}.")
        >>> Greeting(name="Ryan")
        Element(kind=<component Greeting>, props={'name': 'Ryan'}, children=(), key=None)
    """
    return function if isinstance(function, Component) else Component(function)


def _as_given(elements: tuple[Any, ...], **_props: Any) -> tuple[Any, ...]:
    return elements


_ELEMENTS = Component(_as_given, "Elements")
"""The root of a tree that was given as elements: a component like any other, so that either can replace the other."""


def _given(elements: tuple[Any, ...]) -> Element:
    return Element(_ELEMENTS, {"elements": elements}, (), None)


def root_element(value: Any, props: dict[str, Any] | None = None) -> Element:
    """The element at the root of a tree, made of a component, a plain function, an element or a list of elements.

    Raises:
        ValidationFailed: It is none of these.
    """
    props = props or {}
    if isinstance(value, Element):
        if isinstance(value.kind, str):
            return _given((value,))
        return Element(value.kind, {**value.props, **props}, value.children, None)
    if isinstance(value, Component):
        return Element(value, props, (), None)
    if isinstance(value, list | tuple):
        return _given(tuple(value))
    if callable(value):
        return Element(Component(value), props, (), None)
    raise ValidationFailed(f"An app needs a component or an element, not {type(value).__name__}", place="component")
