"""Editing a title in place on the canvas. Not here: which nodes have titles (their kinds say)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit

from engine.blueprint.document import Node
from engine.blueprint.edits import Edit, EditError, SetProperty
from engine.blueprint.form_fields import field_of
from engine.blueprint.kinds import kind_of
from engine.blueprint.rename import rename_variable

if TYPE_CHECKING:
    from engine.blueprint.document import AgentDocument
    from widgets.tree.canvas import TreeCanvas

_TITLES = ("title", "name")


def title_field(node: Node) -> str | None:
    """The property that holds the node's own title."""
    for name in _TITLES:
        found = field_of(node.kind, name)
        if found is not None and found.editor == "line" and not found.advanced:
            return name
    return None


def title_edit(document: AgentDocument, node: Node, text: str) -> Edit | None:
    """The edit that gives a node another title; texts that use the old technical name follow it."""
    name = title_field(node)
    if name is None or text == str(node.props.get(name, "")):
        return None
    if name == "title" and kind_of(node).own_name(node) is not None:
        found = rename_variable(document, node.id, text)
        return found.edits[0] if len(found.edits) == 1 else found
    return SetProperty(node.id, name, text)


class TitleEditor(QObject):
    """A line edit that appears over a card's title."""

    def __init__(self, canvas: TreeCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._edit = QLineEdit(canvas.viewport())
        self._edit.setAccessibleName(self.tr("Title"))
        self._edit.hide()
        self._edit.installEventFilter(self)
        self._edit.editingFinished.connect(self._commit)
        self._node_id: str | None = None

    def begin(self, node: Node) -> bool:
        """Show the editor for a node; False where it has no title."""
        name = title_field(node)
        if name is None:
            return False
        self._node_id = node.id
        self._edit.setText(str(node.props.get(name, "")))
        self.follow()
        self._edit.show()
        self._edit.selectAll()
        self._edit.setFocus(Qt.FocusReason.OtherFocusReason)
        return True

    def follow(self) -> None:
        """Stay on the card when the canvas scrolls."""
        placed = self._canvas.layout_.placed(self._node_id) if self._node_id else None
        if placed is None:
            return
        header = self._canvas.layout_.header(placed)
        left = header.left() + self._canvas.layout_.metrics.text_left - 8
        rect = self._canvas.view_rect(header)
        height = self._edit.sizeHint().height()
        x = self._canvas.view_rect(header.translated(left - header.left(), 0)).left()
        self._edit.setGeometry(round(x), round(rect.top() + 3), max(120, round(rect.right() - x - 12)), height)

    def cancel(self) -> None:
        """Leave without a change."""
        self._node_id = None
        had_focus = self._edit.hasFocus()
        self._edit.hide()
        if had_focus:
            self._canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _commit(self) -> None:
        node_id, model, text = self._node_id, self._canvas.model, self._edit.text()
        node = model.node(node_id) if model is not None else None
        self.cancel()
        if model is None or node is None:
            return
        edit = title_edit(model.document, node, text.strip())
        if edit is not None:
            try:
                model.do(edit)
            except EditError as error:
                self._canvas.operations.refused.emit(str(error))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride) and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape:
                if event.type() == QEvent.Type.KeyPress:
                    self.cancel()
                event.accept()
                return True
        return super().eventFilter(watched, event)
