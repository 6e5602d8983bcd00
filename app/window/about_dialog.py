"""What this program is, in a small dialog."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget


class AboutDialog(QDialog):
    """Name, purpose and facts that help when something is to be reported."""

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
        row = QHBoxLayout()
        row.addStretch()
        close = QPushButton(self.tr("Close"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        row.addWidget(close)
        column.addLayout(row)
        self.setMinimumWidth(420)
