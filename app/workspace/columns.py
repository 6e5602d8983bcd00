"""Three columns beside each other that can be resized, hidden and put back as they were."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

HEADER = 40
DEFAULT = (430, 410, 392)
MINIMUM = 250
GOES_FIRST = ("middle", "tree", "chat")
"""In this order columns give way where there is no room for all."""


class Column(QFrame):
    """A column: a header line with a title and room for buttons, a body below.

    Attributes:
        header: Layout of the header line; buttons are added at its end.
    """

    def __init__(self, name: str, title: str, role: str = "panel", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setProperty("role", role)
        self.setMinimumWidth(MINIMUM)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        bar = QFrame()
        bar.setProperty("role", "header")
        bar.setFixedHeight(HEADER)
        self.header = QHBoxLayout(bar)
        self.header.setContentsMargins(12, 0, 8, 0)
        self.header.setSpacing(4)
        self.title = QLabel(title)
        self.title.setProperty("role", "strong")
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.header.addWidget(self.title)
        self._bar = bar
        self._column.addWidget(bar)

    def without_header(self) -> Column:
        """The body brings a header of its own."""
        self._bar.hide()
        return self

    def set_body(self, body: QWidget) -> None:
        """What stands below the header."""
        self._column.addWidget(body, 1)
        self.setFocusProxy(body) if body.focusPolicy() != Qt.FocusPolicy.NoFocus else None


class Columns(QSplitter):
    """The columns of the workspace.

    Signals:
        arranged: The person changed a width or hid a column.
        fitted: Other columns are on screen than before.
    """

    arranged = Signal()
    fitted = Signal()

    def __init__(self, columns: Sequence[Column], parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setChildrenCollapsible(False)
        self.setHandleWidth(1)
        self.setMinimumWidth(MINIMUM)
        self._columns = {column.objectName(): column for column in columns}
        self._put_away: set[str] = set()
        self._wanted = ""
        for column in columns:
            self.addWidget(column)
        self.setSizes(list(DEFAULT))
        for index, stretch in enumerate((11, 10, 10)):
            self.setStretchFactor(index, stretch)
        self.splitterMoved.connect(self._moved)

    def hidden(self) -> list[str]:
        """Names of the columns that the person has hidden."""
        return [name for name in self._columns if name in self._put_away]

    def seen(self) -> list[str]:
        """Names of the columns that are on screen."""
        return [name for name, column in self._columns.items() if not column.isHidden()]

    def restore(self, sizes: Sequence[int], hidden: Sequence[str]) -> None:
        """Put widths and hidden columns back as they were."""
        if len(sizes) == len(self._columns) and all(size > 0 for size in sizes):
            self.setSizes(list(sizes))
        for name in hidden:
            if name in self._columns and len(self._put_away) < len(self._columns) - 1:
                self._put_away.add(name)
        self._fit()

    def toggle(self, name: str) -> bool:
        """Hide or show a column; the last one stays. Returns whether it is visible now."""
        column = self._columns[name]
        if column.isHidden():
            self._put_away.discard(name)
            self._wanted = name
        elif len(self._put_away) < len(self._columns) - 1:
            self._put_away.add(name)
        self._fit()
        self.arranged.emit()
        return not column.isHidden()

    def reveal(self, name: str) -> None:
        """Show a column if it is hidden."""
        if self._columns[name].isHidden():
            self.toggle(name)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Show what the person wants to see, as far as there is room: columns never lie over each other."""
        shown = [name for name in self._columns if name not in self._put_away]
        for name in GOES_FIRST:
            needed = sum(self._columns[key].minimumWidth() + self.handleWidth() for key in shown)
            if not self.isVisible() or len(shown) == 1 or needed - self.handleWidth() <= self.width():
                break
            if name in shown and name != self._wanted:
                shown.remove(name)
        before = self.seen()
        for name, column in self._columns.items():
            column.setVisible(name in shown)
        if shown != before:
            self.fitted.emit()

    def _moved(self) -> None:
        self.arranged.emit()
