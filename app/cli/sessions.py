"""``bough sessions``: every session of every agent, newest first, or those with certain words."""

from __future__ import annotations

import argparse
import json
from typing import Any

from app.cli.runner import OK, Terminal
from app.cli.words import line, when
from app.file_agents import name_of_agent
from app.services import Services


async def run(options: argparse.Namespace, services: Services, terminal: Terminal) -> int:
    """List or search."""
    store = await services.open_store()
    found: list[tuple[Any, str]]
    if options.search:
        page = await store.browser.search(options.search, limit=options.limit)
        found = [(hit.session, "".join(text for text, _ in hit.snippet)) for hit in page.hits]
    else:
        rows = (await store.browser.list(limit=options.limit)).rows
        found = [(row, row.snippet) for row in rows]
    for row, snippet in found:
        agent = row.agent_title or await name_of_agent(store, row.id, row.agent_id)
        if options.json:
            data = {
                "id": row.id, "title": row.title, "agent": agent, "status": row.status, "created": row.created,
                "updated": row.updated, "messages": row.messages, "cost": row.cost, "text": snippet,
            }  # fmt: skip
            terminal.result(json.dumps(data, ensure_ascii=False))
        else:
            head = f"{when(row.updated)}  {row.id}"
            terminal.result(f"{head:<40}  {line(row.title or '(no title)', 44):<44}  {line(agent, 28)}")
            if options.search:
                terminal.result(f"    {line(snippet, 110)}")
    if not found:
        terminal.say("No session has these words." if options.search else "There are no sessions yet.")
    return OK
