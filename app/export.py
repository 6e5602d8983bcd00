"""An agent as a file of its own, as Python, as JSON with its schema, or on the clipboard; asks where."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from app.errors import explain
from app.notify import Notify
from app.settings import write_atomically
from app.tasks import run_dialog
from app.text import tr
from widgets.common import FileDialog

if TYPE_CHECKING:
    from engine.blueprint.document import AgentDocument

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write an agent.

    Attributes:
        title: Of the dialog that asks where.
        filter: What such files are called there.
        ending: How their names end.
        words: What was done, with ``{name}`` for the file.
        write: The text, and files that stand beside it as (name, text).
    """

    title: str
    filter: str
    ending: str
    words: str
    write: Callable[[AgentDocument], tuple[str, Sequence[tuple[str, str]]]]


def _as_file(document: AgentDocument) -> tuple[str, Sequence[tuple[str, str]]]:
    from engine.blueprint.files import dump_document

    return dump_document(document), ()


def _as_python(document: AgentDocument) -> tuple[str, Sequence[tuple[str, str]]]:
    from engine.blueprint.python_export import export_python

    return export_python(document), ()


def _as_json(document: AgentDocument) -> tuple[str, Sequence[tuple[str, str]]]:
    """The file names its schema, which stands beside it: editors complete and check it."""
    from engine.blueprint.document import AgentDocument
    from engine.blueprint.files import dump_document
    from engine.blueprint.schema import SCHEMA_FILE, agent_schema

    extra = {**document.extra, "$schema": f"./{SCHEMA_FILE}"}
    schema = json.dumps(agent_schema(), ensure_ascii=False, indent=2) + "\n"
    named = AgentDocument(document.root, document.format_version, extra)
    return dump_document(named), ((SCHEMA_FILE, schema),)


FORMS: dict[str, Form] = {
    "file": Form("Save agent as file", "Agents (*.bough.json)", ".bough.json", "Saved as {name}.", _as_file),
    "python": Form("Export as Python", "Python modules (*.py)", ".py", "Written as {name}.", _as_python),
    "json": Form(
        "Export as JSON with its schema",
        "Agents (*.bough.json)",
        ".bough.json",
        "Saved as {name}, with the schema beside it.",
        _as_json,
    ),
}


async def export_agent(document: AgentDocument, window: QWidget, notify: Notify, form: str = "file") -> None:
    """Ask for a place and write the agent there, in one of :data:`FORMS`."""
    chosen = FORMS[form]
    try:
        # Before asking where: what cannot be written needs no place.
        text, beside = await asyncio.to_thread(chosen.write, document)
    except Exception as error:
        log.warning("The agent could not be exported", exc_info=error)
        notify.error(explain(error))
        return
    dialog = FileDialog(window, tr(chosen.title))
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilter(tr(chosen.filter))
    stem = file_name(str(document.root.props.get("name", "")))
    dialog.selectFile((stem.replace("-", "_") if form == "python" else stem) + chosen.ending)
    accepted = await run_dialog(dialog, delete=False) == QDialog.DialogCode.Accepted
    files = dialog.selectedFiles()
    dialog.deleteLater()
    if not accepted or not files:
        return
    path = Path(files[0])
    try:
        write_atomically(path, text)
        for name, other in beside:
            write_atomically(path.parent / name, other)
    except OSError as error:
        notify.error(explain(error))
    else:
        notify.say(tr(chosen.words, name=path.name))


def copy_as_json(document: AgentDocument, notify: Notify) -> None:
    """Put the agent on the clipboard, as the text of its file."""
    QGuiApplication.clipboard().setText(_as_file(document)[0])
    notify.say(tr("The agent is on the clipboard as JSON."))


def file_name(name: str) -> str:
    """A name as a file may carry it."""
    kept = "".join(letter if letter.isalnum() or letter in " -_" else " " for letter in name)
    return "-".join(kept.lower().split())[:60] or "agent"
