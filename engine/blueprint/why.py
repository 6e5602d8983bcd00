"""Why a node is not in the context right now, in one plain sentence. Not here: compiling (``dry``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.blueprint.conditions import evaluate, is_blank, opposite_words, words
from engine.blueprint.declared import variables
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds import kind_of
from engine.blueprint.placement import misplaced
from engine.blueprint.render import initial_state
from engine.blueprint.template import TemplateError, compiled


def why_not_sent(document: AgentDocument, state: Mapping[str, Any] | None, node_id: str) -> str | None:
    """Why the model does not see this node now; None where it does.

    Args:
        document: The agent.
        state: Values now, as for ``dry_compile``.
        node_id: The node to explain.
    """
    node = document.get(node_id)
    if node is None:
        return "This part is not there any more."
    around = document.ancestors(node_id)
    if not node.enabled:
        return "It is switched off."
    for above in around:
        if not above.enabled:
            return f"{kind_of(above).title_of(above)}, which it stands in, is switched off."
    if node_id == document.root.id:
        return None
    tool = next((above for above in around if above.kind == "tool"), None)
    if tool is not None or kind_of(node).place == "steps":
        return _step(tool)
    reason = misplaced(document, node)
    if reason:
        return f"It stands in the wrong place: {reason}"
    values = current_values(document, state)
    types = {variable.name: variable.type for variable in variables(document)}
    for above, child in zip(reversed(around), [*reversed(around[:-1]), node], strict=True):
        blocked = _blocked(above, child, values, types)
        if blocked:
            return blocked
    return kind_of(node).why_not_sent(node) or _itself(node, values, types)


def current_values(document: AgentDocument, state: Mapping[str, Any] | None) -> dict[str, Any]:
    """Values of all variables of the agent by technical name."""
    given = initial_state(document, state)
    found: dict[str, Any] = {}
    for variable in variables(document):
        node = document.node(variable.node_id)
        kind: Any = kind_of(node)
        first = kind.initial(node) if hasattr(kind, "initial") else "inactive"
        found[variable.name] = given.get(node.id, first)
    return found


def _step(tool: Node | None) -> str:
    if tool is None:
        return "It is a step, and steps run only inside a tool."
    return f"Steps are not sent; they run when the model uses {kind_of(tool).title_of(tool)}."


def _blocked(above: Node, child: Node, values: Mapping[str, Any], types: Mapping[str, str]) -> str | None:
    if above.kind == "when":
        holds = _holds(above, values, types)
        if holds is None:
            return "Its condition does not work."
        condition = kind_of(above).props(above).condition
        if child.kind == "otherwise":
            return f"It is there only otherwise, and now {words(condition, bold=False)}." if holds else None
        if holds:
            return None
        return "Its When has no condition yet." if is_blank(condition) else _sentence(opposite_words(condition))
    if above.kind == "repeat":
        name = kind_of(above).props(above).each.strip()
        if not name:
            return "Its Repeat has no list yet."
        if name in values and not values[name]:
            return f"{name} is empty."
    if above.kind == "unknown":
        return "This version of Bough does not know the part that it stands in."
    return None


def _itself(node: Node, values: Mapping[str, Any], types: Mapping[str, str]) -> str | None:
    """What keeps the node itself from being sent: an empty text, an empty list, or nothing inside."""
    kind: Any = kind_of(node)
    if node.kind == "when":
        holds = _holds(node, values, types)
        if holds is None:
            return "Its condition does not work."
        if holds or any(child.kind == "otherwise" and child.enabled for child in node.children):
            return None
        condition = kind.props(node).condition
        return "It has no condition yet." if is_blank(condition) else _sentence(opposite_words(condition))
    props = kind.props(node)
    each = str(getattr(props, "each", "")).strip()
    if each and each in values and not values[each]:
        return f"{each} is empty."
    text = getattr(props, "text", None)
    if isinstance(text, str) and not each:
        if not text.strip():
            return "It has no text."
        try:
            if not compiled(text).render(values).strip():
                return "Its text is empty at the moment."
        except TemplateError as error:
            if node.kind != "section" and not _inside_repeat(error):
                return f"Its text does not work: {error.reason}"
    return None


def _inside_repeat(error: TemplateError) -> bool:
    return error.reason.startswith("There is no variable called")


def _holds(node: Node, values: Mapping[str, Any], types: Mapping[str, str]) -> bool | None:
    try:
        return evaluate(kind_of(node).props(node).condition, values, types)
    except TemplateError:
        return None


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text[:1].islower() and text.startswith("this") else f"{text}."


__all__ = ["current_values", "why_not_sent"]
