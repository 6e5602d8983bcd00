"""Rows of the palette: which kinds match what is typed, and how a kind looks. Not here: the panel (``palette``)."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QStandardItem
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from engine.blueprint.kinds import GROUP_TITLES, KINDS, NodeKind
from widgets import theme

KIND_ROLE = Qt.ItemDataRole.UserRole + 1
HELP_ROLE = Qt.ItemDataRole.UserRole + 2
GROUP_ROLE = Qt.ItemDataRole.UserRole + 3
REASON_ROLE = Qt.ItemDataRole.UserRole + 4


def matches(kind: NodeKind[Any], wanted: list[str]) -> bool:
    text = f"{kind.title} {kind.name} {kind.help} {GROUP_TITLES.get(kind.group, '')}".casefold()
    return all(word in text for word in wanted)


def distance(kind: NodeKind[Any], wanted: list[str]) -> int:
    """How far a kind's title is from what was typed: 0 the same, 1 begins so, 2 has it in it, 3 only the help does."""
    typed, title = " ".join(wanted), kind.title.casefold()
    return 0 if typed == title else 1 if title.startswith(typed) else 2 if typed in title else 3


def item_of(kind: NodeKind[Any], reason: str | None) -> QStandardItem:
    item = QStandardItem(kind.title)
    item.setEditable(False)
    item.setData(kind.name, KIND_ROLE)
    item.setData(kind.group, GROUP_ROLE)
    item.setData(reason or kind.help, HELP_ROLE)
    item.setData(reason or "", REASON_ROLE)
    item.setData(f"{kind.title}. {reason or kind.help}", Qt.ItemDataRole.AccessibleTextRole)
    item.setToolTip("\n\n".join(text for text in (reason, kind.help, kind.example) if text))
    return item


class KindDelegate(QStyledItemDelegate):
    """A heading, or a kind with icon, title and one line of help."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        if not index.data(KIND_ROLE):
            return QSize(100, round(QFontMetricsF(theme.font("badge")).height() + 16))
        lines = QFontMetricsF(theme.font("strong")).height() + QFontMetricsF(theme.font("caption")).height()
        return QSize(100, round(lines + 16))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        tokens = theme.current()
        rect = QRectF(option.rect).adjusted(0, 1, -2, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not index.data(KIND_ROLE):
            painter.setFont(theme.font("badge", bold=True))
            painter.setPen(QColor(tokens.dim))
            bottom = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
            painter.drawText(rect.adjusted(8, 0, 0, -5), bottom, str(index.data()))
            painter.restore()
            return
        off = bool(index.data(REASON_ROLE))
        hue = tokens.hue(str(index.data(GROUP_ROLE)))
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            painter.setBrush(QColor(tokens.accent_tint if chosen else tokens.hover))
            painter.drawRoundedRect(rect, 6, 6)
        strong, text = theme.font("strong"), theme.font("caption")
        height = QFontMetricsF(strong).height()
        icon = QRectF(rect.left() + 10, rect.top() + 7 + (height - 16) / 2, 16, 16)
        theme.paint_icon(painter, KINDS[index.data(KIND_ROLE)].icon, tokens.faint if off else hue.ink, icon)
        left, room = rect.left() + 36, rect.width() - 44
        painter.setFont(strong)
        painter.setPen(QColor(tokens.faint if off else tokens.text))
        top = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(left, rect.top() + 7, room, height), top, str(index.data()))
        painter.setFont(text)
        painter.setPen(QColor(tokens.faint if off else tokens.dim))
        shown = QFontMetricsF(text).elidedText(str(index.data(HELP_ROLE)), Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(left, rect.top() + 8 + height, room, height + 2), top, shown)
        painter.restore()
