"""What an agent may reach on this machine, put together for the engine: permissions, keychain, other agents. No Qt.

Not here: the gate itself (``engine.world``), asking the person (the chat, ``cli.run``), the list of what is allowed
(``permissions``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.agent_secrets import AgentSecrets
from app.choice import ModelChoice, choose
from app.library import Library
from app.model_slot import ModelSlot, ModelSlots

if TYPE_CHECKING:
    from app.services import Services
    from engine.blueprint.document import AgentDocument
    from engine.world import World

CONTENT = "content:"
"""Permissions of an agent that is run from a file belong to this and the hash of its content, never to an id in it."""


def world_for(services: Services, agent_id: str, document: Callable[[], AgentDocument | None]) -> World:
    """The surroundings of one agent. The store must be open; the caller closes the world.

    Args:
        services: The parts of this run.
        agent_id: The id that this machine gave the agent.
        document: Gives the agent as it is now, for what its Model nodes leave open.
    """
    from engine.permissions import StoredPermissions
    from engine.world import World

    def choice(connection: str, model: str) -> ModelChoice:
        settings = services.settings_file.current
        return services.models.complete(choose(document(), settings, connection=connection, model=model))

    return World(
        agent_id,
        permissions=StoredPermissions(services.store.grants),
        store=services.store,
        secrets=AgentSecrets(services.keychain),
        agents=PersonsAgents(services),
        models=ModelSlots(choice, services.models),
        data=services.paths.data / "steps",
        private=tuple(dict.fromkeys((services.paths.data, services.paths.config, services.paths.logs))),
    )


class PersonsAgents:
    """Implements ``engine.world.Agents``: the agents of the library, for agents that hand tasks to each other."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def load(self, agent_id: str) -> tuple[AgentDocument, World] | None:
        """The newest version of an agent with a world of its own; None where it is gone or in the trash.

        Raises:
            DocumentError: What is stored cannot be read by this version.
        """
        services = self._services
        loaded = await Library(services.store).load(agent_id)
        if loaded is None or loaded.row.trashed is not None:
            return None
        document = loaded.history.document
        world = world_for(services, agent_id, lambda: document)

        def choice() -> ModelChoice:
            return services.models.complete(choose(document, services.settings_file.current))

        world.model = ModelSlot(lambda: services.models.make(choice()), lambda: services.models.info(choice()))
        return document, world


async def look_around(document: AgentDocument) -> None:
    """Find out, away from the loop, what the permissions of an agent depend on."""
    from engine.blueprint import reach

    await reach.look_around([document.root])
