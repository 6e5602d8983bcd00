"""The canvas: the agent's tree as nested cards that lay themselves out, with live badges and motion.

Here: the view (what is painted, what follows the document). Not here: geometry (``zoom_area``), what the mouse does
(``pointer``), what keys do (``keys``), what a card shows (``looks``), and the changes themselves (``operations``).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

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
    QShowEvent,
)
from PySide6.QtWidgets import QWidget

from engine.blueprint.document import Node
from engine.blueprint.edits import SetProperty
from widgets import theme
from widgets.tree import words
from widgets.tree.announce import announce
from widgets.tree.document_model import DocumentModel
from widgets.tree.keys import Keys
from widgets.tree.layout import Placed, TreeLayout
from widgets.tree.live import LiveBadge
from widgets.tree.looks import look_of
from widgets.tree.marks import Mark
from widgets.tree.minimap import Minimap
from widgets.tree.motion import Flash, Motion, Pulse
from widgets.tree.operations import Operations
from widgets.tree.paint import CardLook, CardPainter
from widgets.tree.pointer import Pointer
from widgets.tree.rename import TitleEditor
from widgets.tree.shared import Shared
from widgets.tree.zoom_area import ZoomArea


class TreeCanvas(ZoomArea):
    """Nested cards of one document.

    For assistive technology the outline is its twin: the same nodes as rows, with the same selection. The canvas
    says so in its description, together with the node in front.

    Signals:
        command: A key that means an action of ``actions`` was pressed.
        activated: A node was asked to be edited (Enter, double click).
        add_requested: The palette is wanted for a place: parent id and gap.
        menu_requested: The context menu is wanted at a global position; on the empty canvas or on cards.
        pressed: A mouse button went down on the canvas.
    """

    command = Signal(str)
    activated = Signal(str)
    add_requested = Signal(str, int)
    menu_requested = Signal(QPoint, bool)
    pressed = Signal()

    def __init__(self, shared: Shared, operations: Operations, parent: QWidget | None = None) -> None:
        self.painter_ = CardPainter()
        super().__init__(TreeLayout(words.holds_children, self.painter_.metrics()), parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(self.tr("Tree of the agent"))
        self.shared = shared
        self.selection, self.folds, self.finder, self.bindings = (
            shared.selection, shared.folds, shared.finder, shared.bindings,
        )  # fmt: skip
        self.operations = operations
        self.marks: dict[str, Mark] = {}
        self._model: DocumentModel | None = None
        self._live: dict[str, LiveBadge] = {}
        self._behind = False
        self._motion = Motion(self)
        self._pulse = Pulse(self)
        self._flash = Flash(self)
        self.pointer = Pointer(self)
        self._keys = Keys(self)
        self._title_editor = TitleEditor(self)
        self.map = Minimap(self)
        for moving in (self._motion, self._pulse, self._flash):
            moving.stepped.connect(self.viewport().update)
        self.selection.changed.connect(self._selection_changed)
        self.folds.changed.connect(self._folds_changed)
        self.finder.changed.connect(self.viewport().update)
        theme.manager().changed.connect(self._theme_changed)
        self._describe()

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
        self._live = {}
        self._document_reset()

    def set_live(self, live: Mapping[str, LiveBadge]) -> None:
        """Badges of the session in front, by node id; cards whose live side changed light up once."""
        if live == self._live:
            return
        self._flash.start(key for key, badge in live.items() if badge.news(self._live.get(key)))
        self._live = dict(live)
        self._pulse.set_active(any(badge.running for badge in live.values()))
        self.viewport().update()

    def live(self, node_id: str) -> LiveBadge | None:
        """The live side of a node."""
        return self._live.get(node_id)

    def pulse_of(self, node_id: str, live: LiveBadge | None) -> float:
        """How brightly a card is lit at this moment."""
        return self._pulse.value if live is not None and live.running else self._flash.value(node_id)

    @Slot()
    def _document_reset(self) -> None:
        self._motion.stop()
        self._flash.stop()
        self._behind = False
        self._title_editor.cancel()
        if self._model is not None:
            self.layout_.folded = set(self.folds.ids)
            self.layout_.start(self._model.document)
        else:
            self.layout_.root = None
        self.fit_bars()
        self.verticalScrollBar().setValue(0)
        self._changed_view()

    @Slot(object)
    def _document_changed(self, edit: object) -> None:
        if self._model is None:
            return
        if not self.isVisible():  # while the outline is in front
            self._behind = True
            return
        before = {} if isinstance(edit, SetProperty) else self._frames()
        self.layout_.update(self._model.document)
        self.fit_bars()
        if before:
            self._motion.start(before, self._frames())
        self._changed_view()

    @Slot(list)
    def _folds_changed(self, ids: list[str]) -> None:
        before = self._frames()
        for node_id in ids:
            self.layout_.set_folded(node_id, node_id in self.folds, lay_out=False)
        if self._model is not None:
            self.layout_.update(self._model.document)
        self.fit_bars()
        self._motion.start(before, self._frames())
        self._changed_view()

    def _changed_view(self) -> None:
        self.map.refresh()
        self.viewport().update()

    def set_folded(self, node_id: str, on: bool) -> None:
        """Hide or show what stands inside a node."""
        self.folds.set(node_id, on)

    def _frames(self) -> dict[str, QRectF]:
        band = self.band()
        return {placed.id: placed.rect for placed in self.layout_.visible(band.top(), band.bottom())}

    @Slot()
    def _theme_changed(self) -> None:
        self.painter_.refresh()
        self.layout_.set_metrics(self.painter_.metrics())
        self.fit_bars()
        self._changed_view()

    @Slot(list)
    def _selection_changed(self, ids: list[str]) -> None:
        del ids
        current = self.selection.current
        node = self._model.node(current) if self._model is not None else None
        if node is not None and self._model is not None:
            said = self._describe(node)
            if self.hasFocus():
                announce(self, said)
            self.folds.reveal(self._model.document, [node.id])
            self.ensure_visible(node.id)
        self.viewport().update()

    def _describe(self, node: Node | None = None) -> str:
        """Say which node is in front, and where its twin for assistive technology is."""
        keys = self.bindings.shown("tree.outline")
        twin = self.tr("Cards of the agent's tree. The outline (%1) holds the same parts as rows.").replace("%1", keys)
        said = ""
        if node is not None and self._model is not None:
            said = words.spoken(node, self._model.document, self.live(node.id), self.marks.get(node.id))
        self.setAccessibleDescription(f"{said}. {twin}" if said else twin)
        return said

    def show_selection(self) -> None:
        """Zoom and scroll so that the selected nodes fill the view."""
        self.show_frame(self._selected_frame)

    def _selected_frame(self) -> QRectF | None:
        frames = [placed.rect for key in self.selection.ids if (placed := self.layout_.placed(key)) is not None]
        return reduce(QRectF.united, frames) if frames else None

    # -- painting ---------------------------------------------------------------------------------------------

    def look_of(self, placed: Placed) -> CardLook:
        """Everything that the card of a node shows now."""
        return look_of(self, placed)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), QColor(theme.current().window))
        if self._model is None or self.layout_.root is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
        painter.translate(self._origin())
        painter.scale(self._zoom, self._zoom)
        band = self.band()
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

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._behind and self._model is not None:
            self._behind = False
            self.layout_.update(self._model.document)
            self.fit_bars()
            self._changed_view()
            self.ensure_visible(self.selection.current or "")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.map.arrange()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self._title_editor.follow()

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

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self._keys.release(event):
            super().keyReleaseEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            on_card = self.pointer.select_for_menu(QPointF(event.pos()))
            self.menu_requested.emit(event.globalPos(), not on_card)
        else:
            self.menu_requested.emit(self.menu_point(), False)

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
