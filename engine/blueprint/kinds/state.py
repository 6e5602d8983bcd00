"""State variables: what the agent keeps from turn to turn and over restarts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import NodeKind, Properties, Variable, prop, technical_name_prop
from engine.blueprint.names import slug
from engine.blueprint.problem import Problem, insert_node, set_value
from engine.blueprint.values import TYPE_LABELS, ValueProblem, ValueType, coerce, count, empty, number_text, short

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.edits import Edit

ICONS = {"text": "type", "number": "hash", "yes_no": "toggle-right", "list": "list", "record": "braces"}


class StateProperties(Properties):
    """Properties of a State variable."""

    title: str = prop("", label="Name", placeholder="notepad", max_length=200)
    type: ValueType = prop("list", label="What it holds", editor="choice", choices=TYPE_LABELS)
    initial: Any = prop(None, label="Starts with", editor="value", help="Its value in a new session.")
    name: str = technical_name_prop("How texts and conditions call it.")


@register
class StateKind(NodeKind[StateProperties]):
    """A value that survives turns and restarts."""

    name = "state"
    title = "State variable"
    group = "memory"
    icon = "list"
    order = 2
    help = "Something the agent keeps from turn to turn, and after the program was closed."
    example = "A list called notepad that starts empty."
    first_title = "variable"
    Properties = StateProperties

    def icon_of(self, node: Node) -> str:
        return ICONS[self.props(node).type]

    def own_name(self, node: Node) -> str | None:
        props = self.props(node)
        return slug(props.name.strip() or props.title, "variable")

    def initial(self, node: Node) -> Any:
        """The value in a new session; the empty one of the type where the given one does not fit."""
        props = self.props(node)
        if props.initial is None:
            return empty(props.type)
        try:
            return coerce(props.initial, props.type)
        except ValueProblem:
            return empty(props.type)

    def summary(self, node: Node, document: AgentDocument) -> str:
        value_type, initial = self.props(node).type, self.initial(node)
        label = TYPE_LABELS[value_type]
        if value_type == "number":
            return f"{label}, starts at {number_text(initial)}"
        if value_type == "yes_no":
            return f"{label}, starts as {'yes' if initial else 'no'}"
        if not initial:
            return f"{label}, starts empty"
        if value_type == "text":
            return f"{label}, starts as {short(initial)}"
        noun = "item" if value_type == "list" else "field"
        return f"{label}, starts with {count(len(initial), noun)}"

    def new_props(self, document: AgentDocument) -> dict[str, Any]:
        return super().new_props(document) | {"type": "list"}

    def declares(self, node: Node) -> tuple[Variable, ...]:
        props = self.props(node)
        name = self.own_name(node) or "variable"
        return (Variable(name, props.title.strip() or name, props.type, node.id, "state", settable=True),)

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        props = self.props(node)
        if not props.title.strip() and not props.name.strip():
            yield Problem(node.id, "title", "warning", "This variable has no name.")
        if props.initial is not None:
            try:
                coerce(props.initial, props.type)
            except ValueProblem as problem:
                text = f"The value to start with does not fit: {problem}. It starts empty instead."
                fix = set_value(node.id, "initial", empty(props.type), "Start empty")
                yield Problem(node.id, "initial", "error", text, fix)
        name = self.own_name(node)
        if name and name in view.used_names and name not in view.changed_names and not self.initial(node):
            text = f"Nothing ever sets “{props.title.strip() or name}”: no step of any tool changes it."
            yield Problem(node.id, None, "warning", text)
        if name and name in view.changed_names and name not in view.used_names:
            text = f"Nothing reads “{props.title.strip() or name}”: the model never sees what it holds."
            yield Problem(node.id, None, "info", text, self._show(name, view))

    @staticmethod
    def _show(name: str, view: View) -> Edit:
        """A section that shows the value, in front of the conversation."""
        root = view.document.root
        end = len(root.children)
        index = next((at for at, child in enumerate(root.children) if child.kind == "timeline"), end)
        text = f"{{{{ {name} }}}}"
        return insert_node(root.id, index, "section", {"title": name, "text": text}, "Show it to the model")

    def why_not_sent(self, node: Node) -> str | None:
        name = self.own_name(node)
        return f"State variables are not sent by themselves; write {{{{ {name} }}}} in a text to show its value."
