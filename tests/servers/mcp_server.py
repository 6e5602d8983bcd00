"""A tool server of the Model Context Protocol as a program, made with the official library.

``python -m tests.servers.mcp_server`` speaks over standard input and output. What is wrong with it on purpose:
``--print`` (a greeting among the messages), ``--deaf`` (lives on when its input closes). Not here: one at an address.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import subprocess
import threading
from typing import Any

from mcp.server import MCPServer  # noqa: TID253 - a process of its own
from mcp.server.mcpserver import Context, Image  # noqa: TID253

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360f8cfc0000000030001005b5dd1e20000000049454e44ae426082"
)


def make() -> MCPServer:
    """The server with its tools."""
    server = MCPServer("Test tools", version="7.1")

    @server.tool(title="Add numbers", description="Add two numbers")
    def add(a: int, b: int) -> str:
        return str(a + b)

    @server.tool(name="odd/name here", description="A tool whose name is not legal")
    def odd() -> str:
        return "odd"

    @server.tool(description="Say what the environment holds")
    def environment() -> str:
        return "\n".join(f"{name}={value}" for name, value in sorted(os.environ.items()))

    @server.tool(description="Return an image")
    def picture() -> Image:
        return Image(data=PIXEL, format="png")

    @server.tool(description="Fail")
    def fail(why: str) -> str:
        raise ValueError(why)

    @server.tool(description="End the process")
    def crash() -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return "never"

    @server.tool(description="Say a lot")
    def much(size: int) -> str:
        return "x" * size

    @server.tool(description="Never answer")
    async def hang() -> str:
        await asyncio.Event().wait()
        return "never"

    @server.tool(description="Tell how far it is")
    async def slow(context: Context[Any, Any]) -> str:
        for step in range(1, 4):
            await context.report_progress(step, 3, f"step {step}")
        return "there"

    @server.tool(description="Start a process of its own and tell its id")
    def child() -> str:
        return str(subprocess.Popen(["sleep", "1000"]).pid)

    @server.tool(description="Offer one more tool")
    async def grow(context: Context[Any, Any]) -> str:
        server.add_tool(lambda: "grown", name="grown", description="Was not there before")
        await context.notify_tools_changed()
        return "ok"

    return server


def main() -> None:
    """Run as told on the command line."""
    parser = argparse.ArgumentParser()
    for name in ("--print", "--deaf"):
        parser.add_argument(name, action="store_true")
    options = parser.parse_args()
    server = make()
    if options.print:
        print("Welcome to the test tools", flush=True)
    server.run()
    if options.deaf:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        threading.Event().wait()


if __name__ == "__main__":
    main()
