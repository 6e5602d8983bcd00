"""The library of parts: their newest definitions, and which agents use them. Not here: what a part is.

A definition is a JSON object to the store. Of what is inside agents it knows one thing: that a node of kind ``part``
names its part in ``props.part`` and the version that it has in ``props.version``.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import StoreError
from engine.json_values import clean
from engine.store.codec import dumps, loads, pack, shorten, unpack
from engine.store.readers import Readers
from engine.store.writer import Writer

TITLE_CHARACTERS = 200
DESCRIPTION_CHARACTERS = 5_000
_ROW = "id, title, description, version, created, updated, trashed"


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part in a list. Times are seconds since the epoch; ``trashed`` is None outside the trash."""

    id: str
    title: str
    description: str
    version: str
    created: float
    updated: float
    trashed: float | None


@dataclass(frozen=True, slots=True)
class StoredPart:
    """A part with its definition."""

    row: PartRow
    definition: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PartUse:
    """An agent or another part that uses a part.

    Attributes:
        id: Of the agent or the part.
        name: Its name.
        is_part: Whether it is a part.
        versions: The versions of its instances, one for each; those inside other parts among them.
    """

    id: str
    name: str
    is_part: bool
    versions: tuple[str, ...]


class Parts:
    """The parts of this database. Every call may raise :class:`engine.errors.StoreError`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def list(self, *, trashed: bool = False) -> Sequence[PartRow]:
        """All parts by title; those in the trash where asked, the last one first."""

        def work(connection: sqlite3.Connection) -> Sequence[PartRow]:
            where = "trashed IS NOT NULL ORDER BY trashed DESC" if trashed else "trashed IS NULL ORDER BY lower(title)"
            return [PartRow(*row) for row in connection.execute(f"SELECT {_ROW} FROM parts WHERE {where}, id")]

        return await self._readers.run(work)

    async def get(self, part_id: str) -> StoredPart | None:
        """A part, in the trash or not; None where there is none of that id."""

        def work(connection: sqlite3.Connection) -> StoredPart | None:
            row = connection.execute(f"SELECT {_ROW}, definition FROM parts WHERE id = ?", (part_id,)).fetchone()
            return None if row is None else StoredPart(PartRow(*row[:7]), loads(unpack(row[7])))

        return await self._readers.run(work)

    async def save(
        self, part_id: str, definition: Mapping[str, Any], *, title: str, version: str, description: str = ""
    ) -> bool:
        """Keep a part, a new one or a newer version; on the disk itself when this returns.

        Returns:
            Whether something changed.
        """
        text = dumps(definition, "The part")
        row = (
            clean(part_id),
            clean(shorten(title, TITLE_CHARACTERS)),
            clean(shorten(description, DESCRIPTION_CHARACTERS)),
            clean(version),
            pack(text),
            time.time(),
        )

        def work(connection: sqlite3.Connection) -> bool:
            known = connection.execute("SELECT version FROM parts WHERE id = ?", (row[0],)).fetchone()
            if known is not None and known[0] == row[3]:
                return False
            connection.execute(
                "INSERT INTO parts (id, title, description, version, definition, created, updated) "
                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (id) DO UPDATE SET title = ?2, description = ?3, "
                "version = ?4, definition = ?5, updated = ?6",
                row,
            )
            return True

        return await self._writer.run(work, full=True)

    async def trash(self, part_id: str) -> None:
        """Put it into the trash. Agents that use it carry it along and stay as they are."""
        await self._change(part_id, "UPDATE parts SET trashed = ifnull(trashed, ?2) WHERE id = ?1", time.time())

    async def restore(self, part_id: str) -> None:
        """Take it out of the trash."""
        await self._change(part_id, "UPDATE parts SET trashed = NULL WHERE id = ?1")

    async def delete(self, part_id: str) -> None:
        """Remove it for good. Agents that use it carry it along and stay as they are."""
        await self._change(part_id, "DELETE FROM parts WHERE id = ?1")

    async def uses(self, part_id: str) -> Sequence[PartUse]:
        """The agents, then the parts, that use it as they are now; not those in the trash."""

        def work(connection: sqlite3.Connection) -> Sequence[PartUse]:
            agents = connection.execute(
                "SELECT agents.id, name, document FROM agents JOIN documents ON documents.id = version "
                "WHERE trashed IS NULL ORDER BY lower(name), agents.id"
            )
            found = [_use(row, False, part_id) for row in agents]
            parts = connection.execute(
                "SELECT id, title, definition FROM parts WHERE trashed IS NULL AND id != ? ORDER BY lower(title), id",
                (part_id,),
            )
            found += [_use(row, True, part_id) for row in parts]
            return [use for use in found if use is not None]

        return await self._readers.run(work)

    async def _change(self, part_id: str, statement: str, *more: Any) -> None:
        def work(connection: sqlite3.Connection) -> None:
            if connection.execute(statement, (part_id, *more)).rowcount == 0:
                raise StoreError(f"There is no part {part_id}.")

        await self._writer.run(work)


def _use(row: Sequence[Any], is_part: bool, part_id: str) -> PartUse | None:
    text = unpack(row[2])
    if part_id not in text:  # most agents: without reading the document
        return None
    data = loads(text)
    nodes = data.get("nodes", []) if is_part else [data.get("root")]
    versions = tuple(_versions(nodes, part_id))
    return PartUse(row[0], row[1], is_part, versions) if versions else None


def _versions(nodes: Any, part_id: str) -> Iterator[str]:
    stack = list(reversed(nodes)) if isinstance(nodes, list) else []
    while stack:
        node = stack.pop()
        if not isinstance(node, Mapping):
            continue
        props = node.get("props")
        if node.get("kind") == "part" and isinstance(props, Mapping) and props.get("part") == part_id:
            yield str(props.get("version") or "")
        children = node.get("children")
        stack.extend(reversed(children) if isinstance(children, list) else ())


__all__ = ["PartRow", "PartUse", "Parts", "StoredPart"]
