"""What a chat is made of: one frozen record per thing on screen. Not here: any widget."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

ItemKind = Literal["person", "agent", "tool", "notice", "approval", "permission", "question", "thinking"]


@dataclass(frozen=True, slots=True)
class ChatItem:
    """One thing in the chat.

    Attributes:
        id: Unique within the view.
        kind: What it is; decides how it looks.
        text: The words: the person's as typed, the agent's as markdown, a tool's input on one line, a sentence.
        title: Name of the tool, what an approval or permission is about, or the question.
        detail: What folds out. Tool: ``input`` and ``result`` (text or JSON-like), ``summary`` (short result).
            Approval: ``input``, ``reason`` (the one given), ``can_always`` (True by default). Permission: ``detail``
            (what exactly), ``reason``, ``always`` (whether it was given for good). Question: ``choices``, ``answer``.
            Notice: ``action`` (label of the button), ``means`` (what it means for the work), ``more`` (technical
            details), ``level`` (``info``, ``warning`` or ``error``). Thinking: ``seconds``. Person: ``queued`` (True
            while it waits for its turn), ``files`` (a list of :class:`ChatFile`), ``can_edit`` (it may be changed and
            run again). Agent: ``can_again`` (another turn without a message is offered below the latest). Tool:
            ``links`` (pages, each a title and an address), ``icon`` (instead of the wrench).
        status: Agent and thinking: ``streaming``, ``done`` or ``interrupted``. Tool: ``running``, ``done``, ``failed``,
            ``denied`` or ``waiting``. Approval, permission and question: ``waiting``, ``approved`` or ``denied``.
        caption: Numbers of the turn (tokens, cost, seconds), shown on hover and for the latest turn.
    """

    id: str
    kind: ItemKind
    text: str = ""
    title: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    status: str = "done"
    caption: str = ""


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """What a person decided about an approval, a permission or a question.

    Attributes:
        approved: Yes; for a question: there is an answer.
        reason: Why not.
        always: For good, not for this time alone.
        input: The input as it was changed, or ``{"answer": …}``; None: as it was asked.
    """

    approved: bool
    reason: str = ""
    always: bool = False
    input: Any = None


@dataclass(frozen=True, slots=True)
class ChatFile:
    """A file that goes along with a message.

    Attributes:
        name: Its name.
        kind: ``image`` or ``document``.
        data: The image, for its thumbnail: as it is, or as text in base64, which is decoded only when it is shown;
            None where there is none to show.
        note: Its size, in words.
    """

    name: str
    kind: Literal["image", "document"] = "document"
    data: bytes | str | None = None
    note: str = ""


def as_text(value: Any) -> str:
    """A tool's input or result as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and value and all(isinstance(part, (str, int, float)) for part in value.values()):
        return "\n".join(f"{name}: {part}" for name, part in value.items())
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)
