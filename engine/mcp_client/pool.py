"""All servers of one agent: each started once, ended together. Not here: one server (``server``)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from engine.mcp_client.config import ServerConfig
from engine.mcp_client.server import Server

if TYPE_CHECKING:
    from engine.world import World

_KEY = "mcp_servers"


class Pool:
    """The servers that an agent uses. Made by :func:`pool_of`; ended with the agent's world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._servers: dict[str, Server] = {}

    def server(self, config: ServerConfig) -> Server:
        """The server of this configuration; it is started by its first use."""
        found = self._servers.get(config.key)
        if found is None:
            found = self._servers[config.key] = Server(config, self._world.secrets)
        found.config = config
        return found

    async def aclose(self) -> None:
        """End all."""
        servers, self._servers = list(self._servers.values()), {}
        await asyncio.gather(*(server.aclose() for server in servers))


def pool_of(world: World) -> Pool:
    """The servers of this world."""
    pool: Pool | None = world.kept.get(_KEY)
    if pool is None:
        pool = world.kept[_KEY] = Pool(world)
        world.closing.append(pool.aclose)
    return pool
