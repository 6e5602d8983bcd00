"""Everything that the person allowed, as one list, and taking it back. Not here: asking (``engine.world``). No Qt.

There are two sorts: what an agent may always do outside its own state, and tools that may be used in one session
without asking again.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.file_agents import is_file_agent
from app.text import tr
from app.tool_titles import title_of_tool
from app.worlds import CONTENT
from engine.permissions import PREFIX

if TYPE_CHECKING:
    from engine.store import Store
    from engine.store.grants import Grant


@dataclass(frozen=True, slots=True)
class Allowed:
    """One thing that is allowed.

    Attributes:
        grant: As it is stored.
        agent_id: Whose it is; "" where nobody knows.
        agent: What that agent is called.
        icon: Its icon.
        kind: Kind of the capability; ``tool`` for a tool of one session.
        sentence: What is allowed, in words.
    """

    grant: Grant
    agent_id: str
    agent: str
    icon: str
    kind: str
    sentence: str

    @property
    def id(self) -> str:
        """Tells it from all others."""
        return f"{self.grant.session_id or ''}|{self.grant.key}"


async def list_allowed(store: Store) -> Sequence[Allowed]:
    """All that is allowed, by agent: those changed last first, and of each the newest first."""
    agents = {row.id: row for row in await store.agents.list(include_trash=True)}
    order = {agent_id: place for place, agent_id in enumerate(agents)}
    found = []
    for grant in await store.grants.list():
        one = await _in_session(store, grant) if grant.session_id is not None else _of_agent(grant)
        if one is not None:
            agent_id, kind, sentence = one
            row = agents.get(agent_id)
            name = row.name if row is not None else _nameless(agent_id)
            found.append(Allowed(grant, agent_id, name, row.icon if row is not None else "bot", kind, sentence))
    return sorted(found, key=lambda one: (order.get(one.agent_id, len(order)), one.agent_id, -one.grant.created))


async def take_back(store: Store, grants: Sequence[Grant]) -> None:
    """Take these back; the next time the agent has to ask again."""
    for grant in grants:
        await store.grants.revoke(grant.key, session_id=grant.session_id)


async def give_again(store: Store, grants: Sequence[Grant]) -> None:
    """Allow again what was taken back a moment ago."""
    from engine.persistence import Commit

    for grant in grants:
        if grant.session_id is None:
            await store.grants.set(grant.key, grant.value)
        else:
            await store.sessions.commit(Commit(grant.session_id, grants={grant.key: grant.value}))


def _of_agent(grant: Grant) -> tuple[str, str, str] | None:
    if not grant.key.startswith(PREFIX):
        return None
    agent_id, _, key = grant.key.removeprefix(PREFIX).partition("/")
    value = grant.value if isinstance(grant.value, dict) else {}
    return agent_id, str(value.get("kind", key.partition(":")[0])), str(value.get("sentence", "")) or key


async def _in_session(store: Store, grant: Grant) -> tuple[str, str, str]:
    session = await store.browser.get(grant.session_id or "")
    agent_id = (session.agent_id if session is not None else None) or ""
    tool = grant.key.partition(":")[0]
    stored = await store.agents.get(agent_id) if agent_id else None
    if stored is not None:
        from engine.blueprint.files import DocumentError, load_document

        with suppress(DocumentError):
            tool = title_of_tool(load_document(stored.document), tool)
    title = (session.title if session is not None else "") or tr("Without a title")
    return agent_id, "tool", tr("Use “{tool}” without asking, in the session “{title}”", tool=tool, title=title)


def _nameless(agent_id: str) -> str:
    if agent_id.startswith(CONTENT) or is_file_agent(agent_id):
        return tr("An agent that was run from a file")
    return tr("An agent that is not here any more")
