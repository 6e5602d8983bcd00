"""Where each card stands: heights from the tree alone, positions on demand, so that an edit costs its path only.

Here: arithmetic over boxes, no painting and no Qt but rectangles. Boxes of unchanged nodes are kept (nodes are
frozen and shared between versions of a document), each knows its children's offsets inside itself, and absolute
positions are summed on the way down.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF

from engine.blueprint.document import AgentDocument, Node


@dataclass(frozen=True, slots=True)
class Metrics:
    """Distances of the canvas in logical pixels; ``header`` follows the font."""

    margin: float = 16
    gap: float = 8
    header: float = 58
    slot: float = 40
    root: float = 38
    indent: float = 36
    inset: float = 10
    bottom: float = 10
    icon_left: float = 15
    text_left: float = 41
    branch: float = 23
    minimum: float = 132


@dataclass(slots=True)
class Box:
    """A card with its children.

    Attributes:
        node: The node as it was laid out.
        height: Of the whole frame.
        children: Boxes inside it; empty while folded.
        offsets: Top of each child, counted from this box's top.
        levels: How many levels of cards stand inside.
        slot: Whether an empty place for children is shown.
        folded: Whether children exist but are hidden.
    """

    node: Node
    height: float
    children: list[Box] = field(default_factory=list)
    offsets: list[float] = field(default_factory=list)
    levels: int = 0
    slot: bool = False
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A box with its absolute frame and the depth of its node (children of the root have depth 1)."""

    box: Box
    rect: QRectF
    depth: int

    @property
    def id(self) -> str:
        """The node's id."""
        return self.box.node.id


class TreeLayout:
    """Boxes of one document at one width."""

    def __init__(self, holds_children: Callable[[Node], bool], metrics: Metrics | None = None) -> None:
        self.metrics = metrics or Metrics()
        self._holds = holds_children
        self._boxes: dict[str, Box] = {}
        self._document: AgentDocument | None = None
        self.folded: set[str] = set()
        self.width = 400.0
        self.root: Box | None = None

    def set_metrics(self, metrics: Metrics) -> None:
        """Other distances (another font)."""
        self.metrics = metrics
        self._boxes.clear()
        if self._document is not None:
            self.update(self._document)

    def update(self, document: AgentDocument) -> None:
        """Lay out a document; boxes whose node is the same object are kept."""
        self._document = document
        if len(self._boxes) > 2 * len(document) + 100:  # boxes of nodes that are gone do no harm, but need room
            self._boxes.clear()
        self.root = self._build(document.root, top=True)

    def start(self, document: AgentDocument) -> None:
        """Lay out another document, from nothing."""
        self._boxes.clear()
        self.update(document)

    def set_folded(self, node_id: str, on: bool, *, lay_out: bool = True) -> None:
        """Hide or show a node's children; without ``lay_out`` the caller does that, once for many."""
        if on == (node_id in self.folded):
            return
        (self.folded.add if on else self.folded.discard)(node_id)
        document = self._document
        if document is None or node_id not in document:
            return
        self._boxes.pop(node_id, None)
        for ancestor in document.ancestors(node_id):
            self._boxes.pop(ancestor.id, None)
        if lay_out:
            self.update(document)

    def _build(self, node: Node, top: bool = False) -> Box:
        old = self._boxes.get(node.id)
        if old is not None and old.node is node and not top:
            return old
        metrics = self.metrics
        box = Box(node, metrics.root if top else metrics.header)
        if node.children and node.id in self.folded and not top:
            box.folded = True
        elif node.children:
            y = box.height + (metrics.gap if top else 0)
            boxes = self._boxes
            for child in node.children:
                known = boxes.get(child.id)
                built = known if known is not None and known.node is child else self._build(child)
                box.children.append(built)
                box.offsets.append(y)
                box.levels = max(box.levels, built.levels + 1)
                y += built.height + metrics.gap
            box.height = y - metrics.gap + (metrics.margin if top else metrics.bottom)
        elif self._holds(node) and not top:
            box.slot = True
            box.height += metrics.slot + metrics.bottom
            box.levels = 1
        self._boxes[node.id] = box
        return box

    @property
    def document(self) -> AgentDocument | None:
        """The document that is laid out."""
        return self._document

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of everything, margins included."""
        if self.root is None:
            return self.width, 0.0
        return self.total_width(), self.root.height + self.metrics.margin

    def total_width(self) -> float:
        """The width asked for, or more where deep nesting needs it."""
        levels = max(0, (self.root.levels if self.root else 0) - 1)
        needed = self.metrics.minimum + levels * (self.metrics.indent + self.metrics.inset) + 2 * self.metrics.margin
        return max(self.width, needed)

    def frame(self, depth: int) -> tuple[float, float]:
        """Left edge and width of cards at a depth."""
        metrics = self.metrics
        inner = max(0, depth - 1)
        left = metrics.margin + inner * metrics.indent
        right = self.total_width() - metrics.margin - inner * metrics.inset
        return left, right - left

    def _placed(self, box: Box, top: float, depth: int) -> Placed:
        left, width = self.frame(depth)
        height = self.metrics.root if depth == 0 else box.height
        return Placed(box, QRectF(left, top, width, height), depth)

    def visible(self, top: float, bottom: float) -> Iterator[Placed]:
        """Cards that touch the band, parents before their children."""
        if self.root is None:
            return
        stack = [(self.root, self.metrics.margin, 0)]
        while stack:
            box, y, depth = stack.pop()
            if depth or (y <= bottom and y + self.metrics.root >= top):
                yield self._placed(box, y, depth)
            if not box.children:
                continue
            first = max(0, bisect_right(box.offsets, top - y) - 1)
            last = bisect_left(box.offsets, bottom - y)
            stack.extend((box.children[i], y + box.offsets[i], depth + 1) for i in range(last - 1, first - 1, -1))

    def placed(self, node_id: str) -> Placed | None:
        """Where a node stands; None if it is inside a folded one or not there."""
        document, box = self._document, self.root
        if document is None or box is None or node_id not in document:
            return None
        y, depth = self.metrics.margin, 0
        path = [document.node(node_id), *document.ancestors(node_id)]
        for node in reversed(path[:-1]):
            index = document.place(node.id).index
            if index >= len(box.children):
                return None
            y += box.offsets[index]
            box = box.children[index]
            depth += 1
        return self._placed(box, y, depth)

    def header(self, placed: Placed) -> QRectF:
        """The part of a card that belongs to the node itself."""
        height = self.metrics.root if placed.depth == 0 else self.metrics.header
        return QRectF(placed.rect.left(), placed.rect.top(), placed.rect.width(), height)

    def slot(self, placed: Placed) -> QRectF:
        """The empty place for children inside a card."""
        left, width = self.frame(placed.depth + 1)
        return QRectF(left, placed.rect.top() + self.metrics.header, width, self.metrics.slot)

    def at(self, point: QPointF) -> Placed | None:
        """The innermost card under a point."""
        found: Placed | None = None
        for placed in self.visible(point.y(), point.y()):
            if placed.rect.contains(point):
                found = placed
        return found

    def in_order(self) -> Iterator[Node]:
        """All nodes that can be seen, in reading order, the root first."""
        if self.root is None:
            return
        stack = [self.root]
        while stack:
            box = stack.pop()
            yield box.node
            stack.extend(reversed(box.children))
