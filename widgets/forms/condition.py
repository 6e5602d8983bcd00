"""The condition builder: rows like *notepad* · *is not empty*, with the expression one click away.

Not here: the rows themselves (``condition_rows``).
"""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from engine.blueprint.condition_text import rows_of
from engine.blueprint.conditions import as_condition, to_expression
from engine.blueprint.form_fields import Field
from engine.blueprint.values import ValueProblem
from widgets import theme
from widgets.forms.base import FormContext
from widgets.forms.chips import FlowLayout
from widgets.forms.condition_rows import ConditionRow, GroupRow, first_row, joined_box
from widgets.forms.rows import Row, RowsEditor
from widgets.forms.text import show_text


class ConditionEditor(RowsEditor):
    """Rows, how they are joined, and the expression that they stand for."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent, self.tr("Add a condition"), "")
        self._writing = False
        self._match = joined_box(self)
        self._match.setAccessibleName(self.tr("How the conditions are joined"))
        self._expression = QLineEdit(self)
        self._expression.setProperty("role", "mono")
        self._expression.setAccessibleName(self.tr("Condition as an expression"))
        self._expression.setPlaceholderText("notepad is not empty")
        self._switch = QPushButton(self.tr("Write as an expression"), self)
        self._switch.setProperty("role", "link")
        self._group = QPushButton(self.tr("Add a group"), self)
        self._group.setProperty("role", "inline")
        self._group.setIcon(theme.icon("plus", "dim"))
        self._group.setToolTip(self.tr("Conditions in brackets, joined in their own way"))
        self._group.clicked.connect(self._append_group)
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
        bottom.addWidget(self._group)
        bottom.addWidget(self._switch)
        layout.addLayout(bottom)
        self._match.activated.connect(self._announce)
        self._expression.textEdited.connect(self._announce)
        self._switch.clicked.connect(self._swap)
        self.watch(self._expression)
        self.watch(self._match)

    def make_row(self) -> Row:
        return self._made(ConditionRow(self))

    def _made(self, row: ConditionRow | GroupRow) -> Row:
        if self._context is not None:
            row.set_variables(self.context.variables())
        return row

    def show_values(self, values: list[Any]) -> None:
        """As for every list; where a group takes the place of a row, or a row that of a group, it is made anew."""
        for place, (row, value) in enumerate(zip(self._rows, values, strict=False)):
            if isinstance(row, GroupRow) == bool(value.get("rows")):
                continue
            made = GroupRow(self.watch, self) if value.get("rows") else ConditionRow(self)
            self._rows[place] = self._made(made)
            self._take(made)
            self._box.replaceWidget(row, made)
            row.hide()
            row.deleteLater()
            made.show()
        for value in values[len(self._rows) :]:
            made = GroupRow(self.watch, self) if value.get("rows") else ConditionRow(self)
            self._rows.append(self._made(made))
            self._take(made)
            self._box.addWidget(made)
            made.show()
        super().show_values(values)

    def _take(self, row: Row) -> None:
        row.changed.connect(self._announce)
        row.wanted.connect(self._move)
        row.entered.connect(self._append)
        for widget in row.watched():
            self.watch(widget)

    def new_value(self) -> Any:
        return first_row(self.context.variables() if self._context is not None else [])

    def set_context(self, context: FormContext) -> None:
        super().set_context(context)
        for row in self._rows:
            if isinstance(row, (ConditionRow, GroupRow)):
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

    def say_values(self) -> None:
        self.edited.emit(self._value())
        self._arrange()

    @Slot()
    def _append(self) -> None:
        self._append_value(self.new_value())

    @Slot()
    def _append_group(self) -> None:
        one = self.new_value()
        other = "any" if self._match.currentData() == "all" else "all"
        self._append_value({"match": other, "rows": [one, dict(one)]})

    def _append_value(self, value: dict[str, Any]) -> None:
        self.left.emit()
        self.show_values([*self.values(), value])
        self.say_values()
        self._rows[-1].first().setFocus(Qt.FocusReason.OtherFocusReason)

    def _types(self) -> dict[str, str]:
        return {variable.name: variable.type for variable in self.context.variables()}

    @Slot()
    def _swap(self) -> None:
        """From rows to the expression, or back."""
        self.left.emit()
        if self._writing:
            found = rows_of(self._expression.text(), self._types())
            if found is None:
                return
            self._writing = False
            self._match.setCurrentIndex(self._match.findData(found.match))
            self.show_values([row.model_dump() for row in found.rows])
        else:
            rows = {"rows": self.values(), "match": self._match.currentData()}
            try:
                show_text(self._expression, to_expression(rows, self._types()))
            except ValueProblem:
                show_text(self._expression, "")
            self._writing = True
        self.say_values()
        (self._expression if self._writing else self._add).setFocus(Qt.FocusReason.OtherFocusReason)

    def _arrange(self) -> None:
        known = bool(self._context is not None and self.context.variables())
        self._expression.setVisible(self._writing)
        self._match.setVisible(not self._writing and len(self._rows) > 1)
        for row in self._rows:
            row.setVisible(not self._writing)
        self._add.setVisible(not self._writing)
        self._group.setVisible(not self._writing and len(self._rows) > 0)
        sayable = not self._writing or rows_of(self._expression.text(), self._types()) is not None
        self._switch.setEnabled(sayable)
        self._switch.setToolTip("" if sayable else self.tr("This says more than rows can say, so it stays as it is."))
        self._none.setVisible(not known and not self._writing and not self._rows)
        self._switch.setText(self.tr("Back to rows") if self._writing else self.tr("Write as an expression"))

    def set_invalid(self, on: bool) -> None:
        theme.set_role(self._expression, "invalid", on and self._writing)

    def tab_widgets(self) -> list[QWidget]:
        return [self._expression, self._match, *super().tab_widgets(), self._group, self._switch]

    def focus_target(self) -> QWidget:
        if self._writing:
            return self._expression
        return super().focus_target()
