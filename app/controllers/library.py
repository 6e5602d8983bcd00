"""The Library page at work: which parts there are, what they are made of, where they are used.

Not here: what is done with parts in the open agent, and updating them everywhere (``parts``).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog

from app.controllers.parts import PartsController
from app.errors import explain
from app.notify import Notify
from app.services import Services
from app.tasks import run_dialog, spawn
from app.text import tr
from app.window.rename_dialog import RenameDialog
from widgets.library import LibraryPage, PartItem, UseItem

if TYPE_CHECKING:
    from app.workspace.bench import Bench
    from engine.store.parts import PartRow, PartUse

log = logging.getLogger(__name__)


class LibraryController(QObject):
    """Controller of the Library page.

    Args:
        services: The store.
        page: What it works on.
        parts: What is done with parts elsewhere.
        notify: Where things are said.
        bench: The workspace, for using a part in the agent in front.

    Signals:
        open_wanted: (agent id, "") to bring to the front.
        page_wanted: Another page is to come to the front (its name).
        changed: Lists elsewhere should look again.
    """

    open_wanted = Signal(str, str)
    page_wanted = Signal(str)
    changed = Signal()

    def __init__(
        self,
        services: Services,
        page: LibraryPage,
        parts: PartsController,
        notify: Notify,
        bench: Bench,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._parts = parts
        self._notify = notify
        self._bench = bench
        self.page = page
        page.asked.connect(self._asked)
        page.open_requested.connect(lambda agent_id: self.open_wanted.emit(agent_id, ""))
        page.list.chosen.connect(lambda key: self._do(partial(self._show_part, key), "show a part"))
        page.list.rename_requested.connect(lambda key: self._do(partial(self._rename, key), "rename a part"))
        page.list.delete_requested.connect(lambda key: self._do(partial(self._delete, key), "delete a part"))
        page.list.update_requested.connect(lambda key: self._do(partial(self._update, key), "update a part"))
        page.list.edit_requested.connect(parts.edit_wanted)
        page.restore_requested.connect(lambda key: self._do(partial(self._restore, key), "restore a part"))
        parts.changed.connect(self.show)

    # --- showing ---------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Look up the parts and where they are used."""
        self._do(self.refresh, "list parts")

    async def refresh(self, current: str = "") -> None:
        """As :meth:`show`, awaited; ``current`` is chosen."""
        store = self._services.store.parts
        items = [_item(row, await store.uses(row.id)) for row in await store.list()]
        self.page.set_can_use(self._bench.agent is not None)
        self.page.show_parts(items, current)
        self.page.show_deleted([(row.id, row.title) for row in await store.list(trashed=True)])
        await self._show_part(self.page.list.current())

    async def _show_part(self, part_id: str) -> None:
        from engine.blueprint.parts import part_document

        definition = await self._parts.updates.load(part_id) if part_id else None
        if definition is None:
            return
        uses = [_use(use, definition.version) for use in await self._services.store.parts.uses(part_id)]
        wants = [parameter.title or parameter.own_name for parameter in definition.parameters]
        if part_id == self.page.list.current():
            self.page.show_part(definition.title, definition.description, wants, part_document(definition), uses)

    # --- doing -----------------------------------------------------------------------------------------------

    def _asked(self, what: str) -> None:
        part_id = self.page.list.current()
        if what == "agents":
            self.page_wanted.emit("workspace" if self._bench.agent is not None else "agents")
        elif what == "edit":
            self._parts.edit_wanted.emit(part_id)
        else:
            does = {"rename": self._rename, "delete": self._delete, "update": self._update, "use": self._use}
            self._do(partial(does[what], part_id), f"{what} a part")

    async def _rename(self, part_id: str) -> None:
        definition = await self._parts.updates.load(part_id)
        if definition is None:
            return
        dialog = RenameDialog(tr("Rename part"), definition.title, self.page.window())
        accepted = await run_dialog(dialog, delete=False) == QDialog.DialogCode.Accepted
        title = dialog.name
        dialog.deleteLater()
        if accepted and title and title != definition.title:
            await self._parts.updates.save(replace(definition, title=title))
            await self.refresh(part_id)

    async def _delete(self, part_id: str) -> None:
        stored = await self._services.store.parts.get(part_id)
        if stored is None:
            return
        await self._services.store.parts.trash(part_id)
        self._notify.say(
            tr("“{title}” is deleted. Agents that use it keep it.", title=stored.row.title),
            tr("Undo"),
            lambda: self._do(partial(self._restore, part_id), "restore a part"),
        )
        self.changed.emit()
        await self.refresh()

    async def _restore(self, part_id: str) -> None:
        await self._services.store.parts.restore(part_id)
        self.changed.emit()
        await self.refresh(part_id)

    async def _update(self, part_id: str) -> None:
        definition = await self._parts.updates.load(part_id)
        if definition is not None:
            await self._parts.update_everywhere(definition)
            await self._bench.save()  # what uses it is looked up in the database
            await self.refresh(part_id)

    async def _use(self, part_id: str) -> None:
        agent, definition = self._bench.agent, await self._parts.updates.load(part_id)
        if agent is not None and definition is not None:
            self._parts.put(agent.model, definition)
            self.page_wanted.emit("workspace")

    def _do(self, work: Callable[[], Awaitable[None]], name: str) -> None:
        async def doing() -> None:
            from engine.blueprint.edits import EditError

            try:
                await work()
            except EditError as error:
                self._notify.say(str(error))
            except Exception as error:
                log.exception("Could not %s", name)
                self._notify.error(explain(error))

        spawn(doing(), name=name, owner=self)


def _item(row: PartRow, uses: Sequence[PartUse]) -> PartItem:
    behind = sum(any(version != row.version for version in use.versions) for use in uses)
    return PartItem(row.id, row.title, row.description, len(uses), behind)


def _use(use: PartUse, version: str) -> UseItem:
    behind = sum(each != version for each in use.versions)
    return UseItem(use.id, use.name, use.is_part, len(use.versions), behind)
