"""On event: steps that run by themselves at a moment of a turn, without the model asking for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import NodeKind, Properties, Variable, prop
from engine.blueprint.problem import Problem, remove_node
from engine.blueprint.values import count

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.scope import Scope

EVENTS = {
    "message": "A message arrives",
    "call_start": "Before each model call",
    "call_end": "After each model call",
    "turn_end": "At the end of the turn",
    "mount": "When this comes into the tree",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A value that an event brings along."""

    name: str
    title: str
    type: str


MESSAGE = Told("message", "Text of the message", "text")
REPLY = Told("reply", "What the model said", "text")
TOOL_CALLS = Told("tool_calls", "Names of the tools that the model used", "list")
CALL_NUMBER = Told("call_number", "Number of the model call in this turn", "number")
CALL_TELLS = "What the last model call brought can be used too: reply, tool_calls, call_number."
ENDED = Told("ended", "How the turn ended: completed, error or aborted", "text")

_TOLD: dict[str, tuple[Told, ...]] = {
    "message": (MESSAGE,),
    "call_start": (CALL_NUMBER,),
    "call_end": (REPLY, TOOL_CALLS, CALL_NUMBER),
    "turn_end": (REPLY, CALL_NUMBER, ENDED),
    "mount": (),
}


def told(node: Node, values: Iterable[Told]) -> tuple[Variable, ...]:
    """Values of an event as variables that its node gives to what reads them."""
    return tuple(Variable(value.name, value.title, value.type, node.id, "event") for value in values)


class OnEventProperties(Properties):
    """Properties of an On event."""

    event: Literal["message", "call_start", "call_end", "turn_end", "mount"] = prop(
        "message",
        label="When",
        editor="choice",
        choices=EVENTS,
        help="The steps inside run then. “When this comes into the tree” is also the moment a session is opened.",
    )
    title: str = prop("", label="Title", placeholder="Count the turns", max_length=200)


@register
class OnEventKind(NodeKind[OnEventProperties]):
    """Steps at a moment of a turn."""

    name = "on_event"
    title = "On event"
    group = "flow"
    icon = "zap"
    order = 7
    help = "Steps that run by themselves when something happens: a message arrives, a model call or the turn ends."
    example = "After each model call: Set rounds to {{ rounds + 1 }}."
    Properties = OnEventProperties
    children = "steps"

    def inside(self, node: Node) -> tuple[Variable, ...]:
        """What the event tells, as variables for its steps."""
        return told(node, _TOLD[self.props(node).event])

    def steps_run(self, node: Node) -> str:
        event = self.props(node).event
        said = EVENTS[event]
        return f"{'when ' if event == 'message' else ''}{said[:1].lower()}{said[1:]}"

    def summary(self, node: Node, document: AgentDocument) -> str:
        steps = count(len(node.children), "step") if node.children else "no steps yet"
        return f"{EVENTS[self.props(node).event]}: {steps}"

    def new_props(self, document: AgentDocument) -> dict[str, Any]:
        return {"event": "message"}

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        if not node.children:
            text = "Nothing happens on this event: there are no steps inside."
            yield Problem(node.id, None, "info", text, remove_node(node.id, "Remove it"))
        for inner in node.walk():
            if inner.kind == "reply":
                text = "Nobody reads a Reply here: these steps run by themselves, not because the model asked."
                yield Problem(inner.id, None, "warning", text, remove_node(inner.id, "Remove it"))
            elif inner.kind == "ask":
                text = "The person cannot be asked here; only steps of a tool can ask."
                yield Problem(inner.id, None, "error", text, remove_node(inner.id, "Remove it"))

    def why_not_sent(self, node: Node) -> str | None:
        return "Its steps are not sent; they run by themselves when the event happens."

    def render(self, node: Node, scope: Scope) -> object:
        from engine.blueprint.moments import ON_EVENT

        made = ON_EVENT[self.props(node).event]
        return made(node=node, board=scope.board, items=scope.items, key=scope.key(node))
