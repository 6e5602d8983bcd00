"""Notices what other processes write to the database (a turn by ``bough run``) within two seconds."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.tasks import spawn
from engine.errors import StoreError

if TYPE_CHECKING:
    from engine.store import Store

PERIOD = 1.0
log = logging.getLogger(__name__)


class Watch(QObject):
    """Looks every second whether sessions changed.

    Signals:
        changed: What changed, as ``Store.browser.changed_since`` gives it.
    """

    changed = Signal(object)

    def __init__(self, store: Store, parent: QObject) -> None:
        super().__init__(parent)
        self._store = store
        self._token: Any = None
        self._task: asyncio.Task[Any] | None = None

    def start(self) -> None:
        self._task = spawn(self._look(), name="watch the database", owner=self)

    def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _look(self) -> None:
        while True:
            try:
                await self.look_once()
            except StoreError:
                log.warning("The database could not be looked at", exc_info=True)
            await asyncio.sleep(PERIOD)

    async def look_once(self) -> None:
        """Ask once; tells if there is something."""
        found = await self._store.browser.changed_since(self._token)
        first = self._token is None
        self._token = found.token
        if not first and (found.changed or found.removed):
            self.changed.emit(found)
