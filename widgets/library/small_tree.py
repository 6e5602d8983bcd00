"""A tree of nodes only to look at: each with its icon, its title and what it says."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QTreeWidget, QTreeWidgetItem, QWidget

from engine.blueprint.document import AgentDocument, Node
from widgets import theme
from widgets.tree import words

ROW = 28


class SmallTree(QTreeWidget):
    """Shows nodes of a document.

    Args:
        name: What a screen reader calls it.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setHeaderHidden(True)
        self.setColumnCount(1)
        self.setIconSize(QSize(16, 16))
        self.setIndentation(20)
        self.setSelectionMode(QTreeWidget.SelectionMode.NoSelection)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_node(self, node: Node, document: AgentDocument) -> None:
        """Show a node with all inside it, unfolded."""
        self.clear()
        root = _item(node, document)
        self.addTopLevelItem(root)
        self.expandAll()
        self.setCurrentItem(root)


def _item(node: Node, document: AgentDocument) -> QTreeWidgetItem:
    title, summary = words.title_of(node), words.summary_of(node, document).replace("**", "")
    item = QTreeWidgetItem([f"{title}   {summary}" if summary and summary != title else title])
    group = words.group_of(node)
    item.setIcon(0, theme.icon(words.icon_of(node), group if group != "root" else "text"))
    item.setToolTip(0, summary)
    item.setSizeHint(0, QSize(0, ROW))
    item.addChildren([_item(child, document) for child in node.children])
    return item
