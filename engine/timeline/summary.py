"""Summaries: older history replaced by words that a model wrote. Each is made once and kept as an entry of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.compiler.history import History
from engine.entries import Entry, new_id
from engine.model import ModelRequest
from engine.session.model_call import ModelCall

if TYPE_CHECKING:
    from engine.session.session import Session

INSTRUCTIONS = (
    "Summarize the conversation below so that it can go on without it. Keep names, facts, decisions, open questions "
    "and results of tools. Write plainly and briefly."
)
KEPT_SUMMARIES = 8


def summary_key(entries: Sequence[Entry], guidance: str | None) -> str:
    """What a summary is kept under: what it stands for."""
    text = f"{entries[0].id}:{entries[-1].id}:{len(entries)}:{guidance or ''}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]


async def summarize(session: Session, entries: Sequence[Entry], guidance: str | None) -> Entry | None:
    """An entry that stands for the given ones, made by the session's model or kept from before."""
    if not entries:
        return None
    key = summary_key(entries, guidance)
    known: dict[str, Any] = dict(session.shared.get(SUMMARIES) or {})
    text = known.get(key)
    if text is None:
        text = await _write(session, entries, guidance)
        while len(known) >= KEPT_SUMMARIES:
            known.pop(next(iter(known)))
        known[key] = text
        session.set_shared(SUMMARIES, known, True)
    return Entry(
        id=f"summary_{key}",
        index=-1,
        role="user",
        content=({"type": "text", "text": f"<summary>\n{text}\n</summary>"},),
        execution_id=entries[-1].execution_id,
        tick=entries[-1].tick,
        metadata={"derived": True, "summary_of": [entries[0].index, entries[-1].index]},
    )


SUMMARIES = "engine:summaries"


async def _write(session: Session, entries: Sequence[Entry], guidance: str | None) -> str:
    history = History("/", session.model_name()).feed(entries).closed()
    lines = []
    for message in history.messages:
        for block in message["content"]:
            if block.get("type") == "text":
                lines.append(f"{message['role']}: {block['text']}")
            elif block.get("type") == "tool_use":
                lines.append(f"{message['role']} called {block['name']} with {block['input']}")
            elif block.get("type") == "tool_result":
                inner = "".join(str(b.get("text", "")) for b in block.get("content") or () if isinstance(b, dict))
                lines.append(f"result: {inner}")
    system = INSTRUCTIONS if not guidance else f"{INSTRUCTIONS}\n{guidance}"
    request = ModelRequest(
        system_blocks=[{"type": "text", "text": system}],
        messages=[{"role": "user", "content": [{"type": "text", "text": "\n\n".join(lines)}]}],
    )
    call = ModelCall(session.model, lambda _event: None, None)
    reply = await call.run(request, new_id("summary"))
    ex = session.current_or_ending
    if ex is not None:
        ex.usage = ex.usage + reply.usage
    return "".join(block["text"] for block in reply.content() if block.get("type") == "text").strip()
