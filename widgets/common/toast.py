"""Short messages that come up at the bottom, stack, and may offer Undo. They are also kept in a list and announced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QEnterEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from widgets.common.banner import icon_button
from widgets.common.labels import IconLabel, text_label

_STAYS_MS = 6_000
_WITH_ACTION_MS = 10_000
_MOST = 3
_KEPT = 100


@dataclass(frozen=True, slots=True)
class ToastRecord:
    """A message that was shown."""

    text: str
    action: str = ""
    tone: str = field(default="info")


class Toast(QFrame):
    """One message.

    Signals:
        action_clicked: Its button was clicked.
        closed: It went away.
    """

    action_clicked = Signal()
    closed = Signal()

    def __init__(self, record: ToastRecord, parent: QWidget) -> None:
        super().__init__(parent)
        self.record = record
        self.setProperty("role", "popup")
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 8, 8)
        row.setSpacing(10)
        if record.tone != "info":
            row.addWidget(IconLabel("circle-alert", "bad" if record.tone == "bad" else "warn"))
        self.text = text_label(record.text, wrap=False)
        row.addWidget(self.text)
        self.action = QPushButton(record.action)
        self.action.setProperty("role", "link")
        self.action.clicked.connect(self._act)
        row.addWidget(self.action)
        self.action.setVisible(bool(record.action))
        self.close_button = icon_button("x", self.tr("Dismiss"))
        self.close_button.clicked.connect(self.finish)
        row.addWidget(self.close_button)
        self.setAccessibleName(record.text)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.finish)
        if record.tone != "bad":
            self._timer.start(_WITH_ACTION_MS if record.action else _STAYS_MS)

    @property
    def is_timed(self) -> bool:
        """Whether it goes away by itself."""
        return self._timer.isActive()

    def _act(self) -> None:
        self.action_clicked.emit()
        self.finish()

    def finish(self) -> None:
        """Goes away."""
        self._timer.stop()
        self.hide()
        self.closed.emit()
        self.deleteLater()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Stays while the pointer is on it."""
        super().enterEvent(event)
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        """Goes a little after the pointer has left."""
        super().leaveEvent(event)
        if self.record.tone != "bad" and self.isVisible():
            self._timer.start(_STAYS_MS)


class Toasts(QObject):
    """The messages over one window.

    Example:
        >>> toasts = Toasts(window)
        >>> toasts.show("“Trip to Bergen” is in the trash.", "Undo", restore)
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._open: list[Toast] = []
        self.history: list[ToastRecord] = []
        window.installEventFilter(self)

    @property
    def open_toasts(self) -> list[Toast]:
        """Those on screen, oldest first."""
        return list(self._open)

    def show(
        self, text: str, action: str = "", on_action: Callable[[], None] | None = None, tone: str = "info"
    ) -> Toast:
        """Shows a message. ``tone`` ``bad`` stays until it is dismissed."""
        record = ToastRecord(text, action, tone)
        self.history = [*self.history[-(_KEPT - 1) :], record]
        while len(self._open) >= _MOST:
            self._open[0].finish()
        toast = Toast(record, self._window)
        if on_action is not None:
            toast.action_clicked.connect(on_action)
        toast.closed.connect(self._closed)
        self._open.append(toast)
        self._place()
        toast.show()
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._window, text))
        return toast

    def clear(self) -> None:
        """Takes all of them away."""
        for toast in list(self._open):
            toast.finish()

    def _closed(self) -> None:
        self._open = [toast for toast in self._open if toast is not self.sender()]
        self._place()

    def _place(self) -> None:
        bottom = self._window.height() - 44
        for toast in reversed(self._open):
            toast.adjustSize()
            width = min(toast.sizeHint().width(), self._window.width() - 32)
            toast.setGeometry((self._window.width() - width) // 2, bottom - toast.height(), width, toast.height())
            toast.raise_()
            bottom -= toast.height() + 8

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stays at the bottom of the window."""
        if watched is self._window and event.type() == QEvent.Type.Resize:
            self._place()
        return False
