"""What an agent may reach outside its own state, and the one gate in front of it.

Every step, file, server and child agent gets here first: :meth:`World.require` is the only place where an effect is
let through. Not here: the effects themselves, and where permissions are kept (``engine.permissions``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from engine.errors import NotPermitted
from engine.permissions import Capability, MemoryPermissions, Permissions

if TYPE_CHECKING:
    from engine.blueprint.document import AgentDocument
    from engine.store.store import Store

Decision = Literal["once", "always", "no"]
Ask = Callable[[Capability], Awaitable[Decision]]
"""Puts a capability to the person and returns what they decided."""


class Secrets(Protocol):
    """The keychain, as agents may use it."""

    async def get(self, name: str, host: str) -> str | None:
        """The secret of that name where it is bound to that host (``example.org:443``), else None."""
        ...


class Agents(Protocol):
    """The person's agents, for agents that use each other."""

    async def load(self, agent_id: str) -> tuple[AgentDocument, World] | None:
        """The newest version of an agent with a world of its own, which the caller closes; None where it is gone."""
        ...


@dataclass(eq=False)
class World:
    """The surroundings of one agent.

    Attributes:
        agent_id: The id that this machine gave the agent; permissions are bound to it, never to ids in a file.
        permissions: What the person allowed.
        store: The database, for looking through earlier sessions.
        secrets: The keychain; None: there are no secrets.
        agents: Other agents of the person; None: there are none.
        models: Gives the model of a connection for a Model node, ``models(connection, model)``, "" where one is left
            open; the same object for the same names. None: the session's own model is asked by another name.
        model: What answers when another agent hands this one a task; None: that agent's own model.
        data: A folder of Bough's own for what steps need while they run; None: the system's for temporary files.
        private: Folders of Bough's own, with its database and settings in them: no file step enters them.
        closing: Called by :meth:`aclose`, the last added first.
        kept: What lasts from turn to turn beside the agent's state, such as running servers; each user has its own key.
    """

    agent_id: str
    permissions: Permissions = field(default_factory=MemoryPermissions)
    store: Store | None = None
    secrets: Secrets | None = None
    agents: Agents | None = None
    models: Callable[[str, str], Any] | None = None
    model: Any = None
    data: Path | None = None
    private: Sequence[Path] = ()
    closing: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    kept: dict[str, Any] = field(default_factory=dict)
    _asking: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def require(self, capability: Capability, ask: Ask | None = None) -> None:
        """Go on only where the person allowed this.

        Args:
            capability: What is about to happen.
            ask: How to ask them where it is not allowed yet. None: nobody can be asked.

        Raises:
            NotPermitted: They did not, or nobody could be asked. Nothing happened.
        """
        if await self.permissions.allows(self.agent_id, capability):
            return
        if ask is None:
            raise NotPermitted(capability.sentence)
        # One question at a time for one thing: two calls side by side ask once where the first answer is "always".
        async with self._asking.setdefault(capability.key, asyncio.Lock()):
            if await self.permissions.allows(self.agent_id, capability):
                return
            decision = await ask(capability)
            if decision == "no":
                raise NotPermitted(capability.sentence)
            if decision == "always":
                await self.permissions.allow(self.agent_id, capability)

    async def allowed(self, capability: Capability) -> bool:
        """Whether it is allowed already; asks nobody."""
        return await self.permissions.allows(self.agent_id, capability)

    async def aclose(self) -> None:
        """End what parts of the agent keep open, such as servers; all of it, whatever one of them raises."""
        try:
            while self.closing:
                await self.closing.pop()()
        finally:
            if self.closing:
                await self.aclose()
