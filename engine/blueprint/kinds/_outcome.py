"""What steps that find something out share: the answer's name for the steps below, and the variable that keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.blueprint.document import Node
from engine.blueprint.kinds.base import Variable, prop
from engine.blueprint.names import slug

if TYPE_CHECKING:
    from engine.blueprint.steps import StepRun


def name_prop(default: str, help: str = "") -> Any:
    """The property with the name that the steps below know the answer by."""
    words = help or "Write this word in {{ }} in the steps below."
    return prop(default, label="Name for the steps below", help=words, advanced=True, max_length=58)


def keep_prop(*accepts: str) -> Any:
    """The property with the variable that keeps the answer."""
    return prop(
        "",
        label="Keep it in",
        editor="variable",
        role="variable",
        help="With none chosen, only the steps below can use it.",
        accepts=accepts,
        max_length=200,
    )


def handed_on(node: Node, default: str, type: str) -> tuple[Variable, ...]:
    """What a step with these properties gives."""
    name = slug(str(node.props.get("name", default)), default)
    return (Variable(name, name, type, node.id, "step"),)


def hand_on(node: Node, run: StepRun, default: str, value: Any, kept: Any) -> None:
    """Give the answer to the steps below, and keep it where that was wanted."""
    run.give(handed_on(node, default, "any")[0].name, value)
    if str(node.props.get("variable") or "").strip():
        run.change(node, lambda old: kept)
