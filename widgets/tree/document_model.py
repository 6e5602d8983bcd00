"""The document of an agent as a QObject: every editor reads it and changes it through this one door.

Here: carrying edits to the history, announcing what changed. Not here: what an edit means (``engine.blueprint.edits``)
and how the document is kept (``app``).
"""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.edits import Edit
from engine.blueprint.history import History


class DocumentModel(QObject):
    """One open agent. Several editors may share it.

    Signals:
        changed: An edit was made, undone or redone; carries the edit as it was applied.
        reset: The whole document is another one.
        undo_changed: Undo and redo may have become possible or impossible, or name something else.
        stepped: An edit was taken back (True) or done again (False); what it was, in words.
    """

    changed = Signal(object)
    stepped = Signal(bool, str)
    reset = Signal()
    undo_changed = Signal()

    def __init__(self, source: AgentDocument | History, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._history = source if isinstance(source, History) else History(source)

    @property
    def history(self) -> History:
        """The history underneath, for journals."""
        return self._history

    @property
    def document(self) -> AgentDocument:
        """The document as it is now."""
        return self._history.document

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return self._history.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is something to do again."""
        return self._history.can_redo

    @property
    def undo_label(self) -> str:
        """What undo would take back, for a menu; empty if nothing."""
        return self._history.undo_label or ""

    @property
    def redo_label(self) -> str:
        """What redo would do again; empty if nothing."""
        return self._history.redo_label or ""

    def node(self, node_id: str | None) -> Node | None:
        """The node of that id, or None."""
        return self.document.get(node_id) if node_id else None

    def do(self, edit: Edit, merge_key: str | None = None, *, check: bool = True) -> None:
        """Make an edit.

        Args:
            edit: What to change.
            merge_key: Edits in a row with the same key become one undo step (typing).
            check: Whether placement rules hold; False where an earlier version comes back.

        Raises:
            EditError: The document does not allow it; nothing was changed.
        """
        self._history.do(edit, merge_key, check=check)
        self._announce(edit)

    def undo(self) -> bool:
        """Take the last edit back; False if there was none."""
        if not self._history.can_undo:
            return False
        label = self.undo_label
        self._announce(self._history.undo())
        self.stepped.emit(True, label)
        return True

    def redo(self) -> bool:
        """Do the last undone edit again; False if there was none."""
        if not self._history.can_redo:
            return False
        label = self.redo_label
        self._announce(self._history.redo())
        self.stepped.emit(False, label)
        return True

    def replace(self, source: AgentDocument | History) -> None:
        """Show another document, with a history of its own."""
        self._history = source if isinstance(source, History) else History(source)
        self.reset.emit()
        self.undo_changed.emit()

    def _announce(self, edit: object) -> None:
        self.changed.emit(edit)
        self.undo_changed.emit()
