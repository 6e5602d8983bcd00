"""The command palette: everything the program can do, found by typing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QKeyEvent, QKeySequence, QPainter, QPen
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from widgets import theme
from widgets.common.labels import text_label
from widgets.palette.fuzzy import match

_ROW: Final = 36
_WIDTH: Final = 560
_SHOWN: Final = 9
_ROOT: Final = QModelIndex()
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class PaletteItem:
    """A command.

    Attributes:
        id: What :attr:`CommandPalette.chosen` says.
        title: Words of the command ("New session").
        shortcut: Its keys, portable ("Ctrl+N"), or "".
        enabled: Whether it can be chosen now.
        group: Where it belongs ("Session"), shown quietly; also found by typing.
        icon: Lucide name, or "".
    """

    id: str
    title: str
    shortcut: str = ""
    enabled: bool = True
    group: str = ""
    icon: str = ""


class _Model(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.items: list[PaletteItem] = []
        self.shown: list[tuple[PaletteItem, list[int]]] = []

    def filter(self, typed: str) -> None:
        self.beginResetModel()
        found = []
        for order, item in enumerate(self.items):
            fit = match(typed, item.title)
            if fit is None and item.group:
                wide = match(typed, f"{item.group} {item.title}")
                fit = None if wide is None else (wide[0] - 100, [])
            if fit is not None:
                found.append((-fit[0], not item.enabled, order, item, fit[1]))
        if typed.strip():
            found.sort(key=lambda each: each[:3])
        self.shown = [(item, places) for _score, _off, _order, item, places in found]
        self.endResetModel()

    def rowCount(self, parent: Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self.shown)

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not self.shown[index.row()][0].enabled:
            return Qt.ItemFlag.ItemIsSelectable
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not 0 <= index.row() < len(self.shown):
            return None
        item = self.shown[index.row()][0]
        if role == Qt.ItemDataRole.DisplayRole:
            return item.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            off = "" if item.enabled else self.tr("not available now")
            return ", ".join(part for part in (item.title, item.group, item.shortcut, off) if part)
        return None


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(_WIDTH - 16, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = theme.current()
        model = index.model()
        assert isinstance(model, _Model)
        item, places = model.shown[index.row()]
        rect: QRect = option.rect
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent_tint))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -1), tokens.radius_control, tokens.radius_control)
        ink = tokens.text if item.enabled else tokens.faint
        middle = rect.center().y() + 1
        left = rect.left() + 12
        if item.icon:
            theme.paint_icon(painter, item.icon, tokens.dim, QRect(left, middle - 8, 16, 16))
        left += 28
        right = self._keys(painter, rect, item)
        self._title(painter, QRect(left, rect.top(), right - left, rect.height()), item, places, ink)
        painter.restore()

    def _keys(self, painter: QPainter, rect: QRect, item: PaletteItem) -> int:
        tokens = theme.current()
        right = rect.right() - 10
        painter.setFont(theme.font("badge"))
        words = QKeySequence(item.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
        for part in reversed(words.split("+") if words and not words.endswith("++") else [words] if words else []):
            width = max(20, painter.fontMetrics().horizontalAdvance(part) + 12)
            box = QRect(right - width, rect.center().y() - 9, width, 20)
            painter.setPen(QPen(QColor(tokens.line), 1))
            painter.setBrush(QColor(tokens.sunk))
            painter.drawRoundedRect(box.toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            painter.setPen(QColor(tokens.dim))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, part)
            right -= width + 4
        return right - 8

    def _title(self, painter: QPainter, rect: QRect, item: PaletteItem, places: list[int], ink: str) -> None:
        tokens = theme.current()
        plain, strong = theme.font("body"), theme.font("strong")
        x = rect.left()
        marked = set(places)
        for number, letter in enumerate(item.title):
            font: QFont = strong if number in marked else plain
            painter.setFont(font)
            painter.setPen(QColor(tokens.accent if number in marked and item.enabled else ink))
            width = painter.fontMetrics().horizontalAdvance(letter)
            if x + width > rect.right():
                return
            painter.drawText(QRect(x, rect.top(), width + 4, rect.height()), Qt.AlignmentFlag.AlignVCenter, letter)
            x += width
        if item.group:
            painter.setFont(theme.font("caption"))
            painter.setPen(QColor(tokens.faint))
            room = QRect(x + 10, rect.top(), rect.right() - x - 10, rect.height())
            words = painter.fontMetrics().elidedText(item.group, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)


class CommandPalette(QFrame):
    """A popup over the window; non-modal, closed by Escape, by choosing, or by clicking elsewhere.

    Signals:
        chosen: Id of the command.
        closed: It went away, chosen or not.
    """

    chosen = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "popup")
        self.setAccessibleName(self.tr("Command palette"))
        self._window = parent
        self._before: QWidget | None = None
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("What do you want to do?"))
        self.field.setAccessibleName(self.tr("Command"))
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        column.addWidget(self.field)
        self._model = _Model()
        self.list = QListView()
        self.list.setAccessibleName(self.tr("Commands"))
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Delegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self._clicked)
        column.addWidget(self.list)
        self.nothing: QLabel = text_label(self.tr("No command fits. Try other words."), "dim")
        self.nothing.setContentsMargins(12, 8, 12, 12)
        column.addWidget(self.nothing)
        self.hide()

    def set_commands(self, items: Sequence[PaletteItem]) -> None:
        """Sets what can be chosen, in the order to show while nothing is typed."""
        self._model.items = list(items)
        self._filter(self.field.text())

    def titles(self) -> list[str]:
        """The titles shown now, best first."""
        return [item.title for item, _places in self._model.shown]

    def open(self) -> None:
        """Shows the palette over its window, with an empty field."""
        window = self._window
        self._before = window.window().focusWidget()
        self.field.clear()
        self._filter("")
        self.show()
        self.raise_()
        self._fit()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)
        window.installEventFilter(self)

    def dismiss(self) -> None:
        """Goes away; focus returns to where it was."""
        if self.isHidden():
            return
        self._window.removeEventFilter(self)
        self.hide()
        before, self._before = self._before, None
        if before is not None:
            before.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()

    def _fit(self) -> None:
        window = self._window
        width = min(_WIDTH, window.width() - 32)
        rows = min(_SHOWN, self._model.rowCount())
        self.list.setVisible(rows > 0)
        self.nothing.setVisible(rows == 0)
        self.list.setFixedHeight(rows * _ROW + 2)
        self.resize(width, self._column.totalSizeHint().height())
        self.move(QPoint((window.width() - width) // 2, max(16, window.height() // 8)))

    def _filter(self, typed: str) -> None:
        self._model.filter(typed)
        first = next((number for number, each in enumerate(self._model.shown) if each[0].enabled), -1)
        if first >= 0:
            self.list.setCurrentIndex(self._model.index(first, 0))
        if self.isVisible():
            self._fit()

    def _move(self, step: int) -> None:
        count = self._model.rowCount()
        row = self.list.currentIndex().row()
        for _ in range(count):
            row = (row + step) % count
            if self._model.shown[row][0].enabled:
                self.list.setCurrentIndex(self._model.index(row, 0))
                return

    def _choose(self) -> None:
        row = self.list.currentIndex().row()
        if 0 <= row < len(self._model.shown) and self._model.shown[row][0].enabled:
            command = self._model.shown[row][0].id
            self.dismiss()
            self.chosen.emit(command)

    def _clicked(self, index: QModelIndex) -> None:
        self.list.setCurrentIndex(index)
        self._choose()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys of the field; clicks and sizes of the window."""
        if watched is self.field:
            if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
                return self._key(event)
            if event.type() == QEvent.Type.FocusOut and self.isVisible() and not self.isAncestorOf(_focused(self)):
                self._before = None
                self.dismiss()
            return False
        if event.type() == QEvent.Type.Resize:
            self._fit()
        elif event.type() == QEvent.Type.MouseButtonPress:
            self.dismiss()
        return False

    def _key(self, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Tab: 1, Qt.Key.Key_Backtab: -1}
        key = event.key()
        if key in steps and self._model.rowCount():
            self._move(steps[Qt.Key(key)])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose()
        elif key == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            return False
        return True


def _focused(widget: QWidget) -> QWidget:
    """The widget that has the focus now, or the widget itself where none has it."""
    return widget.window().focusWidget() or widget.window()
