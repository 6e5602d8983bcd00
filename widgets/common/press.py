"""Waiting until the mouse button is up: what moves while it is down takes the click away from where it was meant."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Slot
from PySide6.QtGui import QGuiApplication

_AGAIN_MS = 20


class AfterPress(QObject):
    """Calls ``callback`` at once, or, while a mouse button is down, once after it was let go.

    A button is pressed on one control and another one loses the keyboard by it. Whatever that leads to must not move
    the first before the button is up, or the click ends beside it and is lost.
    """

    def __init__(self, owner: QObject, callback: Callable[[], None]) -> None:
        super().__init__(owner)
        self._callback = callback
        # Asked again and again, seldom more than a few times: a drag or a menu may take the release for itself.
        self._timer = QTimer(self)
        self._timer.setInterval(_AGAIN_MS)
        self._timer.timeout.connect(self._look)

    def trigger(self) -> None:
        """Ask for a call."""
        if QGuiApplication.mouseButtons() == Qt.MouseButton.NoButton:
            self._timer.stop()
            self._callback()
        elif not self._timer.isActive():
            self._timer.start()

    @Slot()
    def _look(self) -> None:
        self.trigger()
