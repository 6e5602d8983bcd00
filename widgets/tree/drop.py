"""Where a dragged card would land, whether it may, and why not. Not here: mouse handling (``pointer``)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QPointF

from widgets.tree.layout import Placed, TreeLayout
from widgets.tree.words import holds_children, title_of


@dataclass(frozen=True, slots=True)
class DropTarget:
    """A place between, before or inside cards.

    Attributes:
        parent_id: The node that would hold the dragged ones.
        index: Gap among its present children, 0 before the first.
        left, right, y: The insertion line; ``left`` shows the depth.
        inside: Whether the whole parent is marked, because it is empty or folded.
        reason: Why it is not allowed; None where it is.
        words: Where it is, in words.
    """

    parent_id: str
    index: int
    left: float
    right: float
    y: float
    inside: bool
    reason: str | None
    words: str


Check = Callable[[str, int], str | None]
"""Given parent and gap: the reason why not, or None."""


def gap_at(layout: TreeLayout, point: QPointF) -> tuple[str, int, bool] | None:
    """Parent, gap and "marks the whole parent" for a point on the canvas."""
    root = layout.root
    if root is None:
        return None
    placed = layout.at(point)
    if placed is None:
        return root.node.id, _gap_among(layout, layout.placed(root.node.id), point.y()), False
    if placed.depth == 0:
        return root.node.id, 0, False
    header = layout.header(placed)
    share = (point.y() - header.top()) / max(1.0, header.height())
    if holds_children(placed.box.node):
        if share < 0.3:
            return _beside(layout, placed, after=False)
        if placed.box.folded:
            if share > 0.7:
                return _beside(layout, placed, after=True)
            return placed.id, len(placed.box.node.children), True
        if point.y() > placed.rect.bottom() - 5:
            return _beside(layout, placed, after=True)
        if placed.box.slot:
            return placed.id, 0, True
        return placed.id, _gap_among(layout, placed, point.y()), False
    return _beside(layout, placed, after=share >= 0.5)


def _beside(layout: TreeLayout, placed: Placed, after: bool) -> tuple[str, int, bool] | None:
    document = layout.document
    if document is None:
        return None
    place = document.place(placed.id)
    return (str(place.parent_id), place.index + int(after), False) if place.parent_id else None


def _gap_among(layout: TreeLayout, parent: Placed | None, y: float) -> int:
    if parent is None:
        return 0
    for index, (child, offset) in enumerate(zip(parent.box.children, parent.box.offsets, strict=True)):
        if y < parent.rect.top() + offset + child.height / 2:
            return index
    return len(parent.box.children)


def line_for(layout: TreeLayout, parent_id: str, index: int) -> tuple[float, float, float]:
    """Left, right and height of the insertion line at a gap."""
    placed = layout.placed(parent_id)
    if placed is None:
        return 0.0, 0.0, 0.0
    left, width = layout.frame(placed.depth + 1)
    box, half = placed.box, layout.metrics.gap / 2
    top = placed.rect.top()
    if not box.children:
        return left, left + width, top + layout.metrics.header + layout.metrics.slot / 2
    if index < len(box.children):
        return left, left + width, top + box.offsets[index] - half
    return left, left + width, top + box.offsets[-1] + box.children[-1].height + half


def find_target(layout: TreeLayout, point: QPointF, check: Check) -> DropTarget | None:
    """The place under the pointer with its line, its legality and its words."""
    found = gap_at(layout, point)
    document = layout.document
    if found is None or document is None:
        return None
    parent_id, index, inside = found
    left, right, y = line_for(layout, parent_id, index)
    reason = check(parent_id, index)
    parent = document.node(parent_id)
    if index > 0 and not inside:
        words = _tr("After “%1”").replace("%1", title_of(parent.children[min(index, len(parent.children)) - 1]))
    elif parent.children and not inside:
        words = _tr("Before “%1”").replace("%1", title_of(parent.children[0]))
    else:
        words = _tr("Into “%1”").replace("%1", title_of(parent))
    if parent_id != document.root.id and parent.children and not inside:
        words += _tr(", inside “%1”").replace("%1", title_of(parent))
    return DropTarget(parent_id, index, left, right, y, inside, reason, words)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Tree", text)
