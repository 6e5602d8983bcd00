"""What this month has cost, by the estimates that were stored with each turn."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.store import Store

MOST_SESSIONS = 500


class MonthCost:
    """Adds up turns; a session that has not changed since is not read again."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, tuple[float, float]] = {}

    async def dollars(self, now: datetime | None = None) -> float:
        """The estimate since the first of the month. Sessions that cost nothing are not even opened."""
        start = (now or datetime.now()).replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()
        total = 0.0
        page = await self._store.browser.list(since=start, children=True, limit=MOST_SESSIONS)
        for row in page.rows:
            if not row.cost:
                continue
            updated, cost = self._known.get(row.id, (0.0, 0.0))
            if updated != row.updated:
                executions = await self._store.sessions.executions(row.id)
                cost = sum(float(item.usage.get("cost", 0.0) or 0.0) for item in executions if item.started >= start)
                self._known[row.id] = (row.updated, cost)
            total += cost
        return total
