"""What the form shows while several nodes are selected: which, what can be done with them, what they have in common.

Not here: the actions themselves, which belong to the tree (``wanted`` names them).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.blueprint.document import Node
from engine.blueprint.edits import Batch, EditError, SetProperty
from engine.blueprint.form_fields import Field, fields
from engine.blueprint.kinds import kind_of
from widgets import theme
from widgets.forms.base import FormContext
from widgets.forms.chips import FlowLayout
from widgets.forms.field_row import FieldRow
from widgets.tree import words
from widgets.tree.document_model import DocumentModel
from widgets.tree.rename import title_field

_MOST = 12
_SHARED = ("toggle", "choice", "number", "variable", "icon", "model", "agent", "file", "folder")
"""Editors whose value can be one for several nodes; texts are each node's own."""


class SeveralPage(QFrame):
    """A page about several nodes.

    Signals:
        wanted: An action of the tree, as ``widgets.actions`` names it.
        node_clicked: One of the nodes is to be selected alone.
        refused: The document did not take a change; the reason in words.
    """

    wanted = Signal(str)
    node_clicked = Signal(str)
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self._model: DocumentModel | None = None
        self._ids: tuple[str, ...] = ()
        self._rows: dict[str, FieldRow] = {}
        self._heading = QLabel(self)
        self._heading.setProperty("role", "heading")
        self._list = QVBoxLayout()
        self._list.setSpacing(2)
        self._actions = FlowLayout(None, 6)
        self._toggle = self._action("edit.toggle", "power", "")
        self._action("edit.duplicate", "copy-plus", self.tr("Duplicate"))
        self._action("edit.group", "group", self.tr("Put into a group"))
        self._action("edit.delete", "trash-2", self.tr("Delete"))
        self._shared = QLabel(self.tr("The same for all of them"), self)
        self._shared.setProperty("role", "overline")
        self._fields = QVBoxLayout()
        self._fields.setSpacing(16)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 24)
        layout.setSpacing(12)
        layout.addWidget(self._heading)
        layout.addLayout(self._actions)
        layout.addLayout(self._list)
        layout.addWidget(self._shared)
        layout.addLayout(self._fields)
        layout.addStretch(1)

    def _action(self, name: str, icon: str, text: str) -> QPushButton:
        button = QPushButton(f" {text}", self)  # Qt leaves no room between an icon and its words
        button.setAccessibleName(text)
        button.setIcon(theme.icon(icon, "dim"))
        button.setProperty("action", name)
        button.clicked.connect(self._clicked)
        self._actions.addWidget(button)
        return button

    def show_nodes(self, model: DocumentModel, ids: Sequence[str], context: FormContext) -> None:
        """Show these nodes; the page is built anew only where other nodes are meant."""
        nodes = [node for key in ids if (node := model.node(key)) is not None]
        self._model = model
        self._heading.setText(self.tr("%1 nodes selected").replace("%1", str(len(nodes))))
        on = any(node.enabled for node in nodes)
        words = self.tr("Switch off") if on else self.tr("Switch on")
        self._toggle.setText(f" {words}")
        self._toggle.setAccessibleName(words)
        if tuple(ids) != self._ids:
            self._ids = tuple(ids)
            self._build(nodes)
        for name, row in self._rows.items():
            row.editor.set_context(context)
            values = [node.props.get(name, row.field.default) for node in nodes]
            row.editor.set_value(values[0])
            row.show_note(self.tr("They differ; a change here is for all.") if _differ(values) else "")

    def _build(self, nodes: Sequence[Node]) -> None:
        _empty(self._list)
        _empty(self._fields)
        self._rows = {}
        for node in nodes[:_MOST]:
            title = kind_of(node).title_of(node)
            link = QPushButton(f" {title}", self)
            link.setProperty("role", "inline")
            link.setIcon(theme.icon(words.icon_of(node), kind_of(node).group))
            link.setAccessibleName(self.tr("Select only %1").replace("%1", title))
            link.setProperty("node", node.id)
            link.clicked.connect(self._node)
            self._list.addWidget(link)
            link.show()
        if len(nodes) > _MOST:
            more = QLabel(self.tr("and %1 more").replace("%1", str(len(nodes) - _MOST)), self)
            more.setProperty("role", "caption")
            self._list.addWidget(more)
            more.show()
        for field in _common(nodes):
            row = FieldRow(field, self)
            row.editor.edited.connect(self._edited)
            self._rows[field.name] = row
            self._fields.addWidget(row)
            row.show()
        self._shared.setVisible(bool(self._rows))

    @Slot(object)
    def _edited(self, value: Any) -> None:
        editor = self.sender()
        row = next((row for row in self._rows.values() if row.editor is editor), None)
        if row is None or self._model is None:
            return
        name = row.field.name
        label = self.tr("Change “%1” of %2 nodes").replace("%1", row.field.label).replace("%2", str(len(self._ids)))
        edits = tuple(
            SetProperty(node.id, name, value)
            for key in self._ids
            if (node := self._model.node(key)) is not None and node.props.get(name, row.field.default) != value
        )
        if not edits:
            return
        try:
            self._model.do(Batch(edits, label))
        except EditError as error:
            row.refused(str(error))

    @Slot()
    def _clicked(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.wanted.emit(str(sender.property("action")))

    @Slot()
    def _node(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.node_clicked.emit(str(sender.property("node")))


def _common(nodes: Sequence[Node]) -> list[Field]:
    """Fields that one value can be given for all: only where all nodes are of one kind."""
    kinds = {node.kind for node in nodes}
    if len(kinds) != 1:
        return []
    own = title_field(nodes[0])
    known = fields(nodes[0].kind)
    return [
        field
        for field in known
        if field.editor in _SHARED and field.name != own and all(field.visible(node.props, known) for node in nodes)
    ]


def _differ(values: Sequence[Any]) -> bool:
    return any(value != values[0] for value in values)


def _empty(layout: QVBoxLayout) -> None:
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()
