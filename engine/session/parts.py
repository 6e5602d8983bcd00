"""Entries, waiting messages, the tree and session state of a session.

Not here: saving them, and the life of executions (``core``).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from engine.component import root_element
from engine.entries import Block, Entry, EntryStatus, new_id
from engine.errors import EngineError, ValidationFailed
from engine.messages import Incoming, messages_of
from engine.reconciler import phases
from engine.reconciler.tree import MAX_PASSES
from engine.session.base import Pending, SessionBase
from engine.session.execution import Execution
from engine.session.journal import UNKEPT, plain

if TYPE_CHECKING:
    from engine.persistence import PendingMessage

log = logging.getLogger("engine")

MAX_PENDING = 10_000
"""Messages that may wait in one session."""


def _derived(entry: Entry) -> Entry:
    """An entry that is not what is stored under its index: a context keeps it whole."""
    return replace(entry, metadata={**entry.metadata, "derived": True})


class SessionParts(SessionBase):
    """What changes in a session while it is used."""

    # -- entries -------------------------------------------------------------------------------------------------

    def new_entry(
        self,
        role: Any,
        content: Sequence[Block],
        metadata: Mapping[str, Any],
        *,
        id: str | None = None,
        status: EntryStatus = "complete",
        offset: int = 0,
    ) -> Entry:
        """An entry of the running execution, not on the timeline yet; ``offset`` entries go before it."""
        ex = self.current_or_ending
        return Entry(
            id=id or new_id("entry"),
            index=self.log.next_index + offset,
            role=role,
            content=list(content),
            execution_id=ex.id if ex is not None else "",
            tick=ex.tick if ex is not None else 0,
            status=status,
            created=time.time(),
            metadata=metadata,
        )

    def append(self, entries: Sequence[Entry]) -> None:
        """Put entries on the timeline."""
        ex = self.current_or_ending
        for entry in entries:
            self.log.append(entry)
            if ex is not None:
                ex.entries.append(entry)
        self.tree.notify("timeline")

    def take_back(self, ex: Execution, waiting: Sequence[Pending]) -> None:
        """The newest entries could not be saved at all: they are the messages again that they were, and wait."""
        if waiting:
            self.log.take_back(len(waiting))
            del ex.entries[-len(waiting) :]
            self.pending[:0] = waiting
            self.tree.notify("timeline")

    def mark(self, ex: Execution, entry_id: str, status: EntryStatus) -> None:
        """Change the status of an entry."""
        changed = self.log.mark(entry_id, status)
        if changed is not None:
            ex.entries[:] = [changed if entry.id == entry_id else entry for entry in ex.entries]
            self.tree.notify("timeline")

    def replace_timeline(self, entries: Sequence[Any]) -> None:
        """Go on with other entries in memory; what is stored stays.

        Raises:
            ValidationFailed: They are not entries or messages.
        """
        if isinstance(entries, str | Mapping) or not isinstance(entries, Iterable):
            raise ValidationFailed(f"entries must be a list, not {type(entries).__name__}", place="entries")
        made: list[Entry] = []
        for item in entries:
            if isinstance(item, Entry):
                made.append(item if self.log.get(item.id) is item else _derived(item))
                continue
            for message in messages_of(item, "entries"):
                metadata = {**message.metadata, "derived": True}
                made.append(Entry(new_id("entry"), -1, message.role, message.content, "", 0, metadata=metadata))
        known = {entry.id for entry in made}
        ex = self.current_or_ending
        running = [entry for entry in self.log.entries if ex is not None and entry.execution_id == ex.id]
        self.first_of_execution = len([e for e in made if ex is None or e.execution_id != ex.id])
        made.extend(entry for entry in running if entry.id not in known)
        self.log.replace(made)
        self.tree.notify("timeline")

    # -- messages that wait --------------------------------------------------------------------------------------

    def add_pending(self, message: Incoming, kind: Literal["queued", "joined"], *, store: bool = True) -> Pending:
        """Let a message wait; with ``store`` it is saved at once."""
        if len(self.pending) >= MAX_PENDING:
            raise EngineError(f"{MAX_PENDING} messages wait in this session already")
        pending = Pending(new_id("message"), message, kind, store and self.journal.store is not None)
        self.pending.append(pending)
        if pending.stored:
            from engine.persistence import PendingMessage

            record = PendingMessage(pending.id, message.to_json(), kind)
            self.journal.later(pending_added=[record], session=self.row())
        return pending

    def take_pending(self, ex: Execution) -> list[Pending]:
        """The messages whose turn has come: all at the first tick, those that joined at later ones."""
        if ex.tick == 1:
            taken, self.pending = (
                [p for p in self.pending if self._mine(p, ex)],
                [p for p in self.pending if not self._mine(p, ex)],
            )
        else:
            taken = [p for p in self.pending if p.kind == "joined" and self._mine(p, ex)]
            self.pending = [p for p in self.pending if not (p.kind == "joined" and self._mine(p, ex))]
        if taken:
            self.tree.notify("queued")
        return taken

    def _mine(self, pending: Pending, ex: Execution) -> bool:
        """Whether a message is not meant for an execution that waits behind this one."""
        return all(pending.id not in other.own for other in self.executions if other is not ex)

    def has_joined(self) -> bool:
        """Whether a message waits for the next tick."""
        ex = self.current_or_ending
        return ex is not None and any(p.kind == "joined" and self._mine(p, ex) for p in self.pending)

    def unstored_pending(self) -> list[PendingMessage]:
        """Messages that still wait at the end of an execution and were not saved as waiting."""
        if not self.pending or self.journal.store is None:
            return []
        from engine.persistence import PendingMessage

        ex = self.current_or_ending
        found = []
        for pending in self.pending:
            mine = ex is None or self._mine(pending, ex)
            if not pending.stored and mine and self.journal.store is not None:
                pending.stored = True
                found.append(PendingMessage(pending.id, pending.message.to_json(), pending.kind))
        return found

    # -- the tree ------------------------------------------------------------------------------------------------

    def root(self) -> Any:
        """The root element with its properties."""
        return root_element(self.element, self.props) if self.props else self.element

    async def rendered(self) -> int:
        """Render what is dirty and call what follows from it; how many passes that took.

        Raises:
            RenderError: A component failed.
        """
        if not self.tree.dirty and not self.tree.entering and not self.tree.effects and not self.tree.leaving:
            return 0
        task = asyncio.current_task()
        if self._render_task is task:
            return 0  # an effect or a mount callback got here; its own changes are rendered when it returns
        passes = 0
        async with self._rendering:
            self._render_task = task
            try:
                for _ in range(MAX_PASSES):
                    if self.tree.dirty:
                        passes += await self.tree.render(self.root())
                    self.mounted = True
                    await phases.settle(self.tree)
                    if not self.tree.dirty:
                        break
            finally:
                self._render_task = None
        return passes

    # -- shared state --------------------------------------------------------------------------------------------

    def set_shared(self, key: str, value: Any, persist: bool) -> None:
        """Set session state. May be called from any thread."""
        self.shared[key] = value
        if persist:
            self.shared_changed.add(key)
            self.shared_volatile.discard(key)
        else:
            self.shared_volatile.add(key)
        self.tree.notify(("shared", key))

    def take_shared(self) -> dict[str, Any]:
        """Session state that changed since it was last taken."""
        if not self.shared_changed:
            return {}
        changed, self.shared_changed = self.shared_changed, set()
        taken = {}
        for key in changed:
            value = plain(self.shared.get(key))
            if value is UNKEPT:
                log.info("Session state %s is not JSON and lives in memory only", key)
                continue
            taken[key] = {"value": value}
        return taken
