"""Agents from files: read, shown with what they may do, and added once the person agreed. Nothing of them runs here.

A file that is chosen, dropped onto the window, double clicked or named on the command line goes the same way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from app.errors import explain
from app.library import Library, read_file
from app.notify import Notify
from app.services import Services
from app.tasks import run_dialog, spawn
from app.text import tr
from app.worlds import look_around
from widgets.common import FileDialog
from widgets.permissions import ConsentDialog, ConsentRow

if TYPE_CHECKING:
    from engine.blueprint.document import AgentDocument, Node
    from engine.permissions import Capability

log = logging.getLogger(__name__)


class ImportsController(QObject):
    """Takes agent files in.

    Signals:
        open_wanted: (agent id, "") of an agent that was added.
        changed: Lists elsewhere should look again.
    """

    open_wanted = Signal(str, str)
    changed = Signal()

    def __init__(self, services: Services, window: QWidget, notify: Notify, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._window = window
        self._notify = notify
        self._one_at_a_time = asyncio.Lock()

    def choose_file(self) -> None:
        """Ask for an agent file and import it."""
        spawn(self._choose_file(), name="open an agent file", owner=self)

    async def _choose_file(self) -> None:
        dialog = FileDialog(self._window, tr("Open an agent file"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([tr("Agents (*.bough.json)"), tr("All files (*)")])
        accepted = await run_dialog(dialog, delete=False) == QDialog.DialogCode.Accepted
        files = dialog.selectedFiles()
        dialog.deleteLater()
        if accepted and files:
            await self.import_file(Path(files[0]))

    def take(self, paths: Sequence[Path]) -> None:
        """Import files, one after the other."""
        spawn(self._take(list(paths)), name="import agent files", owner=self)

    async def _take(self, paths: Sequence[Path]) -> None:
        for path in paths:
            await self.import_file(path)

    async def import_file(self, path: Path, *, copy: bool = False) -> str | None:
        """Import an agent file and open the agent.

        Args:
            path: The file.
            copy: Whether to add it where exactly this agent is there already; else that one is opened.

        Returns:
            Its id; None where it was not wanted or is no agent.
        """
        async with self._one_at_a_time:
            try:
                document = await asyncio.to_thread(read_file, path)
                there = None if copy else await Library(self._services.store).same_as(document)
                if there is None:
                    return await self._add(document, path)
                self.open_wanted.emit(there.id, "")
                self._notify.say(
                    tr("You have this agent already: “{name}”.", name=there.name),
                    tr("Add a copy"),
                    lambda: self._add_copy(path),
                )
                return there.id
            except Exception as error:
                log.warning("The file could not be imported", exc_info=error)
                self._notify.error(explain(error))
                return None

    def _add_copy(self, path: Path) -> None:
        spawn(self.import_file(path, copy=True), name="add a copy of an agent", owner=self)

    async def _add(self, document: AgentDocument, path: Path) -> str | None:
        from engine.blueprint.reach import capabilities
        from engine.permissions import StoredPermissions

        await look_around(document)
        wanted = capabilities(document)
        allowed: tuple[str, ...] = ()
        unknown = [str(node.props.get("kind", "")) for node in document.walk() if node.kind == "unknown"]
        if wanted or unknown:
            rows = consent_rows(document, wanted)
            name = str(document.root.props.get("name", "")).strip() or path.stem
            dialog = ConsentDialog(name, str(path), rows, unknown, self._window)
            accepted = await run_dialog(dialog, delete=False) == QDialog.DialogCode.Accepted
            allowed = dialog.allowed
            dialog.deleteLater()
            if not accepted:
                return None
        agent_id = await Library(self._services.store).create(document)
        permissions = StoredPermissions(self._services.store.grants)
        for _, capability in wanted:
            if capability.key in allowed:
                await permissions.allow(agent_id, capability)
        self.changed.emit()
        self.open_wanted.emit(agent_id, "")
        if wanted and not allowed:
            self._notify.say(tr("Nothing is allowed yet. The agent asks when it wants to do something."))
        return agent_id


def consent_rows(document: AgentDocument, wanted: Sequence[tuple[Node, Capability]]) -> list[ConsentRow]:
    """What an agent may do as the person is shown it; what reads the same is asked once."""
    from engine.blueprint.kinds import kind_of

    found: dict[tuple[str, str, str], ConsentRow] = {}
    for node, capability in wanted:
        around = [above for above in document.ancestors(node.id) if above.kind in ("tool", "on_event")][:1]
        part = " · ".join(kind_of(each).title_of(each) for each in (*around, node))
        same = (capability.kind, capability.sentence, capability.detail)
        before = found.get(same)
        keys = (*(before.keys if before is not None else ()), capability.key)
        found[same] = ConsentRow(
            keys, capability.kind, capability.sentence, before.part if before is not None else part, capability.detail
        )
    return list(found.values())
