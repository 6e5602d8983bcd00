"""The canvas: the agent's tree as nested cards that lay themselves out, with zoom, live badges and motion.

Here: the view (layout, painting, scrolling, zoom). Not here: what the mouse does (``pointer``), what keys do
(``keys``), and the changes themselves (``operations``).
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from engine.blueprint.document import Node
from engine.blueprint.edits import SetProperty
from engine.blueprint.kinds import kind_of
from widgets import theme
from widgets.tree import words
from widgets.tree.announce import announce
from widgets.tree.document_model import DocumentModel
from widgets.tree.keys import Keys
from widgets.tree.layout import Placed, TreeLayout
from widgets.tree.live import LiveBadge, badge_texts
from widgets.tree.marks import Mark
from widgets.tree.motion import Motion, Pulse
from widgets.tree.operations import Operations
from widgets.tree.paint import CardLook, CardPainter, slot_text
from widgets.tree.pointer import Pointer
from widgets.tree.rename import TitleEditor
from widgets.tree.selection import Selection

MIN_ZOOM, MAX_ZOOM = 0.3, 2.5
WIDEST = 760.0


class TreeCanvas(QAbstractScrollArea):
    """Nested cards of one document.

    Signals:
        activated: A node was asked to be edited (Enter, double click).
        add_requested: The palette is wanted for a place: parent id and gap.
        menu_requested: The context menu is wanted at a global position.
        zoom_changed: The zoom is another one, 1.0 being normal.
        pressed: A mouse button went down on the canvas.
    """

    activated = Signal(str)
    add_requested = Signal(str, int)
    menu_requested = Signal(QPoint)
    zoom_changed = Signal(float)
    pressed = Signal()

    def __init__(self, selection: Selection, operations: Operations, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(self.tr("Tree of the agent"))
        self.painter_ = CardPainter()
        self.layout_ = TreeLayout(words.holds_children, self.painter_.metrics())
        self.selection = selection
        self.operations = operations
        self.marks: dict[str, Mark] = {}
        self._model: DocumentModel | None = None
        self._live: dict[str, LiveBadge] = {}
        self._zoom = 1.0
        self._motion = Motion(self)
        self._pulse = Pulse(self)
        self.pointer = Pointer(self)
        self._keys = Keys(self)
        self._title_editor = TitleEditor(self)
        self._motion.stepped.connect(self.viewport().update)
        self._pulse.stepped.connect(self.viewport().update)
        selection.changed.connect(self._selection_changed)
        theme.manager().changed.connect(self._theme_changed)

    # -- what is shown ----------------------------------------------------------------------------------------

    @property
    def model(self) -> DocumentModel | None:
        """The document that is shown."""
        return self._model

    def set_model(self, model: DocumentModel | None) -> None:
        """Show another document."""
        if self._model is not None:
            self._model.changed.disconnect(self._document_changed)
            self._model.reset.disconnect(self._document_reset)
        self._model = model
        if model is not None:
            model.changed.connect(self._document_changed)
            model.reset.connect(self._document_reset)
        self._document_reset()

    def set_live(self, live: Mapping[str, LiveBadge]) -> None:
        """Badges of the session in front, by node id."""
        if live == self._live:
            return
        self._live = dict(live)
        self._pulse.set_active(any(badge.running for badge in live.values()))
        self.viewport().update()

    def live(self, node_id: str) -> LiveBadge | None:
        """The live side of a node."""
        return self._live.get(node_id)

    @Slot()
    def _document_reset(self) -> None:
        self._motion.stop()
        self._title_editor.cancel()
        if self._model is not None:
            self.layout_.folded.clear()
            self.layout_.update(self._model.document)
        else:
            self.layout_.root = None
        self._fit()
        self.verticalScrollBar().setValue(0)
        self.viewport().update()

    @Slot(object)
    def _document_changed(self, edit: object) -> None:
        if self._model is None:
            return
        before = {} if isinstance(edit, SetProperty) else self._frames()
        self.layout_.update(self._model.document)
        self._fit()
        if before:
            self._motion.start(before, self._frames())
        self.viewport().update()

    def set_folded(self, node_id: str, on: bool) -> None:
        """Hide or show what stands inside a node."""
        before = self._frames()
        self.layout_.set_folded(node_id, on)
        self._fit()
        self._motion.start(before, self._frames())
        self.viewport().update()

    def unfold_to(self, node_id: str) -> None:
        """Unfold everything around a node."""
        if self._model is not None and node_id in self._model.document:
            for ancestor in self._model.document.ancestors(node_id):
                if ancestor.id in self.layout_.folded:
                    self.set_folded(ancestor.id, False)

    def _frames(self) -> dict[str, QRectF]:
        band = self._band()
        return {placed.id: placed.rect for placed in self.layout_.visible(band.top(), band.bottom())}

    @Slot()
    def _theme_changed(self) -> None:
        self.painter_.refresh()
        self.layout_.set_metrics(self.painter_.metrics())
        self._fit()
        self.viewport().update()

    @Slot(list)
    def _selection_changed(self, ids: list[str]) -> None:
        current = self.selection.current
        node = self._model.node(current) if self._model is not None else None
        if node is not None and self._model is not None:
            said = words.spoken(node, self._model.document, self.live(node.id), self.marks.get(node.id))
            self.setAccessibleDescription(said)
            if self.hasFocus():
                announce(self, said)
            self.unfold_to(node.id)
            self.ensure_visible(node.id)
        del ids
        self.viewport().update()

    # -- geometry ---------------------------------------------------------------------------------------------

    @property
    def zoom(self) -> float:
        """The zoom, 1.0 being normal."""
        return self._zoom

    def set_zoom(self, zoom: float, around: QPointF | None = None) -> None:
        """Zoom, keeping the point under the pointer (viewport coordinates) where it is."""
        zoom = min(MAX_ZOOM, max(MIN_ZOOM, zoom))
        if abs(zoom - self._zoom) < 1e-6:
            return
        anchor = around or QPointF(self.viewport().rect().center())
        held = self.to_canvas(anchor)
        self._zoom = zoom
        self._fit()
        moved = self.to_view(held) - anchor
        self.horizontalScrollBar().setValue(self.horizontalScrollBar().value() + round(moved.x()))
        self.verticalScrollBar().setValue(self.verticalScrollBar().value() + round(moved.y()))
        self.zoom_changed.emit(zoom)
        self.viewport().update()

    def _fit(self) -> None:
        view = self.viewport().size()
        self.layout_.width = min(WIDEST, view.width() / self._zoom)
        width, height = self.layout_.size
        horizontal, vertical = self.horizontalScrollBar(), self.verticalScrollBar()
        horizontal.setRange(0, max(0, round(width * self._zoom) - view.width()))
        horizontal.setPageStep(view.width())
        horizontal.setSingleStep(24)
        vertical.setRange(0, max(0, round((height + 32) * self._zoom) - view.height()))
        vertical.setPageStep(view.height())
        vertical.setSingleStep(32)

    def _origin(self) -> QPointF:
        spare = self.viewport().width() - self.layout_.total_width() * self._zoom
        x = spare / 2 if spare > 0 else -self.horizontalScrollBar().value()
        return QPointF(x, -self.verticalScrollBar().value())

    def to_canvas(self, point: QPointF) -> QPointF:
        """A point of the viewport in canvas coordinates."""
        return (point - self._origin()) / self._zoom

    def to_view(self, point: QPointF) -> QPointF:
        """A point of the canvas in viewport coordinates."""
        return point * self._zoom + self._origin()

    def view_rect(self, rect: QRectF) -> QRectF:
        """A frame of the canvas in viewport coordinates."""
        return QRectF(self.to_view(rect.topLeft()), rect.size() * self._zoom)

    def _band(self) -> QRectF:
        view = self.viewport().rect()
        return QRectF(self.to_canvas(QPointF(view.topLeft())), self.to_canvas(QPointF(view.bottomRight())))

    def ensure_visible(self, node_id: str) -> None:
        """Scroll so far that the node's headline can be seen."""
        placed = self.layout_.placed(node_id)
        if placed is None:
            return
        rect = self.view_rect(self.layout_.header(placed)).adjusted(0, -12, 0, 12)
        bar = self.verticalScrollBar()
        if rect.top() < 0:
            bar.setValue(bar.value() + round(rect.top()))
        elif rect.bottom() > self.viewport().height():
            bar.setValue(bar.value() + round(rect.bottom() - self.viewport().height()))

    # -- painting ---------------------------------------------------------------------------------------------

    def look_of(self, placed: Placed) -> CardLook:
        """Everything that the card of a node shows now."""
        assert self._model is not None
        node, document = placed.box.node, self._model.document
        live = self._live.get(node.id)
        off = any(not ancestor.enabled for ancestor in document.ancestors(node.id))
        line, dimmed = words.state_line(node, document, live, off)
        group = words.group_of(node)
        badges = badge_texts(live, group) if live is not None and node.enabled else []
        if placed.box.folded:
            badges.append((self.tr("%1 inside").replace("%1", str(len(node.children))), ""))
        pointer = self.pointer
        target = pointer.target
        mark = self.marks.get(node.id)
        return CardLook(
            group=group,
            icon=words.icon_of(node),
            title=words.title_of(node),
            summary=line,
            badges=tuple(badges),
            dimmed=dimmed,
            selected=node.id in self.selection,
            current=node.id == self.selection.current and self.hasFocus() and len(self.selection.ids) != 1,
            hovered=pointer.hovered == node.id,
            target=target is not None and target.inside and target.parent_id == node.id and target.reason is None,
            container=bool(node.children),
            folded=placed.box.folded,
            slot=slot_text(kind_of(node).children) if placed.box.slot else "",
            slot_hovered=pointer.hovered == node.id and pointer.on_slot,
            hot_button=pointer.button if pointer.hovered == node.id else "",
            pulse=self._pulse.value if live is not None and live.running else 0.0,
            mark=mark.severity if mark is not None and not dimmed else "",
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(theme.current().window))
        if self._model is None or self.layout_.root is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        painter.translate(self._origin())
        painter.scale(self._zoom, self._zoom)
        band = self._band()
        extra = band.height() if self._motion.running else 4
        dragged = self.pointer.dragged_ids
        fading: set[str] = set()
        for placed in self.layout_.visible(band.top() - extra, band.bottom() + extra):
            parent = self._model.document.place(placed.id).parent_id
            faded = placed.id in dragged or parent in fading
            if faded:
                fading.add(placed.id)
            painter.setOpacity(0.4 if faded else self._motion.opacity(placed.id))
            rect = self._motion.rect(placed.id, placed.rect)
            if placed.depth == 0:
                self.painter_.root(painter, rect, self.look_of(placed))
            else:
                self.painter_.card(painter, rect, self.look_of(placed), self.layout_.metrics, self._zoom >= 0.4)
        painter.setOpacity(1.0)
        self.pointer.paint(painter, band)

    # -- events -----------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        del dx, dy
        self._title_editor.follow()
        self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_zoom(self._zoom * 1.0015 ** event.angleDelta().y(), event.position())
            event.accept()
            return
        super().wheelEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pressed.emit()
        self.pointer.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.pointer.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.pointer.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.pointer.double_click(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._keys.press(event):
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            self.pointer.select_for_menu(QPointF(event.pos()))
            self.menu_requested.emit(event.globalPos())
        else:
            self.menu_requested.emit(self.menu_point())

    def menu_point(self) -> QPoint:
        """Where a menu opened by keyboard belongs."""
        placed = self.layout_.placed(self.selection.current or "")
        point = (
            self.view_rect(self.layout_.header(placed)).bottomLeft() + QPointF(24, -8) if placed else QPointF(24, 24)
        )
        return self.viewport().mapToGlobal(point.toPoint())

    def focusInEvent(self, event: QFocusEvent) -> None:
        if self.selection.current is None and self._model is not None:
            self.selection.set([self._model.document.root.id])
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._keys.wants(event):
            event.accept()
            return True
        return super().event(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Leave, QEvent.Type.ToolTip) and self.pointer.viewport_event(event):
            return True
        return super().viewportEvent(event)

    def rename(self, node_id: str | None = None) -> bool:
        """Edit a node's title in place; False where it has none."""
        node = self._model.node(node_id or self.selection.current) if self._model is not None else None
        return node is not None and self._title_editor.begin(node)

    def node_at(self, point: QPointF) -> Node | None:
        """The node under a point of the viewport."""
        placed = self.layout_.at(self.to_canvas(point))
        return placed.box.node if placed is not None else None
