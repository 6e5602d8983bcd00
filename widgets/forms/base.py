"""What every field editor is: shows one property of one node, and says when the person changed or left it.

Not here: the editors themselves (one module per family) and how a form is put together (``form``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from engine.blueprint.declared import variables_in_scope
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.form_fields import Field
from engine.blueprint.kinds import Variable
from widgets import theme
from widgets.forms.services import NO_SERVICES, AgentChoice, FormServices
from widgets.tree.document_model import DocumentModel


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A model that an agent may ask for.

    Attributes:
        connection: The connection's name as Settings knows it.
        model: The model's name there.
        label: What the person reads.
    """

    connection: str
    model: str
    label: str


@dataclass(frozen=True)
class FormContext:
    """What an editor may look at besides its own value."""

    document: AgentDocument
    node: Node
    models: Sequence[ModelChoice] = ()
    agents: Sequence[AgentChoice] = ()
    services: FormServices = NO_SERVICES

    @cached_property
    def _scope(self) -> tuple[Variable, ...]:
        return variables_in_scope(self.document, self.node.id) if self.node.id in self.document else ()

    def variables(self, accepts: Sequence[str] = ()) -> list[Variable]:
        """Variables in scope, of these types if any are given."""
        return [v for v in self._scope if not accepts or v.type in accepts or v.type == "any"]

    def value(self, name: str, default: Any = None) -> Any:
        """Another property of the same node."""
        return self.node.props.get(name, default)


def focusable(widget: QWidget) -> list[QWidget]:
    """Widgets inside that Tab stops at, in the order in which they were made."""
    inner = (QComboBox, QLineEdit)
    return [
        child
        for child in widget.findChildren(QWidget)
        if child.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not isinstance(child.parent(), inner)
        and child.window() is widget.window()
    ]


class FieldEditor(QWidget):
    """One property on the screen.

    Signals:
        edited: The person changed it; carries the new value.
        left: The person went on to something else; errors may be shown now.
    """

    edited = Signal(object)
    left = Signal()

    def __init__(self, field: Field, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = field
        self._context: FormContext | None = None
        self._undo: DocumentModel | None = None

    @property
    def context(self) -> FormContext:
        """Node and document as they are now."""
        assert self._context is not None
        return self._context

    def set_context(self, context: FormContext) -> None:
        """The node or the document is another one."""
        self._context = context

    def set_history(self, model: DocumentModel) -> None:
        """Where undo keys go: texts here keep no history of their own."""
        self._undo = model

    def set_value(self, value: Any) -> None:
        """Show a value without announcing it; editors override it."""

    def own_error(self) -> str | None:
        """Why what stands in the editor cannot be taken; None where it can."""
        return None

    def draft(self) -> str | None:
        """What stands in the editor and is not in the document because it cannot be taken; None: nothing."""
        return None

    def restore(self, draft: str) -> None:
        """Show again what :meth:`draft` gave, after the form was away."""

    def mark_line(self, line: int | None) -> None:
        """Show which line (from 1) an error is in; None takes the mark away. Editors of several lines override it."""

    def set_invalid(self, on: bool) -> None:
        """Show, or stop showing, that something is wrong here."""
        target = self.focus_target()
        theme.set_role(target, "invalid", on)

    def focus_target(self) -> QWidget:
        """The widget that takes the keyboard, and gets the field's name for screen readers."""
        return self

    def tab_widgets(self) -> list[QWidget]:
        """What Tab goes through, in order."""
        return focusable(self)

    def watch(self, widget: QWidget) -> None:
        """Notice when the person leaves a widget, and take its undo keys."""
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.FocusOut and isinstance(event, QFocusEvent):
            if event.reason() != Qt.FocusReason.PopupFocusReason:  # a completion or a menu opened: still here
                self.left.emit()
        elif kind in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress) and isinstance(event, QKeyEvent):
            undo = event.matches(QKeySequence.StandardKey.Undo)
            if (undo or event.matches(QKeySequence.StandardKey.Redo)) and self._undo is not None:
                if kind == QEvent.Type.ShortcutOverride:
                    event.ignore()
                elif undo:
                    self._undo.undo()
                else:
                    self._undo.redo()
                return True
        elif kind == QEvent.Type.Wheel and isinstance(watched, QComboBox) and not watched.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)
