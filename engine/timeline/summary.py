"""Summaries: older history replaced by words that a model wrote. Each is made once and kept as an entry of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.compiler.history import History
from engine.entries import Entry, new_id
from engine.errors import ModelError
from engine.model import ModelRequest
from engine.session.model_call import ModelCall

if TYPE_CHECKING:
    from engine.session.session import Session

INSTRUCTIONS = (
    "Summarize the conversation below so that it can go on without it. Keep names, facts, decisions, open questions "
    "and results of tools. Write plainly and briefly."
)
KEPT_SUMMARIES = 8


SUMMARIES = "engine:summaries"


def summary_key(entries: Sequence[Entry], guidance: str | None) -> str:
    """What a summary is kept under: what it stands for."""
    text = f"{entries[0].id}:{entries[-1].id}:{len(entries)}:{guidance or ''}"
    return hashlib.sha256(text.encode()).hexdigest()[:24]


async def summarize(
    session: Session, entries: Sequence[Entry], guidance: str | None, model: Any = None
) -> Entry | None:
    """An entry that stands for the given ones, made by the model that answers or kept from before.

    Where a summary of the first of them is known, the model is given that one and what came after it: a conversation
    may be much longer than what a model can read at once.
    """
    if not entries:
        return None
    key = summary_key(entries, guidance)
    known: dict[str, Any] = dict(session.shared.get(SUMMARIES) or {})
    text = _text(known.get(key))
    if text is None:
        before, place = _beginning(known, entries, guidance)
        text = await _write(session, entries[place:], guidance, model, before)
        while len(known) >= KEPT_SUMMARIES:
            known.pop(next(iter(known)))
        known[key] = {"text": text, "count": len(entries)}
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


def _text(kept: Any) -> str | None:
    """A summary that is kept; versions before this one kept the text alone."""
    found = kept.get("text") if isinstance(kept, dict) else kept
    return found if isinstance(found, str) else None


def _beginning(known: dict[str, Any], entries: Sequence[Entry], guidance: str | None) -> tuple[str | None, int]:
    """The known summary that stands for the most of the first entries, and how many those are."""
    counts = {kept["count"] for kept in known.values() if isinstance(kept, dict) and isinstance(kept.get("count"), int)}
    for count in sorted(counts, reverse=True):
        if 0 < count < len(entries):
            text = _text(known.get(summary_key(entries[:count], guidance)))
            if text is not None:
                return text, count
    return None, 0


async def _write(
    session: Session, entries: Sequence[Entry], guidance: str | None, chosen: Any, before: str | None
) -> str:
    history = History("/", session.model_name()).feed(entries).closed()
    lines = [] if before is None else [f"Summary of what came before:\n{before}"]
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
        model=chosen if isinstance(chosen, str) else None,
    )
    model = session.model if chosen is None or isinstance(chosen, str) else chosen
    if model is None:
        raise ModelError("No model was chosen", kind="unsupported")
    call = ModelCall(model, lambda _event: None, None)
    reply = await call.run(request, new_id("summary"))
    ex = session.current_or_ending
    if ex is not None:
        ex.usage = ex.usage + reply.usage
    return "".join(block["text"] for block in reply.content() if block.get("type") == "text").strip()
