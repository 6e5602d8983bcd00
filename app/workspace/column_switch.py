"""The way back to a column that is not on screen. Not here: which columns there is room for (``workspace.columns``)."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.workspace.columns import Columns


class ColumnSwitch(QWidget):
    """One button for each column, pressed while it is on screen; there only while a column is not.

    Args:
        columns: What is switched.
        titles: The words for each column, by its name.
    """

    def __init__(self, columns: Columns, titles: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = columns
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self.buttons: dict[str, QPushButton] = {}
        for name, title in titles.items():
            button = QPushButton(title)
            button.setProperty("role", "tab")
            button.setProperty("small", True)
            button.setProperty("column", name)
            button.setCheckable(True)
            button.setAccessibleName(self.tr("Column: {title}").format(title=title))
            button.setToolTip(self.tr("Show or hide this column"))
            button.clicked.connect(self._clicked)
            row.addWidget(button)
            self.buttons[name] = button
        columns.fitted.connect(self._show)
        self._show()

    @Slot()
    def _clicked(self) -> None:
        sender = self.sender()
        if sender is not None:
            self._columns.toggle(str(sender.property("column")))
            self._show()

    @Slot()
    def _show(self) -> None:
        seen = self._columns.seen()
        for name, button in self.buttons.items():
            button.setChecked(name in seen)
        self.setVisible(len(seen) < len(self.buttons))
