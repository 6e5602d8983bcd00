"""The panel of problems: by how bad they are, in plain sentences, each with its place and, where there is one, its fix.

Not here: finding problems (``engine.blueprint.checks``), and how many there are in the status line (``app``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSize, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.blueprint.fixes import fixable
from engine.blueprint.problem import Problem
from widgets import theme

MOST = 100
"""So many are listed; the rest show when these are dealt with."""
_LEAST_HEIGHT, _MOST_HEIGHT = 130, 220
_LOOKS = {"error": ("circle-alert", "bad"), "warning": ("triangle-alert", "warn"), "info": ("info", "dim")}


class ProblemsPanel(QFrame):
    """The problems of the agent in front.

    Signals:
        chosen: A problem whose place is to be shown.
        fix_wanted: A problem whose fix is to be made.
        fix_all_wanted: Everything that can be fixed is to be fixed.
        closed: The panel was closed.
    """

    chosen = Signal(object)
    fix_wanted = Signal(object)
    fix_all_wanted = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "footer")
        self.setAccessibleName(self.tr("Problems"))
        self._problems: list[Problem] = []
        self._titles: Mapping[str, str] = {}
        self._rows: list[ProblemRow] = []
        self._shown: list[tuple[object, ...]] = []
        title = QLabel(self.tr("Problems"), self)
        title.setProperty("role", "strong")
        self._count = QLabel(self)
        self._count.setProperty("role", "caption")
        self._fix_all = QPushButton(self)
        self._fix_all.clicked.connect(self.fix_all_wanted)
        self._close = close = QToolButton(self)
        close.setIcon(theme.icon("x", "dim"))
        close.setIconSize(QSize(14, 14))
        close.setToolTip(self.tr("Close the list of problems (Esc)"))
        close.setAccessibleName(self.tr("Close the list of problems"))
        close.clicked.connect(self.end)
        top = QHBoxLayout()
        top.setContentsMargins(16, 6, 8, 4)
        top.setSpacing(8)
        top.addWidget(title)
        top.addWidget(self._count)
        top.addStretch(1)
        top.addWidget(self._fix_all)
        top.addWidget(close)
        self._area = QScrollArea(self)
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self._area, 1)
        self.setFixedHeight(_MOST_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._build()
        self.hide()

    # -- what is shown ----------------------------------------------------------------------------------------

    def show_problems(self, problems: Sequence[Problem], titles: Mapping[str, str]) -> None:
        """List other problems. Built anew only where something reads differently, and only while it can be seen."""
        self._problems, self._titles = list(problems), titles
        if self.isVisible():
            self._build()

    def begin(self) -> None:
        """Show the panel and give it the keyboard."""
        self.show()
        self._build()
        body = self._area.widget()
        wanted = self._close.sizeHint().height() + 24 + (body.sizeHint().height() if body is not None else 0)
        # Chosen when it opens and kept: what stands above does not move while problems come and go.
        self.setFixedHeight(max(_LEAST_HEIGHT, min(_MOST_HEIGHT, wanted)))
        first = next(iter(self._rows), None)
        (first.place if first is not None else self._close).setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def end(self) -> None:
        """Close the panel."""
        if not self.isHidden():
            self.hide()
            self.closed.emit()

    def rows(self) -> list[ProblemRow]:
        """The rows, from the top."""
        return list(self._rows)

    def _build(self) -> None:
        shown = self._problems[:MOST]
        reads: list[tuple[object, ...]] = [
            (one.severity, one.text, one.node_id, one.field, fix_words(one), self._titles.get(one.node_id, ""))
            for one in shown
        ]
        self._show_head()
        if reads == self._shown and self._area.widget() is not None:
            for row, problem in zip(self._rows, shown, strict=True):
                row.problem = problem  # its fix belongs to the document as it is now
            return
        self._shown = reads
        focused = next((number for number, row in enumerate(self._rows) if row.has_focus()), None)
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(8, 0, 8, 8)
        column.setSpacing(0)
        self._rows = []
        severity = ""
        for problem in shown:
            if problem.severity != severity:
                severity = problem.severity
                column.addWidget(self._heading(severity, body))
            row = ProblemRow(problem, self._titles.get(problem.node_id, ""), body)
            row.chosen.connect(self.chosen)
            row.fix_wanted.connect(self.fix_wanted)
            for button in (row.place, row.fix):
                button.installEventFilter(self)  # else the arrows go from one button of a row to the other
            column.addWidget(row)
            self._rows.append(row)
        if len(self._problems) > MOST:
            more = QLabel(self.tr("and %1 more").replace("%1", f"{len(self._problems) - MOST:,}"), body)
            more.setProperty("role", "caption")
            more.setContentsMargins(8, 6, 0, 0)
            column.addWidget(more)
        if not shown:
            none = QLabel(self.tr("No problems. What could go wrong is checked after every change."), body)
            none.setProperty("role", "dim")
            none.setContentsMargins(8, 8, 8, 8)
            column.addWidget(none)
        column.addStretch(1)
        place = self._area.verticalScrollBar().value()  # a new list begins at its top; the eye is where it was
        old = self._area.takeWidget()
        self._area.setWidget(body)
        self._area.verticalScrollBar().setValue(place)
        if old is not None:
            old.deleteLater()
        if focused is not None:
            self._focus_row(min(focused, len(self._rows) - 1))

    def _heading(self, severity: str, parent: QWidget) -> QLabel:
        heading = QLabel(severity_words(severity).upper(), parent)
        heading.setProperty("role", "overline")
        heading.setContentsMargins(8, 8, 0, 2)
        return heading

    def _show_head(self) -> None:
        counts = [(name, sum(1 for one in self._problems if one.severity == name)) for name in _LOOKS]
        self._count.setText(", ".join(count_words(name, count) for name, count in counts if count))
        many = len(fixable(self._problems))
        words = self.tr("Fix all that can be fixed (%1)").replace("%1", str(many))
        self._fix_all.setText(words if many else self.tr("Fix all that can be fixed"))
        self._fix_all.setEnabled(many > 0)
        self._fix_all.setVisible(bool(self._problems))

    # -- keys -------------------------------------------------------------------------------------------------

    def _focus_row(self, number: int) -> None:
        if 0 <= number < len(self._rows):
            row = self._rows[number]
            (row.fix if not row.fix.isHidden() else row.place).setFocus(Qt.FocusReason.OtherFocusReason)
            self._area.ensureWidgetVisible(row, 0, 4)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._walk(event):
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.end()
        elif not self._walk(event):
            super().keyPressEvent(event)

    def _walk(self, event: QKeyEvent) -> bool:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step is None or not self._rows:
            return False
        now = next((number for number, row in enumerate(self._rows) if row.has_focus()), -1)
        target = max(0, min(len(self._rows) - 1, now + step))
        self._rows[target].place.setFocus(Qt.FocusReason.OtherFocusReason)
        self._area.ensureWidgetVisible(self._rows[target], 0, 4)
        return True


class ProblemRow(QFrame):
    """One problem.

    Signals:
        chosen: Its place is to be shown.
        fix_wanted: Its fix is to be made.
    """

    chosen = Signal(object)
    fix_wanted = Signal(object)

    def __init__(self, problem: Problem, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.problem = problem
        icon_name, ink = _LOOKS[problem.severity]
        self._look = (icon_name, ink)
        self._icon = QLabel(self)
        self._icon.setFixedSize(QSize(16, 20))
        self._icon.setAccessibleName(severity_words(problem.severity))
        self.place = QPushButton(title or self.tr("Agent"), self)
        self.place.setProperty("role", "link")
        self.place.setCursor(Qt.CursorShape.PointingHandCursor)
        self.place.setAccessibleName(f"{self.place.text()}: {problem.text}")
        self.place.setToolTip(self.tr("Show where this is"))
        text = QLabel(problem.text, self)
        text.setTextFormat(Qt.TextFormat.PlainText)
        text.setWordWrap(True)
        text.setContentsMargins(4, 0, 0, 0)
        self.fix = QPushButton(fix_words(problem), self)
        self.fix.setProperty("small", True)
        self.fix.setAccessibleName(f"{self.fix.text()}: {problem.text}")
        self.fix.setVisible(problem.fix is not None)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.place, 0, Qt.AlignmentFlag.AlignLeft)
        words.addWidget(text)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 3, 8, 3)
        row.setSpacing(8)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        row.addWidget(self.fix, 0, Qt.AlignmentFlag.AlignVCenter)
        self.place.clicked.connect(self._choose)
        self.fix.clicked.connect(self._fix)
        theme.manager().changed.connect(self._paint)
        self._paint()

    def _paint(self) -> None:
        self._icon.setPixmap(theme.pixmap(self._look[0], self._look[1], 16, self.devicePixelRatioF()))

    def has_focus(self) -> bool:
        """Whether the keyboard is here."""
        return self.place.hasFocus() or self.fix.hasFocus()

    @Slot()
    def _choose(self) -> None:
        self.chosen.emit(self.problem)

    @Slot()
    def _fix(self) -> None:
        self.fix_wanted.emit(self.problem)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Problems", text)


def severity_words(severity: str) -> str:
    """How bad it is, as a heading."""
    return {
        "error": _tr("Must be put right"),
        "warning": _tr("Probably not as meant"),
        "info": _tr("Worth a look"),
    }[severity]


def count_words(severity: str, count: int) -> str:
    """``1 problem``, ``3 hints``, ``2 notes``."""
    one, many = {
        "error": (_tr("1 problem"), _tr("%1 problems")),
        "warning": (_tr("1 hint"), _tr("%1 hints")),
        "info": (_tr("1 note"), _tr("%1 notes")),
    }[severity]
    return one if count == 1 else many.replace("%1", f"{count:,}")


def fix_words(problem: Problem) -> str:
    """What the button of a fix says; "" where there is none."""
    if problem.fix is None:
        return ""
    label = str(getattr(problem.fix, "label", "")).strip() or _tr("Fix it")
    return label[:1].upper() + label[1:]
