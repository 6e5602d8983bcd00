"""The box to choose from on a page that scrolls.

Not here: the boxes of the property forms, whose wheel the form watches itself (``widgets.forms.base``).
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget


class ChoiceBox(QComboBox):
    """A box to choose from that leaves the wheel to the page: who scrolls past it changes nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """For the page."""
        event.ignore()
