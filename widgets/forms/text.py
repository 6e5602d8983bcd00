"""Editors for text: one line, and several lines that grow with what is written."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent, QTextCursor
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from engine.blueprint.form_fields import Field
from engine.blueprint.kinds import kind_of
from widgets.forms.base import FieldEditor, FormContext

_OWN_NAMES = ("name", "id")
"""Technical names follow from the title while they are empty; the empty field shows what follows."""


def show_text(edit: QLineEdit | QPlainTextEdit, text: str) -> None:
    """Show a text from elsewhere (undo, another form) and leave the cursor where it makes sense.

    Only the part that differs is exchanged, so the cursor stands behind what came back; a line in which nobody types
    shows its beginning.
    """
    old = edit.text() if isinstance(edit, QLineEdit) else edit.toPlainText()
    if old == text:
        return
    start = 0
    limit = min(len(old), len(text))
    while start < limit and old[start] == text[start]:
        start += 1
    end = 0
    while end < limit - start and old[-1 - end] == text[-1 - end]:
        end += 1
    blocked = edit.blockSignals(True)
    try:
        if isinstance(edit, QLineEdit):
            edit.setText(text)
            edit.setCursorPosition(len(text) - end if edit.hasFocus() else 0)
        else:
            cursor = QTextCursor(edit.document())
            cursor.setPosition(_units(old[:start]))
            cursor.setPosition(_units(old[: len(old) - end]), QTextCursor.MoveMode.KeepAnchor)
            cursor.insertText(text[start : len(text) - end])
            edit.setTextCursor(cursor)
    finally:
        edit.blockSignals(blocked)


def _units(text: str) -> int:
    """Length as Qt counts it: letters outside the basic plane are two units."""
    return len(text.encode("utf-16-le")) // 2


class GrowingText(QPlainTextEdit):
    """Several lines; as high as its text, between a least and a most number of lines."""

    def __init__(self, parent: QWidget | None = None, least: int = 3, most: int = 14) -> None:
        super().__init__(parent)
        self._least, self._most = least, most
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.document().setDocumentMargin(3)
        # Lines break, and still Qt shows the bar where a blank ends a full line.
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.textChanged.connect(self._fit)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)

    def sizeHint(self) -> QSize:
        spacing = self.fontMetrics().lineSpacing()
        lines = max(self._least, min(self._most, round(self.document().size().height())))
        margins = self.contentsMargins()
        around = 2 * round(self.document().documentMargin()) + margins.top() + margins.bottom() + 12
        return QSize(200, lines * spacing + around)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    @Slot()
    def _fit(self) -> None:
        height = self.sizeHint().height()
        if height != self.height():
            self.updateGeometry()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self.moveCursor(QTextCursor.MoveOperation.End)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            event.ignore()
            return
        super().keyPressEvent(event)


class LineEditor(FieldEditor):
    """One line of text."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._edit = QLineEdit(self)
        self._edit.setPlaceholderText(field.placeholder)
        if field.max_length:
            self._edit.setMaxLength(field.max_length)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._edit)
        self._edit.textChanged.connect(self._changed)
        self.watch(self._edit)

    @Slot(str)
    def _changed(self, text: str) -> None:
        self.edited.emit(text)

    def set_context(self, context: FormContext) -> None:
        super().set_context(context)
        if self.field.name in _OWN_NAMES and not self.field.placeholder:
            self._edit.setPlaceholderText(kind_of(context.node).own_name(context.node) or "")

    def set_value(self, value: Any) -> None:
        show_text(self._edit, "" if value is None else str(value))

    def focus_target(self) -> QWidget:
        return self._edit


class TextEditor(FieldEditor):
    """Several lines of plain text."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._known = ""
        self._edit = self.make_edit()
        self._edit.setPlaceholderText(field.placeholder)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._edit)
        self._edit.textChanged.connect(self._changed)
        self.watch(self._edit)

    def make_edit(self) -> GrowingText:
        """What the text stands in; editors of other texts override it."""
        return GrowingText(self, least=2)

    @Slot()
    def _changed(self) -> None:
        text = self._edit.toPlainText()
        if text != self._known:
            self._known = text
            self.edited.emit(text)

    def set_value(self, value: Any) -> None:
        self._known = "" if value is None else str(value)
        show_text(self._edit, self._known)

    def focus_target(self) -> QWidget:
        return self._edit
