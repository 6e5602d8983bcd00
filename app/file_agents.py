"""Agents that are run from a file: what they are called in the database, and finding them again. No Qt.

A file is not an agent of the library, but its sessions must know that they belong together: their agent id is made
from the document's root id and name. The document itself is kept as a version under its content hash, so that the
window can open such a session and add the agent to the library.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from app.library import Library

if TYPE_CHECKING:
    from engine.blueprint.document import AgentDocument
    from engine.store import Store

PREFIX = "file_"


def file_agent_id(document: AgentDocument) -> str:
    """The id under which sessions of this file are kept; the same as long as root id and name are."""
    root = document.root
    text = f"{root.id}\0{root.props.get('name', '')}"
    return PREFIX + hashlib.blake2b(text.encode(), digest_size=12).hexdigest()


def is_file_agent(agent_id: str | None) -> bool:
    return bool(agent_id) and str(agent_id).startswith(PREFIX)


async def document_of_session(store: Store, session_id: str) -> AgentDocument | None:
    """The document that the session's newest turn ran with, or None where none was recorded."""
    from engine.blueprint.files import load_document

    executions = await store.sessions.executions(session_id)
    for execution in reversed(list(executions)):
        if execution.agent_version:
            stored = await store.agents.version(execution.agent_version)
            if stored is not None:
                return load_document(stored)
    return None


async def name_of_agent(store: Store, session_id: str, agent_id: str | None) -> str:
    """What the agent of a session is called, wherever that is known from; "" where nowhere."""
    if agent_id:
        stored = await store.agents.get(agent_id)
        if stored is not None:
            return stored.row.name
    document = await document_of_session(store, session_id)
    return str(document.root.props.get("name", "")) if document is not None else ""


async def adopt(store: Store, session_id: str, agent_id: str) -> bool:
    """Add the agent of a session to the library under the id that its sessions already have.

    Returns:
        Whether that was possible: False where no version of it was recorded.
    """
    if await store.agents.get(agent_id) is not None:
        return True
    document = await document_of_session(store, session_id)
    if document is None:
        return False
    await Library(store).create(document, agent_id=agent_id)
    return True
