"""Cards in as many columns as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QWidget

_GAP = 8


class CardGrid(QWidget):
    """A grid of equal columns; arrow keys go from card to card, and choose where one of several is chosen.

    Args:
        narrowest: The least width of a card; decides how many columns there are.
        most: The most columns.
    """

    def __init__(self, parent: QWidget | None = None, *, narrowest: int = 230, most: int = 3) -> None:
        super().__init__(parent)
        self._narrowest = narrowest
        self._most = most
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(_GAP)
        self._cards: list[QWidget] = []
        self._waiting: list[QWidget] = []
        self._columns = most

    @property
    def cards(self) -> list[QWidget]:
        """The cards in order."""
        return list(self._cards)

    def set_cards(self, cards: Sequence[QWidget]) -> None:
        """Shows these; cards that are no longer shown are deleted."""
        for card in dict.fromkeys([*self._cards, *self._waiting]):
            self._grid.removeWidget(card)
            if card not in cards:
                card.hide()
                card.deleteLater()
        self._waiting = []
        self._cards = list(cards)
        self._place()

    def show_cards(self, cards: Sequence[QWidget]) -> None:
        """Shows some of its cards; the others wait out of sight."""
        everything = [*self._cards, *(card for card in self._waiting if card not in self._cards)]
        for card in everything:
            self._grid.removeWidget(card)
            card.setVisible(card in cards)
        self._waiting = everything
        self._cards = list(cards)
        self._place()

    def columns(self) -> int:
        """How many columns there are now."""
        return self._columns

    def _fitting(self) -> int:
        return max(1, min(self._most, (self.width() + _GAP) // (self._narrowest + _GAP)))

    def _place(self) -> None:
        self._columns = self._fitting()
        for number, card in enumerate(self._cards):
            self._grid.addWidget(card, number // self._columns, number % self._columns)
        for column in range(self._most):
            self._grid.setColumnStretch(column, 1 if column < self._columns else 0)
            self._grid.setColumnMinimumWidth(column, 0)
        previous: QWidget = self  # cards that came later than what stands below them are still passed in order
        for card in self._cards:
            for stop in (card, *card.findChildren(QAbstractButton)):
                QWidget.setTabOrder(previous, stop)
                previous = stop

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Takes as many columns as fit."""
        super().resizeEvent(event)
        if self._fitting() != self._columns:
            for card in self._cards:
                self._grid.removeWidget(card)
            self._place()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys."""
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self._columns,
            Qt.Key.Key_Down: self._columns,
        }
        focused = self.focusWidget()
        if event.key() in steps and focused in self._cards:
            place = self._cards.index(focused) + steps[Qt.Key(event.key())]
            if 0 <= place < len(self._cards):
                card = self._cards[place]
                card.setFocus(Qt.FocusReason.TabFocusReason)
                if isinstance(card, QAbstractButton) and card.isCheckable():
                    card.setChecked(True)  # one of several: as radio buttons do, and Tab goes past the others
                return
        super().keyPressEvent(event)
