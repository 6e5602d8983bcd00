"""The settings page, generated: preferences from ``app.settings``, the rest from what the controller gives.

Not here: what a change does (``app.controllers.settings``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.settings import Settings, preferences
from app.text import tr
from widgets import theme
from widgets.cards import DeviceModels
from widgets.common.card import RING
from widgets.common.choice_box import ChoiceBox

COLUMN = 720
BOX = 300


@dataclass(frozen=True, slots=True)
class RowButton:
    """A button of a row: what it asks for, its words, its look."""

    what: str
    text: str
    role: str = ""


@dataclass(frozen=True, slots=True)
class SettingsRow:
    """A line of a list in the settings: a connection, or a model on this device.

    Attributes:
        progress: 0 to 1 while something is loading, else None.
    """

    id: str
    icon: str
    title: str
    text: str
    buttons: tuple[RowButton, ...] = ()
    badge: str = ""
    progress: float | None = None
    status: str = ""
    status_role: str = "dim"


class RowCard(QFrame):
    """One :class:`SettingsRow` on screen.

    Signals:
        asked: (row id, what).
    """

    asked = Signal(str, str)

    def __init__(self, row: SettingsRow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = row
        self.setProperty("role", "card")
        box = QHBoxLayout(self)
        box.setContentsMargins(16, 12, 12, 12)
        box.setSpacing(12)
        icon = QLabel()
        icon.setPixmap(theme.pixmap(row.icon, "accent", 18))
        box.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        head = QHBoxLayout()
        head.setSpacing(8)
        self._title = QLabel(row.title)
        self._title.setProperty("role", "strong")
        head.addWidget(self._title)
        self._badge = QLabel(row.badge)
        self._badge.setProperty("role", "badge")
        head.addWidget(self._badge)
        head.addStretch()
        words.addLayout(head)
        self._text = _plain(row.text, "dim")
        words.addWidget(self._text)
        self._bar = QProgressBar()
        self._bar.setRange(0, 1000)
        self._bar.setAccessibleName(self.tr("Download of {name}").format(name=row.title))
        words.addWidget(self._bar)
        self._status = _plain(row.status, row.status_role)
        words.addWidget(self._status)
        box.addLayout(words, 1)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(6)
        box.addLayout(self._buttons)
        self._show(row, first=True)

    def update_row(self, row: SettingsRow) -> None:
        """Show the row as it is now, without making it anew."""
        self._show(row, first=False)

    def _show(self, row: SettingsRow, *, first: bool) -> None:
        self._title.setText(row.title)
        self._badge.setText(row.badge)
        self._badge.setVisible(bool(row.badge))
        self._text.setText(row.text)
        self._bar.setVisible(row.progress is not None)
        if row.progress is not None:
            self._bar.setValue(round(row.progress * 1000))
        self._status.setText(row.status)
        self._status.setVisible(bool(row.status))
        theme.set_role(self._status, "role", row.status_role)
        if first or row.buttons != self.row.buttons:
            while self._buttons.count():
                item = self._buttons.takeAt(0)
                widget = item.widget() if item is not None else None
                if widget is not None:
                    widget.deleteLater()
            for spec in row.buttons:
                button = QPushButton(spec.text)
                button.setProperty("role", spec.role)
                button.setProperty("what", spec.what)
                button.setAccessibleName(f"{spec.text}: {row.title}")
                button.clicked.connect(self._clicked)
                self._buttons.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self.row = row

    def _clicked(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.asked.emit(self.row.id, str(sender.property("what")))


class RowList(QWidget):
    """A list of rows that is updated in place."""

    asked = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards: dict[str, RowCard] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)

    def set_rows(self, rows: Sequence[SettingsRow]) -> None:
        if [row.id for row in rows] != list(self._cards):
            for card in self._cards.values():
                self._column.removeWidget(card)
                card.deleteLater()
            self._cards = {}
            for row in rows:
                card = RowCard(row)
                card.asked.connect(self.asked)
                self._column.addWidget(card)
                self._cards[row.id] = card
            return
        for row in rows:
            self._cards[row.id].update_row(row)

    def card(self, row_id: str) -> RowCard | None:
        return self._cards.get(row_id)


class SettingsPage(QScrollArea):
    """All settings on one page.

    Signals:
        changed: (name, value) of a preference.
        asked: (what, id): everything that a button on the page asks for, such as ``("connection.test", "anthropic")``.
    """

    changed = Signal(str, str)
    asked = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Settings"))
        self._choices: dict[str, QComboBox] = {}
        body = QWidget()
        outer = QHBoxLayout(body)
        outer.setContentsMargins(32, 28, 32, 32)
        whole = QVBoxLayout()
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        holder = QWidget()
        holder.setMaximumWidth(COLUMN + 2 * RING)
        holder.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        holder.setLayout(whole)
        outer.addStretch(1)
        outer.addWidget(holder, 100)
        outer.addStretch(1)
        column = _part(whole)
        title = QLabel(self.tr("Settings"))
        title.setProperty("role", "title")
        column.addWidget(title)
        column.addSpacing(8)
        words = self.tr("Where replies come from. Keys are never written to a file.")
        self.connections = self._list(column, self.tr("Connections"), words, "connection")
        column.addLayout(
            self._buttons(
                ("connection.add_anthropic", self.tr("Add Anthropic…")),
                ("connection.add_server", self.tr("Add a server…")),
            )
        )
        self._heading(column, self.tr("On this device"), self.tr("Downloaded once, then no network and no account."))
        self.device = DeviceModels()
        whole.addWidget(self.device)
        column = _part(whole)
        self.own_file = _plain("", "dim")
        column.addWidget(self.own_file)
        for section in dict.fromkeys(item.section for item in preferences()):
            self._section(column, section)
        self._permissions(column)
        self._data(column)
        column.addStretch(1)
        self.setWidget(body)

    def show_settings(self, settings: Settings) -> None:
        """Put the preferences' values into their controls."""
        for name, box in self._choices.items():
            box.blockSignals(True)
            box.setCurrentIndex(max(0, box.findData(getattr(settings, name))))
            box.blockSignals(False)

    def show_data(self, database: str, size: str, backups: Sequence[str]) -> None:
        """Where the data is, how much, and which backups there are."""
        self._place.setText(database)
        self._size.setText(size)
        self._backups.setText(
            "\n".join(backups)
            if backups
            else self.tr("None yet. One is made before the database is ever changed in form.")
        )

    # --- building --------------------------------------------------------------------------------------------

    def _heading(self, column: QVBoxLayout, title: str, text: str = "") -> None:
        column.addSpacing(16)
        label = QLabel(title)
        label.setProperty("role", "heading")
        column.addWidget(label)
        if text:
            column.addWidget(_plain(text, "dim"))

    def _list(self, column: QVBoxLayout, title: str, text: str, prefix: str) -> RowList:
        self._heading(column, title, text)
        rows = RowList()
        rows.setProperty("prefix", prefix)
        rows.asked.connect(self._row_asked)
        column.addWidget(rows)
        return rows

    def _buttons(self, *specs: tuple[str, str]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        for what, text in specs:
            button = QPushButton(text)
            button.setIcon(theme.icon("plus", "dim"))
            button.setIconSize(QSize(14, 14))
            button.setProperty("what", what)
            button.clicked.connect(self._button_clicked)
            row.addWidget(button)
        row.addStretch()
        return row

    def _section(self, column: QVBoxLayout, section: str) -> None:
        self._heading(column, tr(section))
        card = QFrame()
        card.setProperty("role", "card")
        grid = QGridLayout(card)
        grid.setContentsMargins(16, 14, 16, 14)
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(12)
        grid.setColumnStretch(0, 1)
        for number, item in enumerate(one for one in preferences() if one.section == section):
            words = QVBoxLayout()
            words.setSpacing(1)
            label = QLabel(tr(item.label))
            words.addWidget(label)
            if item.help:
                words.addWidget(_plain(tr(item.help), "caption"))
            box = ChoiceBox()
            box.setFixedWidth(BOX)
            box.setAccessibleName(tr(item.label))
            box.setProperty("setting", item.name)
            for value, text in item.choices.items():
                box.addItem(tr(text), value)
            box.currentIndexChanged.connect(self._choice_changed)
            self._choices[item.name] = box
            grid.addLayout(words, number, 0)
            grid.addWidget(box, number, 1, Qt.AlignmentFlag.AlignVCenter)
        column.addWidget(card)

    def _permissions(self, column: QVBoxLayout) -> None:
        words = self.tr("What agents may do outside their own chat without asking again.")
        self._heading(column, self.tr("Permissions"), words)
        card = QFrame()
        card.setProperty("role", "card")
        row = QHBoxLayout(card)
        row.setContentsMargins(16, 12, 16, 12)
        self._allowed = _plain(self.tr("Nothing is allowed yet."), "")
        row.addWidget(self._allowed, 1)
        show = QPushButton(self.tr("Show permissions"))
        show.setProperty("what", "permissions.show")
        show.clicked.connect(self._button_clicked)
        row.addWidget(show)
        column.addWidget(card)

    def show_permissions(self, count: int) -> None:
        """How many permissions there are."""
        words = self.tr("1 permission") if count == 1 else self.tr("{count} permissions").format(count=count)
        self._allowed.setText(words if count else self.tr("Nothing is allowed yet."))

    def _data(self, column: QVBoxLayout) -> None:
        self._heading(column, self.tr("Data"), self.tr("Everything stays in this one file on this machine."))
        card = QFrame()
        card.setProperty("role", "card")
        box = QGridLayout(card)
        box.setContentsMargins(16, 14, 16, 14)
        box.setVerticalSpacing(8)
        box.setColumnStretch(0, 1)
        self._place = _plain("", "mono")
        self._place.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._place.setAccessibleName(self.tr("Place of the database"))
        self._size = _plain("", "caption")
        folder = QPushButton(self.tr("Show folder"))
        folder.setProperty("what", "data.show")
        folder.clicked.connect(self._button_clicked)
        backup = QPushButton(self.tr("Back up now"))
        backup.setProperty("what", "data.backup")
        backup.clicked.connect(self._button_clicked)
        label = QLabel(self.tr("Backups"))
        label.setProperty("role", "label")
        self._backups = _plain("", "dim")
        box.addWidget(self._place, 0, 0)
        box.addWidget(folder, 0, 1)
        box.addWidget(self._size, 1, 0)
        box.addWidget(label, 2, 0)
        box.addWidget(backup, 2, 1)
        box.addWidget(self._backups, 3, 0, 1, 2)
        column.addWidget(card)

    # --- signals ---------------------------------------------------------------------------------------------

    def _choice_changed(self) -> None:
        box = self.sender()
        if isinstance(box, QComboBox):
            self.changed.emit(str(box.property("setting")), str(box.currentData()))

    def _button_clicked(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.asked.emit(str(sender.property("what")), "")

    def _row_asked(self, row_id: str, what: str) -> None:
        sender = self.sender()
        if sender is not None:
            self.asked.emit(f"{sender.property('prefix')}.{what}", row_id)


def _plain(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setProperty("role", role)
    return label


def _part(whole: QVBoxLayout) -> QVBoxLayout:
    """A part of the column as wide as the cards look: those of models keep room for the ring of the focus."""
    part = QVBoxLayout()
    part.setContentsMargins(RING, 0, RING, 0)
    part.setSpacing(8)
    whole.addLayout(part)
    return part
