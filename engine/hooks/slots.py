"""Slots: what a fiber keeps for each hook a component calls, and the rules about their order.

A *stateful* slot is saved: it has a value in the state of its path, at its index among the stateful ones, checked
by kind. Not here: the hooks themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import Any, TypeVar, cast

from engine.errors import RenderError
from engine.reconciler.fiber import Fiber, rendering


class Slot:
    """What one hook call keeps. ``kind`` is checked at every render."""

    __slots__ = ("kind",)

    stateful = False

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def leave(self, mounted: bool) -> Iterable[Callable[[], Any]]:
        """What to call when the component unmounts."""
        return ()


class StateSlot(Slot):
    """A slot whose value is saved.

    Attributes:
        value: The current value.
        fiber: The component it belongs to.
        warned: It was already said that the value cannot be kept.
        persist: False: it lives in memory only.
    """

    __slots__ = ("value", "fiber", "warned", "extra")

    stateful = True

    def __init__(self, kind: str, fiber: Fiber, value: Any) -> None:
        super().__init__(kind)
        self.fiber = fiber
        self.value = value
        self.warned = False
        self.extra: Any = None

    def dump(self) -> Any:
        """The value as it is saved."""
        return self.value

    def set(self, value: Any) -> None:
        """Set the value, or apply a function of the old one. May be called from any thread."""
        if not accepts_changes() or not self.fiber.alive:
            return
        with self.fiber.tree.lock:
            new = value(self.value) if callable(value) else value
            if _same_value(self.value, new):
                return
            self.value = new
        self.fiber.state_changed()


class Scope:
    """A tool call that may be given up; setters called in an abandoned one are ignored."""

    __slots__ = ("abandoned",)

    def __init__(self) -> None:
        self.abandoned = False


scope: ContextVar[Scope | None] = ContextVar("engine_scope", default=None)


def accepts_changes() -> bool:
    """Whether setters are heeded here: not in a tool call that was given up."""
    current = scope.get()
    return current is None or not current.abandoned


def _same_value(old: Any, new: Any) -> bool:
    if old is new:
        return not isinstance(new, list | dict | set)
    try:
        return type(old) is type(new) and bool(old == new)
    except Exception:  # noqa: BLE001 - values that cannot be compared differ
        return False


def current_fiber(hook: str) -> Fiber:
    """The component that is being rendered.

    Raises:
        RenderError: No component is.
    """
    fiber = rendering.get()
    if fiber is None:
        raise RenderError(f"{hook} was called outside of a component's render")
    return fiber


S = TypeVar("S", bound=Slot)


def use_slot(fiber: Fiber, kind: str, make: Callable[[], S]) -> S:
    """The slot of this hook call: the one of the last render, or a new one.

    Raises:
        RenderError: Another hook stood here in the last render.
    """
    index = fiber.cursor
    fiber.cursor += 1
    if index < len(fiber.slots):
        found = fiber.slots[index]
        if found.kind != kind:
            raise RenderError(
                f"{fiber.element.name} at {fiber.path} called {kind} where it called {found.kind} before; "
                "hooks must be called in the same order at every render",
                path=fiber.path,
            )
        if found.stateful:
            fiber.stateful += 1
        return cast("S", found)
    made = make()
    fiber.slots.append(made)
    if made.stateful:
        fiber.stateful += 1
    return made


def start_over(fiber: Fiber) -> None:
    """Another function renders this fiber: keep the state by index and kind, let everything else go."""
    fiber.fresh = fiber.complete = False
    if not fiber.slots:
        return
    fiber.saved = state_of(fiber)
    for slot in fiber.slots:
        fiber.tree.leaving.extend(slot.leave(False))
    fiber.slots = []


def drop_slots(fiber: Fiber) -> None:
    """Drop the slots that this render did not reach, after a render that was left in the middle."""
    for slot in fiber.slots[fiber.cursor :]:
        fiber.tree.leaving.extend(slot.leave(False))
    del fiber.slots[fiber.cursor :]


MISSING: Any = object()


def saved_of_kind(fiber: Fiber, kind: str) -> list[Any]:
    """The saved values of all of a component's hooks of one kind, whichever claims them; call before :func:`claim`."""
    items = [item for item in fiber.saved or () if isinstance(item, list | tuple) and len(item) == 2]
    return [value for saved_kind, value in items if saved_kind == kind]


def claim(fiber: Fiber, kind: str) -> Any:
    """The saved value for the stateful hook that is being made, or :data:`MISSING`."""
    saved = fiber.saved
    if saved is None or fiber.stateful >= len(saved):
        return MISSING
    item = saved[fiber.stateful]
    if isinstance(item, list | tuple) and item and item[0] == kind + "!":
        return MISSING
    if not isinstance(item, list | tuple) or len(item) != 2 or item[0] != kind:
        was = item[0] if isinstance(item, list | tuple) and item else "nothing"
        fiber.tree.reports.append(
            (fiber.path, f"hook {fiber.stateful} is {kind} now and was {was}; its value and the later ones are dropped")
        )
        fiber.tree.changed.add(fiber.path)
        fiber.saved = None
        return MISSING
    return item[1]


def state_of(fiber: Fiber) -> list[Any]:
    """The state of a fiber: ``[kind, value]`` per stateful hook, and what no hook has claimed yet."""
    state = [[slot.kind, slot.dump()] for slot in fiber.slots if isinstance(slot, StateSlot)]
    if fiber.saved is not None:
        state.extend(fiber.saved[len(state) :])
    return state
