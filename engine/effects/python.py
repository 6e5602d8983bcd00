"""Running a piece of Python in a process of its own: no environment, a folder of its own, limits, killed as a group.

The code is handed over as it is, what it works on as JSON: neither can become the other. Where the system can make a
room without network and files (``sandbox``), it runs in one. Not here: the process's own side (``python_child``).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engine.effects.python_child import GO, HEAD, READY
from engine.effects.sandbox import Sandbox
from engine.errors import ToolError

CHILD_ARGUMENT = "--python-step"
"""With this as its only argument, the packaged program is such a process (see ``python_child.child_main``)."""
MAX_PRINTED = 200_000
MAX_ANSWER = 2_000_000
MAX_INPUT = 4_000_000
FILE_BYTES = 32_000_000
OPEN_FILES = 64
PATIENCE = 3.0
_SIGKILL = getattr(signal, "SIGKILL", signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: the value of ``result`` where the code set it, else what it printed."""

    value: Any
    printed: str = ""


@cache
def interpreter() -> tuple[Sequence[str], Sequence[str]]:
    """The command that starts the process, and what it must be able to read for that."""
    if getattr(sys, "frozen", False):
        return (sys.executable, CHILD_ARGUMENT), (str(Path(sys.executable).resolve().parent),)
    program = str(Path(getattr(sys, "_base_executable", None) or sys.executable).resolve())
    child = str(Path(__file__).with_name("python_child.py"))
    prefix = str(Path(sys.base_prefix).resolve())
    own = [program] if prefix in ("/usr", "/") else [prefix]
    return (program, "-I", "-S", "-B", "-X", "utf8", child), (*own, child)


async def run_python(
    code: str, inputs: Any, *, seconds: float, megabytes: int, room: Sandbox | None, data: Path | None = None
) -> Outcome:
    """Run code.

    Args:
        code: The program text, never made from anything but the agent's document.
        inputs: A JSON value; the code finds it in ``inputs``.
        seconds: When it is ended.
        megabytes: The most memory it may have.
        room: Where it is cut off from network and files; None: it is not.
        data: Where its folder is made outside of a room; None: where the system keeps temporary files.

    Raises:
        ToolError: The code failed, or came to a limit; with the line where it is known.
    """
    if room is not None:
        return await _run(code, inputs, seconds, megabytes, room, None)
    folder = await asyncio.to_thread(_folder, data)
    try:
        return await _run(code, inputs, seconds, megabytes, None, folder)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, True)


def _folder(data: Path | None) -> Path:
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="step-", dir=data))


async def _run(
    code: str, inputs: Any, seconds: float, megabytes: int, room: Sandbox | None, folder: Path | None
) -> Outcome:
    command, readable = interpreter()
    request = {
        "code": code,
        "inputs": inputs,
        "printed": MAX_PRINTED,
        "parent": os.getpid() if room is None else 0,
        "limits": {
            "CPU": int(seconds) + 1,
            "AS": megabytes << 20,
            "FSIZE": FILE_BYTES,
            "NOFILE": OPEN_FILES,
            "CORE": 0,
            "NPROC": 0,
        },
    }
    sent = json.dumps(request).encode()
    if len(sent) > MAX_INPUT:
        raise ToolError(f"What the code was to work on is larger than {MAX_INPUT:,} bytes.")
    try:
        process = await asyncio.create_subprocess_exec(
            *(room.command(command, readable) if room is not None else command),
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={},
            cwd=folder,
            start_new_session=True,  # a group of its own, so that all of it can be ended at once
        )
    except OSError as error:
        raise ToolError(f"Python could not be started: {error.strerror or error}.") from None
    try:
        async with asyncio.timeout(seconds):
            answer = await _talk(process, sent)
    except TimeoutError:
        raise ToolError(f"The code took longer than {seconds:g} seconds and was ended.") from None
    finally:
        _end(process)
        with contextlib.suppress(TimeoutError):  # something that left the group may hold the pipe open
            async with asyncio.timeout(PATIENCE):
                while await process.stdout.read(65_536):  # type: ignore[union-attr]
                    pass  # an end behind what nobody reads is never noticed
                await process.wait()
        process._transport.close()  # type: ignore[attr-defined] # after the wait: it would take the exit code away
    return _outcome(answer, process.returncode or 0, megabytes)


async def _talk(process: Process, sent: bytes) -> bytes:
    """Hand the request over and take the message; "" where the process ended without one."""
    assert process.stdin is not None and process.stdout is not None
    try:
        process.stdin.write(len(sent).to_bytes(HEAD, "big") + sent)
        await process.stdin.drain()
        await process.stdout.readexactly(len(READY))
        process.stdin.write(GO)
        process.stdin.close()
        size = int.from_bytes(await process.stdout.readexactly(HEAD), "big")
        if size > MAX_ANSWER:
            raise ToolError(f"The result is larger than {MAX_ANSWER:,} bytes.")
        return await process.stdout.readexactly(size)
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""


def _end(process: Process) -> None:
    """Kill the process and all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, _SIGKILL)
        elif process.returncode is None:
            process.kill()


def _outcome(answer: bytes, code: int, megabytes: int) -> Outcome:
    said = _message(answer)
    if said is None:
        overwritten = "The code wrote where its result is handed over, so that the result cannot be read."
        raise ToolError(overwritten if answer else _ending(code, megabytes))
    printed = said["printed"]
    if "error" in said:
        line = f" (line {said['line']})" if said.get("line") else ""
        before = f" Before that it printed: {printed.strip()[-500:]}" if printed.strip() else ""
        raise ToolError(f"The code failed{line}: {said['error']}{before}")
    return Outcome(said["value"] if "value" in said else printed.rstrip("\n"), printed)


def _message(answer: bytes) -> dict[str, Any] | None:
    """What the process said; None where it is not in its form, for the code can write there as well."""
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict) and isinstance(said.get("printed"), str) else None


def _ending(code: int, megabytes: int) -> str:
    """Why a process ended without a word. A room tells signals as 128 and their number."""
    number = -code if code < 0 else code - 128
    if number in (getattr(signal, "SIGXCPU", 24), _SIGKILL):
        return "The code was ended by the system: it used too much time or memory."
    if number == getattr(signal, "SIGXFSZ", 25):
        return f"The code wrote a file larger than {FILE_BYTES:,} bytes."
    if number == getattr(signal, "SIGSEGV", 11) or code == 1:
        return f"Python broke down. It may need more than {megabytes} megabytes of memory."
    return f"Python ended unexpectedly (code {code})."
