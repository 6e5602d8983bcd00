"""The agents page at work: templates, the person's agents, the trash, and the model of the first run.

Not here: agents from files (``imports``).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog

from app.choice import choose
from app.connections import Connection
from app.controllers.downloads import DownloadsController
from app.controllers.models import ModelsController
from app.errors import Explanation, explain
from app.library import Library, LoadedAgent
from app.notify import Notify
from app.services import Services
from app.tasks import run_dialog, spawn
from app.template_cards import TAGS, card_of
from app.text import tr
from app.window.agents_page import AgentsPage
from app.window.rename_dialog import RenameDialog
from widgets.cards import CardInfo, ConnectionForm
from widgets.common import ConfirmDialog

if TYPE_CHECKING:
    from app.workspace.open_agent import OpenAgent
    from engine.blueprint.gallery import Template
    from engine.store.agents import AgentRow

log = logging.getLogger(__name__)

HUES = ("memory", "instructions", "abilities", "steps", "flow")


class AgentsController(QObject):
    """Controller of the agents page.

    Args:
        services: The store, the models.
        page: What it works on.
        models: What is done with connections.
        downloads: What is done with models on this device.
        notify: Where things are said.
        opened: The agents that are open, by id.

    Signals:
        open_wanted: (agent id, session id or "") to bring to the front.
        changed: Lists elsewhere should look again.
        dropped: An agent went to the trash.
    """

    open_wanted = Signal(str, str)
    changed = Signal()
    dropped = Signal(str)

    def __init__(
        self,
        services: Services,
        page: AgentsPage,
        models: ModelsController,
        downloads: DownloadsController,
        notify: Notify,
        opened: Mapping[str, OpenAgent],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._open = opened
        self._models = models
        self._downloads = downloads
        self._notify = notify
        self.page = page
        self._templates: dict[str, Template] = {}
        self._set_up = False
        self._first_run = False
        self._new: dict[str, Connection] = {}
        page.begin_requested.connect(self.begin_template)
        page.restore_requested.connect(self.restore)
        page.purge_requested.connect(lambda key: spawn(self._purge(key), name="delete an agent for good", owner=self))
        page.agents.opened.connect(lambda agent_id: self.open_wanted.emit(agent_id, ""))
        page.agents.trash_requested.connect(self._trash_by_id)
        page.agents.rename_requested.connect(lambda key: spawn(self._rename(key), name="rename an agent", owner=self))
        page.agents.duplicate_requested.connect(lambda key: spawn(self._duplicate(key), name="duplicate", owner=self))
        page.agents.export_requested.connect(lambda key: spawn(self._export(key), name="export", owner=self))
        page.templates.look_inside.connect(self.look_inside)
        page.set_can_begin(False)

    # --- set-up ----------------------------------------------------------------------------------------------

    async def begin(self) -> None:
        """The database is open: show templates and models."""
        from engine.blueprint.gallery import templates

        found = await asyncio.to_thread(templates)
        self._templates = {template.name: template for template in found}
        self.page.show_templates(
            [card_of(template) for template in found], {tag: tr(text) for tag, text in TAGS.items()}
        )
        self.page.set_can_begin(True)
        self._set_up_models()
        self.refresh()

    def show_store_failed(self, _: Explanation) -> None:
        """Nothing can be kept: nothing can be begun."""
        self.page.show_agents([])
        self.page.show_models(False)
        self.page.show_note(tr("Agents cannot be kept until the database can be used."))

    def _set_up_models(self) -> None:
        cards = self.page.models
        on_device = self._services.settings_file.current.connection("on-device")
        chosen = (on_device.model if on_device is not None else "") or self._services.models.default_on_device()
        cards.device.set_models(self._downloads.models(), chosen)
        self._downloads.attach(cards.device)
        self._downloads.moved.connect(cards.set_state)
        cards.cancel_requested.connect(self._downloads.cancel)
        cards.device.model_chosen.connect(self._use_on_device)
        cards.device.file_requested.connect(lambda: self._models.choose_file(self._use_on_device))
        for known in self._services.models.catalogue():
            cards.set_state(known.id, self._downloads.state(known.id))
        for form in (cards.anthropic, cards.server):
            self._new[form.kind] = connection = self._models.new(form.kind)
            self._models.attach(form, connection, self._use_connection)
            form.changed.connect(self.refresh)
            form.model.currentTextChanged.connect(self.refresh)
        default = self._services.settings_file.current.connection(
            self._services.settings_file.current.default_connection
        )
        place = default.kind if default is not None else "on_device"
        cards.select("device" if place == "on_device" else place)
        cards.selected.connect(self._place_selected)
        self._set_up = True

    def refresh(self) -> None:
        """Whether a model has to be chosen first, in view of what is ready now."""
        if not self._set_up:
            return
        choice = self._services.models.complete(choose(None, self._services.settings_file.current))
        missing = "" if self._services.models.stand_in is not None else self._services.models.missing(choice)
        self.page.show_models(bool(missing) or self._first_run)
        note = ""
        form = self._typed_form()
        if form is not None:
            note = tr("{name} will answer.", name=form.model.currentText().strip())
        elif not self._device_wanted:
            ready = choice.connection.kind == self.page.models.current() and not missing
            note = "" if ready else tr("You can also open it now and choose the model later.")
        elif missing and self._downloads.busy(choice.model):
            note = tr("You can look at the agent while the model arrives.")
        elif missing and choice.connection.kind == "on_device":
            note = tr("The download starts when you open it.")
        self.page.show_note(note)

    def set_counts(self, agents: Sequence[AgentRow], sessions: Mapping[str, int]) -> None:
        """The person's agents, with how many sessions each has."""
        infos = []
        for number, row in enumerate(agents):
            count = sessions.get(row.id, 0)
            words = tr("1 session") if count == 1 else tr("{count} sessions", count=count)
            hue = HUES[sum(row.id.encode()) % len(HUES)]
            note = ago(time.time() - row.updated)
            infos.append(CardInfo(row.id, row.name or tr("Without a name"), "", row.icon or "bot", hue, words, note))
            del number
        self.page.show_agents(infos)
        first_run, self._first_run = self._first_run, not infos
        if first_run != self._first_run:
            self.refresh()
        spawn(self._show_trash(), name="show deleted agents", owner=self)

    async def _show_trash(self) -> None:
        rows = await Library(self._services.store).list(include_trash=True)
        self.page.show_trash([(row.id, row.name) for row in rows if row.trashed is not None])

    @property
    def _device_wanted(self) -> bool:
        """Whether the person has chosen the model on this device, or nothing else yet."""
        return self.page.models.current() in ("", "device")

    # --- models of the first run -----------------------------------------------------------------------------

    def _typed_form(self) -> ConnectionForm | None:
        """The form of the chosen card, where it has all that is needed and is not in use as it stands."""
        cards = self.page.models
        form = {"anthropic": cards.anthropic, "server": cards.server}.get(cards.current())
        if form is None or not cards.isVisibleTo(self.page) or not form.save_button.isEnabled():
            return None
        draft = form.draft()
        kept = self._services.settings_file.current.connection(self._new[form.kind].id)
        same = kept is not None and not draft.key and (kept.address, kept.model) == (draft.address, draft.model)
        return None if same else form

    def _place_selected(self, place: str) -> None:
        settings = self._services.settings_file.current
        connection = settings.connection("on-device" if place == "device" else place)
        if connection is not None:
            self._models.make_default(connection)
        self.refresh()

    def _use_on_device(self, model: str) -> None:
        connection = self._services.settings_file.current.connection("on-device")
        if connection is not None:
            self._models.make_default(connection, model)
            self.refresh()

    def _use_connection(self, connection: Connection) -> None:
        self._models.make_default(connection)
        self.refresh()
        self._notify.say(tr("{name} will answer.", name=connection.title))

    # --- agents ----------------------------------------------------------------------------------------------

    def look_inside(self, template_id: str) -> None:
        """Show the tree of a template; nothing is made unless the person then opens it."""
        template = self._templates.get(template_id)
        if template is not None:
            spawn(self._look_inside(template), name="look inside a template", owner=self)

    async def _look_inside(self, template: Template) -> None:
        from app.window.inside_dialog import InsideDialog
        from engine.blueprint.reach import capabilities

        lines = await asyncio.to_thread(template.conversation)
        may = list(dict.fromkeys(capability.sentence for _, capability in capabilities(template.document)))
        dialog = InsideDialog(template, lines, may, self.page.window())
        if await run_dialog(dialog) == QDialog.DialogCode.Accepted:
            self.begin_template(template.name)

    def begin_template(self, template_id: str) -> None:
        """Make an agent from a template and open it; the download of its model starts with it."""
        template = self._templates.get(template_id)
        if template is None:
            return
        choice = self._services.models.complete(choose(template.document, self._services.settings_file.current))
        wanted = choice.connection.kind == "on_device" and self._services.models.find(choice.model) is not None
        wanted = wanted and self._device_wanted
        if wanted and self._services.models.stand_in is None and self.page.models.isVisibleTo(self.page):
            self._downloads.start(choice.model)
        spawn(self._begin(template, self._typed_form()), name="begin an agent", owner=self)

    async def _begin(self, template: Template, form: ConnectionForm | None) -> None:
        if form is not None:
            saved = await self._models.save_draft(self._new[form.kind], form.draft())
            if saved is None:
                return
            self._use_connection(saved)
        library = Library(self._services.store)
        try:
            ids = {name: await library.bring(document) for name, document in template.agents.items()}
            agent_id = await library.create(template.bound(ids), template.title)
        except Exception as error:
            log.exception("The agent could not be made")
            self._notify.error(explain(error))
            return
        self.changed.emit()
        self.open_wanted.emit(agent_id, "")

    def trash(self, agent_id: str, name: str) -> None:
        """Into the trash, with *Undo*."""
        self.dropped.emit(agent_id)
        self._do(self._services.store.agents.trash(agent_id), "delete an agent")
        self._notify.say(
            tr("“{name}” is in the trash. Its sessions stay readable.", name=name),
            tr("Undo"),
            lambda: self.restore(agent_id),
        )

    def restore(self, agent_id: str) -> None:
        """Out of the trash."""
        self._do(self._services.store.agents.restore(agent_id), "restore an agent")

    def _trash_by_id(self, agent_id: str) -> None:
        self.trash(agent_id, self.page.agents.card(agent_id).info.title)

    async def _purge(self, agent_id: str) -> None:
        store = self._services.store
        stored = await store.agents.get(agent_id)
        if stored is None:
            return
        dialog = ConfirmDialog(
            tr("Delete “{name}” for good?", name=stored.row.name),
            tr("Its versions and everything that it was allowed go with it. Its sessions stay readable."),
            tr("Delete agent"),
            danger=True,
            parent=self.page.window(),
        )
        if await run_dialog(dialog, delete=False) == QDialog.DialogCode.Accepted:
            self._do(store.agents.purge(agent_id), "delete an agent for good")

    async def _rename(self, agent_id: str) -> None:
        from engine.blueprint.edits import SetProperty

        dialog = RenameDialog(tr("Rename agent"), self.page.agents.card(agent_id).info.title, self.page.window())
        accepted = await run_dialog(dialog, delete=False) == QDialog.DialogCode.Accepted
        name = dialog.name
        dialog.deleteLater()
        if not accepted or not name:
            return
        opened = self._open.get(agent_id)
        if opened is not None:  # it goes on running, and takes the name back like any edit
            opened.model.do(SetProperty(opened.model.document.root.id, "name", name))
            await opened.autosave.save_now()
        else:
            library = Library(self._services.store)
            await library.edit(agent_id, lambda document: SetProperty(document.root.id, "name", name))
        await self._services.store.agents.rename(agent_id, name)
        self.changed.emit()

    async def _load(self, agent_id: str) -> LoadedAgent | None:
        """An agent as it is now: what was typed a moment ago is in it too."""
        opened = self._open.get(agent_id)
        if opened is not None:
            await opened.autosave.save_now()
        return await Library(self._services.store).load(agent_id)

    async def _duplicate(self, agent_id: str) -> None:
        loaded = await self._load(agent_id)
        if loaded is not None:
            await Library(self._services.store).create(loaded.history.document, loaded.row.name)
            self.changed.emit()

    async def _export(self, agent_id: str) -> None:
        from app.export import export_agent

        loaded = await self._load(agent_id)
        if loaded is not None:
            await export_agent(loaded.history.document, self.page.window(), self._notify)

    def _do(self, work: Any, name: str) -> None:
        async def doing() -> None:
            try:
                await work
            except Exception as error:
                log.warning("Could not %s", name, exc_info=error)
                self._notify.error(explain(error))
            self.changed.emit()

        spawn(doing(), name=name, owner=self)


def ago(seconds: float) -> str:
    """How long ago something was changed, roughly."""
    if seconds < 90:
        return tr("edited just now")
    if seconds < 3600:
        return tr("edited {count} min ago", count=round(seconds / 60))
    if seconds < 86400:
        return tr("edited {count} h ago", count=round(seconds / 3600))
    days = round(seconds / 86400)
    return tr("edited yesterday") if days <= 1 else tr("edited {count} days ago", count=days)
