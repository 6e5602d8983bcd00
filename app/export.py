"""Saving an agent as a file of its own, after asking where."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from app.errors import explain
from app.notify import Notify
from app.settings import write_atomically
from app.tasks import run_dialog
from app.text import tr

if TYPE_CHECKING:
    from engine.blueprint.document import AgentDocument


async def export_agent(document: AgentDocument, window: QWidget, notify: Notify) -> None:
    """Ask for a place and write the agent there."""
    from engine.blueprint.files import dump_document

    dialog = QFileDialog(window, tr("Save agent as file"))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter(tr("Agents (*.bough.json)"))
    dialog.selectFile(f"{file_name(str(document.root.props.get('name', '')))}.bough.json")
    accepted = await run_dialog(dialog, delete=False) == QDialog.DialogCode.Accepted
    files = dialog.selectedFiles()
    dialog.deleteLater()
    if not accepted or not files:
        return
    path = Path(files[0])
    try:
        write_atomically(path, dump_document(document))
    except OSError as error:
        notify.error(explain(error))
    else:
        notify.say(tr("Saved as {name}.", name=path.name))


def file_name(name: str) -> str:
    """A name as a file may carry it."""
    kept = "".join(letter if letter.isalnum() or letter in " -_" else " " for letter in name)
    return "-".join(kept.lower().split())[:60] or "agent"
