"""What stands at the top of a page: a header with buttons, or a large title."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from widgets.common.card import RING
from widgets.common.labels import ElidedLabel, text_label

HEADER_HEIGHT = 47


class PageHeader(QFrame):
    """Title at the left, buttons at the right, a hairline below."""

    def __init__(self, title: str = "", note: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "header")
        self.setMinimumHeight(HEADER_HEIGHT)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 6, 16, 6)
        self._row.setSpacing(8)
        self.title = ElidedLabel(title)
        self.title.setProperty("role", "heading")
        self.note = ElidedLabel(note)
        self.note.setProperty("role", "caption")
        self._row.addWidget(self.title)
        self._row.addWidget(self.note)
        self._row.addStretch(1)
        for label in (self.title, self.note):
            policy = label.sizePolicy()
            policy.setHorizontalPolicy(policy.Policy.Maximum)
            label.setSizePolicy(policy)

    def set_title(self, title: str, note: str = "") -> None:
        """Sets title and note."""
        self.title.setText(title)
        self.note.setText(note)
        self.title.updateGeometry()
        self.note.updateGeometry()

    def add_first(self, widget: QWidget) -> None:
        """Adds something in front of the title."""
        self._row.insertWidget(0, widget)

    def add_widget(self, widget: QWidget) -> None:
        """Adds something at the right."""
        self._row.addWidget(widget)


class PageTitle(QWidget):
    """Large title and a sentence, for pages without a header line."""

    def __init__(self, title: str, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(RING, 0, 0, 0)
        column.setSpacing(4)
        self.title = text_label(title, "title")
        self.text = text_label(text, "dim")
        column.addWidget(self.title)
        column.addWidget(self.text)
        self.text.setVisible(bool(text))
