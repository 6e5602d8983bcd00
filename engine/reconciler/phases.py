"""Calling the callbacks of a phase: children before parents, siblings in tree order, in call order inside one.

Not here: which phases there are and when (``engine/session/loop.py``).
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from engine.errors import EngineError
from engine.hooks.lifecycle import CallbackSlot
from engine.reconciler.fiber import Fiber
from engine.reconciler.tree import Tree

log = logging.getLogger("engine")


@lru_cache(maxsize=4096)
def _positional(code: Any, bound: int) -> int:
    """How many positional arguments a function takes; -1 for any number."""
    if code.co_flags & inspect.CO_VARARGS:
        return -1
    return int(code.co_argcount) - bound


def _takes(function: Callable[..., Any]) -> int:
    inner = getattr(function, "__func__", None)
    code = getattr(inner if inner is not None else function, "__code__", None)
    if code is not None:
        return _positional(code, 0 if inner is None else 1)
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return -1
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return -1
    return sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)


async def call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function with as many of the arguments as it takes, and await what it returns if that can be awaited."""
    takes = _takes(function)
    result = function(*(arguments if takes < 0 else arguments[:takes]))
    if inspect.isawaitable(result):
        result = await result
    return result


async def call_of(fiber: Fiber, kind: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a callback of a component.

    Raises:
        EngineError: It raised; an error of the engine goes through as it is, others are told with the component.
    """
    try:
        return await call(function, *arguments)
    except EngineError:
        raise
    except Exception as error:
        where = f"use_{kind} of {fiber.element.name} at {fiber.path}"
        raise EngineError(f"{where} raised {type(error).__name__}: {error}") from error


def callbacks(tree: Tree, *kinds: str) -> Iterator[tuple[Fiber, str, Callable[..., Any]]]:
    """The callbacks of a phase, in order, of what is mounted now: whose, of which kind, and what to call."""
    for fiber in list(tree.components()):
        for slot in list(fiber.slots):
            if slot.kind in kinds and isinstance(slot, CallbackSlot) and fiber.alive:
                function = _called(tree, slot)
                if function is not None:
                    yield fiber, slot.kind, function


def _called(tree: Tree, slot: CallbackSlot) -> Callable[..., Any] | None:
    """What is called for a callback: in a replay its stand-in, or nothing. What only decides is called there too."""
    if tree.stand_ins is None or slot.kind == "continuation":
        return slot.function
    return tree.stand_ins.get(slot.kind)


async def fire(tree: Tree, kind: str, *arguments: Any) -> None:
    """Call all callbacks of a phase; an exception ends the phase."""
    for fiber, _, function in callbacks(tree, kind):
        await call_of(fiber, kind, function, *arguments)


async def fire_all(tree: Tree, kind: str, *arguments: Any) -> None:
    """Call all callbacks of a phase, whatever some of them raise; what they raise is logged."""
    for fiber, _, function in callbacks(tree, kind):
        try:
            await call(function, *arguments)
        except Exception:
            log.exception("%s of %s raised", kind, fiber.path)


async def fire_tick_start(tree: Tree, tick: tuple[str, int], info: Any) -> None:
    """Call the tick-start callbacks of components that have not had this tick's call yet."""
    for fiber in list(tree.components() if tree.stand_ins is None else ()):
        if fiber.ticked == tick or not fiber.alive:
            continue
        fiber.ticked = tick
        for slot in list(fiber.slots):
            if slot.kind == "on_tick_start" and isinstance(slot, CallbackSlot):
                await call_of(fiber, slot.kind, slot.function, info)


async def settle(tree: Tree) -> None:
    """After a render: undo and call what left, then effects, then mount callbacks of what is new."""
    if tree.stand_ins is not None:
        tree.leaving, tree.effects, tree.entering = [], [], []
    while tree.leaving:
        leaving, tree.leaving = tree.leaving, []
        for function in leaving:
            await _quietly(function)
    while tree.effects:
        effects, tree.effects = tree.effects, []
        for fiber, slot, effect in effects:
            if callable(slot.cleanup):
                cleanup, slot.cleanup = slot.cleanup, None
                await _quietly(cleanup)
            slot.cleanup = await call_of(fiber, "effect", effect)
    if tree.entering:
        entering, tree.entering = set(tree.entering), []
        for fiber in list(tree.components()):
            if fiber not in entering or not fiber.alive or fiber.mounted:
                continue
            fiber.mounted = True
            for slot in list(fiber.slots):
                if slot.kind == "on_mount" and isinstance(slot, CallbackSlot):
                    await call_of(fiber, slot.kind, slot.function)


async def _quietly(function: Callable[[], Any]) -> None:
    try:
        await call(function)
    except Exception:
        log.exception("A callback of a component that left the tree raised")
