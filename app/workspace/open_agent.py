"""An open agent: its document with autosave, the engine app that runs it, its open sessions. No widget."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.choice import ModelChoice, choose
from app.library import LoadedAgent
from app.model_slot import ModelSlot
from app.services import Services
from app.tasks import spawn
from app.tool_titles import title_of_tool
from app.workspace.autosave import Autosave
from app.workspace.open_session import OpenSession
from app.worlds import look_around, world_for
from engine import create_app
from engine.blueprint.kinds import kind_of
from engine.blueprint.render import agent_component
from engine.blueprint.wish import wishes
from engine.errors import RenderError
from widgets.tree import DocumentModel

log = logging.getLogger(__name__)


class OpenAgent(QObject):
    """One agent of the library, open for editing and running.

    Signals:
        choice_changed: Another model will answer from now on.
    """

    choice_changed = Signal()

    def __init__(self, services: Services, loaded: LoadedAgent, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self.id = loaded.row.id
        self.model = DocumentModel(loaded.history, self)
        self.autosave = Autosave(services.store.agents, self.id, self.model, loaded.row.version, self)
        self.sessions: dict[str, OpenSession] = {}
        self.slot = ModelSlot(self._make_model, lambda: services.models.info(self.choice))
        self.world = world_for(services, self.id, lambda: self.model.document)
        self._component = agent_component(lambda: self.model.document, world=self.world)
        self.app: Any = create_app(self._component, model=self.slot, store=services.store)
        self._name = self.name
        self.model.changed.connect(self._document_changed)
        self.autosave.saved.connect(self._version_saved)

    # --- facts -----------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        return str(self.model.document.root.props.get("name", "") or "").strip()

    @property
    def choice(self) -> ModelChoice:
        """The connection and the model that the next call uses."""
        choice = choose(self.model.document, self._services.settings_file.current)
        return self._services.models.complete(choice)

    @property
    def missing(self) -> str:
        """Why no call can be made yet, as a sentence, or ""."""
        if self._services.models.stand_in is not None:
            return ""
        return self._services.models.missing(self.choice)

    @property
    def running(self) -> bool:
        return any(session.running for session in self.sessions.values())

    def title_of_tool(self, name: str) -> str:
        """The words the person knows a tool by."""
        return title_of_tool(self.model.document, name)

    def asker(self, name: str) -> str:
        """As :meth:`title_of_tool`, for a question: of a sub-agent it is told which of the person's agents that is."""
        title, node = self.title_of_tool(name), self.model.node(self.node_of_tool(name))
        chosen = str(node.props.get("agent") or "").strip() if node is not None else ""
        agent = self._services.agent_names.get(chosen, "")
        return f"{title} ({agent})" if agent and agent != title else title

    def node_of_tool(self, name: str) -> str | None:
        """The node that is the tool of that technical name."""
        for node in self.model.document.walk():
            kind = kind_of(node)
            if kind.group == "abilities" and kind.own_name(node) == name:
                return node.id
        return None

    # --- sessions --------------------------------------------------------------------------------------------

    async def open_session(self, session_id: str | None = None) -> OpenSession:
        """Open a session of this agent, or begin a new one."""
        if session_id is not None and session_id in self.sessions:
            return self.sessions[session_id]
        await look_around(self.model.document)
        session = await self._engine_session(session_id)
        found = self.sessions.get(session.id)
        if found is not None:
            return found
        if session_id is not None:
            await self._mount(session)
        opened = OpenSession(
            session,
            self.title_of_tool,
            self,
            max_ticks=lambda: wishes(self.model.document).max_ticks,
            asker=self.asker,
        )
        opened.running_changed.connect(partial(self._running_changed, session.id))
        opened.load(await self._captions(session.id) if session_id is not None else None)
        self.sessions[opened.id] = opened
        return opened

    async def reload_session(self, session_id: str) -> None:
        """Take in what another process wrote to an open session that is idle here."""
        opened = self.sessions.get(session_id)
        if opened is None or opened.running:
            return
        await self.app.close(session_id)
        session = await self._engine_session(session_id)
        await self._mount(session)
        opened.rebind(session)
        opened.load(await self._captions(session_id))

    async def _mount(self, session: Any) -> None:
        """Load a session. A part that does not work stops its next turn only: what was said can be read."""
        try:
            await session.mount()
        except RenderError as error:
            log.info("A session is open to be read, its agent does not work: %s", error)

    async def _engine_session(self, session_id: str | None) -> Any:
        session = await self.app.session(session_id)
        session.agent_id = self.id
        session.agent_version = self.autosave.version
        return session

    async def close_session(self, session_id: str) -> None:
        """Unload a session; it stays in the database."""
        opened = self.sessions.pop(session_id, None)
        if opened is not None:
            await opened.close()
            await self.app.close(session_id)
            opened.deleteLater()

    async def stop(self) -> None:
        """Stop what runs and wait until it is saved."""
        for session in list(self.sessions.values()):
            if not session.waits_for_answer:  # a question that is open is asked again when the program is back
                session.stop()
            await session.close()
        await self.app.shutdown()
        await self.world.aclose()

    # --- inside ----------------------------------------------------------------------------------------------

    async def _make_model(self) -> Any:
        return await self._services.models.make(self.choice)

    async def _captions(self, session_id: str) -> dict[str, str]:
        from app.workspace.captions import caption
        from engine.usage import Usage

        found = {}
        for execution in await self._services.store.sessions.executions(session_id):
            seconds = execution.ended - execution.started if execution.ended else None
            found[execution.id] = caption(Usage.from_json(execution.total_usage or execution.usage), seconds)
        return found

    def _running_changed(self, session_id: str, running: bool) -> None:
        if not running:
            spawn(self._release(session_id), name=f"release {session_id}", owner=self)

    async def _release(self, session_id: str) -> None:
        """Give the session's lock back between turns, so that the command line can go on with it too."""
        opened = self.sessions.get(session_id)
        if opened is None or not opened.running:
            await self._services.store.sessions.release(session_id)

    def _version_saved(self) -> None:
        for opened in self.sessions.values():
            opened.session.agent_version = self.autosave.version

    def _document_changed(self, _: object) -> None:
        for opened in self.sessions.values():
            opened.session.replace(self._component)
        if self.name != self._name:
            self._name = self.name
        self.choice_changed.emit()
