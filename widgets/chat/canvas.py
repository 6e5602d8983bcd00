"""The widget that carries the rows of the conversation, as high as all of them, and moves focus through them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from widgets.chat.rows import Row


class Canvas(QWidget):
    """Carries the rows. Tab goes through them in reading order, whenever they were made."""

    def __init__(self, parent: QWidget, rows: Callable[[], list[Row]], show: Callable[[QWidget], None]) -> None:
        super().__init__(parent)
        self._rows = rows
        self._show = show

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Goes to the next thing in the conversation; from the last one out of it."""
        return self._move(forward) or super().focusNextPrevChild(forward)

    def enter(self) -> bool:
        """Goes to the first thing in view; False where there is none."""
        top = -self.y()
        for row in self._rows():
            for widget in _stops(row):
                if widget.mapTo(self, widget.rect().bottomLeft()).y() > top:
                    widget.setFocus(Qt.FocusReason.TabFocusReason)
                    self._show(widget)
                    return True
        return False

    def _move(self, forward: bool) -> bool:
        chain = [widget for row in self._rows() for widget in _stops(row)]
        now = QApplication.focusWidget()
        if now not in chain:
            return False
        place = chain.index(now) + (1 if forward else -1)
        if not 0 <= place < len(chain):
            return self._leave(forward)
        reason = Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason
        chain[place].setFocus(reason)
        self._show(chain[place])
        return True

    def _leave(self, forward: bool) -> bool:
        """To the first thing after the conversation (or before it) in the window's order of focus."""
        window = self.window()
        widget: QWidget = self
        for _ in range(5_000):
            after = widget.nextInFocusChain() if forward else widget.previousInFocusChain()
            widget = after or window
            if widget is window or widget is self:
                return False
            if self.isAncestorOf(widget):
                continue
            if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
                widget.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
                return True
        return False


def _stops(row: Row) -> list[QWidget]:
    """What Tab stops at in a row, from top to bottom."""
    found = [
        child
        for child in row.findChildren(QWidget)
        if child.isVisible() and child.isEnabled() and child.focusPolicy() & Qt.FocusPolicy.TabFocus
    ]
    return sorted(found, key=lambda child: (child.mapTo(row, child.rect().topLeft()).y(), child.x()))
