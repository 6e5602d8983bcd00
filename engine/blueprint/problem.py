"""What a problem is, and the small edits that fix the common ones. Not here: finding problems (``checks``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from engine.blueprint.document import AgentDocument, Node
    from engine.blueprint.edits import Edit

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about an agent that the person should know.

    Attributes:
        node_id: The node to look at.
        field: The property, where it is about one.
        severity: ``error``: the agent cannot run or a part cannot work; ``warning``: it runs, but surely not as
            meant; ``info``: worth a look.
        text: One or two plain sentences.
        fix: An edit that puts it right, or None. Its ``label`` says what it does.
        line: Line inside the field's text, from 1, where it is about one.
    """

    node_id: str
    field: str | None
    severity: Severity
    text: str
    fix: Edit | None = None
    line: int | None = None


def set_value(node_id: str, name: str, value: Any, label: str) -> Edit:
    """A fix that sets one property."""
    from engine.blueprint.edits import Batch, SetProperty

    return Batch((SetProperty(node_id, name, value),), label)


def set_values(node_id: str, values: Mapping[str, Any], label: str) -> Edit:
    """A fix that sets several properties of one node."""
    from engine.blueprint.edits import Batch, SetProperty

    return Batch(tuple(SetProperty(node_id, name, value) for name, value in values.items()), label)


def unwrap(document: AgentDocument, node: Node) -> Edit | None:
    """A fix that puts what stands inside a node in its place; None where part of it is an *Otherwise*."""
    from engine.blueprint.edits import Batch, MoveNode, RemoveNode

    place = document.place(node.id)
    if place.parent_id is None or any(child.kind == "otherwise" for child in node.children):
        return None
    moves = tuple(MoveNode(child.id, place.parent_id, place.index + at) for at, child in enumerate(node.children))
    return Batch((*moves, RemoveNode(node.id)), f"Keep what is inside without the {node.kind.title()}")


def remove_node(node_id: str, label: str) -> Edit:
    """A fix that deletes a node."""
    from engine.blueprint.edits import Batch, RemoveNode

    return Batch((RemoveNode(node_id),), label)


def move_node(node_id: str, parent_id: str, index: int, label: str) -> Edit:
    """A fix that moves a node."""
    from engine.blueprint.edits import Batch, MoveNode

    return Batch((MoveNode(node_id, parent_id, index),), label)


def insert_node(parent_id: str, index: int, kind: str, props: Mapping[str, Any], label: str) -> Edit:
    """A fix that adds a node."""
    from engine.blueprint.document import Node, new_node_id
    from engine.blueprint.edits import Batch, InsertNode

    return Batch((InsertNode(parent_id, index, Node(new_node_id(), kind, dict(props))),), label)
