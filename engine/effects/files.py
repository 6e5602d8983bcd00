"""Files inside a folder that a person granted, reached step by step so that nothing leads out of it.

Every part of a path is opened in the folder before it and never through a link: ``..``, links and folders that are
exchanged in between lead nowhere else. All calls block; call them in a worker thread. Not here: asking for the folder.
"""

from __future__ import annotations

import contextlib
import fnmatch
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.effects.file_words import MAX_DEPTH, kind_words, parts_of, parts_of_file, reason, said
from engine.errors import ToolError

Mode = Literal["create", "replace", "append"]

PRIVATE = "Bough keeps its own data in this folder; no agent reaches it."
MAX_LISTED = 2_000
"""The most entries one listing gives."""
MAX_LOOKED_AT = 50_000
"""The most entries one listing looks at."""
SUPPORTED = os.open in os.supports_dir_fd and os.rename in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
"""Whether this system can open a file in a folder that is open. Without that no file step runs."""
_FOLDER = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | os.O_RDONLY
_FILE = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)


@dataclass(frozen=True, slots=True)
class Listed:
    """Something in a folder.

    Attributes:
        path: Where it is, from the granted folder on.
        kind: ``file``, ``folder``, ``link`` (not followed) or ``other``.
        size: Bytes of a file.
        changed: When it was last changed, seconds since 1970.
    """

    path: str
    kind: str
    size: int = 0
    changed: float = 0.0

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rsplit("/", 1)[-1]


class Folder:
    """A granted folder, open for one operation; see :func:`open_folder`."""

    def __init__(self, path: Path, descriptor: int, private: frozenset[tuple[int, int]]) -> None:
        self._path = path
        self._top = descriptor
        self._private = private

    def read(self, path: str, max_bytes: int) -> bytes:
        """The content of a file.

        Raises:
            ToolError: It is not there, is no file, is too large, or its path leads out of the folder.
        """
        parts = parts_of_file(path)
        with self._walk(parts[:-1]) as parent, said(path), _opened(parts[-1], _FILE | os.O_RDONLY, parent) as file:
            found = os.fstat(file)
            if not stat.S_ISREG(found.st_mode):
                raise ToolError(f"“{path}” is not a file.")
            if found.st_size > max_bytes:
                raise ToolError(f"“{path}” has {found.st_size:,} bytes; at most {max_bytes:,} are read.")
            return _read_all(file, max_bytes, path)

    def write(self, path: str, content: bytes, mode: Mode = "create", *, make_folders: bool = False) -> None:
        """Write a file: all of it or nothing, except that what is added is added at the end.

        Raises:
            ToolError: It is there already (``create``), cannot be written, or its path leads out of the folder.
        """
        parts = parts_of_file(path)
        with self._walk(parts[:-1], make=make_folders) as parent, said(path):
            if mode == "append":
                flags = _FILE | os.O_WRONLY | os.O_APPEND | os.O_CREAT
                with _opened(parts[-1], flags, parent) as file:
                    known = os.fstat(file)
                    if not stat.S_ISREG(known.st_mode):
                        raise ToolError(f"“{path}” is not a file.")
                    if known.st_nlink > 1:
                        raise ToolError(f"“{path}” has a second name, which may be outside of the folder.")
                    _write_all(file, content)
                return
            self._put(parent, parts[-1], content, mode, path)

    def entries(self, path: str = "", pattern: str = "", *, inside: bool = False) -> list[Listed]:
        """What is in a folder, sorted by path; links are told, never followed.

        Args:
            path: The folder, from the granted one on.
            pattern: Only names like this, with ``*`` and ``?``.
            inside: Also what is in the folders inside.

        Raises:
            ToolError: There is no such folder, or it holds too much.
        """
        parts = parts_of(path)
        found: list[Listed] = []
        with self._walk(parts) as folder:
            self._list(folder, "/".join(parts), pattern.strip().lower(), inside, found, [0])
        return sorted(found, key=lambda item: item.path)

    # -- inside ----------------------------------------------------------------------------------------------------

    @contextmanager
    def _walk(self, parts: Sequence[str], *, make: bool = False) -> Iterator[int]:
        """The folder that a path leads to, each part opened in the one before."""
        current = os.dup(self._top)
        try:
            for number, part in enumerate(parts):
                with said("/".join(parts[: number + 1]), folder=True):
                    if make:
                        with contextlib.suppress(FileExistsError):
                            os.mkdir(part, dir_fd=current)
                    inner = os.open(part, _FOLDER, dir_fd=current)
                os.close(current)
                current = inner
                self._check(current)
            yield current
        finally:
            os.close(current)

    def _check(self, descriptor: int) -> None:
        found = os.fstat(descriptor)
        if (found.st_dev, found.st_ino) in self._private:
            raise ToolError(PRIVATE)

    def _put(self, parent: int, name: str, content: bytes, mode: Mode, path: str) -> None:
        """Write beside the place and then move there, so that the place never holds half a file."""
        before = None
        with contextlib.suppress(FileNotFoundError):
            before = os.stat(name, dir_fd=parent, follow_symlinks=False)
        if before is not None and mode == "create":
            raise ToolError(f"“{path}” is there already.")
        if before is not None and not stat.S_ISREG(before.st_mode):
            raise ToolError(f"“{path}” is {kind_words(before.st_mode)}, not a file.")
        beside = f".{secrets.token_hex(8)}.bough"
        flags = _FILE | os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            with _opened(beside, flags, parent) as file:
                if before is not None:
                    os.fchmod(file, stat.S_IMODE(before.st_mode) & 0o777)
                _write_all(file, content)
                os.fsync(file)
            if mode == "create":
                _claim(beside, name, parent)
            else:
                os.rename(beside, name, src_dir_fd=parent, dst_dir_fd=parent)
            os.fsync(parent)
        except FileExistsError:
            raise ToolError(f"“{path}” is there already.") from None
        finally:
            with contextlib.suppress(OSError):
                os.unlink(beside, dir_fd=parent)

    def _list(self, folder: int, path: str, pattern: str, inside: bool, found: list[Listed], looked: list[int]) -> None:
        inner: list[str] = []
        with said(path, folder=True), os.scandir(folder) as entries:
            for entry in entries:
                looked[0] += 1
                if looked[0] > MAX_LOOKED_AT:
                    raise ToolError(f"The folder holds more than {MAX_LOOKED_AT:,} files. List a folder inside it.")
                with contextlib.suppress(OSError):
                    kind, size, changed = _facts(entry)
                    if kind == "folder" and inside:
                        inner.append(entry.name)
                    if not pattern or fnmatch.fnmatchcase(entry.name.lower(), pattern):
                        name = os.fsencode(entry.name).decode("utf-8", "replace")
                        found.append(Listed(f"{path}/{name}".lstrip("/"), kind, size, changed))
                if len(found) > MAX_LISTED:
                    raise ToolError(f"There are more than {MAX_LISTED:,} such files. Use a pattern or a folder inside.")
        for name in sorted(inner):
            if path.count("/") + 2 > MAX_DEPTH:
                return
            with contextlib.suppress(OSError):  # gone, or a link by now
                descriptor = os.open(name, _FOLDER, dir_fd=folder)
                try:
                    self._check(descriptor)
                    self._list(descriptor, f"{path}/{name}".lstrip("/"), pattern, inside, found, looked)
                finally:
                    os.close(descriptor)


@contextmanager
def open_folder(path: str, private: Sequence[Path] = ()) -> Iterator[Folder]:
    """Open a granted folder.

    Args:
        path: The folder as the person chose it.
        private: Folders that nothing reaches even where they are inside.

    Raises:
        ToolError: It is not there, is a link, or this system cannot keep to a folder.
    """
    if not SUPPORTED:
        raise ToolError("On this system Bough cannot make sure that a step keeps to its folder, so it does not run.")
    place = Path(path)
    if not place.is_absolute() or "\x00" in path:
        raise ToolError("No folder was chosen for this step.")
    try:
        descriptor = os.open(place, _FOLDER)
    except FileNotFoundError:
        raise ToolError(f"The folder {place} is not there any more.") from None
    except OSError as error:
        if place.is_symlink():
            raise ToolError(f"{place} is a link. Choose the folder that it leads to.") from None
        raise ToolError(f"The folder {place} cannot be opened: {reason(error)}.") from None
    try:
        folder = Folder(place, descriptor, frozenset(_identities(private)))
        folder._check(descriptor)
        real = Path(os.path.realpath(place))
        if any(Path(os.path.realpath(kept)) in real.parents for kept in private):
            raise ToolError(PRIVATE)
        yield folder
    finally:
        os.close(descriptor)


def read_file(path: str, max_bytes: int, private: Sequence[Path] = ()) -> bytes:
    """The content of one granted file, named by its whole path.

    Raises:
        ToolError: As :meth:`Folder.read`.
    """
    place = Path(path)
    if not place.is_absolute() or not place.name or "\x00" in path:
        raise ToolError("No file was chosen.")
    with open_folder(os.path.realpath(place.parent), private) as folder:
        return folder.read(place.name, max_bytes)


def file_stamp(path: str) -> str:
    """What changes when a file changes: its time, size and identity; "" where it is not there."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return ""
    return f"{found.st_mtime_ns}:{found.st_size}:{found.st_ino}"


def _identities(folders: Sequence[Path]) -> Iterator[tuple[int, int]]:
    for folder in folders:
        with contextlib.suppress(OSError):
            found = os.stat(folder)
            yield found.st_dev, found.st_ino


@contextmanager
def _opened(name: str, flags: int, parent: int) -> Iterator[int]:
    descriptor = os.open(name, flags, 0o666, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _read_all(file: int, max_bytes: int, path: str) -> bytes:
    found = bytearray()
    while part := os.read(file, 1 << 20):
        found += part
        if len(found) > max_bytes:
            raise ToolError(f"“{path}” has grown over {max_bytes:,} bytes while it was read.")
    return bytes(found)


def _write_all(file: int, content: bytes) -> None:
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]


def _claim(beside: str, name: str, parent: int) -> None:
    """Give a file its name only where nothing has it."""
    try:
        os.link(beside, name, src_dir_fd=parent, dst_dir_fd=parent, follow_symlinks=False)
    except (PermissionError, NotImplementedError, OSError) as error:
        if isinstance(error, FileExistsError):
            raise
        # A file system without hard links: the name is taken first, then the file moved onto it.
        os.close(os.open(name, _FILE | os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=parent))
        os.rename(beside, name, src_dir_fd=parent, dst_dir_fd=parent)


def _facts(entry: os.DirEntry[str]) -> tuple[str, int, float]:
    found = entry.stat(follow_symlinks=False)
    if stat.S_ISLNK(found.st_mode):
        return "link", 0, found.st_mtime
    if stat.S_ISDIR(found.st_mode):
        return "folder", 0, found.st_mtime
    return ("file" if stat.S_ISREG(found.st_mode) else "other"), found.st_size, found.st_mtime
