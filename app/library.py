"""The person's agents, as documents: the store's rows with ``engine.blueprint`` on top. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.text import tr

if TYPE_CHECKING:
    from engine.blueprint.document import AgentDocument
    from engine.blueprint.edits import Edit
    from engine.blueprint.history import History
    from engine.store import Store
    from engine.store.agents import AgentRow


@dataclass(frozen=True, slots=True)
class LoadedAgent:
    """An agent with its document and what can be undone."""

    row: AgentRow
    history: History


class Library:
    """Agents of one database."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def list(self, *, include_trash: bool = False) -> Sequence[AgentRow]:
        """Agents, the last changed first."""
        return await self._store.agents.list(include_trash=include_trash)

    async def create(self, document: AgentDocument, name: str = "", *, agent_id: str | None = None) -> str:
        """Keep a new agent made from a document; its node ids stay, its name becomes unique here."""
        from engine.blueprint.document import Node
        from engine.blueprint.files import dump_document

        wanted = name or str(document.root.props.get("name", "")).strip() or tr("My agent")
        title = unique_name(wanted, [row.name for row in await self.list(include_trash=False)])
        root = document.root
        props = {**root.props, "name": title}
        document = document.replace_root(Node(root.id, root.kind, props, root.children, root.enabled, root.extra))
        icon = str(props.get("icon", "") or "bot")
        return await self._store.agents.create(dump_document(document), title, icon, agent_id=agent_id)

    async def bring(self, document: AgentDocument) -> str:
        """The id of an agent that is exactly this document; a new one is made where there is none."""
        there = await self.same_as(document)
        return there.id if there is not None else await self.create(document)

    async def same_as(self, document: AgentDocument) -> AgentRow | None:
        """An agent whose present version is exactly this document."""
        from engine.blueprint.files import dump_document
        from engine.store.agents import version_id

        version = version_id(dump_document(document))
        return next((row for row in await self.list() if row.version == version), None)

    async def load(self, agent_id: str) -> LoadedAgent | None:
        """An agent with its document and its undo history.

        Raises:
            DocumentError: What is stored cannot be read by this version.
        """
        from engine.blueprint.files import load_document
        from engine.blueprint.history import History

        stored = await self._store.agents.get(agent_id)
        if stored is None:
            return None
        journal = await self._store.agents.edits(agent_id)
        document = load_document(stored.document)
        history = History.from_json(document, {"entries": list(journal.edits), "position": journal.position})
        return LoadedAgent(stored.row, history)

    async def edit(self, agent_id: str, make: Callable[[AgentDocument], Edit | None]) -> bool:
        """Make an edit of an agent that is not open; once it is opened, it can be undone there like any other.

        Args:
            agent_id: The agent.
            make: Gives the edit for the document as it is now, or None where there is nothing to do.

        Returns:
            Whether anything changed; False too where there is no such agent.
        """
        from engine.blueprint.files import dump_document
        from engine.store.agents import Edited

        loaded = await self.load(agent_id)
        edit = make(loaded.history.document) if loaded is not None else None
        if loaded is None or edit is None:
            return False
        history = loaded.history
        position = history.position
        history.do(edit)
        await self._store.agents.save(
            agent_id,
            dump_document(history.document),
            edit=Edited(history.entries[-1].to_json()),
            undone_to=position,
        )
        return True

    async def find(self, name: str) -> AgentRow | None:
        """The agent of that id or name; names ignore case, the last changed wins."""
        rows = await self.list()
        exact = next((row for row in rows if row.id == name), None)
        return exact or next((row for row in rows if row.name.strip().lower() == name.strip().lower()), None)


def read_file(path: Path) -> AgentDocument:
    """The agent in a file.

    Raises:
        DocumentError: It is none; with place and reason.
        OSError: It cannot be read.
    """
    from engine.blueprint.files import load_file

    return load_file(path)


def unique_name(wanted: str, taken: Sequence[str]) -> str:
    """The name, or with a number behind it where it is taken."""
    lower = {name.lower() for name in taken}
    if wanted.lower() not in lower:
        return wanted
    number = 2
    while f"{wanted} {number}".lower() in lower:
        number += 1
    return f"{wanted} {number}"
