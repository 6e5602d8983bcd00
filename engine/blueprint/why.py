"""Why a node is, or is not, in the context right now, in one plain sentence. Not here: compiling (``dry``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from engine.blueprint.conditions import evaluate, is_blank, opposite_words, to_expression, words
from engine.blueprint.declared import part_around, variables, variables_of
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds import Variable, kind_of
from engine.blueprint.placement import misplaced
from engine.blueprint.render import initial_state
from engine.blueprint.template import TemplateError, compiled, names_in_expression
from engine.blueprint.values import ValueProblem
from engine.model import ModelInfo
from engine.models.provider_tools import PROVIDED


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
    asked = _Asked(document, state)
    line = [*reversed(document.ancestors(node_id)), node]
    around = _Around()
    for above, child in pairwise(line):
        around = asked.inside(around, above, child)
    return asked.reason(node, around)


def reasons_not_sent(document: AgentDocument, state: Mapping[str, Any] | None = None) -> dict[str, str | None]:
    """:func:`why_not_sent` for every node at once."""
    return explained(document, state)[0]


@dataclass(frozen=True, slots=True)
class Because:
    """Why a node that is not always there is there now.

    Attributes:
        text: "here because notepad is not empty".
        names: The variables that this depends on.
    """

    text: str
    names: tuple[str, ...]


def explained(
    document: AgentDocument,
    state: Mapping[str, Any] | None = None,
    files: Mapping[str, Any] | None = None,
    model: ModelInfo | None = None,
) -> tuple[dict[str, str | None], dict[str, Because]]:
    """Why each node is not sent now (None where it is), and why those that stand under a condition are.

    Of conditions around a node the innermost counts.

    Args:
        document: The agent.
        state: Values now, as for ``dry_compile``.
        files: What was read ahead, as for ``dry_compile``.
        model: What is known of the model, as for ``dry_compile``.
    """
    asked = _Asked(document, state, files, model)
    absent: dict[str, str | None] = {}
    sent: dict[str, Because] = {}
    stack: list[tuple[Node, _Around, Because | None]] = [(document.root, _Around(), None)]
    while stack:
        node, around, because = stack.pop()
        reason = absent[node.id] = asked.reason(node, around)
        if because is not None and reason is None:
            sent[node.id] = because
        for child in node.children:
            inside = asked.inside(around, node, child)
            why = None if inside.off or inside.blocked else asked.because(node, child) or because
            stack.append((child, inside, why))
    return absent, sent


@dataclass(frozen=True, slots=True)
class _Around:
    """What the nodes around one mean for it. ``tool``: what runs it as a step."""

    off: str | None = None
    tool: Node | None = None
    blocked: str | None = None


class _Asked:
    """The values that the answers rest on, worked out once."""

    def __init__(
        self,
        document: AgentDocument,
        state: Mapping[str, Any] | None,
        files: Mapping[str, Any] | None = None,
        model: ModelInfo | None = None,
    ) -> None:
        self.document = document
        self.model = model
        self.files = files or {}
        self.given = initial_state(document, state)
        self.scopes: dict[str, tuple[dict[str, Any], dict[str, str]]] = {}
        self.known: dict[str, bool | None] = {}

    def scope(self, node: Node) -> tuple[dict[str, Any], dict[str, str]]:
        """Values and types by name where the node stands: of the agent, or of the Part around it."""
        part = part_around(self.document, node.id)
        key = part.id if part is not None else ""
        if key not in self.scopes:
            here = variables(self.document) if part is None else variables_of(part)
            values = first_values(self.document, here, self.given)
            types = {variable.name: variable.type for variable in here}
            if part is not None:
                kind: Any = kind_of(part)
                around, _ = self.scope(part)
                for parameter in kind.parameters(part):
                    try:
                        value = kind.argument(part, parameter, around)
                    except (TemplateError, ValueProblem):
                        value = parameter.first
                    values.setdefault(parameter.own_name, value)
                    types.setdefault(parameter.own_name, parameter.type)
            self.scopes[key] = values, types
        return self.scopes[key]

    def inside(self, around: _Around, above: Node, child: Node) -> _Around:
        off = around.off
        if not above.enabled:
            off = f"{kind_of(above).title_of(above)}, which it stands in, is switched off."
        tool = above if kind_of(above).children == "steps" else around.tool
        return _Around(off, tool, around.blocked or self.blocked(above, child))

    def reason(self, node: Node, around: _Around) -> str | None:
        if not node.enabled:
            return "It is switched off."
        if around.off is not None:
            return around.off
        if node.id == self.document.root.id:
            return None
        if around.tool is not None or kind_of(node).place == "steps":
            return _step(around.tool)
        wrong = misplaced(self.document, node)
        if wrong:
            return f"It stands in the wrong place: {wrong}"
        return around.blocked or kind_of(node).why_not_sent(node) or self.lacking(node) or self.itself(node)

    def lacking(self, node: Node) -> str | None:
        """What the model would have to be able to do for this node to be sent."""
        if node.kind != "provider_tool" or self.model is None or PROVIDED in self.model.abilities:
            return None
        return f"{self.model.label or self.model.name} has no tools that its provider runs."

    def blocked(self, above: Node, child: Node) -> str | None:
        """Why what stands inside ``above`` is not there."""
        if above.kind == "when":
            holds = self.holds(above)
            if holds is None:
                return "Its condition does not work."
            condition = kind_of(above).props(above).condition
            if child.kind == "otherwise":
                return _sentence(f"{words(condition, bold=False)}, and it is there otherwise") if holds else None
            if holds:
                return None
            return "Its When has no condition yet." if is_blank(condition) else _sentence(opposite_words(condition))
        if above.kind == "repeat":
            name = kind_of(above).props(above).each.strip()
            if not name:
                return "Its Repeat has no list yet."
            values, _ = self.scope(above)
            if name in values and not values[name]:
                return f"{name} is empty."
        if above.kind == "unknown":
            return "This version of Bough does not know the part that it stands in."
        return None

    def because(self, above: Node, child: Node) -> Because | None:
        """Why what stands inside ``above`` is there now, where that is not a matter of course."""
        if above.kind == "when":
            condition = kind_of(above).props(above).condition
            if is_blank(condition):
                return None
            otherwise = child.kind == "otherwise"
            said = opposite_words(condition) if otherwise else words(condition, bold=False)
            return Because(f"here because {said}", tuple(sorted(names_in_expression(to_expression(condition)))))
        if above.kind == "repeat":
            name = kind_of(above).props(above).each.strip()
            return Because(f"here once for each item of {name}", (name,)) if name else None
        return None

    def itself(self, node: Node) -> str | None:
        """What keeps the node itself from being sent: an empty text, an empty list, or nothing inside."""
        kind: Any = kind_of(node)
        if node.kind == "when":
            holds = self.holds(node)
            if holds is None:
                return "Its condition does not work."
            if holds or any(child.kind == "otherwise" and child.enabled for child in node.children):
                return None
            condition = kind.props(node).condition
            return "It has no condition yet." if is_blank(condition) else _sentence(opposite_words(condition))
        if node.kind in ("document", "image", "data") and kind.path(node):
            return self.file(node)
        props = kind.props(node)
        each = str(getattr(props, "each", "")).strip()
        values, _ = self.scope(node)
        if each and each in values and not values[each]:
            return f"{each} is empty."
        text = getattr(props, "text", None)
        if not isinstance(text, str) or each:
            return None
        if not text.strip():
            return "It has no text."
        try:
            return None if compiled(text).render(values).strip() else "Its text is empty at the moment."
        except TemplateError as error:
            if any(above.kind == "repeat" for above in self.document.ancestors(node.id)):
                return None
            return f"Its text does not work: {error.reason}"

    def file(self, node: Node) -> str | None:
        """What keeps a file from being sent along."""
        content = self.files.get(node.id)
        if content is None:
            return "Its file is read once you allow it: you are asked when the agent runs."
        return f"Its file cannot be sent: {content['error']}" if "error" in content else None

    def holds(self, node: Node) -> bool | None:
        """Whether a When holds; None where its condition does not work."""
        if node.id not in self.known:
            try:
                self.known[node.id] = evaluate(kind_of(node).props(node).condition, *self.scope(node))
            except TemplateError:
                self.known[node.id] = None
        return self.known[node.id]


def current_values(document: AgentDocument, state: Mapping[str, Any] | None) -> dict[str, Any]:
    """Values of all variables of the agent by technical name."""
    return first_values(document, variables(document), initial_state(document, state))


def first_values(document: AgentDocument, declared: Iterable[Variable], given: Mapping[str, Any]) -> dict[str, Any]:
    """Values of variables by technical name: what is given for their node, else what they start with."""
    found: dict[str, Any] = {}
    for variable in declared:
        node = document.node(variable.node_id)
        kind: Any = kind_of(node)
        first = kind.initial(node) if hasattr(kind, "initial") else "inactive"
        found[variable.name] = given.get(node.id, first)
    return found


def _step(tool: Node | None) -> str:
    if tool is None:
        return "It is a step, and steps run only inside a tool."
    return f"Steps are not sent; they run {kind_of(tool).steps_run(tool)}."


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text[:1].islower() and text.startswith("this") else f"{text}."


__all__ = ["Because", "current_values", "explained", "reasons_not_sent", "why_not_sent"]
