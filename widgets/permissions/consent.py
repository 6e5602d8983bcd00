"""Before an agent from a file can do anything: what it may do, line by line, each to be allowed or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from widgets import theme
from widgets.common import ElidedLabel, IconLabel, WrappedLabel, text_label
from widgets.permissions.looks import icon_of

WIDTH = 560
TALLEST = 640
LIST = 340
MOST_LINES = 12


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One thing that the agent may do.

    Attributes:
        keys: What is told when it is allowed.
        kind: Its kind, for the icon.
        sentence: What it is, in words.
        part: The part of the agent that does it.
        detail: What should be looked at before agreeing, such as code; shown as it is.
    """

    keys: tuple[str, ...]
    kind: str
    sentence: str
    part: str = ""
    detail: str = ""


class ConsentLine(QFrame):
    """A :class:`ConsentRow` with its box.

    Signals:
        toggled: The box was ticked or not.
    """

    toggled = Signal(bool)

    def __init__(self, row: ConsentRow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = row
        self.setProperty("role", "card")
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 10, 14, 10)
        column.setSpacing(6)
        head = QHBoxLayout()
        head.setSpacing(10)
        self.box = QCheckBox()
        self.box.setAccessibleName(self.tr("Allow: {what}").format(what=row.sentence))
        self.box.setAccessibleDescription(row.part)
        self.box.toggled.connect(self.toggled)
        head.addWidget(self.box)
        head.addWidget(IconLabel(icon_of(row.kind), "dim"))
        words = QVBoxLayout()
        words.setSpacing(1)
        sentence = WrappedLabel(row.sentence)
        sentence.setBuddy(self.box)
        words.addWidget(sentence)
        if row.part:
            part = ElidedLabel(row.part)
            part.setProperty("role", "caption")
            words.addWidget(part)
        head.addLayout(words, 1)
        self.fold = QPushButton(self.tr("Show it"), self)
        self.fold.setProperty("role", "link")
        self.fold.setAccessibleName(self.tr("Show what this is: {what}").format(what=row.sentence))
        self.fold.setVisible(bool(row.detail))
        self.fold.clicked.connect(self._toggle)
        head.addWidget(self.fold)
        column.addLayout(head)
        self.detail = QPlainTextEdit(row.detail)
        self.detail.setReadOnly(True)
        self.detail.setProperty("role", "mono")
        self.detail.setTabChangesFocus(True)
        self.detail.setAccessibleName(self.tr("What exactly: {what}").format(what=row.sentence))
        lines = min(MOST_LINES, row.detail.count("\n") + 2)
        self.detail.setFixedHeight(lines * QFontMetrics(theme.font("mono")).lineSpacing() + 16)
        self.detail.hide()
        column.addWidget(self.detail)

    def _toggle(self) -> None:
        shown = self.detail.isHidden()
        self.detail.setVisible(shown)
        self.fold.setText(self.tr("Hide it") if shown else self.tr("Show it"))


class ConsentDialog(QDialog):
    """Asks what an agent from somebody else may do. ``accepted``: it is wanted; :attr:`allowed` says with what.

    Nothing is ticked at first, and Enter takes the agent without allowing anything.

    Args:
        name: What the agent is called.
        source: Where it comes from.
        rows: What it may do.
        unknown: Kinds of its parts that this version does not know.
    """

    def __init__(
        self, name: str, source: str, rows: Sequence[ConsentRow], unknown: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.allowed: tuple[str, ...] = ()
        title = self.tr("Add “{name}”?").format(name=name)
        self.setWindowTitle(title)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(8)
        column.addWidget(text_label(title, "heading"))
        place = ElidedLabel(source, mode=Qt.TextElideMode.ElideMiddle)
        place.setProperty("role", "caption")
        column.addWidget(place)
        self.words = WrappedLabel(self._words(len(rows)), "dim")
        column.addWidget(self.words)
        column.addSpacing(4)
        self.all = QCheckBox(self.tr("Allow everything below"), self)
        self.all.setTristate(False)
        self.all.clicked.connect(self._all_clicked)
        self.all.setVisible(len(rows) > 1)
        column.addWidget(self.all)
        self.lines = [ConsentLine(row) for row in rows]
        for line in self.lines:
            line.toggled.connect(self._changed)
        if rows:
            column.addWidget(self._list(), 1)
        self.unknown = WrappedLabel(self._unknown_words(unknown), "warning")
        column.addWidget(self.unknown)
        self.unknown.setVisible(bool(unknown))
        column.addSpacing(8)
        column.addLayout(self._buttons(bool(rows)))
        self._changed()
        self.setMinimumWidth(480)
        self.resize(WIDTH, min(self.sizeHint().height(), TALLEST))
        self.look.setFocus()

    def _list(self) -> QScrollArea:
        body = QWidget()
        box = QVBoxLayout(body)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        for line in self.lines:
            box.addWidget(line)
        box.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(body)
        area.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        area.setMinimumHeight(min(body.sizeHint().height() + 2, LIST))
        return area

    def _buttons(self, asks: bool) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.cancel = QPushButton(self.tr("Cancel"))
        self.cancel.setProperty("role", "quiet")
        self.cancel.clicked.connect(self.reject)
        self.look = QPushButton(self.tr("Add without allowing") if asks else self.tr("Add agent"))
        self.look.setToolTip(self.tr("Add it without allowing anything; it asks when it wants to do something."))
        self.look.setDefault(True)
        self.look.clicked.connect(self.accept)
        self.allow = QPushButton(self)
        self.allow.setProperty("role", "primary")
        self.allow.setVisible(asks)
        self.allow.clicked.connect(self._allow)
        row.addWidget(self.cancel)
        row.addStretch(1)
        row.addWidget(self.look)
        row.addWidget(self.allow)
        return row

    def ticked(self) -> tuple[str, ...]:
        """Keys of the lines that are ticked."""
        return tuple(key for line in self.lines if line.box.isChecked() for key in line.row.keys)

    def _allow(self) -> None:
        self.allowed = self.ticked()
        self.accept()

    def _all_clicked(self, on: bool) -> None:
        for line in self.lines:
            line.box.setChecked(on)

    def _changed(self) -> None:
        count = sum(line.box.isChecked() for line in self.lines)
        self.all.setChecked(bool(self.lines) and count == len(self.lines))
        self.allow.setEnabled(bool(count))
        text = self.tr("Allow 1 and add") if count == 1 else self.tr("Allow {count} and add").format(count=count)
        self.allow.setText(text if count else self.tr("Allow and add"))

    def _words(self, count: int) -> str:
        if not count:
            return self.tr("It comes from a file. It can do nothing outside its own chat.")
        return self.tr(
            "It comes from a file, and this is what it may want to do outside its own chat. What you do not allow here "
            "it has to ask for in the chat. Nothing has been run."
        )

    def _unknown_words(self, kinds: Sequence[str]) -> str:
        names = ", ".join(f"“{kind}”" for kind in list(dict.fromkeys(kinds))[:5])
        return self.tr(
            "It has parts that only a newer version of Bough knows: {names}. They are kept as they are, but do nothing "
            "here."
        ).format(names=names)
