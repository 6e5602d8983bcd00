"""One model process per person on a machine: an operating system lock that the kernel frees when its holder dies.

Whoever waits for the lock says so through a second lock, so that an idle holder can make room. Not here: when to wait.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


class FileLock:
    """An exclusive lock on a file, held until released or until the process ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Take it if nobody has it; True also where it is held already."""
        if self._descriptor is not None:
            return True
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        descriptor = os.open(self._path, flags, 0o600)
        if not _try_lock(descriptor):
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let it go; nothing happens where it is not held."""
        if self._descriptor is not None:
            _unlock(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None


class MachineLock:
    """The lock on running a model, and the sign that somebody waits for it."""

    def __init__(self, folder: Path) -> None:
        self._running = FileLock(folder / "model.lock")
        self._waiting = FileLock(folder / "model.waiting")

    def take(self) -> bool:
        """Take the lock if it is free."""
        if self._running.take():
            self._waiting.release()
            return True
        self._waiting.take()
        return False

    def wanted(self) -> bool:
        """Whether another process waits for it. Ask only while holding it."""
        if self._waiting.take():
            self._waiting.release()
            return False
        return True

    def release(self) -> None:
        """Let both go."""
        self._running.release()
        self._waiting.release()
