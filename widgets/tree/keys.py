"""What keys do on the canvas. Not here: which key means which action (``actions``), and the window's own shortcuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from widgets.tree.canvas import TreeCanvas

_Key = Qt.Key
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_WALKS = frozenset((_Key.Key_Up, _Key.Key_Down, _Key.Key_Left, _Key.Key_Right, _Key.Key_Home, _Key.Key_End))


class Keys:
    """Keyboard of one canvas: arrows walk, Space held down lets the mouse pan, all else is an action's key."""

    def __init__(self, canvas: TreeCanvas) -> None:
        self._canvas = canvas

    def wants(self, event: QKeyEvent) -> bool:
        """Whether the canvas takes this key itself, before any shortcut of the window."""
        key = Qt.Key(event.key())
        if key == _Key.Key_Escape:
            return self._canvas.pointer.dragging
        return self._walks(event) or key == _Key.Key_Space or self._canvas.bindings.action(event) is not None

    def press(self, event: QKeyEvent) -> bool:
        """Do what the key means; False where it means nothing here."""
        canvas = self._canvas
        if canvas.model is None or not self.wants(event):
            return False
        key = Qt.Key(event.key())
        if key == _Key.Key_Escape:
            canvas.pointer.cancel()
        elif key == _Key.Key_Space:
            canvas.pointer.hold_to_pan(True)
        elif self._walks(event):
            self._walk(key, bool(event.modifiers() & _SHIFT))
        else:
            canvas.command.emit(canvas.bindings.action(event) or "")
        return True

    def release(self, event: QKeyEvent) -> bool:
        """A key came up again."""
        if event.key() == _Key.Key_Space and not event.isAutoRepeat():
            self._canvas.pointer.hold_to_pan(False)
            return True
        return False

    @staticmethod
    def _walks(event: QKeyEvent) -> bool:
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        return Qt.Key(event.key()) in _WALKS and modifiers in (Qt.KeyboardModifier.NoModifier, _SHIFT)

    def _walk(self, key: Qt.Key, extend: bool) -> None:
        """Go to a neighbour: up and down in reading order, left and right out of and into nodes."""
        canvas, selection = self._canvas, self._canvas.selection
        model = canvas.model
        assert model is not None
        order = [node.id for node in canvas.layout_.in_order()]
        current = selection.current
        if current is None or current not in order:
            selection.set([order[0]])
            return
        position, node = order.index(current), model.document.node(current)
        target: str | None = None
        if key == _Key.Key_Up:
            target = order[max(0, position - 1)]
        elif key == _Key.Key_Down:
            target = order[min(len(order) - 1, position + 1)]
        elif key == _Key.Key_Home:
            target = order[0]
        elif key == _Key.Key_End:
            target = order[-1]
        elif key == _Key.Key_Left:
            if node.children and current not in canvas.layout_.folded and node.id != model.document.root.id:
                canvas.set_folded(current, True)
                return
            parent = model.document.parent(current)
            target = parent.id if parent is not None else None
        elif node.children:
            if current in canvas.layout_.folded:
                canvas.set_folded(current, False)
                return
            target = node.children[0].id
        if target is None:
            return
        if extend:
            selection.extend(target, order)
        else:
            selection.set([target])
