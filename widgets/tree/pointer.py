"""What the mouse does on the canvas: hover, select, open, drag. Drags stay in our own event handling (no QDrag).

Not here: where a drop would land (``drop``) and what it changes (``operations``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt, QTimer, Slot
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QApplication, QToolTip

from widgets.tree import words
from widgets.tree.announce import announce
from widgets.tree.drop import DropTarget, find_target
from widgets.tree.layout import Placed
from widgets.tree.paint import CardLook

if TYPE_CHECKING:
    from widgets.tree.canvas import TreeCanvas

_EDGE = 36
_LEFT = Qt.MouseButton.LeftButton


class Pointer(QObject):
    """Mouse of one canvas."""

    def __init__(self, canvas: TreeCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.hovered: str | None = None
        self.button = ""
        self.on_slot = False
        self.target: DropTarget | None = None
        self._pressed_at: QPointF | None = None
        self._pressed_id: str | None = None
        self._single = False
        self._panning: QPointF | None = None
        self._ids: list[str] = []
        self._kind: str | None = None
        self._checked: dict[tuple[str, int], str | None] = {}
        self._at = QPointF()
        self._band_from: QPointF | None = None
        self._band_keeps: list[str] = []
        self._space = False
        self._scroller = QTimer(self)
        self._scroller.setInterval(16)
        self._scroller.timeout.connect(self._auto_scroll)

    @property
    def dragging(self) -> bool:
        """Whether cards, or a kind from the palette, are under way."""
        return bool(self._ids) or self._kind is not None

    @property
    def dragged_ids(self) -> Sequence[str]:
        """The cards that are under way."""
        return self._ids

    # -- hover ------------------------------------------------------------------------------------------------

    def _hover(self, point: QPointF | None) -> None:
        canvas = self._canvas
        placed = canvas.layout_.at(canvas.to_canvas(point)) if point is not None else None
        node_id, button, on_slot = None, "", False
        if placed is not None and point is not None:
            node_id = placed.id
            where = canvas.to_canvas(point)
            on_slot = placed.box.slot and canvas.layout_.slot(placed).contains(where)
            button = self._button_at(placed, where)
        if (node_id, button, on_slot) != (self.hovered, self.button, self.on_slot):
            self.hovered, self.button, self.on_slot = node_id, button, on_slot
            hand = bool(button) or on_slot
            canvas.viewport().setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)
            canvas.viewport().update()

    def _button_at(self, placed: Placed, where: QPointF) -> str:
        if placed.depth == 0:
            return ""
        look = CardLook("", "", "", "", hovered=True, container=bool(placed.box.node.children))
        header = self._canvas.layout_.header(placed)
        for name, rect in self._canvas.painter_.buttons(header, look).items():
            if rect.contains(where):
                return name
        return ""

    def viewport_event(self, event: QEvent) -> bool:
        """Leaving the canvas, and tool tips."""
        if event.type() == QEvent.Type.Leave:
            self._hover(None)
            return False
        canvas = self._canvas
        if not isinstance(event, QHelpEvent) or canvas.model is None:
            return False
        node = canvas.node_at(QPointF(event.pos()))
        if node is None:
            QToolTip.hideText()
            return True
        lines = [words.title_of(node)]
        summary = words.summary_of(node, canvas.model.document).replace("**", "")
        live = canvas.live(node.id)
        mark = canvas.marks.get(node.id)
        said = (summary, live.words() if live is not None else "", mark.text if mark is not None else "")
        lines += [text for text in said if text]
        QToolTip.showText(event.globalPos(), "\n".join(lines), canvas.viewport())
        return True

    # -- buttons ----------------------------------------------------------------------------------------------

    def press(self, event: QMouseEvent) -> None:
        """A mouse button went down."""
        canvas = self._canvas
        point = event.position()
        if event.button() == Qt.MouseButton.MiddleButton or (self._space and event.button() == _LEFT):
            self._panning = point
            canvas.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            return
        if event.button() != _LEFT or canvas.model is None:
            return
        self._hover(point)
        placed = canvas.layout_.at(canvas.to_canvas(point))
        adds = bool(event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier))
        if placed is None or (placed.depth == 0 and not adds):
            self._band_from = canvas.to_canvas(point)
            self._band_keeps = canvas.selection.ids if adds else []
            self._at = point
            if not adds:
                canvas.selection.set([canvas.model.document.root.id])
            return
        self._pressed_at, self._pressed_id, self._single = point, placed.id, False
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            canvas.selection.toggle(placed.id)
            self._pressed_id = None
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            canvas.selection.extend(placed.id, [node.id for node in canvas.layout_.in_order()])
            self._pressed_id = None
        elif placed.id in canvas.selection and len(canvas.selection.ids) > 1:
            self._single = True
        else:
            canvas.selection.set([placed.id])

    def move(self, event: QMouseEvent) -> None:
        """The mouse moved, with or without a button."""
        canvas = self._canvas
        point = event.position()
        if self._panning is not None:
            moved = point - self._panning
            self._panning = point
            for bar, step in ((canvas.horizontalScrollBar(), moved.x()), (canvas.verticalScrollBar(), moved.y())):
                bar.setValue(bar.value() - round(step))
            return
        if self.dragging:
            self._drag_to(point)
            return
        if self._band_from is not None:
            self._draw_band(point)
            return
        if event.buttons() & _LEFT and self._pressed_at is not None and self._pressed_id is not None:
            if (point - self._pressed_at).manhattanLength() >= QApplication.startDragDistance():
                ids = canvas.operations.roots()
                if ids and not self.button:
                    self._ids = ids
                    self._begin(point)
            return
        self._hover(point)

    def release(self, event: QMouseEvent) -> None:
        """A mouse button went up."""
        canvas = self._canvas
        if self._panning is not None:
            self._panning = None
            canvas.viewport().setCursor(Qt.CursorShape.ArrowCursor)
            return
        if event.button() != _LEFT:
            return
        if self._band_from is not None:
            self._end_band()
            return
        if self._ids:
            self._drop()
        elif self._pressed_id is not None:
            self._click(event)
        self._pressed_at = self._pressed_id = None

    def _click(self, event: QMouseEvent) -> None:
        canvas, node_id = self._canvas, self._pressed_id
        if node_id is None or canvas.model is None:
            return
        if self._single:
            canvas.selection.set([node_id])
        node = canvas.model.node(node_id)
        self._hover(event.position())
        if self.hovered != node_id or node is None:
            return
        if self.button == "fold":
            canvas.set_folded(node_id, node_id not in canvas.layout_.folded)
            self._hover(event.position())
        elif self.button == "menu":
            canvas.menu_requested.emit(event.globalPosition().toPoint(), False)
        elif self.on_slot:
            canvas.add_requested.emit(node_id, len(node.children))

    def double_click(self, event: QMouseEvent) -> None:
        """Edit what was double clicked: the title in place, else its properties."""
        node = self._canvas.node_at(event.position())
        if event.button() == _LEFT and node is not None and not self.button and not self.on_slot:
            self._pressed_at = self._pressed_id = None
            if not self._canvas.rename(node.id):
                self._canvas.activated.emit(node.id)

    def select_for_menu(self, point: QPointF) -> bool:
        """Select what a context menu is opened on, unless it is selected already; False on the empty canvas."""
        node = self._canvas.node_at(point)
        if node is not None and node.id not in self._canvas.selection:
            self._canvas.selection.set([node.id])
        return node is not None

    # -- rubber band and panning ------------------------------------------------------------------------------

    def hold_to_pan(self, on: bool) -> None:
        """While Space is held down, the mouse moves the canvas instead of selecting."""
        self._space = on
        shape = Qt.CursorShape.OpenHandCursor if on else Qt.CursorShape.ArrowCursor
        self._canvas.viewport().setCursor(shape)

    def _band_rect(self) -> QRectF | None:
        if self._band_from is None:
            return None
        return QRectF(self._band_from, self._canvas.to_canvas(self._at)).normalized()

    def _draw_band(self, point: QPointF) -> None:
        """Select the cards whose headline the band touches, beside those that were selected before."""
        canvas = self._canvas
        self._at = point
        self._scroller.start()
        rect = self._band_rect()
        assert rect is not None
        touched = [
            placed.id
            for placed in canvas.layout_.visible(rect.top(), rect.bottom())
            if placed.depth and canvas.layout_.header(placed).intersects(rect)
        ]
        if touched or self._band_keeps:
            canvas.selection.set([*self._band_keeps, *touched])
        canvas.viewport().update()

    def _end_band(self) -> None:
        self._band_from, self._band_keeps = None, []
        self._scroller.stop()
        self._canvas.viewport().update()

    # -- dragging ---------------------------------------------------------------------------------------------

    def begin_kind(self, kind: str, at: QPoint) -> None:
        """A kind is dragged in from the palette; ``at`` is global."""
        self._kind = kind
        self._begin(QPointF(self._canvas.viewport().mapFromGlobal(at)))

    def drag_kind(self, at: QPoint) -> None:
        """The dragged kind moved; ``at`` is global."""
        if self._kind is not None:
            self._drag_to(QPointF(self._canvas.viewport().mapFromGlobal(at)))

    def drop_kind(self, at: QPoint) -> str | None:
        """The dragged kind was let go; the id of the new node, or None."""
        if self._kind is None:
            return None
        self.drag_kind(at)
        return self._drop()

    def _begin(self, point: QPointF) -> None:
        self._checked.clear()
        self._hover(None)
        self._canvas.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        self._scroller.start()
        self._drag_to(point)

    def _drag_to(self, point: QPointF) -> None:
        self._at = point
        before = self.target
        inside = self._canvas.viewport().rect().contains(point.toPoint())
        where = self._canvas.to_canvas(point)
        self.target = find_target(self._canvas.layout_, where, self._check) if inside else None
        if self.target is not None and self.target != before:
            announce(self._canvas, self.target.reason or self.target.words)
        self._canvas.viewport().update()

    def _check(self, parent_id: str, index: int) -> str | None:
        """Why what is dragged may not land there; worked out once per place and drag."""
        if (parent_id, index) not in self._checked:
            operations = self._canvas.operations
            if self._kind is not None:
                reason = operations.check_insert(self._kind, parent_id, index)
            else:
                reason = operations.check_move(self._ids, parent_id, index)
            self._checked[parent_id, index] = reason
        return self._checked[parent_id, index]

    def _drop(self) -> str | None:
        ids, kind, target = self._ids, self._kind, self.target
        self.cancel()
        if target is None or target.reason is not None:
            return None
        operations = self._canvas.operations
        if kind is not None:
            return operations.insert_kind(kind, (target.parent_id, target.index), exact=True)
        operations.move(ids, target.parent_id, target.index)
        return None

    def cancel(self) -> None:
        """Leave the drag without a change."""
        self._ids, self._kind, self.target = [], None, None
        self._pressed_at = self._pressed_id = None
        self._scroller.stop()
        self._canvas.viewport().setCursor(Qt.CursorShape.ArrowCursor)
        self._canvas.viewport().update()

    @Slot()
    def _auto_scroll(self) -> None:
        canvas = self._canvas
        height = canvas.viewport().height()
        y = self._at.y()
        step = -(_EDGE - y) / 3 if y < _EDGE else (y - (height - _EDGE)) / 3 if y > height - _EDGE else 0
        bar = canvas.verticalScrollBar()
        before = bar.value()
        bar.setValue(before + max(-24, min(24, round(step))))
        if bar.value() == before:
            return
        if self._band_from is not None:
            self._draw_band(self._at)
        else:
            self._drag_to(self._at)

    def paint(self, painter: QPainter, band: QRectF) -> None:
        """The rubber band; or the dragged card, the insertion line and the words beside it."""
        chosen = self._band_rect()
        if chosen is not None and not chosen.isEmpty():
            self._canvas.painter_.rubber_band(painter, chosen)
        if not self.dragging:
            return
        canvas, target = self._canvas, self.target
        where = canvas.to_canvas(self._at)
        card = canvas.painter_
        if target is not None and not target.inside and target.reason is None:
            card.insertion(painter, target.left, target.right, target.y, legal=True)
        painter.setOpacity(0.97)
        width = min(260.0, band.width() * 0.7)
        left = min(where.x() + 10, band.right() - width - 6)
        rect = QRectF(left, where.y() - 14, width, canvas.layout_.metrics.header)
        card.card(painter, rect, self._ghost(), canvas.layout_.metrics)
        painter.setOpacity(1.0)
        if target is not None:
            below = QPointF(where.x() - 4, rect.bottom() - 8)
            card.hint(painter, below, target.reason or target.words, target.reason is None, band)

    def _ghost(self) -> CardLook:
        from engine.blueprint.kinds import KINDS

        if self._kind is not None:
            kind = KINDS[self._kind]
            return CardLook(kind.group, kind.icon, kind.title, kind.help)
        model = self._canvas.model
        assert model is not None
        node = model.document.node(self._ids[0])
        count = len(self._ids)
        badges = ((str(count), ""),) if count > 1 else ()
        summary = words.summary_of(node, model.document)
        return CardLook(words.group_of(node), words.icon_of(node), words.title_of(node), summary, badges)
