"""Translating SQLite's errors into :class:`StoreError`, with a sentence and a next step. Not here: who catches them."""

from __future__ import annotations

import sqlite3

from engine.errors import StoreError

_BUSY, _LOCKED = 5, 6
_PERM, _READONLY, _CANTOPEN = 3, 8, 14
_CORRUPT, _NOTADB = 11, 26
_FULL, _IOERR = 13, 10
_CORRUPT_SEARCH_INDEX = 267

HOPELESS = frozenset({_BUSY, _LOCKED, _READONLY, _CORRUPT, _NOTADB, _IOERR, _PERM, _CANTOPEN})
"""Primary codes after which the same transaction, tried once more at once, fails in the same way."""

_SENTENCES = {
    "full": "The disk is full, so nothing was saved. Free some space, then try again.",
    "locked": "The database is busy: another program is writing to it. Try again in a moment.",
    "readonly": "The database cannot be written. Check that you may write to its folder, then try again.",
    "corrupt": "The database file is damaged. Set it aside and start with a new one or with a backup.",
    "newer": "The database was written by a newer version of this program. Update the program to open it.",
}


def error_code(error: BaseException) -> int:
    """SQLite's primary result code of ``error``, 0 where there is none."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def store_error(kind: str) -> StoreError:
    """The error of one of the known kinds, with its sentence."""
    return StoreError(_SENTENCES[kind], kind=kind)


def translate(error: BaseException) -> StoreError:
    """The error that a caller of the store sees for ``error``; a :class:`StoreError` passes as it is."""
    if isinstance(error, StoreError):
        return error
    if int(getattr(error, "sqlite_errorcode", 0) or 0) == _CORRUPT_SEARCH_INDEX:
        return StoreError("The search index is damaged. Rebuild it; the sessions themselves are not affected.")
    kind = _kind(error)
    if kind is not None:
        return store_error(kind)
    if isinstance(error, sqlite3.Error) and error_code(error) == _IOERR:
        return StoreError(f"The disk reported an error while reading or writing the database ({error}).")
    if isinstance(error, sqlite3.Error) and error_code(error) == _CANTOPEN:
        return StoreError("The database could not be opened. Check that its folder exists and that you may use it.")
    return StoreError(f"The database could not be used: {error}")


def _kind(error: BaseException) -> str | None:
    code = error_code(error)
    if code == _FULL or (isinstance(error, OSError) and error.errno == 28):
        return "full"
    if code in (_BUSY, _LOCKED):
        return "locked"
    if code in (_PERM, _READONLY) or isinstance(error, PermissionError):
        return "readonly"
    if isinstance(error, OSError) and error.errno == 30:
        return "readonly"
    if code in (_CORRUPT, _NOTADB):
        return "corrupt"
    return None
