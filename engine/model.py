"""The border to language models: the request, the stream that comes back, and the protocol between them.

Content has one vocabulary, the Anthropic Messages API's. Adapters live in ``engine/models``; nothing here
imports a provider's SDK.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from engine.entries import Block
from engine.usage import NO_USAGE, Usage

Part = Literal["system", "messages", "tools"]


@dataclass(frozen=True, slots=True)
class Span:
    """Who wrote which words of a request.

    Attributes:
        path: Path of the element that wrote it (``/node:sys``; the Timeline's path for history).
        part: Which part of the request it stands in.
        index: Which item of that part (system block, message, tool).
        block: Which block inside the message; 0 for system blocks and tools.
        start: First character of the span inside that block's text; 0 for blocks that are not text.
        end: One past the last character; equal to ``start`` for blocks that are not text.
        tokens: Estimated tokens of the span (4 characters each, rounded up, until a provider counts).
        entry_id: The timeline entry, for spans of history.
        stored: False for words that are made for this call only.
    """

    path: str
    part: Part
    index: int
    block: int
    start: int
    end: int
    tokens: int
    entry_id: str | None = None
    stored: bool = False


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """Everything a model is given in one call.

    Attributes:
        system_blocks: The system prompt as text blocks, possibly with ``cache_control``.
        messages: ``{"role", "content"}`` dicts, content always a list of blocks.
        tools: ``{"name", "description", "input_schema"}`` dicts, or provider tools as they are.
        spans: Who wrote what, in reading order.
        model: The model's name, or None for the adapter's own.
        options: Settings that go along: ``max_tokens``, ``thinking``, ``tool_choice``, ``output_config``, ….
    """

    system_blocks: Sequence[Block] = ()
    messages: Sequence[dict[str, Any]] = ()
    tools: Sequence[dict[str, Any]] = ()
    spans: Sequence[Span] = ()
    model: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def system(self) -> str:
        """The text of the system blocks, joined by blank lines."""
        return "\n\n".join(block["text"] for block in self.system_blocks if block.get("type") == "text")


@dataclass(frozen=True, slots=True)
class StreamStart:
    """The reply begins."""

    message_id: str
    model: str
    usage: Usage = NO_USAGE


@dataclass(frozen=True, slots=True)
class BlockStart:
    """A content block begins. ``block`` is its still empty form (``{"type": "text", "text": ""}``)."""

    index: int
    block: Block


@dataclass(frozen=True, slots=True)
class BlockDelta:
    """A piece of the block at ``index``: text, thinking, a signature, or JSON of a tool's input."""

    index: int
    kind: Literal["text", "thinking", "signature", "input_json"]
    text: str


@dataclass(frozen=True, slots=True)
class BlockStop:
    """A content block is complete; ``block`` is the whole of it, byte for byte what must be sent back."""

    index: int
    block: Block


@dataclass(frozen=True, slots=True)
class StreamStop:
    """The reply is complete. A stream that ends without this one was cut."""

    stop_reason: str
    usage: Usage = NO_USAGE
    details: Mapping[str, Any] | None = None


StreamEvent = StreamStart | BlockStart | BlockDelta | BlockStop | StreamStop


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars per million tokens."""

    input: float = 0.0
    output: float = 0.0
    cache_read: float = 0.0
    cache_write: float = 0.0

    def cost(self, usage: Usage) -> float:
        """What ``usage`` costs, in dollars."""
        return (
            usage.input_tokens * self.input
            + usage.output_tokens * self.output
            + usage.cache_read_tokens * self.cache_read
            + usage.cache_write_tokens * self.cache_write
        ) / 1_000_000


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What is known of a model.

    Attributes:
        name: The name the provider knows it by.
        label: The name a person reads.
        provider: ``anthropic``, ``on-device``, ``server`` or ``scripted``.
        context_window: Tokens that fit into one request, or None where unknown.
        max_output_tokens: The most it writes in one reply, or None where unknown.
        prices: None where unknown; all zero where it costs nothing.
        abilities: Of ``tools``, ``images``, ``documents``, ``thinking``, ``provider_tools``,
            ``structured_output``, ``prompt_caching``, ``count_tokens``, ``programmatic_tools`` (provider tools in
            their newest versions).
    """

    name: str
    label: str = ""
    provider: str = ""
    context_window: int | None = None
    max_output_tokens: int | None = None
    prices: Prices | None = None
    abilities: frozenset[str] = frozenset()


class Model(Protocol):
    """What the engine needs of a model.

    ``stream`` raises :class:`engine.errors.ModelError` for every failure, translated from the provider's.
    It does not retry: the engine does, and only where nothing was streamed yet. Closing the iterator
    early (cancellation) ends the provider's work.
    """

    @property
    def info(self) -> ModelInfo:
        """Facts about the model; cheap, no network."""
        ...

    def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """Start the call and yield its events in order."""
        ...

    async def count_tokens(self, request: ModelRequest) -> int:
        """How many tokens the request has; an estimate where the provider cannot count."""
        ...

    async def aclose(self) -> None:
        """Release connections and processes. Safe to call twice."""
        ...
