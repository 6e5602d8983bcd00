"""Downloads of on-device models: starting, cancelling, showing how far they are wherever they are shown."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QWidget

from app.errors import explain
from app.notify import Notify
from app.services import Services
from app.tasks import run_dialog, spawn
from app.text import megabytes, tr
from widgets.cards import DeviceModel, DeviceModels, DownloadState
from widgets.common import ConfirmDialog

if TYPE_CHECKING:
    from engine.models.downloads import ProgressUpdate

log = logging.getLogger(__name__)


class DownloadsController(QObject):
    """The downloads of one window.

    Signals:
        moved: (model id, DownloadState) whenever one gets on.
        changed: What is on this device has changed.
        arrived: A model was downloaded and verified (its id).
    """

    moved = Signal(str, object)
    changed = Signal()
    arrived = Signal(str)

    def __init__(self, services: Services, window: QWidget, notify: Notify, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._window = window
        self._notify = notify
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self._states: dict[str, DownloadState] = {}

    def models(self) -> list[DeviceModel]:
        """The catalogue as cards."""
        from engine.models.catalogue import unavailable_reason

        found = []
        for known in self._services.models.catalogue():
            badge = tr("recommended") if known.recommended else tr("weak") if known.weak else ""
            found.append(
                DeviceModel(
                    known.id,
                    known.label,
                    known.description,
                    known.bytes,
                    known.licence,
                    known.source_note,
                    known.sha256 or "",
                    badge,
                    unavailable_reason(known) or "",
                )
            )
        return found

    def state(self, model_id: str) -> DownloadState:
        """How far a model is."""
        if model_id in self._states:
            return self._states[model_id]
        kept = self._services.models.downloads.state(model_id)
        if kept.state == "ready":
            return DownloadState("ready")
        return DownloadState("absent", kept.bytes_done if kept.state == "partial" else 0, kept.bytes_total)

    def busy(self, model_id: str) -> bool:
        return model_id in self._tasks

    def attach(self, view: DeviceModels) -> None:
        """Let a list of models show and steer the downloads."""
        view.download_requested.connect(self.start)
        view.cancel_requested.connect(self.cancel)
        view.delete_requested.connect(self.delete)

    def start(self, model_id: str) -> None:
        """Start a download, or go on with one that was stopped."""
        if model_id not in self._tasks and self._services.models.file_of(model_id) is None:
            self._tasks[model_id] = spawn(self._run(model_id), name=f"download {model_id}", owner=self)

    def cancel(self, model_id: str) -> None:
        """Stop a download; what has arrived is kept for later."""
        task = self._tasks.get(model_id)
        if task is not None:
            task.cancel()

    def cancel_all(self) -> None:
        """Stop every download."""
        for model_id in list(self._tasks):
            self.cancel(model_id)

    def delete(self, model_id: str) -> None:
        """Delete a model after asking."""
        spawn(self._delete(model_id), name=f"delete {model_id}", owner=self)

    # --- inside ----------------------------------------------------------------------------------------------

    def _move(self, model_id: str, state: DownloadState) -> None:
        self._states[model_id] = state
        self.moved.emit(model_id, state)

    async def _run(self, model_id: str) -> None:
        known = self._services.models.find(model_id)
        label = known.label if known else model_id

        def moved(update: ProgressUpdate) -> None:
            busy: Literal["verifying", "downloading"]
            busy = "downloading" if update.phase == "downloading" else "verifying"
            self._move(model_id, DownloadState(busy, update.bytes_done, update.bytes_total, update.rate or 0.0))

        self._move(model_id, DownloadState("waiting", 0, known.bytes if known else 0))
        try:
            await self._services.models.downloads.download(model_id, progress=moved)
        except asyncio.CancelledError:
            self._end(model_id, None)
            raise
        except Exception as error:
            log.warning("The download of %s failed", model_id, exc_info=error)
            self._end(model_id, DownloadState("failed", error=explain(error).sentence))
            return
        self._end(model_id, None)
        self.arrived.emit(model_id)
        self._notify.say(tr("{name} is ready.", name=label))

    def _end(self, model_id: str, state: DownloadState | None) -> None:
        self._tasks.pop(model_id, None)
        self._states.pop(model_id, None)
        if state is not None:
            self._states[model_id] = state
        self.moved.emit(model_id, self.state(model_id))
        self.changed.emit()

    async def _delete(self, model_id: str) -> None:
        known = self._services.models.find(model_id)
        if known is None:
            return
        dialog = ConfirmDialog(
            tr("Delete {name}?", name=known.label),
            tr("This frees {size}. It can be downloaded again.", size=megabytes(known.bytes)),
            tr("Delete model"),
            danger=True,
            parent=self._window,
        )
        if await run_dialog(dialog, delete=False) != QDialog.DialogCode.Accepted:
            return
        try:
            await self._services.models.delete(model_id)
        except Exception as error:
            log.warning("The model could not be deleted", exc_info=error)
            self._notify.error(explain(error))
        self.moved.emit(model_id, self.state(model_id))
        self.changed.emit()
