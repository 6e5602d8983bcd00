"""The editor for what a tool asks the model for: rows of name, kind, description, options.

Not here: the rows' frame (``rows``).
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from engine.blueprint.form_fields import Field
from engine.blueprint.kinds.tool import INPUT_TYPES
from widgets.forms.rows import Row, RowsEditor, small_button
from widgets.forms.text import show_text


class InputRow(Row):
    """One input of a tool: name, kind, what to put in, whether it must be given, options of a choice."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._extra: dict[str, Any] = {}
        frame = QFrame(self)
        frame.setProperty("role", "card")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)
        self._title, self._kind = QLineEdit(frame), QComboBox(frame)
        self._help, self._options = QLineEdit(frame), QLineEdit(frame)
        self._options.hide()  # before any layout has counted it
        self._title.setPlaceholderText(self.tr("Name, for instance note"))
        self._help.setPlaceholderText(self.tr("What to put in (the model reads this)"))
        self._options.setPlaceholderText(self.tr("Options, with commas between them"))
        self._kind.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._kind.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._kind.setMinimumContentsLength(6)
        for name, label in INPUT_TYPES.items():
            self._kind.addItem(label.capitalize(), name)
        self._required = QCheckBox(self.tr("Must be given"), frame)
        self._up = small_button("arrow-up", self.tr("Move up"), frame)
        self._down = small_button("arrow-down", self.tr("Move down"), frame)
        self._remove = small_button("trash-2", self.tr("Remove"), frame)
        layout = QVBoxLayout(frame)
        layout.setContentsMargins(10, 10, 10, 8)
        layout.setSpacing(6)
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(self._title, 3)
        top.addWidget(self._kind, 2)
        bottom.setSpacing(2)
        bottom.addWidget(self._required, 1)
        for button in (self._up, self._down, self._remove):
            bottom.addWidget(button)
        layout.addLayout(top)
        layout.addWidget(self._help)
        layout.addWidget(self._options)
        layout.addLayout(bottom)
        for edit in (self._title, self._help, self._options):
            edit.textChanged.connect(self.changed)
        self._kind.activated.connect(self._kind_changed)
        self._required.toggled.connect(self.changed)
        self._up.clicked.connect(self._go_up)
        self._down.clicked.connect(self._go_down)
        self._remove.clicked.connect(self._leave)

    @Slot()
    def _kind_changed(self) -> None:
        self._options.setVisible(self._kind.currentData() == "choice")
        self.changed.emit()

    @Slot()
    def _go_up(self) -> None:
        self.wanted.emit(-1)

    @Slot()
    def _go_down(self) -> None:
        self.wanted.emit(1)

    @Slot()
    def _leave(self) -> None:
        self.wanted.emit(0)

    def value(self) -> Any:
        found = {
            **self._extra,
            "title": self._title.text(),
            "type": self._kind.currentData(),
            "description": self._help.text(),
            "required": self._required.isChecked(),
        }
        options = [option.strip() for option in self._options.text().split(",")]
        if found["type"] == "choice" or any(options):
            found["options"] = [option for option in options if option]
        return found

    def show_value(self, value: Any, position: int) -> None:
        given = value if isinstance(value, dict) else {}
        own = ("title", "type", "description", "required", "options")
        self._extra = {name: item for name, item in given.items() if name not in own}
        show_text(self._title, str(given.get("title", "")))
        show_text(self._help, str(given.get("description", "")))
        options = [str(option) for option in given.get("options") or []]
        if [part.strip() for part in self._options.text().split(",") if part.strip()] != options:
            show_text(self._options, ", ".join(options))
        self._kind.setCurrentIndex(max(0, self._kind.findData(given.get("type", "text"))))
        blocked = self._required.blockSignals(True)
        self._required.setChecked(bool(given.get("required", True)))
        self._required.blockSignals(blocked)
        self._options.setVisible(self._kind.currentData() == "choice")
        self._name_parts(str(position + 1))

    def _name_parts(self, number: str) -> None:
        names = (
            (self._title, self.tr("Name of input %1")),
            (self._kind, self.tr("Kind of input %1")),
            (self._help, self.tr("What to put into input %1")),
            (self._options, self.tr("Options of input %1")),
            (self._required, self.tr("Input %1 must be given")),
            (self._up, self.tr("Move input %1 up")),
            (self._down, self.tr("Move input %1 down")),
            (self._remove, self.tr("Remove input %1")),
        )
        for widget, name in names:
            widget.setAccessibleName(name.replace("%1", number))

    def first(self) -> QWidget:
        return self._title

    def watched(self) -> list[QWidget]:
        return [self._title, self._help, self._options, self._kind]


class InputsEditor(RowsEditor):
    """What a tool asks the model for."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent, self.tr("Add an input"), field.label)

    def make_row(self) -> Row:
        return InputRow(self)

    def new_value(self) -> Any:
        return {"title": "", "type": "text", "description": "", "required": True}

    def set_value(self, value: Any) -> None:
        self.show_values(list(value) if isinstance(value, (list, tuple)) else [])
