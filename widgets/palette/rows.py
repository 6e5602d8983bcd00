"""Items of the command palette: what they are, which fit what is typed, how a row looks. Not here: the popup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QKeySequence, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from widgets import theme
from widgets.palette.fuzzy import match

ROW: Final = 36
WIDTH: Final = 560
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
        group: Where it belongs ("Session"), shown quietly; also found by typing, but for quiet items.
        icon: Lucide name, or "".
        quiet: Shown only once something is typed: one of very many.
        boost: How much better than others it fits what is typed, for what was used lately.
    """

    id: str
    title: str
    shortcut: str = ""
    enabled: bool = True
    group: str = ""
    icon: str = ""
    quiet: bool = False
    boost: int = 0


class PaletteModel(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.items: list[PaletteItem] = []
        self.shown: list[tuple[PaletteItem, list[int]]] = []

    def take(self, items: Sequence[PaletteItem]) -> None:
        """Show exactly these, in their order."""
        self.beginResetModel()
        self.items = list(items)
        self.shown = [(item, []) for item in self.items]
        self.endResetModel()

    def filter(self, typed: str, tail: Sequence[PaletteItem] = ()) -> None:
        """Show the items that fit, best first, and the tail below them; no quiet ones while nothing is typed."""
        self.beginResetModel()
        found = []
        wanted = bool(typed.strip())
        for order, item in enumerate(self.items):
            if item.quiet and not wanted:
                continue
            fit = match(typed, item.title)
            if fit is None and item.group and not item.quiet:
                wide = match(typed, f"{item.group} {item.title}")
                fit = None if wide is None else (wide[0] - 100, [])
            if fit is not None:
                found.append((-fit[0] - item.boost, not item.enabled, order, item, fit[1]))
        if wanted:
            found.sort(key=lambda each: each[:3])
        self.shown = [(item, places) for _score, _off, _order, item, places in found] + [(item, []) for item in tail]
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


class PaletteDelegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        del option, index
        return QSize(WIDTH - 16, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = theme.current()
        model = index.model()
        assert isinstance(model, PaletteModel)
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
        painter.setFont(plain)
        title = painter.fontMetrics().elidedText(item.title, Qt.TextElideMode.ElideRight, rect.width())
        x = rect.left()
        marked = set(places)
        for number, letter in enumerate(title):
            font: QFont = strong if number in marked else plain
            painter.setFont(font)
            painter.setPen(QColor(tokens.accent if number in marked and item.enabled else ink))
            width = painter.fontMetrics().horizontalAdvance(letter)
            painter.drawText(QRect(x, rect.top(), width + 4, rect.height()), Qt.AlignmentFlag.AlignVCenter, letter)
            x += width
        if item.group and rect.right() - x > 40:
            painter.setFont(theme.font("caption"))
            painter.setPen(QColor(tokens.faint))
            room = QRect(x + 10, rect.top(), rect.right() - x - 10, rect.height())
            words = painter.fontMetrics().elidedText(item.group, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
