"""Where nodes may be moved to, as a list in words: the way for those who do not drag. Plain functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.placement import may_contain
from widgets.tree import words


@dataclass(frozen=True, slots=True)
class TreePlace:
    """A gap among the children of a node.

    Attributes:
        parent_id, gap: The gap, 0 before the first child.
        text: Where that is ("Inside When, below Section · notepad").
        path: The nodes around that node, from the agent on.
        depth: How deep what goes there would stand.
        icon: Icon of the node that it is inside.
    """

    parent_id: str
    gap: int
    text: str
    path: str
    depth: int
    icon: str


def legal_places(
    document: AgentDocument, ids: Sequence[str], check: Callable[[str, int], str | None], search: str = ""
) -> Iterator[TreePlace]:
    """The places that nodes may be moved to, in reading order; those where they stand already are left out.

    Args:
        document: The tree.
        ids: What is to be moved.
        check: Why the nodes may not go to a parent and gap, or None.
        search: Words that the place has to name.
    """
    moving = {inner.id for node_id in ids for inner in document.node(node_id).walk()}
    kinds = {document.node(node_id).kind for node_id in ids}
    wanted = search.casefold().split()
    for parent in document.walk():
        if parent.id in moving or any(may_contain(parent.kind, kind) for kind in kinds):
            continue
        around = document.ancestors(parent.id)
        path = " › ".join(words.title_of(node) for node in reversed(around))
        for gap in range(len(parent.children) + 1):
            place = _place(parent, gap, path, len(around) + 1)
            text = f"{place.text} {path}".casefold()
            if all(word in text for word in wanted) and not _stays(parent, gap, ids) and not check(parent.id, gap):
                yield place


def _stays(parent: Node, gap: int, ids: Sequence[str]) -> bool:
    """Whether moving there would change nothing."""
    order = [child.id for child in parent.children]
    rest = [key for key in order if key not in ids]
    before = sum(1 for key in order[:gap] if key not in ids)
    return [*rest[:before], *ids, *rest[before:]] == order


def _place(parent: Node, gap: int, path: str, depth: int) -> TreePlace:
    title = words.title_of(parent)
    if not parent.children:
        text = _tr("Inside %1").replace("%1", title)
    elif gap == 0:
        text = _tr("Inside %1, first").replace("%1", title)
    else:
        above = words.title_of(parent.children[gap - 1])
        text = _tr("Inside %1, below %2").replace("%1", title).replace("%2", above)
    return TreePlace(parent.id, gap, text, path, depth, words.icon_of(parent))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Tree", text)
