"""Rows of the conversation that are cards: tool calls; and which row an item gets. What asks is in ``asking``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QLabel,
    QToolButton,
    QWidget,
)

from widgets import theme
from widgets.chat.asking import ApprovalRow, PermissionRow, QuestionRow
from widgets.chat.items import ChatItem, as_text
from widgets.chat.notice import NoticeRow
from widgets.chat.richtext import RichText
from widgets.chat.rows import AgentRow, PersonRow, Row, ThinkingRow, copy_text

_HEAD = 36
_SHOWN = 3_000


class ToolHead(QAbstractButton):
    """The one line of a tool call: icon, name, what it was asked, how it ended."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.icon_name = "wrench"
        self.title = ""
        self.words = ""
        self.outcome = ""
        self.mark = ("check", "abilities")
        self.opened = False

    def sizeHint(self) -> QSize:
        """One line high, as wide as there is room."""
        return QSize(240, _HEAD)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the line."""
        del event
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = self.rect()
        if self.underMouse() and self.isEnabled():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.hover))
            painter.drawRoundedRect(rect.adjusted(2, 2, -2, -2), 7, 7)
        middle = rect.center().y() + 1
        theme.paint_icon(painter, self.icon_name, tokens.colour("abilities"), QRect(12, middle - 8, 16, 16))
        strong, caption = theme.font("strong"), theme.font("caption")
        right = rect.width() - 12
        chevron = "chevron-down" if self.opened else "chevron-right"
        theme.paint_icon(painter, chevron, tokens.faint, QRect(right - 14, middle - 7, 14, 14))
        right -= 22
        if self.outcome:
            painter.setFont(caption)
            painter.setPen(QColor(tokens.bad if self.mark[1] == "bad" else tokens.dim))
            metrics = painter.fontMetrics()
            words = metrics.elidedText(self.outcome, Qt.TextElideMode.ElideRight, max(40, rect.width() // 3))
            width = metrics.horizontalAdvance(words)
            painter.drawText(QRect(right - width, 0, width + 2, rect.height()), Qt.AlignmentFlag.AlignVCenter, words)
            right -= width + 8
        theme.paint_icon(painter, self.mark[0], tokens.colour(self.mark[1]), QRect(right - 15, middle - 8, 15, 15))
        right -= 24
        painter.setFont(strong)
        painter.setPen(QColor(tokens.text))
        room = max(20, right - 36)
        title = painter.fontMetrics().elidedText(self.title, Qt.TextElideMode.ElideRight, room)
        width = painter.fontMetrics().horizontalAdvance(title)
        painter.drawText(QRect(36, 0, width + 2, rect.height()), Qt.AlignmentFlag.AlignVCenter, title)
        left = 36 + width + 8
        painter.setFont(theme.font("body"))
        painter.setPen(QColor(tokens.dim))
        words = painter.fontMetrics().elidedText(self.words, Qt.TextElideMode.ElideRight, max(0, right - left))
        painter.drawText(QRect(left, 0, max(0, right - left), rect.height()), Qt.AlignmentFlag.AlignVCenter, words)
        if self.hasFocus():
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(2, 2, -2, -2), 7, 7)


class ToolRow(Row):
    """A tool call: a card of one line, which opens to show input and result."""

    reusable = True

    def __init__(self, item: ChatItem, state: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(item, state, parent)
        self.head = ToolHead(self)
        self.head.clicked.connect(self.toggle)
        self.parts: list[tuple[QLabel, RichText, QToolButton]] = []
        self.set_item(item)

    def set_item(self, item: ChatItem) -> None:
        """Shows the item as it is now."""
        super().set_item(item)
        marks = {
            "running": (("loader-circle", "dim"), self.tr("running")),
            "waiting": (("clock", "warn"), self.tr("waiting for you")),
            "failed": (("circle-alert", "bad"), self.tr("failed")),
            "denied": (("x", "bad"), self.tr("not allowed")),
        }
        mark, outcome = marks.get(item.status, (("check", "abilities"), ""))
        summary = str(item.detail.get("summary") or "")
        if not summary and item.status in ("done", "failed"):
            summary = _first_line(as_text(item.detail.get("result")))
        head = self.head
        head.icon_name = str(item.detail.get("icon") or "wrench")
        head.title, head.words, head.mark = item.title, item.text, mark
        head.outcome = summary if summary and item.status in ("done", "running") else outcome or summary
        head.opened = bool(self.state.get("open"))
        ending = outcome or self.tr("done")
        head.setAccessibleName(self.tr("Tool {title}: {ending}").format(title=item.title, ending=ending))
        head.setAccessibleDescription(" ".join(part for part in (item.text, head.outcome) if part))
        head.setToolTip(self.tr("Show input and result") if not head.opened else "")
        head.update()
        self._fill()

    def toggle(self) -> None:
        """Opens or closes the card."""
        self.state["open"] = not self.state.get("open")
        self.set_item(self.item)
        self.height_changed.emit()

    def _fill(self) -> None:
        opened = bool(self.state.get("open"))
        if not opened:
            for label, text, button in self.parts:
                for widget in (label, text, button):
                    widget.hide()
            return
        detail, links = self.item.detail, self.item.detail.get("links") or ()
        sections = [(self.tr("Input"), as_text(detail["input"]))] if "input" in detail or not links else []
        if self.item.status not in ("running", "waiting") and (detail.get("result") or not links):
            sections.append((self.tr("Result"), as_text(detail.get("result"))))
        if links:
            sections.append((self.tr("Pages"), _listed(links)))
        while len(self.parts) < len(sections):
            self.parts.append(self._make_part())
        for (label, text, button), (title, words) in zip(self.parts, sections, strict=False):
            label.setText(title)
            shown = words if len(words) <= _SHOWN else words[:_SHOWN] + "\n…"
            if links and title == self.tr("Pages"):
                text.set_markdown(words)
            else:
                text.set_plain(shown or self.tr("nothing"), mono=True)
            text.setAccessibleName(title)
            button.setAccessibleName(self.tr("Copy {title}").format(title=title.lower()))
            button.setToolTip(button.accessibleName())
            button.setProperty("words", words)
            for widget in (label, text, button):
                widget.show()

    def _make_part(self) -> tuple[QLabel, RichText, QToolButton]:
        label = QLabel(self)
        label.setProperty("role", "overline")
        text = RichText(self)
        text.copied.connect(self.copied)
        text.link_activated.connect(self.link_activated)
        button = QToolButton(self)
        button.setIcon(theme.icon("copy", "dim"))
        button.setIconSize(QSize(14, 14))
        button.setFixedSize(26, 24)
        button.clicked.connect(lambda *_args, b=button: self._copy(str(b.property("words"))))
        return label, text, button

    def _copy(self, words: str) -> None:
        copy_text(words)
        self.copied.emit()

    def measure(self, width: int) -> int:
        """The height that the row needs in that width."""
        self.head.setGeometry(0, 0, width, _HEAD)
        bottom = _HEAD
        if not self.state.get("open"):
            return bottom
        for label, text, button in self.parts:
            if label.isHidden():
                continue
            bottom += 6
            label.setGeometry(14, bottom, width - 60, 20)
            button.move(width - 14 - button.width(), bottom - 3)
            bottom += 24
            height = text.height_for(width - 48)
            text.setGeometry(24, bottom + 9, width - 48, height)
            bottom += height + 16
        return bottom + 12

    def paintEvent(self, event: QPaintEvent) -> None:
        """The card, and a ground behind input and result."""
        del event
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(QColor(tokens.card))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        if self.state.get("open"):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.sunk))
            for _label, text, _button in self.parts:
                if text.isVisible():
                    painter.drawRoundedRect(text.geometry().adjusted(-10, -9, 10, 5), 6, 6)


def _listed(links: Sequence[tuple[str, str]]) -> str:
    """Pages as a list of links, whatever their titles say."""
    escaped = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]()<>#+-!|~&"})
    lines = []
    for number, (title, url) in enumerate(links, 1):
        words = " ".join(title.split())[:200].translate(escaped)
        lines.append(f"{number}. [{words}](<{url.replace('<', '%3C').replace('>', '%3E')}>)")
    return "\n".join(lines)


def _first_line(text: str) -> str:
    line = text.strip().split("\n", 1)[0]
    return line[:80]


_KINDS: dict[str, type[Row]] = {
    "person": PersonRow,
    "agent": AgentRow,
    "tool": ToolRow,
    "approval": ApprovalRow,
    "permission": PermissionRow,
    "question": QuestionRow,
    "notice": NoticeRow,
    "thinking": ThinkingRow,
}


def make_row(item: ChatItem, state: dict[str, Any], parent: QWidget) -> Row:
    """The row for an item."""
    return _KINDS[item.kind](item, state, parent)


__all__ = ["ToolHead", "ToolRow", "make_row"]
