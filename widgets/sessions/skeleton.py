"""Grey bars in the shape of rows, shown while the first page takes longer than a moment."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from widgets import theme

_WIDTHS = ((0.5, 0.8), (0.35, 0.7), (0.6, 0.75), (0.4, 0.55), (0.55, 0.85))


class Skeleton(QWidget):
    """Stands in for rows that are on their way."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Loading sessions"))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the bars."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.current().sunk))
        room = self.width() - 32
        for number, (first, second) in enumerate(_WIDTHS):
            top = 16 + number * 60
            painter.drawRoundedRect(QRectF(16, top, room * first, 12), 4, 4)
            painter.drawRoundedRect(QRectF(16, top + 22, room * second, 10), 4, 4)
