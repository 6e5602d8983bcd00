"""What runs in the model process: one model, one request at a time, messages on standard input and output.

Started with ``python -m engine.models.ondevice.child``, or by a packaged program that dispatches to
:func:`child_main` when it is started with :data:`engine.models.ondevice.process.CHILD_ARGUMENT`.
Not here: the library (``llama``), the program's side (``process``, ``runtime``).
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from engine.models.ondevice import frames
from engine.models.ondevice.llama import BackendError, LlamaBackend
from engine.models.ondevice.locks import MachineLock

_PR_SET_PDEATHSIG = 1
_SIGKILL = 9
_MEMORY_ABOVE_MODEL = 6 << 30


class Backend(Protocol):
    """What the loop below needs of a loaded model."""

    def chat(self, body: Mapping[str, Any], emit: Callable[[dict[str, Any]], bool]) -> None: ...

    def count(self, body: Mapping[str, Any]) -> int: ...

    def close(self) -> None: ...


Loader = Callable[..., Backend]


class ChildLoop:
    """Reads requests, runs them one after another, writes what comes of them."""

    def __init__(self, source: BinaryIO, sink: BinaryIO, load: Loader = LlamaBackend) -> None:
        self._source = source
        self._sink = sink
        self._load = load
        self._work: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._cancelled: set[int] = set()
        self._writing = threading.Lock()
        self._ended = threading.Event()

    def run(self) -> int:
        """Serve until the program goes away, asks for an end, or somebody else needs the place."""
        threading.Thread(target=self._read, name="requests", daemon=True).start()
        start = self._work.get()
        if start is None or start.get("op") != "start":
            return 2
        lock = MachineLock(Path(start["folder"]))
        try:
            if not self._wait_for(lock, float(start["wait"])):
                return 3
            backend = self._start(start)
            if backend is None:
                return 4
            try:
                self._serve(backend, lock, float(start["idle"]))
            finally:
                backend.close()
        finally:
            lock.release()
        return 0

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError, frames.FrameError):
            while (message := frames.read(self._source)) is not None:
                if message.get("op") == "cancel":
                    self._cancelled.add(int(message["id"]))
                else:
                    self._work.put(message)
        self._ended.set()
        self._work.put(None)

    def _send(self, message: Mapping[str, Any]) -> None:
        with self._writing, contextlib.suppress(BrokenPipeError, ValueError):
            self._sink.write(frames.pack(message))
            self._sink.flush()

    def _wait_for(self, lock: MachineLock, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        told = False
        while not lock.take():
            if self._ended.is_set():
                return False
            if time.monotonic() >= deadline:
                text = "Another Bough window is using the model on this device. Wait until it is done, then send again."
                self._send({"type": "failed", "kind": "overloaded", "text": text})
                return False
            if not told:
                self._send({"type": "waiting"})
                told = True
            self._ended.wait(0.25)
        return True

    def _start(self, start: Mapping[str, Any]) -> Backend | None:
        self._send({"type": "loading"})
        began = time.monotonic()
        try:
            backend = self._load(
                Path(start["model"]), context=start["context"], threads=start["threads"], folder=Path(start["folder"])
            )
        except BackendError as error:
            self._send({"type": "failed", "kind": error.kind, "text": str(error)})
            return None
        except MemoryError:
            text = "There is not enough memory for this model."
            self._send({"type": "failed", "kind": "unsupported", "text": text})
            return None
        self._send({"type": "ready", "seconds": time.monotonic() - began, "context": start["context"]})
        return backend

    def _serve(self, backend: Backend, lock: MachineLock, idle: float) -> None:
        last = time.monotonic()
        while True:
            try:
                message = self._work.get(timeout=0.5)
            except queue.Empty:
                if lock.wanted():
                    return self._send({"type": "leaving", "reason": "wanted"})
                if time.monotonic() - last > idle:
                    return self._send({"type": "leaving", "reason": "idle"})
                continue
            if message is None or message.get("op") == "stop":
                return None
            self._one(backend, message)
            last = time.monotonic()

    def _one(self, backend: Backend, message: Mapping[str, Any]) -> None:
        number = int(message["id"])

        def emit(piece: dict[str, Any]) -> bool:
            self._send({**piece, "id": number})
            return number in self._cancelled or self._ended.is_set()

        self._send({"type": "accepted", "id": number})
        try:
            if number in self._cancelled:
                self._send({"type": "done", "id": number, "finish": "cancelled"})
            elif message["op"] == "count":
                self._send({"type": "counted", "id": number, "tokens": backend.count(message["body"])})
            else:
                backend.chat(message["body"], emit)
        except BackendError as error:
            self._send({"type": "error", "id": number, "kind": error.kind, "text": str(error)})
        finally:
            self._cancelled.discard(number)


def die_with_parent() -> None:
    """Have the kernel end this process when the program ends, however it ends (Linux; elsewhere its input closes)."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    parent = os.getppid()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it went away in between
        os._exit(0)


def limit_memory(model_bytes: int) -> None:
    """Bound what the process may take, and offer it first where the system runs out of memory."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("800", encoding="ascii")
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(OSError, ValueError):
        bound = 2 * model_bytes + _MEMORY_ABOVE_MODEL
        resource.setrlimit(resource.RLIMIT_AS, (bound, resource.getrlimit(resource.RLIMIT_AS)[1]))
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def load_bounded(model: Path, *, context: int, threads: int, folder: Path) -> Backend:
    """Load a model within a bound on this process's memory."""
    limit_memory(model.stat().st_size)
    return LlamaBackend(model, context=context, threads=threads, folder=folder)


def child_main(load: Loader = load_bounded) -> int:
    """Run the model process on this process's standard input and output; returns its exit code."""
    die_with_parent()
    # Whatever the library prints must not end up between the frames.
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    code = ChildLoop(os.fdopen(os.dup(0), "rb"), sink, load).run()
    # The library's threads may still be at work; there is nothing left that they could be waited for.
    with contextlib.suppress(OSError):
        sink.flush()
    os._exit(code)


if __name__ == "__main__":
    child_main()
