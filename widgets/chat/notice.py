"""Notices in the conversation: what happened, what it means, what to do, with details that fold out."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from widgets import theme
from widgets.chat.items import ChatItem
from widgets.chat.rows import Row, copy_text

_LEVELS = {"error": ("circle-alert", "bad", "bad"), "warning": ("triangle-alert", "warn", "warn")}


class NoticeRow(Row):
    """A sentence that is neither the person's nor the agent's."""

    def __init__(self, item: ChatItem, state: dict[str, Any], parent: QWidget | None = None) -> None:
        super().__init__(item, state, parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self.card = QFrame(self)
        self.card.setProperty("role", "banner")
        outer.addWidget(self.card)
        column = QVBoxLayout(self.card)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(6)
        line = QHBoxLayout()
        line.setSpacing(10)
        self.mark = QLabel()
        self.mark.setFixedWidth(16)
        self.text = _label("")
        line.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.text, 1)
        column.addLayout(line)
        self.means = _label("dim")
        self.means.setContentsMargins(26, 0, 0, 0)
        column.addWidget(self.means)
        self.foot = QWidget()
        foot = QHBoxLayout(self.foot)
        foot.setContentsMargins(26, 0, 0, 0)
        foot.setSpacing(8)
        self.action = QPushButton()
        self.action.clicked.connect(self._act)
        self.fold = QPushButton()
        self.fold.setProperty("role", "quiet")
        self.fold.clicked.connect(self._toggle)
        foot.addWidget(self.action)
        foot.addWidget(self.fold)
        foot.addStretch(1)
        column.addWidget(self.foot)
        self.more = _label("mono")
        self.more.setContentsMargins(26, 0, 0, 0)
        self.more.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.copy_button = QToolButton(self)
        self.copy_button.setIcon(theme.icon("copy", "dim"))
        self.copy_button.setIconSize(QSize(14, 14))
        self.copy_button.setToolTip(self.tr("Copy details"))
        self.copy_button.setAccessibleName(self.tr("Copy details"))
        self.copy_button.clicked.connect(self._copy)
        foot.addWidget(self.copy_button)
        column.addWidget(self.more)
        self.set_item(item)

    def set_item(self, item: ChatItem) -> None:
        """Shows the item as it is now."""
        super().set_item(item)
        icon, role, tone = _LEVELS.get(str(item.detail.get("level", "info")), ("info", "dim", ""))
        theme.set_role(self.card, "tone", tone)
        self.mark.setPixmap(theme.pixmap(icon, role, 16, self.devicePixelRatioF()))
        self.text.setText(item.text)
        means = str(item.detail.get("means") or "")
        self.means.setText(means)
        self.means.setVisible(bool(means))
        action = str(item.detail.get("action") or "")
        more = str(item.detail.get("more") or "")
        opened = bool(self.state.get("open")) and bool(more)
        self.action.setText(action)
        self.action.setVisible(bool(action))
        self.fold.setText(self.tr("Hide details") if opened else self.tr("Show details"))
        self.fold.setVisible(bool(more))
        self.copy_button.setVisible(opened)
        self.more.setText(more[:6000])
        self.more.setVisible(opened)
        self.foot.setVisible(bool(action or more))
        self.card.setAccessibleName(self.tr("Notice: {text}").format(text=item.text))

    def _act(self) -> None:
        self.retried.emit(self.item.id)

    def _toggle(self) -> None:
        self.state["open"] = not self.state.get("open")
        self.set_item(self.item)
        self.height_changed.emit()

    def _copy(self) -> None:
        copy_text(str(self.item.detail.get("more") or ""))
        self.copied.emit()


def _label(role: str) -> QLabel:
    label = QLabel()
    if role:
        label.setProperty("role", role)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return label
