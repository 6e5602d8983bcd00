"""Rows of the conversation that are cards: tool calls and approvals; and the choice of row for an item."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from widgets import theme
from widgets.chat.items import ChatItem
from widgets.chat.notice import NoticeRow
from widgets.chat.richtext import RichText
from widgets.chat.rows import AgentRow, PersonRow, Row, ThinkingRow, copy_text

_HEAD = 36
_SHOWN = 3_000


def as_text(value: Any) -> str:
    """A tool's input or result as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and value and all(isinstance(part, (str, int, float)) for part in value.values()):
        return "\n".join(f"{name}: {part}" for name, part in value.items())
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


class ToolHead(QAbstractButton):
    """The one line of a tool call: icon, name, what it was asked, how it ended."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
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
        theme.paint_icon(painter, "wrench", tokens.colour("abilities"), QRect(12, middle - 8, 16, 16))
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
        head.title, head.words, head.mark = item.title, item.text, mark
        head.outcome = summary if summary and item.status == "done" else outcome or summary
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
        sections = [(self.tr("Input"), as_text(self.item.detail.get("input")))]
        if self.item.status not in ("running", "waiting"):
            sections.append((self.tr("Result"), as_text(self.item.detail.get("result"))))
        while len(self.parts) < len(sections):
            self.parts.append(self._make_part())
        for (label, text, button), (title, words) in zip(self.parts, sections, strict=False):
            label.setText(title)
            shown = words if len(words) <= _SHOWN else words[:_SHOWN] + "\n…"
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


class ApprovalRow(Row):
    """A question: may this run? Approve, or deny with a reason; once or always."""

    def __init__(self, item: ChatItem, state: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(item, state, parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        column = QVBoxLayout()
        column.setContentsMargins(16, 12, 14, 12)
        outer.addLayout(column)
        column.setSpacing(8)
        self.title = QLabel()
        self.title.setProperty("role", "strong")
        self.title.setWordWrap(True)
        self.text = QLabel()
        self.text.setProperty("role", "dim")
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.asked = QLabel()
        self.asked.setProperty("role", "mono")
        self.asked.setWordWrap(True)
        self.asked.setTextFormat(Qt.TextFormat.PlainText)
        self.asked.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.always = QCheckBox(self.tr("Always allow this"))
        self.reason = QLineEdit()
        self.reason.setPlaceholderText(self.tr("Why not? The agent is told (optional)"))
        self.reason.setAccessibleName(self.tr("Reason for denying"))
        self.reason.returnPressed.connect(self._deny)
        self.approve_button = QPushButton(self.tr("Approve"))
        self.approve_button.setProperty("role", "primary")
        self.approve_button.clicked.connect(self._approve)
        self.deny_button = QPushButton(self.tr("Deny"))
        self.deny_button.clicked.connect(self._deny)
        self.buttons = QWidget()
        row = QHBoxLayout(self.buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.approve_button)
        row.addWidget(self.deny_button)
        row.addStretch(1)
        for widget in (self.title, self.text, self.asked, self.always, self.buttons, self.reason):
            column.addWidget(widget)
        for label in (self.title, self.text, self.asked):
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.set_item(item)

    def set_item(self, item: ChatItem) -> None:
        """Shows the item as it is now."""
        super().set_item(item)
        waiting = item.status == "waiting"
        words = item.title or self.tr("The agent wants to do something")
        self.title.setText(words)
        answer = {"approved": self.tr("You approved this."), "denied": self.tr("You denied this.")}.get(item.status, "")
        reason = str(item.detail.get("reason") or "")
        self.text.setText(item.text if waiting else " ".join(part for part in (answer, reason) if part))
        self.text.setVisible(bool(self.text.text()))
        asked = as_text(item.detail.get("input"))
        self.asked.setText(asked if len(asked) <= _SHOWN else asked[:_SHOWN] + "…")
        self.asked.setVisible(bool(asked))
        self.always.setVisible(waiting and bool(item.detail.get("can_always", True)))
        self.buttons.setVisible(waiting)
        self.reason.setVisible(waiting)
        self.approve_button.setAccessibleName(self.tr("Approve: {title}").format(title=words))
        self.deny_button.setAccessibleName(self.tr("Deny: {title}").format(title=words))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The card, with the edge of the abilities."""
        del event
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(tokens.line), 1))
        painter.setBrush(QColor(tokens.card))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.hue("abilities").ink))
        painter.drawRoundedRect(QRectF(0, 10, tokens.edge, self.height() - 20), 1.5, 1.5)

    def _approve(self) -> None:
        self._answer(True)

    def _deny(self) -> None:
        self._answer(False)

    def _answer(self, approved: bool) -> None:
        if self.item.status == "waiting":
            self.answered.emit(
                self.item.id, approved, "" if approved else self.reason.text().strip(), self.always.isChecked()
            )


def _first_line(text: str) -> str:
    line = text.strip().split("\n", 1)[0]
    return line[:80]


_KINDS: dict[str, type[Row]] = {
    "person": PersonRow,
    "agent": AgentRow,
    "tool": ToolRow,
    "approval": ApprovalRow,
    "notice": NoticeRow,
    "thinking": ThinkingRow,
}


def make_row(item: ChatItem, state: dict[str, Any], parent: QWidget) -> Row:
    """The row for an item."""
    return _KINDS[item.kind](item, state, parent)


__all__ = ["ApprovalRow", "ToolHead", "ToolRow", "as_text", "make_row"]
