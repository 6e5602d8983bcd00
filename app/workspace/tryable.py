"""The values of an agent that can be tried out, each as a field. No widget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.text import tr
from engine.blueprint.declared import variables
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.form_fields import Choice, Field
from engine.blueprint.kinds import Variable, kind_of
from engine.blueprint.why import current_values
from widgets.context import Tryable


def tryables(document: AgentDocument, state: Mapping[str, Any]) -> list[Tryable]:
    """Variables, knobs and gates in the order of the tree, with their values now.

    Args:
        document: The agent.
        state: Values of the session, as for ``dry_compile``.
    """
    values = current_values(document, state)
    return [
        Tryable(variable.node_id, _field(document.node(variable.node_id), variable), values[variable.name])
        for variable in variables(document)
        if variable.source in ("state", "knob", "gate")
    ]


def _field(node: Node, variable: Variable) -> Field:
    name, label = variable.node_id, variable.title or variable.name
    if variable.source == "gate":
        states = {"inactive": tr("Open"), "active": tr("Closed"), "deferred": tr("Put off")}
        choices = tuple(Choice(value, words) for value, words in states.items())
        return Field(name, label, editor="choice", choices=choices, default="inactive")
    kind: Any = kind_of(node)
    props = node.props
    if variable.source == "knob" and props.get("type") == "choice":
        choices = tuple(Choice(option, option) for option in kind.options(node))
        return Field(name, label, editor="choice", choices=choices, default="")
    if variable.type == "number":
        low, high = (props.get("minimum"), props.get("maximum")) if variable.source == "knob" else (None, None)
        ranged = low is not None and high is not None and low < high
        settings = {"slider": True, "step": props.get("step")} if ranged else {}
        return Field(name, label, editor="number", default=0, minimum=low, maximum=high, settings=settings)
    editor, default = {
        "yes_no": ("toggle", False),
        "list": ("list", []),
        "record": ("pairs", {}),
    }.get(variable.type, ("text", ""))
    return Field(name, label, editor=str(editor), default=default)
