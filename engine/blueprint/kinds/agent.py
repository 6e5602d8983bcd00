"""The Agent: root of every document. Limits and the wished model; connections themselves live in Settings."""

from __future__ import annotations

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import NodeKind, Properties, preview, prop


class ModelWish(Properties):
    """The model that the agent would like: the name of a connection in Settings, and a model there."""

    connection: str = prop("", label="Connection", max_length=200)
    model: str = prop("", label="Model", max_length=200)


class AgentProperties(Properties):
    """Properties of the Agent node."""

    name: str = prop("", label="Name", placeholder="Notepad assistant", max_length=200)
    icon: str = prop("bot", label="Icon", editor="icon", max_length=60)
    description: str = prop(
        "", label="Description", editor="text", help="For people; the model does not see it.", max_length=5_000
    )
    model: ModelWish = prop({}, label="Model", editor="model", help="Which model answers when you talk to this agent.")
    max_ticks: int = prop(
        10,
        label="Model calls per turn",
        editor="number",
        help="A turn stops after this many model calls, so that a mistake cannot run on for ever.",
        unit="calls",
        minimum=1,
        maximum=200,
    )
    suggestions: list[str] = prop(
        [],
        label="First messages",
        editor="list",
        help="Offered in an empty chat, one a line, so that nobody starts at a blank page. "
        "The model does not see them.",
        advanced=True,
        max_length=6,
    )


@register
class AgentKind(NodeKind[AgentProperties]):
    """The agent itself."""

    name = "agent"
    title = "Agent"
    group = "root"
    icon = "bot"
    help = "The agent itself. Everything inside it, from top to bottom, is what the model reads."
    Properties = AgentProperties
    children = "nodes"
    place = "root"
    addable = False

    def icon_of(self, node: Node) -> str:
        return self.props(node).icon or self.icon

    def title_of(self, node: Node) -> str:
        return self.props(node).name.strip() or "Agent without a name"

    def summary(self, node: Node, document: AgentDocument) -> str:
        return preview(self.props(node).description)
