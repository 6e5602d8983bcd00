"""The quiet line under the conversation that says what is going on, and the empty conversation."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from widgets import theme

_STEP_MS = 150
_STEPS = 12
LETTERS_IN_A_LINE = 36
"""Of a suggested first message."""


class RunningLine(QWidget):
    """A pulsing dot and words; keeps its place while nothing runs, so that nothing jumps."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(36, 0, 16, 0)
        self._left = 22
        self.text = QLabel()
        self.text.setProperty("role", "caption")
        row.addWidget(self.text, 1)
        self.setFixedHeight(26)
        self._on = False
        self._step = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_STEP_MS)
        self._timer.timeout.connect(self._tick)

    def set_running(self, on: bool, text: str = "") -> None:
        """Shows or clears the line."""
        self._on = on
        self.text.setText(text if on else "")
        self._run_timer()
        self.update()

    def set_left(self, left: int) -> None:
        """Where the line begins, so that it stands under the conversation."""
        self._left = left
        self._row.setContentsMargins(left + 14, 0, 16, 0)
        self.update()

    def _run_timer(self) -> None:
        moving = self._on and self.isVisible() and not theme.manager().reduced_motion
        if moving != self._timer.isActive():
            self._timer.start() if moving else self._timer.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """Moves only while it can be seen."""
        super().showEvent(event)
        self._run_timer()

    def hideEvent(self, event: QHideEvent) -> None:
        """Moves only while it can be seen."""
        super().hideEvent(event)
        self._timer.stop()

    def _tick(self) -> None:
        self._step = (self._step + 1) % _STEPS
        self.update(self._left - 2, 0, 12, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints the dot."""
        super().paintEvent(event)
        if not self._on:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tokens = theme.current()
        share = abs(self._step - _STEPS / 2) / (_STEPS / 2) if self._timer.isActive() else 0.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.mix(tokens.accent, tokens.panel, 0.7 * share)))
        painter.drawEllipse(QRectF(self._left, self.height() / 2 - 3.5, 7, 7))


class EmptyChat(QWidget):
    """An empty conversation: what this agent is for, and messages to begin with.

    Signals:
        suggested: The suggestion that was chosen.
    """

    suggested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 24)
        outer.addStretch(2)
        self.title = QLabel()
        self.title.setProperty("role", "heading")
        self.text = QLabel()
        self.text.setProperty("role", "dim")
        for label in (self.title, self.text):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            label.setTextFormat(Qt.TextFormat.PlainText)
            outer.addWidget(label)
        outer.setSpacing(6)
        outer.addSpacing(10)
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        outer.addLayout(self._list)
        outer.addStretch(3)
        self.buttons: list[QPushButton] = []

    def set_content(self, title: str, text: str, suggestions: Sequence[str]) -> None:
        """Sets title, sentence and suggested first messages."""
        self.title.setText(title)
        self.text.setText(text)
        self.text.setVisible(bool(text))
        for button in self.buttons:
            self._list.removeWidget(button)
            button.hide()
            button.deleteLater()
        self.buttons = []
        for words in suggestions:
            # A button does not wrap by itself, and a long message must not make the column wide.
            button = QPushButton(textwrap.fill(words, LETTERS_IN_A_LINE).replace("&", "&&"))
            button.setAccessibleName(words)
            button.setToolTip(self.tr("Send this message"))
            button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            button.setProperty("words", words)
            button.clicked.connect(self._choose)
            self._list.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)
            self.buttons.append(button)

    def _choose(self) -> None:
        button = self.sender()
        if button is not None:
            self.suggested.emit(str(button.property("words")))
