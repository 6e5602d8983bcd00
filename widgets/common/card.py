"""The card that can be chosen: painted frame, coloured edge, ring round the chosen one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from widgets import theme

RING = 4
"""Room round the card for the ring."""


class CardButton(QAbstractButton):
    """A card that acts as a button (or, checkable, as one choice of several).

    Put content into :attr:`column`. The edge is the hue of a node group, or "" for none.
    """

    def __init__(self, edge: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edge = edge
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(16 + RING, 12 + RING, 14 + RING, 12 + RING)
        self.column.setSpacing(6)
        theme.manager().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """What the content needs."""
        return self.column.totalSizeHint()

    def minimumSizeHint(self) -> QSize:
        """What the content needs at least."""
        return self.column.totalMinimumSize()

    def hasHeightForWidth(self) -> bool:
        """Words in it may break into lines."""
        return self.column.hasHeightForWidth()

    def heightForWidth(self, width: int) -> int:
        """The height of the content in that width."""
        return self.column.totalHeightForWidth(width)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter chooses as Space does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()  # the grid knows where the next card is
            return
        super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Repaints with the pointer over it."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Repaints without it."""
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Frame, edge and ring."""
        del event
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(RING, RING, -RING, -RING)
        hovered = self.underMouse() and self.isEnabled()
        painter.setPen(QPen(QColor(tokens.outline if hovered else tokens.line), 1))
        painter.setBrush(QColor(tokens.card if self.isEnabled() else tokens.sunk))
        radius = tokens.radius_card
        painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        if self.edge:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.hue(self.edge).ink))
            painter.drawRoundedRect(QRectF(rect.left(), rect.top() + 11, tokens.edge, rect.height() - 22), 1.5, 1.5)
        if self.isChecked() or self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            pen = QPen(QColor(tokens.accent), 2)
            if self.isCheckable() and not self.isChecked():
                pen.setStyle(Qt.PenStyle.DotLine)
            painter.setPen(pen)
            painter.drawRoundedRect(rect.adjusted(-2, -2, 2, 2), radius + 2, radius + 2)
