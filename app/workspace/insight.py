"""What the page tells about the agent in front: the context of the next call, live cards, problems, counts.

Everything here is worked out from the document and the session in front, a moment after either changed; several
changes in a row cost one round. Problems follow a moment later, so that the context is never kept waiting. A round is
done in slices with the window's turns between them: it tells of the document that it began with, and another round
follows where that was changed meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.choice import find_connection
from app.services import Services
from app.slices import Slices
from app.tasks import coalesce, spawn
from app.text import tr
from app.workspace.cache_memory import CacheMemory, recalled
from app.workspace.files_ahead import FilesAhead
from app.workspace.helpers import Helpers
from app.workspace.live import absences, badges, node_states, titles_and_groups, tokens_by_node
from app.workspace.open_agent import OpenAgent
from app.workspace.open_session import OpenSession
from app.workspace.page import WorkspacePage
from app.workspace.tryable import tryables
from engine.blueprint.checks import Facts, checked, problems
from engine.blueprint.declared import variables
from engine.blueprint.document import AgentDocument
from engine.blueprint.dry import DRAFT, dry_compiled
from engine.blueprint.problem import Problem
from engine.blueprint.why import Because, explained
from engine.blueprint.wish import wished_connections
from engine.entries import Entry
from engine.errors import SessionClosed
from engine.model import ModelInfo, ModelRequest
from engine.stepwise import Stepwise

DELAY_MS = 30
CHECK_MS = 90
LONGEST_MS = 400
REST = 3
"""A round that took long is followed by so many times its length for the person, so that typing stays smooth."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Look:
    """The next request with some values, and why each node is in it or not."""

    request: ModelRequest | None
    tokens: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, str | None] = field(default_factory=dict)
    because: Mapping[str, Because] = field(default_factory=dict)


class Insight(QObject):
    """Keeps context view, live cards, problems and the status line in step.

    Args:
        services: Where earlier calls of a session are found.
        page: Where it is shown.

    Signals:
        checked: :attr:`problems` are those of the agent as it is now.
    """

    checked = Signal()

    def __init__(self, services: Services, page: WorkspacePage, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._page = page
        self._agent: OpenAgent | None = None
        self._session: OpenSession | None = None
        self._cache = CacheMemory()
        self.problems: list[Problem] = []
        self.parts: Mapping[str, str] = {}
        self.request: ModelRequest | None = None
        self._round = coalesce(DELAY_MS, self, self._look)
        self._check = coalesce(CHECK_MS, self, self.check)
        self._looking, self._checking = Slices(self), Slices(self)
        page.tab_changed.connect(self._round.trigger)
        page.chat.draft_changed.connect(self._round.trigger)
        page.context.trying.tried.connect(self._round.trigger)
        self._files = FilesAhead(self)
        self._files.changed.connect(self._round.trigger)
        self.helpers = Helpers(services, self)
        self.helpers.changed.connect(self._check.trigger)

    def set_agent(self, agent: OpenAgent | None) -> None:
        """Another agent is in front."""
        if self._agent is not None:
            self._agent.model.changed.disconnect(self._round.trigger)
            self._agent.model.reset.disconnect(self._round.trigger)
        self._give_up()
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
        self._give_up()
        self._session = session
        self._cache = CacheMemory()
        self._page.context.trying.give_up()
        if session is not None:
            session.happened.connect(self._event)
            session.running_changed.connect(self._round.trigger)
            if len(session.session.timeline):
                spawn(self._recall(session), name="look at earlier calls", owner=self, on_error=_forgotten)
        self._round.trigger()

    def stop(self) -> None:
        """Nothing more is worked out."""
        self._round.cancel()
        self.set_session(None)
        self.set_agent(None)
        self._round.cancel()
        self._check.cancel()

    def trigger(self) -> None:
        """Something that this tells of has changed."""
        self._round.trigger()

    def now(self) -> None:
        """Work out what is due or under way at once."""
        for due, work in ((self._round, self._looking), (self._check, self._checking)):
            work.finish()
            due.flush()
            work.finish()

    def work(self) -> None:
        """One round, all of it."""
        self._give_up()
        self._look()
        self._looking.finish()
        self._check.cancel()
        self.check()
        self._checking.finish()

    def _give_up(self) -> None:
        """What is under way tells of another agent or session."""
        self._looking.cancel()
        self._checking.cancel()

    # --- the context -----------------------------------------------------------------------------------------

    def _look(self) -> None:
        if self._looking.busy:  # a round is always brought to its end, or a person who types on would never see one
            self._round.trigger()
        elif self._agent is not None:
            self._looking.start(self._looked_at(self._agent))

    def _looked_at(self, agent: OpenAgent) -> Stepwise[None]:
        document = agent.model.document
        self._files.look(agent)
        session = self._session
        states = node_states(document, session.session) if session is not None else {}
        entries = list(session.session.timeline) if session is not None else []
        page = self._page
        page.context.trying.offer(tryables(document, states))
        tried = page.context.trying.values
        real = yield from self._looked(document, entries, states)
        yield
        shown = (yield from self._looked(document, entries, {**states, **tried})) if tried else real
        yield
        self.request = real.request
        page.tree.set_live(badges(agent, document, session, real.request, real.tokens, states, real.reasons))
        yield
        if shown.request is not None:
            titles, groups = titles_and_groups(document)
            window = self._window()
            page.context.set_request(
                shown.request,
                titles,
                groups,
                window=window,
                because=shown.because,
                absent=absences(document, shown.reasons),
                reasons=shown.reasons,
                holders={variable.name: variable.node_id for variable in variables(document)},
                parting=self._cache.next(shown.request, document, {**states, **tried}),
                often=self._cache.often(shown.request, document),
            )
            page.show_tokens(sum(span.tokens for span in shown.request.spans), window)
        self._show_counts(document, real.tokens)
        self._round.pace(pace(self._looking.spent, DELAY_MS))
        self._check.trigger()

    def _looked(self, document: AgentDocument, entries: Sequence[Entry], states: Mapping[str, Any]) -> Stepwise[Look]:
        try:
            request = yield from self._next_request(document, entries, states)
        except Exception:
            log.exception("The context could not be worked out")
            return Look(None)
        yield
        reasons, because = explained(document, states, self._files.contents, self._model())
        return Look(request, tokens_by_node(request), reasons, because)

    def _next_request(
        self, document: AgentDocument, entries: Sequence[Entry], states: Mapping[str, Any]
    ) -> Stepwise[ModelRequest]:
        """What the next call sends. Between turns the person's words are in it, or a mark where they will stand."""
        files, model = self._files.contents, self._model()
        if self._session is not None and self._session.running:
            return (yield from dry_compiled(document, entries=entries, state=states, files=files, model=model))
        draft = self._page.chat.draft
        said = draft.strip() or tr("(your next message)")
        request = yield from dry_compiled(document, entries=entries, state=states, draft=said, files=files, model=model)
        if draft.strip():
            return request
        spans = [replace(span, tokens=0) if span.entry_id == DRAFT else span for span in request.spans]
        return replace(request, spans=spans)

    def _window(self) -> int | None:
        return self._agent.slot.info.context_window if self._agent is not None else None

    def _event(self, event: Any) -> None:
        if event.type == "compiled" and not event.spawn_path and self._agent is not None and self._session is not None:
            document = self._agent.model.document
            self._cache.note(event.request, document, node_states(document, self._session.session))
        if event.type in ("entry_committed", "state_changed", "tool_call", "tool_result", "compiled", "execution_end"):
            self._round.trigger()

    async def _recall(self, session: OpenSession) -> None:
        """What a session that was opened again has sent before."""
        agent = self._agent
        if agent is None:
            return
        memory = await recalled(session.session, self._services.store, agent.model.document)
        if session is self._session and self._cache.sent is None:
            self._cache = memory
            self._round.trigger()

    async def read_parts(self) -> None:
        """Look up which version each part of the library has now."""
        self.parts = {row.id: row.version for row in await self._services.store.parts.list()}
        self._check.trigger()

    # --- problems and counts ---------------------------------------------------------------------------------

    def check(self) -> None:
        """Find the problems of the agent, and show them everywhere."""
        if self._checking.busy:
            self._check.trigger()
        elif self._agent is not None:
            self._checking.start(self._checked(self._agent))

    def _checked(self, agent: OpenAgent) -> Stepwise[None]:
        document = agent.model.document
        self.helpers.look(agent.id, document)
        found = yield from checked(document, self._facts(document))
        yield
        self.problems = found
        page = self._page
        page.status.show_problems(found)
        page.problems.show_problems(found, titles_and_groups(document)[0])
        page.tree.set_problems(found)
        if document is agent.model.document:  # else what the person puts right this moment would be shown as wrong
            page.form.set_problems(found)
            self.checked.emit()
        self._check.pace(pace(self._checking.spent, CHECK_MS))

    def found(self, document: AgentDocument) -> list[Problem]:
        """The problems of a document in the surroundings as they are now."""
        return list(problems(document, self._facts(document)))

    def _facts(self, document: AgentDocument) -> Facts:
        """What is known of the surroundings at this moment, without asking anyone."""
        assert self._agent is not None
        tokens = sum(span.tokens for span in self.request.spans) if self.request is not None else None
        settings = self._services.settings_file.current
        return Facts(
            model=self._model(),
            unreachable=self._agent.missing,
            tokens=tokens,
            connections=frozenset(
                name for name in wished_connections(document) if find_connection(settings, name) is not None
            ),
            agents=self.helpers.there,
            circular=self.helpers.circular,
            parts=self.parts,
        )

    def _model(self) -> ModelInfo | None:
        """What is known of the model; what it can do is known only once it was made."""
        info = self._agent.slot.info if self._agent is not None else None
        return info if info is not None and info.abilities else None

    def _show_counts(self, document: AgentDocument, tokens: Mapping[str, int]) -> None:
        off = sum(1 for node in document.walk() if not node.enabled)
        self._page.status.show_nodes(len(tokens), off)


def pace(seconds: float, least: int) -> int:
    """How many milliseconds to wait before the next round, after one that took so long.

    Example:
        >>> pace(0.005, 30), pace(0.04, 30), pace(2, 30)
        (30, 120, 400)
    """
    return max(least, min(LONGEST_MS, round(REST * seconds * 1000)))


def _forgotten(error: BaseException) -> None:
    if isinstance(error, SessionClosed):  # meanwhile
        return
    log.warning("The earlier calls of this session could not be looked at", exc_info=error)
