"""Walking the living tree: what stands before the Timeline, what after, tools, model, sections.

Not here: the words themselves (``content``), the finished request (``assemble``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.compiler.assemble import Example
from engine.compiler.content import (
    Content,
    Piece,
    Segment,
    Written,
    collapsed_piece,
    content_of,
    expand_name,
    is_expanded,
    join,
    piece_of_block,
    pieces_of,
    wrap,
    wrap_section,
    write,
    write_block,
    write_pieces,
)
from engine.errors import RenderError
from engine.hooks.gates import GateDefinition
from engine.hooks.knobs import KnobSlot, knob_lines, knobs_of
from engine.reconciler.fiber import Fiber
from engine.reconciler.tree import Tree
from engine.tools.definition import ToolDefinition


@dataclass(frozen=True, slots=True)
class CompiledSection:
    """A section as it was compiled, for programs that look at it; of audience ``user`` too.

    ``blocks`` are ``{"type", "text"}`` dicts, or blocks in the provider's format.
    """

    id: str | None
    title: str | None
    audience: str
    tags: tuple[str, ...]
    metadata: Mapping[str, Any]
    path: str
    blocks: tuple[dict[str, Any], ...]


@dataclass(slots=True)
class Collected:
    """What a walk over the tree found."""

    system: list[Written] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    opening: list[Written] = field(default_factory=list)
    before_user: list[Written] = field(default_factory=list)
    tail: list[Written] = field(default_factory=list)
    tools: list[tuple[ToolDefinition, Fiber]] = field(default_factory=list)
    collapsed: dict[str, list[Fiber]] = field(default_factory=dict)
    timeline: Fiber | None = None
    model: Any = None
    options: dict[str, Any] = field(default_factory=dict)
    sections: list[CompiledSection] = field(default_factory=list)
    knobs: list[KnobSlot] = field(default_factory=list)


@dataclass(slots=True)
class _Item:
    """One place in the walk: pieces that become blocks, and how they are told apart from their neighbours."""

    pieces: list[Piece]
    path: str
    fiber: Fiber | None = None
    section: tuple[str | None, str | None] | None = None


class _Walk:
    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.found = Collected(knobs=knobs_of(tree))
        self.before: list[_Item] = []
        self.after: list[_Item] = []
        self.sections: dict[str, _Item] = {}
        self.ephemerals: list[tuple[int, int, str, list[Written]]] = []
        self.shown_knobs = False

    @property
    def items(self) -> list[_Item]:
        return self.before if self.found.timeline is None else self.after

    def walk(self, fiber: Fiber) -> None:
        for child in fiber.children:
            if isinstance(child, str):
                self.items.append(_Item([Piece("text", fiber.path, [Segment(child, fiber.path)])], fiber.path))
            elif isinstance(child, dict):
                self.items.append(_Item([piece_of_block(child, fiber.path)], fiber.path))
            else:
                self.visit(child)

    def visit(self, fiber: Fiber) -> None:
        kind = fiber.element.kind
        props = fiber.element.props
        summary = props.get("collapsed") if isinstance(kind, str) else None
        if summary is not None:
            self.found.collapsed.setdefault(expand_name(fiber), []).append(fiber)
        if fiber.is_component or kind in ("fragment", "provider"):
            self.walk(fiber)
        elif kind == "expandable":
            if is_expanded(fiber):
                self.walk(fiber)
            else:
                self.items.append(_Item([collapsed_piece(fiber, summary)], fiber.path))
        else:
            handler = getattr(self, f"_{kind}", None)
            if handler is not None:
                handler(fiber)
            else:
                strays: list[Fiber] = []
                self.items.append(_Item(pieces_of(fiber, strays), fiber.path))
                self._within(fiber, strays)

    # -- kinds ---------------------------------------------------------------------------------------------------

    def _system(self, fiber: Fiber) -> None:
        if fiber.element.props["audience"] == "user":
            return
        content = content_of(fiber)
        self.items.append(_Item(content.pieces, fiber.path))
        self._within(fiber, content.strays)

    def _section(self, fiber: Fiber) -> None:
        props = fiber.element.props
        content = content_of(fiber)
        self.found.sections.append(_compiled(fiber, content))
        self._within(fiber, content.strays)
        if props["audience"] == "user":
            return
        if props["collapsed"] is not None and not is_expanded(fiber):
            self.items.append(_Item([collapsed_piece(fiber, props["collapsed"])], fiber.path))
            return
        id = props["id"]
        known = self.sections.get(id) if id is not None else None
        if known is not None:
            known.pieces = [*known.pieces, *content.pieces]
            return
        item = _Item(content.pieces, fiber.path, fiber, (id, props["title"]))
        if id is not None:
            self.sections[id] = item
        self.items.append(item)

    def _grounding(self, fiber: Fiber) -> None:
        content = content_of(fiber)
        pieces = wrap("grounding", {"title": fiber.element.props["title"]}, content.pieces, fiber.path)
        self.items.append(_Item(pieces, fiber.path))
        self._within(fiber, content.strays)

    def _ephemeral(self, fiber: Fiber) -> None:
        props = fiber.element.props
        content = content_of(fiber)
        written = write_pieces(content.pieces, fiber.path)
        if written:
            self.ephemerals.append((props["order"], len(self.ephemerals), props["position"], written))
        self._within(fiber, content.strays)

    def _message(self, fiber: Fiber) -> None:
        if self.found.timeline is not None:
            raise RenderError(f"A message at {fiber.path} stands after the Timeline", path=fiber.path)
        props = fiber.element.props
        content = content_of(fiber)
        self._within(fiber, content.strays)
        pieces = content.pieces
        if props["collapsed"] is not None and not is_expanded(fiber):
            pieces = [collapsed_piece(fiber, props["collapsed"])]
        if props["role"] == "event":
            pieces = wrap("event", {}, pieces, fiber.path)
        elif props["role"] not in ("user", "assistant"):
            raise RenderError(f"The message at {fiber.path} has the role {props['role']!r}", path=fiber.path)
        self.found.examples.append(Example(props["role"], tuple(write_pieces(pieces, fiber.path))))

    def _timeline(self, fiber: Fiber) -> None:
        if self.found.timeline is not None:
            raise RenderError(f"There are two Timelines: {self.found.timeline.path} and {fiber.path}", path=fiber.path)
        self.found.timeline = fiber

    def _knobs(self, fiber: Fiber) -> None:
        if not self.shown_knobs:
            self.shown_knobs = True
            self._add_knobs(self.items, fiber.path, fiber.element.props["title"])

    def _tool(self, fiber: Fiber) -> None:
        self.found.tools.append((fiber.element.props["definition"], fiber))

    def _model(self, fiber: Fiber) -> None:
        props = fiber.element.props
        if props["model"] is not None:
            self.found.model = props["model"]
        self.found.options.update(props["options"])

    # -- the rest ------------------------------------------------------------------------------------------------

    def _within(self, fiber: Fiber, strays: list[Fiber]) -> None:
        """What stands inside content but belongs elsewhere: tools, models, ephemerals, collapsed parts."""
        for stray in strays:
            self._ephemeral(stray)
        for child in fiber.children:
            if not isinstance(child, Fiber):
                continue
            kind = child.element.kind
            if kind in ("tool", "model"):
                self.visit(child)
            elif isinstance(kind, str) and child.element.props.get("collapsed") is not None:
                self.found.collapsed.setdefault(expand_name(child), []).append(child)
            self._within(child, [])

    def _add_knobs(self, items: list[_Item], path: str, title: str) -> None:
        text = knob_lines(self.found.knobs)
        if text:
            pieces = wrap_section("knobs", title, [Piece("text", path, [Segment(text, path)])], path)
            items.append(_Item(pieces, path))

    def _gates(self) -> None:
        for slot in self.found.knobs:
            if slot.kind == "gate" and slot.value == "active" and isinstance(slot.extra, GateDefinition):
                path = slot.fiber.path
                pieces = wrap(
                    "gate", {"name": slot.name}, [Piece("text", path, [Segment(slot.extra.instructions, path)])], path
                )
                self.after.append(_Item(pieces, path))

    def finish(self) -> Collected:
        if not self.shown_knobs:
            self._add_knobs(self.before, "/", "Knobs")
        self._gates()
        found = self.found
        for item in self.before:
            text, others = _finished(item)
            if text is not None:
                found.system.append(text)
            found.opening.extend(others)
        for item in self.after:
            found.tail.extend(_tail_blocks(item))
        for _, _, position, written in sorted(self.ephemerals, key=lambda e: e[:2]):
            target = {"start": found.opening, "before-user": found.before_user}.get(position, found.tail)
            target.extend(written)
        return found


def _finished(item: _Item) -> tuple[Written | None, list[Written]]:
    """An item of the system part: its text as one block, and its other blocks."""
    pieces = _wrapped(item)
    text = write(join([piece for piece in pieces if piece.block is None], "\n", item.path))
    return text, [write_block(piece) for piece in pieces if piece.block is not None]


def _tail_blocks(item: _Item) -> list[Written]:
    return write_pieces(_wrapped(item), item.path)


def _wrapped(item: _Item) -> list[Piece]:
    if item.section is None:
        return item.pieces
    return wrap_section(item.section[0], item.section[1], item.pieces, item.path)


def _compiled(fiber: Fiber, content: Content) -> CompiledSection:
    props = fiber.element.props
    blocks = tuple(piece.block or {"type": piece.type, "text": piece.text} for piece in content.pieces)
    return CompiledSection(
        props["id"], props["title"], props["audience"], props["tags"], props["metadata"], fiber.path, blocks
    )


def collect(tree: Tree) -> Collected:
    """Everything the tree says, by its place.

    Raises:
        RenderError: Two Timelines, or a message after the Timeline.
    """
    walk = _Walk(tree)
    if tree.root is not None:
        if tree.root.is_component or tree.root.element.kind in ("fragment", "provider"):
            walk.walk(tree.root)
        else:
            walk.visit(tree.root)
    return walk.finish()
