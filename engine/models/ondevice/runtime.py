"""The life of the model process: started when needed, one model and one request at a time, restarted after a crash.

Not here: pipes (``process``), prompts and tool choice (``model``, ``choice``).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args

from engine.errors import ModelError, ModelErrorKind
from engine.models.ondevice.llama import default_threads
from engine.models.ondevice.process import ChildProcess, child_command

State = Literal["stopped", "waiting", "loading", "ready", "reading", "answering"]
_BYTES_A_SECOND = 220 << 20
"""Loading speed assumed until a load of the same file was measured."""


@dataclass(frozen=True, slots=True)
class RuntimeStatus:
    """What the model on this device is doing; ``text`` is a sentence for a person, empty where there is nothing to say.

    Attributes:
        seconds: How long a load has taken so far, or took.
        expected: How long it is expected to take.
        done: Tokens of the prompt that were read, of ``total``.
    """

    state: State = "stopped"
    text: str = ""
    model: str = ""
    seconds: float = 0.0
    expected: float | None = None
    done: int = 0
    total: int = 0


Listener = Callable[[RuntimeStatus], None]


def default_folder() -> Path:
    """The folder of the lock and the socket: this person's alone."""
    import platformdirs

    return Path(platformdirs.user_runtime_dir("bough")) / "model"


class Turn:
    """The exclusive use of the loaded model for one reply (two requests: the choice and the answer)."""

    def __init__(
        self, child: ChildProcess, again: Callable[[], Awaitable[ChildProcess]], runtime: OnDeviceRuntime
    ) -> None:
        self._child = child
        self._again = again
        self._runtime = runtime

    async def chat(self, body: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
        """Pieces of a reply (``text``, ``thinking``), then ``done``. Closing it early stops the generation.

        Raises:
            ModelError: The model refused, crashed, or was silent for too long.
        """
        child, number, pieces = await self._accepted("chat", body)
        try:
            while True:
                async with asyncio.timeout(self._runtime.stall_seconds):
                    piece = await pieces.get()
                if piece["type"] == "progress":
                    self._runtime.report_progress(piece)
                    continue
                _check(child, piece)
                yield piece
                if piece["type"] == "done":
                    return
        except TimeoutError as error:
            await child.stop(kill=True)
            seconds = f"{self._runtime.stall_seconds:.0f} seconds"
            text = f"The model on this device gave no sign of life for {seconds} and was stopped."
            raise ModelError(text, kind="timeout") from error
        finally:
            child.cancel(number)

    async def count(self, body: Mapping[str, Any]) -> int:
        """Tokens of a prompt."""
        child, number, pieces = await self._accepted("count", body)
        try:
            piece = await pieces.get()
            _check(child, piece)
            return int(piece["tokens"])
        finally:
            child.cancel(number)

    async def _accepted(
        self, op: str, body: Mapping[str, Any]
    ) -> tuple[ChildProcess, int, asyncio.Queue[dict[str, Any]]]:
        """Send a request. A process that ended before it took one (idle, or made room) is started anew, once."""
        for attempt in (1, 2):
            number, pieces = self._child.call(op, body)
            try:
                piece = await pieces.get()
            except BaseException:
                self._child.cancel(number)
                raise
            if piece["type"] == "accepted":
                return self._child, number, pieces
            if attempt == 2:
                _check(self._child, piece)
            self._child = await self._again()
        raise self._child.crashed()


def _check(child: ChildProcess, piece: Mapping[str, Any]) -> None:
    if piece["type"] == "gone":
        raise child.crashed()
    if piece["type"] == "error":
        raise ModelError(str(piece["text"]), kind=_kind(piece))


def _kind(message: Mapping[str, Any]) -> ModelErrorKind:
    kind = message.get("kind")
    return cast(ModelErrorKind, kind) if kind in get_args(ModelErrorKind) else "unknown"


class OnDeviceRuntime:
    """Owns the model process. One for the whole program; models share it.

    Args:
        folder: Where the lock lives; two programs with the same folder never run two models at once.
        command: Gives the command of the process.
        environment: Added to the clean environment of the process.
        wait_seconds: How long to wait for another program's model to become idle.
        idle_seconds: After this long without a request the process ends and frees its memory.
        stall_seconds: After this long without a sign of life during a reply it is killed.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        command: Callable[[], Sequence[str]] = child_command,
        environment: Mapping[str, str] | None = None,
        wait_seconds: float = 60.0,
        idle_seconds: float = 1800.0,
        stall_seconds: float = 180.0,
        threads: int | None = None,
    ) -> None:
        self._folder = folder
        self._command = command
        self._environment = dict(environment or {})
        self._wait_seconds = wait_seconds
        self._idle_seconds = idle_seconds
        self.stall_seconds = stall_seconds
        self._threads = threads
        self._child: ChildProcess | None = None
        self._loaded: tuple[Path, int] | None = None
        self._turn = asyncio.Lock()
        self._listeners: list[Listener] = []
        self._measured: dict[Path, float] = {}
        self._status = RuntimeStatus()

    @property
    def status(self) -> RuntimeStatus:
        """What it is doing now."""
        return self._status

    @property
    def pid(self) -> int | None:
        """Process id of the running model process."""
        return self._child.pid if self._child is not None and not self._child.gone else None

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` at every change of status; returns what ends that."""
        self._listeners.append(listener)

        def end() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(listener)

        return end

    @asynccontextmanager
    async def turn(self, model: Path, context: int) -> AsyncIterator[Turn]:
        """Exclusive use of ``model``, started or switched to if need be. Others wait in line.

        Raises:
            ModelError: It cannot be started.
        """
        async with self._turn:
            await self._ready(model, context)
            self._report("answering", "Thinking…")
            try:
                yield self._turn_with(model, context)
            finally:
                self._report("ready" if self.pid is not None else "stopped")

    async def count(self, model: Path, context: int, body: Mapping[str, Any]) -> int | None:
        """Tokens of a prompt, or None where that would mean loading a model or waiting for one."""
        child = self._child
        if child is None or child.gone or self._loaded != (model, context) or self._turn.locked():
            return None
        async with self._turn:
            return await self._turn_with(model, context).count(body) if await child.settle(10) else None

    async def aclose(self) -> None:
        """End the process. Safe to call twice; the next turn starts it again."""
        child, self._child = self._child, None
        if child is not None:
            await child.stop()
            self._report("stopped")

    def report_progress(self, piece: Mapping[str, Any]) -> None:
        """Tell how much of the prompt was read."""
        done, total = int(piece.get("done", 0)), int(piece.get("total", 0))
        if done < total:
            self._report(
                "reading", f"Reading the conversation, {100 * done // max(1, total)} %", done=done, total=total
            )
        else:
            self._report("answering", "Thinking…")

    def _turn_with(self, model: Path, context: int) -> Turn:
        assert self._child is not None
        return Turn(self._child, lambda: self._ready(model, context), self)

    # --- starting ---------------------------------------------------------------------------------------------------

    async def _ready(self, model: Path, context: int) -> ChildProcess:
        child = self._child
        if child is not None:
            usable = not child.gone and self._loaded == (model, context)
            if usable and await child.settle(20):
                return child
            self._child = None
            await child.stop(kill=not child.gone and self._loaded == (model, context))
        return await self._start(model, context)

    async def _start(self, model: Path, context: int) -> ChildProcess:
        if not model.is_file():
            raise ModelError(f"The model file {model.name} is not there any more. Download it again.", kind="not_found")
        folder = self._folder or default_folder()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._report("loading", "Starting the model…", model=model)
        child = await ChildProcess.start(self._command(), self._environment)
        try:
            child.send({
                "op": "start", "model": str(model), "context": context, "folder": str(folder),
                "threads": self._threads or default_threads(), "wait": self._wait_seconds, "idle": self._idle_seconds,
            })  # fmt: skip
            await self._until_ready(child, model)
        except BaseException:
            self._report("stopped")
            await child.stop(kill=True)
            raise
        self._child, self._loaded = child, (model, context)
        return child

    async def _until_ready(self, child: ChildProcess, model: Path) -> None:
        began: float | None = None
        while True:
            try:
                async with asyncio.timeout(1.0):
                    message = await child.news.get()
            except TimeoutError:
                if began is not None:
                    self._loading(model, time.monotonic() - began)
                continue
            kind = message["type"]
            if kind == "waiting":
                self._report("waiting", "Another Bough window is using the model; waiting for it.", model=model)
            elif kind == "loading":
                began = time.monotonic()
                self._loading(model, 0.0)
            elif kind == "ready":
                self._measured[model] = float(message["seconds"])
                self._report("ready", model=model, seconds=float(message["seconds"]))
                return
            elif kind == "failed":
                raise ModelError(str(message["text"]), kind=_kind(message), retryable=False)
            elif kind == "gone":
                raise child.crashed()

    def _loading(self, model: Path, seconds: float) -> None:
        expected = self._measured.get(model) or 1 + os.stat(model).st_size / _BYTES_A_SECOND
        text = f"Loading the model, about {max(1, round(expected))} s"
        self._report("loading", text, model=model, seconds=seconds, expected=expected)

    def _report(self, state: State, text: str = "", *, model: Path | None = None, **facts: Any) -> None:
        name = model.name if model is not None else self._status.model
        status = RuntimeStatus(state, text, name, **facts)
        if status != self._status:
            self._status = status
            for listener in list(self._listeners):
                listener(status)
