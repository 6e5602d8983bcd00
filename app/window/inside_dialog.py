"""A look inside a template: its tree to read, without making an agent of it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds import kind_of
from widgets import theme
from widgets.common import text_label

ROW = 28


class InsideDialog(QDialog):
    """The nodes of a document with what each does. ``accepted``: the person wants to begin with it.

    Args:
        document: What is shown.
        title: Its name.
    """

    def __init__(self, document: AgentDocument, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Inside {title}").format(title=title))
        self.tree = QTreeWidget()
        self.tree.setAccessibleName(self.windowTitle())
        self.tree.setHeaderHidden(True)
        self.tree.setColumnCount(1)
        self.tree.setIconSize(QSize(16, 16))
        self.tree.setIndentation(20)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideRight)
        root = _item(document.root, document)
        self.tree.addTopLevelItem(root)
        self.tree.expandAll()
        self.tree.setCurrentItem(root)
        words = text_label(self.tr("Only to look at. Open it, and you can change every part."), "dim")
        close = QPushButton(self.tr("Close"))
        close.clicked.connect(self.reject)
        self.begin = QPushButton(self.tr("Open {title}").format(title=title))
        self.begin.setProperty("role", "primary")
        self.begin.setDefault(True)
        self.begin.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(words, 1)
        row.addWidget(close)
        row.addWidget(self.begin)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 20, 20, 16)
        column.setSpacing(12)
        column.addWidget(self.tree, 1)
        column.addLayout(row)
        self.resize(620, 520)


def _item(node: Node, document: AgentDocument) -> QTreeWidgetItem:
    kind = kind_of(node)
    title, summary = kind.title_of(node), " ".join(kind.summary(node, document).replace("**", "").split())
    item = QTreeWidgetItem([f"{title}   {summary}" if summary and summary != title else title])
    item.setIcon(0, theme.icon(kind.icon_of(node), kind.group if kind.group != "root" else "text"))
    item.setToolTip(0, summary)
    item.setSizeHint(0, QSize(0, ROW))
    item.addChildren([_item(child, document) for child in node.children])
    return item
