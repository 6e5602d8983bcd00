"""Labels: one that shortens its text to the room it has, plain words, icons."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStyle, QStyleOption, QWidget

from widgets import theme


class ElidedLabel(QLabel):
    """A one-line label that ends in an ellipsis where there is no room; the whole text is its tool tip."""

    def __init__(
        self, text: str = "", parent: QWidget | None = None, *, mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight
    ) -> None:
        super().__init__(text, parent)
        self._mode = mode
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:
        """May become as narrow as a few letters."""
        return QSize(24, super().minimumSizeHint().height())

    def sizeHint(self) -> QSize:
        """As wide as the whole text."""
        natural = super().sizeHint()
        return QSize(max(natural.width(), self.fontMetrics().horizontalAdvance(self.text()) + 4), natural.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints as much as fits."""
        del event
        painter = QPainter(self)
        option = QStyleOption()
        option.initFrom(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, painter, self)
        rect = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), self._mode, rect.width())
        cut = shown != self.text()
        if cut and self.toolTip() != self.text():
            self.setToolTip(self.text())
        elif not cut and self.toolTip() == self.text():
            self.setToolTip("")
        painter.setPen(option.palette.color(self.foregroundRole()))
        painter.drawText(rect, int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), shown)


class WrappedLabel(QLabel):
    """Plain words in several lines that are never cut: a dialog grows by the lines that its width makes of them.

    Layouts of a window ask a label for its least size without saying a width, and get a line too few.
    """

    def __init__(self, text: str = "", role: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        if role:
            self.setProperty("role", role)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)

    def setText(self, text: str) -> None:
        """Other words."""
        super().setText(text)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width makes other lines."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setMinimumHeight(0)  # it would count as height
        if self.text():
            self.setMinimumHeight(max(0, self.heightForWidth(self.width())))


def text_label(text: str = "", role: str = "", *, wrap: bool = True) -> QLabel:
    """A label for plain words, never rich text, in one of the roles of the theme."""
    label = QLabel(text)
    if role:
        label.setProperty("role", role)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    return label


class IconLabel(QLabel):
    """An icon that follows the theme. It says nothing to a screen reader: the words stand beside it."""

    def __init__(self, name: str, role: str = "dim", size: int = 16, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._role = role
        self._size = size
        self.setFixedSize(size, size)
        theme.manager().changed.connect(self.update)

    def set_icon(self, name: str, role: str) -> None:
        """Shows another icon."""
        if (name, role) != (self._name, self._role):
            self._name, self._role = name, role
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints it, sharp at every scale."""
        del event
        colour = theme.current().colour(self._role)
        theme.paint_icon(QPainter(self), self._name, colour, QRect(0, 0, self._size, self._size))
