"""The tables, and the migrations that make them. Prose on every column: ``docs/store.md``. Not here: queries.

A new version of the schema is a new function under ``@MIGRATIONS()``; released ones are never edited. Each is one
transaction; a backup is taken before (``backup.py``).
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from sqlite_utils.migrations import Migrations

if TYPE_CHECKING:
    from sqlite_utils.db import Database

MIGRATIONS = Migrations("bough")

_FIRST = (
    """
    CREATE TABLE sessions (
        pk INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        title TEXT,
        agent_id TEXT,
        status TEXT NOT NULL DEFAULT 'idle',
        created REAL NOT NULL,
        updated REAL NOT NULL,
        pinned INTEGER NOT NULL DEFAULT 0,
        trashed REAL,
        entries INTEGER NOT NULL DEFAULT 0,
        messages INTEGER NOT NULL DEFAULT 0,
        cost REAL NOT NULL DEFAULT 0,
        preview TEXT,
        sequence INTEGER NOT NULL DEFAULT 0,
        usage TEXT,
        metadata TEXT,
        parent_id TEXT,
        forked_from TEXT,
        change INTEGER NOT NULL DEFAULT 0
    )
    """,
    # The last two are always NULL here; with them, what only filters and counts never touches the table.
    """
    CREATE INDEX sessions_listed ON sessions (pinned DESC, updated DESC, id DESC, status, agent_id, trashed, parent_id)
        WHERE trashed IS NULL AND parent_id IS NULL
    """,
    """
    CREATE INDEX sessions_counted ON sessions (agent_id, status, trashed, parent_id)
        WHERE trashed IS NULL AND parent_id IS NULL
    """,
    "CREATE INDEX sessions_trashed ON sessions (trashed DESC, id DESC) WHERE trashed IS NOT NULL",
    "CREATE INDEX sessions_change ON sessions (change)",
    "CREATE TABLE removed_sessions (change INTEGER PRIMARY KEY, id TEXT NOT NULL)",
    """
    CREATE TABLE entries (
        pk INTEGER PRIMARY KEY,
        session INTEGER NOT NULL REFERENCES sessions (pk) ON DELETE CASCADE,
        idx INTEGER NOT NULL,
        id TEXT NOT NULL,
        role TEXT NOT NULL,
        content TEXT NOT NULL,
        execution_id TEXT NOT NULL,
        tick INTEGER NOT NULL,
        status TEXT NOT NULL,
        tokens INTEGER,
        created REAL NOT NULL,
        metadata TEXT
    )
    """,
    "CREATE UNIQUE INDEX entries_place ON entries (session, idx)",
    """
    CREATE TABLE executions (
        pk INTEGER PRIMARY KEY,
        session INTEGER NOT NULL REFERENCES sessions (pk) ON DELETE CASCADE,
        id TEXT NOT NULL,
        status TEXT NOT NULL,
        started REAL NOT NULL,
        ended REAL,
        agent_version TEXT,
        stop_reason TEXT,
        error TEXT,
        usage TEXT,
        total_usage TEXT,
        metadata TEXT
    )
    """,
    "CREATE UNIQUE INDEX executions_id ON executions (session, id)",
    """
    CREATE TABLE ticks (
        execution INTEGER NOT NULL REFERENCES executions (pk) ON DELETE CASCADE,
        tick INTEGER NOT NULL,
        started REAL NOT NULL,
        ended REAL,
        model TEXT,
        stop_reason TEXT,
        usage TEXT,
        context TEXT,
        after_index INTEGER,
        state_seq INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (execution, tick)
    ) WITHOUT ROWID
    """,
    "CREATE TABLE bodies (pk INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, body NOT NULL)",
    """
    CREATE TABLE session_bodies (
        session INTEGER NOT NULL REFERENCES sessions (pk) ON DELETE CASCADE,
        body INTEGER NOT NULL REFERENCES bodies (pk),
        PRIMARY KEY (session, body)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX session_bodies_body ON session_bodies (body)",
    """
    CREATE TABLE states (
        session INTEGER NOT NULL REFERENCES sessions (pk) ON DELETE CASCADE,
        shared INTEGER NOT NULL,
        name TEXT NOT NULL,
        value NOT NULL,
        PRIMARY KEY (session, shared, name)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE state_changes (
        session INTEGER NOT NULL REFERENCES sessions (pk) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        shared INTEGER NOT NULL,
        name TEXT NOT NULL,
        value,
        PRIMARY KEY (session, seq)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE pending (
        pk INTEGER PRIMARY KEY,
        session INTEGER NOT NULL REFERENCES sessions (pk) ON DELETE CASCADE,
        id TEXT NOT NULL,
        kind TEXT NOT NULL,
        message TEXT NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX pending_id ON pending (session, id)",
    """
    CREATE TABLE streams (
        session INTEGER PRIMARY KEY REFERENCES sessions (pk) ON DELETE CASCADE,
        blocks TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE session_grants (
        session INTEGER NOT NULL REFERENCES sessions (pk) ON DELETE CASCADE,
        key TEXT NOT NULL,
        value TEXT NOT NULL,
        created REAL NOT NULL,
        PRIMARY KEY (session, key)
    ) WITHOUT ROWID
    """,
    "CREATE TABLE grants (key TEXT PRIMARY KEY, value TEXT NOT NULL, created REAL NOT NULL)",
    """
    CREATE TABLE agents (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        icon TEXT NOT NULL,
        created REAL NOT NULL,
        updated REAL NOT NULL,
        trashed REAL,
        version TEXT NOT NULL REFERENCES documents (id),
        undo_position INTEGER NOT NULL DEFAULT 0
    )
    """,
    "CREATE TABLE documents (id TEXT PRIMARY KEY, document NOT NULL, created REAL NOT NULL)",
    """
    CREATE TABLE agent_versions (
        agent TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
        document TEXT NOT NULL REFERENCES documents (id),
        name TEXT,
        created REAL NOT NULL,
        saved REAL NOT NULL,
        PRIMARY KEY (agent, document)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE agent_edits (
        agent TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        edit NOT NULL,
        PRIMARY KEY (agent, position)
    ) WITHOUT ROWID
    """,
    "CREATE TABLE search_progress (only INTEGER PRIMARY KEY CHECK (only = 1), indexed INTEGER NOT NULL)",
    "INSERT INTO search_progress VALUES (1, 0)",
    "CREATE VIEW entry_texts AS SELECT pk, bough_entry_text(content) AS text FROM entries",
    """
    CREATE VIRTUAL TABLE entries_fts USING fts5(
        text, content='entry_texts', content_rowid='pk', prefix='2 3 4', tokenize='unicode61 remove_diacritics 2'
    )
    """,
    """
    CREATE VIRTUAL TABLE sessions_fts USING fts5(
        title, content='sessions', content_rowid='pk', prefix='2 3', tokenize='unicode61 remove_diacritics 2'
    )
    """,
    """
    CREATE TRIGGER sessions_fts_insert AFTER INSERT ON sessions BEGIN
        INSERT INTO sessions_fts (rowid, title) VALUES (new.pk, new.title);
    END
    """,
    """
    CREATE TRIGGER sessions_fts_update AFTER UPDATE OF title ON sessions BEGIN
        INSERT INTO sessions_fts (sessions_fts, rowid, title) VALUES ('delete', old.pk, old.title);
        INSERT INTO sessions_fts (rowid, title) VALUES (new.pk, new.title);
    END
    """,
    """
    CREATE TRIGGER sessions_fts_delete AFTER DELETE ON sessions BEGIN
        INSERT INTO sessions_fts (sessions_fts, rowid, title) VALUES ('delete', old.pk, old.title);
    END
    """,
)


@MIGRATIONS()
def m001_first(db: Database) -> None:
    """Everything that issue 2 needs."""
    for statement in _FIRST:
        db.conn.execute(statement)
    db.conn.execute("PRAGMA user_version = 1")


_SECOND = (
    """
    CREATE TABLE events (
        session INTEGER NOT NULL REFERENCES sessions (pk) ON DELETE CASCADE,
        last INTEGER NOT NULL,
        first INTEGER NOT NULL,
        count INTEGER NOT NULL,
        body NOT NULL,
        PRIMARY KEY (session, last)
    ) WITHOUT ROWID
    """,
    "ALTER TABLE ticks ADD COLUMN start_seq INTEGER",
    "ALTER TABLE ticks ADD COLUMN results_seq INTEGER",
    "PRAGMA user_version = 2",
)


@MIGRATIONS()
def m002_events(db: Database) -> None:
    """The stored log of events, and the places inside a tick at which its state was saved."""
    for statement in _SECOND:
        db.conn.execute(statement)


_THIRD = (
    """
    CREATE TABLE parts (
        id TEXT PRIMARY KEY,
        title TEXT NOT NULL,
        description TEXT NOT NULL DEFAULT '',
        version TEXT NOT NULL,
        definition NOT NULL,
        created REAL NOT NULL,
        updated REAL NOT NULL,
        trashed REAL
    )
    """,
    "PRAGMA user_version = 3",
)


@MIGRATIONS()
def m003_parts(db: Database) -> None:
    """The library of parts."""
    for statement in _THIRD:
        db.conn.execute(statement)


def migrate(connection: sqlite3.Connection) -> None:
    """Apply what is missing, each migration in a transaction of its own."""
    from sqlite_utils.db import Database

    MIGRATIONS.apply(Database(connection, recursive_triggers=False, execute_plugins=False))
