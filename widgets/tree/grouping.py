"""Edits that put a node around others, or take one away from around them. Plain functions over the document."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from engine.blueprint.document import AgentDocument, Node, new_node_id
from engine.blueprint.edits import Batch, Edit, InsertNode, MoveNode, RemoveNode
from engine.blueprint.kinds import KINDS, kind_of

_WRAPPERS = ("group", "when", "repeat")


def wrap_edit(document: AgentDocument, ids: Sequence[str], kind: str) -> tuple[Batch, str]:
    """The edit that puts a new node of a kind around nodes, at the place of the first, and the new node's id."""
    first = document.place(ids[0])
    node = Node(new_node_id(), kind, KINDS[kind].new_props(document))
    edits: list[Edit] = [InsertNode(str(first.parent_id), first.index, node)]
    edits += [MoveNode(node_id, node.id, position) for position, node_id in enumerate(ids)]
    label = QCoreApplication.translate("Tree", "put inside %1").replace("%1", KINDS[kind].title)
    return Batch(tuple(edits), label), node.id


def can_unwrap(node: Node) -> bool:
    """Whether a node may be taken away from around what stands inside it."""
    return node.kind in _WRAPPERS and bool(node.children)


def unwrap_edit(document: AgentDocument, ids: Sequence[str]) -> tuple[Batch, list[str]]:
    """The edit that puts what stands inside nodes in their place, and the ids of what stood inside."""
    edits: list[Edit] = []
    inner: list[str] = []
    offsets: dict[str, int] = {}
    for node_id in ids:
        node, place = document.node(node_id), document.place(node_id)
        parent = str(place.parent_id)
        at = place.index + offsets.get(parent, 0)
        for position, child in enumerate(node.children):
            edits.append(MoveNode(child.id, parent, at + position + 1))
            inner.append(child.id)
        edits.append(RemoveNode(node_id))
        offsets[parent] = offsets.get(parent, 0) + len(node.children) - 1
    title = kind_of(document.node(ids[0])).title
    return Batch(tuple(edits), QCoreApplication.translate("Tree", "take away %1").replace("%1", title)), inner
