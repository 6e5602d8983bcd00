"""The condition builder: rows like *notepad* · *is not empty*, with the expression one click away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from engine.blueprint.conditions import OPERATORS, Operator, as_condition, operators_for, to_expression
from engine.blueprint.form_fields import Field
from engine.blueprint.kinds import Variable
from engine.blueprint.values import ValueProblem
from widgets import theme
from widgets.forms.base import FormContext
from widgets.forms.chips import FlowLayout
from widgets.forms.rows import Row, RowsEditor, small_button
from widgets.forms.text import show_text


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
        self._value.textEdited.connect(self.changed)
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
        number = str(position + 1)
        self._variable.setAccessibleName(self.tr("Variable of condition %1").replace("%1", number))
        self._how.setAccessibleName(self.tr("Comparison of condition %1").replace("%1", number))
        self._value.setAccessibleName(self.tr("Value of condition %1").replace("%1", number))
        self._remove.setAccessibleName(self.tr("Remove condition %1").replace("%1", number))

    def first(self) -> QWidget:
        return self._variable

    def watched(self) -> list[QWidget]:
        return [self._variable, self._how, self._value]


class ConditionEditor(RowsEditor):
    """Rows, how they are joined, and the expression that they stand for."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent, self.tr("Add a condition"), "")
        self._writing = False
        self._match = QComboBox(self)
        self._match.addItem(self.tr("All of these hold"), "all")
        self._match.addItem(self.tr("Any of these holds"), "any")
        self._match.setAccessibleName(self.tr("How the conditions are joined"))
        self._match.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._expression = QLineEdit(self)
        self._expression.setProperty("role", "mono")
        self._expression.setAccessibleName(self.tr("Condition as an expression"))
        self._expression.setPlaceholderText("notepad is not empty")
        self._switch = QPushButton(self.tr("Write as an expression"), self)
        self._switch.setProperty("role", "link")
        self._none = QLabel(self.tr("There is no variable yet. Add a state variable or a knob first."), self)
        self._none.setProperty("role", "caption")
        self._none.setWordWrap(True)
        for widget in (self._match, self._expression, self._none):
            widget.hide()
        layout = self.layout()
        assert isinstance(layout, QVBoxLayout)
        layout.insertWidget(0, self._match, 0, Qt.AlignmentFlag.AlignLeft)
        layout.insertWidget(0, self._expression)
        layout.insertWidget(0, self._none)
        layout.removeWidget(self._add)
        bottom = FlowLayout(None, 8)
        bottom.addWidget(self._add)
        bottom.addWidget(self._switch)
        layout.addLayout(bottom)
        self._match.activated.connect(self._announce)
        self._expression.textEdited.connect(self._announce)
        self._switch.clicked.connect(self._swap)
        self.watch(self._expression)
        self.watch(self._match)

    def make_row(self) -> Row:
        row = ConditionRow(self)
        if self._context is not None:
            row.set_variables(self.context.variables())
        return row

    def new_value(self) -> Any:
        found = self.context.variables() if self._context is not None else []
        name, kind = (found[0].name, found[0].type) if found else ("", "any")
        return {"variable": name, "operator": operators_for(kind)[0].name, "value": None}

    def set_context(self, context: FormContext) -> None:
        super().set_context(context)
        for row in self._rows:
            if isinstance(row, ConditionRow):
                row.set_variables(context.variables())
        self._arrange()

    def set_value(self, value: Any) -> None:
        try:
            condition = as_condition(value)
        except ValueError:
            condition = as_condition({})
        if condition.expression.strip():
            self._writing = True
        elif not self._expression.hasFocus():
            self._writing = False
        show_text(self._expression, condition.expression)
        self._match.setCurrentIndex(self._match.findData(condition.match))
        self.show_values([row.model_dump() for row in condition.rows])
        self._arrange()

    def _value(self) -> dict[str, Any]:
        if self._writing:
            found: dict[str, Any] = {"expression": self._expression.text()}
            return {**found, "rows": self.values()} if not self._expression.text().strip() else found
        return {"rows": self.values(), "match": self._match.currentData()}

    @Slot()
    def _announce(self) -> None:
        self.edited.emit(self._value())
        self._arrange()

    @Slot()
    def _append(self) -> None:
        self.left.emit()
        self.show_values([*self.values(), self.new_value()])
        self._announce()
        self._rows[-1].first().setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(int)
    def _move(self, step: int) -> None:
        super()._move(step)
        self._announce()

    @Slot()
    def _swap(self) -> None:
        """From rows to the expression, or back."""
        self.left.emit()
        if self._writing:
            self._writing = False
        else:
            try:
                types = {v.name: v.type for v in self.context.variables()}
                show_text(
                    self._expression, to_expression({"rows": self.values(), "match": self._match.currentData()}, types)
                )
            except ValueProblem:
                show_text(self._expression, "")
            self._writing = True
        self._announce()
        (self._expression if self._writing else self._add).setFocus(Qt.FocusReason.OtherFocusReason)

    def _arrange(self) -> None:
        known = bool(self._context is not None and self.context.variables())
        self._expression.setVisible(self._writing)
        self._match.setVisible(not self._writing and len(self._rows) > 1)
        for row in self._rows:
            row.setVisible(not self._writing)
        self._add.setVisible(not self._writing)
        self._none.setVisible(not known and not self._writing and not self._rows)
        self._switch.setText(self.tr("Back to rows") if self._writing else self.tr("Write as an expression"))

    def set_invalid(self, on: bool) -> None:
        theme.set_role(self._expression, "invalid", on and self._writing)

    def tab_widgets(self) -> list[QWidget]:
        return [self._expression, self._match, *super().tab_widgets(), self._switch]

    def focus_target(self) -> QWidget:
        if self._writing:
            return self._expression
        return super().focus_target()
