"""Locks between processes, one per session, held by the operating system and freed by it when a process dies.

Three ways, one interface (:class:`Locks`): byte ranges of one file where the kernel ties them to the open file
(Linux), one small file per session (other Unixes), byte ranges of one file on Windows. A byte range costs no file
descriptor, so a thousand open sessions need one. Not here: when a session's lock is taken (``sessions.py``).
"""

from __future__ import annotations

import hashlib
import os
import struct
import sys
from pathlib import Path
from typing import Protocol

MIGRATION = "migration"
"""Name of the lock that is held while the schema is looked at and changed; no session id can be the same."""


class Locks(Protocol):
    """Named exclusive locks. Not safe to share between threads; two instances exclude each other in one process too."""

    def acquire(self, name: str) -> bool:
        """Take the lock without waiting; True where it is now, or was already, held by this instance."""
        ...

    def release(self, name: str) -> None:
        """Give it back; nothing happens where it is not held."""
        ...

    def held(self, name: str) -> bool:
        """Whether this instance holds it."""
        ...

    def taken(self, name: str) -> bool:
        """Whether anybody holds it, this instance included."""
        ...

    def close(self) -> None:
        """Give all of them back."""
        ...


def session_lock(session_id: str) -> str:
    """The name of a session's lock."""
    return f"session:{session_id}"


def open_locks(database: Path) -> Locks:
    """The locks beside ``database``."""
    if sys.platform == "win32":
        return WindowsLocks(database.with_name(database.name + "-locks"))
    elif sys.platform == "linux":
        return RangeLocks(database.with_name(database.name + "-locks"))
    else:
        return FileLocks(database.with_name(database.name + "-locks.d"))


def _offset(name: str) -> int:
    """A place in the lock file; 62 bits, so that two names never meet in practice."""
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest(), "big") >> 2


if sys.platform == "linux":
    import fcntl

    _FLOCK = "hhqqi4x"  # struct flock: type, whence, start, length, pid

    class RangeLocks:
        """One byte per name in one file, with locks that belong to the open file (``F_OFD_SETLK``)."""

        def __init__(self, path: Path) -> None:
            self._path = path
            self._fd = -1
            self._held: set[str] = set()

        def _file(self) -> int:
            if self._fd < 0:
                self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            return self._fd

        def acquire(self, name: str) -> bool:
            if name in self._held:
                return True
            try:
                fcntl.fcntl(self._file(), fcntl.F_OFD_SETLK, _range(fcntl.F_WRLCK, name))
            except (BlockingIOError, PermissionError):
                if self._fd < 0:
                    raise
                return False
            self._held.add(name)
            return True

        def release(self, name: str) -> None:
            if name in self._held:
                self._held.discard(name)
                fcntl.fcntl(self._fd, fcntl.F_OFD_SETLK, _range(fcntl.F_UNLCK, name))

        def held(self, name: str) -> bool:
            return name in self._held

        def taken(self, name: str) -> bool:
            if name in self._held:
                return True
            if not self._path.exists():
                return False
            answer = fcntl.fcntl(self._file(), fcntl.F_OFD_GETLK, _range(fcntl.F_WRLCK, name))
            return bool(struct.unpack(_FLOCK, answer)[0] != fcntl.F_UNLCK)

        def close(self) -> None:
            self._held.clear()
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1

    def _range(kind: int, name: str) -> bytes:
        return struct.pack(_FLOCK, kind, os.SEEK_SET, _offset(name), 1, 0)


if sys.platform != "win32":
    import fcntl

    class FileLocks:
        """One file per held name in a folder, locked with ``flock`` and removed when the lock is given back."""

        def __init__(self, folder: Path) -> None:
            self._folder = folder
            self._held: dict[str, int] = {}

        def _path(self, name: str) -> Path:
            return self._folder / f"{_offset(name):016x}"

        def acquire(self, name: str) -> bool:
            if name in self._held:
                return True
            self._folder.mkdir(mode=0o700, exist_ok=True)
            path = self._path(name)
            while True:
                fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
                try:
                    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(fd)
                    return False
                except BaseException:
                    os.close(fd)
                    raise
                # Its last holder may have removed the file between our opening and our locking it.
                if _same_file(fd, path):
                    self._held[name] = fd
                    return True
                os.close(fd)

        def release(self, name: str) -> None:
            fd = self._held.pop(name, None)
            if fd is not None:
                self._path(name).unlink(missing_ok=True)
                os.close(fd)

        def held(self, name: str) -> bool:
            return name in self._held

        def taken(self, name: str) -> bool:
            if name in self._held:
                return True
            try:
                fd = os.open(self._path(name), os.O_RDWR | os.O_CLOEXEC)
            except FileNotFoundError:
                return False
            try:
                fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
            finally:
                os.close(fd)
            return False

        def close(self) -> None:
            for name in list(self._held):
                self.release(name)

    def _same_file(fd: int, path: Path) -> bool:
        try:
            return os.path.samestat(os.fstat(fd), path.stat())
        except FileNotFoundError:
            return False


if sys.platform == "win32":  # pragma: no cover - runs on another system
    import msvcrt

    class WindowsLocks:
        """One byte per name in one file, with ``LockFile``; bytes may lie beyond the file's end."""

        def __init__(self, path: Path) -> None:
            self._path = path
            self._fd = -1
            self._held: set[str] = set()

        def _lock(self, mode: int, name: str) -> bool:
            if self._fd < 0:
                self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_BINARY | os.O_NOINHERIT)
            os.lseek(self._fd, _offset(name), os.SEEK_SET)
            try:
                msvcrt.locking(self._fd, mode, 1)
            except OSError:
                return False
            return True

        def acquire(self, name: str) -> bool:
            if name not in self._held and self._lock(msvcrt.LK_NBLCK, name):
                self._held.add(name)
            return name in self._held

        def release(self, name: str) -> None:
            if name in self._held:
                self._held.discard(name)
                self._lock(msvcrt.LK_UNLCK, name)

        def held(self, name: str) -> bool:
            return name in self._held

        def taken(self, name: str) -> bool:
            if name in self._held:
                return True
            free = self._lock(msvcrt.LK_NBLCK, name)
            if free:
                self._lock(msvcrt.LK_UNLCK, name)
            return not free

        def close(self) -> None:
            for name in list(self._held):
                self.release(name)
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1
