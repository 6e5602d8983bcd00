"""What keys do on the canvas. Not here: shortcuts of the whole window (``app/actions.py``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

if TYPE_CHECKING:
    from widgets.tree.canvas import TreeCanvas

_Key = Qt.Key
_CTRL = Qt.KeyboardModifier.ControlModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_ALT = Qt.KeyboardModifier.AltModifier
_PLAIN = frozenset(
    {
        *(_Key.Key_Up, _Key.Key_Down, _Key.Key_Left, _Key.Key_Right, _Key.Key_Home, _Key.Key_End, _Key.Key_Return),
        *(_Key.Key_Enter, _Key.Key_Delete, _Key.Key_Backspace, _Key.Key_F2, _Key.Key_Insert),
    }
)
_MOVES = frozenset((_Key.Key_Up, _Key.Key_Down, _Key.Key_Left, _Key.Key_Right))
_STANDARD = (
    QKeySequence.StandardKey.Copy,
    QKeySequence.StandardKey.Cut,
    QKeySequence.StandardKey.Paste,
    QKeySequence.StandardKey.SelectAll,
    QKeySequence.StandardKey.ZoomIn,
    QKeySequence.StandardKey.ZoomOut,
)


class Keys:
    """Keyboard of one canvas."""

    def __init__(self, canvas: TreeCanvas) -> None:
        self._canvas = canvas

    def wants(self, event: QKeyEvent) -> bool:
        """Whether the canvas takes this key itself, before any shortcut of the window."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        key = Qt.Key(event.key())
        if key == _Key.Key_Escape:
            return self._canvas.pointer.dragging
        if modifiers in (Qt.KeyboardModifier.NoModifier, _SHIFT):
            return key in _PLAIN
        if modifiers == _ALT:
            return key in _MOVES
        if modifiers == _CTRL and key in (_Key.Key_D, _Key.Key_0, _Key.Key_E):
            return True
        return any(event.matches(standard) for standard in _STANDARD) or (
            modifiers & _CTRL == _CTRL and key in (_Key.Key_Plus, _Key.Key_Equal, _Key.Key_Minus)
        )

    def press(self, event: QKeyEvent) -> bool:
        """Do what the key means; False where it means nothing here."""
        canvas, operations = self._canvas, self._canvas.operations
        if canvas.model is None or not self.wants(event):
            return False
        key = Qt.Key(event.key())
        modifiers = event.modifiers()
        if key == _Key.Key_Escape:
            canvas.pointer.cancel()
        elif event.matches(QKeySequence.StandardKey.Copy):
            operations.copy()
        elif event.matches(QKeySequence.StandardKey.Cut):
            operations.cut()
        elif event.matches(QKeySequence.StandardKey.Paste):
            operations.paste()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            root = canvas.model.document.root
            canvas.selection.set([child.id for child in root.children] or [root.id])
        elif modifiers & _ALT:
            {
                _Key.Key_Up: operations.move_up,
                _Key.Key_Down: operations.move_down,
                _Key.Key_Left: operations.move_out,
                _Key.Key_Right: operations.move_in,
            }[key]()
        elif modifiers & _CTRL:
            self._with_control(key)
        elif key in _MOVES or key in (_Key.Key_Home, _Key.Key_End):
            self._walk(key, bool(modifiers & _SHIFT))
        elif key in (_Key.Key_Return, _Key.Key_Enter):
            if canvas.selection.current:
                canvas.activated.emit(canvas.selection.current)
        elif key in (_Key.Key_Delete, _Key.Key_Backspace):
            operations.delete()
        elif key == _Key.Key_F2:
            if not canvas.rename() and canvas.selection.current:
                canvas.activated.emit(canvas.selection.current)
        elif key == _Key.Key_Insert:
            canvas.add_requested.emit("", -1)
        return True

    def _with_control(self, key: Qt.Key) -> None:
        canvas = self._canvas
        if key == _Key.Key_D:
            canvas.operations.duplicate()
        elif key == _Key.Key_E:
            canvas.operations.toggle_enabled()
        elif key == _Key.Key_0:
            canvas.set_zoom(1.0)
        elif key == _Key.Key_Minus:
            canvas.set_zoom(canvas.zoom / 1.15)
        else:
            canvas.set_zoom(canvas.zoom * 1.15)

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
