"""One call of the model: the stream as events and blocks, retries where nothing was streamed yet.

Not here: what is done with the reply (``tick``).
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from engine.entries import Block
from engine.errors import EngineError, ModelError, ValidationFailed
from engine.events import (
    ContentDelta,
    ContentEnd,
    ContentStart,
    MessageEnd,
    MessageStart,
    ReasoningDelta,
    Retry,
    SessionEvent,
)
from engine.json_values import check_json, clean, cleaned
from engine.model import BlockDelta, BlockStart, BlockStop, ModelRequest, StreamStart, StreamStop
from engine.usage import NO_USAGE, Usage

MAX_RETRIES = 4
FIRST_DELAY = 0.5
LONGEST_DELAY = 30.0
LONGEST_RETRY_AFTER = 120.0
MAX_REPLY_CHARACTERS = 20_000_000
"""The longest reply that is taken from a model; a longer one is an error."""

JOURNAL_EVERY = 0.1
"""Streamed text is journalled at most so often, in seconds."""


@dataclass(slots=True)
class Reply:
    """A reply, complete or as far as it came.

    Attributes:
        blocks: Its complete blocks, by number.
        partial: Text so far of blocks that are not complete.
        broken: Ids of tool calls whose input is not complete, and why.
    """

    message_id: str
    model: str = ""
    blocks: dict[int, Block] = field(default_factory=dict)
    partial: dict[int, tuple[Block, list[str]]] = field(default_factory=dict)
    stop_reason: str | None = None
    usage: Usage = NO_USAGE
    started: bool = False
    characters: int = 0
    broken: dict[str, str] = field(default_factory=dict)

    def content(self) -> list[Block]:
        """All blocks in order; unfinished text as far as it came, unfinished calls left out."""
        found: dict[int, Block] = dict(self.blocks)
        for index, (block, parts) in self.partial.items():
            if block.get("type") == "text" and parts:
                found[index] = {**block, "text": clean(str(block.get("text", "")) + "".join(parts))}
        return [found[index] for index in sorted(found)]

    def with_own_id(self, index: int, block: Block) -> Block:
        """A tool call with an id that no other of the reply has; some servers repeat or leave them out."""
        if block.get("type") != "tool_use":
            return block
        id = block.get("id")
        if id and all(other.get("id") != id for place, other in self.blocks.items() if place != index):
            return block
        return {**block, "id": f"{id or self.message_id}_{index}"}

    def close_calls(self) -> None:
        """Take unfinished tool calls into the reply as calls that may not run."""
        for index, (block, parts) in list(self.partial.items()):
            if block.get("type") != "tool_use":
                continue
            try:
                value = json.loads("".join(parts) or "{}")
            except ValueError:
                value = {}
            made = self.blocks[index] = self.with_own_id(index, cleaned({**block, "input": value}))
            self.broken[made["id"]] = "The reply was cut off (max_tokens) in the middle of this call; it did not run."
            del self.partial[index]


class ModelCall:
    """Calls a model and tells listeners what it says.

    Args:
        emit: Takes events.
        journal: Takes what was streamed so far, at most every :data:`JOURNAL_EVERY` seconds.
    """

    def __init__(
        self, model: Any, emit: Callable[[SessionEvent], None], journal: Callable[[list[Block]], None] | None
    ) -> None:
        self.model = model
        self.emit = emit
        self.journal = journal
        self.reply: Reply | None = None
        self._journalled = time.monotonic()

    async def run(self, request: ModelRequest, message_id: str) -> Reply:
        """Make the call; again after a while where the error allows it and nothing was streamed.

        Raises:
            ModelError: It failed; ``reply`` has what was streamed.
        """
        attempt = 0
        while True:
            self.reply = Reply(message_id)
            try:
                return await self._once(request, self.reply)
            except ModelError as error:
                if not error.retryable or self.reply.started or attempt >= MAX_RETRIES:
                    raise
                attempt += 1
                delay = _delay(error, attempt)
                if delay is None:
                    raise
                self.emit(Retry(attempt=attempt, delay=delay, kind=error.kind, message=str(error)))
                await asyncio.sleep(delay)

    async def _once(self, request: ModelRequest, reply: Reply) -> Reply:
        stream = self.model.stream(request)
        try:
            async for event in stream:
                self._take(event, reply)
        except ValidationFailed as error:
            raise ModelError(f"The model's reply cannot be kept: {error}", kind="invalid_request") from error
        except EngineError:
            raise
        except Exception as error:
            raise ModelError(f"{type(error).__name__}: {error}", kind="unknown") from error
        finally:
            closing = getattr(stream, "aclose", None)
            if closing is not None:
                await closing()
        if reply.stop_reason is None:
            raise ModelError("The reply ended without saying that it was complete", kind="interrupted")
        return self._finish(reply)

    def _finish(self, reply: Reply) -> Reply:
        if reply.partial:
            reply.close_calls()
            for index, (block, parts) in list(reply.partial.items()):
                if block.get("type") == "text":
                    reply.blocks[index] = {**block, "text": clean(str(block.get("text", "")) + "".join(parts))}
            reply.partial.clear()
        usage = reply.usage
        prices = getattr(getattr(self.model, "info", None), "prices", None)
        if not usage.cost and prices is not None:
            reply.usage = dataclasses.replace(usage, cost=prices.cost(usage))
        self.emit(
            MessageEnd(message_id=reply.message_id, stop_reason=reply.stop_reason or "", usage=reply.usage.to_json())
        )
        return reply

    def _take(self, event: Any, reply: Reply) -> None:
        message_id = reply.message_id
        if isinstance(event, BlockDelta):
            held = reply.partial.get(event.index)
            if held is None:
                held = reply.partial[event.index] = ({"type": "text", "text": ""}, [])
            if event.kind in ("text", "input_json"):
                held[1].append(event.text)
                self.emit(ContentDelta(message_id=message_id, index=event.index, delta=event.text, kind=event.kind))
            elif event.kind == "thinking":
                self.emit(ReasoningDelta(message_id=message_id, index=event.index, delta=event.text))
            reply.characters += len(event.text)
            if reply.characters > MAX_REPLY_CHARACTERS:
                raise ModelError(f"The reply is longer than {MAX_REPLY_CHARACTERS} characters", kind="interrupted")
            self._keep(reply)
        elif isinstance(event, BlockStart):
            reply.started = True
            reply.partial[event.index] = (dict(event.block), [])
            self.emit(ContentStart(message_id=message_id, index=event.index, block=event.block))
        elif isinstance(event, BlockStop):
            reply.started = True
            check_json(event.block, f"content[{event.index}]")
            block = reply.with_own_id(event.index, cleaned(event.block))
            reply.partial.pop(event.index, None)
            reply.blocks[event.index] = block
            self.emit(ContentEnd(message_id=message_id, index=event.index, block=block))
        elif isinstance(event, StreamStart):
            reply.model = event.model
            reply.usage = event.usage
            self.emit(MessageStart(message_id=message_id, model=event.model))
        elif isinstance(event, StreamStop):
            reply.stop_reason = event.stop_reason
            reply.usage = event.usage

    def _keep(self, reply: Reply) -> None:
        if self.journal is None:
            return
        now = time.monotonic()
        if now - self._journalled >= JOURNAL_EVERY:
            self._journalled = now
            self.journal(reply.content())


def _delay(error: ModelError, attempt: int) -> float | None:
    """Seconds to wait; None where the provider asks for more than anybody would wait."""
    if error.retry_after is not None:
        return None if error.retry_after > LONGEST_RETRY_AFTER else max(0.0, error.retry_after)
    return float(min(FIRST_DELAY * 2 ** (attempt - 1), LONGEST_DELAY))
