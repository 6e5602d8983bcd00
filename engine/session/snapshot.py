"""Snapshots: a session as JSON with a version, and back."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args

from engine.compiler.record import entry_json
from engine.entries import Entry, EntryStatus, Role, new_id
from engine.errors import SnapshotVersionError, ValidationFailed
from engine.json_values import check_json
from engine.messages import messages_of
from engine.session.checks import is_whole
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
    version = snapshot.get("version") if isinstance(snapshot, Mapping) else None
    if not is_whole(version) or version < 1:
        raise ValidationFailed("This is not a snapshot: it has no version", place="version")
    if version > VERSION:
        raise SnapshotVersionError(f"The snapshot has version {version}; this engine reads up to {VERSION}")
    made = dict(snapshot)
    if version == 1:
        plain = made.get("session_state") or {}
        made["session_state"] = {k: {"value": v} for k, v in plain.items()} if isinstance(plain, Mapping) else plain
        made["pending"] = []
        made["version"] = 2
    made = {name: value for name, value in made.items() if value is not None}
    _check(made)
    return made


_TYPES: dict[str, tuple[type, str]] = {
    "id": (str, "a text"),
    "title": (str, "a text"),
    "agent_id": (str, "a text"),
    "agent_version": (str, "a text"),
    "metadata": (Mapping, "a mapping"),
    "sequence": (int, "a whole number"),
    "usage": (Mapping, "a mapping"),
    "entries": (list, "a list"),
    "state": (Mapping, "a mapping"),
    "session_state": (Mapping, "a mapping"),
    "pending": (list, "a list"),
}
"""What a snapshot has, all of it optional but the entries."""

_ENTRY_TYPES: dict[str, tuple[Any, ...]] = {
    "id": (str,),
    "index": (int,),
    "role": get_args(Role),
    "content": (list,),
    "execution_id": (str,),
    "tick": (int,),
    "status": get_args(EntryStatus),
    "tokens": (int, NoneType),
    "created": (int, float),
    "metadata": (Mapping,),
}
"""The fields of an entry: the types it may have, or its words."""


def _check(made: Mapping[str, Any]) -> None:
    """Raise ValidationFailed, with its place, where a snapshot has another shape than this version's."""
    check_json(made, "snapshot")
    for name, (kind, words) in _TYPES.items():
        if name in made and (not isinstance(made[name], kind) or isinstance(made[name], bool)):
            raise ValidationFailed(f"{name} of the snapshot must be {words}", place=name)
    if "entries" not in made:
        raise ValidationFailed("The snapshot has no entries", place="entries")
    for number, entry in enumerate(made["entries"]):
        _check_entry(entry, f"entries[{number}]")
    for path, values in made.get("state", {}).items():
        pairs = values is None or (
            isinstance(values, list)
            and all(isinstance(v, list) and len(v) == 2 and isinstance(v[0], str) for v in values)
        )
        _require(pairs, f"state.{path}", "a list of kinds and values")
    for key, item in made.get("session_state", {}).items():
        _require(isinstance(item, Mapping) and "value" in item, f"session_state.{key}", "a mapping with a value")
    for number, item in enumerate(made.get("pending", ())):
        place = f"pending[{number}]"
        fits = isinstance(item, Mapping) and item.get("kind") in ("queued", "joined") and "message" in item
        _require(fits, place, "a message and its kind")
        messages_of([item["message"]], f"{place}.message")
    for name, value in made.get("usage", {}).items():
        _require(isinstance(value, int | float), f"usage.{name}", "a number")


def _check_entry(entry: Any, place: str) -> None:
    _require(isinstance(entry, Mapping), place, "an entry")
    for name in entry:
        _require(name in _ENTRY_TYPES, f"{place}.{name}", "left out: entries have no such field")
    for name, allowed in _ENTRY_TYPES.items():
        if name not in entry:
            optional = name in ("status", "tokens", "created", "metadata")
            _require(optional, f"{place}.{name}", "there")
            continue
        value = entry[name]
        fits = value in allowed if isinstance(allowed[0], str) else isinstance(value, allowed)
        _require(fits and not isinstance(value, bool), f"{place}.{name}", "what it is in an entry")
    for number, block in enumerate(entry["content"]):
        fits = isinstance(block, Mapping) and isinstance(block.get("type"), str)
        _require(fits, f"{place}.content[{number}]", "a content block")
        if block["type"] == "text":
            _require(isinstance(block.get("text"), str), f"{place}.content[{number}].text", "a text")


def _require(fits: bool, place: str, what: str) -> None:
    if not fits:
        raise ValidationFailed(f"{place} of the snapshot must be {what}", place=place)


async def restore(session: Session, made: Mapping[str, Any]) -> None:
    """Fill a new session with a migrated snapshot, and save it."""
    entries = [
        Entry(**{**entry, "id": new_id("entry"), "index": number}) for number, entry in enumerate(made["entries"])
    ]
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
