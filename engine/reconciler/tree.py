"""Rendering: turning elements into fibers, again only where something changed.

Here: passes, reconciliation of children, mounting and unmounting. Not here: what hooks keep
(``engine/hooks``), calling lifecycle callbacks (``phases``), reading and restoring state (``state``).
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from engine.component import Component
from engine.elements import Element
from engine.errors import EngineError, RenderError
from engine.hooks.slots import drop_slots, start_over, state_of
from engine.reconciler.children import flatten, leaf
from engine.reconciler.fiber import ABSOLUTE_PREFIX, Fiber, child_path, rendering, segment

log = logging.getLogger("engine")

MAX_PASSES = 50
"""A tree that is still not stable after so many passes is taken as it is."""


ASIDE = "~"
"""State that a replacement removed is saved under its path with this in front."""


class Suspended(BaseException):
    """Raised by ``use_data`` to leave a component until its data is there. Never seen outside of a render."""


class Tree:
    """A mounted tree of one session.

    Attributes:
        root: The root fiber, or None before the first render.
        fibers: Every mounted fiber by path.
        changed: Paths whose state differs from what was last taken for saving, with :data:`ASIDE` in front for state
            that is kept aside.
        stored: State loaded from a store for paths that have not been mounted yet.
        aside: State of keyed elements that a replacement removed.
        fetches: Data that was asked for in this render: what to await before the next pass.
        reports: State that had to be dropped: ``(path, reason)``.
        host: What hooks reach of the session; None for a tree that is only compiled.
        stand_ins: In a replay, what is called in place of the callbacks of a phase, by its kind. The others are not
            called at all, nor are effects.
    """

    def __init__(self, host: Any = None, on_dirty: Callable[[], None] | None = None) -> None:
        self.host = host
        self.root: Fiber | None = None
        self.fibers: dict[str, Fiber] = {}
        self.changed: set[str] = set()
        self.stored: dict[str, list[Any]] = {}
        self.aside: dict[str, list[Any]] = {}
        self.fetches: list[Awaitable[None]] = []
        self.reports: list[tuple[str, str]] = []
        self.lock = threading.RLock()
        self.subscribers: dict[Any, set[Fiber]] = {}
        self.entering: list[Fiber] = []
        self.leaving: list[Callable[[], Any]] = []
        self.effects: list[tuple[Fiber, Any, Callable[[], Any]]] = []
        self.stand_ins: Mapping[str, Callable[..., Any]] | None = None
        self.shape = 0
        self.expanded: frozenset[str] = frozenset()
        self._departing: list[Fiber] = []
        self.local: dict[str, Any] = {}
        self.replacing = False
        self._dirty = False
        self._order: tuple[int, list[Fiber]] = (-1, [])
        self._pass = 0
        self._on_dirty = on_dirty

    @property
    def dirty(self) -> bool:
        """Whether anything has to render."""
        return self._dirty or self.root is None

    def mark_dirty(self) -> None:
        """Note that something has to render. May be called from any thread."""
        self._dirty = True
        if self._on_dirty is not None:
            self._on_dirty()

    def notify(self, topic: Any) -> None:
        """Render every component that reads ``topic`` (``timeline``, ``tick``, …)."""
        for fiber in tuple(self.subscribers.get(topic, ())):
            if fiber.alive:
                fiber.mark_dirty()

    async def render(self, element: Element) -> int:
        """Render until nothing changes any more; data that components ask for is awaited in between.

        Returns:
            How many passes it took.

        Raises:
            RenderError: A component raised, or data could not be fetched.
        """
        passes = 0
        while passes < MAX_PASSES:
            if passes and not self._dirty:
                break
            passes += 1
            self.render_pass(element)
            if self.fetches:
                fetches, self.fetches = self.fetches, []
                await asyncio.gather(*fetches)
            elif not self._dirty:
                break
        return passes

    def render_pass(self, element: Element) -> None:
        """One pass over what is dirty, without awaiting anything."""
        self._pass += 1
        self._dirty = False
        root = self.root
        try:
            if root is None:
                root = self.root = Fiber(self, None, element, "/")
                self._register(root)
                self._render(root)
            else:
                self._update(root, element)
        except BaseException:
            self._dirty = True
            raise
        self._depart()
        self.replacing = False

    def replace(self) -> None:
        """Take the next render as a replacement: what it removes is kept aside under its key."""
        self.replacing = True
        if self.root is not None:
            self.root.mark_dirty()

    def unmount(self) -> None:
        """Remove everything without touching the state, as when a session is unloaded."""
        if self.root is not None:
            for fiber in reversed(list(self.components())):
                self._leave(fiber)
            for fiber in self.fibers.values():
                fiber.alive = False
        self.root = None
        self.fibers.clear()
        self.subscribers.clear()
        self.shape += 1

    def components(self) -> list[Fiber]:
        """The mounted components, children before parents, siblings in tree order."""
        if self._order[0] != self.shape:
            order: list[Fiber] = []
            if self.root is not None:
                _collect(self.root, order)
            self._order = (self.shape, order)
        return self._order[1]

    # -- one element ---------------------------------------------------------------------------------------------

    def _register(self, fiber: Fiber) -> None:
        self.fibers[fiber.path] = fiber
        self.shape += 1
        if fiber.is_component:
            saved = self.stored.pop(fiber.path, None)
            if saved is None and fiber.explicit and self.replacing:
                saved = self.aside.pop(fiber.path, None)
                if saved is not None:
                    self.changed.update((fiber.path, ASIDE + fiber.path))
            fiber.saved = saved
            self.entering.append(fiber)

    def _update(self, fiber: Fiber, element: Element) -> None:
        """Give a mounted fiber its new element, and render what that changes."""
        before = fiber.element
        if element is not before:
            if fiber.is_component:
                kind = element.kind
                if kind is not before.kind and kind.function is not before.kind.function:
                    fiber.fresh = True
                if fiber.fresh or not _same(before, element):
                    fiber.dirty = True
                fiber.element = element
            else:
                if not _same(before, element):
                    fiber.dirty = True
                    fiber.touch()
                    if element.kind == "provider" and not _equal(before.props, element.props):
                        self._provide(fiber)
                    fiber.element = element
        self._visit(fiber)

    def _visit(self, fiber: Fiber) -> None:
        fiber.visit = self._pass
        if fiber.dirty:
            self._render(fiber)
        elif fiber.below:
            fiber.below = False
            for child in list(fiber.children):
                if isinstance(child, Fiber):
                    self._visit(child)

    def _provide(self, fiber: Fiber) -> None:
        for consumer in fiber.consumers or ():
            if consumer.alive:
                consumer.mark_dirty()

    def _render(self, fiber: Fiber) -> None:
        fiber.visit = self._pass
        fiber.dirty = False
        fiber.below = False
        try:
            if fiber.is_component:
                output = self._call(fiber)
                if output is _SUSPENDED:
                    return
            else:
                output = fiber.element.children
            self._reconcile(fiber, output)
        except BaseException:
            above: Fiber | None = fiber
            while above is not None:
                above.dirty = True
                above = above.parent
            raise

    def _call(self, fiber: Fiber) -> Any:
        component: Component = fiber.element.kind
        fiber.cursor = fiber.stateful = 0
        if fiber.fresh:
            start_over(fiber)
        token = rendering.set(fiber)
        try:
            output = component.function(*fiber.element.children, **fiber.element.props)
        except Suspended:
            fiber.complete = fiber.fresh = False
            return _SUSPENDED
        except RenderError:
            raise
        except EngineError as error:
            raise RenderError(f"{component.__name__} at {fiber.path}: {error}", path=fiber.path) from error
        except Exception as error:
            message = f"{component.__name__} at {fiber.path} raised {type(error).__name__}: {error}"
            raise RenderError(message, path=fiber.path) from error
        finally:
            rendering.reset(token)
        if fiber.cursor < len(fiber.slots):
            if fiber.complete:
                raise RenderError(
                    f"{component.__name__} at {fiber.path} called {fiber.cursor} hooks after {len(fiber.slots)} before;"
                    " hooks may not be called under a condition",
                    path=fiber.path,
                )
            drop_slots(fiber)
        if fiber.saved is not None:
            if len(fiber.saved) > fiber.stateful:
                self.reports.append((fiber.path, "the component has fewer stateful hooks than before"))
                self.changed.add(fiber.path)
            fiber.saved = None
        fiber.complete = True
        return output

    # -- children ------------------------------------------------------------------------------------------------

    def _reconcile(self, fiber: Fiber, output: Any) -> None:
        old = fiber.by_segment
        children: list[Any] = []
        current: dict[str, Fiber] = {}
        fiber.by_segment = {**old}
        for slot, child in flatten(output):
            if not isinstance(child, Element):
                if not isinstance(child, str | dict):
                    child = leaf(child, fiber)
                if isinstance(child, str | dict):
                    children.append(child)
                    continue
            part = segment(child, slot)
            if part in current:
                log.warning(
                    "Two children of %s have the key %s; the second is told apart by a number", fiber.path, part
                )
                number = 2
                while f"{part}#{number}" in current:
                    number += 1
                part = f"{part}#{number}"
            mounted = self._place(fiber, part, child, old)
            current[part] = mounted
            fiber.by_segment[part] = mounted
            children.append(mounted)
        for part, gone in old.items():
            if current.get(part) is not gone and gone.parent is fiber and gone.alive:
                self._departing.append(gone)
        if children != fiber.children:
            fiber.touch()
            self.shape += 1
        fiber.children = children
        fiber.by_segment = current

    def _place(self, parent: Fiber, part: str, element: Element, old: dict[str, Fiber]) -> Fiber:
        path = child_path(parent.path, part)
        found = old.get(part)
        if found is None and part.startswith(ABSOLUTE_PREFIX):
            found = self.fibers.get(path)
            if found is not None and found.visit == self._pass:
                path = f"{parent.path}/{part}" if parent.path != "/" else f"/{part}#2"
                log.warning("The key %s stands twice in the tree; the second has the path %s", part, path)
                found = old.get(part)
        if found is not None and _same_kind(found.element, element):
            if found.parent is not parent:
                if found.parent is not None:
                    found.parent.by_segment.pop(part, None)
                    found.parent.children = [child for child in found.parent.children if child is not found]
                    found.parent.touch()
                found.parent = parent
                _dirty_below(found)
            self._update(found, element)
            return found
        if found is not None:
            self._unmount(found)
        fiber = Fiber(self, parent, element, path)
        parent.by_segment[part] = fiber
        self._register(fiber)
        self._render(fiber)
        return fiber

    def _depart(self) -> None:
        """Unmount what has no place any more. Waiting until the end of a pass lets absolute keys move first."""
        while self._departing:
            gone = self._departing.pop(0)
            parent = gone.parent
            if gone.alive and not (parent is not None and any(f is gone for f in parent.by_segment.values())):
                self._unmount(gone)

    def _unmount(self, fiber: Fiber) -> None:
        for child in list(fiber.by_segment.values()):
            if child.parent is fiber and child.alive:
                if child.path.startswith("/" + ABSOLUTE_PREFIX) and child.path.count("/") == 1:
                    fiber.by_segment = {part: f for part, f in fiber.by_segment.items() if f is not child}
                    self._departing.append(child)
                else:
                    self._unmount(child)
        fiber.alive = False
        if self.fibers.get(fiber.path) is fiber:
            del self.fibers[fiber.path]
        self.shape += 1
        if not fiber.is_component:
            return
        state = state_of(fiber)
        if state:
            self.changed.add(fiber.path)
            if self.replacing and fiber.explicit:
                self.aside[fiber.path] = state
                self.changed.add(ASIDE + fiber.path)
        self._leave(fiber)

    def _leave(self, fiber: Fiber) -> None:
        for readers in self.subscribers.values():
            readers.discard(fiber)
        for slot in fiber.slots:
            self.leaving.extend(slot.leave(fiber.mounted))
        if fiber in self.entering:
            self.entering.remove(fiber)


_SUSPENDED = object()


def _collect(fiber: Fiber, order: list[Fiber]) -> None:
    for child in fiber.children:
        if isinstance(child, Fiber):
            _collect(child, order)
    if fiber.is_component:
        order.append(fiber)


def _dirty_below(fiber: Fiber) -> None:
    fiber.dirty = True
    for child in fiber.by_segment.values():
        _dirty_below(child)


def _same_kind(old: Element, new: Element) -> bool:
    if isinstance(old.kind, Component) and isinstance(new.kind, Component):
        return True
    return bool(old.kind == new.kind)


def _same(old: Element, new: Element) -> bool:
    try:
        return old is new or (old.props == new.props and old.children == new.children)
    except Exception:  # noqa: BLE001 - values that cannot be compared differ
        return False


def _equal(old: Any, new: Any) -> bool:
    try:
        return bool(old == new)
    except Exception:  # noqa: BLE001 - values that cannot be compared differ
        return False
