"""A home folder, a fake Messages server and a person with mouse and keyboard, for tests of the whole program."""

from __future__ import annotations

import functools
import gc
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from app.connections import Connection
from app.paths import Paths, find_paths
from app.settings import SettingsFile
from tests.app.helpers import Person, Room
from tests.e2e.hands import Hands
from tests.servers.messages_server import MessagesServer


@pytest.fixture(autouse=True)
def collecting_in_this_thread() -> Iterator[None]:
    """As in the program: Qt objects in dead cycles are destroyed in this thread, never in the store's."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    """Everything in one folder, as ``BOUGH_HOME`` puts it."""
    return find_paths({"BOUGH_HOME": str(tmp_path / "bough home ü")})


class Desk:
    """Where a person sits: the program (started once or again over the same data) and the model's server."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.server = MessagesServer()
        self._room = Room(paths)

    def knows_the_server(self) -> None:
        """As if the person had set the server up in an earlier run."""
        settings = SettingsFile(self.paths.settings)
        server = Connection(id="server", kind="server", address=self.server.url, model="fake-large")
        settings.current.connections = [*settings.current.connections, server]
        settings.current.default_connection = "server"
        settings.save()

    async def start(self) -> tuple[Person, Hands]:
        """Start the program; the person and their hands."""
        person = await self._room()
        hands = Hands(person.desk.window)
        await hands.take_the_window()
        return person, hands

    async def close(self) -> None:
        """Stop everything."""
        await self._room.close()
        await self.server.stop()


@pytest.fixture
def desk(paths: Paths) -> Desk:
    """For tests marked ``@on_the_screen``."""
    return Desk(paths)


def on_the_screen(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """A test in a process of its own with a real X11 window; ends what it started before its loop ends."""

    @pytest.mark.xvfb
    @functools.wraps(test)
    async def run(*args: object, desk: Desk, **fixtures: object) -> None:
        await desk.server.start()
        try:
            await test(*args, desk=desk, **fixtures)
        finally:
            await desk.close()

    return run
