"""The page of an agent's versions: the list at the left, at the right what changed in the version that is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from widgets.common import ElidedLabel, PageHeader, icon_button, text_label
from widgets.common.choice_box import ChoiceBox
from widgets.versions.compare_view import CompareView
from widgets.versions.list import VersionList

BEFORE, NOW = "before", "now"


class VersionsPage(QWidget):
    """Versions of one agent.

    Signals:
        back_requested: Back to the agent.
        against_chosen: What the chosen version is compared with: ``before``, ``now``, or the id of a version.
        asked: ``restore``, ``copy`` or ``name``, for the chosen version.
    """

    back_requested = Signal()
    against_chosen = Signal(str)
    asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Versions"))
        self.header = PageHeader(self.tr("Versions"))
        self.back = icon_button("arrow-left", self.tr("Back to the agent"))
        self.back.clicked.connect(self.back_requested)
        self.header.layout().insertWidget(0, self.back)  # type: ignore[union-attr]
        self.list = VersionList()
        self.list.setMinimumWidth(260)
        self.compare = CompareView()
        self.title = ElidedLabel()
        self.title.setProperty("role", "strong")
        self.buttons: dict[str, QPushButton] = {}
        self.against = ChoiceBox()
        self.against.setAccessibleName(self.tr("Compared with"))
        self.against.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.against.setMinimumContentsLength(22)
        self.against.activated.connect(self._against_chosen)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._head())
        column.addWidget(self.compare, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(self.list)
        self.splitter.addWidget(right)
        self.splitter.setSizes([340, 860])
        self.splitter.setStretchFactor(1, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.header)
        whole.addWidget(self.splitter, 1)
        self.setFocusProxy(self.list)

    def _head(self) -> QFrame:
        self.head = QFrame()
        self.head.setProperty("role", "header")
        column = QVBoxLayout(self.head)
        column.setContentsMargins(16, 8, 12, 8)
        column.setSpacing(6)
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self.title, 1)
        second = QHBoxLayout()
        second.setSpacing(8)
        for what, text, role in (
            ("name", self.tr("Name…"), "quiet"),
            ("copy", self.tr("Open as a copy"), ""),
            ("restore", self.tr("Restore"), "primary"),
        ):
            button = QPushButton(text)
            button.setProperty("role", role)
            button.setProperty("what", what)
            button.clicked.connect(self._clicked)
            self.buttons[what] = button
        first.addWidget(self.buttons["copy"])
        first.addWidget(self.buttons["restore"])
        column.addLayout(first)
        self.against_words = text_label(self.tr("Compared with"), "dim", wrap=False)
        second.addWidget(self.against_words)
        second.addWidget(self.against)
        second.addStretch(1)
        second.addWidget(self.buttons["name"])
        column.addLayout(second)
        return self.head

    def set_agent(self, name: str) -> None:
        """Whose versions these are."""
        self.header.set_title(self.tr("Versions"), name)

    def set_choices(self, choices: Sequence[tuple[str, str]], current: str) -> None:
        """What the chosen version can be compared with, as (id, words)."""
        self.against.clear()
        for key, text in choices:
            self.against.addItem(text, key)
            if key in (BEFORE, NOW) and choices[-1][0] not in (BEFORE, NOW) and key == self._last_fixed(choices):
                self.against.insertSeparator(self.against.count())
        self.against.setCurrentIndex(max(0, self.against.findData(current)))

    @staticmethod
    def _last_fixed(choices: Sequence[tuple[str, str]]) -> str:
        return [key for key, _ in choices if key in (BEFORE, NOW)][-1]

    def show_version(self, title: str, *, present: bool, pair: bool) -> None:
        """What the right side is about: one version, or a pair that is compared with each other."""
        self.head.setVisible(bool(title))
        self.title.setText(title)
        for what, button in self.buttons.items():
            button.setVisible(not pair)
            button.setEnabled(what != "restore" or not present)
        self.buttons["restore"].setAccessibleName(self.tr("Restore this version"))
        self.buttons["restore"].setToolTip(self.tr("The agent is as in this version now.") if present else "")
        for widget in (self.against, self.against_words):
            widget.setVisible(not pair)

    def panes(self) -> list[QWidget]:
        """What F6 goes through."""
        return [self.list, self.head, self.compare]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape goes back."""
        if event.key() == Qt.Key.Key_Escape:
            self.back_requested.emit()
            return
        super().keyPressEvent(event)

    def _clicked(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.asked.emit(str(sender.property("what")))

    def _against_chosen(self) -> None:
        self.against_chosen.emit(str(self.against.currentData()))
