"""Choosing models and setting up connections: the menu of models and the connection forms. Used by every page."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QMenu, QWidget

from app.choice import ICONS, ModelChoice
from app.connections import Connection, ConnectionKind, KeySource, normal_address, sends_key_in_the_open
from app.errors import explain
from app.keychain import KeychainError, MissingKey
from app.notify import Notify
from app.services import Services
from app.tasks import run_dialog, spawn
from app.text import megabytes, tr
from app.window.connection_dialog import ConnectionDialog
from widgets import theme
from widgets.cards import ConnectionDraft, ConnectionForm
from widgets.common import ConfirmDialog, FileDialog

log = logging.getLogger(__name__)

Chosen = Callable[[Connection, str], None]


class ModelsController(QObject):
    """What the program can do about connections and models.

    Signals:
        changed: Connections are other ones now.
        proven: A connection that is kept was tried, and works.
    """

    changed = Signal()
    proven = Signal()

    def __init__(self, services: Services, window: QWidget, notify: Notify, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._window = window
        self._notify = notify

    # --- choosing --------------------------------------------------------------------------------------------

    def menu(self, current: ModelChoice | None, chosen: Chosen, parent: QWidget) -> QMenu:
        """A menu of everything that can answer, and of ways to add more."""
        menu = QMenu(parent)
        settings = self._services.settings_file.current
        models = self._services.models
        menu.addSection(tr("On this device"))
        on_device = settings.connection("on-device") or settings.connections[0]
        for known in models.catalogue():
            here = models.file_of(known.id) is not None
            text = (
                known.label if here else tr("{name} · download {size}", name=known.label, size=megabytes(known.bytes))
            )
            self._entry(menu, text, "cpu", _is(current, on_device, known.id), partial(chosen, on_device, known.id))
        own = on_device.model
        if own and models.find(own) is None:
            self._entry(menu, Path(own).name, "cpu", _is(current, on_device, own), lambda: chosen(on_device, own))
        others = [item for item in settings.connections if item.kind != "on_device"]
        if others:
            menu.addSection(tr("Connections"))
        for connection in others:
            is_current = current is not None and current.connection.id == connection.id
            model = current.model if current is not None and is_current else connection.model
            text = f"{connection.title} · {model}" if model else connection.title
            self._entry(menu, text, ICONS[connection.kind], is_current, partial(chosen, connection, connection.model))
        menu.addSeparator()
        if not any(item.kind == "anthropic" for item in settings.connections):
            self._entry(menu, tr("Set up Anthropic…"), "key-round", False, lambda: self.add("anthropic", chosen))
        self._entry(menu, tr("Set up a server…"), "server", False, lambda: self.add("server", chosen))
        return menu

    def _entry(self, menu: QMenu, text: str, icon: str, checked: bool, chosen: Callable[[], object]) -> None:
        action = menu.addAction(theme.icon(icon, "text"), text.replace("&", "&&"))
        action.setCheckable(checked)
        action.setChecked(checked)
        action.triggered.connect(lambda *_: chosen())

    # --- connections -----------------------------------------------------------------------------------------

    def new(self, kind: ConnectionKind) -> Connection:
        """A connection of that kind that is not set up yet; Anthropic's is the one there is."""
        settings = self._services.settings_file.current
        if kind == "anthropic":
            found = next((item for item in settings.connections if item.kind == "anthropic"), None)
            if found is not None:
                return found
        taken = {item.id for item in settings.connections}
        new_id, number = kind.replace("_", "-"), 2
        while new_id in taken:
            new_id, number = f"{kind}-{number}", number + 1
        return Connection(id=new_id, kind=kind, key_source="none" if kind == "server" else "keychain")

    def add(self, kind: ConnectionKind, chosen: Chosen | None = None) -> None:
        """Set up a new connection in a dialog."""
        self.edit(self.new(kind), chosen)

    def edit(self, connection: Connection, chosen: Chosen | None = None) -> None:
        """Change a connection in a dialog."""
        dialog = ConnectionDialog(connection, self._window)

        def done(saved: Connection) -> None:
            dialog.accept()
            if chosen is not None:
                chosen(saved, saved.model)

        self.attach(dialog.form, connection, done)
        spawn(run_dialog(dialog), name="set up a connection", owner=self)

    def attach(self, form: ConnectionForm, connection: Connection, done: Callable[[Connection], None]) -> None:
        """Make the buttons of a connection form work. The keychain is asked when it is seen: it may want a password."""
        form.test_requested.connect(lambda draft: spawn(self._try(form, connection, draft), name="test", owner=form))
        form.save_requested.connect(lambda draft: spawn(self._save(connection, draft, done), name="save", owner=self))
        form.set_values(connection.address, connection.model)
        form.shown.connect(lambda: spawn(self._fill(form, connection), name="fill a connection form", owner=form))

    async def _fill(self, form: ConnectionForm, connection: Connection) -> None:
        has_key = await self._has_key(connection)
        available = await self._services.keychain.available()
        typed = form.draft()  # the person may have begun meanwhile
        form.set_values(typed.address, typed.model, has_key=has_key)
        form.set_keychain(available)

    async def _try(self, form: ConnectionForm, connection: Connection, draft: ConnectionDraft) -> None:
        form.set_testing()
        try:
            tried = _with_draft(connection, draft)
        except ValueError as error:
            form.set_result(False, str(error))
            return
        result = await self._services.models.test(tried, draft.key)
        form.set_result(result.ok, result.text, result.models)

    async def _save(self, connection: Connection, draft: ConnectionDraft, done: Callable[[Connection], None]) -> None:
        saved = await self.save_draft(connection, draft)
        if saved is not None:
            done(saved)

    async def save_draft(self, connection: Connection, draft: ConnectionDraft) -> Connection | None:
        """Keep a connection as a form has it; None where it cannot be kept (which is told) or the person said no."""
        try:
            saved = _with_draft(connection, draft)
        except ValueError as error:
            self._notify.say(str(error))
            return None
        if sends_key_in_the_open(saved) and not saved.plain_consent:
            dialog = ConfirmDialog(
                tr("Send the key unencrypted?"),
                tr("{place} is another machine and the address is http. Others on the network could read the key.",
                   place=saved.origin),
                tr("Send it anyway"),
                danger=True,
                parent=self._window,
            )  # fmt: skip
            if await run_dialog(dialog, delete=False) != QDialog.DialogCode.Accepted:
                return None
            saved = saved.model_copy(update={"plain_consent": True})
        return saved if await self.save(saved, draft.key) else None

    async def save(self, connection: Connection, key: str = "") -> bool:
        """Keep a connection, and its key where it belongs. False where the key could not be stored."""
        try:
            if key and connection.key_source == "keychain":
                await self._services.keychain.store(connection.origin, key)
            elif key and connection.key_source == "memory":
                self._services.keychain.remember(connection.origin, key)
        except KeychainError as error:
            self._notify.error(explain(error))
            return False
        file = self._services.settings_file
        items = list(file.current.connections)
        place = next((i for i, item in enumerate(items) if item.id == connection.id), len(items))
        items[place : place + 1] = [connection]
        file.current.connections = items
        await self._services.models.forget(connection.id)
        self.save_settings()
        self.changed.emit()
        return True

    async def remove(self, connection: Connection) -> None:
        """Forget a connection and its key."""
        file = self._services.settings_file
        file.current.connections = [item for item in file.current.connections if item.id != connection.id]
        if file.current.default_connection == connection.id:
            file.current.default_connection = "on-device"
        others = {item.origin for item in file.current.connections if item.kind != "on_device"}
        if connection.kind != "on_device" and connection.origin not in others:
            await self._services.keychain.forget(connection.origin)
        await self._services.models.forget(connection.id)
        self.save_settings()
        self.changed.emit()

    def make_default(self, connection: Connection, model: str | None = None) -> None:
        """Answer with this connection where an agent names none."""
        file = self._services.settings_file
        file.current.default_connection = connection.id
        if model is not None and model != connection.model:
            changed = connection.model_copy(update={"model": model})
            items = [changed if item.id == connection.id else item for item in file.current.connections]
            file.current.connections = items
        self.save_settings()
        self.changed.emit()

    def choose_file(self, chosen: Callable[[str], None]) -> None:
        """Ask for a GGUF file of the person's own."""
        spawn(self._choose_file(chosen), name="choose a model file", owner=self)

    async def _choose_file(self, chosen: Callable[[str], None]) -> None:
        from engine.models.ondevice import inspect_gguf

        dialog = FileDialog(self._window, tr("Choose a model file"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([tr("Model files (*.gguf)"), tr("All files (*)")])
        accepted = await run_dialog(dialog, delete=False) == QDialog.DialogCode.Accepted
        files = dialog.selectedFiles()
        dialog.deleteLater()
        if accepted and files:
            try:
                await asyncio.to_thread(inspect_gguf, Path(files[0]))
            except Exception as error:
                log.info("Not a model file", exc_info=error)
                self._notify.error(explain(error))
            else:
                chosen(files[0])

    async def test(self, connection: Connection) -> Any:
        """Try a connection as it is saved."""
        result = await self._services.models.test(connection)
        if result.ok:
            self.proven.emit()
        return result

    def save_settings(self) -> None:
        """Write the settings file; a failure is told."""
        try:
            self._services.settings_file.save()
        except OSError as error:
            self._notify.error(explain(error))

    async def _has_key(self, connection: Connection) -> bool:
        if connection.kind == "server" and not connection.address:
            return False
        try:
            return bool(await self._services.keychain.key_for(connection))
        except (MissingKey, KeychainError, ValueError):
            return False


def _with_draft(connection: Connection, draft: ConnectionDraft) -> Connection:
    """The connection as the form has it.

    Raises:
        ValueError: The address is not one; the text says why.
    """
    address = normal_address(draft.address) if connection.kind == "server" else connection.address
    source: KeySource = connection.key_source
    if draft.variable:
        source = "environment"
    elif draft.key:
        source = cast(KeySource, {"keychain": "keychain", "run": "memory"}.get(draft.keep, "memory"))
    return connection.model_copy(
        update={
            "address": address,
            "model": draft.model,
            "key_source": source,
            "key_variable": draft.variable,
            "plain_consent": connection.plain_consent and address == connection.address,
        }
    )


def _is(choice: ModelChoice | None, connection: Connection, model: str) -> bool:
    return choice is not None and choice.connection.id == connection.id and choice.model == model
