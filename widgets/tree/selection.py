"""Which nodes are selected: one object shared by canvas and outline, so that the two stay in step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QObject, Signal


class Selection(QObject):
    """Selected nodes in the order they were chosen, and the current one.

    Signals:
        changed: The ids that are selected now.
    """

    changed = Signal(list)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ids: list[str] = []
        self._current: str | None = None
        self._anchor: str | None = None

    @property
    def ids(self) -> list[str]:
        """The selected ids."""
        return list(self._ids)

    @property
    def current(self) -> str | None:
        """The node that keyboard commands start from."""
        return self._current

    def __contains__(self, node_id: object) -> bool:
        return node_id in self._ids

    def set(self, ids: Iterable[str], current: str | None = None) -> None:
        """Select exactly these."""
        chosen = list(dict.fromkeys(ids))
        now = current if current is not None else (chosen[-1] if chosen else None)
        self._anchor = now
        self._apply(chosen, now)

    def toggle(self, node_id: str) -> None:
        """Add a node to the selection, or take it out."""
        chosen = [other for other in self._ids if other != node_id]
        if len(chosen) == len(self._ids):
            chosen.append(node_id)
        self._anchor = node_id
        self._apply(chosen, node_id)

    def extend(self, node_id: str, order: Sequence[str]) -> None:
        """Select everything between the anchor and a node, in reading order."""
        anchor = self._anchor if self._anchor in order else node_id
        if anchor is None or node_id not in order:
            self.set([node_id])
            return
        first, last = sorted((order.index(anchor), order.index(node_id)))
        self._anchor = anchor
        self._apply(list(order[first : last + 1]), node_id)

    def keep_only(self, known: Iterable[str], fallback: str | None = None) -> None:
        """Drop ids that no longer exist; where nothing is left, the fallback is selected."""
        existing = set(known)
        chosen = [node_id for node_id in self._ids if node_id in existing]
        if chosen == self._ids and (self._current is None or self._current in existing):
            return
        if not chosen and self._ids and fallback in existing:
            chosen = [str(fallback)]
        current = self._current if self._current in existing else (chosen[-1] if chosen else None)
        if self._anchor not in existing:
            self._anchor = current
        self._apply(chosen, current)

    def _apply(self, ids: list[str], current: str | None) -> None:
        if ids == self._ids and current == self._current:
            return
        self._ids, self._current = ids, current
        self.changed.emit(list(ids))
