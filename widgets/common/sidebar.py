"""The side bar: logo, pages with counts, recent sessions, Settings at the bottom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from widgets import theme
from widgets.common.labels import IconLabel, text_label

_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


@dataclass(frozen=True, slots=True)
class NavItem:
    """A row of the side bar."""

    id: str
    title: str
    icon: str
    count: int | None = None


class NavRow(QAbstractButton):
    """One row: icon, words, count."""

    def __init__(self, item: NavItem, parent: QWidget | None = None, *, checkable: bool = True) -> None:
        super().__init__(parent)
        self.item = item
        self.setCheckable(checkable)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._by_keyboard = False
        self.set_item(item)
        theme.manager().changed.connect(self.update)

    def set_item(self, item: NavItem) -> None:
        """Shows another title or count."""
        self.item = item
        self.setText(item.title)
        name = (
            item.title if item.count is None else self.tr("{title}, {count}").format(title=item.title, count=item.count)
        )
        self.setAccessibleName(name)
        cut = self.fontMetrics().horizontalAdvance(item.title) > 140
        self.setToolTip(item.title if cut else "")
        self.update()

    def sizeHint(self) -> QSize:
        """One line."""
        return QSize(160, 31)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The ring is for those who go by keyboard; a click or the window's first focus draws none."""
        if event.reason() not in (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason):
            self._by_keyboard = event.reason() in _KEYBOARD
        super().focusInEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """From here on by mouse."""
        self._by_keyboard = False
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """From here on by keyboard."""
        self._by_keyboard = True
        self.update()
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the row."""
        del event
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = self.rect()
        chosen = self.isChecked()
        hovered = self.underMouse() and self.isEnabled()
        painter.setPen(Qt.PenStyle.NoPen)
        if chosen or hovered or self.isDown():
            painter.setBrush(QColor(tokens.accent_tint if chosen else tokens.hover))
            painter.drawRoundedRect(rect, tokens.radius_control, tokens.radius_control)
        ink = tokens.accent if chosen else tokens.text if hovered else tokens.dim
        middle = rect.center().y() + 1
        theme.paint_icon(painter, self.item.icon, ink, QRect(8, middle - 8, 16, 16))
        right = rect.right() - 8
        if self.item.count is not None:
            painter.setFont(theme.font("badge"))
            painter.setPen(QColor(tokens.faint))
            words = f"{self.item.count:,}"
            width = painter.fontMetrics().horizontalAdvance(words)
            painter.drawText(QRect(right - width, 0, width + 1, rect.height()), Qt.AlignmentFlag.AlignVCenter, words)
            right -= width + 8
        painter.setFont(theme.font("medium" if chosen else "body"))
        painter.setPen(QColor(ink))
        words = painter.fontMetrics().elidedText(self.item.title, Qt.TextElideMode.ElideRight, right - 32)
        painter.drawText(QRect(32, 0, right - 32, rect.height()), Qt.AlignmentFlag.AlignVCenter, words)
        if self.hasFocus() and self._by_keyboard:
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), tokens.radius_control, tokens.radius_control)


class Sidebar(QFrame):
    """The left column of the window.

    Signals:
        page_chosen: Id of the page (also of the bottom rows).
        session_chosen: Id of the recent session.
    """

    page_chosen = Signal(str)
    session_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "sidebar")
        self.setFixedWidth(208)
        self.setAccessibleName(self.tr("Side bar"))
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 0, 9, 10)
        column.setSpacing(2)
        head = QHBoxLayout()
        head.setContentsMargins(8, 16, 8, 12)
        head.setSpacing(9)
        head.addWidget(IconLabel("git-branch-plus", "text", 17))
        self.logo = text_label("Bough", "heading", wrap=False)
        head.addWidget(self.logo, 1)
        column.addLayout(head)
        self._pages = QVBoxLayout()
        self._pages.setSpacing(2)
        column.addLayout(self._pages)
        self.recent_title = text_label(self.tr("Recent sessions"), "faint", wrap=False)
        self.recent_title.setContentsMargins(8, 16, 0, 6)
        self.recent_title.hide()
        column.addWidget(self.recent_title)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(2)
        column.addLayout(self._recent)
        column.addStretch(1)
        self._bottom = QVBoxLayout()
        self._bottom.setSpacing(2)
        column.addLayout(self._bottom)
        self.rows: dict[str, NavRow] = {}
        self.recent_rows: dict[str, NavRow] = {}

    def set_pages(self, top: Sequence[NavItem], bottom: Sequence[NavItem] = ()) -> None:
        """Sets the rows of the pages."""
        for row in self.rows.values():
            row.hide()
            row.deleteLater()
        self.rows = {}
        for items, layout in ((top, self._pages), (bottom, self._bottom)):
            for item in items:
                row = NavRow(item, self)
                row.clicked.connect(self._page_clicked)
                layout.addWidget(row)
                self.rows[item.id] = row

    def set_count(self, page_id: str, count: int | None) -> None:
        """Sets the number beside a page."""
        row = self.rows.get(page_id)
        if row is not None and row.item.count != count:
            row.set_item(NavItem(row.item.id, row.item.title, row.item.icon, count))

    def set_current(self, page_id: str) -> None:
        """Marks the page that is open."""
        for key, row in self.rows.items():
            row.setChecked(key == page_id)

    def set_recent(self, sessions: Sequence[tuple[str, str]]) -> None:
        """Sets the recent sessions as (id, title)."""
        if [(row.item.id, row.item.title) for row in self.recent_rows.values()] == list(sessions):
            return
        for row in self.recent_rows.values():
            self._recent.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.recent_rows = {}
        for session_id, title in sessions:
            row = NavRow(NavItem(session_id, title, "message-square"), self, checkable=False)
            row.clicked.connect(self._session_clicked)
            self._recent.addWidget(row)
            self.recent_rows[session_id] = row
        self.recent_title.setVisible(bool(sessions))

    def _page_clicked(self) -> None:
        row = self.sender()
        if isinstance(row, NavRow):
            self.set_current(row.item.id)
            self.page_chosen.emit(row.item.id)

    def _session_clicked(self) -> None:
        row = self.sender()
        if isinstance(row, NavRow):
            self.session_chosen.emit(row.item.id)
