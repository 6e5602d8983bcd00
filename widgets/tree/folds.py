"""Which nodes are collapsed: one object shared by canvas and outline, so that both show the same and remember it."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from engine.blueprint.document import AgentDocument


class Folds(QObject):
    """Ids of collapsed nodes. A node that is deleted keeps its state, so that undo brings it back as it was.

    Signals:
        changed: Ids whose state is another one now.
    """

    changed = Signal(list)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ids: set[str] = set()

    def __contains__(self, node_id: object) -> bool:
        return node_id in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def ids(self) -> frozenset[str]:
        """The collapsed nodes."""
        return frozenset(self._ids)

    def set(self, node_id: str, on: bool) -> None:
        """Collapse a node, or expand it."""
        self.replace(self._ids | {node_id} if on else self._ids - {node_id})

    def replace(self, ids: Iterable[str]) -> None:
        """Collapse exactly these."""
        wanted = set(ids)
        touched = wanted ^ self._ids
        self._ids = wanted
        if touched:
            self.changed.emit(sorted(touched))

    def reveal(self, document: AgentDocument, node_ids: Iterable[str]) -> None:
        """Expand whatever hides one of these nodes."""
        around = {above.id for key in node_ids if key in document for above in document.ancestors(key)}
        if around & self._ids:
            self.replace(self._ids - around)


def foldable(document: AgentDocument) -> set[str]:
    """All nodes that can be collapsed: those that hold something, but for the agent itself."""
    return {node.id for node in document.walk() if node.children and node.id != document.root.id}
