"""One way to end the program. Menu, closed window, Ctrl+C, a signal and the session's end all ask here."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager


class Quit:
    """A request to end, made any number of times, waited for once."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    def request(self, *_: object) -> None:
        """Ask the program to end."""
        self._event.set()

    async def wait(self) -> None:
        await self._event.wait()

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM ask to end while the block runs."""
        loop = asyncio.get_running_loop()
        added = []
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, self.request)
                added.append(number)
            except (NotImplementedError, RuntimeError, ValueError):
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(self.request))
        try:
            yield
        finally:
            for number in added:
                loop.remove_signal_handler(number)
