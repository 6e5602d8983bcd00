"""The Timeline: where the conversation stands, and how much of it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import NodeKind, Properties, prop
from engine.blueprint.values import count
from engine.elements import Timeline

if TYPE_CHECKING:
    from engine.blueprint.scope import Scope


class TimelineProperties(Properties):
    """Properties of the Timeline."""

    limit: int | None = prop(
        None,
        label="Newest messages only",
        editor="number",
        help="Empty: the whole conversation is sent. Nothing is ever deleted, only left out.",
        unit="messages",
        placeholder="all",
        minimum=1,
        maximum=100_000,
    )
    max_tokens: int | None = prop(
        None,
        label="At most",
        editor="number",
        help="Older messages are left out when the conversation is longer than this.",
        unit="tokens",
        placeholder="no limit",
        minimum=50,
        maximum=10_000_000,
    )


@register
class TimelineKind(NodeKind[TimelineProperties]):
    """The conversation."""

    name = "timeline"
    title = "Timeline"
    group = "memory"
    icon = "history"
    order = 1
    help = "The conversation so far. Without it the agent remembers nothing from one turn to the next."
    example = "Put it last; what stands below it is read after the newest message."
    Properties = TimelineProperties
    once = True

    def summary(self, node: Node, document: AgentDocument) -> str:
        props = self.props(node)
        said = "The whole conversation" if props.limit is None else f"The newest {count(props.limit, 'message')}"
        return said if props.max_tokens is None else f"{said}, at most {props.max_tokens:,} tokens"

    def render(self, node: Node, scope: Scope) -> object:
        props = self.props(node)
        return Timeline(limit=props.limit, max_tokens=props.max_tokens, key=scope.key(node))
