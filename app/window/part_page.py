"""The page on which a part of the library is edited: its tree and the form beside it. Widgets only."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from widgets import theme
from widgets.common import PageHeader, icon_button
from widgets.forms import PropertyForm
from widgets.tree import TreeEditor


class PartPage(QWidget):
    """Everything a person sees of a part that is open.

    Signals:
        back_requested: The library is to come to the front again.
        parameter_requested: The part shall ask for one more thing.
        update_requested: The agents that use it are to be brought up to date.
    """

    back_requested = Signal()
    parameter_requested = Signal()
    update_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.header = PageHeader()
        self.back = icon_button("arrow-left", self.tr("Back to the library"))
        self.parameter = QPushButton(self.tr("Add a parameter"))
        self.parameter.setIcon(theme.icon("variable", "dim"))
        self.parameter.setToolTip(self.tr("Something that the part asks for wherever it is used"))
        self.update_button = QPushButton()
        self.update_button.setProperty("role", "primary")
        self.tree = TreeEditor()
        self.form = PropertyForm()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(self.tree)
        self.splitter.addWidget(self.form)
        self.splitter.setSizes([520, 420])
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        left = QWidget()
        row = QHBoxLayout(left)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.back)
        self.header.add_first(left)
        self.header.add_widget(self.parameter)
        self.header.add_widget(self.update_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.splitter, 1)
        self.back.clicked.connect(self.back_requested)
        self.parameter.clicked.connect(self.parameter_requested)
        self.update_button.clicked.connect(self.update_requested)
        self.tree.selection_changed.connect(self._selected)
        self.tree.properties_requested.connect(self._edit)
        self.form.action_wanted.connect(self.tree.do)
        self.form.action_wanted.connect(self.tree.focus_tree)
        self.form.node_clicked.connect(lambda node_id: self.tree.select([node_id]))
        self.show_behind(0)

    def show_behind(self, agents: int) -> None:
        """How many agents use another version."""
        one = self.tr("Update 1 agent…")
        self.update_button.setText(one if agents == 1 else self.tr("Update {n} agents…").format(n=agents))
        self.update_button.setVisible(agents > 0)

    def panes(self) -> list[QWidget]:
        """What F6 goes through."""
        return [self.header, self.tree, self.form]

    def _selected(self, ids: list[str]) -> None:
        self.form.set_nodes(self.tree.document_model, ids)

    def _edit(self, node_id: str) -> None:
        self.tree.select([node_id])
        self.form.focus_first()
