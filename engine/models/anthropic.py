"""Models of Anthropic, and of servers that speak its Messages protocol, through the official SDK.

Not here: making the client (``anthropic_client``), errors (``anthropic_errors``), the events of a reply
(``anthropic_events``), listing and testing for Settings (``servers``).
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from engine.errors import ModelError
from engine.model import ModelInfo, ModelRequest, StreamEvent
from engine.models.anthropic_client import is_official, make_client
from engine.models.anthropic_errors import from_event, from_exception, malformed
from engine.models.anthropic_events import Assembler, ProtocolError
from engine.models.prices import PriceList
from engine.models.provider_tools import PROVIDED, dated, without_provided
from engine.models.servers import model_info

if TYPE_CHECKING:
    import anthropic
    from anthropic._streaming import ServerSentEvent

log = logging.getLogger("engine.models")

ABILITIES = frozenset(
    {
        "tools",
        "images",
        "documents",
        "thinking",
        "provider_tools",
        "structured_output",
        "prompt_caching",
        "count_tokens",
    }
)
DEFAULT_MAX_TOKENS = 8192
LEARN_SECONDS = 4.0
_GENERATORS_BELOW = 8
_SAMPLING = ("temperature", "top_p", "top_k")
"""Settings that Anthropic's own models do not take any more; other servers may."""
_NOT_COUNTED = ("max_tokens", "metadata", "service_tier", "stop_sequences", "temperature", "top_p", "top_k")


class AnthropicModel:
    """A model behind the Messages protocol.

    Args:
        model: Its name at the provider.
        api_key: The key, always given here; the environment and profiles on disk are never used.
        base_url: Address of a compatible server; None is Anthropic itself.
        prices: Known prices; a model that is not among them costs nothing in the books.
        info: What is known of the model (from :func:`engine.models.servers.list_models`).
        max_tokens: The most it may write in one reply, where a request does not say.
        timeout: Seconds until the first event of a reply.
        stall_timeout: Seconds without any event (pings count) after which a stream is given up.
    """

    def __init__(
        self,
        model: str,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        prices: PriceList | None = None,
        info: ModelInfo | None = None,
        max_tokens: int | None = None,
        timeout: float = 600.0,
        stall_timeout: float = 120.0,
        connect_timeout: float = 10.0,
    ) -> None:
        self._api_key = api_key
        self._base_url = base_url
        self._prices = prices or PriceList()
        entry = self._prices.find(model)
        official = is_official(base_url)
        self._info = info or ModelInfo(
            name=model,
            label=model,
            provider="anthropic" if official else "server",
            prices=entry.prices if entry is not None else None,
            abilities=ABILITIES if official else frozenset({"tools"}),
        )
        self._max_tokens = max_tokens or self._info.max_output_tokens or DEFAULT_MAX_TOKENS
        self._timeout = timeout
        self._stall_timeout = stall_timeout
        self._connect_timeout = connect_timeout
        self._client: anthropic.AsyncAnthropic | None = None

    def __repr__(self) -> str:
        return f"AnthropicModel({self._info.name!r}, base_url={self._base_url!r})"

    @property
    def info(self) -> ModelInfo:
        """Facts about the model; cheap, no network."""
        return self._info

    async def learn(self) -> ModelInfo:
        """Ask the provider what the model reads, writes and can do; what is known stays where it does not say.

        Never raises: a provider that cannot be asked leaves everything as it was.
        """
        try:
            client = await self._open()
            found = await client.models.retrieve(self._info.name, timeout=LEARN_SECONDS)
            told = model_info(found, self._base_url, self._prices)
        except Exception as error:  # noqa: BLE001 - the call itself will say what is wrong
            log.info("%s says nothing about %s: %s", self._url, self._info.name, type(error).__name__)
            return self._info
        if told is not None and told.name == self._info.name:
            abilities = told.abilities if getattr(found, "capabilities", None) is not None else self._info.abilities
            self._info = dataclasses.replace(told, abilities=abilities)
            self._max_tokens = min(self._max_tokens, told.max_output_tokens or self._max_tokens)
        return self._info

    async def stream(self, request: ModelRequest) -> AsyncGenerator[StreamEvent, None]:
        """Start the call and yield its events in order; ends without ``StreamStop`` where the reply was cut.

        Raises:
            ModelError: For everything that goes wrong.
        """
        name = request.model or self._info.name
        client = await self._open()
        assembler = Assembler(name, self._prices.find(name))
        try:
            arguments = self._arguments(client, request, name)
            async with aclosing(self._events(client, arguments)) as events:
                async for wire, request_id in events:
                    for event in _translate(assembler, wire, request_id):
                        yield event
        except TimeoutError as error:
            raise ModelError(
                f"The service sent nothing for {self._stall_timeout:.0f} seconds.", kind="timeout", retryable=True
            ) from error
        except ModelError:
            raise
        except Exception as error:
            raise from_exception(error, self._url) from error

    async def count_tokens(self, request: ModelRequest) -> int:
        """The provider's count; an estimate (4 characters a token) on servers that cannot count."""
        client = await self._open()
        body = self._body(request, request.model or self._info.name)
        body = {name: value for name, value in body.items() if name not in _NOT_COUNTED}
        try:
            arguments = _split(client.messages.count_tokens, body)
            return (await client.messages.count_tokens(**arguments)).input_tokens
        except Exception as error:
            translated = from_exception(error, self._url)
            if translated.kind in ("not_found", "unsupported"):
                return estimate_tokens(request)
            raise translated from error

    async def aclose(self) -> None:
        """Close the connections. Safe to call twice; the next call opens them again."""
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    @property
    def _url(self) -> str:
        return self._base_url or "Anthropic"

    async def _open(self) -> anthropic.AsyncAnthropic:
        if self._client is None:
            # Importing the SDK takes one to two seconds; the loop has a window to keep alive meanwhile.
            await asyncio.to_thread(__import__, "anthropic")
        if self._client is None:
            self._client = make_client(
                self._api_key, self._base_url, timeout=self._timeout, connect_timeout=self._connect_timeout
            )
        return self._client

    def _body(self, request: ModelRequest, name: str) -> dict[str, Any]:
        body: dict[str, Any] = {"max_tokens": self._max_tokens, **request.options, "model": name}
        able = PROVIDED in self._info.abilities
        body["messages"] = [dict(m) for m in request.messages] if able else without_provided(request.messages)
        if request.system_blocks:
            body["system"] = [dict(block) for block in request.system_blocks]
        if request.tools:
            body["tools"] = [dated(tool, self._info.abilities) for tool in request.tools]
        left_out = _SAMPLING if is_official(self._base_url) else ()
        return {key: value for key, value in body.items() if value is not None and key not in left_out}

    def _arguments(self, client: anthropic.AsyncAnthropic, request: ModelRequest, name: str) -> dict[str, Any]:
        return _split(client.messages.create, self._body(request, name)) | {"stream": True}

    async def _events(
        self, client: anthropic.AsyncAnthropic, arguments: Mapping[str, Any]
    ) -> AsyncGenerator[tuple[ServerSentEvent, str | None], None]:
        from anthropic import AsyncStream

        async with client.messages.with_streaming_response.create(**arguments) as response:
            kind = response.headers.get("content-type", "")
            if not kind.startswith("text/event-stream"):
                raise ModelError(
                    f"{self._url} does not speak the Messages protocol (it answered with {kind or 'nothing'}).",
                    kind="unsupported",
                )
            events = AsyncStream.raw_events(response.http_response)
            try:
                while True:
                    try:
                        async with asyncio.timeout(self._stall_timeout):
                            event = await anext(events)
                    except StopAsyncIteration:
                        return
                    yield event, response.request_id
            finally:
                await _close(cast("AsyncGenerator[ServerSentEvent, None]", events))


async def _close(events: AsyncGenerator[ServerSentEvent, None]) -> None:
    """Close the reader of a reply that was not read to its end.

    It stands on a pile of generators, each of which is closed by the loop only once the one above it is gone; giving
    the loop a few rounds now means that none is left when the program ends.
    """
    await events.aclose()
    del events
    for _ in range(_GENERATORS_BELOW):
        await asyncio.sleep(0)


def _translate(assembler: Assembler, wire: ServerSentEvent, request_id: str | None) -> list[StreamEvent]:
    if wire.event == "ping" or not wire.data:
        return []
    try:
        data = wire.json()
        if not isinstance(data, Mapping):
            raise malformed(request_id)
        if wire.event == "error" or data.get("type") == "error":
            raise from_event(data, request_id)
        return list(assembler.feed(data))
    except (ValueError, ProtocolError) as error:
        raise malformed(request_id) from error


def _split(function: Any, body: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments for ``function``; what it has no name for travels in ``extra_body`` (``temperature``, for one)."""
    known = inspect.signature(function).parameters
    arguments = {name: value for name, value in body.items() if name in known}
    extra = {name: value for name, value in body.items() if name not in known}
    if extra:
        arguments["extra_body"] = extra
    return arguments


def estimate_tokens(request: ModelRequest) -> int:
    """Four characters a token, over everything that is sent."""
    import json

    parts = [request.system, json.dumps(list(request.messages)), json.dumps(list(request.tools))]
    return sum(-(-len(part) // 4) for part in parts)
