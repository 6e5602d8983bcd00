"""How a row in the list of shortcuts looks. Not here: the list (``shortcuts_dialog``)."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QIcon, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from widgets import theme

ID_ROLE = Qt.ItemDataRole.UserRole
KEYS_ROLE = Qt.ItemDataRole.UserRole + 1
OWN_ROLE = Qt.ItemDataRole.UserRole + 2


class ShortcutDelegate(QStyledItemDelegate):
    """A heading; or what an action does at the left and its keys at the right, the person's own in the accent."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        del option, index
        return QSize(100, round(QFontMetricsF(theme.font("body")).height()) + 14)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        rect = QRectF(option.rect).adjusted(0, 1, -4, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if index.data(ID_ROLE):
            self._ground(painter, rect, option)
            self._words(painter, rect, index)
        else:
            painter.setFont(theme.font("badge", bold=True))
            painter.setPen(QColor(theme.current().dim))
            painter.drawText(rect.adjusted(8, 4, 0, 0), Qt.AlignmentFlag.AlignVCenter, str(index.data()))
        painter.restore()

    def _ground(self, painter: QPainter, rect: QRectF, option: QStyleOptionViewItem) -> None:
        tokens = theme.current()
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent_tint if selected else tokens.hover))
            painter.drawRoundedRect(rect, tokens.radius_control, tokens.radius_control)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), tokens.radius_control, tokens.radius_control)

    def _words(self, painter: QPainter, rect: QRectF, index: QModelIndex | QPersistentModelIndex) -> None:
        tokens, middle = theme.current(), Qt.AlignmentFlag.AlignVCenter
        icon, own = index.data(Qt.ItemDataRole.DecorationRole), bool(index.data(OWN_ROLE))
        if isinstance(icon, QIcon):
            icon.paint(painter, QRectF(rect.left() + 8, rect.center().y() - 8, 16, 16).toRect())
        painter.setFont(theme.font("body"))
        painter.setPen(QColor(tokens.text))
        painter.drawText(rect.adjusted(32, 0, 0, 0), middle, str(index.data()))
        painter.setFont(theme.font("medium" if own else "body"))
        painter.setPen(QColor(tokens.accent if own else tokens.dim))
        painter.drawText(rect.adjusted(0, 0, -10, 0), middle | Qt.AlignmentFlag.AlignRight, str(index.data(KEYS_ROLE)))
