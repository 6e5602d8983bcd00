"""Agents with every version of their documents, and the journal for undo. Not here: what a document means.

A document is a JSON value to the store. A version is known by the hash of its content, so the same document is stored
once, whoever has it, and a file that is run gets the version id that it would have as an agent.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from engine.entries import new_id
from engine.errors import StoreError
from engine.json_values import clean
from engine.permissions import stored_key
from engine.store.codec import dumps, loads, pack, shorten, unpack
from engine.store.readers import Readers
from engine.store.versions import KEEP_DAYS, VersionRow, drop_documents, drop_surplus, list_versions, surplus
from engine.store.writer import Writer

T = TypeVar("T")

MAX_EDITS = 2_000
"""Of an agent's undo journal the newest this many are kept."""

NAME_CHARACTERS = 200
_ROW = "id, name, icon, created, updated, trashed, version"


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An agent in a list. Times are seconds since the epoch; ``trashed`` is None outside the trash."""

    id: str
    name: str
    icon: str
    created: float
    updated: float
    trashed: float | None
    version: str


@dataclass(frozen=True, slots=True)
class StoredAgent:
    """An agent with its present document."""

    row: AgentRow
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Journal:
    """The undo journal: ``edits[:position]`` are in effect, the rest was undone and can be redone."""

    edits: Sequence[Any]
    position: int


@dataclass(frozen=True, slots=True)
class Edited:
    """An edit that goes into the journal together with the document it led to.

    Attributes:
        edit: The journal's entry, any JSON.
        merge: It takes the place of the newest entry (typing that became one step of undo).
    """

    edit: Any
    merge: bool = False


class Agents:
    """The agents of this database. Every call may raise :class:`engine.errors.StoreError`."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def list(self, *, include_trash: bool = False) -> Sequence[AgentRow]:
        """All agents, the last changed first; with those in the trash where asked."""

        def work(connection: sqlite3.Connection) -> Sequence[AgentRow]:
            where = "" if include_trash else "WHERE trashed IS NULL"
            rows = connection.execute(f"SELECT {_ROW} FROM agents {where} ORDER BY updated DESC, id")
            return [AgentRow(*row) for row in rows]

        return await self._readers.run(work)

    async def get(self, agent_id: str) -> StoredAgent | None:
        """An agent and its present document, in the trash or not; None where there is none of that id."""

        def work(connection: sqlite3.Connection) -> StoredAgent | None:
            row = connection.execute(f"SELECT {_ROW} FROM agents WHERE id = ?", (agent_id,)).fetchone()
            return None if row is None else StoredAgent(AgentRow(*row), _document(connection, row[6]))

        return await self._readers.run(work)

    async def create(
        self, document: Mapping[str, Any] | str, name: str, icon: str = "", *, agent_id: str | None = None
    ) -> str:
        """Keep a new agent and return its id.

        Args:
            document: The document, as a JSON object or its text.
            name: What a person calls it.
            icon: Name of its icon.
            agent_id: An id to use instead of a new one; it must be free.
        """
        agent = agent_id or new_id("agent")
        encoded = _encode(document)

        def work(connection: sqlite3.Connection) -> None:
            if connection.execute("SELECT 1 FROM agents WHERE id = ?", (agent,)).fetchone():
                raise StoreError(f"There is an agent {agent} already.")
            now = time.time()
            _keep_document(connection, encoded, now)
            connection.execute(
                "INSERT INTO agents (id, name, icon, created, updated, version) VALUES (?, ?, ?, ?, ?, ?)",
                (agent, _name(name), icon, now, now, encoded[0]),
            )
            _keep_version(connection, agent, encoded[0], now)

        await self._writer.run(work, full=True)
        return agent

    async def save(
        self,
        agent_id: str,
        document: Mapping[str, Any] | str,
        *,
        edit: Edited | Sequence[Edited] | None = None,
        undone_to: int | None = None,
        undo_position: int | None = None,
    ) -> str:
        """Save the document and return its version; on the disk itself when this returns.

        A new version is made only where the content differs from the present one. The journal changes in the same
        transaction, so that document and undo always belong together.

        Args:
            agent_id: The agent.
            document: The document, as a JSON object or its text.
            edit: What goes into the journal: one edit, or several in their order.
            undone_to: How many of the journal's edits were in effect when ``edit`` was made, where that is not what
                the journal says; the others can no longer be redone.
            undo_position: How many are in effect afterwards; None: all of them.
        """
        encoded = _encode(document)
        edits = () if edit is None else (edit,) if isinstance(edit, Edited) else edit
        journal = [(_encode_edit(each.edit), each.merge) for each in edits]

        def work(connection: sqlite3.Connection) -> str:
            row = _known(connection, agent_id, "version")
            now = time.time()
            if row[0] != encoded[0]:
                _keep_document(connection, encoded, now)
                _keep_version(connection, agent_id, encoded[0], now)
                connection.execute(
                    "UPDATE agents SET version = ?, updated = ? WHERE id = ?", (encoded[0], now, agent_id)
                )
            if undone_to is not None:
                _set_position(connection, agent_id, undone_to)
            for text, merge in journal:
                _append_edit(connection, agent_id, text, merge)
            if undo_position is not None:
                _set_position(connection, agent_id, undo_position)
            return encoded[0]

        return await self._writer.run(work, full=True)

    async def rename(self, agent_id: str, name: str, icon: str | None = None) -> None:
        """Change the name, and the icon where one is given."""
        await self._change(
            agent_id,
            lambda connection: connection.execute(
                "UPDATE agents SET name = ?, icon = ifnull(?, icon), updated = ? WHERE id = ?",
                (_name(name), icon, time.time(), agent_id),
            ),
        )

    async def trash(self, agent_id: str) -> None:
        """Put it into the trash. Its sessions stay as they are."""
        await self._change(
            agent_id,
            lambda connection: connection.execute(
                "UPDATE agents SET trashed = ifnull(trashed, ?) WHERE id = ?", (time.time(), agent_id)
            ),
        )

    async def restore(self, agent_id: str) -> None:
        """Take it out of the trash."""
        await self._change(
            agent_id,
            lambda connection: connection.execute("UPDATE agents SET trashed = NULL WHERE id = ?", (agent_id,)),
        )

    async def purge(self, agent_id: str) -> None:
        """Remove it for good, with its journal, what it was allowed, and the versions that no other agent has and no
        execution ran with.
        """
        allowed = stored_key(agent_id, "")

        def work(connection: sqlite3.Connection) -> None:
            rows = connection.execute("SELECT document FROM agent_versions WHERE agent = ?", (agent_id,)).fetchall()
            connection.execute("DELETE FROM agents WHERE id = ?", (agent_id,))
            connection.execute("DELETE FROM grants WHERE substr(key, 1, length(?1)) = ?1", (allowed,))
            used = {
                row[0]
                for row in connection.execute(
                    "SELECT DISTINCT agent_version FROM executions WHERE agent_version IS NOT NULL"
                )
            }
            drop_documents(connection, [row[0] for row in rows if row[0] not in used])

        await self._writer.run(work)

    async def versions(
        self, agent_id: str, *, limit: int | None = None, before: VersionRow | None = None
    ) -> Sequence[VersionRow]:
        """Its versions, the one saved last first.

        Args:
            agent_id: The agent.
            limit: How many at most.
            before: The last one of the page before; what follows it is wanted.
        """
        return await self._readers.run(lambda connection: list_versions(connection, agent_id, limit, before))

    async def thin_versions(self, days: float = KEEP_DAYS) -> int:
        """Of all agents' versions older than that many days keep the last one of each day; returns how many went.

        A version that has a name, is the present one, or that an execution ran with is always kept.
        """
        cutoff = time.time() - days * 86_400
        found = await self._readers.run(lambda connection: surplus(connection, cutoff))
        return await self._writer.run(lambda connection: drop_surplus(connection, found)) if found.versions else 0

    async def version(self, version_id: str) -> Mapping[str, Any] | None:
        """The document of a version, of whatever agent or file; None where there is none."""

        def work(connection: sqlite3.Connection) -> Mapping[str, Any] | None:
            row = connection.execute("SELECT 1 FROM documents WHERE id = ?", (version_id,)).fetchone()
            return None if row is None else _document(connection, version_id)

        return await self._readers.run(work)

    async def name_version(self, agent_id: str, version_id: str, name: str | None) -> None:
        """Give a version of an agent a name, or take it away with None."""

        def work(connection: sqlite3.Connection) -> None:
            cursor = connection.execute(
                "UPDATE agent_versions SET name = ? WHERE agent = ? AND document = ?",
                (None if name is None else _name(name), agent_id, version_id),
            )
            if cursor.rowcount == 0:
                raise StoreError(f"The agent {agent_id} has no version {version_id}.")

        await self._writer.run(work)

    async def record_file(self, document: Mapping[str, Any] | str) -> str:
        """Keep a document that was run from a file, without an agent, and return its version."""
        encoded = _encode(document)
        await self._writer.run(lambda connection: _keep_document(connection, encoded, time.time()))
        return encoded[0]

    async def append_edit(self, agent_id: str, edit: Any, *, merge: bool = False) -> None:
        """Add an edit to the journal; what had been undone can no longer be redone. :meth:`save` can do both."""
        encoded = _encode_edit(edit)
        await self._change(agent_id, lambda connection: _append_edit(connection, agent_id, encoded, merge))

    async def edits(self, agent_id: str) -> Journal:
        """The journal."""

        def work(connection: sqlite3.Connection) -> Journal:
            row = connection.execute("SELECT undo_position FROM agents WHERE id = ?", (agent_id,)).fetchone()
            reached = -1 if row is None else row[0]
            rows = connection.execute(
                "SELECT edit, position FROM agent_edits WHERE agent = ? ORDER BY position", (agent_id,)
            ).fetchall()
            return Journal([loads(unpack(edit)) for edit, _ in rows], sum(position <= reached for _, position in rows))

        return await self._readers.run(work)

    async def set_undo_position(self, agent_id: str, position: int) -> None:
        """Say how many edits of the journal are in effect, after undo or redo."""
        await self._change(agent_id, lambda connection: _set_position(connection, agent_id, position))

    async def _change(self, agent_id: str, change: Callable[[sqlite3.Connection], object]) -> None:
        def work(connection: sqlite3.Connection) -> None:
            _known(connection, agent_id, "id")
            change(connection)

        await self._writer.run(work)


def version_id(document: Mapping[str, Any] | str) -> str:
    """The version that a document has or would have: the hash of its content, whatever the order of its keys."""
    return _encode(document)[0]


def _encode(document: Mapping[str, Any] | str) -> tuple[str, str]:
    try:
        value = loads(document) if isinstance(document, str) else document
    except ValueError as error:
        raise StoreError(f"The agent cannot be saved: {error}") from error
    text = dumps(value, "The agent")
    ordered = json.dumps(loads(text), sort_keys=True, separators=(",", ":"))
    return f"version_{hashlib.blake2b(ordered.encode(), digest_size=16).hexdigest()}", text


def _encode_edit(edit: Any) -> str:
    return dumps(edit, "The edit")


def _name(name: str) -> str:
    return clean(shorten(name, NAME_CHARACTERS))


def _known(connection: sqlite3.Connection, agent_id: str, columns: str) -> Any:
    row = connection.execute(f"SELECT {columns} FROM agents WHERE id = ?", (agent_id,)).fetchone()
    if row is None:
        raise StoreError(f"There is no agent {agent_id}.")
    return row


def _document(connection: sqlite3.Connection, version: str) -> Mapping[str, Any]:
    stored = connection.execute("SELECT document FROM documents WHERE id = ?", (version,)).fetchone()
    found: Mapping[str, Any] = loads(unpack(stored[0]))
    return found


def _keep_document(connection: sqlite3.Connection, encoded: tuple[str, str], now: float) -> None:
    connection.execute(
        "INSERT INTO documents (id, document, created) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (encoded[0], pack(encoded[1]), now),
    )


def _keep_version(connection: sqlite3.Connection, agent: str, version: str, now: float) -> None:
    connection.execute(
        "INSERT INTO agent_versions (agent, document, created, saved) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (agent, document) DO UPDATE SET saved = excluded.saved",
        (agent, version, now, now),
    )


def _append_edit(connection: sqlite3.Connection, agent: str, edit: str, merge: bool) -> None:
    reached = connection.execute("SELECT undo_position FROM agents WHERE id = ?", (agent,)).fetchone()[0]
    connection.execute("DELETE FROM agent_edits WHERE agent = ? AND position > ?", (agent, reached))
    if not merge or reached == 0:
        reached += 1
    connection.execute(
        "INSERT INTO agent_edits (agent, position, edit) VALUES (?, ?, ?) "
        "ON CONFLICT (agent, position) DO UPDATE SET edit = excluded.edit",
        (agent, reached, pack(edit)),
    )
    connection.execute("DELETE FROM agent_edits WHERE agent = ? AND position <= ?", (agent, reached - MAX_EDITS))
    connection.execute("UPDATE agents SET undo_position = ? WHERE id = ?", (reached, agent))


def _set_position(connection: sqlite3.Connection, agent: str, position: int) -> None:
    # Positions go on counting when the oldest edits fall out, so that nothing has to be numbered again.
    first, count = connection.execute(
        "SELECT ifnull(min(position), 1), count(*) FROM agent_edits WHERE agent = ?", (agent,)
    ).fetchone()
    if not 0 <= position <= count:
        raise StoreError(f"The journal has {count} edits, so its position cannot be {position}.")
    connection.execute("UPDATE agents SET undo_position = ? WHERE id = ?", (first - 1 + position, agent))
