"""Cards for templates (first run) and for the person's agents (the Agents page)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QMenu, QPushButton, QSizePolicy, QWidget

from widgets.cards.grid import CardGrid
from widgets.common.banner import icon_button
from widgets.common.card import CardButton
from widgets.common.labels import ElidedLabel, IconLabel, text_label
from widgets.common.menu import ItemMenu


@dataclass(frozen=True, slots=True)
class CardInfo:
    """What a card says.

    Attributes:
        id: What the signals say.
        title: Its name.
        text: One sentence or two.
        icon: Lucide name.
        edge: Node group whose hue it has (``instructions``, ``memory``, ``abilities``, ``steps``, ``flow``).
        badge: A few words in a pill ("works on this device"), or for agents "12 sessions".
        note: Quiet words at the right ("edited yesterday"), for agents.
        tags: What it can be filtered by.
        more_words: Other words that a search finds it by.
    """

    id: str
    title: str
    text: str = ""
    icon: str = "square-dashed"
    edge: str = "instructions"
    badge: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    more_words: str = ""


class InfoCard(CardButton):
    """A card with icon, title, words, a badge, and something at the right of the foot.

    Signals:
        double_clicked: With the mouse.
    """

    double_clicked = Signal()

    def __init__(self, info: CardInfo, parent: QWidget | None = None) -> None:
        super().__init__(info.edge, parent)
        self.info = info
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(IconLabel(info.icon, info.edge))
        title = ElidedLabel(info.title)
        title.setProperty("role", "strong")
        head.addWidget(title, 1)
        self.head = head
        self.column.addLayout(head)
        self.words = text_label(info.text, "caption")
        self.column.addWidget(self.words)
        self.column.addStretch(1)
        self.foot = QHBoxLayout()
        self.foot.setSpacing(4)
        if info.badge:
            badge = ElidedLabel(info.badge)
            badge.setProperty("role", "badge")
            badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
            badge.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            badge.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            self.foot.addWidget(badge)
        self.foot.addStretch(1)
        self.column.addLayout(self.foot)
        for label in (title, self.words):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setText(info.title)
        self.setAccessibleName(info.title)
        self.setAccessibleDescription(" ".join(part for part in (info.text, info.badge, info.note) if part))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Chooses and begins."""
        super().mouseDoubleClickEvent(event)
        self.double_clicked.emit()


class TemplateCards(CardGrid):
    """Templates to begin with; one is selected.

    Signals:
        selected: Another template was selected.
        activated: A template was double clicked: begin with it.
        look_inside: The tree of a template is wanted.
    """

    selected = Signal(str)
    activated = Signal(str)
    look_inside = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, narrowest=238)
        self.setAccessibleName(self.tr("Templates"))
        self._group = QButtonGroup(self)
        self._by_id: dict[str, InfoCard] = {}

    def set_templates(self, templates: Sequence[CardInfo], current: str = "") -> None:
        """Shows these templates; ``current`` is selected, else the first."""
        for card in self._by_id.values():
            self._group.removeButton(card)
        self._by_id = {}
        cards: list[QWidget] = []
        for info in templates:
            card = InfoCard(info)
            card.setCheckable(True)
            inside = QPushButton(self.tr("Look inside"))
            inside.setProperty("role", "link")
            inside.setProperty("small", True)
            inside.setAccessibleName(self.tr("Look inside {title}").format(title=info.title))
            inside.clicked.connect(lambda *_args, key=info.id: self.look_inside.emit(key))
            card.foot.addWidget(inside)
            card.foot.setContentsMargins(0, 0, -5, 0)  # its words end where the other words do, its ring does not
            card.toggled.connect(lambda on, key=info.id: self.selected.emit(key) if on else None)
            card.double_clicked.connect(lambda key=info.id: self.activated.emit(key))
            self._group.addButton(card)
            self._by_id[info.id] = card
            cards.append(card)
        self.set_cards(cards)
        wanted = current if current in self._by_id else next(iter(self._by_id), "")
        if wanted:
            self._by_id[wanted].setChecked(True)

    def show_only(self, ids: Sequence[str]) -> None:
        """Shows those of the templates; if the selected one is not among them, the first of them is selected."""
        self.show_cards([self._by_id[key] for key in ids if key in self._by_id])
        if ids and self.current() not in ids:
            self.select(ids[0])

    def current(self) -> str:
        """The id of the template that is selected and in sight, or ""."""
        return next((key for key, card in self._by_id.items() if card.isChecked() and card in self.cards), "")

    def select(self, template_id: str) -> None:
        """Selects a template."""
        card = self._by_id.get(template_id)
        if card is not None:
            card.setChecked(True)

    def card(self, template_id: str) -> InfoCard:
        """The card of a template."""
        return self._by_id[template_id]


class AgentCards(CardGrid):
    """The person's agents.

    Signals:
        opened: An agent is to be opened.
        rename_requested, duplicate_requested, export_requested, trash_requested: From its menu.
    """

    opened = Signal(str)
    rename_requested = Signal(str)
    duplicate_requested = Signal(str)
    export_requested = Signal(str)
    trash_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, most=4)
        self.setAccessibleName(self.tr("Agents"))
        self._by_id: dict[str, InfoCard] = {}

    def set_agents(self, agents: Sequence[CardInfo]) -> None:
        """Shows these agents; those that did not change keep their card and the focus."""
        kept = self._by_id
        self._by_id = {}
        for info in agents:
            old = kept.get(info.id)
            self._by_id[info.id] = old if old is not None and old.info == info else self._make(info)
        self.set_cards(list(self._by_id.values()))

    def card(self, agent_id: str) -> InfoCard:
        """The card of an agent."""
        return self._by_id[agent_id]

    def _make(self, info: CardInfo) -> InfoCard:
        card = _AgentCard(info)
        card.clicked.connect(lambda *_args, key=info.id: self.opened.emit(key))
        card.menu_wanted.connect(lambda place, key=info.id: self.open_menu(key, place))
        card.delete_wanted.connect(lambda key=info.id: self.trash_requested.emit(key))
        card.rename_wanted.connect(lambda key=info.id: self.rename_requested.emit(key))
        return card

    def open_menu(self, agent_id: str, place: QPoint) -> None:
        """Opens the menu of an agent without blocking."""
        self.make_menu(agent_id).popup(place)

    def make_menu(self, agent_id: str) -> QMenu:
        """The menu of an agent."""
        menu = ItemMenu(self)
        menu.add(self.tr("Open"), partial(self.opened.emit, agent_id), "Return")
        menu.add(self.tr("Rename"), partial(self.rename_requested.emit, agent_id), "F2")
        menu.add(self.tr("Duplicate"), partial(self.duplicate_requested.emit, agent_id))
        menu.add(self.tr("Export to a file…"), partial(self.export_requested.emit, agent_id))
        menu.addSeparator()
        menu.add(self.tr("Move to trash"), partial(self.trash_requested.emit, agent_id), "Del")
        return menu


class _AgentCard(InfoCard):
    """An agent's card with its menu."""

    menu_wanted = Signal(QPoint)
    delete_wanted = Signal()
    rename_wanted = Signal()

    def __init__(self, info: CardInfo) -> None:
        super().__init__(info)
        self.more = icon_button("ellipsis", self.tr("More about {title}").format(title=info.title))
        self.more.setFixedSize(28, 24)
        self.more.clicked.connect(self._open)
        self.head.addWidget(self.more)
        if info.note:
            note = text_label(info.note, "faint", wrap=False)
            note.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            self.foot.addWidget(note)

    def _open(self) -> None:
        self.menu_wanted.emit(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The same menu, by right click or menu key."""
        self.menu_wanted.emit(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete trashes, F2 renames."""
        if event.key() == Qt.Key.Key_Delete:
            self.delete_wanted.emit()
        elif event.key() == Qt.Key.Key_F2:
            self.rename_wanted.emit()
        else:
            super().keyPressEvent(event)


__all__ = ["AgentCards", "CardInfo", "InfoCard", "TemplateCards"]
