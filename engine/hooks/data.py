"""``use_data``: values that are fetched before the model is called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from engine.errors import RenderError
from engine.hooks.slots import MISSING, StateSlot, claim, current_fiber, use_slot
from engine.reconciler.fiber import Fiber
from engine.reconciler.tree import Suspended


def use_data(key: str, fetch: Callable[[], Any], deps: Sequence[Any] = ()) -> Any:
    """What ``fetch()`` gives, awaited inside the render. Fetched again only when ``key`` or ``deps`` change; saved.

    Args:
        key: The name of the value.
        fetch: A function, sync or async.
        deps: JSON values that the fetch depends on.

    Raises:
        RenderError: The fetch raised.
    """
    fiber = current_fiber("use_data")

    def make() -> StateSlot:
        saved = claim(fiber, "data")
        return StateSlot("data", fiber, saved if isinstance(saved, dict) else None)

    slot = use_slot(fiber, "data", make)
    wanted = list(deps)
    held = slot.value
    if held is not None and held["key"] == key and held["deps"] == wanted:
        return held["value"]
    if slot.extra is not MISSING:
        slot.extra = MISSING
        fiber.tree.fetches.append(_fetch(fiber, slot, key, fetch, wanted))
    raise Suspended


async def _fetch(fiber: Fiber, slot: StateSlot, key: str, fetch: Callable[[], Any], deps: list[Any]) -> None:
    recorded = getattr(fiber.tree.host, "recorded_data", None)
    try:
        value = fetch() if recorded is None else recorded(fiber.path, key, deps)
        if inspect.isawaitable(value):
            value = await value
    except Exception as error:
        message = f"The data {key!r} of {fiber.path} could not be fetched: {type(error).__name__}: {error}"
        raise RenderError(message, path=fiber.path) from error
    finally:
        slot.extra = None
    slot.value = {"key": key, "deps": deps, "value": value}
    fiber.state_changed()
