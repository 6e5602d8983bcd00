"""Editors for lists: rows that can be added, removed and moved, and the simplest of them, lines of text.

Not here: rows of other kinds (``pairs``, ``inputs``, ``condition``, ``paths``).
"""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.blueprint.form_fields import Field
from widgets import theme
from widgets.forms.base import FieldEditor, focusable
from widgets.forms.text import show_text


def small_button(icon: str, name: str, parent: QWidget) -> QToolButton:
    """An icon button with a name."""
    button = QToolButton(parent)
    button.setIcon(theme.icon(icon, "dim"))
    button.setIconSize(QSize(14, 14))
    button.setToolTip(name)
    button.setAccessibleName(name)
    return button


class Row(QWidget):
    """One row of a list.

    Signals:
        changed: Its content is another one.
        wanted: Remove it, or move it: -1 up, 1 down, 0 remove.
        entered: Enter was pressed: the next row is wanted.
    """

    changed = Signal()
    wanted = Signal(int)
    entered = Signal()

    def value(self) -> Any:
        """What stands in the row; rows override it."""
        return None

    def show_value(self, value: Any, position: int) -> None:
        """Show a value without announcing it; rows override it."""

    def first(self) -> QWidget:
        """The widget that takes the keyboard."""
        return self

    def watched(self) -> list[QWidget]:
        """Widgets whose focus and undo keys belong to the form."""
        return [self.first()]


class RowsEditor(FieldEditor):
    """A list of rows with an "Add" button."""

    def __init__(self, field: Field, parent: QWidget | None, add: str, name: str) -> None:
        super().__init__(field, parent)
        self._rows: list[Row] = []
        self._box = QVBoxLayout()
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(6)
        self._add = QPushButton(add, self)
        self._add.setProperty("role", "inline")
        self._add.setIcon(theme.icon("plus", "dim"))
        self._add.setAccessibleName(f"{add}: {name}" if name else add)
        self._add.clicked.connect(self._append)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(self._box)
        layout.addWidget(self._add, 0, Qt.AlignmentFlag.AlignLeft)

    def make_row(self) -> Row:
        """A new, empty row; lists override it."""
        return Row(self)

    def new_value(self) -> Any:
        """What a new row holds."""
        return ""

    def values(self) -> list[Any]:
        """What the rows hold."""
        return [row.value() for row in self._rows]

    def tab_widgets(self) -> list[QWidget]:
        return [widget for row in self._rows for widget in focusable(row)] + [self._add]

    def show_values(self, values: list[Any]) -> None:
        """Show values, keeping the rows that are there (and the cursor in them)."""
        while len(self._rows) > len(values):
            row = self._rows.pop()
            self._box.removeWidget(row)
            row.hide()
            row.deleteLater()
        while len(self._rows) < len(values):
            row = self.make_row()
            row.changed.connect(self._announce)
            row.wanted.connect(self._move)
            row.entered.connect(self._append)
            for widget in row.watched():
                self.watch(widget)
            self._rows.append(row)
            self._box.addWidget(row)
            row.show()
        for position, (row, value) in enumerate(zip(self._rows, values, strict=True)):
            row.show_value(value, position)
        self.updateGeometry()

    def rows(self) -> list[Row]:
        """The rows, from the top."""
        return list(self._rows)

    def say_values(self) -> None:
        """Announce what the rows hold; lists whose value is no list override it."""
        self.edited.emit(self.values())

    @Slot()
    def _announce(self) -> None:
        self.say_values()

    @Slot()
    def _append(self) -> None:
        self.left.emit()
        values = [*self.values(), self.new_value()]
        self.show_values(values)
        self.say_values()
        self._rows[-1].first().setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(int)
    def _move(self, step: int) -> None:
        row = self.sender()
        if not isinstance(row, Row) or row not in self._rows:
            return
        self.left.emit()
        position, values = self._rows.index(row), self.values()
        value = values.pop(position)
        if step:
            values.insert(max(0, min(len(values), position + step)), value)
        self.show_values(values)
        self.say_values()
        if self._rows:
            target = min(len(self._rows) - 1, max(0, position + step))
            self._rows[target].first().setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._add.setFocus(Qt.FocusReason.OtherFocusReason)

    def focus_target(self) -> QWidget:
        return self._rows[0].first() if self._rows else self._add


class LineRow(Row):
    """One line of text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._edit = QLineEdit(self)
        self._remove = small_button("x", self.tr("Remove"), self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._edit, 1)
        layout.addWidget(self._remove)
        self._edit.textChanged.connect(self.changed)
        self._edit.returnPressed.connect(self.entered)
        self._remove.clicked.connect(self._leave)

    @Slot()
    def _leave(self) -> None:
        self.wanted.emit(0)

    def value(self) -> Any:
        return self._edit.text()

    def show_value(self, value: Any, position: int) -> None:
        show_text(self._edit, str(value))
        self._edit.setAccessibleName(self.tr("Item %1").replace("%1", str(position + 1)))
        self._remove.setAccessibleName(self.tr("Remove item %1").replace("%1", str(position + 1)))

    def first(self) -> QWidget:
        return self._edit


class ListEditor(RowsEditor):
    """A list of lines of text. Items that are no text are kept as they are until they are edited."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent, self.tr("Add an item"), field.label)
        self._given: list[Any] = []

    def make_row(self) -> Row:
        return LineRow(self)

    def set_value(self, value: Any) -> None:
        self._given = list(value) if isinstance(value, (list, tuple)) else []
        self.show_values([item if isinstance(item, str) else _json(item) for item in self._given])

    def values(self) -> list[Any]:
        known = {_json(item): item for item in self._given if not isinstance(item, str)}
        return [known.get(text, text) for text in super().values()]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
