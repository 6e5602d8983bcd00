"""How a Timeline shows older messages: shortened, or without what the agent did with tools.

A value that the engine calls with the history; two of the same settings are equal, so nothing is made anew for
nothing. The running turn is always shown in full. Not here: leaving messages out and summaries (``engine.timeline``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.compiler.history import THINKING
from engine.entries import Block, Entry

_STANDS_FOR = {"image": "[image]", "document": "[document]"}


@dataclass(frozen=True, slots=True)
class Older:
    """The ``render`` of a Timeline.

    Attributes:
        words_only: Turns that are over are shown without tool calls and their results.
        keep: So many of the newest messages stay as they are; None: all of them.
        length: Longer texts of older messages are cut to so many characters.
    """

    words_only: bool = False
    keep: int | None = None
    length: int = 300

    def __call__(self, history: Sequence[Entry], pending: Any = None, budget: Any = None) -> list[Entry]:
        """The entries to show instead, in order."""
        running = history[-1].execution_id if history else ""
        edge = len(history) - self.keep if self.keep is not None else 0
        found: list[Entry] = []
        for place, entry in enumerate(history):
            if entry.execution_id == running or entry.metadata.get("derived"):
                found.append(entry)
                continue
            content: Sequence[Block] = entry.content
            if self.words_only:
                content = [block for block in content if block.get("type") not in ("tool_use", "tool_result")]
            if place < edge:
                content = [self._short(block) for block in content if block.get("type") not in THINKING]
            if content or not entry.content:
                same = len(content) == len(entry.content) and all(
                    a is b for a, b in zip(content, entry.content, strict=True)
                )
                found.append(entry if same else dataclasses.replace(entry, content=tuple(content)))
        return found

    def _short(self, block: Block) -> Block:
        kind = block.get("type")
        if kind == "text":
            return self._cut(block)
        if kind == "tool_result" and isinstance(block.get("content"), (list, tuple)):
            return {**block, "content": [self._short(inner) for inner in block["content"]]}
        return {"type": "text", "text": _STANDS_FOR[kind]} if kind in _STANDS_FOR else block

    def _cut(self, block: Block) -> Block:
        text = str(block.get("text", ""))
        if len(text) <= self.length:
            return block
        return {"type": "text", "text": f"{text[: self.length].rstrip()} […]"}
