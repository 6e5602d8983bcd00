"""The value editor: its shape follows what the value is for (text, number, yes or no, list, record, one of options)."""

from __future__ import annotations

import dataclasses
from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.blueprint.form_fields import Choice, Field
from engine.blueprint.values import empty
from widgets.forms.base import FieldEditor, FormContext
from widgets.forms.code import JsonEditor
from widgets.forms.numbers import NumberEditor
from widgets.forms.pairs import RecordEditor
from widgets.forms.prompt import PromptEditor
from widgets.forms.rows import ListEditor
from widgets.forms.simple import ChoiceEditor, ToggleEditor
from widgets.forms.text import TextEditor
from widgets.tree.document_model import DocumentModel


class ValueEditor(FieldEditor):
    """Shows the editor that fits, and exchanges it when the type changes."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._inner: FieldEditor | None = None
        self._shape: tuple[object, ...] = ()
        self._value: Any = None
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)

    def set_context(self, context: FormContext) -> None:
        super().set_context(context)
        self._build()
        if self._inner is not None:
            self._inner.set_context(context)

    def set_history(self, model: DocumentModel) -> None:
        super().set_history(model)
        if self._inner is not None:
            self._inner.set_history(model)

    def _wanted(self) -> tuple[object, ...]:
        """Which editor fits: its name, and what else it depends on."""
        if self.field.role == "value":  # of a step: a text with variables, unless a file says something else
            return ("template",) if self._value is None or isinstance(self._value, str) else ("json",)
        kind = self.context.value("type", "text") if self._context is not None else "text"
        if kind == "choice":
            return (
                "choice",
                tuple(str(option) for option in self.context.value("options") or () if str(option).strip()),
            )
        if kind == "number":
            return ("number", *self._limits())
        return ({"toggle": "yes_no"}.get(str(kind), str(kind)),)

    def _limits(self) -> tuple[object, ...]:
        """The range beside the value, as a knob has one: from, to, step."""
        if self._context is None:
            return (None, None, None)
        low, high = self.context.value("minimum"), self.context.value("maximum")
        step = self.context.value("step")
        return (low, high, step) if low is not None and high is not None and low < high else (None, None, None)

    def _build(self) -> None:
        wanted = self._wanted()
        if wanted == self._shape and self._inner is not None:
            return
        self._shape = wanted
        old = self._inner
        had_focus = old is not None and old.focus_target().hasFocus()
        self._inner = self._make(wanted)
        self._inner.edited.connect(self._edited)
        self._inner.left.connect(self.left)
        if self._undo is not None:
            self._inner.set_history(self._undo)
        if self._context is not None:
            self._inner.set_context(self._context)
        if old is not None:
            self._box.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._box.addWidget(self._inner)
        self._inner.show()
        self._inner.set_value(self._shown())
        self._inner.focus_target().setAccessibleName(self.field.label)
        if had_focus:
            self._inner.focus_target().setFocus()

    def _make(self, wanted: tuple[object, ...]) -> FieldEditor:
        name = wanted[0]
        if name == "template":
            return PromptEditor(self.field, self, compact=True)
        if name == "json":
            return JsonEditor(self.field, self)
        if name == "number":
            low, high, step = (wanted[1:] + (None,) * 3)[:3]
            settings = {"slider": True, "step": step} if low is not None else {}
            limits: Any = {"minimum": low, "maximum": high, "settings": settings}
            return NumberEditor(dataclasses.replace(self.field, optional=True, **limits), self)
        if name == "yes_no":
            return ToggleEditor(dataclasses.replace(self.field, label=self.tr("Yes")), self)
        if name == "list":
            return ListEditor(self.field, self)
        if name == "record":
            return RecordEditor(self.field, self)
        if name == "choice":
            options = wanted[1] if isinstance(wanted[1], tuple) else ()
            choices = tuple(Choice(option, str(option)) for option in options)
            return ChoiceEditor(dataclasses.replace(self.field, choices=choices), self)
        return TextEditor(self.field, self)

    def _shown(self) -> Any:
        name = str(self._shape[0])
        value = self._value
        if name in ("template", "json", "choice"):
            return value
        fits = {
            "text": isinstance(value, str),
            "number": isinstance(value, (int, float)) and not isinstance(value, bool),
            "yes_no": isinstance(value, bool),
            "list": isinstance(value, list),
            "record": isinstance(value, dict),
        }.get(name, True)
        return value if fits else (None if name == "number" else empty(name))

    @Slot(object)
    def _edited(self, value: Any) -> None:
        self._value = value
        self.edited.emit(value)

    def set_value(self, value: Any) -> None:
        self._value = value
        if self._context is not None:
            self._build()
        if self._inner is not None:
            self._inner.set_value(self._shown())

    def own_error(self) -> str | None:
        return self._inner.own_error() if self._inner is not None else None

    def draft(self) -> str | None:
        return self._inner.draft() if self._inner is not None else None

    def restore(self, draft: str) -> None:
        if self._inner is not None:
            self._inner.restore(draft)

    def mark_line(self, line: int | None) -> None:
        if self._inner is not None:
            self._inner.mark_line(line)

    def set_invalid(self, on: bool) -> None:
        if self._inner is not None:
            self._inner.set_invalid(on)

    def tab_widgets(self) -> list[QWidget]:
        return self._inner.tab_widgets() if self._inner is not None else []

    def focus_target(self) -> QWidget:
        return self._inner.focus_target() if self._inner is not None else self
