"""The world that templates are rehearsed in: everything that they may do is allowed, nothing outside is reached."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from engine.blueprint import Template
from engine.blueprint.capabilities import capabilities
from engine.permissions import MemoryPermissions
from engine.world import World


@asynccontextmanager
async def surroundings(template: Template, folder: Path) -> AsyncIterator[World]:
    """A world for one template, with its permissions given."""
    allowed = [(template.name, capability) for _, capability in capabilities(template.document)]
    world = World(template.name, MemoryPermissions(allowed))
    try:
        yield world
    finally:
        await world.aclose()
