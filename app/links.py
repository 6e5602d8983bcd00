"""Addresses in what a model wrote: shown in full, and opened only when the person agrees."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QWidget

from app.notify import Notify
from app.tasks import run_dialog, spawn
from app.text import tr
from app.workspace.chat import open_link
from widgets.common import ConfirmDialog

OPENED = ("http://", "https://", "mailto:")


class Links(QObject):
    """Opens addresses for one window."""

    def __init__(self, window: QWidget, notify: Notify, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._notify = notify

    def confirm(self, address: str) -> None:
        """Show an address in full before it is opened."""
        spawn(self._confirm(address), name="open a link", owner=self)

    async def _confirm(self, address: str) -> None:
        if not address.lower().startswith(OPENED):
            self._notify.say(tr("This kind of link is not opened: {address}", address=address[:200]))
            return
        dialog = ConfirmDialog(tr("Open this link?"), address, tr("Open link"), parent=self._window)
        if await run_dialog(dialog, delete=False) == QDialog.DialogCode.Accepted:
            open_link(address)
