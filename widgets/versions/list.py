"""The list of an agent's versions, by day: time, name, what changed in a line, size. Telling goes by signals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from widgets import theme
from widgets.common import ItemMenu
from widgets.versions.items import VersionGroup
from widgets.versions.list_model import ROW_ROLE, VersionListModel, VersionListRow

_PAD = 16
_HEIGHTS = {"day": 32, "version": 54, "steps": 28}


class VersionList(QListView):
    """Versions of one agent.

    Signals:
        chosen: Ids of the versions that are selected, the newest first: one, or two to compare with each other.
        more_wanted: The end was reached; older versions may follow.
        changes_wanted: Versions came into the list whose difference is not known (``model().unknown()``).
        restore_requested, copy_requested, name_requested: Something to do with the version of that id.
    """

    chosen = Signal(list)
    more_wanted = Signal()
    changes_wanted = Signal()
    restore_requested = Signal(str)
    copy_requested = Signal(str)
    name_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.versions = VersionListModel(self)
        self.setModel(self.versions)
        self.setItemDelegate(_VersionDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setAccessibleName(self.tr("Versions"))
        self.selectionModel().selectionChanged.connect(self._selected)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)
        theme.manager().changed.connect(self.viewport().update)

    def show_groups(self, groups: Sequence[VersionGroup]) -> None:
        """Show these versions; what is selected stays selected."""
        kept = self.selected()
        self.versions.set_groups(groups)
        self.select(kept)
        self.changes_wanted.emit()
        self.doItemsLayout()
        if groups and not self.verticalScrollBar().maximum():
            self.more_wanted.emit()  # nothing can be scrolled, so nothing else would ask

    def selected(self) -> list[str]:
        """Ids of the selected versions, the newest first."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        found = [self.versions.rows[row] for row in rows]
        return [row.item.id for row in found if row.kind == "version" and row.item is not None]

    def select(self, ids: Sequence[str]) -> None:
        """Select these versions, as far as they are in sight."""
        model = self.selectionModel()
        model.clearSelection()
        for number, version_id in enumerate(ids):
            row = self.versions.row_of(version_id)
            if row >= 0:
                index = self.versions.index(row)
                model.select(index, model.SelectionFlag.Select)
                if not number:
                    model.setCurrentIndex(index, model.SelectionFlag.NoUpdate)

    def toggle(self, head_id: str) -> None:
        """Fold or unfold the steps under a version."""
        kept = self.selected()
        self.versions.toggle(head_id)
        self.select(kept)
        number = next(
            n for n, row in enumerate(self.versions.rows) if row.kind == "steps" and row.item and row.item.id == head_id
        )
        self.selectionModel().setCurrentIndex(self.versions.index(number), self.selectionModel().SelectionFlag.NoUpdate)
        self.changes_wanted.emit()

    # --- keys and mouse --------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self._row(self.currentIndex())
        if row is not None and row.item is not None:
            if row.kind == "steps" and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
                self.toggle(row.item.id)
                return
            if row.kind == "version" and event.key() == Qt.Key.Key_F2:
                self.name_requested.emit(row.item.id)
                return
        super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self._row(self.indexAt(event.position().toPoint()))
        if row is not None and row.kind == "steps" and row.item is not None:
            self.toggle(row.item.id)
            return
        super().mousePressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        mouse = event.reason() == QContextMenuEvent.Reason.Mouse
        index = self.indexAt(event.pos()) if mouse else self.currentIndex()
        row = self._row(index)
        if row is not None and row.kind == "version" and row.item is not None:
            place = event.globalPos() if mouse else self._below(index)
            self.make_menu(row.item.id, present=row.item.present).popup(place)

    def make_menu(self, version_id: str, *, present: bool) -> QMenu:
        """The menu of a version."""
        menu = ItemMenu(self)
        menu.add(self.tr("Restore this version"), partial(self.restore_requested.emit, version_id), enabled=not present)
        menu.add(self.tr("Open as a copy"), partial(self.copy_requested.emit, version_id))
        menu.add(self.tr("Name this version…"), partial(self.name_requested.emit, version_id))
        return menu

    def _below(self, index: QModelIndex) -> QPoint:
        return self.viewport().mapToGlobal(self.visualRect(index).bottomLeft() + QPoint(_PAD, 0))

    def _row(self, index: QModelIndex) -> VersionListRow | None:
        found = index.data(ROW_ROLE) if index.isValid() else None
        return found if isinstance(found, VersionListRow) else None

    def _selected(self) -> None:
        self.chosen.emit(self.selected())

    def _scrolled(self, value: int) -> None:
        if value >= self.verticalScrollBar().maximum() - self.height():
            self.more_wanted.emit()


class _VersionDelegate(QStyledItemDelegate):
    """Paints a day, a version in two lines, or the line that folds."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        del option
        row = index.data(ROW_ROLE)
        return QSize(240, _HEIGHTS[row.kind if isinstance(row, VersionListRow) else "version"])

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        tokens = theme.current()
        row = index.data(ROW_ROLE)
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.kind == "day":
            painter.setFont(theme.font("badge", bold=True))
            painter.setPen(QColor(tokens.dim))
            painter.drawText(rect.adjusted(_PAD, 6, -_PAD, 0), Qt.AlignmentFlag.AlignVCenter, row.text.upper())
            painter.restore()
            return
        selected = bool(option.state & QStyle.StateFlag.State_Selected) and row.kind == "version"
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, QColor(tokens.accent_tint if selected else tokens.hover))
        if row.kind == "steps":
            self._steps(painter, rect, row)
        else:
            self._version(painter, rect, row, index.model(), selected)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.drawLine(rect.left(), rect.bottom(), rect.right(), rect.bottom())
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(rect).adjusted(3, 2, -3, -3), 5, 5)
        painter.restore()

    def _steps(self, painter: QPainter, rect: QRect, row: VersionListRow) -> None:
        tokens = theme.current()
        box = QRect(rect.left() + _PAD, rect.center().y() - 6, 14, 14)
        theme.paint_icon(painter, "chevron-down" if row.open else "chevron-right", tokens.dim, box)
        painter.setFont(theme.font("caption"))
        painter.setPen(QColor(tokens.dim))
        painter.drawText(rect.adjusted(_PAD + 20, 0, -_PAD, 0), Qt.AlignmentFlag.AlignVCenter, row.text)

    def _version(self, painter: QPainter, rect: QRect, row: VersionListRow, model: object, selected: bool) -> None:
        tokens = theme.current()
        item = row.item
        assert item is not None
        left, right = rect.left() + _PAD + (20 if row.inner else 0), rect.right() - _PAD
        top = QRect(left, rect.top() + 7, right - left, 20)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(theme.font("caption"))
        painter.setPen(QColor(tokens.dim))
        size = size_words(item.size)
        width = painter.fontMetrics().horizontalAdvance(size)
        painter.drawText(QRect(right - width, top.top(), width + 1, 20), middle, size)
        room = top.width() - width - 12
        when = moment(item.saved)
        painter.setFont(theme.font("medium"))
        painter.setPen(QColor(tokens.text))
        title = f"{item.name} · {when}" if item.name else when
        title = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideMiddle, room)
        painter.drawText(top, middle, title)
        if item.present:
            self._badge(painter, left + painter.fontMetrics().horizontalAdvance(title) + 10, top, selected)
        painter.setFont(theme.font("caption"))
        painter.setPen(QColor(tokens.dim))
        words = model.change(row) if isinstance(model, VersionListModel) else None
        words = "…" if words is None else words or self.tr("Nothing to be seen changed")
        words = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(QRect(left, rect.top() + 27, right - left, 18), middle, words)

    def _badge(self, painter: QPainter, left: int, line: QRect, selected: bool) -> None:
        tokens, text = theme.current(), self.tr("now")
        painter.setFont(theme.font("badge"))
        width = painter.fontMetrics().horizontalAdvance(text) + 14
        pill = QRectF(left, line.center().y() - 8, width, 17)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.panel if selected else tokens.accent_tint))
        painter.drawRoundedRect(pill, 8, 8)
        painter.setPen(QColor(tokens.accent))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)


def moment(saved: float) -> str:
    """The time of day; the day of the week and the date before it where the title of the day does not say it."""
    then, today = datetime.fromtimestamp(saved), datetime.now().date()
    days = (today - then.date()).days
    return f"{then:%H:%M}" if days <= 1 else f"{then:%a} {then.day} {then:%b}, {then:%H:%M}"


def size_words(size: int) -> str:
    """``820 B``, ``3.4 kB``."""
    return f"{size:,} B" if size < 1_000 else f"{size / 1000:.1f} kB" if size < 100_000 else f"{size // 1000:,} kB"
