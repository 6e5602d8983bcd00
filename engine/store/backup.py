"""Bringing a file to the present schema, copies of it, putting a damaged one aside. Not here: the tables."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from pathlib import Path

from engine.errors import StoreError
from engine.store.connections import APPLICATION_ID, USER_VERSION, connect_writer, schema_version
from engine.store.errors import store_error, translate
from engine.store.locks import MIGRATION, Locks

MIGRATION_WAIT_SECONDS = 30.0
_POLL_SECONDS = 0.02
_SIDE_FILES = ("", "-wal", "-shm")


def prepare(path: Path, locks: Locks) -> sqlite3.Connection:
    """Open ``path`` for writing, made or migrated where needed, and give back the connection.

    A backup is taken before an existing database is migrated. Two processes that start together take turns.

    Raises:
        StoreError: With the kind that says why; a damaged or newer file is left as it is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _make_private(path)
    if _version(path) == USER_VERSION:
        return connect_writer(path)
    _wait_for(locks)
    try:
        return _migrated(path, _version(path))
    finally:
        locks.release(MIGRATION)


def _make_private(path: Path) -> None:
    """Make the file where there is none, for this person's eyes only; SQLite gives its log the same permissions."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600))


def _version(path: Path) -> int:
    """The schema's version, looked at before anything, the journal mode included, is written to the file."""
    if not path.exists() or path.stat().st_size == 0:
        return 0
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=5.0, isolation_level=None)
    try:
        return schema_version(connection)
    finally:
        connection.close()


def _migrated(path: Path, version: int) -> sqlite3.Connection:
    connection = connect_writer(path)
    try:
        if 0 < version < USER_VERSION:
            back_up(connection, path, f"v{version}")
        if version < USER_VERSION:
            from engine.store.schema import migrate

            # First of all: were we stopped after the first table, the file must still be known as ours.
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _wait_for(locks: Locks) -> None:
    deadline = time.monotonic() + MIGRATION_WAIT_SECONDS
    while not locks.acquire(MIGRATION):
        if time.monotonic() > deadline:
            raise store_error("locked")
        time.sleep(_POLL_SECONDS)  # in the writer's thread, never in the loop's


def back_up(connection: sqlite3.Connection, path: Path, label: str) -> Path:
    """Copy the whole database into ``backups/`` beside it and return the copy's path.

    Raises:
        StoreError: The copy could not be made; a half-written one is removed.
    """
    folder = path.parent / "backups"
    folder.mkdir(exist_ok=True)
    target = _free_name(folder / f"{path.stem}-{_stamp()}-{label}{path.suffix}")
    _make_private(target)
    copy = sqlite3.connect(target)
    try:
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        copy.close()
        target.unlink(missing_ok=True)
        reason = translate(error)
        raise StoreError(f"No backup could be made, so nothing was changed. {reason}", kind=reason.kind) from error
    copy.close()
    return target


def set_aside_damaged(path: str | os.PathLike[str]) -> Path:
    """Rename a damaged database, and the files SQLite keeps beside it, so that a new one can take its place.

    Nothing is deleted or written over. Close the store first. Returns the new path.

    Raises:
        StoreError: There is no such file, or it cannot be renamed.
    """
    source = Path(path)
    if not source.exists():
        raise StoreError(f"There is no database at {source}.")
    target = _free_name(source.with_name(f"{source.stem}-damaged-{_stamp()}{source.suffix}"))
    try:
        # The log first: were we stopped in between, the database without its log is still told apart as damaged.
        for suffix in reversed(_SIDE_FILES):
            with contextlib.suppress(FileNotFoundError):
                source.with_name(source.name + suffix).rename(target.with_name(target.name + suffix))
    except OSError as error:
        raise translate(error) from error
    return target


def _stamp() -> str:
    return time.strftime("%Y%m%d-%H%M%S")


def _free_name(path: Path) -> Path:
    candidate, number = path, 1
    while any(candidate.with_name(candidate.name + suffix).exists() for suffix in _SIDE_FILES):
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate
