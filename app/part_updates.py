"""Bringing a part up to date wherever it is used: what would change in each agent, and making it so. No Qt.

Agents that are open are changed through their document, closed ones in the database together with their undo journal,
so that each agent can take it back in one step. Not here: showing it (``window.part_dialogs``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from app.library import Library
from engine.blueprint.document import AgentDocument
from engine.blueprint.edits import Batch, Edit
from engine.blueprint.part_edits import PartPreview, preview_update, update_definition, update_part
from engine.blueprint.parts import PartDefinition

if TYPE_CHECKING:
    from engine.store import Store


class Open(Protocol):
    """An agent that is open in the window."""

    @property
    def document(self) -> AgentDocument: ...

    def do(self, edit: Edit) -> object: ...


@dataclass(frozen=True, slots=True)
class AgentUpdate:
    """What changes in one agent, one preview for each part that is brought up to date."""

    agent_id: str
    name: str
    previews: tuple[PartPreview, ...]


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    """What changes everywhere.

    Attributes:
        definitions: The part itself, and the parts that use it as they become.
        agents: The agents that change.
    """

    definitions: tuple[PartDefinition, ...]
    agents: tuple[AgentUpdate, ...]


class PartUpdates:
    """Parts and agents of one database.

    Args:
        store: The database.
        open_agents: The agents that are open now, by id.
    """

    def __init__(self, store: Store, open_agents: Callable[[], Mapping[str, Open]]) -> None:
        self._store = store
        self._open = open_agents

    async def load(self, part_id: str) -> PartDefinition | None:
        """A part of the library; None where it is gone.

        Raises:
            DocumentError: A newer version of Bough saved it.
        """
        stored = await self._store.parts.get(part_id)
        return None if stored is None else PartDefinition.from_json(stored.definition)

    async def save(self, definition: PartDefinition) -> bool:
        """Keep a part in the library; whether that changed anything."""
        return await self._store.parts.save(
            definition.id,
            definition.to_json(),
            title=definition.title,
            version=definition.version,
            description=definition.description,
        )

    async def plan(self, definition: PartDefinition) -> UpdatePlan:
        """What changes where everything that uses this part, directly or inside other parts, uses this version."""
        definitions = await self._definitions(definition)
        names: dict[str, str] = {}
        for each in definitions:
            for use in await self._store.parts.uses(each.id):
                if not use.is_part:
                    names.setdefault(use.id, use.name)
        agents = []
        for agent_id, name in names.items():
            document = await self._document(agent_id)
            previews = _previews(document, definitions) if document is not None else ()
            if previews:
                agents.append(AgentUpdate(agent_id, name, previews))
        return UpdatePlan(definitions, tuple(agents))

    async def apply(self, plan: UpdatePlan, agents: Sequence[str]) -> int:
        """Update these agents of a plan, and the parts of it; how many agents changed.

        What was edited since the plan was made is kept: the update is worked out anew.
        """
        for definition in plan.definitions:
            await self.save(definition)
        changed = 0
        for agent_id in agents:
            changed += await self._apply(agent_id, plan.definitions)
        return changed

    async def _definitions(self, definition: PartDefinition) -> tuple[PartDefinition, ...]:
        """The part, then the parts that use it with the new one inside, as far up as it goes."""
        found = {definition.id: definition}
        queue = [definition]
        while queue:
            inner = queue.pop(0)
            for use in await self._store.parts.uses(inner.id):
                if not use.is_part:
                    continue
                outer = found.get(use.id) or await self.load(use.id)
                updated = update_definition(outer, inner) if outer is not None else None
                if updated is not None:
                    found[use.id] = updated
                    queue.append(updated)
        return tuple(found.values())

    async def _document(self, agent_id: str) -> AgentDocument | None:
        opened = self._open().get(agent_id)
        if opened is not None:
            return opened.document
        loaded = await Library(self._store).load(agent_id)
        return loaded.history.document if loaded is not None else None

    async def _apply(self, agent_id: str, definitions: Sequence[PartDefinition]) -> bool:
        opened = self._open().get(agent_id)
        if opened is not None:
            edit = _update(opened.document, definitions)
            if edit is not None:
                opened.do(edit)
            return edit is not None
        return await Library(self._store).edit(agent_id, lambda document: _update(document, definitions))


def _previews(document: AgentDocument, definitions: Sequence[PartDefinition]) -> tuple[PartPreview, ...]:
    found = (preview_update(document, definition) for definition in definitions)
    return tuple(preview for preview in found if preview.edit is not None)


def _update(document: AgentDocument, definitions: Sequence[PartDefinition]) -> Edit | None:
    """One edit for all of them: each part stands somewhere else, so none is in another's way."""
    edits = tuple(edit for each in definitions if (edit := update_part(document, each)) is not None)
    if not edits:
        return None
    return edits[0] if len(edits) == 1 else Batch(edits, f"update the part {definitions[0].title}")
