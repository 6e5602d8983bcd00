"""A server at an address (streamable HTTP): the client with its headers and limits, and what goes wrong in words.

Nothing of the environment is used: no proxies, no certificates of other programs, no credentials in files.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

from engine.mcp_client.config import ServerConfig, ServerError, first_line

if TYPE_CHECKING:
    from mcp.client import Transport

MAX_ANSWER = 32_000_000
"""Bytes of one answer; packed ones are refused."""
CONNECT_SECONDS = 15.0
READ_SECONDS = 300.0


class Link:
    """The way to one server.

    Attributes:
        status: What it answered last; the client library keeps that for itself.
    """

    def __init__(self, config: ServerConfig, secret: Mapping[str, str]) -> None:
        self.status = 0
        self._config = config
        self._secret = secret

    async def transport(self, stack: contextlib.AsyncExitStack) -> Transport:
        """The transport to the server; ``stack`` closes its connections."""
        import httpx2
        from mcp.client.streamable_http import streamable_http_client

        client = httpx2.AsyncClient(
            headers={**dict(self._config.headers), "accept-encoding": "identity", **self._secret},
            timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            event_hooks={"response": [self._look]},
            trust_env=False,
            follow_redirects=False,
        )
        await stack.enter_async_context(client)
        return streamable_http_client(self._config.url, http_client=client)

    async def _look(self, response: Any) -> None:
        import httpx2

        self.status = response.status_code
        if response.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            # What unpacks to far more than came in would get past the limit; we asked for it as it is.
            raise httpx2.DecodingError("its answer is packed, although that was not asked for")
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            response.stream = _bounded(response.stream)


def _bounded(stream: Any) -> Any:
    """The same stream, ended where it is too long. Streams of events have a limit for each event."""
    import httpx2

    class Bounded(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            seen = 0
            async for piece in stream:
                seen += len(piece)
                if seen > MAX_ANSWER:
                    raise httpx2.ReadError("the answer is too long")
                yield piece

        async def aclose(self) -> None:
            await stream.aclose()

    return Bounded()


def broke_off(error: BaseException) -> bool:
    """Whether a connection was there and ended before its time, which another attempt may mend."""
    import httpx2

    return isinstance(error, (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError))


def reason(name: str, status: int, error: BaseException) -> ServerError:
    """Why a server at an address cannot be used, from what it answered last and the error."""
    import httpx2

    if status in (401, 403):
        return ServerError(f"{name} does not let us in (it answered {status}).", "Check the secret and its header.")
    if status in (404, 405):
        return ServerError(f"There is no tool server at this address of {name}.", "Check the whole address.")
    if status >= 400:
        return ServerError(f"{name} answered with an error ({status}).", "Try again later.")
    if isinstance(error, httpx2.ConnectError):
        return ServerError(f"{name} cannot be reached.", "Check the address, and that the server is running.")
    if isinstance(error, httpx2.TimeoutException):
        return ServerError(f"{name} took too long to answer.", "Check that it is running.")
    if isinstance(error, httpx2.HTTPError):
        return ServerError(
            f"The connection to {name} failed: {str(error).rstrip('.') or 'it broke off'}.", "Try again."
        )
    return ServerError(f"{name} does not speak the Model Context Protocol: {first_line(error)}.", "Check the address.")
