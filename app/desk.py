"""Everything behind the window, put together: pages, controllers, actions, and how one leads to the other.

A page is made when it first comes to the front, with its controller: each is a ``cached_property`` that says what it
leads to, and its imports are inside. Only the workspace is made at once, which everything else asks for the agent in
front. Not here: agents as documents and the library (``documents``).
"""

from __future__ import annotations

import logging
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from app.commands import Commands
from app.controllers.downloads import DownloadsController
from app.controllers.mcp import McpController
from app.controllers.models import ModelsController
from app.controllers.parts import PartsController
from app.documents import Documents
from app.errors import explain
from app.front_model import FrontModel
from app.links import Links
from app.lists import Lists
from app.notify import Notify
from app.remembering import Remembering
from app.store_trouble import StoreTrouble
from app.tasks import spawn
from app.text import tr
from app.watch import Watch
from app.workspace.arrangement import Arrangement
from app.workspace.bench import Bench
from app.workspace.form_services import AppFormServices
from app.workspace.page import WorkspacePage

if TYPE_CHECKING:
    from app.application import Application
    from app.controllers.agents import AgentsController
    from app.controllers.part_editor import PartEditor
    from app.controllers.sessions import SessionsController
    from app.controllers.settings import SettingsController

log = logging.getLogger(__name__)

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
                "models": lambda: self.front_model.choose(),
                "data_folder": self.show_data_folder,
            },
        )
        self.trouble = StoreTrouble(self.services.database, application.open_store, self.notify, self)
        self.watch: Watch | None = None
        self.lists = Lists(self)
        self.remembering = Remembering(self.services.settings_file, self)
        self._begun = False

    # --- set-up ----------------------------------------------------------------------------------------------

    def build(self) -> None:
        """Make the workspace and what works without a page, and connect everything. Nothing is loaded yet."""
        window, services = self.window, self.services
        self.models = ModelsController(services, window, self.notify, self)
        self.downloads = DownloadsController(services, window, self.notify, self)
        links = Links(window, self.notify, self)
        self.bench = Bench(services, WorkspacePage(window.actions_, window), self.notify, links.confirm, self)
        servers = McpController(services, window, lambda: self.bench.agent, self)
        servers.listed.connect(self.bench.insight.trigger)
        self._form_services = AppFormServices(services, servers, self)
        self.bench.page.form.set_services(self._form_services)
        self.front_model = FrontModel(
            services, self.bench, self.models, self.downloads, lambda: self.go("settings"), self
        )
        self.parts = PartsController(services, window, self.notify, self.bench, self)
        self.documents = Documents(self)
        window.add_page("agents", lambda: self.agents.page)
        window.add_page("workspace", lambda: self.bench.page)
        window.add_page("sessions", lambda: self.sessions.page)
        window.add_page("part", lambda: self.part_editor.page)
        window.add_page("settings", lambda: self.settings.page)
        self.commands = Commands(self)
        self._connect()
        Arrangement(self.bench.page, services.settings_file, self)
        self._setting_applied("send_key")

    def _connect(self) -> None:
        window = self.window
        window.sidebar.page_chosen.connect(self.go)
        window.sidebar.session_chosen.connect(lambda session_id: self.sessions.open(session_id))
        self.bench.page.tree.library_requested.connect(self.parts.run)
        self.parts.changed.connect(self._parts_changed)
        self.parts.edit_wanted.connect(lambda part_id: self.part_editor.edit(part_id))
        self.bench.lists_changed.connect(self.lists.trigger)
        self.bench.facts_changed.connect(self.commands.refresh)
        self.bench.front_changed.connect(self._front_changed)
        self.bench.page.chat.draft_changed.connect(self.remembering.trigger)
        self.bench.remedy_wanted.connect(self._remedy)

    # --- pages -----------------------------------------------------------------------------------------------

    @cached_property
    def agents(self) -> AgentsController:
        """Templates and the person's agents."""
        from app.controllers.agents import AgentsController
        from app.window.agents_page import AgentsPage

        page, opened = AgentsPage(self.window), self.bench.agents
        made = AgentsController(self.services, page, self.models, self.downloads, self.notify, opened, self)
        made.open_wanted.connect(self.open)
        made.changed.connect(self.lists.trigger)
        made.dropped.connect(self._agent_dropped)
        made.page.import_requested.connect(self.documents.imports.choose_file)
        self.models.changed.connect(made.refresh)
        self.downloads.changed.connect(made.refresh)
        self.lists.fill(made)
        if self._begun:
            spawn(made.begin(), name="show templates", owner=self)
        return made

    @cached_property
    def sessions(self) -> SessionsController:
        """All sessions, to find and to read."""
        from app.controllers.sessions import SessionsController
        from app.window.sessions_page import SessionsPage

        made = SessionsController(self.services, SessionsPage(self.window), self.notify, self)
        made.open_wanted.connect(self.open)
        made.changed.connect(self.lists.trigger)
        made.dropped.connect(self._session_dropped)
        made.page.list.new_requested.connect(lambda: self.go("agents"))
        made.page.list.set_toasts(self.notify.toasts)
        return made

    @cached_property
    def part_editor(self) -> PartEditor:
        """The part of the library that is open."""
        from app.controllers.part_editor import PartEditor
        from app.window.part_page import PartPage

        made = PartEditor(self.services, PartPage(self.window), self.parts, self.notify, self)
        made.page.form.set_services(self._form_services)
        made.opened.connect(lambda: self.go("part"))
        made.back_wanted.connect(lambda: self.go("library"))
        made.edited.connect(self.commands.refresh)
        return made

    @cached_property
    def settings(self) -> SettingsController:
        """Preferences, connections, models, data."""
        from app.controllers.settings import SettingsController
        from app.window.settings_page import SettingsPage

        made = SettingsController(
            self.services, SettingsPage(self.window), self.models, self.downloads, self.notify, self
        )
        made.applied.connect(self._setting_applied)
        made.page_wanted.connect(self.go)
        return made

    @property
    def _edited_part(self) -> PartEditor | None:
        """The editor of parts, where one was opened in this run."""
        return self.part_editor if "part_editor" in vars(self) else None

    # --- the database ----------------------------------------------------------------------------------------

    def store_failed(self, error: BaseException) -> None:
        """The database cannot be opened: say so and offer a next step. The file is left as it is until then."""
        self.trouble.tell(error)
        self.agents.show_store_failed(explain(error))
        if not self.window.page:
            self.window.show_page("agents")

    async def begin(self, open_file: Path | None = None) -> None:
        """The database is open: load lists, and bring back what was in front."""
        set_aside = self.services.settings_file.set_aside
        if set_aside is not None:
            self.notify.banner(
                "settings", tr("The settings could not be read. They were put aside as {name}.", name=set_aside.name)
            )
        self.trouble.over()
        self.documents.begin()
        self.front_model.begin()
        self.watch = Watch(self.services.store, self)
        self.watch.changed.connect(self._changed_outside)
        self.watch.start()
        await self.lists.load()
        if open_file is not None:
            self.go("agents")
            self.documents.imports.take([open_file])
        elif not self.window.page:
            await self._bring_back()
        if not self.window.page:
            self.window.show_page("agents")
        self._begun = True
        if "agents" in vars(self):  # in front, or asked for meanwhile
            await self.agents.begin()

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
        else:
            self.documents.show(page)
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
        if self.front_model.on_its_way:
            self.bench.page.tree.setFocus()  # nothing can be written yet
        else:
            self.bench.page.chat.focus_input()

    def show_data_folder(self) -> None:
        """Open the folder of the database in the system's file manager."""
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.services.database.parent)))

    # --- end -------------------------------------------------------------------------------------------------

    async def save(self) -> None:
        """Write what is not on disk yet."""
        if self._edited_part is not None:
            await self._edited_part.save()
        await self.bench.save()

    async def stop_runs(self) -> None:
        """Stop downloads and turns."""
        self.downloads.cancel_all()
        if self.watch is not None:
            self.watch.stop()
        await self.bench.stop_runs()

    def take_down(self) -> None:
        """Nothing fires any more."""
        self.lists.cancel()
        self.remembering.cancel()
        if self._edited_part is not None:
            self._edited_part.stop()
        self.bench.take_down()
        self.notify.toasts.clear()

    # --- keeping in step -------------------------------------------------------------------------------------

    def _parts_changed(self) -> None:
        self.lists.trigger()
        spawn(self.bench.insight.read_parts(), name="look at the library", owner=self)

    def _changed_outside(self, changes: Any) -> None:
        spawn(self._take_in(changes), name="take in changes", owner=self)

    async def _take_in(self, changes: Any) -> None:
        for session_id in changes.changed:
            await self.bench.session_changed_outside(session_id)
        self.lists.trigger()

    def _front_changed(self, agent_id: str, session_id: str) -> None:
        remembered = self.services.settings_file.current.remembered
        remembered.agent_id = agent_id
        if agent_id:
            remembered.sessions[agent_id] = session_id
        self.remembering.trigger()
        self.lists.trigger()

    def _session_dropped(self, session_id: str) -> None:
        spawn(self.bench.drop_session(session_id), name="close a session", owner=self)

    def _agent_dropped(self, agent_id: str) -> None:
        spawn(self._drop_agent(agent_id), name="close an agent", owner=self)

    async def _drop_agent(self, agent_id: str) -> None:
        was_front = self.bench.agent is not None and self.bench.agent.id == agent_id
        await self.bench.drop_agent(agent_id)
        if was_front and self.window.page == "workspace":
            self.go("agents")

    def _setting_applied(self, name: str) -> None:
        if name == "send_key":
            key = self.services.settings_file.current.send_key
            self.bench.page.chat.set_send_key(key)

    def _remedy(self, what: str) -> None:
        if what == "download":
            self.front_model.download()
        elif what == "models":
            self.front_model.choose()
        elif what == "problems":
            self.bench.page.problems.begin()
        elif what == "connections":
            self.go("settings")
        elif what == "data_folder":
            self.show_data_folder()
