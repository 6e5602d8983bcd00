"""Saving: commits in order, each durable or kept for the next attempt. Not here: what is saved when (``loop``)."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError, StoreError
from engine.hooks.slots import StateSlot, state_of
from engine.reconciler.tree import ASIDE, Tree

if TYPE_CHECKING:
    from engine.persistence import Commit, EventBatch, SessionStore

log = logging.getLogger("engine")


class Journal:
    """The saves of one session. Without a store it only forgets.

    Commits wait in a queue. One attempt at a time hands in all that wait; what comes meanwhile is the next attempt, and
    what failed stays in the queue for it. A store takes a commit that it has already without doing it twice.

    Attributes:
        session_id: The session.
        made: Whether the store knows the session.
    """

    def __init__(
        self, session_id: str, store: SessionStore | None, take_events: Callable[[], EventBatch | None] | None = None
    ) -> None:
        self.session_id = session_id
        self.store = store
        self.made = False
        self._take_events = take_events
        self._queue: list[Commit] = []
        self._attempt: asyncio.Future[None] | None = None
        self._handed_in: Sequence[Commit] = ()
        self._soon: asyncio.Handle | None = None
        self._waiting = 0

    @property
    def unsaved(self) -> int:
        """How many commits wait for their next attempt."""
        return len(self._queue)

    def add(self, **fields: Any) -> None:
        """Note what is to be saved with the next :meth:`flush`."""
        from engine.persistence import Commit

        self._queue.append(Commit(self.session_id, **fields))

    def later(self, **fields: Any) -> None:
        """Save without waiting; a failure is tried again with the next save.

        It is handed in when the loop comes round, together with what is saved until then.
        """
        if self.store is None:
            return
        self.add(**fields)
        if self._attempt is None and self._soon is None:
            self._soon = asyncio.get_running_loop().call_soon(self._go_on)

    async def flush(self) -> None:
        """Make what is unsaved durable, in order. A cancelled caller does not leave a commit in doubt.

        Raises:
            StoreError: It could not be saved; it is kept and goes along with the next attempt.
        """
        self._waiting += 1
        try:
            while self._queue:
                if self._attempt is not None:
                    await asyncio.wait([self._attempt])  # of somebody else, who is told how it ends
                    continue
                attempt = self._hand_in()
                try:
                    await asyncio.shield(attempt)
                except asyncio.CancelledError:
                    if not attempt.done():
                        await asyncio.wait([attempt])
                    asyncio.get_running_loop().call_soon(self._go_on)  # with what came meanwhile
                    raise
        except EngineError:
            raise
        except Exception as error:
            raise StoreError(f"The session could not be saved: {error}") from error
        finally:
            self._waiting -= 1

    async def settle(self) -> None:
        """Wait for saves that nobody waits for."""
        self._go_on()
        while self._attempt is not None:
            await asyncio.wait([self._attempt])

    def drop(self) -> set[str]:
        """Forget what is unsaved; gives the ids of the messages that were to wait."""
        lost = {message.id for commit in self._queue for message in commit.pending_added}
        self._queue.clear()
        return lost

    def without_events_behind(self, sequence: int) -> None:
        """Save what is unsaved without events behind that number: they did not come true."""
        for place, commit in enumerate(self._queue):
            if commit.events is not None and commit.events.last > sequence:
                self._queue[place] = replace(commit, events=None)

    # -- attempts ------------------------------------------------------------------------------------------------

    def _batch(self) -> list[Commit]:
        """What is unsaved, as few commits as can be; what happened since the last save goes along with the last."""
        if len(self._queue) > 1:
            joined = [self._queue.pop(0)]
            while self._queue:
                both = merged(joined[-1], self._queue[0])
                if both is None:
                    joined.append(self._queue.pop(0))
                else:
                    self._queue.pop(0)
                    joined[-1] = both
            self._queue.extend(joined)
        last = self._queue[-1]
        if self._take_events is not None and last.events is None and not last.streamed:
            events = self._take_events()
            if events is not None:
                self._queue[-1] = replace(last, events=events)
        return list(self._queue)

    def _hand_in(self) -> asyncio.Future[None]:
        """Begin an attempt with all that is unsaved: the store makes one transaction of commits that wait together."""
        assert self.store is not None
        batch = self._handed_in = self._batch()
        given = self.store.commit(batch[0]) if len(batch) == 1 else _all_of(self.store, batch)
        attempt: asyncio.Future[None] = asyncio.ensure_future(given)
        self._attempt = attempt
        attempt.add_done_callback(self._ended)
        return attempt

    def _ended(self, attempt: asyncio.Future[None]) -> None:
        batch, self._handed_in, self._attempt = self._handed_in, (), None
        error = None if attempt.cancelled() else attempt.exception()
        if error is None and not attempt.cancelled():
            self.made = True
            if self._queue and self._queue[0] is batch[0]:  # else it was dropped meanwhile
                del self._queue[: len(batch)]
            if not self._waiting:
                self._go_on()
        elif not self._waiting:
            log.warning("Session %s: %s", self.session_id, error or "a save was cancelled")

    def _go_on(self) -> None:
        """Begin an attempt where there is something to save and none is under way."""
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        if self._queue and self._attempt is None:
            self._hand_in()


async def _all_of(store: SessionStore, commits: Sequence[Commit]) -> None:
    for outcome in await asyncio.gather(*map(store.commit, commits), return_exceptions=True):
        if isinstance(outcome, BaseException):
            raise outcome


def merged(one: Commit, two: Commit) -> Commit | None:
    """Both in one transaction and with half the work, or None where that would lose a step of state or events."""
    if one.state or one.shared_state or one.events is not None or one.streamed:
        return None
    tick = two.tick
    changes = two.state or two.shared_state
    if changes and any(entry.role == "tool" for entry in one.entries):
        return None  # what the state was when the results came is a step of its own
    if changes and one.tick is not None and one.tick.context is not None:
        return None  # so is what it was when the model was called
    if one.tick is not None:
        if tick is None:
            tick = one.tick
        elif (tick.execution_id, tick.tick) != (one.tick.execution_id, one.tick.tick):
            return None
        elif tick.context is None:
            tick = replace(tick, context=one.tick.context)
    return replace(
        two,
        session={**one.session, **two.session},
        entries=[*one.entries, *two.entries],
        statuses={**one.statuses, **two.statuses},
        pending_added=[*one.pending_added, *two.pending_added],
        pending_removed=[*one.pending_removed, *two.pending_removed],
        execution=two.execution or one.execution,
        tick=tick,
        streamed=one.streamed if two.streamed is None else two.streamed,
        grants={**one.grants, **two.grants},
    )


def take_state(tree: Tree) -> dict[str, Any]:
    """State that changed since it was last taken, by path, as JSON values; None where it is gone."""
    if not tree.changed:
        return {}
    with tree.lock:
        changed, tree.changed = tree.changed, set()
    taken: dict[str, Any] = {}
    for path in sorted(changed):
        if path.startswith(ASIDE):
            kept = tree.aside.get(path[len(ASIDE) :])
            copied = [[kind, plain(value)] for kind, value in kept] if kept else []
            taken[path] = None if not copied or any(v is UNKEPT for _, v in copied) else copied
            continue
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
