"""The world that templates are rehearsed in: everything that they may do is allowed, nothing outside is reached."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from engine.blueprint import AgentDocument, Template
from engine.blueprint.gallery import BUNDLED
from engine.blueprint.reach import capabilities
from engine.permissions import MemoryPermissions
from engine.world import World


class Helpers:
    """The agents that a template brings along, by the name that it calls them."""

    def __init__(self, template: Template) -> None:
        self._template = template

    async def load(self, agent_id: str) -> tuple[AgentDocument, World] | None:
        document = self._template.agents.get(agent_id.removeprefix(BUNDLED))
        return None if document is None else (document, World(agent_id))


@asynccontextmanager
async def surroundings(template: Template, folder: Path) -> AsyncIterator[World]:
    """A world for one template, with its permissions given."""
    allowed = [(template.name, capability) for _, capability in capabilities(template.document)]
    world = World(template.name, MemoryPermissions(allowed), agents=Helpers(template), data=folder)
    try:
        yield world
    finally:
        await world.aclose()
