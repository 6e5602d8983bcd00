"""What an agent may do outside its own state, and what a person allowed. Not here: who asks (``engine.world``).

A permission is bound to an agent's id given on this machine and to the hash of what is allowed, never to ids in a
file; any change of it is another capability and asks again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from engine.store.grants import Grants

PREFIX = "agent:"
"""Keys of stored permissions begin so, followed by the agent's id and the capability's key."""


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that a part of an agent may do.

    Attributes:
        kind: ``http``, ``read_folder``, ``write_folder``, ``read_file``, ``python``, ``mcp``, ``provider_tool``,
            ``search_sessions``, ``sub_agent`` …
        subject: What exactly, as JSON values: the host, the folder, the program with arguments, the code.
        sentence: What a person is asked: "Read files in /home/ada/notes".
        detail: What should be looked at before agreeing, such as the code; shown in full, monospaced.
    """

    kind: str
    subject: Mapping[str, Any] = field(default_factory=dict)
    sentence: str = ""
    detail: str = ""

    def __post_init__(self) -> None:
        # A person decides by these words: nothing in a path or in code may turn, hide or break them.
        object.__setattr__(self, "sentence", " ".join(_visible(self.sentence).split()))
        object.__setattr__(self, "detail", _visible(self.detail, "\n\t"))

    @property
    def key(self) -> str:
        """Changes with anything that changes what is allowed; words do not count."""
        text = json.dumps([self.kind, self.subject], sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return f"{self.kind}:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"


def _visible(text: str, kept: str = "") -> str:
    """A text in which what cannot be seen is written out, but for some characters that are kept."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each in kept else f"\\u{ord(each):04x}" for each in text)


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission that was given, as the page of permissions lists it."""

    agent_id: str
    key: str
    kind: str
    sentence: str
    created: float


class Permissions(Protocol):
    """Where permissions are kept. Asked before every effect, so that one taken back counts at once."""

    async def allows(self, agent_id: str, capability: Capability) -> bool:
        """Whether the person allowed this agent exactly this."""
        ...

    async def allow(self, agent_id: str, capability: Capability) -> None:
        """Remember that they did."""
        ...


class MemoryPermissions:
    """Permissions of this run alone: for tests, and for programs that decide up front what an agent may do.

    Args:
        allowed: Pairs of an agent's id and a capability that are allowed from the start.
    """

    def __init__(self, allowed: Sequence[tuple[str, Capability]] = ()) -> None:
        self._keys = {(agent_id, capability.key) for agent_id, capability in allowed}

    async def allows(self, agent_id: str, capability: Capability) -> bool:
        return (agent_id, capability.key) in self._keys

    async def allow(self, agent_id: str, capability: Capability) -> None:
        self._keys.add((agent_id, capability.key))


class StoredPermissions:
    """Permissions in the database. Every call may raise :class:`engine.errors.StoreError`."""

    def __init__(self, grants: Grants) -> None:
        self._grants = grants

    async def allows(self, agent_id: str, capability: Capability) -> bool:
        return await self._grants.get(stored_key(agent_id, capability.key)) is not None

    async def allow(self, agent_id: str, capability: Capability) -> None:
        value = {"kind": capability.kind, "sentence": capability.sentence}
        await self._grants.set(stored_key(agent_id, capability.key), value)

    async def list(self) -> Sequence[Permission]:
        """All that were given, the newest first."""
        found = []
        for grant in await self._grants.list():
            if grant.session_id is None and grant.key.startswith(PREFIX):
                agent_id, _, key = grant.key.removeprefix(PREFIX).partition("/")
                value = grant.value if isinstance(grant.value, Mapping) else {}
                sentence, kind = str(value.get("sentence", key)), str(value.get("kind", key.partition(":")[0]))
                found.append(Permission(agent_id, key, kind, sentence, grant.created))
        return found

    async def revoke(self, agent_id: str, key: str) -> bool:
        """Take one back; the next effect asks again. Returns whether there was one."""
        return await self._grants.revoke(stored_key(agent_id, key))


def stored_key(agent_id: str, key: str) -> str:
    """The key of a permission in the store."""
    return f"{PREFIX}{agent_id}/{key}"
