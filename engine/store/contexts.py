"""What the model was given in each tick, with every distinct body stored once. Not here: how a context is compiled.

A tick's ``context`` column is a JSON list in request order: ``["entries", first, last]`` for a range of stored
entries, ``[kind, n]`` for the body with number ``n``, ``["run", n]`` for several parts of one kind in a row,
whose own list is body ``n``, and ``["spans", null, body]`` for short spans, which are new in every tick and not worth a
row of their own. A session refers to its bodies in ``session_bodies``, so that a body goes when the last
session that uses it goes.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from engine.errors import StoreError
from engine.persistence import ContextRecord
from engine.store.codec import dumps, loads, pack, unpack

ENTRIES = "entries"
RUN = "run"
SPANS = "spans"
_INLINE_CHARACTERS = 400
_KNOWN = 256
_RUN_FROM = 4
"""This many parts of one kind in a row are kept as one list: thirty tools cost a tick no more than one."""


@dataclass(slots=True)
class Bodies:
    """Bodies that a session is known to use: digest to number. Valid while the session's lock is held."""

    known: dict[bytes, int] = field(default_factory=dict)


EncodedPart = tuple[str, str | tuple[int, int]]


def encode(context: ContextRecord) -> list[EncodedPart]:
    """The parts with their bodies as JSON, made before the writer's thread sees them: later changes are harmless.

    Raises:
        StoreError: A body is not JSON.
    """
    parts: list[EncodedPart] = []
    for kind, body in context.parts:
        if kind == ENTRIES:
            parts.append((kind, (int(body[0]), int(body[1]))))
        else:
            parts.append((kind, dumps(body, f"The context's {kind}")))
    return parts


def save(connection: sqlite3.Connection, session: int, bodies: Bodies, parts: Sequence[EncodedPart]) -> str:
    """Store the bodies that are new and return the value of the ``context`` column."""
    column: list[str] = []
    for kind, group in groupby(parts, key=lambda part: part[0]):
        run = [body for _, body in group]
        name = dumps(kind, "The context")
        if kind == ENTRIES:
            column.extend(f"[{name},{body[0]},{body[1]}]" for body in run)
        elif kind == SPANS and all(len(body) <= _INLINE_CHARACTERS for body in run):
            column.extend(f"[{name},null,{body}]" for body in run)
        else:
            numbers = [_number(connection, session, bodies, str(body)) for body in run]
            listed = [f"[{name},{number}]" for number in numbers]
            if len(run) >= _RUN_FROM:
                listed = [f'["{RUN}",{_number(connection, session, bodies, _list(listed))}]']
            column.extend(listed)
    return _list(column)


def _list(items: Sequence[str]) -> str:
    return f"[{','.join(items)}]"


def _number(connection: sqlite3.Connection, session: int, bodies: Bodies, body: str) -> int:
    digest = hashlib.blake2b(body.encode(), digest_size=16).digest()
    number = bodies.known.get(digest)
    if number is not None:
        return number
    row = connection.execute("SELECT pk FROM bodies WHERE hash = ?", (digest,)).fetchone()
    if row is None:
        cursor = connection.execute("INSERT INTO bodies (hash, body) VALUES (?, ?)", (digest, pack(body)))
        number = int(cursor.lastrowid or 0)
    else:
        number = int(row[0])
    connection.execute("INSERT OR IGNORE INTO session_bodies (session, body) VALUES (?, ?)", (session, number))
    if len(bodies.known) >= _KNOWN:
        bodies.known.clear()
    bodies.known[digest] = number
    return number


def read(connection: sqlite3.Connection, column: str) -> ContextRecord:
    """The context of a tick from its column.

    Raises:
        StoreError: A body it names is not there.
    """
    parts: list[tuple[str, Any]] = []
    for part in loads(column):
        kind = part[0]
        if kind == ENTRIES:
            parts.append((kind, [part[1], part[2]]))
        elif part[1] is None:
            parts.append((kind, part[2]))
        elif kind == RUN:
            parts.extend((inner, _body(connection, number)) for inner, number in _body(connection, part[1]))
        else:
            parts.append((kind, _body(connection, part[1])))
    return ContextRecord(parts=parts)


def _body(connection: sqlite3.Connection, number: int) -> Any:
    row = connection.execute("SELECT body FROM bodies WHERE pk = ?", (number,)).fetchone()
    if row is None:
        raise StoreError("A part of this context is missing from the database.", kind="corrupt")
    return loads(unpack(row[0]))


def forget(connection: sqlite3.Connection, session: int) -> None:
    """Drop the session's references, and the bodies that nobody refers to any more."""
    numbers = connection.execute("SELECT body FROM session_bodies WHERE session = ?", (session,)).fetchall()
    connection.execute("DELETE FROM session_bodies WHERE session = ?", (session,))
    connection.executemany(
        "DELETE FROM bodies WHERE pk = ?1 AND NOT EXISTS (SELECT 1 FROM session_bodies WHERE body = ?1)", numbers
    )
