"""The tree of both versions: every change has an icon, a colour and words."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView, QWidget

from engine.blueprint.compare import Merged
from widgets import theme
from widgets.tree import words
from widgets.versions.looks import look_of, words_of
from widgets.versions.merged_model import MERGED_ROLE, MergedModel

ROW = 32


class MergedTree(QTreeView):
    """A comparison as a tree.

    Signals:
        chosen: The :class:`Merged` of the row that is current, or None.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = MergedModel(self)
        self.setModel(self.rows)
        self.setItemDelegate(_MergedDelegate(self))
        self.setProperty("role", "painted")
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setIndentation(20)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("What changed, as a tree"))
        self.selectionModel().currentChanged.connect(self._current_changed)
        theme.manager().changed.connect(self.viewport().update)

    def set_tree(self, tree: Merged | None) -> None:
        """Show another comparison: what changed is unfolded, and the first change is current."""
        self.rows.set_tree(tree)
        for index in self.rows.touched():
            self.expand(index)
        changed = self.rows.changed()
        self.setCurrentIndex(changed[0] if changed else QModelIndex())
        if not changed:
            self.chosen.emit(None)

    def _current_changed(self, current: QModelIndex) -> None:
        self.chosen.emit(self.rows.merged(current))


class _MergedDelegate(QStyledItemDelegate):
    """One row: mark, icon, title, and at the right what happened."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        del index
        return QSize(option.rect.width(), ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        tokens = theme.current()
        merged = index.data(MERGED_ROLE)
        change = merged.change if isinstance(merged, Merged) else None
        kinds = change.kinds if change is not None else ()
        look = look_of(kinds[-1]) if kinds else None
        rect = QRectF(option.rect).adjusted(0, 1, -6, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if look is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(look.tint))
            painter.drawRoundedRect(rect, 6, 6)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(QPen(QColor(tokens.accent if selected else tokens.line), 2 if selected else 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 6, 6)
        middle = Qt.AlignmentFlag.AlignVCenter
        left, right = rect.left() + 8, rect.right() - 10
        if look is not None:
            theme.paint_icon(painter, look.icon, look.ink, QRectF(left, rect.center().y() - 7, 14, 14).toRect())
        left += 22
        if isinstance(merged, Merged):
            ink = tokens.hue(words.group_of(merged.node)).ink if look is not None else tokens.faint
            box = QRectF(left, rect.center().y() - 8, 16, 16).toRect()
            theme.paint_icon(painter, words.icon_of(merged.node), ink, box)
            left += 24
        if change is not None and look is not None:
            right = self._words(painter, rect, right, (right - left) * 0.55, words_of(change), look.ink)
        font = theme.font("medium" if look is not None else "body")
        font.setStrikeOut("removed" in kinds)
        painter.setFont(font)
        painter.setPen(QColor(tokens.text if look is not None else tokens.dim))
        title = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideRight, int(right - left))
        painter.drawText(QRectF(left, rect.top(), right - left, rect.height()), middle, title)
        painter.restore()

    def _words(self, painter: QPainter, rect: QRectF, right: float, room: float, text: str, ink: str) -> float:
        painter.setFont(theme.font("caption"))
        painter.setPen(QColor(ink))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(room))
        width = painter.fontMetrics().horizontalAdvance(shown)
        place = QRectF(right - width - 1, rect.top(), width + 2, rect.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, shown)
        return place.left() - 12
