"""One field of a form: label, editor, help, and the error beside it once the person has left."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from engine.blueprint.edits import Batch
from engine.blueprint.form_fields import Field
from engine.blueprint.problem import Problem
from widgets import theme
from widgets.common.press import AfterPress
from widgets.forms.attachment import AttachmentEditor
from widgets.forms.base import FieldEditor
from widgets.forms.chosen import AgentEditor, ArgumentsEditor, ToolsEditor
from widgets.forms.code import CodeEditor, JsonEditor
from widgets.forms.condition import ConditionEditor
from widgets.forms.inputs import InputsEditor
from widgets.forms.numbers import NumberEditor
from widgets.forms.pairs import pairs_editor
from widgets.forms.paths import FileEditor, FilesEditor, FolderEditor
from widgets.forms.prompt import PromptEditor
from widgets.forms.rows import ListEditor
from widgets.forms.secret import SecretEditor
from widgets.forms.simple import (
    ChoiceEditor,
    IconEditor,
    ModelEditor,
    ReadOnlyEditor,
    ToggleEditor,
    ToolEditor,
    VariableEditor,
)
from widgets.forms.text import LineEditor, TextEditor
from widgets.forms.value import ValueEditor

EDITORS: dict[str, Callable[[Field, QWidget | None], FieldEditor]] = {
    "line": LineEditor,
    "text": TextEditor,
    "prompt": PromptEditor,
    "code": CodeEditor,
    "json": JsonEditor,
    "number": NumberEditor,
    "toggle": ToggleEditor,
    "choice": ChoiceEditor,
    "list": ListEditor,
    "pairs": pairs_editor,
    "inputs": InputsEditor,
    "condition": ConditionEditor,
    "variable": VariableEditor,
    "value": ValueEditor,
    "file": FileEditor,
    "files": FilesEditor,
    "folder": FolderEditor,
    "attachment": AttachmentEditor,
    "secret": SecretEditor,
    "tools": ToolsEditor,
    "agent": AgentEditor,
    "arguments": ArgumentsEditor,
    "model": ModelEditor,
    "tool": ToolEditor,
    "icon": IconEditor,
    "readonly": ReadOnlyEditor,
}
"""The editor of each kind of field, as ``form_fields.EDITORS`` describes them."""


def make_editor(field: Field, parent: QWidget | None = None) -> FieldEditor:
    """The editor of a field. One that nobody knows is shown as text that can be copied."""
    return EDITORS.get(field.editor, ReadOnlyEditor)(field, parent)


_LEAST_FIX = 60
"""A narrow column cuts the words of a fix rather than being widened by them; the tip has all of them."""


class FieldRow(QWidget):
    """A field with everything around it.

    Signals:
        fix_wanted: The edit that puts a problem right.
    """

    fix_wanted = Signal(object)

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self.editor = make_editor(field, self)
        self._problem: Problem | None = None
        self._touched = False
        self._unchecked = False
        self._judging = AfterPress(self, self._judge)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        self._label = QLabel(field.label, self)
        self._label.setProperty("role", "label")
        self._label.setWordWrap(True)
        self._label.setBuddy(self.editor.focus_target())
        if field.editor == "toggle":
            self._label.hide()
        layout.addWidget(self._label)
        layout.addWidget(self.editor)
        self._error = QLabel(self)
        self._error.setProperty("role", "error")
        self._error.setWordWrap(True)
        self._fix = QPushButton(self)
        self._fix.setProperty("role", "link")
        self._fix.setMinimumWidth(_LEAST_FIX)
        layout.addWidget(self._error)
        layout.addWidget(self._fix, 0, Qt.AlignmentFlag.AlignLeft)
        self._error.hide()
        self._fix.hide()
        self._fix.clicked.connect(self._fix_clicked)
        self._help = QLabel(field.help, self)
        self._help.setProperty("role", "caption")
        self._help.setWordWrap(True)
        self._help.setVisible(bool(field.help))
        layout.addWidget(self._help)
        self.editor.left.connect(self._left)
        self.editor.edited.connect(self._edited)
        self._layout = layout
        self._name()

    def lend_editor(self) -> None:
        """Let another page have the editor for a while; its place stays free."""
        self._layout.removeWidget(self.editor)

    def take_editor_back(self) -> None:
        """Put the editor back in its place."""
        self._layout.insertWidget(1, self.editor)
        self.editor.show()

    def show_note(self, text: str) -> None:
        """Show something about the value in place of the help."""
        self._help.setText(text or self.field.help)
        self._help.setVisible(bool(text or self.field.help))

    def _name(self) -> None:
        target = self.editor.focus_target()
        if not target.accessibleName():
            target.setAccessibleName(self.field.label)
        if self.field.help:
            target.setAccessibleDescription(self.field.help)

    @Slot()
    def _edited(self) -> None:
        # While the person types, an error that was shown may go away but no new one appears.
        self._touched = True
        if self._error.isVisibleTo(self) and self.editor.own_error() is None and self._problem is None:
            self.show_error("")

    @Slot()
    def _left(self) -> None:
        self._touched = False
        self._judging.trigger()

    def wait(self) -> None:
        """Say nothing before the person has been here: the node was only just added."""
        self._touched = True

    def tab_widgets(self) -> list[QWidget]:
        """What Tab goes through, in order."""
        return [*self.editor.tab_widgets(), self._fix]

    def changed(self) -> None:
        """The document took another value: what was found before does not count, and the next check is on its way."""
        self._unchecked = True

    def refused(self, reason: str) -> None:
        """The document did not take the value."""
        self.show_error(reason)

    def set_problem(self, problem: Problem | None) -> None:
        """What the agent's checks say about this field."""
        self._problem = problem
        self._unchecked = False
        if not self._touched:
            self._judging.trigger()
        elif problem is None and self.editor.own_error() is None:
            self.show_error("")

    def _judge(self) -> None:
        if self._touched:  # meanwhile
            return
        own = self.editor.own_error()
        problem = None if self._unchecked else self._problem
        if own is not None:
            self.show_error(own)
        elif problem is not None:
            fix = problem.fix.label if isinstance(problem.fix, Batch) else self.tr("Fix it") if problem.fix else ""
            self.show_error(problem.text, fix, warning=problem.severity != "error")
        else:
            self.show_error("")
        self.editor.mark_line(problem.line if own is None and problem is not None else None)

    def show_error(self, text: str, fix: str = "", warning: bool = False) -> None:
        """Show an error beside the field, or take it away."""
        theme.set_role(self._error, "role", "warning" if warning else "error")
        self._error.setText(text)
        self._error.setVisible(bool(text))
        self._fix.setToolTip(fix)
        self._show_fix()
        self._fix.setAccessibleName(fix)
        self._fix.setVisible(bool(text and fix))
        self.editor.set_invalid(bool(text) and not warning)
        target = self.editor.focus_target()
        target.setAccessibleDescription(" ".join(part for part in (text, self.field.help) if part))

    def _show_fix(self) -> None:
        room = max(_LEAST_FIX, self.width() - 16)
        self._fix.setText(self._fix.fontMetrics().elidedText(self._fix.toolTip(), Qt.TextElideMode.ElideRight, room))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_fix()

    def error_text(self) -> str:
        """The error that is shown, or ""."""
        return self._error.text() if self._error.isVisibleTo(self) else ""

    @Slot()
    def _fix_clicked(self) -> None:
        if self._problem is not None and self._problem.fix is not None:
            self.editor.focus_target().setFocus(Qt.FocusReason.OtherFocusReason)  # the button goes away with the error
            self.fix_wanted.emit(self._problem.fix)
