"""A fiber: one element that is mounted, with its path, its hooks and its children. Not here: rendering (``tree``)."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from engine.component import Component
from engine.elements import Element
from engine.errors import RenderError

if TYPE_CHECKING:
    from engine.hooks.slots import Slot
    from engine.reconciler.tree import Tree

ABSOLUTE_PREFIX = "node:"
"""Keys that begin so identify an element wherever it stands: its path is the key alone, and moving keeps its state."""


class Fiber:
    """One mounted element.

    Attributes:
        path: Identity of the element; see engine.md section 5.
        children: Fibers, strings and blocks, in order.
        slots: The hooks of a component, in call order.
        saved: State from a store or from before a replacement, waiting for the hooks that claim it.
        dirty: It has to render again.
        below: Something beneath it has to render again.
        cache: What the compiler made of it, until something in it changes.
    """

    __slots__ = (
        "tree",
        "parent",
        "element",
        "path",
        "explicit",
        "children",
        "by_segment",
        "slots",
        "saved",
        "cursor",
        "stateful",
        "dirty",
        "below",
        "cache",
        "consumers",
        "complete",
        "fresh",
        "mounted",
        "alive",
        "ticked",
        "visit",
    )

    def __init__(self, tree: Tree, parent: Fiber | None, element: Element, path: str) -> None:
        self.tree = tree
        self.parent = parent
        self.element = element
        self.path = path
        self.explicit = element.key is not None
        self.children: list[Any] = []
        self.by_segment: dict[str, Fiber] = {}
        self.slots: list[Slot] = []
        self.saved: list[Any] | None = None
        self.cursor = 0
        self.stateful = 0
        self.dirty = True
        self.below = False
        self.cache: Any = None
        self.consumers: set[Fiber] | None = None
        self.complete = False
        self.fresh = True
        self.mounted = False
        self.alive = True
        self.ticked: tuple[str, int] | None = None
        self.visit = 0

    @property
    def is_component(self) -> bool:
        """Whether a function renders it."""
        return isinstance(self.element.kind, Component)

    def mark_dirty(self) -> None:
        """Render it in the next pass. May be called from any thread."""
        self.dirty = True
        parent = self.parent
        while parent is not None and not parent.below:
            parent.below = True
            parent = parent.parent
        self.tree.mark_dirty()

    def touch(self) -> None:
        """Forget what the compiler made of it and of everything around it."""
        fiber: Fiber | None = self
        while fiber is not None:
            fiber.cache = None
            fiber = fiber.parent

    def state_changed(self) -> None:
        """Its state differs from what was last saved, and it has to render again. May be called from any thread."""
        with self.tree.lock:
            self.tree.changed.add(self.path)
        self.mark_dirty()

    def __repr__(self) -> str:
        return f"<fiber {self.path}>"


rendering: ContextVar[Fiber | None] = ContextVar("engine_rendering", default=None)
"""The component that is being rendered."""

handling: ContextVar[Fiber | None] = ContextVar("engine_handling", default=None)
"""The tool element whose handler is running."""


def segment(element: Element, slot: str) -> str:
    """The element's part of a path: its key, or its name and slot."""
    if element.key is None:
        return f"{element.name}[{slot}]"
    if not isinstance(element.key, str):
        raise RenderError(f"The key of {element.name} must be a text, not {type(element.key).__name__}")
    return element.key.replace("%", "%25").replace("/", "%2F") if "/" in element.key else element.key


def child_path(parent: str, part: str) -> str:
    """The path of a child; an absolute key stands alone."""
    if part.startswith(ABSOLUTE_PREFIX) or parent == "/":
        return "/" + part
    return f"{parent}/{part}"
