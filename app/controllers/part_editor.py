"""A part of the library while it is edited: every change is kept by itself, agents are brought up to date on demand.

Not here: the list of parts (``library``), what is done with parts in agents (``parts``).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.errors import explain
from app.notify import Notify
from app.services import Services
from app.tasks import coalesce, spawn
from app.text import tr
from app.window.part_page import PartPage
from engine.blueprint.checks import problems
from engine.blueprint.document import make_node
from engine.blueprint.edits import InsertNode
from engine.blueprint.kinds import KINDS
from engine.blueprint.parts import PartDefinition, definition_of, part_document
from widgets.tree import DocumentModel

if TYPE_CHECKING:
    from app.controllers.parts import PartsController

log = logging.getLogger(__name__)

SAVE_MS = 500


class PartEditor(QObject):
    """Controller of the page of one part.

    Signals:
        opened: A part is open now; its page is to come to the front.
        back_wanted: The library is to come to the front.
        edited: Undo and redo may have become possible or impossible.
    """

    opened = Signal()
    back_wanted = Signal()
    edited = Signal()

    def __init__(
        self, services: Services, page: PartPage, parts: PartsController, notify: Notify, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._parts = parts
        self._notify = notify
        self.page = page
        self.model: DocumentModel | None = None
        self._kept: PartDefinition | None = None
        self._save = coalesce(SAVE_MS, self, self._start_saving)
        page.back_requested.connect(self._back)
        page.parameter_requested.connect(self._add_parameter)
        page.update_requested.connect(lambda: spawn(self._update(), name="update a part", owner=self))
        page.tree.library_requested.connect(lambda action: parts.run(action, page.tree))
        page.tree.selection_changed.connect(self.edited)

    def edit(self, part_id: str) -> None:
        """As :meth:`open`, begun."""
        spawn(self.open(part_id), name="open a part", owner=self)

    async def open(self, part_id: str) -> bool:
        """Open a part of the library; False where it is gone or cannot be read."""
        await self.save()
        try:
            definition = await self._parts.updates.load(part_id)
        except Exception as error:
            log.exception("A part could not be opened")
            self._notify.error(explain(error))
            return False
        if definition is None:
            self._notify.say(tr("This part is not in the library any more."))
            return False
        self._kept = definition
        self._set_model(DocumentModel(part_document(definition), self))
        await self._count()
        self.opened.emit()
        return True

    async def save(self) -> None:
        """Write what is not in the library yet."""
        self._save.cancel()
        await self._keep()

    def stop(self) -> None:
        """Nothing more happens by itself."""
        self._save.cancel()
        self._set_model(None)

    def undo(self) -> None:
        """Take the last edit of the part back."""
        if self.model is not None:
            self.model.undo()

    def redo(self) -> None:
        """Do it again."""
        if self.model is not None:
            self.model.redo()

    # --- inside ----------------------------------------------------------------------------------------------

    def _set_model(self, model: DocumentModel | None) -> None:
        old, self.model = self.model, model
        page = self.page
        page.tree.set_shortcuts(self._services.settings_file.current.shortcuts)
        page.tree.set_document(model)
        page.form.set_node(model, None)
        if model is not None:
            model.changed.connect(self._changed)
            model.undo_changed.connect(self.edited)
            page.tree.select([model.document.root.id])
        if old is not None:
            old.deleteLater()
        self._show()

    def _changed(self, *_: object) -> None:
        self._show()
        self._save.trigger()

    def _show(self) -> None:
        if self.model is None:
            return
        document = self.model.document
        title = str(document.root.props.get("name") or "").strip() or KINDS["part"].title
        self.page.header.set_title(title, tr("Part of the library. Every change is kept by itself."))
        found = problems(document)
        self.page.form.set_problems(found)
        self.page.tree.set_problems(found)

    def _start_saving(self) -> None:
        spawn(self._keep(), name="save a part", owner=self)

    async def _keep(self) -> None:
        if self.model is None or self._kept is None:
            return
        definition = definition_of(self.model.document)
        if definition.version == self._kept.version:
            return
        try:
            await self._parts.updates.save(definition)
        except Exception as error:
            log.exception("A part could not be saved")
            self._notify.error(explain(error))
            return
        self._kept = definition
        self._parts.changed.emit()
        await self._count()

    async def _count(self) -> None:
        kept = self._kept
        if kept is None:
            return
        uses = await self._services.store.parts.uses(kept.id)
        behind = [use for use in uses if not use.is_part and any(each != kept.version for each in use.versions)]
        self.page.show_behind(len(behind))

    async def _update(self) -> None:
        await self.save()
        if self._kept is not None:
            await self._parts.update_everywhere(self._kept)
            await self._count()

    def _add_parameter(self) -> None:
        model = self.model
        if model is None:
            return
        root = model.document.root
        made = make_node("parameter", **KINDS["parameter"].new_props(model.document))
        model.do(InsertNode(root.id, sum(child.kind == "parameter" for child in root.children), made))
        self.page.tree.properties_requested.emit(made.id)

    def _back(self) -> None:
        self._save.cancel()
        self._start_saving()
        self.back_wanted.emit()
