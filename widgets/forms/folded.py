"""The part of a form that is folded away at first, behind a button that unfolds it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from widgets import theme


class Folded(QWidget):
    """Fields for few people.

    Attributes:
        button: Folds and unfolds; checked while it is open.
        inside: What is folded away; rows are added to its ``layout()``.
    """

    def __init__(self, opened: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = QPushButton(self.tr("More"), self)
        self.button.setProperty("role", "inline")
        self.button.setCheckable(True)
        self.button.setChecked(opened)
        self.inside = QWidget(self)
        self._rows = QVBoxLayout(self.inside)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(16)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.inside)
        self.button.toggled.connect(self._show)
        self._show(opened)

    def add(self, row: QWidget) -> None:
        """Put one more row inside."""
        self._rows.addWidget(row)

    @Slot(bool)
    def _show(self, on: bool) -> None:
        self.button.setIcon(theme.icon("chevron-down" if on else "chevron-right", "dim"))
        self.inside.setVisible(on)
