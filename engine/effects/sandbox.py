"""A room without network and without the person's files, where this system can make one (bubblewrap on Linux).

Found out once per process by making one. Not here: what runs in it (``python``).
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PLACE = "/room"
"""The room's own folder, empty at first and gone afterwards."""
FOLDER_BYTES = 64_000_000
PROBE_SECONDS = 10.0
_SEARCHED = "/usr/bin:/bin:/usr/local/bin"
_LIBRARIES = ("/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache", "/etc/localtime")
_LINKS = ("/lib", "/lib32", "/lib64")


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A way to make a room.

    Attributes:
        program: The program that makes it.
        sized: Whether it can bound the size of the room's folder.
    """

    program: str
    sized: bool = True

    def command(self, command: Sequence[str], readable: Sequence[str]) -> list[str]:
        """A command, to be run inside.

        Args:
            command: What to run.
            readable: Files and folders it needs to read, beside the libraries of the system.
        """
        made = [self.program, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
        made += ["--size", str(FOLDER_BYTES)] if self.sized else []
        made += ["--tmpfs", PLACE]
        for library in _LIBRARIES:
            made += ["--ro-bind-try", library, library]
        for link in _LINKS:
            place = Path(link)
            if place.is_symlink():
                made += ["--symlink", str(place.readlink()), link]
            else:
                made += ["--ro-bind-try", link, link]
        for path in readable:
            made += ["--ro-bind", path, path]
        made += ["--dev", "/dev", "--remount-ro", "/dev"]
        if getattr(sys, "frozen", False):
            made += ["--proc", "/proc"]  # the packaged program looks there for itself
        return [*made, "--remount-ro", "/", "--chdir", PLACE, "--", *command]


_lock = threading.Lock()
_known: list[Sandbox | None] = []


def sandbox() -> Sandbox | None:
    """The way that works here, or None. The first call makes a room and blocks meanwhile; see :func:`find_out`."""
    with _lock:
        if not _known:
            _known.append(_find())
        return _known[0]


async def find_out() -> None:
    """Make the first call of :func:`sandbox` away from the loop."""
    if not _known:
        await asyncio.to_thread(sandbox)


def _find() -> Sandbox | None:
    program = shutil.which("bwrap", path=_SEARCHED) if sys.platform.startswith("linux") else None
    if program is None:
        return None
    from engine.effects.python import interpreter

    command, readable = interpreter()
    for sized in (True, False):
        found = Sandbox(program, sized)
        if _works(found.command(command, readable)):
            return found
    return None


def _works(command: Sequence[str]) -> bool:
    try:
        ended = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={},
            timeout=PROBE_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ended.returncode == 0
