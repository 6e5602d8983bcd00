"""Lines that tell something in place: a banner, an empty state, a progress."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QToolButton, QVBoxLayout, QWidget

from widgets import theme
from widgets.common.labels import ElidedLabel, IconLabel, text_label

_TONES = {
    "info": ("info", "accent", ""),
    "warn": ("triangle-alert", "warn", "warn"),
    "bad": ("circle-alert", "bad", "bad"),
}


class Banner(QFrame):
    """A sentence across the top of a page, with a button.

    Signals:
        action_clicked: The button was clicked.
        dismissed: The person closed the banner.
    """

    action_clicked = Signal()
    dismissed = Signal()

    def __init__(self, text: str = "", action: str = "", tone: str = "info", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "banner")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(10)
        self.mark = IconLabel("info", "accent")
        self.text = text_label()
        self.action = QPushButton()
        self.action.clicked.connect(self.action_clicked)
        self.close_button = icon_button("x", self.tr("Dismiss"))
        self.close_button.clicked.connect(self._dismiss)
        row.addWidget(self.mark)
        row.addWidget(self.text, 1)
        row.addWidget(self.action)
        row.addWidget(self.close_button)
        self.set_content(text, action, tone)

    def set_content(self, text: str, action: str = "", tone: str = "info", *, can_dismiss: bool = True) -> None:
        """Sets the sentence, the button ("" for none) and the tone (``info``, ``warn`` or ``bad``)."""
        icon, role, property_ = _TONES.get(tone, _TONES["info"])
        self.mark.set_icon(icon, role)
        theme.set_role(self, "tone", property_)
        self.text.setText(text)
        self.action.setText(action)
        self.action.setVisible(bool(action))
        self.close_button.setVisible(can_dismiss)
        self.setAccessibleName(text)

    def _dismiss(self) -> None:
        self.hide()
        self.dismissed.emit()


class EmptyState(QWidget):
    """What belongs here, in one sentence, and the next step as a button.

    Signals:
        action_clicked: The next step was chosen.
    """

    action_clicked = Signal()

    def __init__(
        self, icon: str = "inbox", title: str = "", text: str = "", action: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 24, 24, 24)
        outer.setSpacing(6)
        outer.addStretch(2)
        self.mark = IconLabel(icon, "faint", 28)
        self.title = text_label(title, "heading")
        self.text = text_label(text, "dim")
        for label in (self.title, self.text):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.action = QPushButton(action)
        self.action.setProperty("role", "primary")
        self.action.clicked.connect(self.action_clicked)
        outer.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addSpacing(6)
        outer.addWidget(self.title)
        outer.addWidget(self.text)
        outer.addSpacing(10)
        outer.addWidget(self.action, 0, Qt.AlignmentFlag.AlignHCenter)
        outer.addStretch(3)
        self.set_content(icon, title, text, action)

    def set_content(self, icon: str, title: str, text: str = "", action: str = "") -> None:
        """Sets icon, title, sentence and button ("" for none)."""
        self.mark.set_icon(icon, "faint")
        self.title.setText(title)
        self.text.setText(text)
        self.text.setVisible(bool(text))
        self.action.setText(action)
        self.action.setVisible(bool(action))


class ProgressRow(QWidget):
    """Something that takes time: what it is, how far it is, and a way to stop it.

    Signals:
        cancelled: The person wants it to stop.
    """

    cancelled = Signal()

    def __init__(self, text: str = "", parent: QWidget | None = None, *, can_cancel: bool = True) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        column.addWidget(self.bar)
        line = QHBoxLayout()
        line.setSpacing(8)
        self.text = ElidedLabel()
        self.text.setProperty("role", "caption")
        self.cancel_button = QPushButton(self.tr("Cancel"))
        self.cancel_button.setProperty("role", "link")
        self.cancel_button.clicked.connect(self.cancelled)
        line.addWidget(self.text, 1)
        line.addWidget(self.cancel_button)
        column.addLayout(line)
        self.cancel_button.setVisible(can_cancel)
        self.set_progress(None, text)

    def set_progress(self, share: float | None, text: str) -> None:
        """How far it is, from 0 to 1 (None: nobody knows), and the words for it."""
        if share is None:
            self.bar.setRange(0, 0)
        else:
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(max(0.0, min(1.0, share)) * 1000))
        self.text.setText(text)
        self.bar.setAccessibleName(text or self.tr("Progress"))

    def set_cancelling(self) -> None:
        """The wish to stop was heard."""
        self.cancel_button.setEnabled(False)
        self.cancel_button.setText(self.tr("Stopping…"))


def icon_button(icon: str, name: str, role: str = "dim", size: int = 16) -> QToolButton:
    """A small button that is an icon, with its name for everyone who cannot see it."""
    button = QToolButton()
    button.setIcon(theme.icon(icon, role))
    button.setIconSize(QSize(size, size))
    button.setToolTip(name)
    button.setAccessibleName(name)
    return button
