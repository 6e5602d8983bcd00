"""The field above the tree to find something in it. Not here: what is found (``find``)."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QWidget

from widgets import theme
from widgets.common.banner import icon_button
from widgets.common.glass import with_glass
from widgets.tree.find import Finder


class FindBar(QFrame):
    """Type to mark what is found; Enter and Shift+Enter go through the hits, Escape ends.

    Signals:
        closed: The person is done; the focus belongs to the tree again.
    """

    closed = Signal()

    def __init__(self, finder: Finder, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._finder = finder
        self.setProperty("role", "header")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(2)
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("Find in the tree"))
        self.field.setAccessibleName(self.tr("Find in the tree"))
        self.field.setAccessibleDescription(self.tr("Enter goes to the next hit, Shift and Enter to the one before"))
        with_glass(self.field)
        self.field.setTextMargins(-6, 0, 0, 0)
        self.field.textChanged.connect(finder.look_for)
        self.field.installEventFilter(self)
        self.count = QLabel()
        self.count.setProperty("role", "caption")
        self.count.setMinimumWidth(64)
        self.count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.previous = icon_button("chevron-up", self.tr("Find previous"))
        self.next = icon_button("chevron-down", self.tr("Find next"))
        self.end = icon_button("x", self.tr("Close the search"))
        self.previous.clicked.connect(lambda: self.go(-1))
        self.next.clicked.connect(lambda: self.go(1))
        self.end.clicked.connect(self.finish)
        row.addWidget(self.field, 1)
        for widget in (self.count, self.previous, self.next, self.end):
            row.addWidget(widget)
        finder.changed.connect(self._show_count)
        self.hide()

    def begin(self) -> None:
        """Show the field and take the focus; what was typed last is selected."""
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()
        self._finder.look_for(self.field.text())

    def finish(self) -> None:
        """Take the marks away; the hit in front stays selected."""
        if not self.isHidden():
            self.hide()
            self._finder.look_for("")
            self.closed.emit()

    def go(self, step: int) -> None:
        """Select the next hit, or the one before; opens the field where nothing is looked for yet."""
        if not self._finder.typed:
            self.begin()
            return
        self._finder.go(step)

    @Slot()
    def _show_count(self) -> None:
        finder = self._finder
        total, position = len(finder.hits), finder.position
        if not finder.typed:
            text = ""
        elif not total:
            text = self.tr("Nothing")
        elif position:
            text = self.tr("%1 of %2").replace("%1", f"{position:,}").replace("%2", f"{total:,}")
        else:
            text = self.tr("1 hit") if total == 1 else self.tr("%1 hits").replace("%1", f"{total:,}")
        self.count.setText(text)
        theme.set_role(self.field, "invalid", bool(finder.typed) and not total)
        for button in (self.previous, self.next):
            button.setEnabled(bool(total))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride) and isinstance(event, QKeyEvent):
            key = event.key()
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_F3):
                if event.type() == QEvent.Type.KeyPress:
                    if key == Qt.Key.Key_Escape:
                        self.finish()
                    else:
                        self.go(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
                event.accept()
                return True
        return super().eventFilter(watched, event)
