"""Which variables there are, and which of them a place in the tree can use. Not here: their values (``scope``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.form_fields import Field, fields
from engine.blueprint.kinds import KINDS, Variable, kind_of


def variables(document: AgentDocument) -> tuple[Variable, ...]:
    """State variables, knobs and gates that are switched on, in the order of the tree; each name once.

    Those inside a Part are its own and not among them.
    """
    found: tuple[Variable, ...] | None = document._cache.get("variables")
    if found is None:
        found = document._cache["variables"] = variables_of(document.root)
    return found


def variables_of(scope: Node) -> tuple[Variable, ...]:
    """What an Agent or a Part declares inside itself, without the Parts in it."""
    by_name: dict[str, Variable] = {}
    for node in own_nodes(scope):
        for variable in kind_of(node).declares(node):
            by_name.setdefault(variable.name, variable)
    return tuple(by_name.values())


def part_around(document: AgentDocument, node_id: str) -> Node | None:
    """The nearest Part that the node stands inside; None where it stands in none."""
    return next((node for node in document.ancestors(node_id) if node.kind == "part"), None)


def variables_in_scope(document: AgentDocument, node_id: str) -> tuple[Variable, ...]:
    """What texts, conditions and steps of this node may name, the nearest first where names are equal.

    Variables that a Repeat makes, or that stand inside one, exist only inside it. Inside a Part there are its own
    variables and its parameters, and nothing else.
    """
    node = document.node(node_id)
    ancestors = document.ancestors(node_id)
    repeats = {around.id for around in ancestors if around.kind == "repeat"}
    part = next((place for place, around in enumerate(ancestors) if around.kind == "part"), None)
    everywhere, repeated = _declared(document, None if part is None else ancestors[part])
    ancestors = ancestors if part is None else ancestors[: part + 1]
    found: dict[str, Variable] = {}
    if node.props.get("each") and node.kind == "section":
        found["item"] = Variable("item", "item", "any", node.id, "item")
    found |= {variable.name: variable for variable in kind_of(node).local(node)}
    # Steps hand values on only to steps behind them, inside one tool.
    steps = max((place for place, around in enumerate(ancestors) if kind_of(around).children == "steps"), default=-1)
    for place, around in enumerate(ancestors):
        before = reversed(_given_before(around, node, ancestors)) if place <= steps else ()
        for variable in (*before, *inside(around)):
            found.setdefault(variable.name, variable)
    for variable in repeated:
        if _repeats_around(document, variable.node_id) <= repeats:
            found.setdefault(variable.name, variable)
    return tuple({**found, **everywhere, **found}.values())


def _declared(document: AgentDocument, part: Node | None) -> tuple[dict[str, Variable], list[Variable]]:
    """What an agent or a Part declares: what is there everywhere inside, by name, and what stands inside a Repeat."""
    key = f"declared {part.id if part is not None else ''}"
    found: tuple[dict[str, Variable], list[Variable]] | None = document._cache.get(key)
    if found is None:
        declared = variables(document) if part is None else variables_of(part)
        inner = [variable for variable in declared if _repeats_around(document, variable.node_id)]
        found = {variable.name: variable for variable in declared if variable not in inner}, inner
        document._cache[key] = found
    return found


def inside(node: Node) -> tuple[Variable, ...]:
    """Variables that a node gives to what stands inside it: inputs of a tool, the item of a Repeat."""
    kind: Any = kind_of(node)
    declared = getattr(kind, "inside", None)
    if declared is None:
        return ()
    found = declared(node)
    return found if isinstance(found, tuple) else (found,)


def _given_before(around: Node, node: Node, ancestors: list[Node]) -> list[Variable]:
    """What the steps inside ``around`` that run before ``node`` hand on, in their order."""
    line = {node.id, *(above.id for above in ancestors)}
    found: list[Variable] = []
    for child in around.children:
        if child.id in line:
            return found
        for step in own_nodes(child) if child.kind != "part" else ():
            found.extend(kind_of(step).gives(step))
    return found


def own_nodes(scope: Node) -> Iterator[Node]:
    """A node and all inside it that is switched on, down to Parts but not into them."""
    stack = [scope]
    while stack:
        current = stack.pop()
        if current.enabled:
            yield current
            if current.kind != "part" or current is scope:
                stack.extend(reversed(current.children))


def enabled_nodes(node: Node) -> Iterator[Node]:
    """A node and all inside it, without what is switched off."""
    stack = [node]
    while stack:
        current = stack.pop()
        if current.enabled:
            yield current
            stack.extend(reversed(current.children))


def unique_names(document: AgentDocument, besides: str | None = None) -> set[str]:
    """All names that are taken: variables, inputs and items; those of one node left out, and those inside Parts."""
    taken = set()
    for node in document.walk():
        if node.id != besides and part_around(document, node.id) is None:
            taken |= {variable.name for variable in kind_of(node).declares(node)}
            taken |= {variable.name for variable in (*inside(node), *kind_of(node).gives(node))}
    return taken


def readable(node: Node) -> Iterator[tuple[Field, Any]]:
    """The properties of a node that texts, conditions or variables stand in, with their values."""
    if node.kind not in KINDS:
        return
    for field in fields(node.kind):
        if field.role:
            value = node.props.get(field.name, field.default)
            if value not in (None, "", {}, []):
                yield field, value


def _repeats_around(document: AgentDocument, node_id: str) -> frozenset[str]:
    known: dict[str, frozenset[str]] = document._cache.setdefault("repeats", {})
    if node_id not in known:
        known[node_id] = frozenset(node.id for node in document.ancestors(node_id) if node.kind == "repeat")
    return known[node_id]
