"""Fixtures for the adapters: a server on loopback, requests, and a reader of streams."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from engine.model import BlockDelta, BlockStop, ModelRequest, StreamEvent, StreamStop
from tests.servers.messages_server import MessagesServer


@pytest.fixture
async def server() -> AsyncIterator[MessagesServer]:
    async with MessagesServer() as running:
        yield running


def request(text: str = "Hello", **parts: Any) -> ModelRequest:
    """A request with one message of the person."""
    parts.setdefault("messages", [{"role": "user", "content": [{"type": "text", "text": text}]}])
    return ModelRequest(**parts)


class Read:
    """A stream read to its end, or to its error."""

    def __init__(self) -> None:
        self.events: list[StreamEvent] = []

    @property
    def blocks(self) -> list[dict[str, Any]]:
        return [event.block for event in self.events if isinstance(event, BlockStop)]

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, BlockDelta) and event.kind == "text")

    @property
    def stop(self) -> StreamStop | None:
        return next((event for event in self.events if isinstance(event, StreamStop)), None)


async def read(model: Any, given: ModelRequest, into: Read | None = None) -> Read:
    result = into or Read()
    async for event in model.stream(given):
        result.events.append(event)
    return result
