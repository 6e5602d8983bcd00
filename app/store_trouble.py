"""When the database cannot be opened: said in a banner with a next step, which is trying again or starting a new one.

Nothing here touches the file before the person chooses to; what is damaged is put aside, never overwritten.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from PySide6.QtCore import QObject

from app.errors import explain
from app.notify import Notify
from app.tasks import spawn
from app.text import tr

log = logging.getLogger(__name__)


class StoreTrouble(QObject):
    """Offers a way on from a database that cannot be used.

    Args:
        database: Its file.
        open_store: Opens it, or says again that it cannot be.
        notify: Where things are said.
    """

    def __init__(
        self, database: Path, open_store: Callable[[], Awaitable[None]], notify: Notify, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._database = database
        self._open_store = open_store
        self._notify = notify

    def tell(self, error: BaseException) -> None:
        """Say what is wrong with it and offer a next step."""
        if getattr(error, "kind", "") == "corrupt":
            words, action = tr("Put it aside and start new"), self._start_new
        else:
            words, action = tr("Try again"), self._open_again
        self._notify.banner("store", explain(error).sentence, words, action, "bad")

    def over(self) -> None:
        """It is open now."""
        self._notify.drop_banner("store")

    def _open_again(self) -> None:
        spawn(self._open(), name="open the database again", owner=self)

    async def _open(self) -> None:
        await self._open_store()

    def _start_new(self) -> None:
        spawn(self._set_aside(), name="put the database aside", owner=self)

    async def _set_aside(self) -> None:
        from engine.store import set_aside_damaged

        try:
            kept = await asyncio.to_thread(set_aside_damaged, self._database)
        except Exception as error:
            log.exception("The database could not be put aside")
            self._notify.error(explain(error))
            return
        await self._open_store()
        self._notify.say(tr("The damaged file was kept as {name}.", name=kept.name))
