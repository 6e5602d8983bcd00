"""The agents page: the person's agents, templates to begin with, and, while no model is ready, which model to use."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from widgets.cards import AgentCards, CardInfo, ModelCards, TemplateCards
from widgets.common import PageTitle, text_label

COLUMN = 860


class AgentsPage(QScrollArea):
    """Agents and templates.

    Signals:
        begin_requested: Make an agent from the template of that id.
        import_requested: Open an agent file.
        trash_shown: The person wants to see deleted agents, or not any more.
        restore_requested: A deleted agent is to come back (its id).
    """

    begin_requested = Signal(str)
    import_requested = Signal()
    restore_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Agents"))
        self.agents_title = PageTitle(self.tr("Your agents"))
        self.agents = AgentCards()
        self.templates_title = PageTitle(
            self.tr("What should your agent do?"), self.tr("Each of these runs. Open one, talk to it, change anything.")
        )
        self.templates = TemplateCards()
        self.models_title = text_label(self.tr("Which model should it use?"), "heading")
        self.models = ModelCards()
        self.begin = QPushButton()
        self.begin.setProperty("role", "primary")
        self.begin.setMinimumHeight(34)
        self.note = text_label("", "dim")
        self.importing = QPushButton(self.tr("Open a file…"))
        self.importing.setProperty("role", "quiet")
        self.trash_title = text_label(self.tr("Deleted agents"), "heading")
        self.trash = QVBoxLayout()
        self.trash.setSpacing(4)
        self._lay_out()
        self.begin.clicked.connect(self._begin)
        self.templates.selected.connect(self._template_selected)
        self.templates.activated.connect(self.begin_requested)
        self.importing.clicked.connect(self.import_requested)
        self._titles: dict[str, str] = {}

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
            self.trash.addWidget(row)

    def show_templates(self, templates: Sequence[CardInfo]) -> None:
        """The templates."""
        self._titles = {info.id: info.title for info in templates}
        self.templates.set_templates(templates)

    def show_models(self, shown: bool) -> None:
        """Whether a model has to be chosen first."""
        for widget in (self.models_title, self.models):
            widget.setVisible(shown)

    def show_note(self, text: str) -> None:
        """Quiet words beside the button."""
        self.note.setText(text)

    def _lay_out(self) -> None:
        body = QWidget()
        outer = QHBoxLayout(body)
        outer.setContentsMargins(24, 48, 24, 32)
        holder = QWidget()
        holder.setMaximumWidth(COLUMN)
        holder.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.agents_title)
        column.addWidget(self.agents)
        column.addSpacing(12)
        column.addWidget(self.templates_title)
        column.addWidget(self.templates)
        column.addSpacing(12)
        column.addWidget(self.models_title)
        column.addWidget(self.models)
        column.addSpacing(8)
        row = QHBoxLayout()
        row.setContentsMargins(4, 0, 4, 0)
        row.setSpacing(12)
        row.addWidget(self.begin)
        row.addWidget(self.note, 1)
        row.addWidget(self.importing)
        column.addLayout(row)
        column.addSpacing(16)
        column.addWidget(self.trash_title)
        column.addLayout(self.trash)
        column.addStretch(1)
        outer.addStretch(1)
        outer.addWidget(holder, 100)
        outer.addStretch(1)
        self.setWidget(body)
        self.trash_title.hide()

    def _template_selected(self, template_id: str) -> None:
        title = self._titles.get(template_id, "")
        self.begin.setText(self.tr("Open {title}").format(title=title))
        self.begin.setAccessibleName(self.begin.text())

    def _begin(self) -> None:
        self.begin_requested.emit(self.templates.current())
