"""Nodes of kinds that this version does not have: kept as they are, shown as such, never rendered or run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import NodeKind, Properties, prop
from engine.blueprint.problem import Problem

if TYPE_CHECKING:
    from engine.blueprint.checks import View


class UnknownProperties(Properties):
    """What is kept: the kind's name and its properties, untouched."""

    kind: str = ""
    props: dict[str, Any] = prop({}, label="Kept as it is", editor="readonly")


@register
class UnknownKind(NodeKind[UnknownProperties]):
    """A node made by a newer version."""

    name = "unknown"
    title = "Unknown part"
    group = "flow"
    icon = "circle-help"
    order = 999
    help = "A part made by a newer version of Bough. It is kept as it is, but does nothing here."
    Properties = UnknownProperties
    children = "none"
    place = "both"
    addable = False

    def title_of(self, node: Node) -> str:
        return f"{self.title} · {self.props(node).kind}"

    def summary(self, node: Node, document: AgentDocument) -> str:
        return "made by a newer version; kept, but does nothing here"

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        kind = self.props(node).kind
        text = f"This version of Bough has no part called “{kind}”. It is kept as it is, but does nothing here."
        yield Problem(node.id, None, "warning", text)

    def why_not_sent(self, node: Node) -> str | None:
        return "This version of Bough does not know this kind of part."
