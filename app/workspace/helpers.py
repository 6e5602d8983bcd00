"""The agents that the one in front hands tasks to: whether they are there, and whether they lead back to it.

Not here: the problems that follow (``engine.blueprint.checks.surroundings``).
"""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, Signal

from app.library import Library
from app.services import Services
from app.tasks import spawn
from engine.blueprint.document import AgentDocument

log = logging.getLogger(__name__)


class Helpers(QObject):
    """What is known of them now.

    Attributes:
        there: Ids of the person's agents; None while nothing was asked.
        circular: Those of the named agents that hand tasks back to the one in front, by whatever way.

    Signals:
        changed: Something else is known.
    """

    changed = Signal()

    def __init__(self, services: Services, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._asked: tuple[str, frozenset[str]] = ("", frozenset())
        self.there: frozenset[str] | None = None
        self.circular: frozenset[str] = frozenset()

    def look(self, agent_id: str, document: AgentDocument, *, again: bool = False) -> None:
        """Look at what this agent names, where that is something else than before; costs nothing without helpers."""
        asked = (agent_id, named(document))
        if not asked[1] or (asked == self._asked and not again):
            return
        self._asked = asked
        spawn(self._load(asked), name="look at sub-agents", owner=self, on_error=_unknown)

    def look_again(self, agent_id: str, document: AgentDocument) -> None:
        """Agents came, went or changed."""
        self.look(agent_id, document, again=True)

    async def _load(self, asked: tuple[str, frozenset[str]]) -> None:
        own, first = asked
        library = Library(self._services.store)
        there = frozenset(row.id for row in await library.list())
        hands: dict[str, frozenset[str]] = {own: first}
        waiting = sorted(first & there)
        while waiting:
            agent_id = waiting.pop()
            if agent_id not in hands:
                loaded = await library.load(agent_id)
                hands[agent_id] = named(loaded.history.document) if loaded is not None else frozenset()
                waiting.extend(sorted(hands[agent_id] & there))
        circular = frozenset(agent_id for agent_id in first if own in _reached(agent_id, hands))
        if asked == self._asked and (there, circular) != (self.there, self.circular):
            self.there, self.circular = there, circular
            self.changed.emit()


def named(document: AgentDocument) -> frozenset[str]:
    """The agents that an agent hands tasks to."""
    nodes = (node for node in document.walk() if node.kind == "sub_agent")
    return frozenset(str(node.props.get("agent") or "").strip() for node in nodes) - {""}


def _reached(agent_id: str, hands: dict[str, frozenset[str]]) -> set[str]:
    """The agent itself and all that a task can come to from it."""
    found: set[str] = set()
    waiting = [agent_id]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(hands.get(current, ()))
    return found


def _unknown(error: BaseException) -> None:
    log.warning("The sub-agents could not be looked at", exc_info=error)
