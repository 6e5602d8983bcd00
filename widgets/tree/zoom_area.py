"""A scrolling, zooming view over a tree layout: turns canvas coordinates into viewport ones and back.

Here: geometry. Not here: what is painted and what mouse and keys do (``canvas``).
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from widgets.tree.layout import TreeLayout

MIN_ZOOM, MAX_ZOOM = 0.1, 2.5
WIDEST = 760.0
STEP = 1.15


class ZoomArea(QAbstractScrollArea):
    """The window onto a laid-out tree.

    Signals:
        view_changed: Another part of the tree is to be seen.
    """

    view_changed = Signal()

    def __init__(self, layout: TreeLayout, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.layout_ = layout
        self._zoom = 1.0
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)

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
        self.fit_bars()
        moved = self.to_view(held) - anchor
        self.scroll_by(moved)
        self.viewport().update()

    def zoom_in(self) -> None:
        """Make everything a step larger."""
        self.set_zoom(self._zoom * STEP)

    def zoom_out(self) -> None:
        """Make everything a step smaller."""
        self.set_zoom(self._zoom / STEP)

    def show_all(self) -> None:
        """Zoom out so far that the whole tree can be seen, or to actual size where it can be seen so."""
        view = self.viewport().size()
        self.set_zoom(1.0)
        width, height = self.layout_.size
        self.set_zoom(min(1.0, view.width() / max(1.0, width), view.height() / max(1.0, height + 32)))

    def show_frame(self, frame: Callable[[], QRectF | None]) -> None:
        """Zoom and scroll so that a frame of the canvas fills the view, never beyond the actual size.

        Args:
            frame: Where it is; asked again after zooming, because the width of everything follows the zoom.
        """
        view, rect = self.viewport().size(), frame()
        if rect is None:
            return
        self.set_zoom(min(1.0, view.height() / (rect.height() + 48)))
        rect = frame() or rect
        self.set_zoom(min(self._zoom, view.width() / rect.width()))
        rect = frame() or rect
        self.scroll_by(self.to_view(rect.center()) - QPointF(self.viewport().rect().center()))

    def scroll_by(self, step: QPointF) -> None:
        """Scroll by a distance in viewport pixels."""
        for bar, distance in ((self.horizontalScrollBar(), step.x()), (self.verticalScrollBar(), step.y())):
            bar.setValue(bar.value() + round(distance))

    def fit_bars(self) -> None:
        """Bring width and scroll bars in step with what is laid out."""
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
        self.view_changed.emit()

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

    def band(self) -> QRectF:
        """The part of the canvas that can be seen."""
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

    def center_on(self, point: QPointF) -> None:
        """Scroll so that a point of the canvas comes to the middle."""
        self.scroll_by(self.to_view(point) - QPointF(self.viewport().rect().center()))

    # -- events -----------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_bars()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        del dx, dy
        self.viewport().update()
        self.view_changed.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_zoom(self._zoom * 1.0015 ** event.angleDelta().y(), event.position())
            event.accept()
            return
        super().wheelEvent(event)
