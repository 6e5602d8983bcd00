"""Snapshots: a session as JSON with a version, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.compiler.record import entry_json
from engine.entries import Entry, new_id
from engine.errors import SnapshotVersionError, ValidationFailed
from engine.messages import messages_of
from engine.session.fork import current_shared, current_state, save_copy
from engine.session.journal import give_state
from engine.usage import Usage

if TYPE_CHECKING:
    from engine.session.session import Session

VERSION = 2
"""Version 1 had no ``pending`` and kept session state as plain values."""


def snapshot_of(session: Session) -> dict[str, Any]:
    """The session as JSON."""
    return {
        "version": VERSION,
        "id": session.id,
        "created": session.created,
        "title": session.title,
        "agent_id": session.agent_id,
        "agent_version": session.agent_version,
        "metadata": dict(session.metadata),
        "sequence": session.sequence,
        "usage": session.total_usage.to_json(),
        "entries": [entry_json(entry) for entry in session.log.entries],
        "state": current_state(session),
        "session_state": current_shared(session),
        "pending": [{"kind": p.kind, "message": p.message.to_json()} for p in session.pending],
    }


def migrate(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """A snapshot in the form of this version.

    Raises:
        SnapshotVersionError: A newer engine made it.
        ValidationFailed: It is not a snapshot.
    """
    version = snapshot.get("version")
    if not isinstance(version, int) or version < 1:
        raise ValidationFailed("This is not a snapshot: it has no version", place="version")
    if version > VERSION:
        raise SnapshotVersionError(f"The snapshot has version {version}; this engine reads up to {VERSION}")
    made = dict(snapshot)
    if version == 1:
        made["session_state"] = {key: {"value": value} for key, value in (snapshot.get("session_state") or {}).items()}
        made["pending"] = []
        made["version"] = 2
    return made


async def restore(session: Session, made: Mapping[str, Any]) -> None:
    """Fill a new session with a migrated snapshot, and save it."""
    try:
        entries = [Entry(**{**entry, "content": list(entry["content"])}) for entry in made["entries"]]
        entries = [replace(entry, id=new_id("entry"), index=number) for number, entry in enumerate(entries)]
    except (KeyError, TypeError) as error:
        raise ValidationFailed(f"The entries of the snapshot have the wrong shape: {error}", place="entries") from None
    state = dict(made.get("state") or {})
    shared = dict(made.get("session_state") or {})
    session.log.load(entries, len(entries))
    give_state(session.tree, state)
    session.shared = {key: item["value"] for key, item in shared.items()}
    for name in ("title", "agent_id", "agent_version"):
        setattr(session, name, made.get(name))
    session.metadata = dict(made.get("metadata") or {})
    session.sequence = session.stored_until = session.events_from = int(made.get("sequence") or 0)
    session.total_usage = Usage.from_json(made.get("usage"))
    session.loaded = True
    for item in made.get("pending") or ():
        session.add_pending(messages_of(dict(item["message"]))[0], item["kind"], store=False)
    await save_copy(session, entries, state, shared)
