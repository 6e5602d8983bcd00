"""Versions of agents: listing them a page at a time, and thinning out old ones. Not here: saving one (``agents``)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from engine.store.codec import unpack

KEEP_DAYS = 30
"""Younger versions are all kept."""


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version of an agent.

    Attributes:
        id: The hash of its content.
        name: What a person called it, or None.
        created: When it was first saved, in seconds since the epoch.
        saved: When it last became the present one.
        present: Whether it is the present one.
        size: Bytes of its document.
    """

    id: str
    name: str | None
    created: float
    saved: float
    present: bool
    size: int = 0


def list_versions(
    connection: sqlite3.Connection, agent_id: str, limit: int | None, before: VersionRow | None
) -> Sequence[VersionRow]:
    """Versions of an agent, the one saved last first; those after ``before`` in that order."""
    where, values = "", [agent_id]
    if before is not None:
        where = "AND (saved < ? OR saved = ? AND document > ?)"
        values += [before.saved, before.saved, before.id]  # type: ignore[list-item]
    rows = connection.execute(
        "SELECT found.*, documents.document FROM ("
        "SELECT agent_versions.document AS id, agent_versions.name, agent_versions.created, saved, document = version "
        f"FROM agent_versions JOIN agents ON agents.id = agent WHERE agent = ? {where} "
        "ORDER BY saved DESC, document LIMIT ?"
        ") AS found JOIN documents ON documents.id = found.id ORDER BY found.saved DESC, found.id",
        (*values, -1 if limit is None else limit),
    )
    return [VersionRow(row[0], row[1], row[2], row[3], bool(row[4]), len(unpack(row[5]).encode())) for row in rows]


@dataclass(frozen=True, slots=True)
class Surplus:
    """Versions that may go, as (agent, version), and the last execution that was looked at."""

    versions: tuple[tuple[str, str], ...]
    last_execution: int = 0


def surplus(connection: sqlite3.Connection, cutoff: float) -> Surplus:
    """Of the versions saved before ``cutoff`` those that are not, for each agent, the last one of a day.

    A version that has a name, is the present one, or that an execution ran with is not among them. Days are those of
    the clock on the wall. It may take a moment, for all executions are looked through.
    """
    rows = connection.execute(
        "SELECT agent, document, row_number() OVER ("
        "PARTITION BY agent, date(saved, 'unixepoch', 'localtime') ORDER BY saved DESC, document) AS place "
        "FROM agent_versions JOIN agents ON agents.id = agent "
        "WHERE agent_versions.name IS NULL AND document != version AND saved < ?",
        (cutoff,),
    )
    found = [(agent, document) for agent, document, place in rows if place > 1]
    if not found:
        return Surplus(())
    last = connection.execute("SELECT ifnull(max(pk), 0) FROM executions").fetchone()[0]
    used = _ran_with(connection, 0)
    return Surplus(tuple(pair for pair in found if pair[1] not in used), last)


def drop_surplus(connection: sqlite3.Connection, found: Surplus) -> int:
    """Remove what :func:`surplus` found, as far as nothing of it was named, used or made present since; how many."""
    used = _ran_with(connection, found.last_execution)
    gone = [pair for pair in found.versions if pair[1] not in used]
    count = 0
    for agent, document in gone:
        count += connection.execute(
            "DELETE FROM agent_versions WHERE agent = ?1 AND document = ?2 AND name IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM agents WHERE id = ?1 AND version = ?2)",
            (agent, document),
        ).rowcount
    drop_documents(connection, [document for _, document in gone])
    return count


def _ran_with(connection: sqlite3.Connection, after: int) -> set[str]:
    """The versions that executions behind one ran with."""
    query = "SELECT DISTINCT agent_version FROM executions WHERE pk > ? AND agent_version IS NOT NULL"
    return {row[0] for row in connection.execute(query, (after,))}


def drop_documents(connection: sqlite3.Connection, documents: Sequence[str]) -> None:
    """Delete those of the documents that are no version of any agent. No execution may have run with them."""
    connection.executemany(
        "DELETE FROM documents WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM agent_versions WHERE document = ?1)",
        [(document,) for document in documents],
    )
