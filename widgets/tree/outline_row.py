"""How a row of the outline looks: icon, title, summary, live badges. Not here: the rows (``outline_model``)."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Slot
from PySide6.QtGui import QColor, QFontMetricsF, QIcon, QPainter, QPen
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from widgets import theme
from widgets.tree.live import LiveBadge, badge_texts
from widgets.tree.marks import Mark, paint_mark
from widgets.tree.outline_model import FOUND_ROLE, GROUP_ROLE, LIVE_ROLE, MARK_ROLE, SUMMARY_ROLE


class RowDelegate(QStyledItemDelegate):
    """One row: icon, title, summary, and the live badges as words at the right."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._refresh()
        theme.manager().changed.connect(self._refresh)

    @Slot()
    def _refresh(self) -> None:
        self._title, self._text, self._badge = theme.font("medium"), theme.font("caption"), theme.font("badge")
        self._metrics, self._small = QFontMetricsF(self._title), QFontMetricsF(self._text)
        self._badge_metrics = QFontMetricsF(self._badge)

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        del index
        height = self._metrics.height() + 14
        return QSize(option.rect.width(), round(max(30.0, height)))

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QWidget:
        editor = QLineEdit(parent)
        editor.setAccessibleName(self.tr("Title"))
        return editor

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        editor.setGeometry(option.rect.adjusted(26, 0, -4, 0))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        tokens = theme.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect).adjusted(0, 1, -4, -1)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if index.data(FOUND_ROLE):
            painter.setPen(QPen(QColor(tokens.warn), 1))
            painter.setBrush(QColor(tokens.hue("flow").tint))
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent_tint if selected else tokens.hover))
            painter.drawRoundedRect(rect, 6, 6)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 6, 6)
        summary, dimmed = index.data(SUMMARY_ROLE) or ("", False)
        icon = index.data(Qt.ItemDataRole.DecorationRole)
        if isinstance(icon, QIcon):
            icon.paint(painter, QRectF(rect.left() + 8, rect.center().y() - 8, 16, 16).toRect())
        right = self._badges(painter, rect, index)
        metrics, small = self._metrics, self._small
        left = rect.left() + 32
        room = max(0.0, right - left)
        title = metrics.elidedText(str(index.data()), Qt.TextElideMode.ElideRight, room)
        painter.setFont(self._title)
        painter.setPen(QColor(tokens.faint if dimmed else tokens.text))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(left, rect.top(), room, rect.height()), middle, title)
        used = metrics.horizontalAdvance(title) + 10
        if room - used > 30:
            painter.setFont(self._text)
            painter.setPen(QColor(tokens.faint if dimmed else tokens.dim))
            text = small.elidedText(summary.replace("**", ""), Qt.TextElideMode.ElideRight, room - used)
            painter.drawText(QRectF(left + used, rect.top(), room - used, rect.height()), middle, text)
        painter.restore()

    def _badges(self, painter: QPainter, rect: QRectF, index: QModelIndex | QPersistentModelIndex) -> float:
        right = rect.right() - 8
        mark = index.data(MARK_ROLE)
        if isinstance(mark, Mark):
            right = paint_mark(painter, right, rect.center().y(), mark.severity)
        live = index.data(LIVE_ROLE)
        if not isinstance(live, LiveBadge):
            return right
        tokens = theme.current()
        metrics = self._badge_metrics
        painter.setFont(self._badge)
        for text, tone in reversed(badge_texts(live, str(index.data(GROUP_ROLE)))):
            width = metrics.horizontalAdvance(text) + 14
            pill = QRectF(right - width, rect.center().y() - 9, width, 18)
            hue = tokens.hues.get(tone)
            ink, tint = (hue.ink, hue.tint) if hue else (tokens.dim, tokens.sunk)
            if tone == "bad":
                ink, tint = tokens.bad, tokens.bad_tint
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tint))
            painter.drawRoundedRect(pill, 9, 9)
            painter.setPen(QColor(ink))
            painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)
            right -= width + 6
        return right - 2
