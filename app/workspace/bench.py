"""The workspace at work: which agent and which session are in front, and what the page's controls do to them.

Agents stay open in the background while one of their sessions runs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.choice import wish_value
from app.connections import Connection, stays_here
from app.errors import explain
from app.library import Library
from app.month_cost import month_cost
from app.services import Services
from app.tasks import spawn
from app.text import tr
from app.workspace.autosave import when_saved
from app.workspace.captions import money
from app.workspace.chat import ChatController
from app.workspace.dropped import DroppedState
from app.workspace.insight import Insight
from app.workspace.middle import Middle
from app.workspace.open_agent import OpenAgent
from app.workspace.open_session import OpenSession
from app.workspace.outside import take_in
from app.workspace.page import WorkspacePage
from app.workspace.replace import ReplaceController
from app.workspace.saying import Saying
from app.workspace.text_undo import field_takes
from engine.blueprint.edits import SetProperty
from engine.blueprint.gallery import suggestions
from widgets.forms import ModelChoice

if TYPE_CHECKING:
    from app.notify import Notify

log = logging.getLogger(__name__)

SAVED_WORDS_MS = 15_000


class Bench(QObject):
    """Controller of the workspace page.

    Signals:
        front_changed: Another agent or session is in front (agent id, session id).
        facts_changed: What can be done now may have changed.
        lists_changed: Names, times or counts in lists may have changed.
        remedy_wanted: An error's button asks for something outside the workspace.
    """

    front_changed = Signal(str, str)
    facts_changed = Signal()
    lists_changed = Signal()
    remedy_wanted = Signal(str)

    def __init__(
        self,
        services: Services,
        page: WorkspacePage,
        notify: Notify,
        confirm_link: Callable[[str], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._notify = notify
        self.page = page
        self.agents: dict[str, OpenAgent] = {}
        self.agent: OpenAgent | None = None
        self.session: OpenSession | None = None
        self.session_title = ""
        self.insight = Insight(services, page, self)
        self.middle = Middle(page, self.insight, services.settings_file, notify, self)
        self.dropped = DroppedState(notify.toasts, self)
        self.replace = ReplaceController(page, self)
        self.chat = ChatController(page.chat, confirm_link, self)
        self.saying = Saying(services, notify, self)
        self._asked: object = None
        self._clock = QTimer(self)
        self._clock.setInterval(SAVED_WORDS_MS)
        self._clock.timeout.connect(self._show_saved)
        self._connect()

    def _connect(self) -> None:
        page = self.page
        page.header.renamed.connect(self.rename_agent)
        page.tree.selection_changed.connect(self._selected)
        page.tree.properties_requested.connect(self._edit_node)
        page.tree.folds_changed.connect(self._folds_changed)
        page.tree.show_map(self._services.settings_file.current.remembered.tree_map)
        page.tree.map_toggled.connect(self._map_toggled)
        page.status.problems_clicked.connect(page.show_problems)
        page.chat.reason_action.connect(self._get_a_model)
        self.chat.remedy_wanted.connect(self.remedy_wanted)
        self.insight.checked.connect(self._checked)

    # --- what is in front ------------------------------------------------------------------------------------

    async def open_agent(self, agent_id: str, session_id: str | None = None) -> bool:
        """Bring an agent to the front, with a session where one is named; of several that are asked for, the last.

        Returns:
            False where there is no such agent.
        """
        self._asked = asked = object()
        agent = self.agents.get(agent_id)
        if agent is None:
            loaded = await Library(self._services.store).load(agent_id)
            if loaded is None:
                return False
            agent = self.agents.get(agent_id) or OpenAgent(self._services, loaded, self)
            if agent_id not in self.agents:
                self.agents[agent_id] = agent
                agent.autosave.saved.connect(self._saved)
                agent.autosave.saving.connect(self._show_saving)
                agent.autosave.failed.connect(self._save_failed)
                agent.model.undo_changed.connect(self.facts_changed)
                agent.choice_changed.connect(self._choice_changed)
        if asked is self._asked:
            if agent is not self.agent:
                self._set_agent(agent)
            await self.open_session(session_id)
        return True

    async def open_session(self, session_id: str | None) -> None:
        """Open a session of the agent in front and bring it to the front, if nothing else was asked for meanwhile."""
        assert self.agent is not None
        self._asked = asked = object()
        agent = self.agent
        session: OpenSession | None = None
        if session_id is not None:
            try:
                session = await agent.open_session(session_id)
            except Exception as error:
                log.exception("The session could not be opened")
                self._notify.error(explain(error))
        if asked is self._asked:
            self.set_session(session)

    def new_session(self) -> None:
        """An empty chat; the session itself begins with the first words."""
        self.set_session(None)
        self.page.chat.focus_input()

    async def session_changed_outside(self, session_id: str) -> None:
        """Another process wrote to a session that is open here."""
        for agent in list(self.agents.values()):
            taken = await take_in(self._services.store, agent, session_id)
            if taken and self.session is not None and self.session is agent.sessions.get(session_id):
                self.insight.trigger()

    async def drop_session(self, session_id: str) -> None:
        """Close a session that goes to the trash."""
        for agent in list(self.agents.values()):
            if session_id in agent.sessions:
                if self.session is agent.sessions[session_id]:
                    self.set_session(None)
                await agent.close_session(session_id)

    async def drop_agent(self, agent_id: str) -> None:
        """Close an agent that goes to the trash."""
        agent = self.agents.get(agent_id)
        if agent is None:
            return
        await agent.autosave.save_now()
        if self.agents.pop(agent_id, None) is None:  # somebody else did, meanwhile
            return
        if agent is self.agent:
            self.set_session(None)
            self._set_agent(None)
        await agent.stop()
        agent.deleteLater()

    # --- end -------------------------------------------------------------------------------------------------

    async def save(self) -> None:
        """Write everything that is not on disk yet."""
        for agent in list(self.agents.values()):  # others may be opened meanwhile
            await agent.autosave.save_now()

    async def stop_runs(self) -> None:
        """Stop every turn and wait until what had arrived is saved."""
        for agent in list(self.agents.values()):  # others may be opened meanwhile
            await agent.stop()

    def take_down(self) -> None:
        """No timers, no listeners."""
        self._clock.stop()
        self.insight.stop()
        self.chat.show(None)

    # --- the person ------------------------------------------------------------------------------------------

    def rename_agent(self, name: str) -> None:
        """Give the agent in front another name; undo takes it back like any edit."""
        if self.agent is None or not name or name == self.agent.name:
            self._show_name()
            return
        self.agent.model.do(SetProperty(self.agent.model.document.root.id, "name", name))

    def use_model(self, connection: Connection, model: str) -> None:
        """Let the agent in front ask for this connection and model."""
        if self.agent is not None:
            root = self.agent.model.document.root.id
            self.agent.model.do(SetProperty(root, "model", wish_value(connection, model)))
            self.offer_retry()

    def offer_retry(self) -> None:
        """Connections or models are other ones now: turns that failed for want of one can be tried again."""
        for agent in self.agents.values():
            for session in agent.sessions.values():
                session.offer_retry()

    def _checked(self) -> None:
        """Turns that failed for a fault of the agent can be tried again once it has none."""
        if self.agent is not None and not any(problem.severity == "error" for problem in self.insight.problems):
            for session in self.agent.sessions.values():
                session.offer_retry(("problems",))

    def undo(self) -> None:
        """Take the last edit of the document back; in a text field, the field's own."""
        if not field_takes("undo") and self.agent is not None:
            self.agent.model.undo()

    def redo(self) -> None:
        """Do it again."""
        if not field_takes("redo") and self.agent is not None:
            self.agent.model.redo()

    def _selected(self, ids: list[str]) -> None:
        if self.agent is not None:
            self.page.form.set_nodes(self.agent.model, ids)
            self.page.context.highlight(ids)
        self.facts_changed.emit()

    def _edit_node(self, node_id: str) -> None:
        self.page.columns.reveal("middle")
        self.page.tree.select([node_id])
        self.page.show_tab("properties")
        self.page.form.focus_first()

    def _folds_changed(self) -> None:
        if self.agent is not None:
            folded, now = self._services.settings_file.current.remembered.folded, self.page.tree.folded()
            folded[self.agent.id] = now
            if not now:
                del folded[self.agent.id]

    def _map_toggled(self, on: bool) -> None:
        self._services.settings_file.current.remembered.tree_map = on

    # --- showing ---------------------------------------------------------------------------------------------

    def _set_agent(self, agent: OpenAgent | None) -> None:
        self.agent = agent
        folded = self._services.settings_file.current.remembered.folded
        self.page.tree.set_document(
            agent.model if agent is not None else None, folded.get(agent.id, ()) if agent is not None else ()
        )
        self.page.form.set_node(None, None) if agent is None else self.page.form.set_node(agent.model, None)
        self.middle.set_agent(agent)
        self.insight.set_agent(agent)
        self.dropped.set_agent(agent)
        self.replace.set_agent(agent)
        self._show_name()
        self.show_choice()
        self._show_saved()
        self._clock.start() if agent is not None else self._clock.stop()
        self.facts_changed.emit()

    def set_session(self, session: OpenSession | None) -> None:
        """Bring a session of the agent in front to the front; None shows an empty chat."""
        self._asked = None
        self.chat.leave_editing()
        if self.session is not None:
            self.session.running_changed.disconnect(self._running_changed)
            self.session.happened.disconnect(self.dropped.happened)
        self.session = session
        if session is not None:
            session.running_changed.connect(self._running_changed)
            session.happened.connect(self.dropped.happened)
        self.chat.show(session, self.agent.id if self.agent is not None else "")
        self.insight.set_session(session)
        self.insight.now()
        self.session_title = ""
        self.page.chat.set_title(tr("New session") if session is None else " ")
        self.saying.show_draft()
        self._show_empty()
        self.facts_changed.emit()
        self.front_changed.emit(
            self.agent.id if self.agent is not None else "", session.id if session is not None else ""
        )

    def _running_changed(self, running: bool) -> None:
        self.facts_changed.emit()
        self.lists_changed.emit()

    def _show_empty(self) -> None:
        if self.agent is None:
            return
        name, connection = self.agent.name, self.agent.choice.connection
        if stays_here(connection):
            where = tr("What you say stays on this machine, in this session.")
        else:
            where = tr("What you say is kept on this machine and sent to {name}.", name=connection.title)
        title = tr("Talk to {name}", name=name) if name else tr("Talk to your agent")
        self.page.chat.set_empty_state(title, where, suggestions(self.agent.model.document))

    def _show_name(self) -> None:
        if self.agent is not None:
            self.page.header.name.show_name(self.agent.name)

    def show_choice(self, progress: str = "") -> None:
        """The model button, and why nothing can be written where there is no model (or how far its download is)."""
        if self.agent is None:
            return
        self._show_name()
        self._show_empty()
        choice = self.agent.choice
        self.page.header.show_model(self._services.models.label(choice), choice.icon)
        missing = self.agent.missing
        if not missing and choice.connection.kind == "on_device":
            spawn(self._get_ready(self.agent), name="get the model ready", owner=self)
        if missing and progress:
            self.page.chat.set_enabled_reason(tr("The model is on its way. {progress}", progress=progress), "")
        else:
            self.page.chat.set_enabled_reason(missing or None, self._way_to_a_model() if missing else "")

    def _way_to_a_model(self) -> str:
        return tr("Download") if self._can_download() else tr("Choose a model")

    def _can_download(self) -> bool:
        """Whether all that is missing is a download."""
        choice = self.agent.choice if self.agent is not None else None
        known = self._services.models.find(choice.model) if choice is not None else None
        return choice is not None and choice.connection.kind == "on_device" and known is not None

    def _get_a_model(self) -> None:
        self.remedy_wanted.emit("download" if self._can_download() else "models")

    async def _get_ready(self, agent: OpenAgent) -> None:
        """Make the on-device model, which starts nothing yet: then it is known how much it can read."""
        try:
            await self._services.models.make(agent.choice)
        except Exception:
            log.warning("The model on this device cannot be used", exc_info=True)
            return
        self.insight.trigger()

    def _choice_changed(self) -> None:
        self.show_choice()

    def show_model_choices(self) -> None:
        """The models that the form of the Agent offers."""
        models, settings = self._services.models, self._services.settings_file.current
        choices = []
        for connection in settings.connections:
            if connection.kind == "on_device":
                choices += [ModelChoice(connection.id, known.id, known.label) for known in models.catalogue()]
            elif connection.model:
                choices.append(ModelChoice(connection.id, connection.model, f"{connection.title} · {connection.model}"))
        self.page.form.set_model_choices(choices)

    async def refresh_facts(self) -> None:
        """What only the database knows of the session in front: its title; and what this month has cost."""
        store = self._services.store
        row = await store.browser.get(self.session.id) if self.session is not None else None
        self.session_title = row.title if row is not None else ""
        self.page.chat.set_title(self.session_title or tr("New session"))
        dollars = await month_cost(store)
        self.page.status.show_cost(tr("This month ${cost}", cost=money(dollars)) if dollars else "")

    def _saved(self) -> None:
        self._show_saved()
        self.lists_changed.emit()

    def _show_saved(self) -> None:
        if self.agent is not None and self.agent.autosave.clean:
            self.page.header.saved.setText(when_saved(time.time() - self.agent.autosave.saved_at, tr))

    def _show_saving(self) -> None:
        self.page.header.saved.setText(tr("saving…"))

    def _save_failed(self, error: BaseException) -> None:
        self.page.header.saved.setText(tr("not saved"))
        self._notify.error(explain(error))
