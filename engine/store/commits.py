"""Writing commits: encoding one in the caller's thread, applying it in the writer's. Not here: reading them back.

Everything a commit carries becomes plain SQL parameters before it is queued, so what the caller changes afterwards
(state values are often lists that live on) cannot reach the database half-changed.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.entries import Entry
from engine.errors import StoreError
from engine.json_values import clean
from engine.persistence import Commit, ExecutionRecord, TickRecord
from engine.store import contexts, events
from engine.store.codec import (
    PREVIEW_CHARACTERS,
    TITLE_CHARACTERS,
    TITLE_LIMIT,
    dumps,
    optional_json,
    pack,
    shorten,
    spoken_text,
)

COLUMNS = frozenset(
    {"title", "agent_id", "metadata", "sequence", "usage", "parent_id", "forked_from", "created", "updated"}
)
"""Keys of ``Commit.session``. ``created`` and ``updated`` are for imports."""

NEXT_CHANGE = (
    "max(ifnull((SELECT max(change) FROM sessions), 0), ifnull((SELECT max(change) FROM removed_sessions), 0)) + 1"
)
"""SQL for the next number of the counter that :meth:`Browser.changed_since` goes by."""


@dataclass(slots=True)
class Known:
    """What the writer remembers of a session it writes. Valid while the session's lock is held."""

    pk: int
    entries: int
    titled: bool
    state_seq: int
    events: int = -1
    execution_id: str = ""
    execution: int = 0
    bodies: contexts.Bodies = field(default_factory=contexts.Bodies)


@dataclass(slots=True)
class Packet:
    """A commit as SQL parameters. A thousand of them may wait at once, mostly empty ones: tuples, not lists."""

    session_id: str
    now: float
    columns: dict[str, Any]
    entries: list[tuple[Any, ...]]
    messages: int
    title: str
    preview: str | None
    statuses: Sequence[tuple[str, str]]
    state: Sequence[tuple[int, str, str | bytes | None]]
    pending_added: Sequence[tuple[str, str, str]]
    pending_removed: Sequence[str]
    execution: tuple[Any, ...] | None
    tick_of: str
    tick: tuple[Any, ...] | None
    context: list[contexts.EncodedPart] | None
    streamed: str | None
    grants: Sequence[tuple[str, str | None]]
    events: events.EncodedBatch | None
    touches: bool


def encode(commit: Commit) -> Packet:
    """The commit as SQL parameters.

    Raises:
        StoreError: Something in it is not JSON, or a session column is not one of :data:`COLUMNS`.
    """
    columns = _columns(commit.session)
    if commit.events is not None:
        columns["sequence"] = max(columns.get("sequence") or 0, commit.events.last)
    entries: list[tuple[Any, ...]] = []
    messages = 0
    title = ""
    preview: str | None = None
    for entry in sorted(commit.entries, key=lambda item: item.index):
        entries.append(_entry(entry))
        if entry.role in ("user", "assistant"):
            messages += 1
            said = spoken_text(entry.content)
            preview = shorten(said, PREVIEW_CHARACTERS) or preview
            if entry.role == "user" and not title:
                title = shorten(said, TITLE_CHARACTERS)
    waiting = (m.message for m in commit.pending_added if m.message.get("role") == "user")
    for message in waiting if not title else ():  # where the turn failed before the words stood on the timeline
        title = title or shorten(spoken_text(message.get("content", ())), TITLE_CHARACTERS)
    state = tuple(
        (shared, clean(name), None if value is None else pack(dumps(value, f"The state of {name}")))
        for shared, values in ((0, commit.state), (1, commit.shared_state))
        for name, value in values.items()
    )
    tick = commit.tick
    streamed = None if commit.streamed is None else dumps(list(commit.streamed), "The reply") if commit.streamed else ""
    packet = Packet(
        session_id=commit.session_id,
        now=time.time(),
        columns=columns,
        entries=entries,
        messages=messages,
        title=title,
        preview=preview,
        statuses=tuple(commit.statuses.items()),
        state=state,
        pending_added=tuple((m.id, m.kind, dumps(m.message, "A waiting message")) for m in commit.pending_added),
        pending_removed=tuple(commit.pending_removed),
        execution=None if commit.execution is None else _execution(commit.execution),
        tick_of="" if tick is None else tick.execution_id,
        tick=None if tick is None else _tick(tick),
        context=None if tick is None or tick.context is None else contexts.encode(tick.context),
        streamed=streamed,
        grants=tuple(
            (clean(key), None if value is None else dumps(value, "A grant")) for key, value in commit.grants.items()
        ),
        events=None if commit.events is None else events.encode(commit.events),
        touches=False,
    )
    packet.touches = bool(
        columns or entries or packet.statuses or state or packet.pending_added or packet.pending_removed
    ) or bool(packet.execution or packet.tick or packet.grants)
    return packet


def _columns(session: Mapping[str, Any]) -> dict[str, Any]:
    unknown = session.keys() - COLUMNS
    if unknown:
        raise StoreError(f"A session has no column {', '.join(sorted(unknown))}.")
    columns = dict(session)
    for name in ("metadata", "usage", "forked_from"):
        if columns.get(name) is not None:
            columns[name] = dumps(columns[name], f"The session's {name}")
    if "usage" in columns:
        columns["cost"] = float((session["usage"] or {}).get("cost") or 0.0)
    if "title" in columns:
        columns["title"] = shorten(str(columns["title"] or ""), TITLE_LIMIT) or None
    return columns


def _entry(entry: Entry) -> tuple[Any, ...]:
    return (
        entry.index,
        entry.id,
        entry.role,
        dumps(entry.content, "An entry"),
        entry.execution_id,
        entry.tick,
        entry.status,
        entry.tokens,
        entry.created,
        optional_json(entry.metadata, "An entry's metadata"),
    )


def _execution(record: ExecutionRecord) -> tuple[Any, ...]:
    return (
        record.id,
        record.status,
        record.started,
        record.ended,
        record.agent_version,
        record.stop_reason,
        None if record.error is None else clean(record.error),
        optional_json(record.usage, "The usage"),
        optional_json(record.total_usage, "The usage"),
        optional_json(record.metadata, "The execution's metadata"),
    )


def _tick(record: TickRecord) -> tuple[Any, ...]:
    return (
        record.tick,
        record.started,
        record.ended,
        record.model,
        record.stop_reason,
        optional_json(record.usage, "The usage"),
        record.after_index,
    )


def known(connection: sqlite3.Connection, session_id: str) -> Known | None:
    """What the database says of a session, None where there is none."""
    row = connection.execute(
        "SELECT pk, entries, title IS NOT NULL, "
        "(SELECT ifnull(max(seq), 0) FROM state_changes WHERE session = sessions.pk) FROM sessions WHERE id = ?",
        (session_id,),
    ).fetchone()
    return None if row is None else Known(row[0], row[1], bool(row[2]), row[3])


def create(connection: sqlite3.Connection, packet: Packet) -> Known:
    """Make the session's row."""
    created = packet.columns.get("created")
    cursor = connection.execute(
        "INSERT INTO sessions (id, created, updated) VALUES (?, ?, ?)",
        (packet.session_id, packet.now if created is None else created, packet.now),
    )
    return Known(int(cursor.lastrowid or 0), 0, False, 0)


def apply(connection: sqlite3.Connection, session: Known, packet: Packet) -> int:
    """Write the packet and return how many entries were new.

    Raises:
        StoreError: It does not fit what is stored; the caller rolls back.
    """
    added = _apply_entries(connection, session, packet) if packet.entries else 0
    for entry_id, status in packet.statuses:
        _apply_status(connection, session, entry_id, status)
    if packet.execution is not None:
        _apply_execution(connection, session, packet.execution)
    if packet.state:
        _apply_state(connection, session, packet)
    if packet.tick is not None:
        _apply_tick(connection, session, packet)
    elif packet.state and packet.execution is not None:
        # The end of an execution belongs to its last tick.
        connection.execute(
            "UPDATE ticks SET state_seq = ?2 WHERE execution = ?1 "
            "AND tick = (SELECT max(tick) FROM ticks WHERE execution = ?1)",
            (session.execution, session.state_seq),
        )
    _apply_rest(connection, session, packet)
    if packet.events is not None:
        events.save(connection, session, packet.events)
    if packet.touches:
        _apply_session(connection, session, packet, added)
    return added


def _apply_entries(connection: sqlite3.Connection, session: Known, packet: Packet) -> int:
    new: list[tuple[Any, ...]] = []
    for row in packet.entries:
        if row[0] < session.entries:
            _same_again(connection, session, row)
        elif row[0] == session.entries + len(new):
            new.append((session.pk, *row))
        else:
            raise StoreError(f"Entry {row[0]} does not follow entry {session.entries + len(new) - 1} of this session.")
    if new:
        connection.executemany(
            "INSERT INTO entries (session, idx, id, role, content, execution_id, tick, status, tokens, created, "
            "metadata) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            new,
        )
        session.entries += len(new)
    return len(new)


def _same_again(connection: sqlite3.Connection, session: Known, row: tuple[Any, ...]) -> None:
    stored = connection.execute("SELECT id FROM entries WHERE session = ? AND idx = ?", (session.pk, row[0])).fetchone()
    if stored is None or stored[0] != row[1]:
        raise StoreError("This session was continued by another program in the meantime. Open it again to go on.")
    connection.execute("UPDATE entries SET status = ? WHERE session = ? AND idx = ?", (row[6], session.pk, row[0]))


def _apply_status(connection: sqlite3.Connection, session: Known, entry_id: str, status: str) -> None:
    # From the newest back: what changes its status is nearly always among the last entries, and an index on random ids
    # would cost every entry more than it weighs.
    row = connection.execute(
        "SELECT pk FROM entries WHERE session = ? AND id = ? ORDER BY idx DESC LIMIT 1", (session.pk, entry_id)
    ).fetchone()
    if row is None:
        raise StoreError(f"There is no entry {entry_id} in this session.")
    connection.execute("UPDATE entries SET status = ? WHERE pk = ?", (status, row[0]))


def _apply_execution(connection: sqlite3.Connection, session: Known, record: tuple[Any, ...]) -> None:
    if session.execution_id == record[0]:
        connection.execute(
            "UPDATE executions SET status = ?, started = ?, ended = ?, agent_version = ?, stop_reason = ?, error = ?, "
            "usage = ?, total_usage = ?, metadata = ? WHERE pk = ?",
            (*record[1:], session.execution),
        )
        return
    row = connection.execute(
        "INSERT INTO executions (session, id, status, started, ended, agent_version, stop_reason, error, usage, "
        "total_usage, metadata) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (session, id) DO UPDATE SET "
        "status = excluded.status, started = excluded.started, ended = excluded.ended, "
        "agent_version = excluded.agent_version, stop_reason = excluded.stop_reason, error = excluded.error, "
        "usage = excluded.usage, total_usage = excluded.total_usage, metadata = excluded.metadata RETURNING pk",
        (session.pk, *record),
    ).fetchall()
    session.execution_id, session.execution = record[0], int(row[0][0])


def _execution_number(connection: sqlite3.Connection, session: Known, execution_id: str) -> int:
    if session.execution_id != execution_id:
        row = connection.execute(
            "SELECT pk FROM executions WHERE session = ? AND id = ?", (session.pk, execution_id)
        ).fetchone()
        if row is None:
            raise StoreError(f"A tick belongs to the execution {execution_id}, which was never stored.")
        session.execution_id, session.execution = execution_id, int(row[0])
    return session.execution


def _apply_tick(connection: sqlite3.Connection, session: Known, packet: Packet) -> None:
    assert packet.tick is not None
    execution = _execution_number(connection, session, packet.tick_of)
    context = None
    if packet.context is not None:
        context = contexts.save(connection, session.pk, session.bodies, packet.context)
    results = session.state_seq if any(row[2] == "tool" for row in packet.entries) else None
    connection.execute(
        "INSERT INTO ticks (execution, tick, started, ended, model, stop_reason, usage, after_index, context, "
        "state_seq, start_seq, results_seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (execution, tick) DO UPDATE SET "
        "started = excluded.started, ended = excluded.ended, model = excluded.model, "
        "stop_reason = excluded.stop_reason, usage = excluded.usage, "
        "after_index = ifnull(excluded.after_index, after_index), context = ifnull(excluded.context, context), "
        "start_seq = iif(excluded.context IS NULL, start_seq, excluded.start_seq), "
        "state_seq = excluded.state_seq, results_seq = ifnull(excluded.results_seq, results_seq)",
        (execution, *packet.tick, context, session.state_seq, session.state_seq, results),
    )


def _apply_state(connection: sqlite3.Connection, session: Known, packet: Packet) -> None:
    changes = []
    for shared, name, value in packet.state:
        session.state_seq += 1
        changes.append((session.pk, session.state_seq, shared, name, value))
        if value is None:
            connection.execute(
                "DELETE FROM states WHERE session = ? AND shared = ? AND name = ?", (session.pk, shared, name)
            )
        else:
            connection.execute(
                "INSERT INTO states (session, shared, name, value) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (session, shared, name) DO UPDATE SET value = excluded.value",
                (session.pk, shared, name, value),
            )
    connection.executemany(
        "INSERT INTO state_changes (session, seq, shared, name, value) VALUES (?, ?, ?, ?, ?)", changes
    )


def _apply_rest(connection: sqlite3.Connection, session: Known, packet: Packet) -> None:
    for message in packet.pending_added:
        connection.execute(
            "INSERT INTO pending (session, id, kind, message) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (session, id) DO UPDATE SET kind = excluded.kind, message = excluded.message",
            (session.pk, *message),
        )
    for message_id in packet.pending_removed:
        connection.execute("DELETE FROM pending WHERE session = ? AND id = ?", (session.pk, message_id))
    if packet.streamed == "":
        connection.execute("DELETE FROM streams WHERE session = ?", (session.pk,))
    elif packet.streamed is not None:
        connection.execute(
            "INSERT INTO streams (session, blocks) VALUES (?, ?) "
            "ON CONFLICT (session) DO UPDATE SET blocks = excluded.blocks",
            (session.pk, packet.streamed),
        )
    for key, value in packet.grants:
        if value is None:
            connection.execute("DELETE FROM session_grants WHERE session = ? AND key = ?", (session.pk, key))
        else:
            connection.execute(
                "INSERT INTO session_grants (session, key, value, created) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (session, key) DO UPDATE SET value = excluded.value",
                (session.pk, key, value, packet.now),
            )


def _apply_session(connection: sqlite3.Connection, session: Known, packet: Packet, added: int) -> None:
    columns = packet.columns
    updated = columns.get("updated")
    messages = packet.messages
    if added != len(packet.entries):
        # Some were handed in before; only the new ones count.
        messages = sum(row[2] in ("user", "assistant") for row in packet.entries[len(packet.entries) - added :])
    status = None if packet.execution is None else packet.execution[1]
    connection.execute(
        "UPDATE sessions SET updated = ?, entries = ?, messages = messages + ?, preview = ifnull(?, preview), "
        "status = ifnull(?, status), sequence = ifnull(?, sequence), usage = ifnull(?, usage), "
        f"cost = ifnull(?, cost), change = {NEXT_CHANGE} WHERE pk = ?",
        (
            packet.now if updated is None else updated,
            session.entries,
            messages,
            packet.preview,
            status,
            columns.get("sequence"),
            columns.get("usage"),
            columns.get("cost"),
            session.pk,
        ),
    )
    for name in ("title", "agent_id", "metadata", "parent_id", "forked_from"):
        if name in columns:
            connection.execute(f"UPDATE sessions SET {name} = ? WHERE pk = ?", (columns[name], session.pk))
    if columns.get("title"):
        session.titled = True
    if packet.title and not session.titled:
        connection.execute("UPDATE sessions SET title = ? WHERE pk = ? AND title IS NULL", (packet.title, session.pk))
        session.titled = True
