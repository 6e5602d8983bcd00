"""What nodes share that the model calls as a tool: their name, their schema, their element.

Not here: what one input is (``tool``), what happens when it is called (each kind's ``called``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from engine.blueprint.document import Node
from engine.blueprint.kinds.base import NodeKind
from engine.blueprint.names import slug
from engine.blueprint.problem import Problem, set_value
from engine.tools.definition import Tool

if TYPE_CHECKING:
    from engine.blueprint.kinds.tool import ToolInput
    from engine.blueprint.scope import Scope


class CalledKind(NodeKind[Any]):
    """Base of the kinds that are one tool. Their properties have title, description, name and ask_first."""

    group = "abilities"

    def own_name(self, node: Node) -> str:
        """How the model calls it."""
        props = self.props(node)
        return slug(props.name.strip() or props.title, self.name)

    def tools(self, node: Node) -> Sequence[str]:
        return (self.own_name(node),)

    def says(self, node: Node) -> str:
        """What the model reads to decide when to use it."""
        props = self.props(node)
        return str(props.description.strip() or props.title.strip())

    def inputs(self, node: Node) -> Sequence[ToolInput]:
        """What the model must give, each name once."""
        return ()

    def schema(self, node: Node) -> dict[str, Any]:
        """JSON Schema of the whole input; one object for one node, so that it is checked only once."""
        found: dict[str, Any] | None = node._cache.get("schema")
        if found is None:
            inputs = self.inputs(node)
            found = {
                "type": "object",
                "properties": {item.name: item.input_schema() for item in inputs},
                "required": [item.name for item in inputs if item.required],
                "additionalProperties": False,
            }
            node._cache["schema"] = found
        return found

    def undescribed(self, node: Node) -> Iterable[Problem]:
        """That it does not say when to use it, where it does not."""
        props = self.props(node)
        if not props.description.strip():
            text = f"The {self.title.lower()} does not say when to use it, so the model has only its name to go by."
            title = props.title.strip()
            fix = set_value(node.id, "description", title, f"Use “{title}”") if title else None
            yield Problem(node.id, "description", "warning", text, fix)

    def render(self, node: Node, scope: Scope) -> object:
        return Tool(
            name=self.own_name(node),
            description=self.says(node),
            handler=scope.handler(node),
            input=self.schema(node),
            requires_confirmation=self.props(node).ask_first,
            key=scope.key(node),
        )
