"""What a problem is, and the small edits that fix the common ones. Not here: finding problems (``checks``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
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
