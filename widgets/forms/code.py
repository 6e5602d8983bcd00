"""Editors for text that a machine reads: program text, and JSON with its errors in place."""

from __future__ import annotations

import ast
import json
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.blueprint.form_fields import Field
from engine.blueprint.json_text import JsonProblem, read_json, write_json
from widgets import theme
from widgets.forms.base import FieldEditor
from widgets.forms.highlight import CodeHighlighter, Language, mark_line
from widgets.forms.text import GrowingText, TextEditor, show_text

_LONGEST_CHECKED = 100_000


class CodeText(GrowingText):
    """Monospaced text; a new line begins where the one above does, Ctrl+] and Ctrl+[ move lines in and out."""

    def __init__(self, parent: QWidget, language: Language, least: int, most: int) -> None:
        super().__init__(parent, least, most)
        self._language = language
        self._step = 4 if language == "python" else 2
        self.setProperty("role", "mono")
        self.setLineWrapMode(self.LineWrapMode.WidgetWidth)
        self.highlighter = CodeHighlighter(self.document(), language)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            cursor = self.textCursor()
            line = cursor.block().text()[: cursor.positionInBlock()]
            indent = line[: len(line) - len(line.lstrip())]
            if line.rstrip().endswith((":", "{", "[", "(")):
                indent += " " * self._step
            cursor.insertText("\n" + indent)
            self.ensureCursorVisible()
        elif control and event.key() in (Qt.Key.Key_BracketRight, Qt.Key.Key_BracketLeft):
            self._indent(event.key() == Qt.Key.Key_BracketRight)
        else:
            super().keyPressEvent(event)

    def _indent(self, more: bool) -> None:
        cursor = self.textCursor()
        document = self.document()
        first = document.findBlock(cursor.selectionStart()).blockNumber()
        last = document.findBlock(cursor.selectionEnd()).blockNumber()
        for number in range(first, last + 1):
            block = document.findBlockByNumber(number)
            at = QTextCursor(block)
            if more:
                at.insertText(" " * self._step)
                continue
            spaces = len(block.text()) - len(block.text().lstrip(" "))
            at.movePosition(QTextCursor.MoveOperation.Right, QTextCursor.MoveMode.KeepAnchor, min(self._step, spaces))
            at.removeSelectedText()


class CodeEditor(TextEditor):
    """Program text; a mistake that Python would not read is said with its line."""

    def make_edit(self) -> GrowingText:
        return CodeText(self, "python", 6, 24)

    @Slot()
    def _changed(self) -> None:
        if self._edit.toPlainText() != self._known:
            mark_line(self._edit, None)
        super()._changed()

    def _mistake(self) -> tuple[str, int, int] | None:
        text = self._edit.toPlainText()
        if not text.strip() or len(text) > _LONGEST_CHECKED:
            return None
        try:
            ast.parse(text)
        except SyntaxError as error:
            return str(error.msg), error.lineno or 1, error.offset or 1
        except (ValueError, RecursionError, MemoryError) as error:
            return str(error) or type(error).__name__, 1, 1
        return None

    def own_error(self) -> str | None:
        found = self._mistake()
        if found is None:
            return None
        said = self.tr("Line %1 cannot be read as Python: %2.")
        return said.replace("%1", str(found[1])).replace("%2", found[0].rstrip("."))

    def set_invalid(self, on: bool) -> None:
        super().set_invalid(on)
        found = self._mistake() if on else None
        mark_line(self._edit, found[1] if found else None, found[2] if found else None)

    def mark_line(self, line: int | None) -> None:
        if line is not None:
            mark_line(self._edit, line)


class JsonEditor(FieldEditor):
    """A JSON value as text. What cannot be read, or is not what the schema wants, stays here with its place marked."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._schema = field.settings.get("schema") or None
        self._known = ""
        self._value: Any = None
        self._edit = CodeText(self, "json", 4, 20)
        self._edit.setPlaceholderText(field.placeholder)
        self._format = QPushButton(self.tr("Tidy up"), self)
        self._format.setProperty("role", "inline")
        self._format.setIcon(theme.icon("braces", "dim"))
        self._format.setAccessibleName(self.tr("Tidy up: %1").replace("%1", field.label))
        self._place = QLabel(self)
        self._place.setProperty("role", "faint")
        below = QHBoxLayout()
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(self._format)
        below.addStretch(1)
        below.addWidget(self._place)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._edit)
        layout.addLayout(below)
        self._edit.textChanged.connect(self._changed)
        self._edit.cursorPositionChanged.connect(self._show_place)
        self._format.clicked.connect(self._tidy)
        self.watch(self._edit)
        self._show_place()

    def _problem(self) -> tuple[str, int, int] | None:
        """What is wrong, its line and its column. Never the exception: that would keep frames with widgets alive."""
        text = self._edit.toPlainText()
        if not text.strip() and self.field.optional:
            return None
        try:
            read_json(text, self._schema)
        except JsonProblem as problem:
            return str(problem), problem.line, problem.column
        return None

    @Slot()
    def _changed(self) -> None:
        text = self._edit.toPlainText()
        if text == self._known:
            return
        self._known = text
        mark_line(self._edit, None)
        if self._problem() is None:
            value = read_json(text) if text.strip() else None
            if not same(value, self._value):
                self._value = value
                self.edited.emit(value)

    @Slot()
    def _show_place(self) -> None:
        cursor = self._edit.textCursor()
        place = self.tr("line %1, column %2").replace("%1", str(cursor.blockNumber() + 1))
        self._place.setText(place.replace("%2", str(cursor.positionInBlock() + 1)))

    @Slot()
    def _tidy(self) -> None:
        if self._problem() is None and self._known.strip():
            self._known = write_json(read_json(self._known))
            show_text(self._edit, self._known)
        self.left.emit()

    def own_error(self) -> str | None:
        problem = self._problem()
        return problem[0] if problem is not None else None

    def set_invalid(self, on: bool) -> None:
        super().set_invalid(on)
        problem = self._problem() if on else None
        mark_line(self._edit, problem[1] if problem else None, problem[2] if problem else None)

    def set_value(self, value: Any) -> None:
        if same(value, self._value) and self._known:
            return  # what the person wrote in another spelling stays
        self._value = value
        self._known = "" if value is None and self.field.optional else write_json(value)
        show_text(self._edit, self._known)

    def draft(self) -> str | None:
        return self._edit.toPlainText() if self._problem() is not None else None

    def restore(self, draft: str) -> None:
        self._known = draft
        show_text(self._edit, draft)

    def tab_widgets(self) -> list[QWidget]:
        return [self._edit, self._format]

    def focus_target(self) -> QWidget:
        return self._edit


def same(left: Any, right: Any) -> bool:
    """Whether two values are one JSON value: unlike ``==``, 1 is not ``true``."""
    return json.dumps(left, sort_keys=True, default=str) == json.dumps(right, sort_keys=True, default=str)
