"""Where a node may stand: rules between parent and child, and over the whole document, with reasons in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from engine.blueprint.document import MAX_DEPTH, MAX_NODES, AgentDocument, Node
from engine.blueprint.kinds import KINDS


def may_contain(parent_kind: str, child_kind: str) -> str | None:
    """Why a node of one kind may not stand directly inside another; None where it may.

    Flow nodes hold nodes or steps, whichever stands around them; :func:`can_insert` knows which.
    """
    parent, child = KINDS.get(parent_kind), KINDS.get(child_kind)
    if parent is None or child is None:
        return "This version of Bough does not know that kind of part."
    if parent.children == "none":
        return f"Nothing can stand inside {_the(parent.title)}."
    if child.place == "root":
        return "An agent cannot stand inside another one."
    if child_kind == "otherwise" and parent_kind != "when":
        return "Otherwise belongs directly inside a When."
    if parent.children == "steps" and child.place == "nodes":
        return f"{_the(parent.title, True)} holds steps; {_the(child.title)} stands in the tree itself."
    if parent.place == "root" and child.place == "steps":
        return f"{_the(child.title, True)} is a step: it belongs inside a tool."
    return None


def inside_tool(document: AgentDocument, node_id: str) -> bool:
    """Whether what stands directly inside this node is steps."""
    node = document.node(node_id)
    around = [node, *document.ancestors(node_id)]
    return any(_holds_steps(each) for each in around)


def fixed_by(document: AgentDocument, node_id: str) -> str | None:
    """Why the node cannot be changed by itself: it belongs to a part. None where it can."""
    from engine.blueprint.declared import part_around

    part = part_around(document, node_id)
    if part is None:
        return None
    return f"This belongs to {_named(part)}: edit it there, or detach it here first."


def can_insert(document: AgentDocument, parent_id: str, index: int, kind: str) -> str | None:
    """Why a new node of that kind may not be put there; None where it may."""
    return can_insert_node(document, parent_id, index, Node("", kind))


def can_insert_node(document: AgentDocument, parent_id: str, index: int, node: Node) -> str | None:
    """Why this node, with all inside it, may not be put there; None where it may."""
    parent = document.get(parent_id)
    if parent is None:
        return "The part to put it into is not there any more."
    if not 0 <= index <= len(parent.children):
        return "There is no such place."
    if len(document) + sum(1 for _ in node.walk()) > MAX_NODES:
        return f"An agent has at most {MAX_NODES:,} parts."
    reason = _into_part(document, parent)
    return reason or _check(document, document, parent, index, node)


def can_move(document: AgentDocument, node_id: str, parent_id: str, index: int) -> str | None:
    """Why the node may not be moved there; None where it may. The index counts without the node itself."""
    node, parent = document.get(node_id), document.get(parent_id)
    if node is None or parent is None:
        return "That part is not there any more."
    if node_id == document.root.id:
        return "The agent itself stays where it is."
    if node_id == parent_id or any(around.id == node_id for around in document.ancestors(parent_id)):
        return "A part cannot be moved into itself."
    reason = fixed_by(document, node_id) or _into_part(document, parent)
    if reason:
        return reason
    room = len(parent.children) - (1 if document.place(node_id).parent_id == parent_id else 0)
    if not 0 <= index <= room:
        return "There is no such place."
    return _check(document, without(document, node_id), parent, index, node)


def can_remove(document: AgentDocument, node_id: str) -> str | None:
    """Why the node may not be deleted; None where it may."""
    if node_id not in document:
        return "That part is not there any more."
    if node_id == document.root.id:
        return "The agent itself cannot be deleted here."
    return fixed_by(document, node_id)


def misplaced(document: AgentDocument, node: Node) -> str | None:
    """Why a node of a loaded document stands wrong; None where it stands right."""
    parent = document.parent(node.id)
    if parent is None:
        return None if node.kind == "agent" else "The root of an agent must be an Agent."
    if node.kind == "unknown" or parent.kind == "unknown":
        return None
    return may_contain(parent.kind, node.kind) or _context(node, inside_tool(document, parent.id))


def insertion_point(document: AgentDocument, kind: str, selected: str | None) -> tuple[str, int] | None:
    """Where a node chosen in the palette goes: inside the selected one, behind it, or at the nearest legal place.

    New nodes at the top level go in front of the Timeline, so that the conversation stays last.
    """
    if selected is not None and selected in document:
        node = document.node(selected)
        end = len(node.children)
        if end and node.children[-1].kind == "otherwise" and kind != "otherwise":
            end -= 1
        if node.id != document.root.id and can_insert(document, node.id, end, kind) is None:
            return node.id, end
        current = node
        while (parent := document.parent(current.id)) is not None:
            index = document.place(current.id).index
            if parent.id == document.root.id and current.kind == "timeline":
                index -= 1
            if can_insert(document, parent.id, index + 1, kind) is None:
                return parent.id, index + 1
            current = parent
    root = document.root
    before = next((i for i, child in enumerate(root.children) if child.kind == "timeline"), len(root.children))
    for index in (before, len(root.children)):
        if can_insert(document, root.id, index, kind) is None:
            return root.id, index
    return None


def without(document: AgentDocument, node_id: str) -> AgentDocument:
    """The document without one node; the cheap look that rules about "once" and "before" need."""
    place = document.place(node_id)
    if place.parent_id is None:
        return document
    from engine.blueprint.edits import replace_node

    parent = document.node(place.parent_id)
    children = parent.children[: place.index] + parent.children[place.index + 1 :]
    return replace_node(document, Node(parent.id, parent.kind, parent.props, children, parent.enabled, parent.extra))


def _check(document: AgentDocument, rest: AgentDocument, parent: Node, index: int, node: Node) -> str | None:
    reason = may_contain(parent.kind, node.kind)
    if reason:
        return reason
    reason = _contexts(node, inside_tool(document, parent.id)) or _in_library(document, parent, node)
    if reason:
        return reason
    if document.place(parent.id).depth + 1 + _height(node) > MAX_DEPTH:
        return f"Parts can stand at most {MAX_DEPTH} deep inside each other."
    return _once(rest, parent, node) or _order(rest, parent, index, node)


def _into_part(document: AgentDocument, parent: Node) -> str | None:
    if parent.kind == "part":
        return f"Nothing can be put into {_named(parent)} here: edit it there, or detach it here first."
    return fixed_by(document, parent.id)


def _in_library(document: AgentDocument, parent: Node, node: Node) -> str | None:
    """What holds for the document of a part alone, and what for that of an agent alone."""
    edited = part_id(document)
    if edited is None:
        return "A parameter belongs to a part of the library." if node.kind == "parameter" else None
    if node.kind == "parameter" and parent.id != document.root.id:
        return "A parameter stands in the part itself."
    for inner in node.walk():
        if inner.kind == "timeline":
            return "The conversation stands in the agent itself, so a part cannot have a Timeline."
        if inner.kind == "part" and inner.props.get("part") == edited:
            return "A part cannot contain itself."
    return None


def part_id(document: AgentDocument) -> str | None:
    """The id of the part that this document is, where it is one of the library; None for an agent."""
    part = document.extra.get("part")
    found = part.get("id") if isinstance(part, Mapping) else None
    return found if isinstance(found, str) else None


def _contexts(node: Node, steps: bool) -> str | None:
    """The first part of a sub-tree that cannot stand where it would come to stand."""
    found = _context(node, steps)
    steps = steps or _holds_steps(node)
    for child in node.children:
        found = found or _contexts(child, steps)
    return found


def _context(node: Node, steps: bool) -> str | None:
    kind = KINDS.get(node.kind)
    if kind is None or kind.place in ("both", "root"):
        return None
    if steps and kind.place == "nodes":
        return f"{_the(kind.title, True)} cannot be a step of a tool."
    if not steps and kind.place == "steps":
        return f"{_the(kind.title, True)} is a step: it belongs inside a tool."
    return None


def _once(rest: AgentDocument, parent: Node, node: Node) -> str | None:
    for inner in node.walk():
        kind = KINDS.get(inner.kind)
        if kind is not None and kind.once and any(other.kind == inner.kind for other in rest.walk()):
            return f"There is {_a(kind.title)} already, and an agent has only one."
    if node.kind == "otherwise" and any(child.kind == "otherwise" for child in rest.node(parent.id).children):
        return "This When has an Otherwise already."
    if any(inner.kind == "timeline" for inner in node.walk()):
        around = [parent, *rest.ancestors(parent.id)]
        if any(each.kind == "repeat" for each in around):
            return "The Timeline cannot be repeated."
    return None


def _order(rest: AgentDocument, parent: Node, index: int, node: Node) -> str | None:
    siblings = rest.node(parent.id).children
    last = siblings[-1] if siblings else None
    if last is not None and last.kind == "otherwise" and index == len(siblings) and node.kind != "otherwise":
        return "Otherwise stands last inside its When."
    if node.kind == "otherwise" and index != len(siblings):
        return "Otherwise stands last inside its When."
    kinds = {inner.kind for inner in node.walk()}
    if kinds & {"example", "timeline"} and not ("example" in kinds and "timeline" in kinds):
        before, after = _around(rest, parent.id, index)
        if "example" in kinds and any(other.kind == "timeline" for other in before):
            return "An example message stands ahead of the conversation: put it above the Timeline."
        if "timeline" in kinds and any(other.kind == "example" for other in after):
            return "The Timeline stands below the example messages."
    return None


def _around(document: AgentDocument, parent_id: str, index: int) -> tuple[list[Node], list[Node]]:
    """All nodes before and after a place, in reading order."""
    parent = document.node(parent_id)
    edge = parent.children[index].id if index < len(parent.children) else None
    inside = {inner.id for inner in parent.walk()}
    before: list[Node] = []
    after: list[Node] = []
    passed = seen_parent = False
    for node in document.walk():
        if node.id == edge or (seen_parent and edge is None and node.id not in inside):
            passed = True
        (after if passed else before).append(node)
        seen_parent = seen_parent or node.id == parent_id
    return before, after


def _named(part: Node) -> str:
    title = str(part.props.get("title") or part.props.get("part_title") or "").strip()
    return f"“{title}” of the library" if title else "a part of the library"


def _holds_steps(node: Node) -> bool:
    kind = KINDS.get(node.kind)
    return kind is not None and kind.children == "steps"


def _height(node: Node) -> int:
    return 1 + max((_height(child) for child in node.children), default=-1)


def _a(title: str) -> str:
    return f"{'an' if title[:1] in 'AEIOU' else 'a'} {title}"


def _the(title: str, capital: bool = False) -> str:
    text = _a(title)
    return text[0].upper() + text[1:] if capital else text
