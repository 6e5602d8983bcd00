"""A model that says what a test tells it to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.entries import Block, new_id
from engine.model import (
    BlockDelta,
    BlockStart,
    BlockStop,
    ModelInfo,
    ModelRequest,
    StreamEvent,
    StreamStart,
    StreamStop,
)
from engine.usage import Usage

DEFAULT_USAGE = Usage(input_tokens=10, output_tokens=5)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call of a scripted reply."""

    name: str
    input: Any = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A scripted reply.

    Attributes:
        text: Its text; "" for none.
        tool_calls: Its tool calls, behind the text.
        stop_reason: By default ``tool_use`` with tool calls, else ``end_turn``.
        usage: By default 10 tokens in, 5 out.
        chunks: The text in these pieces.
        error: Raised after the chunks.
        cut: The stream ends without a final stop.
        blocks: Other blocks (thinking, …) in front of the text, as they are.
    """

    text: str = ""
    tool_calls: Sequence[ToolCall] = ()
    stop_reason: str | None = None
    usage: Usage | None = None
    chunks: Sequence[str] | None = None
    error: BaseException | None = None
    cut: bool = False
    blocks: Sequence[Mapping[str, Any]] = ()


class ScriptedModel:
    """Gives its replies in order, then ``default`` for ever.

    Args:
        replies: Strings, :class:`Reply` objects, or functions of the request that return either.
        default: The reply when the others are used up.
        delay: Seconds before the first chunk of each reply.
        info: Facts about the model.

    Attributes:
        calls: The requests it was given.

    Example:
        >>> model = ScriptedModel([Reply(tool_calls=[ToolCall("add_note", {"note": "milk"})]), "Noted."])
    """

    def __init__(
        self,
        replies: Iterable[Any] = (),
        *,
        default: Any = "ok",
        delay: float = 0,
        info: ModelInfo | None = None,
    ) -> None:
        self.calls: list[ModelRequest] = []
        self.delay = delay
        self.default = default
        self._replies = list(replies)
        self._info = info or ModelInfo(
            name="scripted", label="Scripted", provider="scripted", abilities=frozenset({"tools", "provider_tools"})
        )

    @property
    def info(self) -> ModelInfo:
        """Facts about the model."""
        return self._info

    def add(self, *replies: Any) -> None:
        """Add replies behind those that are left."""
        self._replies.extend(replies)

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """The next reply as a stream."""
        self.calls.append(request)
        chosen: Any = self._replies.pop(0) if self._replies else self.default
        if isinstance(chosen, Callable):  # type: ignore[arg-type]
            chosen = chosen(request)
        if isinstance(chosen, BaseException):
            chosen = Reply(error=chosen)
        reply = chosen if isinstance(chosen, Reply) else Reply(str(chosen))
        if self.delay:
            await asyncio.sleep(self.delay)
        usage = reply.usage if reply.usage is not None else DEFAULT_USAGE
        chunks = list(reply.chunks) if reply.chunks is not None else ([reply.text] if reply.text else [])
        if reply.error is not None and not chunks and not reply.blocks:
            raise reply.error
        yield StreamStart(new_id("msg"), self._info.name, Usage(input_tokens=usage.input_tokens))
        index = 0
        for block in reply.blocks:
            yield BlockStart(index, dict(block))
            yield BlockStop(index, dict(block))
            index += 1
        if chunks:
            yield BlockStart(index, {"type": "text", "text": ""})
            for chunk in chunks:
                yield BlockDelta(index, "text", chunk)
                await asyncio.sleep(0)
            if reply.error is None and not reply.cut:
                yield BlockStop(index, {"type": "text", "text": "".join(chunks)})
            index += 1
        if reply.error is not None:
            raise reply.error
        for call in reply.tool_calls:
            block = {"type": "tool_use", "id": call.id or new_id("toolu"), "name": call.name, "input": {}}
            yield BlockStart(index, block)
            value = {} if call.input is None else call.input
            yield BlockDelta(index, "input_json", json.dumps(value))
            if not reply.cut:
                yield BlockStop(index, {**block, "input": value})
            index += 1
        if reply.cut:
            return
        yield StreamStop(reply.stop_reason or ("tool_use" if reply.tool_calls else "end_turn"), usage)

    async def count_tokens(self, request: ModelRequest) -> int:
        """An estimate: 4 characters each."""
        return sum(span.tokens for span in request.spans)

    async def aclose(self) -> None:
        """Nothing to release."""


def texts(request: ModelRequest) -> list[str]:
    """The text of each message of a request, for assertions."""
    return ["".join(_text(block) for block in message["content"]) for message in request.messages]


def _text(block: Block) -> str:
    if block.get("type") == "text":
        return str(block["text"])
    if block.get("type") == "tool_result":
        content = block.get("content") or ()
        return content if isinstance(content, str) else "".join(_text(inner) for inner in content)
    return ""
