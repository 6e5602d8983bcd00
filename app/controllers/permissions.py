"""The page of permissions at work: lists what is allowed, takes it back, and tells open sessions."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.errors import explain
from app.notify import Notify
from app.permissions import Allowed, give_again, list_allowed, take_back
from app.services import Services
from app.tasks import spawn
from app.text import tr
from widgets.permissions import PermissionGroup, PermissionLine, PermissionsPage
from widgets.sessions.when import full_time

if TYPE_CHECKING:
    from app.workspace.open_agent import OpenAgent
    from engine.store.grants import Grant

log = logging.getLogger(__name__)


class PermissionsController(QObject):
    """Controller of the page of permissions.

    Args:
        services: The store.
        page: What it works on.
        notify: Where things are said.
        agents: The open agents by id; their sessions keep in memory what they were allowed.

    Signals:
        back_wanted: Settings are to come to the front.
    """

    back_wanted = Signal()

    def __init__(
        self,
        services: Services,
        page: PermissionsPage,
        notify: Notify,
        agents: Mapping[str, OpenAgent],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._notify = notify
        self._agents = agents
        self.page = page
        self._allowed: dict[str, Allowed] = {}
        page.back_requested.connect(self.back_wanted)
        page.take_back_requested.connect(self.take_back)

    def show(self) -> None:
        """Look up what is allowed now."""
        spawn(self._show(), name="list permissions", owner=self)

    async def _show(self) -> None:
        try:
            found = await list_allowed(self._services.store)
        except Exception as error:
            log.exception("The permissions could not be read")
            self._notify.error(explain(error))
            return
        self._allowed = {one.id: one for one in found}
        groups = []
        for (agent_id, agent, icon), ones in groupby(found, key=lambda one: (one.agent_id, one.agent, one.icon)):
            lines = (PermissionLine(one.id, one.kind, one.sentence, _when(one)) for one in ones)
            groups.append(PermissionGroup(agent_id, agent, icon, tuple(lines)))
        self.page.show_groups(groups)

    def take_back(self, ids: Sequence[str]) -> None:
        """No longer allow these; it can be undone for a moment."""
        ones = [self._allowed[key] for key in ids if key in self._allowed]
        spawn(self._change(ones, back=True), name="take permissions back", owner=self)

    async def _change(self, ones: Sequence[Allowed], *, back: bool) -> None:
        grants: list[Grant] = [one.grant for one in ones]
        try:
            await (take_back if back else give_again)(self._services.store, grants)
        except Exception as error:
            log.exception("The permissions could not be changed")
            self._notify.error(explain(error))
        else:
            for grant in grants:
                self._tell(grant, back)
            if back and ones:
                self._say(ones)
        await self._show()

    def _tell(self, grant: Grant, back: bool) -> None:
        """What an agent may do is looked up each time; what a session may do it has in memory."""
        for agent in self._agents.values():
            opened = agent.sessions.get(grant.session_id or "")
            if opened is not None and back:
                opened.session.grants.pop(grant.key, None)
            elif opened is not None:
                opened.session.grants[grant.key] = grant.value

    def _say(self, ones: Sequence[Allowed]) -> None:
        agents = list(dict.fromkeys(one.agent for one in ones))
        if len(ones) == 1:
            text = tr("{agent} has to ask again: {what}.", agent=agents[0], what=ones[0].sentence)
        elif len(agents) == 1:
            text = tr("{agent} has to ask again from now on.", agent=agents[0])
        else:
            text = tr("All agents have to ask again from now on.")
        self._notify.say(text, tr("Undo"), lambda: self._allow_again(ones))

    def _allow_again(self, ones: Sequence[Allowed]) -> None:
        spawn(self._change(ones, back=False), name="allow again", owner=self)


def _when(one: Allowed) -> str:
    return tr("allowed {when}", when=full_time(one.grant.created))
