"""What the sidebar, the list of agents and the forms list: looked up again whenever something that is listed changed.

Many changes in a row cost one look. Not here: the list of sessions, which looks up its own pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.tasks import coalesce, spawn
from app.text import tr
from widgets.forms import AgentChoice

if TYPE_CHECKING:
    from app.controllers.agents import AgentsController
    from app.desk import Desk
    from engine.store.agents import AgentRow

DELAY_MS = 150
RECENT = 6


class Lists(QObject):
    """Keeps the lists of one desk in step with the database."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._agents: tuple[Sequence[AgentRow], Mapping[str, int]] | None = None
        self._others: tuple[AgentChoice, ...] = ()
        self._round = coalesce(DELAY_MS, self, self._look)

    def trigger(self, *_: object) -> None:
        """Something that is listed may have changed; takes and ignores arguments, so that any signal connects."""
        self._round.trigger()

    def cancel(self) -> None:
        """Drop a look that is due."""
        self._round.cancel()

    def fill(self, page: AgentsController) -> None:
        """Give a page that was made just now what is known already."""
        if self._agents is not None:
            page.set_counts(*self._agents)

    async def load(self) -> None:
        """Look at everything now."""
        desk, store = self._desk, self._desk.services.store
        recent = await store.browser.list(limit=RECENT)
        counts = await store.browser.counts()
        agents = await store.agents.list()
        parts = await store.parts.list()
        sidebar = desk.window.sidebar
        sidebar.set_recent([(row.id, row.title or tr("Without a title")) for row in recent.rows])
        sidebar.set_count("agents", len(agents) or None)
        sidebar.set_count("sessions", counts.total or None)
        sidebar.set_count("library", len(parts) or None)
        self._agents = (agents, counts.agents)
        desk.services.agent_names = {row.id: row.name for row in agents}
        if "agents" in vars(desk):
            self.fill(desk.agents)
        self._offer_others(agents)
        await desk.bench.refresh_facts()
        if desk.window.page == "sessions":
            desk.sessions.reload()

    def _look(self) -> None:
        if self._desk.services.store_is_open:
            spawn(self.load(), name="load lists", owner=self)

    def _offer_others(self, agents: Sequence[AgentRow]) -> None:
        """The agents that the one in front may use."""
        bench = self._desk.bench
        front = bench.agent.id if bench.agent is not None else ""
        others = tuple(AgentChoice(row.id, row.name, row.icon or "bot") for row in agents if row.id != front)
        if others != self._others:
            self._others = others
            bench.page.form.set_agent_choices(others)
        if bench.agent is not None:
            bench.insight.helpers.look_again(bench.agent.id, bench.agent.model.document)
