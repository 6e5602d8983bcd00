"""Hooks that are called at moments of a tick. Not here: when and in which order (``engine/reconciler/phases.py``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from engine.errors import RenderError
from engine.hooks.slots import Slot, current_fiber, use_slot
from engine.reconciler.fiber import Fiber

Callback = Callable[..., Any]


class CallbackSlot(Slot):
    """The function a component wants called in one phase; always the one of the last render."""

    __slots__ = ("function",)

    def __init__(self, kind: str, function: Callback) -> None:
        super().__init__(kind)
        self.function = function

    def leave(self, mounted: bool) -> Iterable[Callable[[], Any]]:
        return (self.function,) if mounted and self.kind == "on_unmount" else ()


def _use_callback_slot(kind: str, function: Callback) -> None:
    fiber = current_fiber(f"use_{kind}")
    _check_function(fiber, kind, function)
    slot = use_slot(fiber, kind, lambda: CallbackSlot(kind, function))
    slot.function = function


def _check_function(fiber: Fiber, kind: str, function: Any) -> None:
    if not callable(function):
        raise RenderError(
            f"use_{kind} of {fiber.element.name} at {fiber.path} needs a function, not {type(function).__name__}",
            path=fiber.path,
        )


class EffectSlot(Slot):
    """An effect, its dependencies, and what undoes it."""

    __slots__ = ("deps", "cleanup", "fresh")

    def __init__(self) -> None:
        super().__init__("effect")
        self.deps: tuple[Any, ...] | None = None
        self.cleanup: Any = None
        self.fresh = True

    def leave(self, mounted: bool) -> Iterable[Callable[[], Any]]:
        return (self.cleanup,) if callable(self.cleanup) else ()


def use_effect(effect: Callable[[], Any], deps: Sequence[Any] | None = None) -> None:
    """Call ``effect`` once the tree is stable; again when ``deps`` changed (None: after every render).

    The effect may be async and may return a function that undoes it; that one is called before the next run
    and when the component unmounts.
    """
    fiber = current_fiber("use_effect")
    _check_function(fiber, "effect", effect)
    slot = use_slot(fiber, "effect", EffectSlot)
    wanted = None if deps is None else tuple(deps)
    if slot.fresh or wanted is None or slot.deps != wanted:
        slot.fresh = False
        slot.deps = wanted
        fiber.tree.effects.append((fiber, slot, effect))


def use_on_mount(function: Callback) -> None:
    """Call ``function()`` once, after the component's first render."""
    _use_callback_slot("on_mount", function)


def use_on_unmount(function: Callback) -> None:
    """Call ``function()`` when the component leaves the tree, or its session is unloaded or closed."""
    _use_callback_slot("on_unmount", function)


def use_on_execution_start(function: Callback) -> None:
    """Call ``function(info)`` when an execution begins."""
    _use_callback_slot("on_execution_start", function)


def use_on_tick_start(function: Callback) -> None:
    """Call ``function(info)`` at the beginning of each tick; ``info.tick`` counts from 1."""
    _use_callback_slot("on_tick_start", function)


def use_after_compile(function: Callback) -> None:
    """Call ``function(compiled)`` after the context was made; ``compiled.request_recompile(reason)`` asks again."""
    _use_callback_slot("after_compile", function)


def use_on_tick_end(function: Callback) -> None:
    """Call ``function(result)`` at the end of each tick. It may decide to go on: see :func:`use_continuation`."""
    _use_callback_slot("on_tick_end", function)


def use_continuation(function: Callback) -> None:
    """Decide at the end of each tick whether to go on.

    ``function(result)`` sees in ``result.should_continue`` what the one before it left. It returns True, False,
    ``{"stop": True, "reason": …}``, ``{"continue": True, "reason": …}`` or None, or calls ``result.stop(reason)``
    or ``result.continue_(reason)``; inside one function *stop* beats *continue*. It only decides: a replay calls it
    again, while other callbacks of a tick are not called there.
    """
    _use_callback_slot("continuation", function)


def use_on_execution_end(function: Callback) -> None:
    """Call ``function(info)`` when an execution ends, also by error or abort; ``info.status`` says how."""
    _use_callback_slot("on_execution_end", function)


def use_on_message(function: Callback) -> None:
    """Call ``function(entry)`` for each message of a person or event that takes its place on the timeline."""
    _use_callback_slot("on_message", function)
