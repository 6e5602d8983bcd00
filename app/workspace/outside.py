"""Taking in what another process (the command line, a second window) wrote to a session that is open here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.workspace.open_agent import OpenAgent
from app.workspace.open_session import OpenSession

if TYPE_CHECKING:
    from engine.store import Store


async def has_news(store: Store, opened: OpenSession) -> bool:
    """Whether the database has other entries than the session that is open."""
    stored = await store.sessions.load(opened.id, limit=1)
    return stored is not None and stored.total_entries != len(opened.session.timeline)


async def take_in(store: Store, agent: OpenAgent, session_id: str) -> bool:
    """Show what is new. True where the session was loaded anew, False where there is nothing or it is still written."""
    opened = agent.sessions.get(session_id)
    if opened is None or opened.running or not await has_news(store, opened):
        return False
    row = await store.browser.get(session_id)
    if row is not None and row.status == "running":
        # Only when the other process is done the session is opened anew; until then it is only read.
        stored = await store.sessions.load(session_id)
        if stored is not None and not opened.running:
            opened.show_entries(stored.entries)
        return False
    await agent.reload_session(session_id)
    return session_id in agent.sessions
