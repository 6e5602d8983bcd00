"""``bough agents``: the agents in the library."""

from __future__ import annotations

import argparse
import json

from app.cli.runner import OK, Terminal
from app.cli.words import when
from app.library import Library
from app.services import Services


async def run(options: argparse.Namespace, services: Services, terminal: Terminal) -> int:
    """List them, the last changed first."""
    store = await services.open_store()
    rows = await Library(store).list()
    counts = (await store.browser.counts()).agents
    for row in rows:
        sessions = counts.get(row.id, 0)
        if options.json:
            data = {
                "id": row.id,
                "name": row.name,
                "updated": row.updated,
                "sessions": sessions,
                "version": row.version,
            }
            terminal.result(json.dumps(data, ensure_ascii=False))
        else:
            terminal.result(f"{row.name:<32} {when(row.updated):<18} {sessions:>4} sessions  {row.id}")
    if not rows:
        terminal.say("There are no agents in the library yet. The window makes them from templates.")
    return OK
