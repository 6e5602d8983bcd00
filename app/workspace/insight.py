"""What the page tells about the agent in front: the context of the next call, live cards, problems, counts.

Everything here is worked out from the document and the session in front, a moment after either changed; several
changes in a row cost one round.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject

from app.tasks import coalesce
from app.text import tr
from app.workspace.live import badges, node_states, titles_and_groups, tokens_by_node
from app.workspace.open_agent import OpenAgent
from app.workspace.open_session import OpenSession
from app.workspace.page import WorkspacePage
from engine.blueprint.checks import Facts, problems
from engine.blueprint.document import AgentDocument
from engine.blueprint.dry import DRAFT, dry_compile
from engine.entries import Entry
from engine.model import ModelRequest

DELAY_MS = 30
log = logging.getLogger(__name__)


class Insight(QObject):
    """Keeps context view, live cards, problems and the status line in step.

    Args:
        page: Where it is shown.
    """

    def __init__(self, page: WorkspacePage, parent: QObject) -> None:
        super().__init__(parent)
        self._page = page
        self._agent: OpenAgent | None = None
        self._session: OpenSession | None = None
        self.problems: list[Any] = []
        self.request: ModelRequest | None = None
        self.seconds = 0.0
        self._round = coalesce(DELAY_MS, self, self.work)
        page.tab_changed.connect(self._round.trigger)
        page.chat.draft_changed.connect(self._round.trigger)

    def set_agent(self, agent: OpenAgent | None) -> None:
        """Another agent is in front."""
        if self._agent is not None:
            self._agent.model.changed.disconnect(self._round.trigger)
            self._agent.model.reset.disconnect(self._round.trigger)
        self._agent = agent
        if agent is not None:
            agent.model.changed.connect(self._round.trigger)
            agent.model.reset.connect(self._round.trigger)
        self._round.trigger()

    def set_session(self, session: OpenSession | None) -> None:
        """Another session is in front."""
        if self._session is not None:
            self._session.happened.disconnect(self._event)
            self._session.running_changed.disconnect(self._round.trigger)
        self._session = session
        if session is not None:
            session.happened.connect(self._event)
            session.running_changed.connect(self._round.trigger)
        self._round.trigger()

    def stop(self) -> None:
        """Nothing more is worked out."""
        self._round.cancel()
        self.set_session(None)
        self.set_agent(None)
        self._round.cancel()

    def trigger(self) -> None:
        """Something that this tells of has changed."""
        self._round.trigger()

    def now(self) -> None:
        """Work out what is due at once."""
        self._round.flush()

    def work(self) -> None:
        """One round."""
        agent = self._agent
        if agent is None:
            return
        started = time.perf_counter()
        document = agent.model.document
        session = self._session
        states = node_states(session.session) if session is not None else {}
        entries = list(session.session.timeline) if session is not None else []
        try:
            self.request = self._next_request(document, entries, states)
        except Exception:
            log.exception("The context could not be worked out")
            self.request = None
        titles, groups = titles_and_groups(document)
        tokens = tokens_by_node(self.request) if self.request is not None else {}
        live = badges(agent, session, self.request, tokens, states)
        self._page.tree.set_live(live)
        absent = {node: badge.reason for node, badge in live.items() if badge.mounted is False}
        if self.request is not None:
            window = self._window()
            self._page.context.set_request(self.request, titles, groups, window=window, absent=absent)
            self._page.show_tokens(sum(span.tokens for span in self.request.spans), window)
        self._show_problems(titles)
        self._show_counts(tokens)
        self.seconds = time.perf_counter() - started

    # --- inside ----------------------------------------------------------------------------------------------

    def _next_request(
        self, document: AgentDocument, entries: Sequence[Entry], states: Mapping[str, Any]
    ) -> ModelRequest:
        """What the next call sends. Between turns the person's words are in it, or a mark where they will stand."""
        if self._session is not None and self._session.running:
            return dry_compile(document, entries=entries, state=states)
        draft = self._page.chat.draft
        request = dry_compile(document, entries=entries, state=states, draft=draft.strip() or tr("(your next message)"))
        if draft.strip():
            return request
        spans = [replace(span, tokens=0) if span.entry_id == DRAFT else span for span in request.spans]
        return replace(request, spans=spans)

    def _window(self) -> int | None:
        return self._agent.slot.info.context_window if self._agent is not None else None

    def _event(self, event: Any) -> None:
        if event.type in ("entry_committed", "state_changed", "tool_call", "tool_result", "compiled", "execution_end"):
            self._round.trigger()

    def _show_problems(self, titles: Mapping[str, str]) -> None:
        assert self._agent is not None
        self.problems = list(problems(self._agent.model.document, self._facts()))
        errors = sum(1 for problem in self.problems if problem.severity == "error")
        warnings = sum(1 for problem in self.problems if problem.severity == "warning")
        self._page.status.show_problems(errors, warnings)
        self._page.problems.show_problems(self.problems, dict(titles))
        self._page.form.set_problems(self.problems)
        self._page.tree.set_problems(self.problems)

    def _facts(self) -> Facts:
        """What is known of the surroundings at this moment, without asking anyone."""
        assert self._agent is not None
        info = self._agent.slot.info
        tokens = sum(span.tokens for span in self.request.spans) if self.request is not None else None
        # What a model can do is known only once it was made.
        return Facts(model=info if info.abilities else None, tokens=tokens)

    def _show_counts(self, tokens: Mapping[str, int]) -> None:
        assert self._agent is not None
        document = self._agent.model.document
        off = sum(1 for node in document.walk() if not node.enabled)
        self._page.status.show_nodes(len(tokens), off)
