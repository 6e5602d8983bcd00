"""Dialogs about parts of the library: save nodes as one, choose one, look at an update before it is made."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.part_updates import AgentUpdate, UpdatePlan
from engine.blueprint.compare import PropertyChange
from engine.blueprint.kinds.part import PartParameter
from engine.blueprint.values import TYPE_LABELS
from engine.store.parts import PartRow
from widgets import theme
from widgets.common import EmptyState, TabCard, answer_row, text_label
from widgets.versions.compare_view import CompareView
from widgets.versions.difference import DifferenceView

_ID = Qt.ItemDataRole.UserRole


class SavePartDialog(QDialog):
    """Asks what to call a new part, and shows what it will want to be given.

    Args:
        title: What it may be called.
        parameters: What was found that it needs from around.
    """

    def __init__(self, title: str, parameters: Sequence[PartParameter], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Save to the library"))
        self.setMinimumWidth(520)
        self._found = tuple(parameters)
        self.name = QLineEdit(title)
        self.name.setAccessibleName(self.tr("Name"))
        self.name.selectAll()
        self.about = QLineEdit()
        self.about.setAccessibleName(self.tr("What it is for"))
        self.about.setPlaceholderText(self.tr("What it is for"))
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(10)
        column.addWidget(text_label(self.windowTitle(), "heading"))
        words = self.tr(
            "The selected nodes become one part that you can use in other agents too. Where they stand now, the part "
            "takes their place."
        )
        column.addWidget(text_label(words, "dim"))
        column.addSpacing(4)
        for label, line in ((self.tr("Name"), self.name), (self.tr("Description"), self.about)):
            caption = text_label(label, "label")
            caption.setBuddy(line)
            column.addWidget(caption)
            column.addWidget(line)
        column.addSpacing(4)
        self.fields: list[tuple[QLineEdit, QLineEdit]] = []
        column.addWidget(self._parameters())
        column.addSpacing(8)
        row, self.confirm, _ = answer_row(self, self.tr("Save"))
        column.addLayout(row)
        self.name.textChanged.connect(self._enable)
        self._enable()
        self.name.setFocus()

    def _parameters(self) -> QWidget:
        box = QFrame()
        box.setProperty("role", "card")
        grid = QGridLayout(box)
        grid.setContentsMargins(14, 12, 14, 12)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(8)
        if not self._found:
            text = self.tr("It needs nothing from around it, so it asks for nothing where it is used.")
            grid.addWidget(text_label(text, "dim"), 0, 0)
            return box
        text = self.tr("These stand outside, so the part asks for them wherever it is used:")
        grid.addWidget(text_label(text, "dim"), 0, 0, 1, 3)
        for row, parameter in enumerate(self._found, 1):
            title, help = QLineEdit(parameter.title), QLineEdit()
            title.setAccessibleName(self.tr("What it is called, {n}").format(n=row))
            help.setAccessibleName(self.tr("What to give, {n}").format(n=row))
            help.setPlaceholderText(self.tr("What to give"))
            grid.addWidget(title, row, 0)
            grid.addWidget(text_label(TYPE_LABELS[parameter.type], "caption", wrap=False), row, 1)
            grid.addWidget(help, row, 2)
            self.fields.append((title, help))
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(2, 2)
        return box

    def showEvent(self, event: QShowEvent) -> None:
        # Qt opens a dialog at two thirds of the screen's height at most, and would rather squeeze the fields.
        self.setMinimumHeight(self._column.totalHeightForWidth(self.width()))
        super().showEvent(event)

    def _enable(self) -> None:
        self.confirm.setEnabled(bool(self.name.text().strip()))

    @property
    def parameters(self) -> tuple[PartParameter, ...]:
        """What was found, with the words that were typed; technical names stay."""
        made = []
        for found, (title, help) in zip(self._found, self.fields, strict=True):
            said = title.text().strip() or found.title
            name = found.own_name if PartParameter(title=said).own_name != found.own_name else ""
            made.append(found.model_copy(update={"title": said, "help": help.text().strip(), "name": name}))
        return tuple(made)


class ChoosePartDialog(QDialog):
    """A part of the library to choose, by typing or with the arrow keys. ``accepted``: :attr:`chosen` is its id."""

    def __init__(self, parts: Sequence[PartRow], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Add from the library"))
        self.resize(480, 420)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search the library"))
        self.search.setAccessibleName(self.tr("Search the library"))
        self.search.addAction(theme.icon("search", "dim"), QLineEdit.ActionPosition.LeadingPosition)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Parts"))
        self.list.setWordWrap(True)
        self.list.setIconSize(QSize(16, 16))
        self.list.setSpacing(2)
        self._parts = tuple(parts)
        self.nothing = EmptyState()
        empty = self.tr("Select nodes that belong together and choose “Save to the library…”; then you find them here.")
        self.nothing.set_content("puzzle", self.tr("The library is empty"), empty)
        row, self.confirm, cancel = answer_row(self, self.tr("Add"))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(text_label(self.windowTitle(), "heading"))
        column.addWidget(self.search)
        column.addWidget(self.list, 1)
        column.addWidget(self.nothing, 1)
        column.addLayout(row)
        self.search.setVisible(bool(parts))
        self.list.setVisible(bool(parts))
        self.nothing.setVisible(not parts)
        self.search.textChanged.connect(self._fill)
        self.list.itemActivated.connect(lambda *_: self.accept())
        self.list.currentItemChanged.connect(lambda *_: self.confirm.setEnabled(bool(self.chosen)))
        self._fill()
        (self.search if parts else cancel).setFocus()

    @property
    def chosen(self) -> str:
        """The id of the part, or ""."""
        item = self.list.currentItem()
        return str(item.data(_ID)) if item is not None else ""

    def _fill(self) -> None:
        wanted = self.search.text().strip().casefold()
        self.list.clear()
        for part in self._parts:
            if wanted in f"{part.title} {part.description}".casefold():
                words = f"{part.title}\n{part.description}" if part.description else part.title
                item = QListWidgetItem(theme.icon("puzzle", "flow"), words)
                item.setData(_ID, part.id)
                self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.confirm.setEnabled(bool(self.chosen))


class UpdatePartDialog(QDialog):
    """What an update changes, agent by agent; those that are ticked are updated. ``accepted``: :attr:`agents`.

    Args:
        plan: What would change.
        title: What the part is called.
    """

    def __init__(self, plan: UpdatePlan, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Update “{title}”").format(title=title))
        self.resize(860, 600)
        self._plan = plan
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Agents"))
        self.list.setFixedWidth(240)
        self.list.setIconSize(QSize(16, 16))
        for agent in plan.agents:
            item = QListWidgetItem(theme.icon("bot", "dim"), agent.name)
            item.setData(_ID, agent.agent_id)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Checked)
            self.list.addItem(item)
        self.words = text_label("", "dim")
        self.changes = CompareView()
        self.changes.splitter.setSizes([300, 130])
        self.context = DifferenceView()
        self.context.setAccessibleName(self.tr("What the model reads, before and after"))
        pages = ((self.tr("In the tree"), self.changes), (self.tr("What the model reads"), self.context))
        card = TabCard(pages, below=0)
        self.tabs = card.buttons
        right = QVBoxLayout()
        right.setSpacing(8)
        right.addWidget(self.words)
        right.addWidget(card, 1)
        body = QHBoxLayout()
        body.setSpacing(16)
        body.addWidget(self.list)
        body.addLayout(right, 1)
        row, self.confirm, _ = answer_row(self, "")
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 16)
        column.setSpacing(12)
        column.addWidget(text_label(self.windowTitle(), "heading"))
        text = self.tr("Agents that are not ticked keep the version that they have. Every agent can take it back.")
        column.addWidget(text_label(text, "dim"))
        column.addLayout(body, 1)
        column.addLayout(row)
        self.list.currentRowChanged.connect(self._show)
        self.list.itemChanged.connect(self._count)
        self.list.setCurrentRow(0)
        self._count()
        self.list.setFocus()

    @property
    def agents(self) -> list[str]:
        """The ids of the agents that are ticked."""
        items = [self.list.item(row) for row in range(self.list.count())]
        return [str(item.data(_ID)) for item in items if item.checkState() is Qt.CheckState.Checked]

    def _show(self, row: int) -> None:
        if 0 <= row < len(self._plan.agents):
            agent = self._plan.agents[row]
            self.words.setText(update_words(agent))
            first, last = agent.previews[0], agent.previews[-1]
            self.changes.show_comparison(first.changes)
            before, after = "\n".join(first.before), "\n".join(last.after)
            words = self.tr("Before the first message, with what variables start with:")
            if before == after:
                words, before, after = self.tr("It stays as it is:"), after, after
            self.context.show_text(PropertyChange("context", words, before, after))

    def _count(self, *_: object) -> None:
        number = len(self.agents)
        self.confirm.setEnabled(number > 0)
        text = self.tr("Update 1 agent") if number == 1 else self.tr("Update {n} agents").format(n=number)
        self.confirm.setText(text)


def update_words(agent: AgentUpdate) -> str:
    """What an update means for one agent, in a sentence or two."""
    from app.text import tr

    places = sum(len(preview.instances) for preview in agent.previews)
    said = [tr("Used in one place.") if places == 1 else tr("Used in {n} places.", n=places)]
    if any(preview.context_changes for preview in agent.previews):
        said.append(tr("The model will read something else."))
    else:
        said.append(tr("What the model reads now stays the same."))
    lost = [title for preview in agent.previews for title in preview.lost]
    if lost:
        said.append(tr("What is given for {names} is no longer asked for.", names=", ".join(lost)))
    return " ".join(said)
