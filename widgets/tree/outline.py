"""The outline: the same tree as rows, for keyboard and screen reader, and for long agents.

Everything that the canvas can do can be done here. Not here: the rows themselves (``outline_model``).
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetricsF,
    QHideEvent,
    QIcon,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPen,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from widgets import theme
from widgets.tree.document_model import DocumentModel
from widgets.tree.live import LiveBadge, badge_texts
from widgets.tree.marks import Mark, paint_mark
from widgets.tree.operations import Operations
from widgets.tree.outline_model import GROUP_ROLE, LIVE_ROLE, MARK_ROLE, SUMMARY_ROLE, OutlineModel
from widgets.tree.selection import Selection

_Key = Qt.Key


class OutlineView(QTreeView):
    """Rows of one document.

    Signals:
        activated_node: A node was asked to be edited.
        menu_requested: The context menu is wanted at a global position.
        add_requested: The palette is wanted for the selection.
    """

    activated_node = Signal(str)
    menu_requested = Signal(QPoint)
    add_requested = Signal(str, int)

    def __init__(self, selection: Selection, operations: Operations, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shared = selection
        self._operations = operations
        self._rows = OutlineModel(self)
        self._busy = False
        self.setModel(self._rows)
        self.setItemDelegate(_RowDelegate(self))
        self.setProperty("role", "painted")
        self.setHeaderHidden(True)
        self.setUniformRowHeights(True)
        self.setIndentation(18)
        self.setIconSize(QSize(16, 16))
        self.setExpandsOnDoubleClick(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Outline of the agent"))
        self._rows.rowsInserted.connect(self._expand_new)
        self._rows.modelReset.connect(self._show_all)
        self._rows.following.connect(self._follow)
        self.selectionModel().selectionChanged.connect(self._selected_here)
        self.selectionModel().currentChanged.connect(self._selected_here)
        self.doubleClicked.connect(self._open)
        selection.changed.connect(self._selected_elsewhere)
        theme.manager().changed.connect(self.viewport().update)

    def set_document(self, model: DocumentModel | None) -> None:
        """Show another document."""
        self._rows.set_model(model)
        self._selected_elsewhere(self._shared.ids)

    def set_live(self, live: Mapping[str, LiveBadge]) -> None:
        """Badges of the session in front."""
        self._rows.set_live(live)

    def set_marks(self, marks: Mapping[str, Mark]) -> None:
        """Marks of the nodes that have a problem."""
        self._rows.set_marks(marks)

    @Slot(bool)
    def _follow(self, on: bool) -> None:
        """Rows that move are taken out and put in again; the selection is not the rows' to lose."""
        self._busy = on
        if not on:
            self._selected_elsewhere(self._shared.ids)

    @Slot()
    def _show_all(self) -> None:
        self.expandAll()

    @Slot(QModelIndex, int, int)
    def _expand_new(self, parent: QModelIndex, first: int, last: int) -> None:
        self.expand(parent)
        for row in range(first, last + 1):
            self.expandRecursively(self._rows.index(row, 0, parent))

    @Slot()
    def _selected_here(self) -> None:
        if self._busy:
            return
        ids = [found for index in self.selectionModel().selectedIndexes() if (found := self._rows.node_id(index))]
        self._busy = True
        self._shared.set(ids, self._rows.node_id(self.currentIndex()) if ids else None)
        self._busy = False

    @Slot(list)
    def _selected_elsewhere(self, ids: list[str]) -> None:
        if self._busy or not self.isVisible():
            return
        self._busy = True
        chosen = QItemSelection()
        for node_id in ids:
            index = self._rows.index_of(node_id)
            if index.isValid():
                chosen.select(index, index)
        self.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        current = self._rows.index_of(self._shared.current or "")
        if current.isValid():
            self.selectionModel().setCurrentIndex(current, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(current)
        self._busy = False

    @Slot(QModelIndex)
    def _open(self, index: QModelIndex) -> None:
        found = self._rows.node_id(index)
        if found:
            self.activated_node.emit(found)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._rows.set_awake(True)
        self._selected_elsewhere(self._shared.ids)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._rows.set_awake(False)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            self.menu_requested.emit(event.globalPos())
        else:
            rect = self.visualRect(self.currentIndex())
            self.menu_requested.emit(self.viewport().mapToGlobal(rect.bottomLeft() + QPoint(24, 0)))

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._command(event):
            event.accept()
            return True
        return super().event(event)

    def _command(self, event: QKeyEvent) -> object:
        """The operation behind a key, or None."""
        operations = self._operations
        modifiers, key = event.modifiers(), Qt.Key(event.key())
        if modifiers == Qt.KeyboardModifier.AltModifier:
            return {
                _Key.Key_Up: operations.move_up,
                _Key.Key_Down: operations.move_down,
                _Key.Key_Left: operations.move_out,
                _Key.Key_Right: operations.move_in,
            }.get(key)
        if modifiers == Qt.KeyboardModifier.ControlModifier and key in (_Key.Key_D, _Key.Key_E):
            return operations.duplicate if key == _Key.Key_D else operations.toggle_enabled
        if modifiers == Qt.KeyboardModifier.NoModifier:
            if key in (_Key.Key_Delete, _Key.Key_Backspace):
                return operations.delete
            if key in (_Key.Key_Return, _Key.Key_Enter, _Key.Key_F2):
                return self._open_current
            if key == _Key.Key_Insert:
                return self._ask_for_palette
        for standard, command in (
            (QKeySequence.StandardKey.Copy, operations.copy),
            (QKeySequence.StandardKey.Cut, operations.cut),
            (QKeySequence.StandardKey.Paste, operations.paste),
        ):
            if event.matches(standard):
                return command
        return None

    def _open_current(self) -> None:
        self._open(self.currentIndex())

    def _ask_for_palette(self) -> None:
        self.add_requested.emit("", -1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        command = self._command(event)
        if callable(command):
            command()
            event.accept()
            return
        super().keyPressEvent(event)


class _RowDelegate(QStyledItemDelegate):
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

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        tokens = theme.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect).adjusted(0, 1, -4, -1)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
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
