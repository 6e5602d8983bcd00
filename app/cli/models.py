"""``bough models``: what can run on this device, downloading it, deleting it."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING, Any

from app.cli.runner import NOT_READY, OK, USAGE, Refusal, Terminal
from app.services import Services
from app.text import megabytes

if TYPE_CHECKING:
    from engine.models.catalogue import CatalogueModel

WORDS = {
    "ready": "here", "partial": "partly downloaded", "absent": "not downloaded", "downloading": "being downloaded",
    "unavailable": "not available here",
}  # fmt: skip


async def run(options: argparse.Namespace, services: Services, terminal: Terminal) -> int:
    """List, download or delete."""
    if options.action == "list":
        for model in services.models.catalogue():
            state = services.models.downloads.state(model.id)
            mark = "*" if model.recommended else " "
            words = WORDS.get(state.state, state.state)
            terminal.result(f"{mark} {model.id:<28} {megabytes(model.bytes):>8}  {words:<18} {model.label}")
            terminal.result(f"    {model.description}  Licence: {model.licence}.  SHA-256: {model.sha256}")
        return OK
    known = services.models.find(options.model)
    if known is None:
        raise Refusal(f"There is no model {options.model}. See: bough models list", USAGE)
    if options.action == "delete":
        if not options.yes and not terminal.ask(f"Delete {known.label} ({megabytes(known.bytes)})?"):
            raise Refusal("Nothing was deleted. Add --yes to agree.", NOT_READY)
        await services.models.delete(known.id)
        terminal.say(f"{known.label} was deleted.")
        return OK
    question = f"Download {known.label}, {megabytes(known.bytes)}, licence {known.licence}?"
    if not options.yes and not terminal.ask(question):
        raise Refusal("Nothing was downloaded. Add --yes to agree.", NOT_READY)
    await download(known, services, terminal)
    return OK


async def download(known: CatalogueModel, services: Services, terminal: Terminal) -> None:
    """Download a model with progress on standard error."""
    lines = _Lines(terminal, known.label)
    terminal.say(f"Downloading {known.label}, {megabytes(known.bytes)}. Ctrl+C stops; what has arrived is kept.")
    try:
        await services.models.downloads.download(known.id, progress=lines.show)
    finally:
        terminal.end_progress()
    terminal.say(f"{known.label} is here and its checksum is right.")


class _Lines:
    """Progress: one line that moves on a terminal, one every ten percent elsewhere."""

    def __init__(self, terminal: Terminal, label: str) -> None:
        self._terminal = terminal
        self._label = label
        self._tenth = -1
        self._shown = 0.0
        self._verifying = False

    def show(self, update: Any) -> None:
        if update.phase == "verifying" and not self._verifying:
            self._verifying = True
            self._terminal.end_progress()
            self._terminal.say("Checking that it arrived whole…")
        total = update.bytes_total or 1
        share = update.fraction
        if self._verifying:
            return
        if self._terminal.err.isatty():
            if time.monotonic() - self._shown > 0.1:
                self._shown = time.monotonic()
                self._terminal.progress(f"{megabytes(update.bytes_done)} of {megabytes(total)} ({share:.0%})")
        elif int(share * 10) > self._tenth:
            self._tenth = int(share * 10)
            self._terminal.say(f"{megabytes(update.bytes_done)} of {megabytes(total)}")
