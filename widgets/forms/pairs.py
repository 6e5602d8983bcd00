"""Editors for names with values: records, and lists of pairs such as the headers of a request.

Not here: the rows' frame (``rows``).
"""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from engine.blueprint.form_fields import Field
from widgets.forms.rows import Row, RowsEditor, small_button
from widgets.forms.text import show_text


class PairRow(Row):
    """A name and a value."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._extra: dict[str, Any] = {}
        self._name, self._value = QLineEdit(self), QLineEdit(self)
        self._remove = small_button("x", self.tr("Remove"), self)
        self._name.setPlaceholderText(str(field.settings.get("name") or self.tr("Name")))
        self._value.setPlaceholderText(str(field.settings.get("value") or self.tr("Value")))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._name, 2)
        layout.addWidget(self._value, 3)
        layout.addWidget(self._remove)
        for edit in (self._name, self._value):
            edit.textChanged.connect(self.changed)
            edit.returnPressed.connect(self.entered)
        self._remove.clicked.connect(self._leave)

    @Slot()
    def _leave(self) -> None:
        self.wanted.emit(0)

    def value(self) -> Any:
        return self._name.text(), self._value.text()

    def show_value(self, value: Any, position: int) -> None:
        show_text(self._name, str(value[0]))
        show_text(self._value, str(value[1]))
        number = str(position + 1)
        self._name.setAccessibleName(self.tr("Name of field %1").replace("%1", number))
        self._value.setAccessibleName(self.tr("Value of field %1").replace("%1", number))
        self._remove.setAccessibleName(self.tr("Remove field %1").replace("%1", number))

    def first(self) -> QWidget:
        return self._name

    def watched(self) -> list[QWidget]:
        return [self._name, self._value]


class RecordEditor(RowsEditor):
    """A record as pairs; values that are no text are kept until they are edited."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent, str(field.settings.get("add") or self.tr("Add a field")), field.label)
        self._given: dict[str, Any] = {}

    def make_row(self) -> Row:
        return PairRow(self.field, self)

    def new_value(self) -> Any:
        return "", ""

    def set_value(self, value: Any) -> None:
        given = dict(value) if isinstance(value, dict) else {}
        if self._rows and given == self._record():
            return
        self._given = given
        self.show_values([(name, item if isinstance(item, str) else _json(item)) for name, item in given.items()])

    def _record(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, text in self.values():
            old = self._given.get(name)
            found[name] = old if old is not None and not isinstance(old, str) and _json(old) == text else text
        found.pop("", None)
        return found

    def own_error(self) -> str | None:
        names = [name for name, _ in self.values() if name]
        double = next((name for name in names if names.count(name) > 1), None)
        return self.tr("“%1” stands here twice; the last one counts.").replace("%1", double) if double else None

    def say_values(self) -> None:
        self.edited.emit(self._record())

    @Slot()
    def _append(self) -> None:
        self.show_values([*self.values(), self.new_value()])
        self._rows[-1].first().setFocus(Qt.FocusReason.OtherFocusReason)


class PairsEditor(RowsEditor):
    """A list of ``{name, value}``: order and doubles count. What else an item holds is kept."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent, str(field.settings.get("add") or self.tr("Add a field")), field.label)

    def make_row(self) -> Row:
        return NamedRow(self.field, self)

    def new_value(self) -> Any:
        return {"name": "", "value": ""}

    def set_value(self, value: Any) -> None:
        given = value if isinstance(value, (list, tuple)) else []
        self.show_values([item if isinstance(item, dict) else {"name": str(item)} for item in given])


class NamedRow(PairRow):
    """A pair as ``{name, value}``."""

    def value(self) -> Any:
        return {**self._extra, "name": self._name.text(), "value": self._value.text()}

    def show_value(self, value: Any, position: int) -> None:
        self._extra = {name: item for name, item in value.items() if name not in ("name", "value")}
        super().show_value((value.get("name", ""), value.get("value", "")), position)


def pairs_editor(field: Field, parent: QWidget | None = None) -> RecordEditor | PairsEditor:
    """The editor of ``pairs``, by what the property holds when nothing is said: a record, or a list."""
    return PairsEditor(field, parent) if isinstance(field.default, list) else RecordEditor(field, parent)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
