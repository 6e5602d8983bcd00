"""From the raw events of the wire to the engine's stream events, block by block, byte for byte.

The SDK's own accumulator is not used: it hides a missing final event and drops fields it does not know. Not here:
reading the wire (``anthropic``).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from engine.entries import Block
from engine.model import BlockDelta, BlockStart, BlockStop, StreamEvent, StreamStart, StreamStop
from engine.models.prices import PriceEntry
from engine.usage import Usage

_TEXT_DELTAS: dict[str, tuple[str, Literal["text", "thinking", "signature"]]] = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "signature_delta": ("signature", "signature"),
}


class ProtocolError(Exception):
    """An event does not follow the protocol."""


class Assembler:
    """Turns one stream's events into the engine's. Use it for one stream only."""

    def __init__(self, model: str, prices: PriceEntry | None = None) -> None:
        self._model = model
        self._prices = prices
        self._blocks: dict[int, Block] = {}
        self._json: dict[int, list[str]] = {}
        self._usage: dict[str, Any] = {}
        self._stop_reason: str | None = None
        self._details: dict[str, Any] = {}
        self.finished = False

    def feed(self, event: Mapping[str, Any]) -> Iterator[StreamEvent]:
        """The events that ``event`` (its data, parsed) leads to.

        Raises:
            ProtocolError: It refers to a block that was not started, or lacks a part.
        """
        kind = event.get("type")
        try:
            if kind == "message_start":
                message = event["message"]
                self._usage = _given(message.get("usage"))
                name = str(message.get("model") or self._model)
                yield StreamStart(message_id=str(message["id"]), model=name, usage=self.usage)
            elif kind == "content_block_start":
                index, block = int(event["index"]), copy.deepcopy(dict(event["content_block"]))
                self._blocks[index] = block
                yield BlockStart(index, copy.deepcopy(block))
            elif kind == "content_block_delta":
                yield from self._delta(int(event["index"]), event["delta"])
            elif kind == "content_block_stop":
                yield self._stop(int(event["index"]))
            elif kind == "message_delta":
                self._message_delta(event)
            elif kind == "message_stop" and self._stop_reason is not None:
                self.finished = True
                yield StreamStop(self._stop_reason, self.usage, self._details or None)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ProtocolError(f"{kind}: {error}") from error

    @property
    def usage(self) -> Usage:
        """What was used so far, with its estimated cost."""
        return usage_from_wire(self._usage, self._prices)

    def _delta(self, index: int, delta: Mapping[str, Any]) -> Iterator[StreamEvent]:
        block, kind = self._blocks[index], delta.get("type")
        if kind in _TEXT_DELTAS:
            field, name = _TEXT_DELTAS[kind]
            piece = str(delta[field])
            block[field] = (block.get(field) or "") + piece
            yield BlockDelta(index, name, piece)
        elif kind == "input_json_delta":
            piece = str(delta["partial_json"])
            self._json.setdefault(index, []).append(piece)
            if piece:
                yield BlockDelta(index, "input_json", piece)
        elif kind == "citations_delta":
            block["citations"] = [*(block.get("citations") or []), delta["citation"]]

    def _stop(self, index: int) -> BlockStop:
        block = self._blocks.pop(index)
        text = "".join(self._json.pop(index, []))
        if text:
            try:
                block["input"] = json.loads(text)
            except ValueError:
                # A reply that ran out of tokens ends inside the JSON. The engine sees from the stop reason that the
                # call must not run; the text is kept so that nothing is lost.
                block["input"] = {}
                return BlockStop(index, {**block, "partial_json": text})
        return BlockStop(index, block)

    def _message_delta(self, event: Mapping[str, Any]) -> None:
        delta = event["delta"]
        if delta.get("stop_reason"):
            self._stop_reason = str(delta["stop_reason"])
        for name in ("stop_sequence", "stop_details", "container"):
            if delta.get(name) is not None:
                self._details[name] = delta[name]
        self._usage |= _given(event.get("usage"))


def _given(usage: Any) -> dict[str, Any]:
    return {name: value for name, value in (usage or {}).items() if value is not None}


def usage_from_wire(usage: Mapping[str, Any], prices: PriceEntry | None = None) -> Usage:
    """The engine's usage from the provider's."""

    def number(name: str, data: Mapping[str, Any] = usage) -> int:
        value = data.get(name)
        return int(value) if isinstance(value, int | float) else 0

    written = number("cache_creation_input_tokens")
    if not written and isinstance(usage.get("cache_creation"), Mapping):
        written = sum(int(tokens) for tokens in usage["cache_creation"].values() if isinstance(tokens, int))
    details = usage.get("output_tokens_details")
    tokens = Usage(
        input_tokens=number("input_tokens"),
        output_tokens=number("output_tokens"),
        cache_read_tokens=number("cache_read_input_tokens"),
        cache_write_tokens=written,
        thinking_tokens=number("thinking_tokens", details) if isinstance(details, Mapping) else 0,
    )
    return tokens + Usage(cost=prices.cost(tokens)) if prices is not None else tokens
