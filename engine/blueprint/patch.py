"""The edits that make one document out of another, as one step of undo: restoring a version is an edit like any other.

Not here: telling a person what differs (``compare``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from engine.blueprint.compare import longest_rise
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.edits import Batch, Edit, InsertNode, MoveNode, RemoveNode, SetEnabled, SetProperty, apply


def edits_between(before: AgentDocument, after: AgentDocument, label: str = "change") -> Batch:
    """Edits that turn ``before`` into ``after``: exactly, byte for byte, where both are versions of one agent.

    Few nodes move: siblings that keep their order stay where they are. Between two steps the document may break the
    rules of placement, so it is made with ``check=False``. The root keeps its id, and what stands beside the root in
    the file is no part of it, as with every edit.

    Args:
        before: The document as it is.
        after: The document as it should be.
        label: Words for "Undo …".
    """
    return Batch(tuple(_Path(before, after).edits()), label)


class _Path:
    """Walks from the one to the other and keeps the document as it is on the way."""

    def __init__(self, before: AgentDocument, after: AgentDocument) -> None:
        self._now = before
        self._after = after
        self._made: list[Edit] = []

    def edits(self) -> list[Edit]:
        self._set_props(self._now.root, self._after.root)
        for gone in list(_without_survivors(self._now.root, self._after)):
            self._do(RemoveNode(gone.id))
        self._arrange(self._after.root, self._now.root.id)
        for gone in list(_topmost_gone(self._now.root, self._after)):
            self._do(RemoveNode(gone.id))
        return self._made

    def _do(self, edit: Edit) -> None:
        self._now, _ = apply(self._now, edit, check=False)
        self._made.append(edit)

    def _arrange(self, parent: Node, parent_id: str) -> None:
        """Put the children of a node after to their places, then theirs. What is above them is in place already."""
        staying = self._staying(parent, parent_id)
        previous: str | None = None
        for child in parent.children:
            if child.id not in staying:
                self._bring(child, parent_id, previous)
            previous = child.id
        for child in parent.children:
            self._arrange(child, child.id)

    def _bring(self, child: Node, parent_id: str, previous: str | None) -> None:
        here = self._now.get(child.id)
        if here is not None and not _same_sort(here, child):
            self._replace(here, child)
            here = self._now.node(child.id)
        siblings = [node.id for node in self._now.node(parent_id).children if node.id != child.id]
        index = siblings.index(previous) + 1 if previous is not None else 0
        if here is None:
            shell = Node(child.id, child.kind, child.props, (), child.enabled, child.extra)
            self._do(InsertNode(parent_id, index, shell))
            return
        self._do(MoveNode(child.id, parent_id, index))
        self._set_props(here, child)

    def _staying(self, parent: Node, parent_id: str) -> set[str]:
        """Children that need no move; their properties are set."""
        places = {node.id: place for place, node in enumerate(self._now.node(parent_id).children)}
        for child in parent.children:
            here = self._now.get(child.id) if child.id in places else None
            if here is not None and not _same_sort(here, child):
                self._replace(here, child)
            elif here is not None:
                self._set_props(here, child)
        kept = [child.id for child in parent.children if child.id in places]
        return {kept[index] for index in longest_rise([places[key] for key in kept])}

    def _replace(self, here: Node, wanted: Node) -> None:
        """Exchange a node that property edits cannot turn into the wanted one: another kind, or a newer version's."""
        place = self._now.place(here.id)
        parent = place.parent_id or ""
        for offset, child in enumerate(here.children):  # out of it first: they may be wanted elsewhere
            self._do(MoveNode(child.id, parent, place.index + offset))
        self._do(RemoveNode(here.id))
        shell = Node(wanted.id, wanted.kind, wanted.props, (), wanted.enabled, wanted.extra)
        self._do(InsertNode(parent, place.index + len(here.children), shell))

    def _set_props(self, here: Node, wanted: Node) -> None:
        for name in sorted({*here.props, *wanted.props}):
            if name not in wanted.props:
                self._do(SetProperty(here.id, name, absent=True))
            elif name not in here.props or not _equal(here.props[name], wanted.props[name]):
                self._do(SetProperty(here.id, name, wanted.props[name]))
        if here.enabled != wanted.enabled and here.id != self._now.root.id:
            self._do(SetEnabled(here.id, wanted.enabled))


def _same_sort(one: Node, other: Node) -> bool:
    """Whether edits of properties lead from the one to the other."""
    if one.kind == other.kind == "unknown":
        return _equal(one.props, other.props) and _equal(one.extra, other.extra)
    return one.kind == other.kind and _equal(one.extra, other.extra)


def _equal(one: object, other: object) -> bool:
    """Equal as JSON: ``1``, ``1.0`` and ``true`` are three values."""
    return one is other or json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _without_survivors(root: Node, after: AgentDocument) -> Iterator[Node]:
    """Topmost nodes below ``root`` that are gone with all inside them."""
    for child in root.children:
        if child.id not in after and not any(inner.id in after for inner in child.walk()):
            yield child
        else:
            yield from _without_survivors(child, after)


def _topmost_gone(root: Node, after: AgentDocument) -> Iterator[Node]:
    for child in root.children:
        if child.id not in after:
            yield child
        else:
            yield from _topmost_gone(child, after)
