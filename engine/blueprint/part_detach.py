"""Taking a part apart: what stands inside becomes nodes of the agent itself. Not here: what else is done with parts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.blueprint.conditions import as_condition, literal, to_expression
from engine.blueprint.declared import inside, own_nodes, readable, unique_names
from engine.blueprint.document import AgentDocument, Node, make_node, new_node_id
from engine.blueprint.edits import Batch, Edit, EditError, InsertNode, RemoveNode, SetProperty, apply
from engine.blueprint.kinds import kind_of
from engine.blueprint.kinds.part import linked_name
from engine.blueprint.names import unique
from engine.blueprint.part_edits import all_own, unlike
from engine.blueprint.placement import fixed_by, inside_tool
from engine.blueprint.reads import named
from engine.blueprint.rename import reference_edits, rewrite_text
from engine.blueprint.template import TemplateError, compiled, names_in_expression
from engine.blueprint.values import ValueProblem, coerce


def detach(document: AgentDocument, node_id: str) -> Edit:
    """Put what stands inside a part in its place, as nodes of the agent that can be changed one by one.

    Ids stay, so nothing that was remembered is lost. Variables get other names where the agent has theirs already;
    a parameter with a fixed value becomes a variable that starts with it.

    Raises:
        EditError: It is no part, or what it is given cannot be put in place of a parameter.
    """
    node = document.get(node_id)
    if node is None or node.kind != "part":
        raise EditError("Only a part can be detached.")
    reason = fixed_by(document, node_id)
    if reason:
        raise EditError(reason)
    inner = AgentDocument(make_node("agent", *node.children, id=new_node_id()))
    try:
        inner = _own_names(document, node, inner)
        inner, made = _without_parameters(document, node, inner)
    except (TemplateError, ValueProblem) as error:
        raise EditError(f"Something in the part does not work, so it cannot be taken apart: {error}") from None
    place = document.place(node_id)
    children = (*made, *inner.root.children)
    puts = tuple(InsertNode(place.parent_id or "", place.index + at, child) for at, child in enumerate(children))
    if not node.enabled:
        group = Node(new_node_id(), "group", {"title": str(node.props.get("title") or "")}, children, False)
        puts = (InsertNode(place.parent_id or "", place.index, group),)
    batch = Batch((RemoveNode(node_id), *puts), f"detach {kind_of(node).title_of(node)}")
    apply(document, batch)
    return batch


def _own_names(document: AgentDocument, part: Node, inner: AgentDocument) -> AgentDocument:
    """What the part declares, under names that the agent has not."""
    taken = unique_names(document)
    for node in list(own_nodes(inner.root)):
        for variable in kind_of(node).declares(node):
            new = unique(variable.name, taken | {parameter.name for parameter in inside(part)})
            taken.add(new)
            if new != variable.name:
                inner = _applied(inner, SetProperty(node.id, "name", new))
                inner = _renamed(inner, variable.name, new)
    return inner


def _without_parameters(document: AgentDocument, part: Node, inner: AgentDocument) -> tuple[AgentDocument, list[Node]]:
    kind: Any = kind_of(part)
    steps = inside_tool(document, document.place(part.id).parent_id or document.root.id)
    taken = unique_names(document) | {name for node in inner.walk() for name in [kind_of(node).own_name(node)] if name}
    made: list[Node] = []
    for parameter in kind.parameters(part):
        name = parameter.own_name
        given = (part.props.get("arguments") or {}).get(name)
        link = linked_name(given)
        if link is not None:
            inner = _renamed(inner, name, link)
            continue
        if isinstance(given, str) and compiled(given).names:
            inner = _substituted(inner, name, _as_expression(given))
            continue
        if not _mentions(inner, name):
            continue
        value = parameter.first if given in (None, "") else coerce(given, parameter.type)
        if steps and not isinstance(value, (list, dict)):  # among steps there can be no variable to hold it
            inner = _substituted(inner, name, literal(value))
            continue
        if steps:
            raise EditError(f"The part is given a fixed value for “{name}”. Give it a variable first.")
        own = unique(name, taken)
        taken.add(own)
        title = parameter.title.strip() or own
        props = {"title": title, "type": parameter.type, "initial": value, "name": unlike(title, own)}
        made.append(Node(new_node_id(), "state", {key: item for key, item in props.items() if item != ""}))
        inner = _renamed(inner, name, own)
    return inner, made


def _mentions(inner: AgentDocument, name: str) -> bool:
    return any(name in named(node) for node in all_own(inner.root))


def _renamed(inner: AgentDocument, old: str, new: str) -> AgentDocument:
    shadowed = {
        node.id for node in inner.walk() for variable in inside(node) if variable.name == old and node.kind != "part"
    }
    for edit in list(reference_edits(inner, inner.root, old, new, shadowed)):
        inner = _applied(inner, edit)
    return inner


def _substituted(inner: AgentDocument, name: str, expression: str) -> AgentDocument:
    """With an expression in place of a parameter."""
    for node in list(all_own(inner.root)):
        for field, value in list(readable(node)):
            if field.role == "variable" and str(value).strip() == name:
                raise EditError(
                    f"“{kind_of(node).title_of(node)}” needs a variable, and the part is given a text for “{name}”. "
                    "Give it a variable first."
                )
            changed = _with_expression(field.role, value, name, expression)
            if changed != value:
                inner = _applied(inner, SetProperty(node.id, field.name, changed))
    return inner


def _with_expression(role: str, value: Any, name: str, expression: str) -> Any:
    if role == "condition":
        written = to_expression(value)
        if not written or name not in names_in_expression(written):
            return value
        found = rewrite_text("{{" + written + "}}", name, expression)[2:-2]
        return {**as_condition(value).model_dump(), "rows": [], "expression": found}
    if isinstance(value, str):
        return rewrite_text(value, name, expression)
    if isinstance(value, Mapping):
        return {key: _with_expression(role, item, name, expression) for key, item in value.items()}
    return [_with_expression(role, item, name, expression) for item in value] if isinstance(value, list) else value


def _as_expression(text: str) -> str:
    """A text with variables as one expression: ``Hello {{ name }}`` becomes ``('Hello ' ~ (name))``.

    Raises:
        EditError: It has statements in it.
    """
    pieces: list[str] = []
    rest = text
    while rest:
        before, opened, behind = rest.partition("{{")
        if "{%" in before or "{#" in before:
            raise EditError("What the part is given has a statement in {% %}; give it a variable first.")
        if before:
            pieces.append(literal(before))
        if not opened:
            break
        inner, _, rest = behind.partition("}}")
        pieces.append(f"({inner.strip().strip('-').strip()})")
    return f"({' ~ '.join(pieces)})"


def _applied(document: AgentDocument, edit: Edit) -> AgentDocument:
    return apply(document, edit, check=False)[0]


__all__ = ["detach"]
