"""Rows of a condition: variable, comparison, value; and a group of them in brackets.

Not here: how rows are joined and what they stand for as a whole (``condition``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from engine.blueprint.conditions import OPERATORS, Operator, operators_for
from engine.blueprint.kinds import Variable
from widgets import theme
from widgets.forms.rows import Row, small_button
from widgets.forms.text import show_text


def joined_box(parent: QWidget) -> QComboBox:
    """The choice of how rows are joined."""
    box = QComboBox(parent)
    box.addItem(box.tr("All of these hold"), "all")
    box.addItem(box.tr("Any of these holds"), "any")
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return box


def first_row(variables: Sequence[Variable]) -> dict[str, Any]:
    """What a new row says."""
    name, kind = (variables[0].name, variables[0].type) if variables else ("", "any")
    return {"variable": name, "operator": operators_for(kind)[0].name, "value": None}


class ConditionRow(Row):
    """Variable, comparison, value."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._variables: Sequence[Variable] = ()
        self._name = ""
        self._operator = "is_not_empty"
        self._variable, self._how = QComboBox(self), QComboBox(self)
        for box in (self._variable, self._how):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(3)
            box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._value = QLineEdit(self)
        self._value.setPlaceholderText(self.tr("Value"))
        self._value.hide()
        self._remove = small_button("x", self.tr("Remove"), self)
        self._filled: tuple[object, ...] = ()
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.setColumnStretch(0, 4)
        layout.setColumnStretch(1, 5)
        layout.addWidget(self._variable, 0, 0)
        layout.addWidget(self._how, 0, 1)
        layout.addWidget(self._remove, 0, 2)
        layout.addWidget(self._value, 1, 0, 1, 2)
        self._variable.activated.connect(self._variable_chosen)
        self._how.activated.connect(self._operator_chosen)
        self._value.textChanged.connect(self.changed)
        self._remove.clicked.connect(self._leave)

    def set_variables(self, variables: Sequence[Variable]) -> None:
        """Variables that may be compared."""
        self._variables = variables
        self._fill()

    def _type(self) -> str:
        return next((v.type for v in self._variables if v.name == self._name), "any")

    def _operators(self) -> list[Operator]:
        found = list(operators_for(self._type()))
        known = OPERATORS.get(self._operator)
        if known is not None and known not in found:
            found.append(known)
        return found

    def _fill(self) -> None:
        names = [(variable.name, variable.title) for variable in self._variables]
        if self._name not in [name for name, _ in names]:
            missing = self.tr("%1 (not there)").replace("%1", self._name) if self._name else self.tr("Choose…")
            names.insert(0, (self._name, missing))
        operators = self._operators()
        wanted = (tuple(names), tuple(operators))
        if wanted != self._filled:
            self._filled = wanted
            self._variable.clear()
            for name, title in names:
                self._variable.addItem(title, name)
            self._how.clear()
            for operator in operators:
                self._how.addItem(operator.words, operator.name)
        self._variable.setCurrentIndex(self._variable.findData(self._name))
        self._how.setCurrentIndex(max(0, self._how.findData(self._operator)))
        known = OPERATORS.get(self._operator)
        self._value.setVisible(known is None or known.value != "none")
        number = known is not None and (known.value == "number" or (known.value == "same" and self._type() == "number"))
        self._value.setPlaceholderText(self.tr("Number") if number else self.tr("Value"))

    @Slot(int)
    def _variable_chosen(self, index: int) -> None:
        self._name = str(self._variable.itemData(index) or "")
        fitting = operators_for(self._type())
        if OPERATORS.get(self._operator) not in fitting and fitting:
            self._operator = fitting[0].name
        self._fill()
        self.changed.emit()

    @Slot(int)
    def _operator_chosen(self, index: int) -> None:
        self._operator = str(self._how.itemData(index))
        self._fill()
        self.changed.emit()

    @Slot()
    def _leave(self) -> None:
        self.wanted.emit(0)

    def value(self) -> Any:
        operator = OPERATORS.get(self._operator)
        value: Any = self._value.text()
        if operator is not None and operator.value == "none":
            value = None
        return {"variable": self._name, "operator": self._operator, "value": value}

    def show_value(self, value: Any, position: int) -> None:
        given = value if isinstance(value, dict) else {}
        self._name = str(given.get("variable") or "")
        self._operator = str(given.get("operator") or "is_not_empty")
        shown = given.get("value")
        show_text(self._value, "" if shown is None else str(shown))
        self._fill()
        self.set_number(str(position + 1))

    def set_number(self, number: str) -> None:
        """Which row this is, for screen readers."""
        self._variable.setAccessibleName(self.tr("Variable of condition %1").replace("%1", number))
        self._how.setAccessibleName(self.tr("Comparison of condition %1").replace("%1", number))
        self._value.setAccessibleName(self.tr("Value of condition %1").replace("%1", number))
        self._remove.setAccessibleName(self.tr("Remove condition %1").replace("%1", number))

    def first(self) -> QWidget:
        return self._variable

    def watched(self) -> list[QWidget]:
        return [self._variable, self._how, self._value]


class GroupRow(Row):
    """Rows in brackets, with a way of being joined of their own."""

    def __init__(self, watch: Callable[[QWidget], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._watch = watch
        self._variables: Sequence[Variable] = ()
        self._rows: list[ConditionRow] = []
        self._position = 0
        frame = QFrame(self)
        frame.setProperty("role", "card")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(frame)
        self._match = joined_box(frame)
        self._remove = small_button("x", self.tr("Remove this group"), frame)
        self._add = QPushButton(self.tr("Add a condition"), frame)
        self._add.setProperty("role", "inline")
        self._add.setIcon(theme.icon("plus", "dim"))
        self._box = QVBoxLayout()
        self._box.setSpacing(6)
        top = QHBoxLayout()
        top.setSpacing(4)
        top.addWidget(self._match)
        top.addStretch(1)
        top.addWidget(self._remove)
        layout = QVBoxLayout(frame)
        layout.setContentsMargins(8, 8, 4, 6)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addLayout(self._box)
        layout.addWidget(self._add, 0, Qt.AlignmentFlag.AlignLeft)
        self._match.activated.connect(self.changed)
        self._add.clicked.connect(self._append)
        self._remove.clicked.connect(self._leave)

    def set_variables(self, variables: Sequence[Variable]) -> None:
        """Variables that may be compared."""
        self._variables = variables
        for row in self._rows:
            row.set_variables(variables)

    def value(self) -> Any:
        return {"match": self._match.currentData(), "rows": [row.value() for row in self._rows]}

    def show_value(self, value: Any, position: int) -> None:
        given = value.get("rows") or []
        self._position = position
        self._match.setCurrentIndex(max(0, self._match.findData(value.get("match", "all"))))
        while len(self._rows) > len(given):
            row = self._rows.pop()
            self._box.removeWidget(row)
            row.hide()
            row.deleteLater()
        while len(self._rows) < len(given):
            row = ConditionRow(self)
            row.set_variables(self._variables)
            row.changed.connect(self.changed)
            row.wanted.connect(self._dropped)
            for widget in row.watched():
                self._watch(widget)
            self._rows.append(row)
            self._box.addWidget(row)
            row.show()
        number = str(position + 1)
        for place, (row, inner) in enumerate(zip(self._rows, given, strict=True)):
            row.show_value(inner, place)
            row.set_number(f"{number}.{place + 1}")
        self._match.setAccessibleName(self.tr("How group %1 is joined").replace("%1", number))
        self._add.setAccessibleName(self.tr("Add a condition to group %1").replace("%1", number))
        self._remove.setAccessibleName(self.tr("Remove group %1").replace("%1", number))
        self.updateGeometry()

    @Slot()
    def _append(self) -> None:
        shown = self.value()
        self.show_value({**shown, "rows": [*shown["rows"], first_row(self._variables)]}, self._position)
        self.changed.emit()
        self._rows[-1].first().setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(int)
    def _dropped(self, _step: int) -> None:
        row = self.sender()
        if not isinstance(row, ConditionRow) or row not in self._rows:
            return
        if len(self._rows) == 1:
            self.wanted.emit(0)
            return
        shown = self.value()
        del shown["rows"][self._rows.index(row)]
        self.show_value(shown, self._position)
        self.changed.emit()
        self._add.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _leave(self) -> None:
        self.wanted.emit(0)

    def first(self) -> QWidget:
        return self._match

    def watched(self) -> list[QWidget]:
        return [self._match]
