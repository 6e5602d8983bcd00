"""Model: another model, or other settings, for this agent while the node is mounted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.agent import ModelWish
from engine.blueprint.kinds.base import NodeKind, Properties, prop
from engine.blueprint.problem import Problem, remove_node, set_value
from engine.blueprint.values import count, number_text
from engine.elements import Model

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.scope import Scope

EFFORTS = {
    "": "As the model does by itself",
    "off": "Not at all",
    "low": "A little",
    "medium": "Some",
    "high": "A lot",
    "xhigh": "Very much",
    "max": "As much as it can",
}


class ModelProperties(Properties):
    """Properties of a Model node."""

    model: ModelWish = prop(
        {}, label="Model", editor="model", placeholder="The agent's own model", help="With the settings below."
    )
    max_tokens: int | None = prop(
        None,
        label="Longest reply",
        editor="number",
        unit="tokens",
        placeholder="no limit",
        minimum=1,
        maximum=1_000_000,
    )
    effort: Literal["", "off", "low", "medium", "high", "xhigh", "max"] = prop(
        "",
        label="Thinks before it answers",
        editor="choice",
        choices=EFFORTS,
        help="Only models that can think obey this; a reply takes longer and costs more.",
    )
    temperature: float | int | None = prop(
        None,
        label="Temperature",
        editor="number",
        help="0: the likeliest words; higher: more surprising ones. Anthropic's own models do not take it; it is left "
        "out for them.",
        placeholder="not set",
        minimum=0,
        maximum=2,
        advanced=True,
        settings={"step": 0.1},
    )
    stop_sequences: list[str] = prop(
        [],
        label="Stops writing at",
        editor="list",
        help="The reply ends in front of any of these texts.",
        advanced=True,
        max_length=16,
    )
    shape: dict[str, Any] = prop(
        {},
        label="Shape of the reply",
        editor="json",
        help="A JSON Schema. With one, the reply is a JSON record of this shape and nothing else.",
        advanced=True,
        settings={"schema": {"type": "object"}},
    )


@register
class ModelKind(NodeKind[ModelProperties]):
    """Another model, or other settings."""

    name = "model"
    title = "Model"
    group = "flow"
    icon = "cpu"
    order = 6
    help = (
        "Another model, or other settings, for as long as this stands in the tree, for instance inside a When. Where "
        "several say something different, the lowest one counts."
    )
    example = "When difficult is yes: think a lot before answering."
    Properties = ModelProperties

    def options(self, node: Node) -> dict[str, Any]:
        """The settings as models take them; only those that were made."""
        props = self.props(node)
        stops = list(dict.fromkeys(text for text in props.stop_sequences if text.strip()))
        found: dict[str, Any] = {}
        if props.max_tokens is not None:
            found["max_tokens"] = props.max_tokens
        if props.effort == "off":
            found["thinking"] = {"type": "disabled"}
        elif props.effort:
            found["thinking"] = {"type": "adaptive"}
        output: dict[str, Any] = {"effort": props.effort} if props.effort not in ("", "off") else {}
        if props.shape:
            output["format"] = {"type": "json_schema", "schema": props.shape}
        if output:
            found["output_config"] = output
        if props.temperature is not None:
            found["temperature"] = props.temperature
        if stops:
            found["stop_sequences"] = stops
        return found

    def wish(self, node: Node) -> tuple[str, str]:
        """The connection and the model that the node names; "" where it leaves one open."""
        wish = self.props(node).model
        return wish.connection.strip(), wish.model.strip()

    def summary(self, node: Node, document: AgentDocument) -> str:
        props, (connection, model) = self.props(node), self.wish(node)
        pieces = [
            f"answers with **{model}**" if model else "another connection answers" if connection else "",
            f"thinks {EFFORTS[props.effort].lower()}" if props.effort else "",
            f"at most {count(props.max_tokens, 'token')}" if props.max_tokens is not None else "",
            f"temperature {number_text(props.temperature)}" if props.temperature is not None else "",
            f"stops at {count(len(props.stop_sequences), 'text')}" if props.stop_sequences else "",
            "replies as a record" if props.shape else "",
        ]
        return ", ".join(piece for piece in pieces if piece) or "Changes nothing yet"

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        props, (connection, model) = self.props(node), self.wish(node)
        known, facts = view.facts.connections, view.facts.model
        if not connection and not model and not self.options(node):
            text = "This part changes nothing: it names no model and no setting."
            yield Problem(node.id, None, "info", text, remove_node(node.id, "Remove it"))
        if connection and known is not None and connection not in known:
            text = f"This part asks for the connection “{connection}”, which is not in Settings."
            yield Problem(node.id, "model", "error", text, set_value(node.id, "model", {}, "Use the agent's own model"))
        if facts is None or connection or model:
            return
        name = facts.label or facts.name
        if props.effort and "thinking" not in facts.abilities:
            text = f"{name} cannot think before it answers."
            yield Problem(node.id, "effort", "warning", text, set_value(node.id, "effort", "", "Leave it to the model"))
        if props.shape and "structured_output" not in facts.abilities:
            text = f"{name} cannot be held to the shape of a reply."
            yield Problem(node.id, "shape", "warning", text, set_value(node.id, "shape", {}, "Ask for no shape"))
        if props.temperature is not None and facts.provider == "anthropic":
            text = f"{name} takes no temperature, so it is left out."
            yield Problem(node.id, "temperature", "info", text, set_value(node.id, "temperature", None, "Set none"))
        longest = facts.max_output_tokens
        if props.max_tokens is not None and longest is not None and props.max_tokens > longest:
            text = f"{name} writes at most {longest:,} tokens in one reply."
            fix = set_value(node.id, "max_tokens", longest, f"At most {longest:,} tokens")
            yield Problem(node.id, "max_tokens", "error", text, fix)

    def why_not_sent(self, node: Node) -> str | None:
        return "It is not sent; it decides which model answers, and how."

    def render(self, node: Node, scope: Scope) -> object:
        connection, name = self.wish(node)
        world = scope.board.world
        chosen: Any = name or None
        if (connection or name) and world is not None and world.models is not None:
            chosen = world.models(connection, name)
        return Model(chosen, key=scope.key(node), **self.options(node))
