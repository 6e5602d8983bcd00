"""Tells the person when an edit takes away what an open session knew, and offers to take the edit back.

The engine keeps the state of every node that is still there; what an edit removes, or gives a type that the value does
not fit, is gone from the next turn on. Not here: keeping state (``engine.session``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Slot

from app.text import tr
from app.workspace.live import node_states, value_words
from app.workspace.open_agent import OpenAgent
from engine.blueprint.document import AgentDocument
from engine.blueprint.edits import Batch, Edit, RemoveNode, SetProperty
from engine.blueprint.kinds import kind_of
from engine.blueprint.render import node_of_path
from engine.blueprint.values import ValueProblem, coerce
from widgets.common import Toasts
from widgets.common.toast import Toast

NAMED = 3


@dataclass(frozen=True, slots=True)
class Lost:
    """A value that goes with an edit: what it is called, and the value in words."""

    title: str
    value: str


def may_drop(edit: Edit) -> bool:
    """Whether an edit can take a value away: only what removes a node or changes a type can."""
    if isinstance(edit, Batch):
        return any(may_drop(each) for each in edit.edits)
    return isinstance(edit, RemoveNode) or (isinstance(edit, SetProperty) and edit.name == "type")


def lost_values(before: AgentDocument, after: AgentDocument, states: Mapping[str, Any]) -> list[Lost]:
    """The values of a session that have no place in the document any more.

    Args:
        before: The document before the edit.
        after: The document after it.
        states: Values of state variables and knobs by node id.
    """
    found = []
    for node_id, value in states.items():
        old, new = before.get(node_id), after.get(node_id)
        kind: Any = kind_of(old) if old is not None else None
        if old is None or not hasattr(kind, "initial") or value == kind.initial(old):
            continue
        if new is None or (new.kind == "state" and old is not new and not _fits(value, new.props.get("type", "text"))):
            found.append(Lost(str(old.props.get("title") or kind.title), value_words(value)))
    return found


def _fits(value: Any, value_type: Any) -> bool:
    try:
        coerce(value, str(value_type))
    except ValueProblem:
        return False
    return True


def words(lost: list[Lost]) -> str:
    """What was lost, as a sentence."""
    if len(lost) == 1:
        return tr("The session loses what {title} held: {value}.", title=lost[0].title, value=lost[0].value)
    named = ", ".join(f"{each.title} ({each.value})" for each in lost[:NAMED])
    if len(lost) > NAMED:
        named = tr("{named} and {count} more", named=named, count=len(lost) - NAMED)
    return tr("The session loses the values of {named}.", named=named)


class DroppedState(QObject):
    """Watches the agent in front.

    Args:
        toasts: Where it is said.
        parent: Owner.
    """

    def __init__(self, toasts: Toasts, parent: QObject) -> None:
        super().__init__(parent)
        self._toasts = toasts
        self._agent: OpenAgent | None = None
        self._document: AgentDocument | None = None
        self._toast: Toast | None = None
        self._back = False

    def set_agent(self, agent: OpenAgent | None) -> None:
        """Another agent is in front."""
        if self._agent is not None:
            self._agent.model.changed.disconnect(self._changed)
            self._agent.model.reset.disconnect(self._reset)
            self._agent.model.stepped.disconnect(self._stepped)
        self._agent = agent
        self._reset()
        if agent is not None:
            agent.model.changed.connect(self._changed)
            agent.model.reset.connect(self._reset)
            agent.model.stepped.connect(self._stepped)

    def happened(self, event: Any) -> None:
        """An event of the session in front: the engine says itself where it could not keep state."""
        if event.type == "state_changed" and event.reason and self._agent is not None:
            node = self._agent.model.document.get(node_of_path(event.path) or "")
            title = kind_of(node).title_of(node) if node is not None else tr("A part")
            self._toasts.show(tr("{title} starts anew: what it held before does not fit it any more.", title=title))

    @Slot()
    def _reset(self) -> None:
        self._document = self._agent.model.document if self._agent is not None else None
        self._take_away()

    @Slot(object)
    def _changed(self, edit: Edit) -> None:
        agent, before = self._agent, self._document
        if agent is None or before is None:
            return
        self._document, self._back = agent.model.document, False
        self._take_away()
        lost = list(_once(_lost_in_sessions(agent, before))) if may_drop(edit) else []
        if lost:
            self._toast = self._toasts.show(words(lost), tr("Undo"), partial(self._undo, agent), "warn")
            self._toast.closed.connect(self._forget)

    @Slot(bool, str)
    def _stepped(self, back: bool, _what: str) -> None:
        self._back = back

    def _undo(self, agent: OpenAgent) -> None:
        """Take back the edit that this was about (the offer goes with the next); an undo, by doing the edit again."""
        agent.model.redo() if self._back else agent.model.undo()

    def _forget(self) -> None:
        self._toast = None

    def _take_away(self) -> None:
        """One more edit: the offer to take back the one before would not be true any more."""
        toast, self._toast = self._toast, None
        if toast is not None:
            toast.finish()


def _lost_in_sessions(agent: OpenAgent, before: AgentDocument) -> Iterable[Lost]:
    for session in agent.sessions.values():
        yield from lost_values(before, agent.model.document, node_states(before, session.session))


def _once(lost: Iterable[Lost]) -> Iterable[Lost]:
    return dict.fromkeys(lost)
