"""Small editors: toggle, choice, variable, tool, icon, model, and text that is only shown."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QCoreApplication, QSize, Qt, Slot
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from engine.blueprint.form_fields import Field
from engine.blueprint.kinds import kind_of
from engine.blueprint.values import TYPE_LABELS
from widgets import theme
from widgets.forms.base import FieldEditor, FormContext

ICONS = [
    "bot",
    "notebook-pen",
    "book-open",
    "graduation-cap",
    "globe",
    "users",
    "message-square",
    "languages",
    "headset",
    "database",
    "file-text",
    "code",
    "lightbulb",
    "sparkles",
    "search",
    "calendar",
    "mail",
    "heart",
    "star",
    "shield-check",
    "wand",
    "brain",
    "house",
    "square-dashed",
]


class _Beside(QLabel):
    """Words beside a switch: they break where there is no room, and a click on them is one on the switch."""

    def __init__(self, text: str, box: QCheckBox, parent: QWidget) -> None:
        super().__init__(text, parent)
        self._box = box
        self.setWordWrap(True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.rect().contains(event.position().toPoint()) and self._box.isEnabled():
            self._box.setFocus(Qt.FocusReason.MouseFocusReason)
            self._box.toggle()


class ToggleEditor(FieldEditor):
    """Yes or no."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._box = QCheckBox(self)
        self._box.setProperty("role", "switch")
        self._box.setAccessibleName(field.label)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._box)
        layout.addWidget(_Beside(field.label, self._box, self), 1)
        self._box.toggled.connect(self._changed)
        self.watch(self._box)

    @Slot(bool)
    def _changed(self, on: bool) -> None:
        self.edited.emit(on)
        self.left.emit()

    def set_value(self, value: Any) -> None:
        blocked = self._box.blockSignals(True)
        self._box.setChecked(bool(value))
        self._box.blockSignals(blocked)

    def focus_target(self) -> QWidget:
        return self._box


class ChoiceEditor(FieldEditor):
    """One of several values. Subclasses say which."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._box = QComboBox(self)
        self._box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._box.setMinimumContentsLength(8)
        self._box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._offered: list[tuple[Any, str, str]] = []
        self._value: Any = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._box)
        self._box.activated.connect(self._picked)
        self.watch(self._box)

    def offers(self) -> Iterable[tuple[Any, str, str]]:
        """Values with their labels and icons."""
        return [(choice.value, choice.label, "") for choice in self.field.choices]

    def missing(self, value: Any) -> str:
        """Label for a value that is not on offer any more."""
        return self.tr("%1 (not there)").replace("%1", str(value))

    def _fill(self) -> None:
        offered = list(self.offers())
        if all(value != self._value for value, _, _ in offered):
            label = self.missing(self._value) if self._value not in (None, "") else self.tr("Choose…")
            offered.insert(0, (self._value, label, ""))
        if offered != self._offered:
            self._offered = offered
            self._box.clear()
            for _, label, icon in offered:
                if icon:
                    self._box.addItem(theme.icon(icon, "dim"), label)
                else:
                    self._box.addItem(label)
        self._box.setCurrentIndex(next(i for i, (value, _, _) in enumerate(offered) if value == self._value))

    @Slot(int)
    def _picked(self, index: int) -> None:
        value = self._offered[index][0]
        if value != self._value:
            self._value = value
            self.edited.emit(value)
            self.left.emit()

    def set_context(self, context: FormContext) -> None:
        super().set_context(context)
        self._fill()

    def set_value(self, value: Any) -> None:
        self._value = value
        self._fill()

    def focus_target(self) -> QWidget:
        return self._box


def variable_label(title: str, kind: str) -> str:
    """A variable in a list: its title and what it holds."""
    word = TYPE_LABELS.get(kind, "")
    return f"{title} ({word.lower()})" if word else title


class VariableEditor(ChoiceEditor):
    """One of the variables in scope."""

    def offers(self) -> Iterable[tuple[Any, str, str]]:
        if self._context is None:
            return []
        found = self.context.variables(self.field.accepts)
        if self.field.role == "variable" and kind_of(self.context.node).group == "steps":
            found = [variable for variable in found if variable.settable]
        offered: list[tuple[Any, str, str]] = [
            (variable.name, variable_label(variable.title, variable.type), "") for variable in found
        ]
        if self.field.default == "" and kind_of(self.context.node).group != "steps":
            offered.insert(0, ("", self.tr("None"), ""))
        return offered


class ToolEditor(ChoiceEditor):
    """One of the agent's tools, by its technical name."""

    def offers(self) -> Iterable[tuple[Any, str, str]]:
        offered: list[tuple[Any, str, str]] = [("", self.tr("None"), "")]
        if self._context is not None:
            for node in self.context.document.walk():
                kind = kind_of(node)
                for name in kind.tools(node) or ():
                    own = str(node.props.get("title") or "") if name == kind.own_name(node) else ""
                    offered.append((name, own or name, kind.icon))
        return offered


class IconEditor(ChoiceEditor):
    """One of the bundled icons."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._box.setIconSize(QSize(18, 18))
        self._box.setMaximumWidth(240)

    def offers(self) -> Iterable[tuple[Any, str, str]]:
        return [(name, name.replace("-", " ").capitalize(), name) for name in ICONS if theme.has_icon(name)]

    def missing(self, value: Any) -> str:
        return str(value).replace("-", " ").capitalize()


class ModelEditor(ChoiceEditor):
    """The model that the agent would like; connections themselves live in Settings."""

    def offers(self) -> Iterable[tuple[Any, str, str]]:
        empty = self.field.placeholder or self.tr("The model chosen in Settings")
        offered: list[tuple[Any, str, str]] = [(_EMPTY, empty, "")]
        if self._context is not None:
            for choice in self.context.models:
                offered.append(({"connection": choice.connection, "model": choice.model}, choice.label, "cpu"))
        return offered

    def missing(self, value: Any) -> str:
        name = str(value.get("model") or value.get("connection") or "") if isinstance(value, dict) else str(value)
        return self.tr("%1 (not set up on this computer)").replace("%1", name)

    def set_value(self, value: Any) -> None:
        given = value if isinstance(value, dict) else {}
        super().set_value({"connection": given.get("connection") or "", "model": given.get("model") or ""})


_EMPTY = {"connection": "", "model": ""}


class ReadOnlyEditor(FieldEditor):
    """A value that can be looked at and copied, but not changed here."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._text = QPlainTextEdit(self)
        self._text.setReadOnly(True)
        self._text.setProperty("role", "mono")
        self._text.setTabChangesFocus(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._text)

    def set_value(self, value: Any) -> None:
        self._text.setPlainText(json.dumps(value, ensure_ascii=False, indent=2, default=str))

    def focus_target(self) -> QWidget:
        return self._text


def tr(text: str) -> str:
    """Translate outside a widget."""
    return QCoreApplication.translate("Forms", text)
