"""A card with pages one behind the other, and a button for each above them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget


class TabCard(QFrame):
    """The first page is in front.

    Args:
        pages: What each button says, and its page.
        below: Room between the buttons and the pages.

    Attributes:
        buttons: The button of each page.
    """

    def __init__(self, pages: Iterable[tuple[str, QWidget]], parent: QWidget | None = None, *, below: int = 8) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.buttons: list[QPushButton] = []
        self._stack = QStackedWidget()
        self._group = QButtonGroup(self)
        row = QHBoxLayout()
        row.setContentsMargins(12, 8, 12, below)
        row.setSpacing(4)
        for number, (text, page) in enumerate(pages):
            button = QPushButton(text)
            button.setProperty("role", "tab")
            button.setCheckable(True)
            self._group.addButton(button, number)
            row.addWidget(button)
            self.buttons.append(button)
            self._stack.addWidget(page)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._stack, 1)
        self._group.idClicked.connect(self.show_page)
        self.show_page(0)

    @Slot(int)
    def show_page(self, number: int) -> None:
        """Bring a page to the front."""
        self._stack.setCurrentIndex(number)
        self.buttons[number].setChecked(True)
