"""*Move to…*: a list of the places that the selected nodes may go to. Not here: the places (``places``)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from widgets.palette import CommandPalette, PaletteItem
from widgets.tree.operations import Operations
from widgets.tree.places import TreePlace, legal_places

MOST = 60
"""So many places are listed at once; typing finds the others."""


class MoveTo(QObject):
    """The list over one editor."""

    def __init__(self, operations: Operations, parent: QWidget) -> None:
        super().__init__(parent)
        self._operations = operations
        self._ids: list[str] = []
        self._offered: dict[str, TreePlace] = {}
        self.popup = CommandPalette(parent)
        self.popup.setAccessibleName(self.tr("Move to"))
        self.popup.set_words(self.tr("Where to?"), self.tr("There is no place of that name that it may go to."))
        self.popup.chosen.connect(self._chosen)
        self.popup.set_source(self._places)

    def open(self) -> None:
        """Show the list for what is selected."""
        self._ids = self._operations.roots()
        if self._ids:
            self.popup.open()

    def _places(self, typed: str) -> list[PaletteItem]:
        self._offered = {f"{place.parent_id}:{place.gap}": place for place in islice(self._legal(typed), MOST)}
        return [PaletteItem(key, place.text, group=place.path, icon=place.icon) for key, place in self._offered.items()]

    def _legal(self, typed: str) -> Iterator[TreePlace]:
        document = self._operations.document
        if document is None or any(node_id not in document for node_id in self._ids):
            return iter(())
        return legal_places(
            document, self._ids, lambda parent, gap: self._operations.check_move(self._ids, parent, gap), typed
        )

    def _chosen(self, key: str) -> None:
        place = self._offered.get(key)
        if place is not None:
            self._operations.move(self._ids, place.parent_id, place.gap)
