"""Edits: small frozen values that change a document and know their exact inverse.

Pure functions over frozen values; JSON in and out. Not here: undo and redo (``history``), where nodes may stand
(``placement``), renaming with references (``rename``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from engine.blueprint.document import AgentDocument, Node, is_node_id
from engine.blueprint.kinds import KINDS, kind_of
from engine.blueprint.placement import can_insert, can_insert_node, can_move, can_remove, fixed_by, insertion_point
from engine.errors import ValidationFailed


class EditError(ValidationFailed):
    """The edit cannot be made; the text says why in plain words."""


@dataclass(frozen=True, slots=True)
class InsertNode:
    """Put a node, with all inside it, at a position inside another."""

    parent_id: str
    index: int
    node: Node

    @property
    def label(self) -> str:
        """Words for "Undo …"."""
        return f"add {kind_of(self.node).title}"


@dataclass(frozen=True, slots=True)
class RemoveNode:
    """Delete a node with all inside it."""

    id: str

    @property
    def label(self) -> str:
        """Words for "Undo …"."""
        return "delete part"


@dataclass(frozen=True, slots=True)
class MoveNode:
    """Move a node; ``index`` is its position in the new parent, counted without the node itself."""

    id: str
    parent_id: str
    index: int

    @property
    def label(self) -> str:
        """Words for "Undo …"."""
        return "move part"


@dataclass(frozen=True, slots=True)
class SetProperty:
    """Give a property a value, or with ``absent`` take it back to its default."""

    id: str
    name: str
    value: Any = None
    absent: bool = False

    @property
    def label(self) -> str:
        """Words for "Undo …"."""
        return f"change {self.name.replace('_', ' ')}"


@dataclass(frozen=True, slots=True)
class SetEnabled:
    """Switch a node on or off."""

    id: str
    on: bool

    @property
    def label(self) -> str:
        """Words for "Undo …"."""
        return "switch on" if self.on else "switch off"


@dataclass(frozen=True, slots=True)
class Batch:
    """Several edits that are made, and undone, as one."""

    edits: tuple[Edit, ...]
    label: str = "change"


Edit = InsertNode | RemoveNode | MoveNode | SetProperty | SetEnabled | Batch


def apply(document: AgentDocument, edit: Edit, *, check: bool = True) -> tuple[AgentDocument, Edit]:
    """Make an edit.

    Args:
        document: The document before.
        edit: What to do.
        check: Whether placement rules hold. Undo and redo pass False: what was there may come back.

    Returns:
        The document after, and the edit that takes it back exactly.

    Raises:
        EditError: It cannot be made. The document is unchanged.
    """
    if isinstance(edit, Batch):
        return _batch(document, edit, check)
    if isinstance(edit, InsertNode):
        return _insert(document, edit, check)
    if isinstance(edit, RemoveNode):
        return _remove(document, edit, check)
    if isinstance(edit, MoveNode):
        return _move(document, edit, check)
    reason = fixed_by(document, edit.id) if check and edit.id in document else None
    if reason:
        raise EditError(reason)
    if isinstance(edit, SetProperty):
        return _set_property(document, edit)
    node = _find(document, edit.id)
    if node.id == document.root.id:
        raise EditError("The agent itself cannot be switched off.")
    changed = Node(node.id, node.kind, node.props, node.children, edit.on, node.extra)
    return replace_node(document, changed), SetEnabled(node.id, node.enabled)


def describe(document: AgentDocument, edit: Edit) -> str:
    """Words for "Undo …", with the title of what is edited; ``document`` is the one before the edit."""
    if isinstance(edit, (Batch, InsertNode)):
        return edit.label
    node = document.get(edit.id)
    if node is None:
        return edit.label
    kind = kind_of(node)
    if isinstance(edit, RemoveNode):
        return f"delete {kind.title}"
    if isinstance(edit, MoveNode):
        return f"move {kind.title}"
    if isinstance(edit, SetEnabled):
        return f"{edit.label} {kind.title}"
    from engine.blueprint.form_fields import field_of

    field = field_of(node.kind, edit.name)
    return f"change {(field.label if field else edit.name).lower()} of {kind.title}"


def replace_node(document: AgentDocument, node: Node) -> AgentDocument:
    """The document with the node of that id exchanged; only the way up to the root is copied."""
    current, way = node, [node]
    place = document.place(node.id)
    while place.parent_id is not None:
        parent = document.node(place.parent_id)
        children = (*parent.children[: place.index], current, *parent.children[place.index + 1 :])
        current = Node(parent.id, parent.kind, parent.props, children, parent.enabled, parent.extra)
        way.append(current)
        place = document.place(parent.id)
    after = document.replace_root(current)
    if node.children is document.node(node.id).children:
        after.take_index(document, way)  # many such edits in a row would otherwise count all nodes each time
    return after


def _find(document: AgentDocument, node_id: str) -> Node:
    node = document.get(node_id)
    if node is None:
        raise EditError("That part is not there any more.")
    return node


def _with_children(document: AgentDocument, parent: Node, children: tuple[Node, ...]) -> AgentDocument:
    return replace_node(document, Node(parent.id, parent.kind, parent.props, children, parent.enabled, parent.extra))


def _batch(document: AgentDocument, batch: Batch, check: bool) -> tuple[AgentDocument, Edit]:
    inverses: list[Edit] = []
    for edit in batch.edits:
        document, inverse = apply(document, edit, check=check)
        inverses.append(inverse)
    return document, Batch(tuple(reversed(inverses)), batch.label)


def _insert(document: AgentDocument, edit: InsertNode, check: bool) -> tuple[AgentDocument, Edit]:
    parent = _find(document, edit.parent_id)
    ids = [inner.id for inner in edit.node.walk()]
    if len(set(ids)) != len(ids) or any(node_id in document for node_id in ids):
        raise EditError("A part with this id is there already.")
    if not all(is_node_id(node_id) for node_id in ids):
        raise EditError("A part has no proper id.")
    reason = can_insert_node(document, edit.parent_id, edit.index, edit.node) if check else None
    if reason:
        raise EditError(reason)
    if not 0 <= edit.index <= len(parent.children):
        raise EditError("There is no such place.")
    for inner in edit.node.walk():
        check_props(inner)
    children = (*parent.children[: edit.index], edit.node, *parent.children[edit.index :])
    return _with_children(document, parent, children), RemoveNode(edit.node.id)


def _remove(document: AgentDocument, edit: RemoveNode, check: bool) -> tuple[AgentDocument, Edit]:
    reason = can_remove(document, edit.id)
    if reason and (check or edit.id not in document or edit.id == document.root.id):
        raise EditError(reason)
    node, place = document.node(edit.id), document.place(edit.id)
    parent = document.node(place.parent_id or "")
    children = parent.children[: place.index] + parent.children[place.index + 1 :]
    return _with_children(document, parent, children), InsertNode(parent.id, place.index, node)


def _move(document: AgentDocument, edit: MoveNode, check: bool) -> tuple[AgentDocument, Edit]:
    node = _find(document, edit.id)
    if check:
        reason = can_move(document, edit.id, edit.parent_id, edit.index)
        if reason:
            raise EditError(reason)
    _find(document, edit.parent_id)
    if any(inner.id == edit.parent_id for inner in node.walk()):
        raise EditError("A part cannot be moved into itself.")
    place = document.place(edit.id)
    rest, _ = _remove(document, RemoveNode(edit.id), check)
    parent = rest.node(edit.parent_id)
    if not 0 <= edit.index <= len(parent.children):
        raise EditError("There is no such place.")
    children = (*parent.children[: edit.index], node, *parent.children[edit.index :])
    return _with_children(rest, parent, children), MoveNode(edit.id, place.parent_id or "", place.index)


def _set_property(document: AgentDocument, edit: SetProperty) -> tuple[AgentDocument, Edit]:
    node = _find(document, edit.id)
    if node.kind == "unknown":
        raise EditError("This part was made by a newer version of Bough and cannot be changed here.")
    had = edit.name in node.props
    inverse = SetProperty(edit.id, edit.name, node.props.get(edit.name), absent=not had)
    props = dict(node.props)
    if edit.absent:
        props.pop(edit.name, None)
    else:
        props[edit.name] = json_copy(edit.value)
    changed = Node(node.id, node.kind, props, node.children, node.enabled, node.extra)
    check_props(changed, edit.name)
    return replace_node(document, changed), inverse


def check_props(node: Node, name: str | None = None) -> None:
    """Raise where a property has the wrong type.

    Raises:
        EditError: With the reason; ``place`` is the property.
    """
    try:
        kind_of(node).props(node)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or (name or "")
        raise EditError(reason_of(dict(first)), place=place) from None


def reason_of(error: Mapping[str, Any]) -> str:
    """One of pydantic's errors in plain words."""
    context: Mapping[str, Any] = error.get("ctx") or {}
    plain: dict[str, Callable[[], str]] = {
        "string_type": lambda: "This must be text.",
        "bool_type": lambda: "This must be yes or no.",
        "int_type": lambda: "This must be a whole number.",
        "float_type": lambda: "This must be a number.",
        "list_type": lambda: "This must be a list.",
        "dict_type": lambda: "This must be a record.",
        "model_type": lambda: "This must be a record.",
        "model_attributes_type": lambda: "This must be a record.",
        "literal_error": lambda: f"This must be one of: {context.get('expected', '')}.",
        "greater_than_equal": lambda: f"This must be at least {context.get('ge')}.",
        "less_than_equal": lambda: f"This must be at most {context.get('le')}.",
        "string_too_long": lambda: f"This is longer than {context.get('max_length'):,} characters.",
        "too_long": lambda: f"This has more than {context.get('max_length'):,} items.",
    }
    found = plain.get(str(error.get("type")))
    return found() if found else f"This value cannot be used here ({error.get('msg', 'wrong type')})."


def json_copy(value: Any, depth: int = 0) -> Any:
    """A copy of a JSON value that nobody else holds.

    Raises:
        EditError: It is no JSON value.
    """
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float) and value == value and value not in (float("inf"), float("-inf")):
        return value
    if depth < 50:
        if isinstance(value, (list, tuple)):
            return [json_copy(item, depth + 1) for item in value]
        if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
            return {key: json_copy(item, depth + 1) for key, item in value.items()}
    raise EditError("This value cannot be kept in an agent.")


def edit_to_json(edit: Edit) -> dict[str, Any]:
    """An edit as a JSON object."""
    from engine.blueprint.files import node_to_json

    if isinstance(edit, InsertNode):
        return {"do": "insert", "parent_id": edit.parent_id, "index": edit.index, "node": node_to_json(edit.node)}
    if isinstance(edit, RemoveNode):
        return {"do": "remove", "id": edit.id}
    if isinstance(edit, MoveNode):
        return {"do": "move", "id": edit.id, "parent_id": edit.parent_id, "index": edit.index}
    if isinstance(edit, SetProperty):
        found: dict[str, Any] = {"do": "set", "id": edit.id, "name": edit.name}
        return {**found, "absent": True} if edit.absent else {**found, "value": edit.value}
    if isinstance(edit, SetEnabled):
        return {"do": "enable", "id": edit.id, "on": edit.on}
    return {"do": "batch", "label": edit.label, "edits": [edit_to_json(inner) for inner in edit.edits]}


def edit_from_json(data: Any) -> Edit:
    """The inverse of :func:`edit_to_json`.

    Raises:
        EditError: It is no edit.
    """
    from engine.blueprint.files import DocumentError, node_from_json

    try:
        match data["do"]:
            case "insert":
                return InsertNode(str(data["parent_id"]), int(data["index"]), node_from_json(data["node"]))
            case "remove":
                return RemoveNode(str(data["id"]))
            case "move":
                return MoveNode(str(data["id"]), str(data["parent_id"]), int(data["index"]))
            case "set":
                return SetProperty(str(data["id"]), str(data["name"]), data.get("value"), bool(data.get("absent")))
            case "enable":
                return SetEnabled(str(data["id"]), bool(data["on"]))
            case "batch":
                return Batch(tuple(edit_from_json(inner) for inner in data["edits"]), str(data["label"]))
    except (KeyError, TypeError, ValueError, RecursionError, DocumentError):
        pass
    raise EditError("This is not an edit that this version understands.")


__all__ = [
    "KINDS",
    "Batch",
    "Edit",
    "EditError",
    "InsertNode",
    "MoveNode",
    "RemoveNode",
    "SetEnabled",
    "SetProperty",
    "apply",
    "can_insert",
    "can_insert_node",
    "can_move",
    "can_remove",
    "describe",
    "edit_from_json",
    "edit_to_json",
    "insertion_point",
    "replace_node",
]
