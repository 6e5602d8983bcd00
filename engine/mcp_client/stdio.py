"""A server that is a program of ours: started with little, bounded in what it says, and gone when we are.

It gets a session (process group) of its own, a minimal environment without any secret of ours, and a guard: a shell
that holds a pipe from us and kills the whole group when that pipe closes, whether we closed it or died.
Not here: the protocol (``mcp``), when servers are started (``server``).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import sys
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.mcp_client.config import ServerConfig, ServerError

if TYPE_CHECKING:
    from mcp.client import Transport

log = logging.getLogger(__name__)

MAX_MESSAGE = 16_000_000
"""Bytes of one message; a server that says more in one line is ended."""
PATIENCE = 2.0
"""Seconds that a server has to end by itself once its input is closed."""
_LOOK_EVERY = 0.01
_KEPT = ("HOME", "LANG", "LOGNAME", "PATH", "SHELL", "TMPDIR", "USER")
_KEPT_ON_WINDOWS = (
    "APPDATA", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "PATH", "PATHEXT", "PROCESSOR_ARCHITECTURE", "PROGRAMFILES",
    "SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "USERNAME", "USERPROFILE",
)  # fmt: skip
_GUARD = '(read -r _ </dev/fd/"$0"; kill -KILL 0) >/dev/null 2>&1 & exec "$@"'


def environment(config: ServerConfig, secret: Mapping[str, str]) -> dict[str, str]:
    """All that the program finds in its environment."""
    kept = _KEPT_ON_WINDOWS if sys.platform == "win32" else _KEPT
    ours = {name: os.environ[name] for name in kept if name in os.environ}
    return {**ours, **dict(config.environment), **secret}


def command(config: ServerConfig, given: Mapping[str, str]) -> list[str]:
    """The program, found, with its arguments.

    Raises:
        ServerError: There is no such program.
    """
    program = os.path.expanduser(config.program)
    found = shutil.which(program, path=given.get("PATH"))
    if found is None:
        raise ServerError(
            f"The program “{config.program}” is not on this computer.",
            "Install it, or choose another program in the properties of the server.",
        )
    return [found, *config.arguments]


class Process:
    """One running program and its last words."""

    def __init__(self, process: asyncio.subprocess.Process, guard: int | None) -> None:
        self._process = process
        self._guard = guard
        self.words: deque[str] = deque(maxlen=20)
        self.too_much = False
        self.stopping = False
        self.ended = asyncio.Event()
        """Set when it has closed its output by itself, which is when it is of no use any more."""

    @classmethod
    async def start(cls, config: ServerConfig, secret: Mapping[str, str]) -> Process:
        """Start the program.

        Raises:
            ServerError: It cannot be started.
        """
        given = environment(config, secret)
        argv = await asyncio.to_thread(command, config, given)
        read_end = write_end = None
        if os.name == "posix":
            read_end, write_end = os.pipe()
            argv = ["/bin/sh", "-c", _GUARD, str(read_end), *argv]
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=pipe,
                stdout=pipe,
                stderr=pipe,
                env=given,
                cwd=str(Path.home()),
                limit=MAX_MESSAGE,
                start_new_session=True,
                pass_fds=() if read_end is None else (read_end,),
            )
        except BaseException as error:
            if write_end is not None:
                os.close(write_end)
            if not isinstance(error, (OSError, ValueError)):  # such as being cancelled
                raise
            raise ServerError(f"The program “{config.program}” could not be started: {error}.") from error
        finally:
            if read_end is not None:
                os.close(read_end)
        return cls(process, write_end)

    @property
    def pid(self) -> int:
        """Its process id, which is also that of its group."""
        return self._process.pid

    async def line(self) -> bytes | None:
        """The next line it says; None at its end."""
        assert self._process.stdout is not None
        try:
            return await self._process.stdout.readuntil(b"\n")
        except asyncio.IncompleteReadError as rest:
            return rest.partial or None
        except asyncio.LimitOverrunError:
            self.too_much = True
            return None

    async def say(self, data: bytes) -> None:
        """Write to it.

        Raises:
            ConnectionError: It does not listen any more.
        """
        assert self._process.stdin is not None
        self._process.stdin.write(data)
        await self._process.stdin.drain()

    async def listen(self) -> None:
        """Keep the last lines of what it says beside the protocol."""
        assert self._process.stderr is not None
        while piece := await self._process.stderr.read(4096):
            self.words.extend(line[:500] for line in piece.decode(errors="replace").splitlines() if line.strip())

    async def stop(self) -> None:
        """Close its input, wait a moment, and end the group. Safe to call twice."""
        self.stopping = True
        process = self._process
        if process.stdin is not None:
            process.stdin.close()
        await self._gone()
        guard, self._guard = self._guard, None
        if guard is not None:
            os.close(guard)  # and with it goes all that is left of the group
            await self._gone()
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await self._gone()
        process._transport.close()  # type: ignore[attr-defined]  # a program that it started may hold the pipes open
        if process.stdin is not None:
            with contextlib.suppress(ConnectionError, OSError):
                await process.stdin.wait_closed()

    async def _gone(self) -> None:
        """Wait a moment for its end. Not by ``wait``, which also waits for pipes that other programs may hold open."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while self._process.returncode is None:  # noqa: ASYNC110 - the loop tells it in no other way
                    await asyncio.sleep(_LOOK_EVERY)

    def how_it_ended(self) -> str:
        """How it ended, as the end of a sentence, with its last words."""
        if self.too_much:
            return "it said too much at once"
        code = self._process.returncode
        last = f": {self.words[-1]}" if self.words else ""
        if code is None:
            return f"it closed the connection{last}"
        return f"it was ended by signal {-code}{last}" if code < 0 else f"it ended with code {code}{last}"


def transport(process: Process) -> Transport:
    """The program as the client library wants it: two streams of messages."""
    return _transport(process)


@asynccontextmanager
async def _transport(process: Process) -> AsyncGenerator[tuple[Any, Any], None]:
    import anyio
    from mcp.shared.message import SessionMessage
    from mcp_types import jsonrpc_message_adapter

    from_server, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, to_server = anyio.create_memory_object_stream[SessionMessage](0)
    gone = (anyio.ClosedResourceError, anyio.BrokenResourceError, ConnectionError, OSError)

    async def read() -> None:
        async with from_server:
            while (line := await process.line()) is not None:
                try:
                    message = jsonrpc_message_adapter.validate_json(line, by_name=False)
                except ValueError:  # a greeting, or a print that was left in
                    process.words.append(line.decode(errors="replace").strip()[:500])
                    continue
                with contextlib.suppress(*gone):
                    await from_server.send(SessionMessage(message))
            if not process.stopping:
                process.ended.set()

    async def write() -> None:
        with contextlib.suppress(*gone):
            async with to_server:
                async for message in to_server:
                    await process.say(
                        message.message.model_dump_json(by_alias=True, exclude_unset=True).encode() + b"\n"
                    )

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        tasks.start_soon(write)
        tasks.start_soon(process.listen)
        try:
            yield incoming, outgoing
        finally:
            with anyio.CancelScope(shield=True):
                incoming.close()
                outgoing.close()
                await process.stop()
            tasks.cancel_scope.cancel()
