"""The line below an open agent: how many problems there are, what is sent, what this month has cost."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from engine.blueprint.problem import Problem
from widgets import theme
from widgets.context.problems import count_words

ROOMY = 500
"""From this width on there is room for how many nodes are sent."""


class StatusLine(QFrame):
    """The status bar of the workspace.

    Signals:
        problems_clicked: The person wants to see the problems.
    """

    problems_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "footer")
        self.setFixedHeight(30)
        self.problems = QPushButton()
        self.problems.setProperty("role", "quiet")
        self.problems.setIconSize(QSize(14, 14))
        self.problems.clicked.connect(self.problems_clicked)
        self.nodes = QLabel()
        self.nodes.setProperty("role", "dim")
        self.cost = QLabel()
        self.cost.setProperty("role", "dim")
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 14, 0)
        row.setSpacing(10)
        row.addWidget(self.problems)
        row.addWidget(self.nodes)
        row.addStretch()
        row.addWidget(self.cost)
        self._row = row
        self.show_problems(())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.nodes.setVisible(self.width() >= ROOMY)

    def add_right(self, widget: QWidget) -> None:
        """Put something at the end of the line."""
        self._row.addWidget(widget)

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """How many there are of each kind, in words and by the shape of the icon."""
        counts = [(name, sum(1 for one in problems if one.severity == name)) for name in ("error", "warning", "info")]
        worst = next((name for name, count in counts if count), "")
        icon, role = {
            "error": ("circle-alert", "bad"),
            "warning": ("triangle-alert", "warn"),
            "info": ("info", "dim"),
        }.get(worst, ("circle-check", "accent"))
        words = ", ".join(count_words(name, count) for name, count in counts if count) or self.tr("No problems")
        self.problems.setIcon(theme.icon(icon, role))
        self.problems.setText(" " + words)
        self.problems.setAccessibleName(words)
        self.problems.setToolTip(self.tr("Show the list of problems"))

    def show_nodes(self, sent: int, off: int) -> None:
        """How many nodes are sent with the next call, and how many are switched off."""
        words = self.tr("1 node sent") if sent == 1 else self.tr("{count} nodes sent").format(count=sent)
        if off:
            words += self.tr(", {count} switched off").format(count=off)
        self.nodes.setText(words)

    def show_cost(self, month: str) -> None:
        self.cost.setText(month)
