"""What the program remembers of its own accord reaches the disk a moment later, not only when the program is left.

Here: when that is written. Not here: what there is to remember (``settings``) and who changes it.
"""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject

from app.settings import SettingsFile
from app.tasks import coalesce, spawn

log = logging.getLogger(__name__)
LATER_MS = 700


class Remembering(QObject):
    """Writes the settings a moment after ``trigger``, beside the thread of the window.

    Args:
        file: The settings.
        parent: Who owns this.
    """

    def __init__(self, file: SettingsFile, parent: QObject) -> None:
        super().__init__(parent)
        self._file = file
        self._due = coalesce(LATER_MS, self, self._begin)
        self.trigger = self._due.trigger
        self.flush = self._due.flush
        self.cancel = self._due.cancel

    def _begin(self) -> None:
        spawn(self._write(), name="remember", owner=self)

    async def _write(self) -> None:
        try:
            await self._file.save_beside()
        except OSError:
            log.exception("What the program remembers could not be saved")
