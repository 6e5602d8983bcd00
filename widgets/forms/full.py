"""The page that shows one text in the full height of the form, and gives its editor back.

Not here: the editor itself (``prompt``).
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from widgets import theme
from widgets.forms.field_row import FieldRow
from widgets.forms.prompt import PromptEditor


class FullPage(QWidget):
    """Borrows the editor of a row for as long as its text fills the column.

    Signals:
        closed: The editor is back in its row.
    """

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row: FieldRow | None = None
        self._title = QLabel(self)
        self._title.setProperty("role", "heading")
        self._back = QPushButton(self.tr("Back"), self)
        self._back.setProperty("role", "quiet")
        self._back.setIcon(theme.icon("fold-vertical", "dim"))
        self._back.setToolTip(self.tr("Back to the form (Esc)"))
        self._back.clicked.connect(self.close_text)
        top = QHBoxLayout()
        top.addWidget(self._title, 1)
        top.addWidget(self._back)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(16, 12, 16, 12)
        self._box.setSpacing(8)
        self._box.addLayout(top)

    @property
    def row(self) -> FieldRow | None:
        """The row whose editor is here."""
        return self._row

    def show_text(self, row: FieldRow) -> None:
        """Take the editor of a row in."""
        editor = row.editor
        assert isinstance(editor, PromptEditor)
        self._row = row
        self._title.setText(row.field.label)
        target = editor.focus_target()
        target.removeEventFilter(editor)  # moving takes the keyboard away, but the person does not leave the field
        row.lend_editor()
        self._box.addWidget(editor, 1)
        editor.watch(target)
        editor.set_full(True)
        editor.show()
        target.installEventFilter(self)
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def close_text(self) -> None:
        """Give the editor back."""
        row, self._row = self._row, None
        if row is None:
            return
        editor = row.editor
        target = editor.focus_target()
        target.removeEventFilter(self)
        target.removeEventFilter(editor)
        focus = QApplication.focusWidget()
        had_focus = focus is not None and self.isAncestorOf(focus)
        if isinstance(editor, PromptEditor):
            editor.set_full(False)
        self._box.removeWidget(editor)
        row.take_editor_back()
        self.closed.emit()
        if had_focus:
            target.setFocus(Qt.FocusReason.OtherFocusReason)
        editor.watch(target)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            self.close_text()
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_text()
        else:
            super().keyPressEvent(event)
