"""The list of parts: title, and how it is used."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QListView, QMenu, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from widgets import theme
from widgets.common import ItemMenu
from widgets.library.items import PartItem

Index = QModelIndex | QPersistentModelIndex
ROW = 56
_PAD = 16


class PartListModel(QAbstractListModel):
    """Parts as rows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.items: tuple[PartItem, ...] = ()

    def set_items(self, items: Sequence[PartItem]) -> None:
        """Show these."""
        self.beginResetModel()
        self.items = tuple(items)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.items):
            return None
        item = self.items[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return item
        if role == Qt.ItemDataRole.DisplayRole:
            return item.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(part for part in (item.title, item.description, self.use_words(item)) if part)
        return None

    def use_words(self, item: PartItem) -> str:
        """``used in 3 places · 1 not up to date``."""
        if not item.uses:
            return self.tr("not used yet")
        used = self.tr("used in 1 place") if item.uses == 1 else self.tr("used in {n} places").format(n=item.uses)
        return f"{used} · " + self.tr("{n} not up to date").format(n=item.behind) if item.behind else used


class PartList(QListView):
    """Parts to choose from.

    Signals:
        chosen: Id of the part that is current, or "".
        edit_requested, rename_requested, delete_requested, update_requested: Something to do with the part of that id.
    """

    chosen = Signal(str)
    edit_requested = Signal(str)
    rename_requested = Signal(str)
    delete_requested = Signal(str)
    update_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.parts = PartListModel(self)
        self.setModel(self.parts)
        self.setItemDelegate(_PartDelegate(self))
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Parts"))
        self.selectionModel().currentChanged.connect(self._current_changed)
        theme.manager().changed.connect(self.viewport().update)

    def show_parts(self, items: Sequence[PartItem], current: str = "") -> None:
        """Show these; ``current`` is chosen, else what was chosen, else the first."""
        wanted = current or self.current()
        self.parts.set_items(items)
        row = next((number for number, item in enumerate(items) if item.id == wanted), 0)
        self.setCurrentIndex(self.parts.index(row) if items else QModelIndex())
        if not items:
            self.chosen.emit("")

    def current(self) -> str:
        """The id of the chosen part, or ""."""
        item = self.currentIndex().data(Qt.ItemDataRole.UserRole)
        return item.id if isinstance(item, PartItem) else ""

    def _current_changed(self, *_: object) -> None:
        self.chosen.emit(self.current())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.current() and event.key() == Qt.Key.Key_F2:
            self.rename_requested.emit(self.current())
        elif self.current() and event.key() == Qt.Key.Key_Delete:
            self.delete_requested.emit(self.current())
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        if self.current() and (not mouse or self.indexAt(event.pos()).isValid()):
            place = self.visualRect(self.currentIndex()).bottomLeft() + QPoint(_PAD, 0)
            self.make_menu(self.current()).popup(event.globalPos() if mouse else self.viewport().mapToGlobal(place))

    def make_menu(self, part_id: str) -> QMenu:
        """The menu of a part."""
        menu = ItemMenu(self)
        menu.add(self.tr("Edit"), partial(self.edit_requested.emit, part_id))
        menu.add(self.tr("Rename"), partial(self.rename_requested.emit, part_id), "F2")
        menu.add(self.tr("Update everywhere…"), partial(self.update_requested.emit, part_id))
        menu.addSeparator()
        menu.add(self.tr("Delete"), partial(self.delete_requested.emit, part_id), "Del")
        return menu


class _PartDelegate(QStyledItemDelegate):
    """Two lines and an icon."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        del option, index
        return QSize(240, ROW)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        tokens = theme.current()
        rect: QRect = option.rect
        item = index.data(Qt.ItemDataRole.UserRole)
        model = index.model()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(tokens.accent_tint if selected else tokens.hover))
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawLine(rect.left(), rect.bottom(), rect.right(), rect.bottom())
        theme.paint_icon(painter, "shapes", tokens.hue("flow").ink, QRect(rect.left() + _PAD, rect.top() + 10, 16, 16))
        left, width = rect.left() + _PAD + 26, rect.width() - 2 * _PAD - 26
        for font, ink, top, text in (
            (theme.font("strong" if selected else "medium"), tokens.text, 8, item.title),
            (
                theme.font("caption"),
                tokens.warn if item.behind else tokens.dim,
                28,
                model.use_words(item) if isinstance(model, PartListModel) else "",
            ),
        ):
            painter.setFont(font)
            painter.setPen(QColor(ink))
            words = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, width)
            painter.drawText(QRect(left, rect.top() + top, width, 20), Qt.AlignmentFlag.AlignVCenter, words)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(rect).adjusted(3, 2, -3, -3), 5, 5)
        painter.restore()
