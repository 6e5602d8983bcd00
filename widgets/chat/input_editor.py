"""Changing what a tool is called with, before it runs: a field for each value, or the whole of it as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QCheckBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from widgets import theme

_LONG = 60
_LINES = 5


class InputEditor(QWidget):
    """Edits a JSON value. What cannot be read is said below, and :meth:`value` then raises.

    Signals:
        height_wanted: It is higher or lower than before.
    """

    height_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value: Any = {}
        self._fields: dict[str, QWidget] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._form = QWidget()
        self._column.addWidget(self._form)
        self.json = QPlainTextEdit()
        self.json.setProperty("role", "mono")
        self.json.setAccessibleName(self.tr("The input as JSON"))
        self.json.setTabChangesFocus(True)
        self._column.addWidget(self.json)
        self.error = QLabel()
        self.error.setProperty("role", "error")
        self.error.setWordWrap(True)
        self.error.hide()
        self._column.addWidget(self.error)
        self.switch = QPushButton()
        self.switch.setProperty("role", "link")
        self.switch.clicked.connect(self._switch)
        self._column.addWidget(self.switch, 0, Qt.AlignmentFlag.AlignLeft)
        self._as_json = False

    def set_value(self, value: Any) -> None:
        """Show a value."""
        self._value = value
        self._show(as_json=not _is_flat(value))

    def focus_first(self) -> None:
        """Puts the cursor into the first field."""
        first = self.json if self._as_json else next(iter(self._fields.values()))
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def value(self) -> Any:
        """What stands there now.

        Raises:
            ValueError: It cannot be read; the reason stands below the field.
        """
        try:
            found = self._read()
        except ValueError as error:
            self.error.setText(str(error))
            self.error.show()
            self.height_wanted.emit()
            raise
        self.error.hide()
        return found

    def _read(self) -> Any:
        if self._as_json:
            try:
                return json.loads(self.json.toPlainText())
            except json.JSONDecodeError as error:
                place = self.tr("Line {line}, column {column}").format(line=error.lineno, column=error.colno)
                raise ValueError(self.tr("This is no JSON: {place}.").format(place=place)) from None
        return {name: self._value_of(name, field) for name, field in self._fields.items()}

    def _value_of(self, name: str, field: QWidget) -> Any:
        old = self._value[name]
        if isinstance(field, QCheckBox):
            return field.isChecked()
        text = field.toPlainText() if isinstance(field, QPlainTextEdit) else field.text()  # type: ignore[attr-defined]
        if isinstance(old, str):
            return text
        try:
            return type(old)(text.strip())
        except ValueError:
            raise ValueError(self.tr("“{name}” has to be a number.").format(name=name)) from None

    def _switch(self) -> None:
        try:
            self._value = self.value()
        except ValueError:
            return
        if self._as_json and not _is_flat(self._value):
            self.error.setText(self.tr("This has more than plain values, so it can only be changed as JSON."))
            self.error.show()
            self.height_wanted.emit()
            return
        self._show(as_json=not self._as_json)
        self.height_wanted.emit()

    def _show(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self.error.hide()
        fresh = QWidget()
        self._fields = {}
        if as_json:
            text = json.dumps(self._value, ensure_ascii=False, indent=2)
            self.json.setPlainText(text)
            lines = min(12, max(3, text.count("\n") + 2))
            self.json.setFixedHeight(lines * QFontMetrics(theme.font("mono")).lineSpacing() + 16)
        else:
            form = QFormLayout(fresh)
            form.setContentsMargins(0, 0, 0, 0)
            form.setSpacing(6)
            for name, value in self._value.items():
                self._fields[name] = field = _field(value)
                field.setAccessibleName(name)
                form.addRow(name, field)
        self._column.replaceWidget(self._form, fresh)
        self._form.deleteLater()
        self._form = fresh
        self._form.setVisible(not as_json)
        self.json.setVisible(as_json)
        self.switch.setText(self.tr("As fields") if as_json else self.tr("As JSON"))
        self.switch.setVisible(_is_flat(self._value))


def _is_flat(value: Any) -> bool:
    """Whether every value is a text, a number or yes or no, so that each can have a field."""
    return isinstance(value, Mapping) and bool(value) and all(isinstance(v, (str, int, float)) for v in value.values())


def _field(value: Any) -> QWidget:
    if isinstance(value, bool):
        box = QCheckBox()
        box.setChecked(value)
        return box
    text = str(value)
    if isinstance(value, str) and (len(text) > _LONG or "\n" in text):
        area = QPlainTextEdit(text)
        area.setTabChangesFocus(True)
        area.setFixedHeight(_LINES * QFontMetrics(theme.font("body")).lineSpacing() + 16)
        return area
    return QLineEdit(text)
