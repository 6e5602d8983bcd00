"""Two documents compared as trees: what was added, removed, moved and changed, and both in one tree to show.

Pure functions over values. Nodes are told apart by their ids, so a node that was moved and changed is still the same
node. Not here: words inside texts (``text_diff``), the edits that lead from one to the other (``patch``).
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.form_fields import Field, field_of
from engine.blueprint.kinds import KINDS, kind_of
from engine.blueprint.text_diff import Run, word_changes

_HASH = re.compile(r"[0-9a-f]{12,64}")
ChangeKind = Literal["added", "removed", "moved", "changed"]
KINDS_OF_CHANGE: tuple[ChangeKind, ...] = ("added", "removed", "moved", "changed")


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """A property with another value.

    Attributes:
        name: Its technical name (``kind``, ``enabled`` and keys that nobody knows among them).
        label: What the form calls it.
        before: The value in words; texts as they are.
        after: The same for the value after.
    """

    name: str
    label: str
    before: str
    after: str

    def runs(self) -> tuple[Run, ...]:
        """The difference word by word."""
        return word_changes(self.before, self.after)


@dataclass(frozen=True, slots=True)
class Move:
    """Where a node stood and where it stands; ``up`` counts where the parent is the same one."""

    from_parent: Node
    to_parent: Node
    up: bool

    @property
    def within(self) -> bool:
        """Whether it only changed places among its siblings."""
        return self.from_parent.id == self.to_parent.id

    def words(self) -> str:
        """``moved up``, or out of what and into what."""
        if self.within:
            return "moved up" if self.up else "moved down"
        old, new = (kind_of(node).title_of(node) for node in (self.from_parent, self.to_parent))
        if self.to_parent.kind == "agent":
            return f"moved out of {old}"
        return f"moved into {new}" if self.from_parent.kind == "agent" else f"moved from {old} into {new}"


@dataclass(frozen=True, slots=True)
class NodeChange:
    """What happened to one node.

    Attributes:
        before: The node before, None where it was added.
        after: The node after, None where it was removed.
        move: How it was moved, or None.
        properties: Its properties that differ, in the order of the form.
    """

    before: Node | None
    after: Node | None
    move: Move | None = None
    properties: tuple[PropertyChange, ...] = ()

    @property
    def node(self) -> Node:
        """The node to show: the one after, or the one that was removed."""
        node = self.after or self.before
        assert node is not None
        return node

    @property
    def kinds(self) -> tuple[ChangeKind, ...]:
        """Everything that happened, of ``added``, ``removed``, ``moved``, ``changed``."""
        if self.before is None:
            return ("added",)
        if self.after is None:
            return ("removed",)
        found: list[ChangeKind] = ["moved"] if self.move is not None else []
        return (*found, "changed") if self.properties else tuple(found)

    def words(self) -> str:
        """All of it in one sentence without a full stop: ``Changed text of System``."""
        title = kind_of(self.node).title_of(self.node)
        if self.before is None or self.after is None:
            return f"{'Added' if self.before is None else 'Removed'} {title}"
        labels = " and ".join(change.label.lower() for change in self.properties[:3])
        said = f"Changed {labels}{' and more' if len(self.properties) > 3 else ''} of {title}" if labels else title
        return f"{said}, {self.move.words()}" if self.move is not None else said


@dataclass(frozen=True, slots=True)
class Merged:
    """A node of both trees in one. Removed nodes stand where they stood.

    Attributes:
        node: The node to show.
        change: What happened to it; None where nothing did.
        children: Nodes inside it.
        touched: Whether something happened to it or to anything inside it.
    """

    node: Node
    change: NodeChange | None
    children: tuple[Merged, ...]
    touched: bool

    def walk(self) -> Iterator[Merged]:
        """This one and all inside it, in reading order."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome of :func:`compare`. It is true where anything differs.

    Attributes:
        tree: Both documents in one tree.
        changes: What happened to nodes, in the reading order of that tree.
        about: Differences at the top of the file.
    """

    tree: Merged
    changes: tuple[NodeChange, ...]
    about: tuple[PropertyChange, ...] = ()
    _inner: frozenset[str] = field(default=frozenset(), repr=False)

    def __bool__(self) -> bool:
        return bool(self.changes or self.about)

    def counts(self) -> dict[ChangeKind, int]:
        """How many of each; what came or went inside something that came or went is not counted again."""
        counted = [change for change in self.changes if change.node.id not in self._inner]
        found = {kind: sum(kind in change.kinds for change in counted) for kind in KINDS_OF_CHANGE}
        return {kind: number for kind, number in found.items() if number}

    def words(self) -> str:
        """One line: the change itself where there is one, else ``2 added, 1 changed``; "" where nothing differs."""
        counted = [change for change in self.changes if change.node.id not in self._inner]
        if len(counted) == 1:
            return counted[0].words()
        said = ", ".join(f"{number} {kind}" for kind, number in self.counts().items())
        return said or ("Changed " + " and ".join(change.label for change in self.about) if self.about else "")


def compare(before: AgentDocument, after: AgentDocument) -> Comparison:
    """What differs between two documents.

    A property that is absent is the same as one at its default. Of siblings that changed places as few as possible
    are called moved.

    Args:
        before: The older document.
        after: The newer one. Its root is the counterpart of the other root, whatever their ids.
    """
    pairs = _Pairs(before, after)
    tree = _merge(pairs, before.root, after.root, True)
    changes = tuple(found.change for found in tree.walk() if found.change is not None)
    return Comparison(tree, changes, tuple(_extra(before.extra, after.extra)), frozenset(_inner(tree)))


class _Pairs:
    """Which node of the one document is which of the other, and which of them moved."""

    def __init__(self, before: AgentDocument, after: AgentDocument) -> None:
        self._before = {node.id: node for node in before.walk() if node is not before.root}
        self._after = {node.id: node for node in after.walk() if node is not after.root}
        self._roots = (before.root, after.root)
        self._old_parent = {child.id: node for node in before.walk() for child in node.children}
        self._new_parent = {child.id: node for node in after.walk() for child in node.children}
        self._staying: dict[str, frozenset[str]] = {}

    def old(self, node: Node) -> Node | None:
        """The node before of a node after."""
        return self._roots[0] if node is self._roots[1] else self._before.get(node.id)

    def new(self, node: Node) -> Node | None:
        """The node after of a node before."""
        return self._roots[1] if node is self._roots[0] else self._after.get(node.id)

    def move(self, node: Node) -> Move | None:
        """How a node after came to its place; None where it stayed, or is new."""
        if node.id not in self._before or node is self._roots[1]:
            return None
        source, target = self._old_parent[node.id], self._new_parent[node.id]
        if self.new(source) is not target:
            return Move(source, target, False)
        if node.id in self.staying(target):
            return None
        return Move(source, target, self._rose(node, source, target))

    def staying(self, parent: Node) -> frozenset[str]:
        """Ids of the children of a node after that kept their place among each other."""
        found = self._staying.get(parent.id)
        if found is None:
            found = self._staying[parent.id] = self._stayed(parent)
        return found

    def _stayed(self, parent: Node) -> frozenset[str]:
        old = self.old(parent)
        if old is None:
            return frozenset()
        places = {child.id: place for place, child in enumerate(old.children)}
        kept = [child.id for child in parent.children if child.id in places]
        return frozenset(kept[index] for index in longest_rise([places[key] for key in kept]))

    def _rose(self, node: Node, source: Node, target: Node) -> bool:
        """Whether it passed more siblings upwards than downwards."""
        staying = self.staying(target)

        def above(parent: Node) -> int:
            ids = [child.id for child in parent.children]
            return sum(key in staying for key in ids[: ids.index(node.id)])

        return above(target) < above(source)


def longest_rise(numbers: Sequence[int]) -> list[int]:
    """Positions of a longest strictly rising subsequence, in order.

    Example:
        >>> longest_rise([3, 0, 1, 4, 2])
        [1, 2, 4]
    """
    ends: list[int] = []  # the smallest number that a rise of each length ends with
    at: list[int] = []
    before: list[int] = []
    for position, number in enumerate(numbers):
        length = bisect_left(ends, number)
        before.append(at[length - 1] if length else -1)
        ends[length : length + 1] = [number]
        at[length : length + 1] = [position]
    found: list[int] = []
    position = at[-1] if at else -1
    while position >= 0:
        found.append(position)
        position = before[position]
    return found[::-1]


def _merge(pairs: _Pairs, before: Node | None, after: Node | None, root: bool = False) -> Merged:
    """Both nodes in one; either may be missing."""
    children = tuple(_merge(pairs, old, new) for old, new in _children(pairs, before, after))
    node = after or before
    assert node is not None
    change: NodeChange | None = None
    if before is None or after is None:
        change = NodeChange(before, after)
    else:
        move = None if root else pairs.move(after)
        properties = tuple(property_changes(before, after))
        change = NodeChange(before, after, move, properties) if move or properties else None
    return Merged(node, change, children, change is not None or any(child.touched for child in children))


def _children(pairs: _Pairs, before: Node | None, after: Node | None) -> Iterator[tuple[Node | None, Node | None]]:
    """The children of both: those after in their order, and those that are gone behind what they stood behind."""
    gone: dict[str, list[Node]] = {}
    staying = pairs.staying(after) if after is not None else frozenset()
    anchor = ""
    for child in before.children if before is not None else ():
        if pairs.new(child) is None:
            gone.setdefault(anchor, []).append(child)
        elif child.id in staying:
            anchor = child.id
    yield from ((child, None) for child in gone.get("", ()))
    for child in after.children if after is not None else ():
        yield pairs.old(child), child
        if child.id in staying:
            yield from ((old, None) for old in gone.get(child.id, ()))


def _inner(tree: Merged) -> Iterator[str]:
    """Ids of what was added inside something added, or removed inside something removed."""
    for found in tree.walk():
        kinds = found.change.kinds if found.change else ()
        if "added" in kinds or "removed" in kinds:
            yield from (child.node.id for child in found.children if child.change and child.change.kinds == kinds)


# --- properties --------------------------------------------------------------------------------------------------


def property_changes(before: Node, after: Node) -> Iterator[PropertyChange]:
    """The properties in which two nodes differ, whatever stands inside them."""
    old_kind, old = _kind_and_props(before)
    new_kind, new = _kind_and_props(after)
    if old_kind != new_kind:
        yield PropertyChange("kind", "Kind of part", kind_of(before).title, kind_of(after).title)
    known = KINDS[new_kind].Properties.model_fields if new_kind in KINDS and old_kind == new_kind else {}
    names = [*known, *sorted({*old, *new} - set(known))]
    for name in names:
        one, other = old.get(name, _absent), new.get(name, _absent)
        if _text(one) != _text(other):
            yield _property_change(new_kind, name, one, other)
    if before.enabled != after.enabled:
        yield PropertyChange("enabled", "Switched on", _yes_no(before.enabled), _yes_no(after.enabled))
    yield from _extra(before.extra, after.extra)


_absent = object()


def _kind_and_props(node: Node) -> tuple[str, Mapping[str, Any]]:
    """The kind and the values of all its properties, those at their default too."""
    if node.kind == "unknown":
        inner = node.props.get("props")
        return str(node.props.get("kind", "unknown")), inner if isinstance(inner, Mapping) else {}
    try:
        parsed = kind_of(node).props(node)
    except ValidationError:
        return node.kind, node.props
    values = {name: getattr(parsed, name) for name in type(parsed).model_fields}
    return node.kind, {name: _plain(value) for name, value in {**values, **(parsed.model_extra or {})}.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _text(value: Any) -> str:
    return "" if value is _absent else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)


def _property_change(kind: str, name: str, before: Any, after: Any) -> PropertyChange:
    field = field_of(kind, name)
    label = field.label if field is not None else name.replace("_", " ")
    old, new = _say(field, before), _say(field, after)
    if field is None and _HASH.fullmatch(old) and _HASH.fullmatch(new):
        return PropertyChange(name, label, "an earlier one", "another one")  # which part of the library: says nothing
    if old == new:  # the words hide the difference, so show what is written
        old, new = _written(before), _written(after)
    return PropertyChange(name, label, old, new)


def _say(field: Field | None, value: Any) -> str:
    """A value as a person reads it."""
    from engine.blueprint.conditions import as_condition, words
    from engine.blueprint.values import ValueProblem, as_text

    if value is _absent or value is None:
        return ""
    if field is not None and field.editor == "condition":
        condition = as_condition(value)
        return condition.expression.strip() or words(condition, bold=False)
    if field is not None and field.choices:
        label = next((choice.label for choice in field.choices if choice.value == value), None)
        if label is not None:
            return label
    try:
        return as_text(value)
    except ValueProblem:
        return _written(value)


def _written(value: Any) -> str:
    return "" if value is _absent else json.dumps(value, ensure_ascii=False, indent=2, default=str)


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"


def _extra(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[PropertyChange]:
    for name in sorted({*before, *after}):
        if _text(before.get(name, _absent)) != _text(after.get(name, _absent)):
            yield _property_change("", name, before.get(name, _absent), after.get(name, _absent))
