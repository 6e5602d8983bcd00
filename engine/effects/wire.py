"""One exchange with one server: the name is looked up once, and the connection goes to an address that was checked.

Not here: which hosts are allowed (``addresses``), redirects and what is made of the answer (``http``).
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.effects.addresses import HostRule
from engine.errors import ToolError

if TYPE_CHECKING:
    from httpcore2 import AsyncNetworkBackend, AsyncNetworkStream

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
MAX_ADDRESSES = 8
"""Addresses of one host that are tried."""


async def look_up(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, each once, as the system gives them.

    Raises:
        OSError: There are none.
    """
    import socket

    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(slots=True)
class Network:
    """The outermost edge, so that a test can stand in for the name service and the wires.

    Attributes:
        resolve: Gives the addresses of a host.
        backend: Connects to an address; None: the real thing.
        trust: What certificates are checked against; None: the authorities that come with the program.
    """

    resolve: Resolve = look_up
    backend: AsyncNetworkBackend | None = None
    trust: ssl.SSLContext | None = None

    async def context(self) -> ssl.SSLContext:
        """The certificates; read once, away from the loop."""
        if self.trust is None:
            self.trust = await asyncio.to_thread(_certificates)
        return self.trust


def _certificates() -> ssl.SSLContext:
    import httpx2

    return httpx2.create_ssl_context(trust_env=False)


NETWORK = Network()
"""The real one."""


async def checked_addresses(rule: HostRule, port: int, network: Network) -> Sequence[str]:
    """Look a host up, once, and let through only addresses that it may have.

    Raises:
        ToolError: It has none, or one of them is of another reach than was allowed.
    """
    try:
        addresses = await network.resolve(rule.host, port)
    except (OSError, UnicodeError):
        addresses = ()
    if not addresses:
        raise ToolError(f"There is no host called {rule.host}, or this machine is offline.")
    for address in addresses:
        if not rule.allows_address(address):
            raise ToolError(
                f"{rule.host} leads to {address}, an address of this machine or its network. That was not allowed."
            )
    return addresses[:MAX_ADDRESSES]


def _pinned(addresses: Sequence[str], backend: AsyncNetworkBackend | None) -> AsyncNetworkBackend:
    """A backend that connects to these addresses whatever name it is given; SNI and ``Host`` keep the name."""
    import httpcore2

    wires = backend or httpcore2.AnyIOBackend()

    class Pinned(httpcore2.AsyncNetworkBackend):
        async def connect_tcp(
            self,
            host: str,
            port: int,
            timeout: float | None = None,
            local_address: str | None = None,
            socket_options: Iterable[Any] | None = None,
        ) -> AsyncNetworkStream:
            failure: Exception | None = None
            for address in addresses:
                try:
                    return await wires.connect_tcp(address, port, timeout, local_address, socket_options)
                except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                    failure = error
            raise failure or httpcore2.ConnectError("no address")

        async def sleep(self, seconds: float) -> None:
            await wires.sleep(seconds)

    return Pinned()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request as it goes over the wire, secrets included; never kept, logged or shown.

    Attributes:
        target: Path and query.
        headers: Names and values.
    """

    method: str
    scheme: str
    host: str
    port: int
    target: bytes
    headers: Sequence[tuple[bytes, bytes]]
    content: bytes = b""


@asynccontextmanager
async def exchange(request: Outgoing, rule: HostRule, network: Network, seconds: float) -> AsyncIterator[Any]:
    """Send a request to a checked address and give the answer, its body not read yet.

    Yields:
        An ``httpx2.Response`` whose body streams.

    Raises:
        ToolError: The host cannot be reached or did not answer as it should, in plain words.
    """
    import httpcore2
    import httpx2

    # Its debugging lines hold the headers of answers, in which a server may repeat a secret.
    logging.getLogger("httpcore2").setLevel(max(logging.INFO, logging.getLogger("httpcore2").level))
    addresses = await checked_addresses(rule, request.port, network)
    words = f"{request.host} could not be reached"
    limits = {"connect": seconds, "read": seconds, "write": seconds, "pool": seconds}
    try:
        async with httpcore2.AsyncConnectionPool(
            ssl_context=await network.context() if request.scheme == "https" else None,
            max_connections=1,
            network_backend=_pinned(addresses, network.backend),
        ) as pool:
            raw = httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(scheme=request.scheme, host=request.host, port=request.port, target=request.target),
                headers=list(request.headers),
                content=request.content,
                extensions={"timeout": limits},
            )
            answer = await pool.handle_async_request(raw)

            class Body(httpx2.AsyncByteStream):
                async def __aiter__(self) -> AsyncIterator[bytes]:
                    async for part in answer.stream:  # type: ignore[union-attr]
                        yield part

            try:
                yield httpx2.Response(answer.status, headers=answer.headers, stream=Body())
            finally:
                with suppress(Exception):
                    await answer.aclose()
    except httpcore2.TimeoutException:
        raise ToolError(f"{request.host} did not answer in time.") from None
    except httpcore2.ConnectError as error:
        reason = "its certificate is not valid" if "CERTIFICATE" in str(error).upper() else "nothing answers there"
        raise ToolError(f"{words}: {reason}.") from None
    except (httpcore2.ProtocolError, httpx2.DecodingError):
        raise ToolError(f"The answer of {request.host} was damaged or broke off.") from None
    except (httpcore2.NetworkError, OSError):
        raise ToolError(f"The connection to {request.host} broke off.") from None
