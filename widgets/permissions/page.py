"""Everything that agents may do without asking, agent by agent, with a way to take it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from widgets.common import EmptyState, IconLabel, PageHeader, icon_button, text_label
from widgets.permissions.looks import icon_of

COLUMN = 720


@dataclass(frozen=True, slots=True)
class PermissionLine:
    """One thing that is allowed: its id for the signals, its kind for the icon, its words, and when it was allowed."""

    id: str
    kind: str
    sentence: str
    when: str


@dataclass(frozen=True, slots=True)
class PermissionGroup:
    """What one agent may do."""

    agent_id: str
    agent: str
    icon: str
    lines: tuple[PermissionLine, ...]


class PermissionsPage(QWidget):
    """The page of permissions.

    Signals:
        back_requested: Back to Settings.
        take_back_requested: Ids of the lines that are no longer allowed.
    """

    back_requested = Signal()
    take_back_requested = Signal(list)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Permissions"))
        self.header = PageHeader(self.tr("Permissions"))
        self.back = icon_button("arrow-left", self.tr("Back to Settings"))
        self.back.clicked.connect(self.back_requested)
        self.header.layout().insertWidget(0, self.back)  # type: ignore[union-attr]
        self.everything = QPushButton(self.tr("Take everything back"))
        self.everything.setProperty("role", "quiet")
        self.everything.clicked.connect(lambda: self.take_back_requested.emit(self.ids()))
        self.header.add_widget(self.everything)
        self.empty = EmptyState(
            "shield-check",
            self.tr("Nothing is allowed"),
            self.tr(
                "When an agent wants to go to the internet, a folder or a program, it asks you. What you always allow "
                "is listed here."
            ),
        )
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.area)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self._stack, 1)
        self._groups: tuple[PermissionGroup, ...] = ()
        self.show_groups(())

    def ids(self, agent_id: str | None = None) -> list[str]:
        """Ids of all lines, or of those of one agent."""
        groups = [group for group in self._groups if agent_id in (None, group.agent_id)]
        return [line.id for group in groups for line in group.lines]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is allowed."""
        return self._stack.currentWidget() is self.empty

    def show_groups(self, groups: Sequence[PermissionGroup]) -> None:
        """Show what is allowed."""
        self._groups = tuple(groups)
        self.everything.setVisible(bool(groups))
        self._stack.setCurrentWidget(self.area if groups else self.empty)
        body = QWidget()
        outer = QHBoxLayout(body)
        outer.setContentsMargins(32, 24, 32, 32)
        holder = QWidget()
        holder.setMaximumWidth(COLUMN)
        holder.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        words = self.tr("What agents may do without asking. Take something back, and the agent asks the next time.")
        column.addWidget(text_label(words, "dim"))
        for group in groups:
            column.addSpacing(12)
            column.addLayout(self._head(group))
            column.addWidget(self._card(group))
        column.addStretch(1)
        outer.addStretch(1)
        outer.addWidget(holder, 100)
        outer.addStretch(1)
        place = self.area.verticalScrollBar().value()
        self.area.setWidget(body)
        self.area.verticalScrollBar().setValue(place)

    def _head(self, group: PermissionGroup) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(IconLabel(group.icon, "text"))
        row.addWidget(text_label(group.agent, "heading", wrap=False), 1)
        if len(group.lines) > 1:
            button = QPushButton(self.tr("Take all back"))
            button.setProperty("role", "link")
            button.setAccessibleName(self.tr("Take back everything that {agent} may do").format(agent=group.agent))
            button.clicked.connect(lambda *_, key=group.agent_id: self.take_back_requested.emit(self.ids(key)))
            row.addWidget(button)
        return row

    def _card(self, group: PermissionGroup) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(16, 4, 12, 4)
        column.setSpacing(0)
        for number, line in enumerate(group.lines):
            if number:
                rule = QFrame()
                rule.setProperty("role", "line")
                column.addWidget(rule)
            column.addLayout(self._line(line))
        return card

    def _line(self, line: PermissionLine) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(0, 8, 0, 8)
        row.setSpacing(12)
        row.addWidget(IconLabel(icon_of(line.kind), "dim"))
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(text_label(line.sentence))
        words.addWidget(text_label(line.when, "caption"))
        row.addLayout(words, 1)
        button = QPushButton(self.tr("Take back"))
        button.setAccessibleName(self.tr("Take back: {what}").format(what=line.sentence))
        button.clicked.connect(lambda *_, key=line.id: self.take_back_requested.emit([key]))
        row.addWidget(button)
        return row

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape goes back."""
        if event.key() == Qt.Key.Key_Escape:
            self.back_requested.emit()
            return
        super().keyPressEvent(event)
