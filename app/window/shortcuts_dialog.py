"""Two small dialogs: the list of shortcuts, and about this program."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget


class ShortcutsDialog(QDialog):
    """Every action that has keys, with them.

    Args:
        rows: (what it does, its keys).
    """

    def __init__(self, rows: Sequence[tuple[str, str]], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.resize(440, 560)
        body = QWidget()
        grid = QGridLayout(body)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(0, 1)
        for number, (text, keys) in enumerate(rows):
            grid.addWidget(QLabel(text), number, 0)
            label = QLabel(keys)
            label.setProperty("role", "badge")
            grid.addWidget(label, number, 1, Qt.AlignmentFlag.AlignRight)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(body)
        area.setAccessibleName(self.tr("Keyboard shortcuts"))
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.addWidget(area, 1)
        column.addLayout(_close_row(self, self.tr("Close")))


class AboutDialog(QDialog):
    """What this program is."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About Bough"))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(8)
        name = QLabel("Bough")
        name.setProperty("role", "title")
        what = QLabel(self.tr("Build an AI agent as a tree, talk to it, and keep every session on your own machine."))
        what.setWordWrap(True)
        facts = QLabel(text)
        facts.setProperty("role", "dim")
        facts.setTextFormat(Qt.TextFormat.PlainText)
        facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        facts.setWordWrap(True)
        for label in (name, what, facts):
            column.addWidget(label)
        column.addSpacing(8)
        column.addLayout(_close_row(self, self.tr("Close")))
        self.setMinimumWidth(420)


def _close_row(dialog: QDialog, text: str) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addStretch()
    close = QPushButton(text)
    close.setDefault(True)
    close.clicked.connect(dialog.accept)
    row.addWidget(close)
    return row
