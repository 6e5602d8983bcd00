"""Opening connections with the right settings, and the check of what kind of file it is. Not here: queries."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from engine.errors import StoreError
from engine.store.codec import stored_text
from engine.store.errors import store_error

USER_VERSION = 3
"""Version of the schema that this program writes: the number of migrations in ``schema.py``."""

APPLICATION_ID = 0x426F7567
"""Written into the file's header ("Boug"), so that the database of another program is not mistaken for ours."""

BUSY_SECONDS = 5.0


def _connect(target: str, *, uri: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(
        target, uri=uri, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        # The view behind the search index calls bough_entry_text; some builds of SQLite forbid that by default.
        connection.execute("PRAGMA trusted_schema = ON")
        connection.create_function("bough_entry_text", 1, stored_text, deterministic=True)
    except BaseException:
        connection.close()
        raise
    return connection


def connect_writer(path: Path) -> sqlite3.Connection:
    """A connection that may write: WAL, ``synchronous=NORMAL``."""
    connection = _connect(str(path), uri=False)
    try:
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise StoreError("The database cannot be used here: its folder is on a file system without shared memory.")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA journal_size_limit = 67108864")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write. In a folder that cannot be written either, the file is read as it stands."""
    try:
        return _open_readonly(path, "mode=ro")
    except sqlite3.OperationalError:
        wal = path.with_name(path.name + "-wal")
        if not path.exists() or (wal.exists() and wal.stat().st_size):
            raise
        return _open_readonly(path, "immutable=1")


def _open_readonly(path: Path, mode: str) -> sqlite3.Connection:
    connection = _connect(f"{path.resolve().as_uri()}?{mode}", uri=True)
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def schema_version(connection: sqlite3.Connection) -> int:
    """The schema's version, 0 for an empty file.

    Raises:
        StoreError: ``newer`` where this program is too old for it; ``other`` where the file belongs to another program.
    """
    # In this order: a process that makes the file at this moment sets the id before it makes a table.
    tables = int(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if application != APPLICATION_ID and tables:
        raise StoreError("This file is a database of another program. Choose another place for the sessions.")
    if version > USER_VERSION:
        raise store_error("newer")
    return version
