"""Saving: commits in order, each durable or kept for the next attempt. Not here: what is saved when (``loop``)."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Mapping
from typing import Any

from engine.errors import EngineError, StoreError
from engine.hooks.slots import StateSlot, state_of
from engine.persistence import Commit, SessionStore
from engine.reconciler.tree import Tree

log = logging.getLogger("engine")

ASIDE = "~"
"""State that a replacement removed is saved under its path with this in front."""


class Journal:
    """The saves of one session. Without a store it only forgets.

    Attributes:
        session_id: The session.
        made: Whether the store knows the session.
    """

    def __init__(self, session_id: str, store: SessionStore | None) -> None:
        self.session_id = session_id
        self.store = store
        self.made = False
        self._queue: deque[Commit] = deque()
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def unsaved(self) -> int:
        """How many commits wait for their next attempt."""
        return len(self._queue)

    async def save(self, **fields: Any) -> None:
        """Make a commit and everything that is still unsaved durable.

        Raises:
            StoreError: It could not be saved; it is kept and goes along with the next save.
        """
        if self.store is None:
            return
        self._queue.append(Commit(self.session_id, **fields))
        await self.flush()

    async def flush(self) -> None:
        """Save what is unsaved, in order. A cancelled caller does not leave a commit in doubt."""
        if self.store is None or (not self._queue and not self._lock.locked()):
            return
        task = asyncio.ensure_future(self._drain())
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.done():
                await asyncio.wait([task])
            if not task.cancelled():
                task.exception()
            raise

    async def _drain(self) -> None:
        store = self.store
        async with self._lock:
            while self._queue and store is not None:
                try:
                    await store.commit(self._queue[0])
                except EngineError:
                    raise
                except Exception as error:
                    raise StoreError(f"The session could not be saved: {error}") from error
                self._queue.popleft()
                self.made = True

    def later(self, **fields: Any) -> None:
        """Save without waiting; a failure is tried again with the next save."""
        if self.store is None:
            return
        self._queue.append(Commit(self.session_id, **fields))
        task = asyncio.ensure_future(self._quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _quietly(self) -> None:
        try:
            await self._drain()
        except StoreError as error:
            log.warning("Session %s: %s", self.session_id, error)

    async def settle(self) -> None:
        """Wait for saves that nobody waits for."""
        if self._tasks:
            await asyncio.gather(*self._tasks)

    def drop(self) -> None:
        """Forget what is unsaved."""
        self._queue.clear()


def take_state(tree: Tree) -> dict[str, Any]:
    """State that changed since it was last taken, by path, as JSON values; None where it is gone."""
    if not tree.changed and not tree.aside_changed:
        return {}
    with tree.lock:
        changed, tree.changed = tree.changed, set()
    taken: dict[str, Any] = {}
    for path in sorted(changed):
        fiber = tree.fibers.get(path)
        if fiber is None or not fiber.is_component:
            taken[path] = None
            continue
        values = []
        for kind, value in state_of(fiber):
            values.append([kind, plain(value)])
        taken[path] = [list(item) if item[1] is not UNKEPT else [item[0] + "!", None] for item in values] or None
        for slot, (_, value) in zip((s for s in fiber.slots if isinstance(s, StateSlot)), values, strict=False):
            if value is UNKEPT and not slot.warned:
                slot.warned = True
                log.info("State of %s (%s) is not JSON and lives in memory only", path, slot.kind)
    aside, tree.aside_changed = tree.aside_changed, set()
    for path in aside:
        kept = tree.aside.get(path)
        copied = [[kind, plain(value)] for kind, value in kept] if kept else []
        taken[ASIDE + path] = None if not copied or any(v is UNKEPT for _, v in copied) else copied
    return taken


UNKEPT: Any = object()


def plain(value: Any) -> Any:
    """A copy of a JSON value that nobody else can change, or :data:`UNKEPT`."""
    if value is None or isinstance(value, str | bool | int):
        return value
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return UNKEPT


def give_state(tree: Tree, state: Mapping[str, Any]) -> None:
    """Hand loaded state to a tree that is not mounted yet."""
    for path, values in state.items():
        if values is None:
            continue
        if path.startswith(ASIDE):
            tree.aside[path[len(ASIDE) :]] = list(values)
        else:
            tree.stored[path] = list(values)
