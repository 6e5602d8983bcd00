"""Knobs and gates: values that the model itself sees and sets, and checkpoints it must clear."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

from engine.blueprint.conditions import Condition, is_blank, words
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import NodeKind, Properties, Variable, prop, technical_name_prop
from engine.blueprint.kinds.on_event import CALL_NUMBER, CALL_TELLS, REPLY, TOOL_CALLS, told
from engine.blueprint.names import slug
from engine.blueprint.problem import Problem, set_value, set_values
from engine.blueprint.values import number_text, short

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.edits import Edit
    from engine.blueprint.scope import Scope

KNOB_TYPES = {"toggle": "On or off", "number": "Number or range", "choice": "Choice", "text": "Text"}
_ONLY_NUMBER = {"type": ("number",)}
CHECK_WORDS = "Look over your work once more and put right what is wrong. Then clear this gate."
_VALUE_TYPES = {"toggle": "yes_no", "number": "number", "choice": "text", "text": "text"}


class KnobProperties(Properties):
    """Properties of a Knob."""

    title: str = prop("", label="Name", placeholder="detail", max_length=200)
    description: str = prop("", label="What it is for", help="The model reads this beside the value.", max_length=1_000)
    type: Literal["toggle", "number", "choice", "text"] = prop(
        "toggle", label="Kind", editor="choice", choices=KNOB_TYPES
    )
    default: Any = prop(None, label="Starts as", editor="value")
    options: list[str] = prop([], label="Options", editor="list", visible_when={"type": ("choice",)}, max_length=200)
    minimum: int | float | None = prop(None, label="From", editor="number", visible_when=_ONLY_NUMBER)
    maximum: int | float | None = prop(None, label="To", editor="number", visible_when=_ONLY_NUMBER)
    step: int | float | None = prop(
        None, label="In steps of", editor="number", visible_when=_ONLY_NUMBER, advanced=True, minimum=0
    )
    max_length: int | None = prop(
        None,
        label="At most",
        editor="number",
        unit="characters",
        placeholder="no limit",
        visible_when={"type": ("text",)},
        advanced=True,
        minimum=1,
        maximum=100_000,
    )
    momentary: bool = prop(
        False, label="Resets after use", editor="toggle", help="Goes back to where it started when the turn ends."
    )
    group: str = prop("", label="Group", help="Knobs of one group stand together.", advanced=True, max_length=100)
    name: str = technical_name_prop()


@register
class KnobKind(NodeKind[KnobProperties]):
    """A value the model may set."""

    name = "knob"
    title = "Knob"
    group = "memory"
    icon = "sliders-horizontal"
    order = 3
    help = "A setting that the model sees and may change itself, for instance to open a chapter when it needs it."
    example = "A knob “show refunds”, on or off, beside a section that is there when it is on."
    first_title = "knob"
    Properties = KnobProperties

    def own_name(self, node: Node) -> str | None:
        props = self.props(node)
        return slug(props.name.strip() or props.title, "knob")

    def initial(self, node: Node) -> Any:
        """The value in a new session; a fitting one where the given one does not fit."""
        props = self.props(node)
        given = props.default
        if props.type == "toggle":
            return given if isinstance(given, bool) else False
        if props.type == "number":
            if isinstance(given, (int, float)) and not isinstance(given, bool) and self._allows(node, given):
                return given
            return props.minimum if props.minimum is not None else min(0, props.maximum or 0)
        if props.type == "choice":
            options = self.options(node)
            return given if given in options else (options[0] if options else "")
        text = given if isinstance(given, str) else ""
        return text if props.max_length is None else text[: props.max_length]

    def _allows(self, node: Node, value: Any) -> bool:
        from engine.hooks.knobs import knob

        return knob(0, **self._limits(node)).problem(value) is None

    @staticmethod
    def _in_range(props: KnobProperties) -> bool:
        low, high = props.minimum, props.maximum
        given = props.default
        if not isinstance(given, (int, float)):
            return False
        return (low is None or given >= low) and (high is None or given <= high)

    def _limits(self, node: Node) -> dict[str, Any]:
        """What values of a number or a text may be, for the engine."""
        props = self.props(node)
        if props.type == "number":
            return {"min": props.minimum, "max": props.maximum, "step": props.step or None}
        return {"max_length": props.max_length} if props.type == "text" else {}

    def options(self, node: Node) -> list[str]:
        """What may be chosen, blank lines left out, each once."""
        return list(dict.fromkeys(option.strip() for option in self.props(node).options if option.strip()))

    def summary(self, node: Node, document: AgentDocument) -> str:
        props, initial = self.props(node), self.initial(node)
        if props.type == "toggle":
            said = f"On or off, starts {'on' if initial else 'off'}"
        elif props.type == "choice":
            said = " / ".join(self.options(node)) or "No options yet"
        elif props.type == "number":
            limits = [number_text(limit) for limit in (props.minimum, props.maximum) if limit is not None]
            said = f"Number {' to '.join(limits)}".strip() + f", starts at {number_text(initial)}"
        else:
            said = f"Text, starts as {short(initial)}" if initial else "Text, starts empty"
        return f"{said} · resets after use" if props.momentary else said

    def new_props(self, document: AgentDocument) -> dict[str, Any]:
        return super().new_props(document) | {"type": "toggle"}

    def declares(self, node: Node) -> tuple[Variable, ...]:
        props = self.props(node)
        name = self.own_name(node) or "knob"
        title = props.title.strip() or name
        return (Variable(name, title, _VALUE_TYPES[props.type], node.id, "knob", settable=True),)

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        props = self.props(node)
        if not props.title.strip() and not props.name.strip():
            yield Problem(node.id, "title", "warning", "This knob has no name.")
        if props.type == "choice" and not self.options(node):
            fix = set_values(node.id, {"type": "text", "default": ""}, "Make it a text")
            yield Problem(node.id, "options", "error", "This knob is a choice but has no options.", fix)
            return
        if props.type == "number" and None not in (props.minimum, props.maximum) and props.minimum > props.maximum:  # type: ignore[operator]
            text = "The range is upside down: “From” is larger than “To”."
            fix = set_values(node.id, {"minimum": props.maximum, "maximum": props.minimum}, "Turn it round")
            yield Problem(node.id, "minimum", "error", text, fix)
            return
        if props.default is not None and self.initial(node) != props.default:
            initial = self.initial(node)
            text = f"The knob starts as {short(props.default)}, which is not one of its values."
            if props.type == "number":
                where = "between its steps" if self._in_range(props) else "outside its range"
                text = f"The knob starts at {short(props.default)}, which is {where}."
            elif props.type == "text" and props.max_length is not None and isinstance(props.default, str):
                text = f"The knob starts with a text that is longer than {props.max_length:,} characters."
            fix = set_value(node.id, "default", initial, f"Start with {short(initial)}")
            yield Problem(node.id, "default", "error", text, fix)

    def why_not_sent(self, node: Node) -> str | None:
        return None

    def settings(self, node: Node) -> dict[str, Any]:
        """Keyword arguments for the engine's ``use_knob``."""
        props = self.props(node)
        found: dict[str, Any] = {"description": props.description.strip() or None, "momentary": props.momentary}
        if props.group.strip():
            found["group"] = props.group.strip()
        if props.type == "choice":
            found["options"] = self.options(node)
        found |= self._limits(node)
        return {name: value for name, value in found.items() if value is not None}

    def render(self, node: Node, scope: Scope) -> object:
        return scope.knobs_element(node)


class GateProperties(Properties):
    """Properties of a Gate."""

    title: str = prop("", label="Name", placeholder="proofread", max_length=200)
    description: str = prop("", label="What it is for", help="The model reads this.", max_length=1_000)
    instructions: str = prop(
        "",
        label="What to do before it may be cleared",
        editor="prompt",
        role="template",
        help="Shown to the model while the gate is closed.",
        max_length=20_000,
    )
    tool: str = prop(
        "",
        label="Closes when this tool was used",
        editor="tool",
        help="None: the condition below decides.",
        max_length=64,
    )
    condition: Condition = prop({}, label="Closes when", editor="condition", role="condition", help=CALL_TELLS)
    name: str = technical_name_prop()


@register
class GateKind(NodeKind[GateProperties]):
    """A checkpoint that must be cleared before the turn may end."""

    name = "gate"
    title = "Gate"
    group = "memory"
    icon = "shield-check"
    order = 4
    help = "A checkpoint: once it is closed, the agent may not finish its turn before it has done what the gate asks."
    example = "When the tool “Edit text” was used, proofread the result before finishing."
    first_title = "gate"
    Properties = GateProperties

    def own_name(self, node: Node) -> str | None:
        props = self.props(node)
        return slug(props.name.strip() or props.title, "gate")

    def local(self, node: Node) -> tuple[Variable, ...]:
        """What a model call brought, for the gate's own condition."""
        return told(node, (REPLY, TOOL_CALLS, CALL_NUMBER))

    def summary(self, node: Node, document: AgentDocument) -> str:
        props = self.props(node)
        if props.tool.strip():
            return f"closes when **{props.tool}** was used"
        said = words(props.condition)
        return f"closes when {said}" if said else "Never closes yet"

    def declares(self, node: Node) -> tuple[Variable, ...]:
        name = self.own_name(node) or "gate"
        return (Variable(name, self.props(node).title.strip() or name, "text", node.id, "gate"),)

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        props = self.props(node)
        if not props.title.strip() and not props.name.strip():
            yield Problem(node.id, "title", "warning", "This gate has no name.")
        if props.tool.strip():
            if view.lacks_tool(props.tool.strip()):
                text = f"The gate waits for a tool called “{props.tool.strip()}”, which the agent does not have."
                yield Problem(node.id, "tool", "error", text, self._wait_for(node, view))
        elif is_blank(props.condition):
            text = "This gate never closes: it has neither a tool nor a condition."
            yield Problem(node.id, "condition", "warning", text, self._wait_for(node, view))
        if not props.instructions.strip():
            text = "The gate does not say what must be done before it is cleared."
            fix = set_value(node.id, "instructions", CHECK_WORDS, "Ask to check the work")
            yield Problem(node.id, "instructions", "warning", text, fix)

    def _wait_for(self, node: Node, view: View) -> Edit | None:
        """A fix that waits for a tool that is there: the one of a similar name, else the first."""
        if not view.tool_names:
            return None
        near = difflib.get_close_matches(self.props(node).tool.strip(), view.tool_names, 1, 0.6) or view.tool_names
        return set_value(node.id, "tool", near[0], f"Wait for “{near[0]}”")

    def render(self, node: Node, scope: Scope) -> object:
        return scope.knobs_element(node)
