"""The context menu of one thing in a list: an agent, a session, a part, a version."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QWidget


class ItemMenu(QMenu):
    """Made when it is wanted and gone once it is closed; open it with ``popup()``."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def add(self, text: str, does: Callable[[], object], keys: str = "", *, enabled: bool = True) -> None:
        """One line of it.

        Args:
            text: What it says.
            does: Called when it is chosen.
            keys: The shortcut that does the same in the list.
            enabled: Whether it can be chosen now.
        """
        action = self.addAction(text)
        action.setEnabled(enabled)
        if keys:
            action.setShortcut(QKeySequence(keys))
        action.triggered.connect(lambda *_: does())
