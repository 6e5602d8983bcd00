"""Timeline entries: what a session's history is made of. Not here: how a timeline is cut or shown (``timeline``)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Block = dict[str, Any]
"""A content block in the format of the Anthropic Messages API, for instance ``{"type": "text", "text": "Hi"}``."""

Role = Literal["user", "assistant", "tool", "event"]
EntryStatus = Literal["complete", "interrupted", "failed", "cancelled"]


def new_id(prefix: str) -> str:
    """A new identifier such as ``entry_5f3c…``; random, so that ids of different machines never meet."""
    return f"{prefix}_{os.urandom(16).hex()}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a session's history. Never changes once committed, except for ``status``.

    Attributes:
        id: Stable identifier.
        index: Position in the session, counted from 0 over the whole session.
        role: ``tool`` holds tool results and is sent to the model as ``user``.
        content: Content blocks in the provider's format.
        execution_id: The execution that committed it.
        tick: The tick of that execution, from 1.
        status: ``interrupted``: a reply that was cut off; ``failed``: the model call that read it failed.
        tokens: The provider's count, where it is known.
        created: Seconds since the epoch.
        metadata: What the sender attached (also ``model``: the model that wrote an assistant entry).
    """

    id: str
    index: int
    role: Role
    content: Sequence[Block]
    execution_id: str
    tick: int
    status: EntryStatus = "complete"
    tokens: int | None = None
    created: float = 0.0
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All text blocks joined, without the other kinds."""
        return "".join(block["text"] for block in self.content if block.get("type") == "text")
