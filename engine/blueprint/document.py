"""The agent document as values: frozen nodes in a tree, and looking things up in it.

Not here: reading and writing files (``files``), what the kinds mean (``kinds``), changing a document (``edits``).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

FORMAT_NAME = "bough-agent"
FORMAT_VERSION = 1

MAX_NODES = 5_000
"""The most nodes one agent may have."""
MAX_DEPTH = 40
"""How deep nodes may stand inside each other."""

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_ID_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,64}")


def new_node_id() -> str:
    """A new random node id: short, without letters that look alike, and safe in an element path."""
    return "n" + "".join(secrets.choice(_ALPHABET) for _ in range(11))


def is_node_id(value: object) -> bool:
    """Whether ``value`` may be a node's id (it becomes a segment of element paths)."""
    return isinstance(value, str) and _ID_PATTERN.fullmatch(value) is not None


@dataclass(frozen=True, slots=True)
class Node:
    """One part of an agent. Never changed in place; ``props`` is treated as frozen.

    Attributes:
        id: Stable identifier, unique in its document.
        kind: Name of its kind, see ``engine.blueprint.kinds.KINDS``. Kinds of a newer version are wrapped as
            ``unknown`` with the original name and properties inside ``props``.
        props: Properties as JSON values; those at their default may be absent.
        children: Nodes inside it, in reading order.
        enabled: False where the person switched it off.
        extra: Keys of the node in the file that this version does not know, kept for writing back.
    """

    id: str
    kind: str
    props: Mapping[str, Any] = field(default_factory=dict)
    children: tuple[Node, ...] = ()
    enabled: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)
    _cache: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False, hash=False)

    def walk(self) -> Iterator[Node]:
        """This node and all inside it, in reading order."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.children))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node stands: inside which node (None for the root), at which position, how deep."""

    parent_id: str | None
    index: int
    depth: int


@dataclass(frozen=True, slots=True)
class AgentDocument:
    """A whole agent.

    Attributes:
        root: The Agent node.
        format_version: Version of the file format; always the newest after loading.
        extra: Other keys at the top of the file, kept for writing back (``template``: card of a template).
    """

    root: Node
    format_version: int = FORMAT_VERSION
    extra: Mapping[str, Any] = field(default_factory=dict)
    _cache: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False, hash=False)

    def _index(self) -> dict[str, tuple[Node, str | None, int, int]]:
        """Node, parent, position and depth by id. Made for each edit, so it holds plain tuples, not places."""
        index: dict[str, tuple[Node, str | None, int, int]] | None = self._cache.get("index")
        if index is None:
            index = {self.root.id: (self.root, None, 0, 0)}
            level, depth = [self.root], 0
            while level:
                depth += 1
                below: list[Node] = []
                for parent in level:
                    for position, child in enumerate(parent.children):
                        index[child.id] = (child, parent.id, position, depth)
                        if child.children:
                            below.append(child)
                level = below
            self._cache["index"] = index
        return index

    def take_index(self, before: AgentDocument, changed: Iterable[Node]) -> None:
        """Take the index over from a document of the same shape in which only these nodes are other objects."""
        index = dict(before._index())
        for node in changed:
            index[node.id] = (node, *index[node.id][1:])
        self._cache["index"] = index

    def walk(self) -> Iterator[Node]:
        """All nodes in reading order, the root first."""
        return self.root.walk()

    def __len__(self) -> int:
        return len(self._index())

    def __contains__(self, node_id: object) -> bool:
        return node_id in self._index()

    def get(self, node_id: str) -> Node | None:
        """The node of that id, or None."""
        found = self._index().get(node_id)
        return found[0] if found else None

    def node(self, node_id: str) -> Node:
        """The node of that id.

        Raises:
            KeyError: There is none.
        """
        return self._index()[node_id][0]

    def place(self, node_id: str) -> Place:
        """Where the node stands."""
        _, parent_id, index, depth = self._index()[node_id]
        return Place(parent_id, index, depth)

    def parent(self, node_id: str) -> Node | None:
        """The node that holds it; None for the root."""
        parent_id = self.place(node_id).parent_id
        return None if parent_id is None else self.node(parent_id)

    def ancestors(self, node_id: str) -> list[Node]:
        """The nodes around it, nearest first, the root last."""
        found: list[Node] = []
        parent = self.parent(node_id)
        while parent is not None:
            found.append(parent)
            parent = self.parent(parent.id)
        return found

    def replace_root(self, root: Node) -> AgentDocument:
        """The same document with another root node."""
        return AgentDocument(root, self.format_version, self.extra)


def fresh_ids(node: Node) -> Node:
    """A copy with new ids throughout, for paste and duplicate."""
    if node.kind == "part":
        return with_id(node, new_node_id())
    return Node(
        new_node_id(),
        node.kind,
        node.props,
        tuple(fresh_ids(child) for child in node.children),
        node.enabled,
        node.extra,
    )


def with_id(part: Node, new: str) -> Node:
    """A part under another id: what stands inside keeps its own, behind the part's (``part-inner``)."""

    def moved(node: Node) -> Node:
        return Node(
            f"{new}-{node.id.removeprefix(f'{part.id}-')}",
            node.kind,
            node.props,
            tuple(moved(child) for child in node.children),
            node.enabled,
            node.extra,
        )

    return Node(new, part.kind, part.props, tuple(moved(child) for child in part.children), part.enabled, part.extra)


def make_node(kind: str, *children: Node, id: str | None = None, enabled: bool = True, **props: Any) -> Node:
    """A node with a new id, for code and tests.

    Example:
        >>> make_node("system", text="Be kind.").props["text"]
        'Be kind.'
    """
    return Node(id or new_node_id(), kind, props, children, enabled)
