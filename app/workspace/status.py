"""The line below an open agent: problems with their fixes, what is sent, what this month has cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from widgets import theme


class ProblemsPopup(QFrame):
    """The problems of the document in plain words, each with a button where there is a fix.

    Signals:
        fix_requested: A problem whose fix is wanted.
        node_clicked: The id of the node a problem is about.
    """

    fix_requested = Signal(object)
    node_clicked = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("role", "popup")
        self.setAccessibleName(self.tr("Problems"))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(8, 8, 8, 8)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        outer.addWidget(self._area)
        self.setMinimumWidth(420)

    def show_problems(self, problems: Sequence[Any], titles: dict[str, str]) -> None:
        """List the problems."""
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(6)
        if not problems:
            column.addWidget(QLabel(self.tr("No problems.")))
        for problem in problems:
            column.addWidget(self._row(problem, titles.get(problem.node_id, "")))
        column.addStretch()
        self._area.setWidget(body)
        self._area.setMinimumHeight(min(320, body.sizeHint().height() + 8))

    def _row(self, problem: Any, title: str) -> QWidget:
        row = QWidget()
        box = QHBoxLayout(row)
        box.setContentsMargins(4, 2, 4, 2)
        box.setSpacing(8)
        icon = QLabel()
        severe = problem.severity == "error"
        icon.setPixmap(theme.pixmap("circle-alert" if severe else "triangle-alert", "bad" if severe else "warn", 16))
        box.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(0)
        where = QPushButton(title or self.tr("Agent"))
        where.setProperty("role", "link")
        where.setCursor(Qt.CursorShape.PointingHandCursor)
        where.clicked.connect(lambda: self._go(problem.node_id))
        words.addWidget(where, 0, Qt.AlignmentFlag.AlignLeft)
        text = QLabel(problem.text)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setWordWrap(True)
        text.setContentsMargins(4, 0, 0, 0)
        words.addWidget(text)
        box.addLayout(words, 1)
        if problem.fix is not None:
            label = str(getattr(problem.fix, "label", "")) or self.tr("fix")
            fix = QPushButton(label[:1].upper() + label[1:])
            fix.clicked.connect(lambda: self._fix(problem))
            box.addWidget(fix, 0, Qt.AlignmentFlag.AlignVCenter)
        return row

    def _go(self, node_id: str) -> None:
        self.close()
        self.node_clicked.emit(node_id)

    def _fix(self, problem: Any) -> None:
        self.close()
        self.fix_requested.emit(problem)


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
        self.show_problems(0, 0)

    def show_problems(self, errors: int, warnings: int) -> None:
        """How many there are, in words and by shape."""
        if errors:
            icon, role, text = "circle-alert", "bad", self.tr("%n problem(s)", "", errors)
        elif warnings:
            icon, role, text = "triangle-alert", "warn", self.tr("%n hint(s)", "", warnings)
        else:
            icon, role, text = "circle-check", "accent", self.tr("No problems")
        self.problems.setIcon(theme.icon(icon, role))
        self.problems.setText(" " + _numbered(text, errors or warnings))
        self.problems.setAccessibleName(self.problems.text().strip())

    def show_nodes(self, sent: int, off: int) -> None:
        """How many nodes are sent with the next call, and how many are switched off."""
        words = self.tr("1 node sent") if sent == 1 else self.tr("{count} nodes sent").format(count=sent)
        if off:
            words += self.tr(", {count} switched off").format(count=off)
        self.nodes.setText(words)

    def show_cost(self, month: str) -> None:
        self.cost.setText(month)

    def popup_place(self, popup: QWidget) -> QPoint:
        """Where a popup goes so that it stands right above the button."""
        return self.problems.mapToGlobal(QPoint(0, -popup.sizeHint().height() - 6))


def _numbered(text: str, count: int) -> str:
    """Untranslated plurals: ``%n problem(s)`` becomes ``1 problem`` or ``3 problems``."""
    return text.replace("%n", str(count)).replace("(s)", "" if count == 1 else "s")
