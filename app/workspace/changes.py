"""Steps that the chat's view is changed by. Not here: what leads to them (``transcript``), playing them (``chat``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from widgets.chat.items import ChatItem


@dataclass(frozen=True, slots=True)
class Change:
    """One step for the view.

    Attributes:
        what: ``append`` (item), ``update`` (id, values), ``stream`` (id, text to add) or ``finish`` (id, text).
    """

    what: str
    id: str
    item: ChatItem | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
