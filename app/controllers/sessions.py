"""The sessions page at work: list, search, reading, going on, renaming, trash."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.errors import explain
from app.file_agents import adopt, is_file_agent
from app.library import Library
from app.notify import Notify
from app.services import Services
from app.session_source import StoreSessions
from app.tasks import spawn
from app.text import tr
from app.tool_titles import title_of_tool
from app.window.sessions_page import SessionsPage
from app.workspace.transcript import Transcript

if TYPE_CHECKING:
    from engine.store.rows import SessionRow

log = logging.getLogger(__name__)

READER_ENTRIES = 400


class SessionsController(QObject):
    """Controller of the sessions page.

    Signals:
        open_wanted: (agent id, session id) to bring to the front in the workspace.
        changed: Lists elsewhere should look again.
        dropped: A session went to the trash.
    """

    open_wanted = Signal(str, str)
    changed = Signal()
    dropped = Signal(str)

    def __init__(self, services: Services, page: SessionsPage, notify: Notify, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._notify = notify
        self.page = page
        self._row: SessionRow | None = None
        self._wanted = ""
        self.source: StoreSessions | None = None
        sessions = page.list
        sessions.current_changed.connect(self._read)
        sessions.opened.connect(self._read)
        sessions.rename_requested.connect(self.rename)
        sessions.trash_requested.connect(self.trash_quietly)
        sessions.restore_requested.connect(self.restore)
        sessions.purge_requested.connect(self._purge)
        sessions.pin_requested.connect(self._pin)
        page.reader.asked.connect(self._asked)

    def reload(self) -> None:
        """Look again, keeping place and selection; the first time, look at all, once the database is open."""
        if self.source is not None:
            self.page.list.reload()
            if self._wanted:
                self._read(self._wanted)
        elif self._services.store_is_open:
            self.source = StoreSessions(self._services.store)
            self.page.list.set_source(self.source, lambda work: spawn(work, name="session list", owner=self))

    # --- what can be done ------------------------------------------------------------------------------------

    def rename(self, session_id: str, title: str) -> None:
        """Give a session a title."""
        self._do(self._services.store.browser.rename(session_id, title), "rename a session")

    def trash_quietly(self, session_id: str) -> None:
        """Into the trash; the list itself offers *Undo*."""
        self.dropped.emit(session_id)
        self._do(self._services.store.browser.trash(session_id), "delete a session")

    def trash(self, session_id: str, title: str) -> None:
        """Into the trash, with *Undo*."""
        self.trash_quietly(session_id)
        self._notify.say(
            tr("“{title}” is in the trash.", title=title or tr("Session")), tr("Undo"), lambda: self.restore(session_id)
        )

    def restore(self, session_id: str) -> None:
        """Out of the trash."""
        self._do(self._services.store.browser.restore(session_id), "restore a session")

    def open(self, session_id: str) -> None:
        """Bring a session to the front in its agent's workspace."""
        spawn(self._open(session_id), name="open a session", owner=self)

    def _purge(self, session_id: str) -> None:
        self.dropped.emit(session_id)
        self._do(self._services.store.browser.purge(session_id), "delete a session for ever")

    def _pin(self, session_id: str, pinned: bool) -> None:
        self._do(self._services.store.browser.pin(session_id, pinned), "pin a session")

    def _do(self, work: Any, name: str) -> None:
        async def doing() -> None:
            try:
                await work
            except Exception as error:
                log.warning("Could not %s", name, exc_info=error)
                self._notify.error(explain(error))
            self.changed.emit()

        spawn(doing(), name=name, owner=self)

    # --- reading ---------------------------------------------------------------------------------------------

    def _read(self, session_id: str) -> None:
        self._wanted = session_id
        if session_id:
            spawn(self._show(session_id), name="read a session", owner=self)
        else:
            self.page.show_reader(False)

    async def _show(self, session_id: str) -> None:
        store = self._services.store
        row = await store.browser.get(session_id)
        stored = await store.sessions.load(session_id, limit=READER_ENTRIES) if row is not None else None
        if self._wanted != session_id:
            return
        if row is None or stored is None or self.source is None:
            self.page.show_reader(False)
            return
        agent = await store.agents.get(row.agent_id) if row.agent_id else None
        offered, note = _offers(row, agent)
        self._row = row
        loaded = await Library(store).load(row.agent_id) if row.agent_id else None
        document = loaded.history.document if loaded is not None else None
        items = Transcript(partial(title_of_tool, document), reading=True).load(stored.entries)
        if self._wanted != session_id:
            return
        self.page.reader.show_session(
            row.title or tr("Without a title"), await self.source.agent_name(row), note, offered
        )
        self.page.reader.chat.set_items(items)
        self.page.show_reader(True)

    def _asked(self, what: str) -> None:
        row = self._row
        if row is None:
            return
        if what == "open":
            self.open(row.id)
        elif what == "trash":
            self.trash(row.id, row.title)
        elif what == "restore":
            self.restore(row.id)
        elif what == "restore_agent" and row.agent_id:
            self._do(self._services.store.agents.restore(row.agent_id), "restore an agent")

    async def _open(self, session_id: str) -> None:
        store = self._services.store
        row = await store.browser.get(session_id)
        if row is None:
            self._notify.say(tr("This session is not there any more."))
            return
        if row.trashed is not None:
            self._notify.say(tr("This session is in the trash."), tr("Restore"), lambda: self.restore(session_id))
            return
        if row.agent_id is None or not await adopt(store, session_id, row.agent_id):
            self._notify.say(tr("The agent of this session is not on this machine. The session can be read."))
            return
        agent = await store.agents.get(row.agent_id)
        if agent is not None and agent.row.trashed is not None:
            restore = store.agents.restore
            agent_id = row.agent_id
            self._notify.say(
                tr("The agent {name} is in the trash.", name=agent.row.name),
                tr("Restore agent"),
                lambda: self._do(restore(agent_id), "restore an agent"),
            )
            return
        self.changed.emit()
        self.open_wanted.emit(row.agent_id, session_id)


def _offers(row: SessionRow, agent: Any) -> tuple[set[str], str]:
    """What can be done to a session, and a sentence where something is in the way."""
    if row.trashed is not None:
        return {"restore"}, tr("This session is in the trash.")
    if agent is not None and agent.row.trashed is not None:
        return {"trash", "restore_agent"}, tr("Its agent, {name}, is in the trash.", name=agent.row.name)
    if agent is None and is_file_agent(row.agent_id):
        return {"trash", "open"}, tr("Its agent was run from a file. Going on adds the agent to your agents.")
    if agent is None:
        return {"trash"}, tr("Its agent is not on this machine. The session can be read, not continued.")
    return {"trash", "open"}, ""
