"""What is done with parts in an agent, each as one edit: make one of nodes, use one, update it everywhere.

Not here: what a part is (``parts``), taking one apart (``part_detach``), the library (``engine.store.parts``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.blueprint.compare import Comparison, compare
from engine.blueprint.declared import variables_in_scope
from engine.blueprint.document import AgentDocument, Node, new_node_id
from engine.blueprint.edits import Batch, Edit, EditError, InsertNode, RemoveNode, apply
from engine.blueprint.kinds import Variable, kind_of
from engine.blueprint.kinds.part import PartParameter
from engine.blueprint.names import slug
from engine.blueprint.parts import (
    PartDefinition,
    definition_of_instance,
    free_prefix,
    instance,
    instances,
    kept_ids,
    model_names,
)
from engine.blueprint.placement import fixed_by
from engine.blueprint.reads import named

# --- making one -----------------------------------------------------------------------------------------------------


def found_parameters(document: AgentDocument, ids: Sequence[str]) -> tuple[PartParameter, ...]:
    """What a part of these nodes has to be given: the variables that they use and that stand elsewhere.

    Raises:
        EditError: These nodes cannot become a part, with the reason.
    """
    nodes = _chosen(document, ids)
    return tuple(
        PartParameter(title=variable.title, name=unlike(variable.title, variable.name), type=_type(variable))
        for variable in _free(document, nodes)
    )


def make_part(
    document: AgentDocument,
    ids: Sequence[str],
    title: str,
    parameters: Sequence[PartParameter] | None = None,
    *,
    description: str = "",
    part: str | None = None,
) -> tuple[PartDefinition, Edit]:
    """Make a part of some nodes, which it takes the place of.

    Args:
        document: The agent.
        ids: Nodes that stand in one place, in the order of the tree.
        title: What to call the part.
        parameters: What :func:`found_parameters` found, perhaps with other titles, help and first values.
        description: What it is for.
        part: Id of the part in the library; a new one by default.

    Returns:
        The part for the library, and the edit that puts an instance in place of the nodes.

    Raises:
        EditError: These nodes cannot become a part, with the reason.
    """
    nodes = _chosen(document, ids)
    free = _free(document, nodes)
    wanted = tuple(parameters) if parameters is not None else found_parameters(document, ids)
    missing = {variable.name for variable in free} - {parameter.own_name for parameter in wanted}
    if missing:
        raise EditError(f"The part uses “{min(missing)}”, so it must be given it.")
    made = PartDefinition(part or f"part_{new_node_id()}", title.strip() or "Part", description, wanted, nodes)
    place = document.place(nodes[0].id)
    arguments = {variable.name: f"{{{{ {variable.name} }}}}" for variable in free}
    keep = {inner.id for node in nodes for inner in node.walk()}
    put = InsertNode(place.parent_id or "", place.index, instance(made, arguments=arguments, keep=keep))
    batch = Batch((*(RemoveNode(node.id) for node in nodes), put), f"make the part {made.title}")
    apply(document, batch)  # raises where an instance cannot stand there
    return made, batch


def _chosen(document: AgentDocument, ids: Sequence[str]) -> tuple[Node, ...]:
    if not ids or any(node_id not in document for node_id in ids):
        raise EditError("Choose the parts of the tree that belong together first.")
    order = sorted(set(ids), key=lambda node_id: document.place(node_id).index)
    if len({document.place(node_id).parent_id for node_id in order}) != 1:
        raise EditError("Only what stands in one place can become a part: choose neighbours, or put them into a group.")
    nodes = tuple(document.node(node_id) for node_id in order)
    for node in nodes:
        reason = fixed_by(document, node.id)
        if reason:
            raise EditError(reason)
        if node.kind in ("agent", "otherwise", "parameter"):
            raise EditError(f"{kind_of(node).title_of(node)} cannot become a part by itself.")
        if any(inner.kind == "timeline" for inner in node.walk()):
            raise EditError(
                "The conversation stands in the agent itself, so the Timeline cannot become part of a part."
            )
    inner = {each.id for node in nodes for each in node.walk()}
    for other in document.walk():
        if other.id in inner or any(around.kind == "part" for around in document.ancestors(other.id)):
            continue
        scope = {variable.name: variable for variable in variables_in_scope(document, other.id)}
        for name in named(other):
            if name in scope and scope[name].node_id in inner and scope[name].source in ("state", "knob", "gate"):
                text = f"“{scope[name].title}” is used outside of these nodes too: leave it where it is."
                raise EditError(f"{text} The part is then given it.")
    return nodes


def _free(document: AgentDocument, nodes: Iterable[Node]) -> tuple[Variable, ...]:
    """Variables that the nodes name and that come from around them, in the order in which they are met."""
    nodes = tuple(nodes)
    inner = {each.id for node in nodes for each in node.walk()}
    found: dict[str, Variable] = {}
    for node in nodes:
        for each in all_own(node):
            scope = {variable.name: variable for variable in variables_in_scope(document, each.id)}
            for name in named(each):
                variable = scope.get(name)
                if variable is not None and variable.node_id not in inner:
                    found.setdefault(name, variable)
    return tuple(found.values())


def all_own(node: Node) -> Iterable[Node]:
    """A node and all inside it, also what is switched off, down to Parts but not into them."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        if current.kind != "part":
            stack.extend(reversed(current.children))


def _type(variable: Variable) -> Any:
    return variable.type if variable.type in ("text", "number", "yes_no", "list", "record") else "text"


def unlike(title: str, name: str) -> str:
    """The technical name where it does not follow from the title, else ""."""
    return "" if slug(title, "") == name else name


# --- using one ------------------------------------------------------------------------------------------------------


def use_part(document: AgentDocument, definition: PartDefinition) -> Node:
    """A new instance for this agent; where it has tools or knobs of these names, those of the part get a prefix.

    Variables of the agent that are called like a parameter are handed over.
    """
    from engine.blueprint.declared import variables

    known = {variable.name: variable for variable in variables(document)}
    arguments = {
        parameter.own_name: f"{{{{ {parameter.own_name} }}}}"
        for parameter in definition.parameters
        if parameter.own_name in known and known[parameter.own_name].type == parameter.type
    }
    prefix = free_prefix(document, definition.nodes, definition.title)
    return instance(definition, arguments=arguments, prefix=prefix)


def fit(document: AgentDocument, nodes: Iterable[Node]) -> list[Node]:
    """Pasted nodes, with the parts in them named so that the agent has each tool and knob only once."""
    found: list[Node] = []
    root = document.root
    for node in nodes:
        found.append(_fitted(document, node))
        children = (*root.children, *found)
        document = document.replace_root(Node(root.id, root.kind, root.props, children, root.enabled, root.extra))
    return found


def _fitted(document: AgentDocument, node: Node) -> Node:
    if node.kind == "part":
        bare = definition_of_instance(node)
        prefix = free_prefix(document, bare.nodes, bare.title)
        return node if prefix == node.props.get("prefix", "") else _remade(node, bare, prefix)
    children = tuple(_fitted(document, child) for child in node.children)
    return Node(node.id, node.kind, node.props, children, node.enabled, node.extra)


def rename_inside(document: AgentDocument, node_id: str) -> Edit:
    """Give the tools, knobs, gates and sections inside a part names that the agent has only once."""
    old, place = document.node(node_id), document.place(node_id)
    bare = definition_of_instance(old)
    made = _remade(old, bare, free_prefix(document, bare.nodes, bare.title, node_id))
    edits = (RemoveNode(node_id), InsertNode(place.parent_id or "", place.index, made))
    return Batch(edits, "Give what is inside names of its own")


def _remade(old: Node, definition: PartDefinition, prefix: str) -> Node:
    """An instance again, with what it was given, at the same id."""
    before = definition_of_instance(old)
    names = {parameter.id: parameter.own_name for parameter in before.parameters if parameter.id}
    given: Mapping[str, Any] = old.props.get("arguments") or {}
    arguments = {}
    for parameter in definition.parameters:
        known_as = names.get(parameter.id, parameter.own_name)
        value = given.get(known_as, given.get(parameter.own_name))
        if value is not None:
            arguments[parameter.own_name] = value
    title = str(old.props.get("title") or "")
    made = instance(
        definition,
        id=old.id,
        title=title,
        arguments=arguments,
        prefix=prefix,
        enabled=old.enabled,
        keep=kept_ids(old),
    )
    kept = {name: value for name, value in old.props.items() if name not in kind_of(old).Properties.model_fields}
    return Node(made.id, made.kind, {**made.props, **kept}, made.children, made.enabled, old.extra)


# --- updating -------------------------------------------------------------------------------------------------------


def update_part(document: AgentDocument, definition: PartDefinition) -> Edit | None:
    """Bring every instance of a part to this version; None where all are there already.

    Ids stay, so what instances remember stays too. Parts that stand inside other parts come with those.
    """
    edits: list[Edit] = []
    for node in instances(document, definition.id):
        if node.props.get("version") == definition.version:
            continue
        made = updated(document, node, definition)
        place = document.place(node.id)
        edits += [RemoveNode(node.id), InsertNode(place.parent_id or "", place.index, made)]
    return Batch(tuple(edits), f"update the part {definition.title}") if edits else None


def updated(document: AgentDocument, node: Node, definition: PartDefinition) -> Node:
    """One instance as it is with another version of its part."""
    prefix = str(node.props.get("prefix") or "")
    if not prefix and model_names(definition.nodes) - model_names(node.children):  # it brings names that may be taken
        prefix = free_prefix(document, definition.nodes, definition.title, node.id)
    return _remade(node, definition, prefix)


def update_definition(outer: PartDefinition, inner: PartDefinition) -> PartDefinition | None:
    """A part with another version of a part that it uses; None where it does not use it, or has it already.

    Raises:
        EditError: The inner one contains the outer one.
    """
    from engine.blueprint.parts import definition_of, part_document, uses

    if any(uses(node, outer.id) for node in inner.nodes):
        raise EditError(f"“{inner.title}” contains “{outer.title}” itself.")
    document = part_document(outer)
    edit = update_part(document, inner)
    return definition_of(apply(document, edit)[0]) if edit is not None else None


@dataclass(frozen=True, slots=True)
class PartPreview:
    """What an update changes in one agent.

    Attributes:
        edit: The update; None where there is nothing to do.
        instances: Ids of the instances that change.
        changes: Both trees compared.
        before: What the model would be given now, as lines.
        after: The same after the update.
        lost: Titles of parameters that were given something and are not there any more.
    """

    edit: Edit | None
    instances: tuple[str, ...]
    changes: Comparison
    before: tuple[str, ...]
    after: tuple[str, ...]
    lost: tuple[str, ...] = ()

    @property
    def context_changes(self) -> bool:
        """Whether the model would be given something else."""
        return self.before != self.after


def preview_update(document: AgentDocument, definition: PartDefinition) -> PartPreview:
    """What :func:`update_part` would change, without changing anything."""
    edit = update_part(document, definition)
    after = document if edit is None else apply(document, edit)[0]
    changed = [node for node in instances(document, definition.id) if node.props.get("version") != definition.version]
    lost: dict[str, None] = {}
    for node in changed:
        given = node.props.get("arguments") or {}
        kept = after.node(node.id).props.get("arguments") or {}
        names = {parameter.own_name: parameter for parameter in definition_of_instance(node).parameters}
        for name, value in given.items():
            if value not in (None, "") and value not in kept.values() and name in names:
                lost[names[name].title or name] = None
    return PartPreview(
        edit,
        tuple(node.id for node in changed),
        compare(document, after),
        _context(document),
        _context(after),
        tuple(lost),
    )


def _context(document: AgentDocument) -> tuple[str, ...]:
    from engine.blueprint.dry import dry_compile
    from engine.errors import EngineError

    try:
        request = dry_compile(document)
    except EngineError as error:
        return (str(error),)
    lines = [line for block in request.system_blocks for line in str(block.get("text", "")).splitlines()]
    for message in request.messages:
        for block in message["content"]:
            lines += str(block.get("text", f"[{block.get('type')}]")).splitlines()
    return (*lines, *(f"{tool.get('name')}: {tool.get('description', '')}" for tool in request.tools))


__all__ = [
    "PartPreview",
    "fit",
    "found_parameters",
    "make_part",
    "preview_update",
    "rename_inside",
    "update_definition",
    "update_part",
    "updated",
    "use_part",
]
