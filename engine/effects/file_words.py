"""Paths inside a folder, and what the system says about files in plain words. Not here: opening them (``files``)."""

from __future__ import annotations

import errno
import json
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from engine.errors import ToolError

MAX_PATH = 1_000
MAX_DEPTH = 30
_LINK = (errno.ELOOP, errno.EMLINK)


def parts_of(path: str) -> Sequence[str]:
    """The parts of a path inside a folder; none for the folder itself.

    Raises:
        ToolError: It could lead out of the folder, or cannot be a path.

    Example:
        >>> parts_of("notes/./today.txt")
        ['notes', 'today.txt']
    """
    text = path.strip()
    if len(text) > MAX_PATH:
        raise ToolError(f"The path is longer than {MAX_PATH:,} characters.")
    if "\x00" in text or "\n" in text:
        raise ToolError("The path has a character that cannot be in one.")
    if text.startswith(("/", "\\", "~")) or (len(text) > 1 and text[1] == ":") or "\\" in text:
        raise ToolError(f"“{text}” is no path inside the folder: write it from the folder on, such as notes/a.txt.")
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise ToolError(f"“{text}” would lead out of the folder.")
    if len(parts) > MAX_DEPTH:
        raise ToolError(f"The path leads more than {MAX_DEPTH} folders deep.")
    return parts


def parts_of_file(path: str) -> Sequence[str]:
    """The parts of a path that names a file.

    Raises:
        ToolError: As :func:`parts_of`, or it names a folder.
    """
    parts = parts_of(path)
    if not parts or path.strip().endswith("/"):
        raise ToolError("The path names no file." if not parts else f"“{path.strip()}” names a folder, not a file.")
    return parts


def as_text(content: bytes, path: str) -> str:
    """The content of a text file.

    Raises:
        ToolError: It is no text, or in an encoding that cannot be told.
    """
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise ToolError(f"“{path}” is not a text in UTF-8. Save it as UTF-8, or choose another file.") from None
    if "\x00" in text:
        raise ToolError(f"“{path}” is not a text.")
    return text.replace("\r\n", "\n")


def as_json(text: str, path: str) -> Any:
    """The value that a JSON text stands for.

    Raises:
        ToolError: It is not JSON, with the line where that is known.
    """
    try:
        return json.loads(text)
    except ValueError as error:
        line = getattr(error, "lineno", None)
        raise ToolError(f"“{path}” is not JSON" + (f": look at line {line}." if line else ".")) from None
    except RecursionError:
        raise ToolError(f"“{path}” is nested too deeply.") from None


def kind_words(mode: int) -> str:
    """What something is, by its mode."""
    return "a folder" if stat.S_ISDIR(mode) else "a link" if stat.S_ISLNK(mode) else "something else"


@contextmanager
def said(path: str, *, folder: bool = False) -> Iterator[None]:
    """Errors of the system as sentences about a path."""
    what = f"The folder “{path}”" if folder else f"“{path}”"
    try:
        yield
    except FileNotFoundError:
        raise ToolError(f"{what} is not there.") from None
    except NotADirectoryError:
        raise ToolError(f"{what} is a file or a link, not a folder.") from None
    except OSError as error:
        if error.errno in _LINK:
            raise ToolError(f"{what} is a link, which could lead out of the folder.") from None
        if error.errno in (errno.ENXIO, errno.ENODEV):
            raise ToolError(f"{what} is not a file.") from None
        raise ToolError(f"{what} cannot be used: {reason(error)}.") from None


def reason(error: OSError) -> str:
    """Why the system refused, as the end of a sentence."""
    words = {
        errno.EACCES: "this account may not",
        errno.EPERM: "this account may not",
        errno.ENOSPC: "the disk is full",
        errno.EROFS: "the disk can only be read",
        errno.EISDIR: "it is a folder",
        errno.ENAMETOOLONG: "its name is too long",
        errno.EDQUOT: "there is no room left for this account",
    }
    return words.get(error.errno or 0, (error.strerror or "the system refused").lower())
