"""Stop rule and Continue rule: when a turn ends, and when it must go on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from engine.blueprint.conditions import Condition, is_blank, words
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import NodeKind, Properties, Variable, prop
from engine.blueprint.kinds.on_event import CALL_NUMBER, CALL_TELLS, REPLY, TOOL_CALLS, told
from engine.blueprint.problem import Problem, remove_node, set_value
from engine.blueprint.values import count, short

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.scope import Scope

MAX_CALLS = 200


def _tool(label: str) -> Any:
    return prop("", label=label, editor="tool", max_length=64)


def _waits_for(node: Node, tool: str, view: View) -> Iterable[Problem]:
    if tool.strip() and view.lacks_tool(tool.strip()):
        text = f"The rule waits for a tool called “{tool.strip()}”, which the agent does not have."
        yield Problem(node.id, "tool", "error", text)


class RuleKind(NodeKind[Any]):
    """What both rules share."""

    group = "flow"

    def local(self, node: Node) -> tuple[Variable, ...]:
        """What the model call brought, for the rule's own condition and reason."""
        return told(node, (REPLY, TOOL_CALLS, CALL_NUMBER))

    def why_not_sent(self, node: Node) -> str | None:
        return "A rule is not sent; it is looked at after each model call."


class StopProperties(Properties):
    """Properties of a Stop rule."""

    title: str = prop("", label="Title", placeholder="Enough", max_length=200)
    condition: Condition = prop({}, label="Stops when", editor="condition", role="condition", help=CALL_TELLS)
    contains: str = prop(
        "",
        label="Or when the reply contains",
        help="Capital letters do not matter.",
        placeholder="DONE",
        max_length=500,
    )
    tool: str = _tool("Or when this tool was used")
    after: int | None = prop(
        None,
        label="Or after",
        editor="number",
        unit="model calls",
        placeholder="no limit",
        minimum=1,
        maximum=MAX_CALLS,
    )
    reason: str = prop(
        "",
        label="Reason",
        editor="line",
        role="template",
        help="Stands with the turn, so that it is clear later why it ended.",
        placeholder="Everything is answered.",
        max_length=500,
    )


@register
class StopRuleKind(RuleKind):
    """Ends the turn."""

    name = "stop_rule"
    title = "Stop rule"
    icon = "circle-stop"
    order = 8
    help = (
        "Ends the turn after a model call when something holds, even where the model would go on. Of several rules the "
        "one that stands lowest decides."
    )
    example = "Stops when the reply contains DONE, or after 5 model calls."
    Properties = StopProperties

    def summary(self, node: Node, document: AgentDocument) -> str:
        props = self.props(node)
        pieces = [
            f"when {words(props.condition)}" if not is_blank(props.condition) else "",
            f"when the reply contains {short(props.contains.strip())}" if props.contains.strip() else "",
            f"when **{props.tool.strip()}** was used" if props.tool.strip() else "",
            f"after {count(props.after, 'model call')}" if props.after is not None else "",
        ]
        return " or ".join(piece for piece in pieces if piece) or "Never stops anything yet"

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        props = self.props(node)
        yield from _waits_for(node, props.tool, view)
        if is_blank(props.condition) and not props.contains.strip() and not props.tool.strip() and props.after is None:
            text = "This rule never stops anything: it has no condition."
            yield Problem(node.id, "condition", "warning", text, remove_node(node.id, "Remove it"))

    def render(self, node: Node, scope: Scope) -> object:
        from engine.blueprint.moments import StopRule

        return StopRule(node=node, board=scope.board, items=scope.items, key=scope.key(node))


class ContinueProperties(Properties):
    """Properties of a Continue rule."""

    title: str = prop("", label="Title", placeholder="Keep working", max_length=200)
    condition: Condition = prop({}, label="Goes on while", editor="condition", role="condition", help=CALL_TELLS)
    until: str = prop(
        "",
        label="Until the reply contains",
        help="Capital letters do not matter.",
        placeholder="DONE",
        max_length=500,
    )
    tool: str = _tool("Until this tool was used")
    limit: int | None = prop(
        None,
        label="At most",
        editor="number",
        help="How often this rule may send the model back to work in one turn.",
        unit="times a turn",
        placeholder="until the agent's own limit",
        minimum=1,
        maximum=MAX_CALLS,
    )
    reason: str = prop(
        "",
        label="What the model is told",
        editor="prompt",
        role="template",
        help="Goes along with the next model call only, and stands with the turn as the reason.",
        placeholder="There are open items on your list. Go on with the next one.",
        max_length=5_000,
    )


@register
class ContinueRuleKind(RuleKind):
    """Sends the model back to work."""

    name = "continue_rule"
    title = "Continue rule"
    icon = "fast-forward"
    order = 9
    help = (
        "Sends the model back to work where it would end its turn too early. Of several rules the one that stands "
        "lowest decides."
    )
    example = "Goes on while open_items is not empty, at most 5 times a turn."
    Properties = ContinueProperties

    def summary(self, node: Node, document: AgentDocument) -> str:
        props = self.props(node)
        pieces = [
            f"while {words(props.condition)}" if not is_blank(props.condition) else "",
            f"until the reply contains {short(props.until.strip())}" if props.until.strip() else "",
            f"until **{props.tool.strip()}** was used" if props.tool.strip() else "",
        ]
        said = ", ".join(piece for piece in pieces if piece)
        if not said:
            return "Never goes on yet"
        return said if props.limit is None else f"{said}, at most {count(props.limit, 'time')}"

    def new_props(self, document: AgentDocument) -> dict[str, Any]:
        return {"limit": 3}

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        props = self.props(node)
        yield from _waits_for(node, props.tool, view)
        if is_blank(props.condition) and not props.until.strip() and not props.tool.strip():
            text = "This rule never goes on: it does not say while or until what."
            yield Problem(node.id, "condition", "warning", text, remove_node(node.id, "Remove it"))
        elif props.limit is None:
            calls = view.document.root.props.get("max_ticks", 10)
            text = (
                f"This rule has no limit of its own: where its condition stays as it is, every turn takes all {calls} "
                "model calls that the agent may make."
            )
            yield Problem(node.id, "limit", "warning", text, set_value(node.id, "limit", 3, "At most 3 times a turn"))

    def render(self, node: Node, scope: Scope) -> object:
        from engine.blueprint.moments import ContinueRule

        return ContinueRule(node=node, board=scope.board, items=scope.items, key=scope.key(node))
