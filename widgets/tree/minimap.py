"""A small map of the whole tree in the corner of the canvas: shows which part is to be seen, click or drag to go there.

It is there only where much of the tree is out of sight, to be seen while the tree moves and with the mouse over it
(the badges of cards lie behind it), and can be switched off. For the mouse alone: keys and
assistive technology have the outline, find and breadcrumbs. Not here: the cards (``paint``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QHideEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from widgets import theme
from widgets.tree import words

if TYPE_CHECKING:
    from widgets.tree.canvas import TreeCanvas

_WIDTH, _TALLEST, _MARGIN, _PAD = 56, 220, 6, 5
_LEAST = 1.5
_HIDDEN = 0.6
"""Only where more than this share of a screen is out of sight is the map worth its room."""
_RESTING = 0.75
"""How strong it is while the mouse is elsewhere."""
_RESTS_MS = 1600
"""So long after the last move through the tree it makes room: the badges of cards lie behind it."""
_LATER_MS = 120
"""A map of a large tree takes longer to draw than an edit may; it follows a moment later."""


class Minimap(QWidget):
    """The map of one canvas."""

    def __init__(self, canvas: TreeCanvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._on = True
        self._picture: QPixmap | None = None
        self._pressed = False
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)  # painted anew as the mouse comes and goes
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_LATER_MS)
        self._later.timeout.connect(self._draw_again)
        self._rests = QTimer(self)
        self._rests.setSingleShot(True)
        self._rests.setInterval(_RESTS_MS)
        self._rests.timeout.connect(self.update)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Map of the tree"))
        self.setToolTip(self.tr("Map of the tree: click or drag to go there"))
        canvas.view_changed.connect(self._view_changed)
        canvas.finder.changed.connect(self.refresh)
        canvas.selection.changed.connect(self._view_changed)
        self.hide()

    @property
    def on(self) -> bool:
        """Whether the person wants it."""
        return self._on

    def set_on(self, on: bool) -> None:
        """Show the map where it is of use, or never."""
        self._on = on
        self.arrange()

    @Slot()
    def refresh(self) -> None:
        """The tree is another one: draw it again in a moment."""
        self.arrange()
        if self.isVisible():
            self._later.start()
        else:
            self._picture = None

    @Slot()
    def _draw_again(self) -> None:
        self._picture = None
        self.update()

    @Slot()
    def _view_changed(self) -> None:
        self.arrange()
        if self.isVisible():
            self._rests.start()

    def arrange(self) -> None:
        """Take the corner, or go away where everything can be seen."""
        canvas = self._canvas
        view = canvas.viewport()
        scrolls = canvas.verticalScrollBar().maximum() > _HIDDEN * view.height()
        room = view.width() > 4 * _WIDTH and view.height() > 200
        self.setVisible(self._on and scrolls and room and canvas.layout_.root is not None)
        if self.isHidden():
            return
        height = min(_TALLEST, view.height() - 2 * _MARGIN, round(canvas.layout_.size[1] * self._across()) + 2 * _PAD)
        corner = view.geometry().bottomRight()
        self.setGeometry(corner.x() - _WIDTH - _MARGIN, corner.y() - height - _MARGIN, _WIDTH, height)
        self.update()

    def _across(self) -> float:
        return (_WIDTH - 2 * _PAD) / max(1.0, self._canvas.layout_.total_width())

    def _down(self) -> float:
        return min(self._across(), (self.height() - 2 * _PAD) / max(1.0, self._canvas.layout_.size[1]))

    def _on_map(self, rect: QRectF) -> QRectF:
        across, down = self._across(), self._down()
        return QRectF(
            _PAD + rect.left() * across, _PAD + rect.top() * down, rect.width() * across, rect.height() * down
        )

    # -- painting ---------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        near = self.underMouse() or self._pressed
        if not near and not self._rests.isActive():
            return
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._picture is None or self._picture.deviceIndependentSize().toSize() != self.size():
            self._picture = self._draw()
        painter.setOpacity(1.0 if near else _RESTING)
        painter.drawPixmap(0, 0, self._picture)
        seen = self._on_map(self._canvas.band()).intersected(QRectF(self.rect()).adjusted(2, 2, -2, -2))
        tint = QColor(tokens.accent)
        tint.setAlpha(36)
        painter.setBrush(tint)
        painter.setPen(QPen(QColor(tokens.accent), 1))
        painter.drawRoundedRect(seen.adjusted(0.5, 0.5, -0.5, -0.5), 3, 3)

    def _draw(self) -> QPixmap:
        """The cards as small bars in the hue of their group; hits of what is looked for stand out."""
        tokens, canvas = theme.current(), self._canvas
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = QColor(tokens.panel)
        ground.setAlpha(235)
        painter.setBrush(ground)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        inks: dict[str, QColor] = {}
        last = -_LEAST
        for placed in canvas.layout_.visible(0.0, canvas.layout_.size[1]):
            bar = self._on_map(canvas.layout_.header(placed))
            hit = bool(canvas.finder.typed) and canvas.finder.hit(placed.id) is not None
            if bar.top() - last < _LEAST and not hit:
                continue  # closer than the eye can tell apart
            last = bar.top()
            group = words.group_of(placed.box.node)
            if group not in inks:
                inks[group] = QColor(theme.mix(tokens.hue(group).ink, tokens.panel, 0.45))
            bar.setHeight(max(1.0, bar.height() - 1.0))
            painter.fillRect(bar, QColor(tokens.accent) if hit else inks[group])
        painter.end()
        return picture

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._later.stop()
        self._picture = None

    # -- mouse ------------------------------------------------------------------------------------------------

    def _go(self, point: QPointF) -> None:
        where = QPointF((point.x() - _PAD) / self._across(), (point.y() - _PAD) / max(1e-6, self._down()))
        self._canvas.center_on(where)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = True
            self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed:
            self._go(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = False
