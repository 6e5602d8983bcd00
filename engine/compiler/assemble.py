"""Putting the request together: parts by their place, history, what is unstored, cache breakpoints, spans.

The same function makes the request of a tick and shows it again from the store, so both are equal byte for byte.
Not here: finding the parts in the tree (``collect``), storing them (``record``).
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from engine.compiler.content import Written
from engine.compiler.history import THINKING, History
from engine.compiler.spans import BLOCK, ENTRY, INDEX, Row, Spans, moved
from engine.entries import Block
from engine.model import ModelRequest, Part

CONTINUE = "Continue."
BEGINS = "Conversation begins."
CACHE = {"type": "ephemeral"}


@dataclass(frozen=True, slots=True)
class Example:
    """A few-shot message."""

    role: str
    written: tuple[Written, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything of a request but history, in finished blocks.

    Attributes:
        system: The system prompt, one block each.
        examples: Few-shot messages, ahead of history.
        opening: What opens the first user message.
        before_user: What stands in front of the words that began the execution.
        tail: What ends the last user message.
        tools: Tools as they are sent, and the path of the element each comes from.
        model: The model's name, or None.
        options: Settings that go along.
        started_by: Id of the entry that began the execution, or None.
        timeline_path: Path of the Timeline, the writer of history.
        continued: The reply goes on from where the last message stopped (``pause_turn``).
        breakpoint: The entry at which the request before this one was cached.
    """

    system: tuple[Written, ...] = ()
    examples: tuple[Example, ...] = ()
    opening: tuple[Written, ...] = ()
    before_user: tuple[Written, ...] = ()
    tail: tuple[Written, ...] = ()
    tools: tuple[tuple[dict[str, Any], str], ...] = ()
    model: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    started_by: str | None = None
    timeline_path: str = "/"
    continued: bool = False
    breakpoint: str | None = None


def example_messages(layout: Layout) -> tuple[list[dict[str, Any]], list[Row]]:
    """The few-shot messages, neighbours of one role merged."""
    messages: list[dict[str, Any]] = []
    spans: list[Row] = []
    for example in layout.examples:
        if not example.written:
            continue
        role = "assistant" if example.role == "assistant" else "user"
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"].extend(written.block for written in example.written)
        else:
            messages.append({"role": role, "content": [written.block for written in example.written]})
        first = len(messages[-1]["content"]) - len(example.written)
        for number, written in enumerate(example.written, first):
            spans.extend(_spans(written, "messages", len(messages) - 1, number))
    return messages, spans


def history_base(layout: Layout, starts_with: str | None) -> int:
    """The number of the message that history's first one becomes."""
    messages, _ = example_messages(layout)
    merged = bool(messages) and messages[-1]["role"] == starts_with
    first = messages[0]["role"] if messages else starts_with
    opened = 1 if first == "assistant" else 0
    return len(messages) - (1 if merged else 0) + opened


def assemble(layout: Layout, history: History) -> tuple[ModelRequest, str | None]:
    """The request, and the id of the entry at which it is cached.

    ``history`` must have been made with the base that :func:`history_base` gives.
    """
    body = _Messages(layout, history.closed())
    system = [written.block for written in layout.system]
    spans: list[Row] = []
    for index, written in enumerate(layout.system):
        spans.extend(_spans(written, "system", index, 0))
    tools = [tool for tool, _ in layout.tools]
    tool_spans = [_row(path, "tools", i, 0, 0, 0, _tool_tokens(tool)) for i, (tool, path) in enumerate(layout.tools)]
    if system:
        system[-1] = {**system[-1], "cache_control": CACHE}
    if tools:
        tools[-1] = {**tools[-1], "cache_control": CACHE}
    cached_at = body.finish()
    request = ModelRequest(
        system_blocks=system,
        messages=body.messages,
        tools=tools,
        spans=Spans([*spans, *body.spans, *tool_spans]),
        model=layout.model,
        options=layout.options,
    )
    return request, cached_at


def _spans(written: Written, part: Part, index: int, block: int) -> list[Row]:
    return [_row(path, part, index, block, start, end, tokens) for path, start, end, tokens in written.marks]


def _row(path: str, part: Part, index: int, block: int, start: int, end: int, tokens: int) -> Row:
    """Of words that are no entry's."""
    return (path, part, index, block, start, end, tokens, None, False)


_tool_sizes: dict[int, tuple[Any, int]] = {}


def _tool_tokens(tool: dict[str, Any]) -> int:
    known = _tool_sizes.get(id(tool))
    if known is not None and known[0] is tool:
        return known[1]
    import json

    tokens = -(-len(json.dumps(tool, ensure_ascii=False, default=str)) // 4)
    if len(_tool_sizes) > 2000:
        _tool_sizes.clear()
    _tool_sizes[id(tool)] = (tool, tokens)
    return tokens


class _Messages:
    """The messages of one request while they are put together. Shared messages are replaced, never changed."""

    def __init__(self, layout: Layout, history: History) -> None:
        self.layout = layout
        self.history = history
        self.messages, self.spans = example_messages(layout)
        self.offset = 0
        self.shift: tuple[int, int] = (0, 0)
        starts_with = (
            self.messages[0]["role"] if self.messages else (history.messages[0]["role"] if history.messages else None)
        )
        if starts_with == "assistant":
            self._unstored_message(0, BEGINS)
        self._add_history()

    def _unstored_message(self, index: int, text: str) -> None:
        """A message of ours in front of the examples."""
        self.spans = [moved(span, messages=1) for span in self.spans]
        self.messages.insert(index, {"role": "user", "content": [{"type": "text", "text": text}]})
        path = self.layout.timeline_path
        self.spans.insert(0, _row(path, "messages", 0, 0, 0, len(text), -(-len(text) // 4)))

    def _add_history(self) -> None:
        theirs = self.history.messages
        if not theirs:
            self.offset = len(self.messages)
            return
        merged = bool(self.messages) and self.messages[-1]["role"] == theirs[0]["role"]
        self.offset = len(self.messages) - (1 if merged else 0)
        spans = self.history.spans
        if self.offset != self.history.base:
            change = self.offset - self.history.base
            spans = [moved(span, messages=change) for span in spans]
        if merged:
            before = self.messages.pop()
            first = {"role": before["role"], "content": [*before["content"], *theirs[0]["content"]]}
            self.messages += [first, *theirs[1:]]
            self.shift = (self.offset, len(before["content"]))
            self.spans = [*self.spans, *self._moved(spans, self.offset, 0, len(before["content"]))]
        else:
            self.messages += theirs
            self.spans = [*self.spans, *spans]

    @staticmethod
    def _moved(spans: Sequence[Row], message: int, block: int, by: int) -> list[Row]:
        """Spans with those of one message, from a block on, moved by some blocks."""
        first = bisect_left(spans, message, key=itemgetter(INDEX))
        last = bisect_right(spans, message, key=itemgetter(INDEX))
        behind = [moved(span, blocks=by) if span[BLOCK] >= block else span for span in spans[first:last]]
        return [*spans[:first], *behind, *spans[last:]]

    def _insert(self, message: int, block: int, written: Sequence[Written]) -> None:
        """Put blocks into a message, in front of its block of that number."""
        if not written:
            return
        old = self.messages[message]
        content = [*old["content"][:block], *(w.block for w in written), *old["content"][block:]]
        self.messages[message] = {"role": old["role"], "content": content}
        spans = self._moved(self.spans, message, block, len(written))
        place = bisect_left(spans, (message, block), key=itemgetter(INDEX, BLOCK))
        made = [s for number, w in enumerate(written, block) for s in _spans(w, "messages", message, number)]
        self.spans = [*spans[:place], *made, *spans[place:]]

    def _place(self, entry_id: str | None) -> tuple[int, int, int] | None:
        """Where an entry's blocks are now: message, first block, one past the last."""
        place = self.history.place(entry_id) if entry_id else None
        if place is None:
            return None
        message, first, last = place[0] + self.offset, place[1], place[2]
        by = self.shift[1] if message == self.shift[0] else 0
        return message, first + by, last + by

    def _last_stored(self) -> tuple[int, int, str] | None:
        """Message and block of the last stored block that may carry a breakpoint, and its entry."""
        for span in reversed(self.spans):
            index, number, entry_id = span[INDEX], span[BLOCK], span[ENTRY]
            if entry_id is not None and self.messages[index]["content"][number].get("type") not in THINKING:
                return index, number, entry_id
        return None

    def finish(self) -> str | None:
        """Everything that is not history, and the breakpoints."""
        layout = self.layout
        marks: list[tuple[int, int]] = []
        place = self._last_stored()
        before = self._place(layout.breakpoint)
        if before is not None:
            marks.append((before[0], before[2] - 1))
        if place is not None:
            marks.append(place[:2])
        for message, block in dict.fromkeys(marks):
            self._mark(message, block)
        self._before_user()
        self._opening()
        self._tail()
        return place[2] if place is not None else None

    def _mark(self, message: int, block: int) -> None:
        old = self.messages[message]
        content = list(old["content"])
        if content[block].get("type") in THINKING:
            return
        content[block] = {**content[block], "cache_control": CACHE}
        self.messages[message] = {"role": old["role"], "content": content}

    def _before_user(self) -> None:
        layout = self.layout
        if not layout.before_user:
            return
        place = self._place(layout.started_by)
        if place is not None:
            self._insert(place[0], place[1], layout.before_user)
        else:
            self.layout = dataclasses.replace(layout, tail=(*layout.before_user, *layout.tail))

    def _opening(self) -> None:
        opening = self.layout.opening
        if not opening:
            return
        if not self.messages:
            self.messages.append({"role": "user", "content": []})
        self._insert(0, 0, opening)

    def _tail(self) -> None:
        tail = self.layout.tail
        if self.messages and self.messages[-1]["role"] == "user":
            last = len(self.messages) - 1
            self._insert(last, len(self.messages[last]["content"]), tail)
            return
        if self.layout.continued and self.messages:
            if tail and len(self.messages) > 1:
                last = len(self.messages) - 2
                self._insert(last, len(self.messages[last]["content"]), tail)
            return
        self.messages.append({"role": "user", "content": []})
        last = len(self.messages) - 1
        if tail:
            self._insert(last, 0, tail)
            return
        text = CONTINUE if last else BEGINS
        block: Block = {"type": "text", "text": text}
        self._insert(last, 0, [Written(block, ((self.layout.timeline_path, 0, len(text), -(-len(text) // 4)),))])
