"""Servers, secrets and endings for the tests of the MCP client."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path
from typing import Any

from engine.mcp_client.config import ServerConfig

ROOT = Path(__file__).resolve().parents[3]


def program(*options: str, **more: Any) -> ServerConfig:
    """The test server as a program."""
    given: dict[str, Any] = {"title": "Test", "environment": (("PYTHONPATH", str(ROOT)),), **more}
    return ServerConfig(program=sys.executable, arguments=("-m", "tests.servers.mcp_server", *options), **given)


def script(code: str, **more: Any) -> ServerConfig:
    """A program of a few lines that is no good server."""
    return ServerConfig(title="Bad", program=sys.executable, arguments=("-c", code), **more)


class Keychain:
    """Secrets by name and place."""

    def __init__(self, **secrets: tuple[str, str]) -> None:
        self.secrets = secrets

    async def get(self, name: str, host: str) -> str | None:
        bound, value = self.secrets.get(name, ("", ""))
        return value if bound == host and value else None


async def until_gone(pid: int) -> None:
    """Wait for the end of a process that need not be ours."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    loop.add_reader(descriptor, lambda: ended.done() or ended.set_result(None))
    try:
        await ended
    finally:
        loop.remove_reader(descriptor)
        with contextlib.suppress(OSError):
            os.close(descriptor)
