"""What runs in the process of a Run Python step: limits first, then the code, then one JSON message.

Started as a file of its own by a Python that sees nothing of this project, or by the packaged program when it is
started with :data:`engine.effects.python.CHILD_ARGUMENT`; so it imports the standard library alone.
The other side is ``python``. The code can do in this process what it likes: what it must not do is kept from it by
the sandbox (``sandbox``) and by the limits, not by Python.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import traceback
from collections.abc import Mapping
from typing import Any

HEAD = 8
"""Bytes in front of request and message that tell their length: what the code leaves running may keep a pipe open."""
READY, GO = b"R", b"G"
"""The child has its request; it may begin."""
STEP = "<step>"
"""The name of the code's file in tracebacks."""
_PR_SET_PDEATHSIG = 1
_SIGKILL = 9


class TooMuch(Exception):
    """The code printed more than it may."""


class _Printed(io.TextIOBase):
    """Keeps what is printed, up to a limit."""

    def __init__(self, limit: int) -> None:
        self.pieces: list[str] = []
        self._left = limit

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self._left -= len(text)
        if self._left < 0:
            raise TooMuch
        self.pieces.append(text)
        return len(text)


def run(code: str, inputs: Any, limit: int) -> dict[str, Any]:
    """Run code and say what came of it.

    Args:
        code: The program text.
        inputs: What it finds in the variable ``inputs``.
        limit: The most characters it may print.

    Returns:
        ``{"printed": …}``, with ``value`` where the code set ``result``, or with ``error`` (a sentence) and ``line``.
    """
    printed = _Printed(limit)
    space: dict[str, Any] = {"__name__": "__main__", "__builtins__": __builtins__, "inputs": inputs}
    found: dict[str, Any] = {}
    before = sys.stdout, sys.stderr
    sys.stdout = sys.stderr = printed
    try:
        exec(compile(code, STEP, "exec"), space)
    except TooMuch:
        found = {"error": f"It printed more than {limit:,} characters."}
    except SystemExit as error:
        if error.code not in (None, 0):
            found = {"error": f"It ended itself with {str(error.code)[:200]}."}
    except BaseException as error:  # noqa: BLE001 (the code may raise anything)
        found = {"error": _words(error), "line": _line(error)}
    finally:
        sys.stdout, sys.stderr = before
    if "error" not in found and "result" in space:
        try:
            found["value"] = json.loads(json.dumps(space["result"], allow_nan=False))
        except (TypeError, ValueError, RecursionError) as error:
            kind = type(space["result"]).__name__
            reason = "it holds itself" if isinstance(error, RecursionError) or "Circular" in str(error) else str(error)
            found["error"] = f"The result ({kind}) cannot be given back: {reason}. Use texts, numbers, lists and dicts."
    return {"printed": "".join(printed.pieces), **found}


def _words(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "It needs more memory than it may use."
    return f"{type(error).__name__}: {error}"[:2_000] if str(error) else type(error).__name__


def _line(error: BaseException) -> int | None:
    if isinstance(error, SyntaxError):
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == STEP]
    return lines[-1] if lines else None


def limit_process(limits: Mapping[str, int]) -> None:
    """Bind this process by the limits of the system, named as ``resource`` names them, as far as it has them."""
    try:
        import resource
    except ImportError:  # Windows has none; there the parent's clock is what ends it
        return
    for name, value in limits.items():
        number = getattr(resource, f"RLIMIT_{name}", None)
        if number is not None:
            _, hard = resource.getrlimit(number)
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            with contextlib.suppress(ValueError, OSError):  # macOS knows some by name only
                resource.setrlimit(number, (value, value))


def die_with(parent: int) -> bool:
    """Let the kernel end this process when its parent ends; False where the parent has gone already."""
    if not sys.platform.startswith("linux"):
        return True
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    return os.getppid() == parent


def child_main() -> int:  # pragma: no cover (measured by what comes back: no coverage runs in that process)
    """Read the request from standard input, run it, write the message to standard output.

    Without a request it ends at once: that is how it is found out whether such a process can run in a room. It runs
    nothing before the program has said so: one that has ended since then cannot, and by then the kernel knows that
    this process is to end with it.
    """
    asked = sys.stdin.buffer
    size = asked.read(HEAD)
    if not size:
        return 0
    request = json.loads(asked.read(int.from_bytes(size, "big")))
    if request["parent"] and not die_with(request["parent"]):
        return 3
    # What writes past Python, such as a child of its own, must not get between.
    answer = os.dup(1)
    os.write(answer, READY)
    if not asked.read(1):
        return 3
    os.environ.clear()
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)
    limit_process(request["limits"])
    message = json.dumps(run(request["code"], request["inputs"], request["printed"])).encode()
    data = memoryview(len(message).to_bytes(HEAD, "big") + message)
    while data:
        data = data[os.write(answer, data) :]
    return 0


if __name__ == "__main__":
    sys.exit(child_main())
