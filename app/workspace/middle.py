"""The middle column at work: what its form, its context and its problems ask for, done to the agent in front.

Not here: what they show (``insight``), and which agent that is (``bench``).
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from app.notify import Notify
from app.settings import SettingsFile
from app.workspace.insight import Insight
from app.workspace.open_agent import OpenAgent
from app.workspace.page import WorkspacePage
from engine.blueprint.edits import Edit, EditError
from engine.blueprint.fixes import fix_all
from engine.blueprint.problem import Problem
from widgets.context.blocks import PARTS

FOLDED = "context"
"""Where the settings remember which parts of the context are folded."""


class Middle(QObject):
    """Wires the middle column of one page."""

    def __init__(
        self, page: WorkspacePage, insight: Insight, settings: SettingsFile, notify: Notify, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._page, self._insight, self._settings, self._notify = page, insight, settings, notify
        self._agent: OpenAgent | None = None
        page.form.action_wanted.connect(page.tree.do)
        page.form.action_wanted.connect(page.tree.focus_tree)  # the button that was pressed goes away
        page.form.node_clicked.connect(self._select)
        page.form.refused.connect(notify.say)
        page.context.node_clicked.connect(self._select)
        page.context.move_wanted.connect(self.do)
        folded = settings.current.remembered.folded.get(FOLDED)
        for name in PARTS if folded is not None else ():
            page.context.canvas.set_folded(name, name in (folded or ()))
        page.context.canvas.folded_changed.connect(self._folded)
        page.problems.chosen.connect(self._show_problem)
        page.problems.fix_wanted.connect(self._fix)
        page.problems.fix_all_wanted.connect(self._fix_all)

    def set_agent(self, agent: OpenAgent | None) -> None:
        """Another agent is in front."""
        self._agent = agent

    @Slot(object)
    def do(self, edit: Edit) -> None:
        """Make an edit of the agent in front; one step of undo."""
        if self._agent is None:
            return
        try:
            self._agent.model.do(edit)
        except EditError as error:
            self._notify.say(str(error))

    @Slot(object)
    def _fix(self, problem: Problem) -> None:
        if problem.fix is not None:
            self.do(problem.fix)

    @Slot()
    def _fix_all(self) -> None:
        if self._agent is not None:
            edit = fix_all(self._agent.model.document, self._insight.found)
            if edit is not None:
                self.do(edit)

    @Slot(object)
    def _show_problem(self, problem: Problem) -> None:
        """Select the node, and give the keyboard to the field."""
        page = self._page
        page.columns.reveal("middle")
        page.tree.select([problem.node_id])
        page.show_tab("properties")
        if problem.field:
            page.form.focus_field(problem.field)
        else:
            page.form.focus_first()

    @Slot(str)
    def _select(self, node_id: str) -> None:
        self._page.tree.select([node_id])

    @Slot()
    def _folded(self) -> None:
        self._settings.current.remembered.folded[FOLDED] = self._page.context.canvas.folded
