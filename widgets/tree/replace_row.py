"""How a place in the list of find and replace looks. Not here: the list (``replace_panel``)."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QIcon, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from widgets import theme
from widgets.tree.texts import TextHit


def hit_words(hit: TextHit) -> str:
    """A place in words: the field, what stands there, and that it is a name where it is one."""
    said = f"{hit.spot.label}: {hit.snippet().replace('**', '')}"
    if hit.name:
        said += ", " + QCoreApplication.translate("Tree", "a name, left as it is")
    return said


class HitDelegate(QStyledItemDelegate):
    """Two lines: the part with the field, and the words with the place in bold."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        del option, index
        lines = QFontMetricsF(theme.font("medium")).height() + QFontMetricsF(theme.font("caption")).height()
        return QSize(120, round(lines + 14))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        hit = index.data(Qt.ItemDataRole.UserRole)
        if not isinstance(hit, TextHit):
            return
        tokens = theme.current()
        rect = QRectF(option.rect).adjusted(0, 1, -2, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent_tint if selected else tokens.hover))
            painter.drawRoundedRect(rect, 6, 6)
        if selected and option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 6, 6)
        icon = index.data(Qt.ItemDataRole.DecorationRole)
        if isinstance(icon, QIcon):
            icon.paint(painter, QRectF(rect.left() + 8, rect.top() + 7, 16, 16).toRect())
        self._lines(painter, rect, str(index.data()), hit)
        painter.restore()

    def _lines(self, painter: QPainter, rect: QRectF, title: str, hit: TextHit) -> None:
        tokens = theme.current()
        strong, plain = theme.font("medium"), theme.font("caption")
        metrics, small = QFontMetricsF(strong), QFontMetricsF(plain)
        left, right = rect.left() + 32, rect.right() - 8
        baseline = rect.top() + 6 + metrics.ascent()
        painter.setFont(strong)
        painter.setPen(QColor(tokens.text))
        shown = metrics.elidedText(title, Qt.TextElideMode.ElideRight, (right - left) * 0.7)
        painter.drawText(QPointF(left, baseline), shown)
        painter.setFont(plain)
        painter.setPen(QColor(tokens.dim))
        x = left + metrics.horizontalAdvance(shown) + 10
        label = hit.spot.label + (QCoreApplication.translate("Tree", " · a name") if hit.name else "")
        painter.drawText(QPointF(x, baseline), small.elidedText(label, Qt.TextElideMode.ElideRight, right - x))
        self._snippet(painter, QPointF(left, rect.bottom() - 7), right, hit)

    def _snippet(self, painter: QPainter, at: QPointF, right: float, hit: TextHit) -> None:
        """The words of the place; the place itself bold, in the colour of a change or quiet for a name."""
        tokens = theme.current()
        x = at.x()
        for number, piece in enumerate(hit.snippet().split("**")):
            font = theme.font("caption", bold=number % 2 == 1)
            metrics = QFontMetricsF(font)
            painter.setFont(font)
            painter.setPen(QColor(tokens.accent if number % 2 and not hit.name else tokens.dim))
            shown = metrics.elidedText(piece, Qt.TextElideMode.ElideRight, max(0.0, right - x))
            painter.drawText(QPointF(x, at.y()), shown)
            x += metrics.horizontalAdvance(shown)
