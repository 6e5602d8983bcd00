"""Files that the agent in front sends along, read ahead for the preview: those that are allowed, when they changed.

Not here: reading them (``engine.blueprint.sent_files``), the preview itself (``insight``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.tasks import spawn

if TYPE_CHECKING:
    from app.workspace.open_agent import OpenAgent

KINDS = frozenset({"document", "image", "data"})


class FilesAhead(QObject):
    """What was read, by node id.

    Signals:
        changed: Something else was read.
    """

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.contents: dict[str, Any] = {}
        self._agent: OpenAgent | None = None
        self._reading = False

    def look(self, agent: OpenAgent) -> None:
        """Look whether there is something new to read; costs nothing where no part names a file."""
        if agent is not self._agent:
            self._agent, self.contents = agent, {}
        named = any(node.kind in KINDS and node.props.get("source") == "file" for node in agent.model.document.walk())
        if (named or self.contents) and not self._reading:
            self._reading = True
            spawn(self._read(agent), name="read files ahead", owner=self)

    async def _read(self, agent: OpenAgent) -> None:
        from engine.blueprint.sent_files import read_ahead

        try:
            found = await read_ahead(agent.model.document, agent.world)
        finally:
            self._reading = False
        if agent is self._agent and found != self.contents:
            self.contents = found
            self.changed.emit()
