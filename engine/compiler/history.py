"""From timeline entries to messages in the provider's format, each entry once.

Here: merging of neighbours, pairing of tool calls with results, marks of interrupted text, who wrote what.
Not here: which entries are shown (``engine/timeline``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from engine.compiler.content import block_characters, estimate
from engine.compiler.spans import BLOCK, ENTRY, INDEX, Row
from engine.entries import Block, Entry
from engine.model import Part

INTERRUPTED = "[This reply was interrupted here.]"
THINKING = ("thinking", "redacted_thinking")
MESSAGES: Part = "messages"
NO_RESULT = "The call was interrupted before it gave a result."


class History:
    """Messages of a run of entries. Grows by :meth:`feed`; what is there never changes, so it can be shared.

    Attributes:
        messages: Finished messages; a message that grows is replaced by a longer one.
        spans: Who wrote what, a row per block, with ``path`` as the writer and message numbers from ``base``.
        fed: How many entries were taken.
    """

    def __init__(self, path: str, model: str | None, base: int = 0) -> None:
        self.path = path
        self.model = model
        self.base = base
        self.messages: list[dict[str, Any]] = []
        self.spans: list[Row] = []
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
        copy._open = dict(self._open)
        copy._close()
        return copy

    def place(self, entry_id: str) -> tuple[int, int, int] | None:
        """Where an entry's blocks are: message, first block, one past the last. Only the newest are asked for."""
        found: tuple[int, int, int] | None = None
        for row in reversed(self.spans):
            if row[ENTRY] == entry_id:
                found = (row[INDEX] - self.base, row[BLOCK], found[2] if found else row[BLOCK] + 1)
            elif found:
                break
        return found

    def _feed(self, entry: Entry) -> None:
        if entry.role == "assistant":
            self._close()
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
            self._close()
            self._append("user", event_blocks(entry) if entry.role == "event" else clean(entry.content), entry)

    def _close(self) -> None:
        """Give every open call a result, so that none is ever sent without one."""
        if self._open:
            made = [_no_result(call) for call in self._open]
            self._open.clear()
            self._append("user", made, None)

    def _assistant(self, entry: Entry) -> list[Block]:
        blocks = [block for block in entry.content if self._is_sent(block, entry)]
        if blocks and blocks[-1].get("type") in THINKING and all(block.get("type") in THINKING for block in blocks):
            return []
        if entry.status == "interrupted" and blocks and all(block.get("type") != "tool_use" for block in blocks):
            blocks.append({"type": "text", "text": INTERRUPTED})
        return blocks

    def _is_sent(self, block: Block, entry: Entry) -> bool:
        kind = block.get("type")
        if kind == "text":
            return bool(str(block.get("text", "")).strip())
        if kind in THINKING:
            self.has_thinking = True
            wrote = entry.metadata.get("model")
            foreign = wrote and self.model and wrote != self.model
            return not foreign and (kind != "thinking" or bool(block.get("signature")))
        if kind == "server_tool_use" and entry.status == "interrupted":
            return any(other.get("tool_use_id") == block.get("id") for other in entry.content)
        return True

    def _append(self, role: str, blocks: list[Block], entry: Entry | None) -> None:
        """Add a message of these blocks, or add them to the last one where that has the same role."""
        if not blocks:
            return
        messages = self.messages
        first = 0
        if messages and messages[-1]["role"] == role:
            before = messages.pop()["content"]
            first, content = len(before), [*before, *blocks]
        else:
            content = blocks
        index = len(messages)
        messages.append({"role": role, "content": content})
        path, entry_id = self.path, None
        if entry is not None:
            path, entry_id = str(entry.metadata.get("path") or path), entry.id
        for number, block in enumerate(blocks, first):
            size = block_characters(block)
            length = size if block.get("type") == "text" else 0
            row = (path, MESSAGES, self.base + index, number, 0, length, estimate(size), entry_id, entry is not None)
            self.spans.append(row)


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
