"""Find and replace over the workspace: where the panel stands and what a chosen place leads to."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect

from app.workspace.open_agent import OpenAgent
from app.workspace.page import WorkspacePage
from widgets.tree.replace_panel import ReplacePanel

MARGIN = 8
WIDEST, HIGHEST = 460, 560


class ReplaceController(QObject):
    """The panel of one page; it stands beside the tree, so that the selected card can be seen.

    Args:
        page: The workspace.
        parent: Owner.
    """

    def __init__(self, page: WorkspacePage, parent: QObject) -> None:
        super().__init__(parent)
        self._page = page
        self.panel = ReplacePanel(page)
        self.panel.chosen.connect(self._select)
        self.panel.opened.connect(page.tree.properties_requested)
        self.panel.closed.connect(page.tree.focus_tree)
        page.columns.installEventFilter(self)

    def set_agent(self, agent: OpenAgent | None) -> None:
        """Another agent is in front."""
        self.panel.set_document(agent.model if agent is not None else None)
        if agent is None:
            self.panel.finish()

    def open(self) -> None:
        """Show the panel, with what is looked for in the tree or selected in a text."""
        self._arrange()
        self.panel.begin(self._page.tree.find_bar.field.text() if self._page.tree.find_bar.isVisible() else "")

    def _select(self, node_id: str) -> None:
        self._page.tree.select([node_id])

    def _arrange(self) -> None:
        columns, tree = self._page.columns, self._page.tree
        area = QRect(columns.mapTo(self._page, QPoint(0, 0)), columns.size())
        left = area.left()
        if tree.isVisible():
            left = tree.mapTo(self._page, QPoint(tree.width(), 0)).x()
        room = max(280, area.right() - left - 2 * MARGIN)
        width = min(WIDEST, room, area.width() - 2 * MARGIN)
        height = min(HIGHEST, area.height() - 2 * MARGIN)
        left = min(left + MARGIN, area.right() - width - MARGIN)
        self.panel.setGeometry(left, area.top() + MARGIN, width, height)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the columns."""
        if event.type() == QEvent.Type.Resize and self.panel.isVisible():
            self._arrange()
        return False
