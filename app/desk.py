"""Everything behind the window, put together: pages, controllers, actions, and how one leads to the other."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog

from app.commands import Commands
from app.connections import Connection
from app.controllers.agents import AgentsController
from app.controllers.downloads import DownloadsController
from app.controllers.mcp import McpController
from app.controllers.models import ModelsController
from app.controllers.part_editor import PartEditor
from app.controllers.parts import PartsController
from app.controllers.sessions import SessionsController
from app.controllers.settings import SettingsController
from app.documents import Documents
from app.errors import explain
from app.notify import Notify
from app.tasks import coalesce, run_dialog, spawn
from app.text import tr
from app.watch import Watch
from app.window.agents_page import AgentsPage
from app.window.part_page import PartPage
from app.window.sessions_page import SessionsPage
from app.window.settings_page import SettingsPage
from app.workspace.bench import Bench
from app.workspace.chat import open_link
from app.workspace.form_services import AppFormServices
from app.workspace.page import WorkspacePage
from widgets.cards import DownloadState, progress_words
from widgets.common import ConfirmDialog
from widgets.forms import AgentChoice

if TYPE_CHECKING:
    from app.application import Application

log = logging.getLogger(__name__)

LISTS_MS = 150
RECENT = 6
REMEMBERED = ("sessions", "settings", "agents", "library")
"""Pages that come to the front again at the next start, without an agent."""


class Desk(QObject):
    """Pages and controllers of one window."""

    def __init__(self, application: Application) -> None:
        super().__init__(application)
        self.application = application
        self.services = application.services
        self.window = application.window
        self.notify = Notify(
            self.window,
            self.window.banners,
            {
                "connections": lambda: self.go("settings"),
                "models": self.choose_model,
                "data_folder": self.show_data_folder,
            },
        )
        self.watch: Watch | None = None

    # --- set-up ----------------------------------------------------------------------------------------------

    def build(self) -> None:
        """Make the pages and connect everything. Nothing is loaded yet."""
        window, services = self.window, self.services
        self.models = ModelsController(services, window, self.notify, self)
        self.downloads = DownloadsController(services, window, self.notify, self)
        self.agents = AgentsController(services, AgentsPage(), self.models, self.downloads, self.notify, self)
        self.bench = Bench(services, WorkspacePage(window.actions_), self.notify, self.confirm_link, self)
        self._others: tuple[AgentChoice, ...] = ()
        servers = McpController(services, window, lambda: self.bench.agent, self)
        self._form_services = AppFormServices(services, servers, self)
        self.bench.page.form.set_services(self._form_services)
        self.parts = PartsController(services, window, self.notify, self.bench, self)
        self.part_editor = PartEditor(services, PartPage(), self.parts, self.notify, self)
        self.part_editor.page.form.set_services(self._form_services)
        self.sessions = SessionsController(services, SessionsPage(), self.notify, self)
        self.settings = SettingsController(services, SettingsPage(), self.models, self.downloads, self.notify, self)
        self.documents = Documents(self)
        for name, page in (
            ("agents", self.agents.page),
            ("workspace", self.bench.page),
            ("sessions", self.sessions.page),
            ("part", self.part_editor.page),
            ("settings", self.settings.page),
            *self.documents.pages.items(),
        ):
            window.add_page(name, page)
        self.sessions.page.list.set_toasts(self.notify.toasts)
        self.commands = Commands(self)
        self._lists = coalesce(LISTS_MS, self, self._refresh_lists)
        self._connect()
        self._restore_columns()
        self.settings.apply("send_key")

    def _connect(self) -> None:
        window = self.window
        window.sidebar.page_chosen.connect(self.go)
        window.sidebar.session_chosen.connect(self.sessions.open)
        self.agents.open_wanted.connect(self.open)
        self.agents.changed.connect(self._lists.trigger)
        self.documents.connect_all(self._lists.trigger)
        self.agents.dropped.connect(self._agent_dropped)
        self.sessions.open_wanted.connect(self.open)
        self.sessions.changed.connect(self._lists.trigger)
        self.sessions.dropped.connect(self._session_dropped)
        self.sessions.page.list.new_requested.connect(lambda: self.go("agents"))
        self.bench.page.tree.library_requested.connect(self.parts.run)
        self.parts.changed.connect(self._parts_changed)
        self.part_editor.opened.connect(lambda: self.go("part"))
        self.part_editor.back_wanted.connect(lambda: self.go("library"))
        self.part_editor.edited.connect(self.commands.refresh)
        self.bench.lists_changed.connect(self._lists.trigger)
        self.bench.facts_changed.connect(self.commands.refresh)
        self.bench.front_changed.connect(self._front_changed)
        self.bench.remedy_wanted.connect(self._remedy)
        self.models.changed.connect(self._models_changed)
        self.downloads.changed.connect(self._models_changed)
        self.downloads.moved.connect(self._download_moved)
        self.settings.applied.connect(self._setting_applied)
        columns = self.bench.page.columns
        columns.arranged.connect(self._columns_arranged)
        self.bench.page.tab_changed.connect(self._tab_changed)

    def store_failed(self, error: BaseException) -> None:
        """The database cannot be opened: say so and offer a next step. The file is left as it is until then."""
        explanation = explain(error)
        if getattr(error, "kind", "") == "corrupt":
            words, action = tr("Put it aside and start new"), self._start_new
        else:
            words, action = tr("Try again"), self._open_again
        self.notify.banner("store", explanation.sentence, words, action, "bad")
        self.agents.show_store_failed(explanation)
        if not self.window.page:
            self.window.show_page("agents")

    def _open_again(self) -> None:
        spawn(self.application.open_store(), name="open the database again", owner=self)

    def _start_new(self) -> None:
        spawn(self._set_aside(), name="put the database aside", owner=self)

    async def _set_aside(self) -> None:
        from engine.store import set_aside_damaged

        try:
            kept = await asyncio.to_thread(set_aside_damaged, self.services.database)
        except Exception as error:
            log.exception("The database could not be put aside")
            self.notify.error(explain(error))
            return
        await self.application.open_store()
        self.notify.say(tr("The damaged file was kept as {name}.", name=kept.name))

    async def begin(self, open_file: Path | None = None) -> None:
        """The database is open: load lists, and bring back what was in front."""
        set_aside = self.services.settings_file.set_aside
        if set_aside is not None:
            self.notify.banner(
                "settings", tr("The settings could not be read. They were put aside as {name}.", name=set_aside.name)
            )
        self.notify.drop_banner("store")
        self.sessions.begin()
        await self.agents.begin()
        self.documents.begin()
        self.services.models.runtime.subscribe(self._model_status)
        self.watch = Watch(self.services.store, self)
        self.watch.changed.connect(self._changed_outside)
        self.watch.start()
        await self._load_lists()
        if open_file is not None:
            self.go("agents")
            self.documents.imports.take([open_file])
        elif not self.window.page:
            await self._bring_back()
        if not self.window.page:
            self.window.show_page("agents")

    async def _bring_back(self) -> None:
        """What was in front when the program ended."""
        remembered = self.services.settings_file.current.remembered
        if remembered.agent_id and await self._was_open(remembered.agent_id):
            session = remembered.sessions.get(remembered.agent_id) or None
            row = await self.services.store.browser.get(session) if session else None
            await self.bench.open_agent(
                remembered.agent_id, session if row is not None and row.trashed is None else None
            )
            if not self.window.page and remembered.page not in REMEMBERED:
                self.window.show_page("workspace")
        if not self.window.page and remembered.page in REMEMBERED:
            self.go(remembered.page)

    async def _was_open(self, agent_id: str) -> bool:
        agent = await self.services.store.agents.get(agent_id)
        return agent is not None and agent.row.trashed is None

    # --- going somewhere -------------------------------------------------------------------------------------

    def go(self, page: str) -> None:
        """Bring a page to the front; *agents* while an agent is open goes to the list of agents."""
        self.window.show_page(page)
        self.services.settings_file.current.remembered.page = page
        if page == "settings":
            spawn(self.settings.show_data(), name="look at the data", owner=self)
        elif page == "sessions":
            self.sessions.reload()
        elif page == "agents":
            self.agents.refresh()
        elif page in self.documents.shows:
            self.documents.shows[page]()
        self.commands.refresh()

    def open(self, agent_id: str, session_id: str = "") -> None:
        """Open an agent, with a session where one is named."""
        spawn(self.open_now(agent_id, session_id), name="open an agent", owner=self)

    async def open_now(self, agent_id: str, session_id: str = "") -> None:
        """As :meth:`open`, awaited."""
        try:
            found = await self.bench.open_agent(agent_id, session_id or None)
        except Exception as error:
            log.exception("The agent could not be opened")
            self.notify.error(explain(error))
            return
        if not found:
            self.notify.say(tr("This agent is not there any more."))
            return
        self.go("workspace")
        agent = self.bench.agent
        if agent is not None and agent.missing and self.downloads.busy(agent.choice.model):
            self.bench.page.tree.setFocus()  # nothing can be written yet
        else:
            self.bench.page.chat.focus_input()

    def show_data_folder(self) -> None:
        """Open the folder of the database in the system's file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.services.database.parent)))

    def choose_model(self) -> None:
        """Open the menu of models below the model button."""
        agent = self.bench.agent
        if agent is None:
            self.go("settings")
            return
        button = self.bench.page.header.model
        menu = self.models.menu(agent.choice, self._model_chosen, button)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(button.mapToGlobal(button.rect().bottomLeft()))

    def _model_chosen(self, connection: Connection, model: str) -> None:
        self.bench.use_model(connection, model)
        if connection.kind == "on_device" and model and self.services.models.find(model) is not None:
            if self.services.models.file_of(model) is None:
                self.downloads.start(model)

    def confirm_link(self, address: str) -> None:
        """Show an address in full before it is opened."""
        spawn(self._confirm_link(address), name="open a link", owner=self)

    async def _confirm_link(self, address: str) -> None:
        if not address.lower().startswith(("http://", "https://", "mailto:")):
            self.notify.say(tr("This kind of link is not opened: {address}", address=address[:200]))
            return
        dialog = ConfirmDialog(tr("Open this link?"), address, tr("Open link"), parent=self.window)
        if await run_dialog(dialog, delete=False) == QDialog.DialogCode.Accepted:
            open_link(address)

    # --- end -------------------------------------------------------------------------------------------------

    async def save(self) -> None:
        """Write what is not on disk yet."""
        await self.part_editor.save()
        await self.bench.save()

    async def stop_runs(self) -> None:
        """Stop downloads and turns."""
        self.downloads.cancel_all()
        if self.watch is not None:
            self.watch.stop()
        await self.bench.stop_runs()

    def take_down(self) -> None:
        """Nothing fires any more."""
        self._lists.cancel()
        self.part_editor.stop()
        self.bench.take_down()
        self.notify.toasts.clear()

    # --- keeping in step -------------------------------------------------------------------------------------

    def _refresh_lists(self) -> None:
        if self.services.store_is_open:
            spawn(self._load_lists(), name="load lists", owner=self)

    async def _load_lists(self) -> None:
        store = self.services.store
        page = await store.browser.list(limit=RECENT)
        counts = await store.browser.counts()
        agents = await store.agents.list()
        sidebar = self.window.sidebar
        sidebar.set_recent([(row.id, row.title or tr("Without a title")) for row in page.rows])
        sidebar.set_count("agents", len(agents) or None)
        sidebar.set_count("sessions", counts.total or None)
        self.agents.set_counts(agents, counts.agents)
        front = self.bench.agent.id if self.bench.agent is not None else ""
        others = tuple(AgentChoice(row.id, row.name, row.icon or "bot") for row in agents if row.id != front)
        if others != self._others:
            self._others = others
            self.bench.page.form.set_agent_choices(others)
        if self.bench.agent is not None:
            self.bench.insight.helpers.look_again(self.bench.agent.id, self.bench.agent.model.document)
        await self.bench.refresh_facts()
        if self.window.page == "sessions":
            self.sessions.reload()

    def _parts_changed(self) -> None:
        spawn(self.bench.insight.read_parts(), name="look at the library", owner=self)

    def _changed_outside(self, changes: Any) -> None:
        spawn(self._take_in(changes), name="take in changes", owner=self)

    async def _take_in(self, changes: Any) -> None:
        for session_id in changes.changed:
            await self.bench.session_changed_outside(session_id)
        self._lists.trigger()

    def _front_changed(self, agent_id: str, session_id: str) -> None:
        remembered = self.services.settings_file.current.remembered
        remembered.agent_id = agent_id
        if agent_id:
            remembered.sessions[agent_id] = session_id
        self._lists.trigger()

    def _session_dropped(self, session_id: str) -> None:
        spawn(self.bench.drop_session(session_id), name="close a session", owner=self)

    def _agent_dropped(self, agent_id: str) -> None:
        spawn(self._drop_agent(agent_id), name="close an agent", owner=self)

    async def _drop_agent(self, agent_id: str) -> None:
        was_front = self.bench.agent is not None and self.bench.agent.id == agent_id
        await self.bench.drop_agent(agent_id)
        if was_front and self.window.page == "workspace":
            self.go("agents")

    def _models_changed(self, *_: object) -> None:
        self.bench.show_choice()
        self.bench.show_model_choices()
        self.bench.offer_retry()
        self.agents.refresh()

    def _download_moved(self, model_id: str, state: DownloadState) -> None:
        agent = self.bench.agent
        if agent is not None and agent.missing and agent.choice.model == model_id:
            self.bench.show_choice(progress_words(state) if self.downloads.busy(model_id) else "")

    def _model_status(self, status: Any) -> None:
        """What the model on this device is doing: loading, reading, thinking."""
        agent = self.bench.agent
        if agent is not None and agent.choice.connection.kind == "on_device":
            self.bench.chat.set_activity(status.text)

    def _setting_applied(self, name: str) -> None:
        if name == "send_key":
            key = self.services.settings_file.current.send_key
            self.bench.page.chat.set_send_key(key)

    def _remedy(self, what: str) -> None:
        if what == "download" and self.bench.agent is not None:
            self.downloads.start(self.bench.agent.choice.model)
        elif what == "models":
            self.choose_model()
        elif what == "connections":
            self.go("settings")
        elif what == "data_folder":
            self.show_data_folder()

    # --- columns ---------------------------------------------------------------------------------------------

    def _restore_columns(self) -> None:
        remembered = self.services.settings_file.current.remembered
        columns = self.bench.page.columns
        columns.restore(remembered.columns.get("workspace", []), remembered.hidden_columns)
        self.bench.page.show_tab("context" if remembered.middle_tab == "context" else "properties")

    def _columns_arranged(self) -> None:
        remembered = self.services.settings_file.current.remembered
        columns = self.bench.page.columns
        hidden = columns.hidden()
        if not hidden and all(columns.sizes()):
            remembered.columns["workspace"] = columns.sizes()
        remembered.hidden_columns = hidden

    def _tab_changed(self, name: str) -> None:
        self.services.settings_file.current.remembered.middle_tab = name
