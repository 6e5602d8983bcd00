"""A watch over the loop's thread: whoever sleeps, looks up a host or asks a database there fails the test.

Armed for every test under ``tests/engine``. Not watched: reading files (every late import does), starting
a process (asyncio does that there) and plain computing.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.support.leaks import ROOT, creator

AUDITED = ("sqlite3.connect", "os.system", "socket.getaddrinfo")
_connect, _sleep = sqlite3.connect, time.sleep
_lists: list[list[str]] = []
_installed: list[bool] = []


def _note(what: str) -> None:
    if _lists and asyncio._get_running_loop() is not None:
        _lists[-1].append(f"{what} on the loop's thread, at {creator(sys._getframe(2))}")


def _audit(event: str, _arguments: tuple[Any, ...]) -> None:
    if _lists and event in AUDITED:
        _note(event)


class WatchedConnection(sqlite3.Connection):
    """A connection that notes which thread asks it."""


def _watched(name: str) -> Callable[..., Any]:
    def method(self: WatchedConnection, *arguments: Any) -> Any:
        _note(f"sqlite3 {name}")
        return getattr(sqlite3.Connection, name)(self, *arguments)

    return method


for _name in ("execute", "executemany", "executescript", "commit", "rollback"):
    setattr(WatchedConnection, _name, _watched(_name))


def _connect_watched(*arguments: Any, **options: Any) -> sqlite3.Connection:
    if "tests/engine" not in creator(sys._getframe(1)):  # a connection that a test made is asked by the test
        options.setdefault("factory", WatchedConnection)
    return _connect(*arguments, **options)


@contextmanager
def watching() -> Iterator[list[str]]:
    """A list that gets every blocking call made on a thread with a running loop."""
    if not _installed:
        sys.addaudithook(_audit)  # there is no way to take one out again
        _installed.append(True)
    found: list[str] = []
    patch = pytest.MonkeyPatch()
    patch.setattr(sqlite3, "connect", _connect_watched)

    def noted_sleep(seconds: float) -> None:
        _note("time.sleep")
        _sleep(seconds)

    patch.setattr(time, "sleep", noted_sleep)
    _lists.append(found)
    try:
        yield found
    finally:
        _lists.remove(found)
        patch.undo()


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails the test that blocked the loop, and says where."""
    parts = request.node.path.relative_to(ROOT / "tests").parts
    if parts[0] != "engine":
        yield
        return
    with watching() as found:
        yield
    found = [line for line in found if ", at tests/" not in line]  # what the test itself does is its own affair
    if found:
        pytest.fail("\n".join(dict.fromkeys(found)), pytrace=False)
