"""The line for finding words in the context. Not here: finding them (``layout``) and showing where (``canvas``)."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from widgets import theme


class SearchBar(QFrame):
    """A field with the number of hits, and buttons for the next and the one before.

    Attributes:
        field: Where the words are typed.
        buttons: The buttons beside it, from the left.

    Signals:
        changed: Other words are looked for; "" when the bar is closed.
        step_wanted: Go on by so many hits.
        closed: The bar was closed.
    """

    changed = Signal(str)
    step_wanted = Signal(int)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(self.tr("Find in the context"))
        self.field.setAccessibleName(self.tr("Find in the context"))
        self._count = QLabel(self)
        self._count.setProperty("role", "caption")
        self._before = self._button("chevron-up", self.tr("The hit before (Shift+Enter)"))
        self._after = self._button("chevron-down", self.tr("The next hit (Enter)"))
        self._close = self._button("x", self.tr("Close the search (Esc)"))
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 2, 8, 4)
        row.setSpacing(4)
        row.addWidget(self.field, 1)
        row.addWidget(self._count)
        self.buttons = (self._before, self._after, self._close)
        for button in self.buttons:
            row.addWidget(button)
        self.field.textChanged.connect(self.changed)
        self._before.clicked.connect(self._back)
        self._after.clicked.connect(self._on)
        self._close.clicked.connect(self.end)
        self.field.installEventFilter(self)
        self.show_count(0, 0)
        self.hide()

    def _button(self, icon: str, words: str) -> QToolButton:
        button = QToolButton(self)
        button.setIcon(theme.icon(icon, "dim"))
        button.setIconSize(QSize(14, 14))
        button.setToolTip(words)
        button.setAccessibleName(words)
        return button

    def begin(self) -> None:
        """Show the bar and take the keyboard."""
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()
        if self.field.text():
            self.changed.emit(self.field.text())

    @Slot()
    def end(self) -> None:
        """Close the bar; nothing is marked any more."""
        if not self.isHidden():
            self.hide()
            self.changed.emit("")
            self.closed.emit()

    def show_count(self, number: int, count: int) -> None:
        """Which hit is shown, of how many."""
        words = self.tr("%1 of %2").replace("%1", f"{number:,}").replace("%2", f"{count:,}")
        self._count.setText(words if count else self.tr("not found") if self.field.text().strip() else "")
        for button in (self._before, self._after):
            button.setEnabled(count > 1)

    @Slot()
    def _back(self) -> None:
        self.step_wanted.emit(-1)

    @Slot()
    def _on(self) -> None:
        self.step_wanted.emit(1)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.step_wanted.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.end()
                return True
        return super().eventFilter(watched, event)
