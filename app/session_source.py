"""Pages of sessions for the list, out of the database. Search results and lists look the same to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.file_agents import name_of_agent
from app.text import tr
from widgets.sessions import SessionEntry, SessionPage, SessionQuery

if TYPE_CHECKING:
    from engine.store import Store
    from engine.store.rows import SessionRow


Words = str | Sequence[tuple[str, bool]]


class StoreSessions:
    """A ``SessionSource`` over the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._names: dict[str, str] = {}

    async def page(self, query: SessionQuery, *, after: Any = None, limit: int = 200) -> SessionPage:
        """The page that begins after a cursor."""
        trashed = query.view == "trash"
        browser = self._store.browser
        if query.text.strip():
            found = await browser.search(query.text, trashed=trashed, before=after, limit=limit)
            entries = [await self._entry(hit.session, hit.snippet) for hit in found.hits]
            return SessionPage(entries, found.next)
        page = await browser.list(trashed=trashed, before=after, limit=limit)
        total: int | None = None
        if after is None:
            counts = await browser.counts()
            total = counts.trashed if trashed else counts.total
        return SessionPage([await self._entry(row, row.snippet) for row in page.rows], page.next, total)

    async def _entry(self, row: SessionRow, snippet: Words) -> SessionEntry:
        return SessionEntry(
            row.id,
            row.title or tr("Without a title"),
            await self.agent_name(row),
            row.updated,
            _read(snippet),
            row.pinned,
            row.trashed is not None,
            row.status,
        )

    async def agent_name(self, row: SessionRow) -> str:
        """What the session's agent is called; agents run from a file are known by what was recorded."""
        if row.agent_title:
            return row.agent_title
        key = row.agent_id or row.id
        if key not in self._names:
            self._names[key] = await name_of_agent(self._store, row.id, row.agent_id)
        return self._names[key]


def _read(snippet: Words) -> Words:
    """A line of words, as one reads them: bold is no stars there."""
    if isinstance(snippet, str):
        return snippet.replace("**", "")
    return [(text.replace("**", ""), hit) for text, hit in snippet]
