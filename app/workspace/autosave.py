"""Keeps the document and its undo journal in the database, edit by edit, without anybody asking.

An edit is written at once; typing is written when it pauses, at the latest after a second. Document and journal go
into one transaction, so undo fits the document after a crash too.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import QObject, Signal

from app.tasks import coalesce, spawn
from engine.blueprint.document import AgentDocument
from engine.blueprint.files import dump_document
from engine.blueprint.history import HistoryEntry
from widgets.tree.document_model import DocumentModel

if TYPE_CHECKING:
    from engine.store.agents import Agents

TYPING_MS = 800
log = logging.getLogger(__name__)


class _Agents(Protocol):
    """The part of ``Store.agents`` that this needs."""

    async def save(
        self,
        agent_id: str,
        document: Any,
        *,
        edit: Any = None,
        undone_to: int | None = None,
        undo_position: int | None = None,
    ) -> str: ...


class Autosave(QObject):
    """Saves one agent.

    Signals:
        saved: The document on disk is the one on screen.
        failed: It could not be saved; carries the exception. It is tried again with the next edit and by ``save_now``.
        saving: There is something that is not on disk yet.
    """

    saved = Signal()
    failed = Signal(object)
    saving = Signal()

    def __init__(
        self, agents: Agents | _Agents, agent_id: str, model: DocumentModel, version: str, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._agents: Any = agents
        self._agent_id = agent_id
        self._model = model
        self.version = version
        self.saved_at = time.time()
        self._kept: list[HistoryEntry] = list(model.history.entries)
        self._kept_position = model.history.position
        self._kept_document: AgentDocument = model.document
        self._typing = coalesce(TYPING_MS, self, self._start)
        self._lock = asyncio.Lock()
        model.changed.connect(self._changed)

    @property
    def clean(self) -> bool:
        """Whether everything is on disk."""
        return self._kept_document is self._model.document and self._kept_position == self._model.history.position

    async def save_now(self) -> None:
        """Write what is not on disk yet and wait for it.

        Raises:
            StoreError: It could not be written.
        """
        self._typing.cancel()
        async with self._lock:
            while not self.clean:
                await self._write()

    def _changed(self, _: object) -> None:
        self.saving.emit()
        entries = self._model.history.entries
        typing = bool(entries) and entries[-1].merge_key is not None and self._model.history.position == len(entries)
        if typing and len(entries) == len(self._kept):
            self._typing.trigger()
        else:
            self._start()

    def _start(self) -> None:
        spawn(self._save(), name=f"save agent {self._agent_id}", owner=self)

    async def _save(self) -> None:
        try:
            await self.save_now()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.exception("The agent could not be saved")
            self.failed.emit(error)

    async def _write(self) -> None:
        history = self._model.history
        document, entries, position = history.document, list(history.entries), history.position
        await self._write_journal(document, entries, position)
        self._kept, self._kept_position, self._kept_document = entries, position, document
        self.saved_at = time.time()
        self.saved.emit()

    async def _write_journal(self, document: AgentDocument, entries: Sequence[HistoryEntry], position: int) -> None:
        """Document and journal in one transaction: whenever the program ends, undo fits the document."""
        from engine.store.agents import Edited

        text = await asyncio.to_thread(dump_document, document)
        kept, dropped = self._kept, _dropped(self._kept, entries)
        same = 0
        while same < min(len(kept) - dropped, len(entries)) and kept[dropped + same] is entries[same]:
            same += 1
        fresh = entries[same:]
        merges = same == len(kept) - dropped - 1 and self._kept_position == len(kept) and len(fresh) == 1
        self.version = await self._agents.save(
            self._agent_id,
            text,
            edit=[Edited(entry.to_json(), merge=merges) for entry in fresh],
            undone_to=dropped + same if fresh and not merges else None,
            undo_position=position if not fresh or position != len(entries) else None,
        )


def _dropped(kept: Sequence[HistoryEntry], entries: Sequence[HistoryEntry]) -> int:
    """How many of the oldest edits the history has let go of since the journal was written."""
    if not kept or not entries or kept[0] is entries[0]:
        return 0
    return next((place for place, entry in enumerate(kept) if entry is entries[0]), 0)


def when_saved(seconds: float, words: Any) -> str:
    """How long ago, roughly. ``words`` translates."""
    if seconds < 10:
        return str(words("saved a few seconds ago"))
    if seconds < 90:
        return str(words("saved a minute ago"))
    if seconds < 3600:
        return str(words("saved {minutes} minutes ago", minutes=round(seconds / 60)))
    return str(words("saved"))
