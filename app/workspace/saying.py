"""What the person says in the workspace: sessions begin with the first words, drafts are kept, nothing said is lost.

Not here: the chat on screen (``chat``), and what becomes of words in a session (``open_session``).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from app.errors import explain
from app.notify import Notify
from app.services import Services
from app.tasks import spawn
from app.workspace.attached import Attachment
from app.workspace.outside import has_news

if TYPE_CHECKING:
    from app.workspace.bench import Bench
    from app.workspace.open_agent import OpenAgent
    from app.workspace.open_session import OpenSession

log = logging.getLogger(__name__)


class Saying(QObject):
    """Takes words from the composer to the session in front of a workspace.

    Args:
        services: The store, and where drafts are kept.
        notify: Where it is said that words could not be sent.
        bench: The workspace.
    """

    def __init__(self, services: Services, notify: Notify, bench: Bench) -> None:
        super().__init__(bench)
        self._services = services
        self._notify = notify
        self._bench = bench
        self._turn = asyncio.Lock()
        bench.chat.said.connect(self.say)
        bench.chat.rewritten.connect(self._say_instead)
        bench.page.chat.draft_changed.connect(self._keep_draft)

    @Slot(str)
    def say(self, text: str) -> None:
        """Send words in the session in front, with the files beside them; without one, a new session begins."""
        bench = self._bench
        if bench.agent is not None:
            files = bench.chat.attaching.take()
            spawn(self._say(bench.agent, bench.session, text, files), name="send", owner=self)

    async def _say(self, agent: OpenAgent, session: OpenSession | None, text: str, files: Sequence[Attachment]) -> None:
        bench = self._bench
        async with self._turn:  # what is said while a session begins goes into that session too
            if session is None and agent is bench.agent:
                session = bench.session
            begins = session is None
            try:
                if session is None:
                    session = await agent.open_session()
                elif not session.running and await has_news(self._services.store, session):
                    await agent.reload_session(session.id)
            except Exception as error:
                log.exception("The words could not be sent")
                self._give_back(agent, session, text, files)
                self._notify.error(explain(error))
                return
            if begins and agent is bench.agent and bench.session is None:
                if begun := self._drafts.pop(agent.id, ""):
                    self._drafts[session.id] = begun
                bench.set_session(session)
            session.send(text, files=files)

    @Slot(str, str, object)
    def _say_instead(self, entry_id: str, text: str, files: Sequence[Attachment]) -> None:
        agent, session = self._bench.agent, self._bench.session
        if agent is not None and session is not None:
            work = self._say_in_copy(agent, session, entry_id, text, files)
            spawn(work, name="say it otherwise", owner=self)

    async def _say_in_copy(
        self, agent: OpenAgent, session: OpenSession, entry_id: str, text: str, files: Sequence[Attachment]
    ) -> None:
        """Copy a session as it was before a message, bring the copy to the front, and say this there.

        The session itself stays as it is. Where nothing was said before the message, a new session begins.
        """
        bench = self._bench
        try:
            copy = await session.copy_before(entry_id)
        except Exception as error:
            log.exception("The session could not be copied")
            self._give_back(agent, session, text, files)
            self._notify.error(explain(error))
            return
        if agent is bench.agent and session is bench.session:
            await bench.open_session(copy)
            if agent is bench.agent and copy == (bench.session.id if bench.session is not None else None):
                bench.chat.attaching.put(files)
                self.say(text)
                bench.lists_changed.emit()
                return
        self._give_back(agent, session, text, files)  # the person is elsewhere by now, or the copy cannot be opened

    # --- drafts ----------------------------------------------------------------------------------------------

    @property
    def _drafts(self) -> dict[str, str]:
        return self._services.settings_file.current.remembered.drafts

    def show_draft(self) -> None:
        """Show what was written and not sent in the conversation in front."""
        bench = self._bench
        if bench.agent is not None:
            bench.page.chat.draft = self._drafts.get(_key(bench.agent, bench.session), "")

    @Slot()
    def _keep_draft(self) -> None:
        bench = self._bench
        if bench.agent is None or bench.chat.editing:
            return
        key, text = _key(bench.agent, bench.session), bench.page.chat.draft
        if text:
            self._drafts[key] = text
        else:
            self._drafts.pop(key, None)

    def _give_back(self, agent: OpenAgent, session: OpenSession | None, text: str, files: Sequence[Attachment]) -> None:
        """Words that could not be sent are a draft again, before what was written since."""
        key = _key(agent, session)
        since = self._drafts.get(key, "")
        self._drafts[key] = f"{text}\n\n{since}" if since and since != text else text
        self._bench.chat.attaching.give_back(key, files)
        if agent is self._bench.agent and session is self._bench.session:
            self.show_draft()


def _key(agent: OpenAgent, session: OpenSession | None) -> str:
    return session.id if session is not None else agent.id
