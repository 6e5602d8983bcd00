"""Asking for another name."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QLineEdit, QVBoxLayout, QWidget

from widgets.common import answer_row, text_label


class RenameDialog(QDialog):
    """One line to type a name into. ``accepted``: :attr:`name` holds it.

    Args:
        title: What is renamed ("Rename session").
        name: The name it has.
        button: What the button says, where it is not *Rename*.
        may_be_empty: Whether no name at all is an answer too.
    """

    def __init__(self, title: str, name: str, parent: QWidget, *, button: str = "", may_be_empty: bool = False) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(400)
        self.line = QLineEdit(name)
        self.line.setAccessibleName(title)
        self.line.selectAll()
        self._may_be_empty = may_be_empty
        row, self.rename, _ = answer_row(self, button or self.tr("Rename"))
        self.line.textChanged.connect(self._enable)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(text_label(title, "heading"))
        column.addWidget(self.line)
        column.addLayout(row)
        self._enable()
        self.line.setFocus()

    @property
    def name(self) -> str:
        """What was typed."""
        return self.line.text().strip()

    def _enable(self) -> None:
        self.rename.setEnabled(bool(self.name) or self._may_be_empty)
