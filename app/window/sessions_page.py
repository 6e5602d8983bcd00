"""The sessions page: the list at the left, a reader at the right. Widgets only."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from widgets.chat import ChatView
from widgets.common import ElidedLabel, EmptyState
from widgets.sessions import SessionList


class SessionReader(QWidget):
    """A session to read, with what can be done to it.

    Signals:
        asked: ``open``, ``trash``, ``restore`` or ``restore_agent``.
    """

    asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QFrame()
        head.setProperty("role", "header")
        head.setFixedHeight(48)
        row = QHBoxLayout(head)
        row.setContentsMargins(16, 0, 12, 0)
        row.setSpacing(8)
        self.title = ElidedLabel()
        self.title.setProperty("role", "strong")
        self.agent = QLabel()
        self.agent.setProperty("role", "badge")
        self.agent.setTextFormat(Qt.TextFormat.PlainText)
        policy = self.title.sizePolicy()
        policy.setHorizontalPolicy(QSizePolicy.Policy.Maximum)
        self.title.setSizePolicy(policy)
        row.addWidget(self.title)
        row.addWidget(self.agent, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(1)
        self._buttons: dict[str, QPushButton] = {}
        for what, text, role in (
            ("trash", self.tr("Delete"), "quiet"),
            ("restore", self.tr("Restore"), ""),
            ("restore_agent", self.tr("Restore agent"), ""),
            ("open", self.tr("Go on with it"), "primary"),
        ):
            button = QPushButton(text)
            button.setProperty("role", role)
            button.setProperty("what", what)
            button.clicked.connect(self._clicked)
            self._buttons[what] = button
            row.addWidget(button)
        column.addWidget(head)
        self.note = QLabel()
        self.note.setProperty("role", "dim")
        self.note.setContentsMargins(16, 8, 16, 8)
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        column.addWidget(self.note)
        self.chat = ChatView()
        self.chat.header.hide()
        self.chat.footer.hide()
        column.addWidget(self.chat, 1)

    def show_session(self, title: str, agent: str, note: str, offered: set[str]) -> None:
        """Whose session it is and what can be done to it."""
        self.title.setText(title)
        self.title.updateGeometry()
        self.agent.setText(agent)
        self.agent.setVisible(bool(agent))
        self.note.setText(note)
        self.note.setVisible(bool(note))
        for what, button in self._buttons.items():
            button.setVisible(what in offered)

    def button(self, what: str) -> QPushButton:
        return self._buttons[what]

    def _clicked(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.asked.emit(str(sender.property("what")))


class SessionsPage(QWidget):
    """List and reader."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.list = SessionList()
        self.list.setMinimumWidth(280)
        self.reader = SessionReader()
        self.empty = EmptyState(
            "messages-square", self.tr("Choose a session to read it"), self.tr("Search looks into every message.")
        )
        self._right = QStackedWidget()
        self._right.addWidget(self.empty)
        self._right.addWidget(self.reader)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(self.list)
        self.splitter.addWidget(self._right)
        self.splitter.setSizes([340, 860])
        self.splitter.setStretchFactor(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.splitter)

    def show_reader(self, shown: bool) -> None:
        self._right.setCurrentWidget(self.reader if shown else self.empty)

    def panes(self) -> list[QWidget]:
        return [self.list, self.reader]
