"""The SQLite store: sessions, agents, permissions, and searching them. The tables are described in ``docs/store.md``.

``engine.persistence`` has the records and the protocol that a session needs of a store; the engine's core knows
nothing else of this package.
"""

from __future__ import annotations

from engine.store.backup import set_aside_damaged
from engine.store.store import Store

__all__ = ["Store", "set_aside_damaged"]
