"""What this month has cost, by the estimates that were stored with each turn."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.store import Store


async def month_cost(store: Store, now: datetime | None = None) -> float:
    """The estimate in dollars since the first of the month, in local time."""
    start = (now or datetime.now()).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return await store.browser.cost_since(start.timestamp())
