"""From timeline entries to messages in the provider's format, each entry once.

Here: merging of neighbours, pairing of tool calls with results, marks of interrupted text, who wrote what.
Not here: which entries are shown (``engine/timeline``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from engine.compiler.content import block_tokens
from engine.entries import Block, Entry
from engine.model import Span

INTERRUPTED = "[This reply was interrupted here.]"
NO_RESULT = "The call was interrupted before it gave a result."


class History:
    """Messages of a run of entries. Grows by :meth:`feed`; what is there never changes, so it can be shared.

    Attributes:
        messages: Finished messages; a message that grows is replaced by a longer one.
        spans: Who wrote what, one per block, with ``path`` as the writer and message numbers from ``base``.
        places: Entry id → (message, first block, one past the last block).
        fed: How many entries were taken.
    """

    def __init__(self, path: str, model: str | None, base: int = 0) -> None:
        self.path = path
        self.model = model
        self.base = base
        self.messages: list[dict[str, Any]] = []
        self.spans: list[Span] = []
        self.places: dict[str, tuple[int, int, int]] = {}
        self.fed = 0
        self.last_id: str | None = None
        self.first_id: str | None = None
        self.has_thinking = False
        self._open: dict[str, None] = {}

    def feed(self, entries: Iterable[Entry]) -> History:
        """Add entries behind those that are there."""
        for entry in entries:
            self.fed += 1
            if self.first_id is None:
                self.first_id = entry.id
            self.last_id = entry.id
            self._feed(entry)
        return self

    def closed(self) -> History:
        """Itself, or, where calls are still open at the end, a copy in which they have a result."""
        if not self._open:
            return self
        copy = History(self.path, self.model, self.base)
        copy.messages = list(self.messages)
        copy.spans = list(self.spans)
        copy.places = self.places
        copy._open = dict(self._open)
        copy._close(None)
        return copy

    def _feed(self, entry: Entry) -> None:
        if entry.role == "assistant":
            self._close(entry)
            blocks = self._assistant(entry)
            self._append("assistant", blocks, entry)
            for block in blocks:
                if block.get("type") == "tool_use":
                    self._open[str(block["id"])] = None
        elif entry.role == "tool":
            results = []
            for block in entry.content:
                if block.get("type") != "tool_result":
                    results.append(block)
                elif block.get("tool_use_id") in self._open:
                    del self._open[block["tool_use_id"]]
                    results.append(block)
            self._append("user", results, entry)
        else:
            self._close(entry)
            self._append("user", event_blocks(entry) if entry.role == "event" else clean(entry.content), entry)

    def _close(self, entry: Entry | None) -> None:
        """Give every open call a result, so that none is ever sent without one."""
        if self._open:
            made = [_no_result(call) for call in self._open]
            self._open.clear()
            self._append("user", made, None)

    def _assistant(self, entry: Entry) -> list[Block]:
        blocks = []
        served = {block.get("tool_use_id") for block in entry.content}
        for block in entry.content:
            kind = block.get("type")
            if kind in ("thinking", "redacted_thinking"):
                self.has_thinking = True
                wrote = entry.metadata.get("model")
                if (kind == "thinking" and not block.get("signature")) or (
                    wrote and self.model and wrote != self.model
                ):
                    continue
            if kind == "text" and not str(block.get("text", "")).strip():
                continue
            if kind == "server_tool_use" and entry.status == "interrupted" and block.get("id") not in served:
                continue
            blocks.append(block)
        if blocks and all(block.get("type") in ("thinking", "redacted_thinking") for block in blocks):
            return []
        if entry.status == "interrupted" and blocks and not self._open_calls(blocks):
            blocks.append({"type": "text", "text": INTERRUPTED})
        return blocks

    @staticmethod
    def _open_calls(blocks: Sequence[Block]) -> bool:
        return any(block.get("type") == "tool_use" for block in blocks)

    def _append(self, role: str, blocks: Sequence[Block], entry: Entry | None) -> None:
        if not blocks:
            return
        messages = self.messages
        if messages and messages[-1]["role"] == role:
            last = messages[-1]
            first = len(last["content"])
            messages[-1] = {"role": role, "content": [*last["content"], *blocks]}
        else:
            first = 0
            messages.append({"role": role, "content": list(blocks)})
        index = len(messages) - 1
        entry_id = entry.id if entry is not None else None
        path = str(entry.metadata.get("path") or self.path) if entry is not None else self.path
        for number, block in enumerate(blocks, first):
            length = len(block["text"]) if block.get("type") == "text" else 0
            tokens = block_tokens(block)
            made = Span(path, "messages", self.base + index, number, 0, length, tokens, entry_id, entry is not None)
            self.spans.append(made)
        if entry_id is not None:
            self.places[entry_id] = (index, first, first + len(blocks))


def clean(content: Sequence[Block]) -> list[Block]:
    """Blocks without blank text."""
    return [b for b in content if b.get("type") != "text" or str(b.get("text", "")).strip()]


def event_blocks(entry: Entry) -> list[Block]:
    """An event as user text that says what it is."""
    kind = entry.metadata.get("event_type")
    opening = f'<event type="{kind}">' if kind else "<event>"
    blocks = clean(entry.content)
    if len(blocks) == 1 and blocks[0].get("type") == "text":
        return [{"type": "text", "text": f"{opening}\n{_escaped(blocks[0]['text'])}\n</event>"}]
    if not blocks:
        return []
    return [{"type": "text", "text": opening}, *blocks, {"type": "text", "text": "</event>"}]


def _escaped(text: str) -> str:
    return text.replace("</event", "&lt;/event")


def _no_result(call: str) -> Block:
    content = [{"type": "text", "text": NO_RESULT}]
    return {"type": "tool_result", "tool_use_id": call, "content": content, "is_error": True}
