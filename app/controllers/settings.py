"""The settings page at work: applies what is changed, at once."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog

from app.choice import ICONS
from app.connections import Connection
from app.controllers.downloads import DownloadsController
from app.controllers.models import ModelsController
from app.errors import explain
from app.notify import Notify
from app.services import Services
from app.tasks import run_dialog, spawn
from app.text import megabytes, tr
from app.window.settings_page import RowButton, SettingsPage, SettingsRow
from widgets import theme
from widgets.common import ConfirmDialog

log = logging.getLogger(__name__)


class SettingsController(QObject):
    """Controller of the settings page.

    Signals:
        applied: A preference has another value (its name).
        page_wanted: Another page is to come to the front (its name).
    """

    applied = Signal(str)
    page_wanted = Signal(str)

    def __init__(
        self,
        services: Services,
        page: SettingsPage,
        models: ModelsController,
        downloads: DownloadsController,
        notify: Notify,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._models = models
        self._downloads = downloads
        self._notify = notify
        self.page = page
        self._tests: dict[str, tuple[str, str]] = {}
        page.changed.connect(self._changed)
        page.asked.connect(self._asked)
        models.changed.connect(self.show)
        downloads.changed.connect(self.show)
        downloads.moved.connect(page.device.set_state)
        downloads.attach(page.device)
        page.device.model_chosen.connect(self._set_on_device)
        page.device.file_requested.connect(lambda: models.choose_file(self._set_on_device))
        self.show()

    def show(self) -> None:
        """Show everything as it is now."""
        self.page.show_settings(self._services.settings_file.current)
        self._show_connections()
        self._show_models()

    async def show_data(self) -> None:
        """Look up sizes and backups; cheap, but it touches the disk."""
        database = self._services.database
        size, backups = await asyncio.to_thread(_look_at, database)
        self.page.show_data(str(database), size, backups)
        if self._services.store_is_open:
            self.page.show_permissions(len(await self._services.store.grants.list()))

    def apply(self, name: str) -> None:
        """Make a preference hold."""
        settings = self._services.settings_file.current
        manager = theme.manager()
        if name == "theme":
            manager.set_mode(settings.theme)
        elif name == "font":
            manager.set_system_font(settings.font == "system")
        elif name == "motion":
            manager.set_reduced_motion({"system": None, "reduced": True, "full": False}[settings.motion])
        self.applied.emit(name)

    def choose(self, name: str, value: str) -> None:
        """Give a preference another value from elsewhere than its page."""
        self._changed(name, value)
        self.show()

    def save(self) -> None:
        """Write the settings; a disk that is full is told, not raised."""
        self._save()

    # --- showing ---------------------------------------------------------------------------------------------

    def _show_connections(self) -> None:
        settings = self._services.settings_file.current
        rows = []
        for item in settings.connections:
            default = item.id == settings.default_connection
            buttons = []
            if not default:
                buttons.append(RowButton("default", tr("Use by default"), "quiet"))
            if item.kind != "on_device":
                buttons += [
                    RowButton("test", tr("Test")),
                    RowButton("edit", tr("Edit…")),
                    RowButton("remove", tr("Remove"), "quiet"),
                ]
            text, role = self._tests.get(item.id, ("", "dim"))
            badge = tr("default") if default else ""
            rows.append(
                SettingsRow(
                    item.id, ICONS[item.kind], item.title, self._about(item), tuple(buttons), badge, None, text, role
                )
            )
        self.page.connections.set_rows(rows)

    def _about(self, item: Connection) -> str:
        models = self._services.models
        if item.kind == "on_device":
            model = item.model or models.default_on_device()
            known = models.find(model)
            if known is not None and models.file_of(model) is None:
                return tr("Answers with {model} once that is downloaded.", model=known.label)
            return tr(
                "Answers with {model}. Nothing leaves this machine.", model=known.label if known else Path(model).name
            )
        key = {
            "none": tr("no key"),
            "keychain": tr("key in the keychain"),
            "environment": tr("key in {name}", name=item.key_variable),
            "memory": tr("key until the program ends"),
        }[item.key_source]
        parts = [item.model or tr("no model chosen"), key]
        if item.kind == "server":
            parts.insert(0, item.address)
        return " · ".join(parts)

    def _show_models(self) -> None:
        models = self._services.models
        on_device = self._services.settings_file.current.connection("on-device")
        in_use = (on_device.model if on_device is not None else "") or models.default_on_device()
        device = self.page.device
        device.blockSignals(True)
        if not device.cards:
            device.set_models(self._downloads.models(), in_use)
        elif in_use in device.cards:
            device.cards[in_use].setChecked(True)
        device.blockSignals(False)
        for known in models.catalogue():
            device.set_state(known.id, self._downloads.state(known.id))
        own = in_use if models.find(in_use) is None else ""
        self.page.own_file.setText(tr("In use: {path}", path=own) if own else "")
        self.page.own_file.setVisible(bool(own))

    # --- what the page asks for ------------------------------------------------------------------------------

    def _changed(self, name: str, value: str) -> None:
        setattr(self._services.settings_file.current, name, value)
        self._save()
        self.apply(name)

    def _asked(self, what: str, row_id: str) -> None:
        connection = self._services.settings_file.current.connection(row_id)
        if what.startswith("connection."):
            self._asked_connection(what.removeprefix("connection."), connection)
        elif what == "data.show":
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._services.database.parent)))
        elif what == "permissions.show":
            self.page_wanted.emit("permissions")
        elif what == "data.backup":
            spawn(self._backup(), name="back up", owner=self)

    def _asked_connection(self, what: str, connection: Connection | None) -> None:
        if what == "add_anthropic":
            self._models.add("anthropic")
        elif what == "add_server":
            self._models.add("server")
        elif connection is None:
            return
        elif what == "default":
            self._models.make_default(connection)
        elif what == "edit":
            self._models.edit(connection)
        elif what == "test":
            spawn(self._test(connection), name="test a connection", owner=self)
        elif what == "remove":
            spawn(self._remove(connection), name="remove a connection", owner=self)

    def _set_on_device(self, model: str) -> None:
        file = self._services.settings_file
        file.current.connections = [
            item.model_copy(update={"model": model}) if item.kind == "on_device" else item
            for item in file.current.connections
        ]
        self._save()
        self._models.changed.emit()

    async def _test(self, connection: Connection) -> None:
        self._tests[connection.id] = (tr("Testing…"), "dim")
        self._show_connections()
        result = await self._models.test(connection)
        self._tests[connection.id] = (result.text, "good" if result.ok else "error")
        self._show_connections()

    async def _remove(self, connection: Connection) -> None:
        dialog = ConfirmDialog(
            tr("Remove {name}?", name=connection.title),
            tr("Its key is deleted from the keychain. Agents that ask for it use the default instead."),
            tr("Remove connection"),
            danger=True,
            parent=self.page.window(),
        )
        if await run_dialog(dialog, delete=False) == QDialog.DialogCode.Accepted:
            await self._models.remove(connection)

    async def _backup(self) -> None:
        try:
            path = await self._services.back_up()
        except Exception as error:
            log.exception("The backup failed")
            self._notify.error(explain(error))
            return
        await self.show_data()
        self._notify.say(tr("Backed up to {name}.", name=path.name))

    def _save(self) -> None:
        try:
            self._services.settings_file.save()
        except OSError as error:
            self._notify.error(explain(error))


def _look_at(database: Path) -> tuple[str, list[str]]:
    size = sum(path.stat().st_size for path in database.parent.glob(database.name + "*") if path.is_file())
    folder = database.parent / "backups"
    found = sorted(folder.glob("*.db"), key=lambda path: path.stat().st_mtime, reverse=True) if folder.is_dir() else []
    lines = []
    for path in found[:5]:
        made = datetime.fromtimestamp(path.stat().st_mtime).strftime("%Y-%m-%d %H:%M")
        lines.append(f"{made} · {megabytes(path.stat().st_size)} · {path.name}")
    return megabytes(size) if size else tr("not made yet"), lines
