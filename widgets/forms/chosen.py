"""Editors that choose among what is elsewhere: tools of a server, another agent, values for a part's parameters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.blueprint.form_fields import Field
from widgets import theme
from widgets.forms.base import FieldEditor, FormContext
from widgets.forms.chips import FlowLayout
from widgets.forms.services import Failed, ToolChoice, while_alive
from widgets.forms.simple import ChoiceEditor

_LINES = 8
_NAME = int(Qt.ItemDataRole.UserRole)


class AgentEditor(ChoiceEditor):
    """Another agent of the person."""

    def offers(self) -> Iterable[tuple[Any, str, str]]:
        if self._context is None:
            return []
        return [(choice.id, choice.label, choice.icon) for choice in self.context.agents]

    def missing(self, value: Any) -> str:
        return self.tr("An agent that is not here any more")


class ToolsEditor(FieldEditor):
    """Tools that a server offers: all of them, or those that are ticked."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._value: list[str] | None = None
        self._offered: Sequence[ToolChoice] = ()
        self._all = QCheckBox(self.tr("All tools that it offers"), self)
        self._all.setProperty("role", "switch")
        self._refresh = QPushButton(str(field.settings.get("button", "")) or self.tr("Refresh"), self)
        self._refresh.setIcon(theme.icon("refresh-cw", "dim"))
        self._refresh.setAccessibleName(self.tr("Ask the server for its tools"))
        self._list = QListWidget(self)
        self._list.setProperty("role", "outlined")
        self._list.setAccessibleName(field.label)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._state = QLabel(self)
        self._state.setProperty("role", "caption")
        self._state.setWordWrap(True)
        top = FlowLayout(None, 8)
        top.addWidget(self._all)
        top.addWidget(self._refresh)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(self._list)
        layout.addWidget(self._state)
        self._all.toggled.connect(self._all_toggled)
        self._list.itemChanged.connect(self._ticked)
        self._refresh.clicked.connect(self.refresh)
        self.watch(self._list)
        self.watch(self._all)
        self._show()

    def set_value(self, value: Any) -> None:
        self._value = [str(name) for name in value] if isinstance(value, (list, tuple)) else None
        self._show()

    @Slot()
    def refresh(self) -> None:
        """Ask the server."""
        self._say(self.tr("Asking the server…"))
        self._refresh.setEnabled(False)
        self.context.services.list_tools(self.context.node, while_alive(self, self._answered))

    def _answered(self, answer: Sequence[ToolChoice] | Failed) -> None:
        self._refresh.setEnabled(True)
        if isinstance(answer, Failed):
            self._say(answer.reason, "error")
            return
        self._offered = tuple(answer)
        self._show()
        count = len(self._offered)
        self._say(
            self.tr("It offers 1 tool.") if count == 1 else self.tr("It offers %1 tools.").replace("%1", str(count))
        )

    def _say(self, text: str, role: str = "caption") -> None:
        self._state.setText(text)
        self._state.setVisible(bool(text))
        theme.set_role(self._state, "role", role)

    def _show(self) -> None:
        blocked = self._list.blockSignals(True), self._all.blockSignals(True)
        self._all.setChecked(self._value is None)
        known = {tool.name: tool.description for tool in self._offered}
        gone = [name for name in self._value or () if name not in known]
        current = self._list.currentRow()
        self._list.clear()
        for name, description in [*known.items(), *((name, "") for name in gone)]:
            self._list.addItem(self._item(name, description, missing=bool(self._offered) and name in gone))
        self._list.setCurrentRow(min(current, self._list.count() - 1))
        self._list.blockSignals(blocked[0])
        self._all.blockSignals(blocked[1])
        self._list.setVisible(self._list.count() > 0)
        row = self._list.sizeHintForRow(0) if self._list.count() else 0
        self._list.setFixedHeight(max(30, row) * min(_LINES, max(1, self._list.count())) + 6)
        if not self._list.count():
            self._say(self.tr("Press %1 to see what it offers.").replace("%1", self._refresh.text()))

    def _item(self, name: str, description: str, *, missing: bool) -> QListWidgetItem:
        first = description.strip().partition("\n")[0]
        words = self.tr("%1 (not offered now)").replace("%1", name) if missing else name
        item = QListWidgetItem(f"{words}  ·  {first}" if first else words)
        item.setData(_NAME, name)
        item.setToolTip(description)
        taken = self._value is None or name in self._value
        item.setCheckState(Qt.CheckState.Checked if taken else Qt.CheckState.Unchecked)
        flags = item.flags() | Qt.ItemFlag.ItemIsUserCheckable
        item.setFlags(flags if self._value is not None else flags & ~Qt.ItemFlag.ItemIsEnabled)
        return item

    @Slot(bool)
    def _all_toggled(self, on: bool) -> None:
        self._value = None if on else [tool.name for tool in self._offered]
        self.edited.emit(self._value)
        self._show()
        self.left.emit()

    @Slot()
    def _ticked(self) -> None:
        items = [self._list.item(row) for row in range(self._list.count())]
        self._value = [str(item.data(_NAME)) for item in items if item.checkState() == Qt.CheckState.Checked]
        self.edited.emit(list(self._value))
        self.left.emit()

    def tab_widgets(self) -> list[QWidget]:
        return [self._all, self._refresh, self._list]

    def focus_target(self) -> QWidget:
        return self._all


class ArgumentsEditor(FieldEditor):
    """Values of a part's parameters: one field for each, as the part declares them."""

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(field, parent)
        self._value: dict[str, Any] = {}
        self._shown: tuple[Field, ...] = ()
        self._editors: dict[str, FieldEditor] = {}
        self._none = QLabel(self.tr("This part asks for nothing."), self)
        self._none.setProperty("role", "caption")
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(10)
        self._box.addWidget(self._none)

    def set_context(self, context: FormContext) -> None:
        super().set_context(context)
        wanted = tuple(context.services.parameters(context.node))
        if wanted != self._shown:
            self._build(wanted)
        for editor in self._editors.values():
            editor.set_context(context)

    def _build(self, wanted: tuple[Field, ...]) -> None:
        from widgets.forms.field_row import make_editor

        self._shown = wanted
        while self._box.count() > 1:
            item = self._box.takeAt(1)
            old = item.widget() if item is not None else None
            if old is not None:
                old.hide()
                old.deleteLater()
        self._editors = {}
        for field in wanted:
            editor = make_editor(field, self)
            editor.setProperty("parameter", field.name)
            editor.edited.connect(self._edited)
            editor.left.connect(self.left)
            if self._undo is not None:
                editor.set_history(self._undo)
            target = editor.focus_target()
            target.setAccessibleName(field.label)
            target.setAccessibleDescription(field.help)
            row = self._labelled(field, editor)
            self._box.addWidget(row)
            row.show()
            self._editors[field.name] = editor
        self._none.setVisible(not wanted)
        self._fill()

    def _labelled(self, field: Field, editor: FieldEditor) -> QWidget:
        row = QWidget(self)
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        if field.editor != "toggle":
            label = QLabel(field.label, row)
            label.setProperty("role", "label")
            label.setBuddy(editor.focus_target())
            column.addWidget(label)
        column.addWidget(editor)
        if field.help:
            caption = QLabel(field.help, row)
            caption.setProperty("role", "caption")
            caption.setWordWrap(True)
            column.addWidget(caption)
        return row

    def _fill(self) -> None:
        for field in self._shown:
            self._editors[field.name].set_value(self._value.get(field.name, field.default))

    def set_value(self, value: Any) -> None:
        self._value = dict(value) if isinstance(value, dict) else {}
        self._fill()

    @Slot(object)
    def _edited(self, value: Any) -> None:
        editor = self.sender()
        name = str(editor.property("parameter")) if editor is not None else ""
        if name:
            self._value = {**self._value, name: value}
            self.edited.emit(dict(self._value))

    def own_error(self) -> str | None:
        for field in self._shown:
            error = self._editors[field.name].own_error()
            if error is not None:
                return f"{field.label}: {error}"
        return None

    def set_invalid(self, on: bool) -> None:
        for editor in self._editors.values():
            editor.set_invalid(on and editor.own_error() is not None)

    def tab_widgets(self) -> list[QWidget]:
        return [widget for editor in self._editors.values() for widget in editor.tab_widgets()]

    def focus_target(self) -> QWidget:
        first = next(iter(self._editors.values()), None)
        return first.focus_target() if first is not None else self._none
