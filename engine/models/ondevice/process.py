"""The program's handle on one model process: starting it, talking to it, noticing its end.

Not here: when a process is started and which model it loads (``runtime``).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.models.ondevice import frames

CHILD_ARGUMENT = "--model-process"
"""With this as its only argument, the packaged program is the model process (see ``child.child_main``)."""
_SIGKILL = getattr(signal, "SIGKILL", signal.SIGTERM)
_PATIENCE = 3.0
_ROOT = Path(__file__).resolve().parents[3]
_KEPT_OF_ENVIRONMENT = ("SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP", "WINDIR")


def child_command() -> Sequence[str]:
    """The command that starts a model process."""
    if getattr(sys, "frozen", False):
        return [sys.executable, CHILD_ARGUMENT]
    return [sys.executable, "-m", "engine.models.ondevice.child"]


def clean_environment() -> dict[str, str]:
    """What the process needs of the environment; no keys, no tokens, no proxies."""
    kept = {name: os.environ[name] for name in _KEPT_OF_ENVIRONMENT if name in os.environ}
    return {**kept, "PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONUTF8": "1"}


class ChildProcess:
    """One running model process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._calls: dict[int, asyncio.Queue[dict[str, Any]]] = {}
        self._left: set[int] = set()
        self._settled = asyncio.Event()
        self._settled.set()
        self._next = 1
        self._words: deque[str] = deque(maxlen=20)
        self.news: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.leaving = False
        self.gone = False
        self._tasks = [asyncio.ensure_future(self._read()), asyncio.ensure_future(self._listen())]

    @classmethod
    async def start(cls, command: Sequence[str], environment: Mapping[str, str]) -> ChildProcess:
        """Start a process.

        Raises:
            ModelError: The command cannot be run.
        """
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                env={**clean_environment(), **environment},
                cwd=str(_ROOT),
                start_new_session=True,  # an interrupt typed in a terminal is for the program, which then ends this one
            )
        except OSError as error:
            raise ModelError(f"The model process could not be started: {error}.", kind="crashed") from error
        return cls(process)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def send(self, message: Mapping[str, Any]) -> None:
        """Write one message; to a process that is gone, nothing happens (its end is noticed by the reader)."""
        if self._process.stdin is not None and not self.gone:
            with contextlib.suppress(ConnectionError, RuntimeError):
                self._process.stdin.write(frames.pack(message))

    def call(self, op: str, body: Mapping[str, Any]) -> tuple[int, asyncio.Queue[dict[str, Any]]]:
        """Send a request; its pieces arrive in the queue, the last: ``done``, ``counted``, ``error``, ``gone``."""
        number, self._next = self._next, self._next + 1
        pieces: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._calls[number] = pieces
        if self.gone:
            self._close_call(number, {"type": "gone"})
        self.send({"op": op, "id": number, "body": body})
        return number, pieces

    def cancel(self, number: int) -> None:
        """Ask for the end of a call that nobody listens to any more."""
        if self._calls.pop(number, None) is not None and not self.gone:
            self._left.add(number)
            self._settled.clear()
            self.send({"op": "cancel", "id": number})

    async def settle(self, seconds: float) -> bool:
        """Wait until cancelled calls have ended; False where they do not."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._settled.wait()
        return self._settled.is_set()

    async def stop(self, *, kill: bool = False, patience: float = _PATIENCE) -> None:
        """End the process and wait for its end. Safe to call twice."""
        if self._process.returncode is None:
            if kill:
                self._kill()
            else:
                self.leaving = True
                self.send({"op": "stop"})
                if self._process.stdin is not None:
                    self._process.stdin.close()
            try:
                async with asyncio.timeout(patience):
                    await self._process.wait()
            except TimeoutError:
                self._kill()
        await self._process.wait()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._process.stdin is not None:
            with contextlib.suppress(ConnectionError, OSError):
                self._process.stdin.close()
                await self._process.stdin.wait_closed()

    def crashed(self) -> ModelError:
        """The error that says how it ended."""
        return ModelError(
            f"The model on this device stopped unexpectedly ({self._how()}). Send again to start it anew.",
            kind="crashed",
        )

    def _how(self) -> str:
        code = self._process.returncode
        if code is None:
            return "the connection to it was lost"
        if code == -_SIGKILL:
            return "it was killed, perhaps because memory ran out"
        if code < 0:
            with contextlib.suppress(ValueError):
                return f"signal {signal.Signals(-code).name}"
        last = self._words[-1] if self._words else ""
        return f"exit code {code}: {last[:200]}" if last else f"exit code {code}"

    def _kill(self) -> None:
        # Not through the process object: its kill() collects a process that has just ended, and the loop, which
        # waits for that, then never learns its exit code.
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, _SIGKILL)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(frames.FrameError):
            while (message := await frames.read_async(self._process.stdout)) is not None:
                self._take(message)
        self.gone = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self._process.wait()
        self._kill()  # a process that broke the protocol, or closed its output without ending
        await self._process.wait()
        for number in list(self._calls):
            self._close_call(number, {"type": "gone"})
        self._left.clear()
        self._settled.set()
        self.news.put_nowait({"type": "gone"})

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        while line := await self._process.stderr.read(4096):
            self._words.extend(text for text in line.decode(errors="replace").splitlines() if text.strip())

    def _take(self, message: dict[str, Any]) -> None:
        kind, number = message.get("type"), message.get("id")
        if number is None:
            if kind == "leaving":
                self.leaving = self.gone = True
            self.news.put_nowait(message)
        elif kind in ("done", "counted", "error"):
            self._close_call(number, message)
            self._left.discard(number)
            if not self._left:
                self._settled.set()
        elif number in self._calls:
            self._calls[number].put_nowait(message)

    def _close_call(self, number: int, message: dict[str, Any]) -> None:
        pieces = self._calls.pop(number, None)
        if pieces is not None:
            pieces.put_nowait(message)
