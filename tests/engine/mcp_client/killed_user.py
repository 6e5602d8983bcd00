"""The program that ``test_programs`` kills while it uses a server."""

from __future__ import annotations

import asyncio

from engine.mcp_client.server import Server
from tests.engine.mcp_client.kit import program


async def main() -> None:
    server = Server(program("--deaf"))
    (block,) = await server.call("child", {})
    print(server.pid, block["text"], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
