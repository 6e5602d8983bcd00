"""The agents page: the person's agents, templates to begin with, and, while no model is ready, which model to use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from widgets.cards import AgentCards, CardInfo, ModelCards, TemplateGallery
from widgets.common import PageTitle, text_label

COLUMN = 860
SIDE = 24


class AgentsPage(QWidget):
    """Agents and templates; the button to begin with stands below what scrolls, so that it is always in sight.

    Signals:
        begin_requested: Make an agent from the template of that id.
        import_requested: Open an agent file.
        trash_shown: The person wants to see deleted agents, or not any more.
        restore_requested: A deleted agent is to come back (its id).
        purge_requested: A deleted agent is to go for good (its id).
    """

    begin_requested = Signal(str)
    import_requested = Signal()
    restore_requested = Signal(str)
    purge_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Agents"))
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.agents_title = PageTitle(self.tr("Your agents"))
        self.agents = AgentCards()
        self.templates_title = PageTitle(
            self.tr("What should your agent do?"), self.tr("Each of these runs. Open one, talk to it, change anything.")
        )
        self.gallery = TemplateGallery()
        self.templates = self.gallery.cards
        self.models_title = text_label(self.tr("Which model should it use?"), "heading")
        self.models_title.setContentsMargins(4, 0, 0, 0)
        self.models = ModelCards()
        self.begin = QPushButton()
        self.begin.setProperty("role", "primary")
        self.begin.setMinimumHeight(34)
        self.note = text_label("", "dim")
        self.importing = QPushButton(self.tr("Open a file…"))
        self.importing.setProperty("role", "quiet")
        self.trash_title = text_label(self.tr("Deleted agents"), "heading")
        self.trash_title.setContentsMargins(4, 0, 0, 0)
        self.trash = QVBoxLayout()
        self.trash.setSpacing(4)
        self._lay_out()
        for unknown in (self.agents_title, self.agents, self.models_title, self.models, self.trash_title):
            unknown.hide()
        self.begin.clicked.connect(self._begin)
        self.templates.selected.connect(self._template_selected)
        self.gallery.shown_changed.connect(self._shown_changed)
        self.templates.activated.connect(self.begin_requested)
        self.importing.clicked.connect(self.import_requested)
        self._titles: dict[str, str] = {}
        self._can_begin = False

    def show_agents(self, agents: Sequence[CardInfo]) -> None:
        """The person's agents; without any, the page is the first run."""
        self.agents.set_agents(agents)
        for widget in (self.agents_title, self.agents):
            widget.setVisible(bool(agents))
        self.templates_title.title.setText(
            self.tr("Start a new one") if agents else self.tr("What should your agent do?")
        )

    def show_trash(self, agents: Sequence[tuple[str, str]]) -> None:
        """Deleted agents as (id, name)."""
        while self.trash.count():
            item = self.trash.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        self.trash_title.setVisible(bool(agents))
        for agent_id, name in agents:
            row = QWidget()
            box = QHBoxLayout(row)
            box.setContentsMargins(4, 0, 0, 0)
            box.addWidget(text_label(name, "dim"), 1)
            button = QPushButton(self.tr("Restore"))
            button.setAccessibleName(self.tr("Restore {name}").format(name=name))
            button.clicked.connect(lambda *_, key=agent_id: self.restore_requested.emit(key))
            box.addWidget(button)
            purge = QPushButton(self.tr("Delete for good…"))
            purge.setProperty("role", "quiet")
            purge.setAccessibleName(self.tr("Delete {name} for good").format(name=name))
            purge.clicked.connect(lambda *_, key=agent_id: self.purge_requested.emit(key))
            box.addWidget(purge)
            self.trash.addWidget(row)

    def show_templates(self, templates: Sequence[CardInfo], tags: Mapping[str, str]) -> None:
        """The templates, and the words for what they need."""
        self._titles = {info.id: info.title for info in templates}
        self.gallery.set_templates(templates, tags)

    def show_models(self, shown: bool) -> None:
        """Whether a model has to be chosen first."""
        for widget in (self.models_title, self.models):
            widget.setVisible(shown)
        self.gallery.set_short(shown)

    def show_note(self, text: str) -> None:
        """Quiet words beside the button."""
        self.note.setText(text)

    def _lay_out(self) -> None:
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.agents_title)
        column.addWidget(self.agents)
        column.addSpacing(12)
        column.addWidget(self.templates_title)
        column.addWidget(self.gallery)
        column.addSpacing(12)
        column.addWidget(self.models_title)
        column.addWidget(self.models)
        column.addSpacing(12)
        column.addWidget(self.trash_title)
        column.addLayout(self.trash)
        column.addStretch(1)
        body = QWidget()
        self._body = _centred(body, column)
        self.area.setWidget(body)
        row = QHBoxLayout()
        row.setContentsMargins(4, 0, 4, 0)
        row.setSpacing(12)
        row.addWidget(self.begin)
        row.addWidget(self.note, 1)
        row.addWidget(self.importing)
        self.footer = QFrame()
        self.footer.setProperty("role", "footer")
        self._foot = _centred(self.footer, row)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.area, 1)
        outer.addWidget(self.footer)
        self.area.verticalScrollBar().rangeChanged.connect(self._keep_place)
        self._keep_place()

    def _keep_place(self) -> None:
        """Leave room for the scroll bar whether it is there or not: nothing moves sideways when it comes."""
        bar = self.area.verticalScrollBar()
        width = bar.sizeHint().width()
        self._body.setContentsMargins(SIDE, 40, SIDE + (0 if bar.maximum() else width), 24)
        self._foot.setContentsMargins(SIDE, 12, SIDE + width, 12)

    def showEvent(self, event: QShowEvent) -> None:
        """The person's own agents come first again."""
        super().showEvent(event)
        self.area.verticalScrollBar().setValue(0)

    def _template_selected(self, template_id: str) -> None:
        title = self._titles.get(template_id, "")
        self.begin.setText(self.tr("Open {title}").format(title=title))
        self.begin.setAccessibleName(self.begin.text())

    def _shown_changed(self) -> None:
        self.begin.setEnabled(self._can_begin and bool(self.templates.current()))

    def set_can_begin(self, can: bool) -> None:
        """Whether an agent can be made at all."""
        self._can_begin = can
        self._shown_changed()

    def _begin(self) -> None:
        self.begin_requested.emit(self.templates.current())


def _centred(parent: QWidget, content: QVBoxLayout | QHBoxLayout) -> QHBoxLayout:
    """Put a layout into the middle of a widget, no wider than a column of text should be."""
    outer = QHBoxLayout(parent)
    holder = QWidget()
    holder.setMaximumWidth(COLUMN)
    holder.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    holder.setLayout(content)
    outer.addStretch(1)
    outer.addWidget(holder, 100)
    outer.addStretch(1)
    return outer
