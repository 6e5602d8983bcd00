"""What a chat is made of: one frozen record per thing on screen. Not here: any widget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ItemKind = Literal["person", "agent", "tool", "notice", "approval", "thinking"]


@dataclass(frozen=True, slots=True)
class ChatItem:
    """One thing in the chat.

    Attributes:
        id: Unique within the view.
        kind: What it is; decides how it looks.
        text: The words: the person's as typed, the agent's as markdown, a tool's input on one line, a sentence.
        title: Name of the tool, or what an approval is about.
        detail: What folds out. Tool: ``input`` and ``result`` (text or JSON-like), ``summary`` (short result).
            Approval: ``input``, ``reason`` (the one given), ``can_always`` (True by default). Notice: ``action`` (label
            of the button), ``means`` (what it means for the work), ``more`` (technical details), ``level`` (``info``,
            ``warning`` or ``error``). Thinking: ``seconds``. Person: ``queued`` (True while it waits for its turn).
        status: Agent and thinking: ``streaming``, ``done`` or ``interrupted``. Tool: ``running``, ``done``, ``failed``,
            ``denied`` or ``waiting``. Approval: ``waiting``, ``approved`` or ``denied``.
        caption: Numbers of the turn (tokens, cost, seconds), shown on hover and for the latest turn.
    """

    id: str
    kind: ItemKind
    text: str = ""
    title: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    status: str = "done"
    caption: str = ""
