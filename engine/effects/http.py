"""Fetching something for an agent: hosts checked at every hop, sizes capped, secrets put in at the wire alone.

Cookies, proxies and credentials of the machine play no part: nothing here reads the environment.
Not here: the connection itself (``wire``), what the node says (``engine.blueprint.kinds.http``).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from engine.effects.addresses import DEFAULT_PORTS, HostRule, is_loopback, normal_host, place_of
from engine.effects.redact import Redactor
from engine.effects.wire import NETWORK, Network, Outgoing, exchange
from engine.errors import ToolError

if TYPE_CHECKING:
    from httpx2 import URL

MAX_REDIRECTS = 5
MAX_URL = 8_000
MAX_BODY = 2_000_000
"""The most bytes a request may carry."""
MAX_HEADER = 4_000
LONG = 100_000
"""Bytes of an answer above which it is understood away from the loop."""

Header = tuple[str, str]
Gate = Callable[[str, str, int, str], Awaitable[HostRule]]
"""Given scheme, host, port and method of a hop; gives the rule that lets it through, or raises."""
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_OURS = frozenset(
    {
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te", "trailer", "expect",
        "accept-encoding",
    }
)  # fmt: skip
_TRAVELS = frozenset({"accept", "accept-language", "content-type", "user-agent"})
"""Headers that follow a redirect to another server; all others stay behind."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Credential:
    """A secret in its place.

    Attributes:
        place: ``host:port`` it is bound to.
        value: Gives the secret; asked only when a request goes to that very place.
        query: Whether it is a parameter of the address; else it is a header.
        name: Name of the header or parameter.
        prefix: Words in front, such as ``Bearer ``.
    """

    place: str
    value: Callable[[], Awaitable[str]]
    query: bool = False
    name: str = "Authorization"
    prefix: str = "Bearer "


@dataclass(frozen=True, slots=True)
class Fetch:
    """What is asked for."""

    method: str
    url: str
    query: Sequence[Header] = ()
    headers: Sequence[Header] = ()
    content: bytes = b""
    content_type: str = ""
    credential: Credential | None = None
    seconds: float = 30.0
    max_bytes: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back, secrets taken out.

    Attributes:
        url: Where it came from in the end.
        text: The body as text; "" where it is none.
        json: The body as a JSON value; None where it is none.
    """

    status: int
    url: str
    content_type: str = ""
    text: str = ""
    json: Any = None
    size: int = 0

    @property
    def status_words(self) -> str:
        """The status as people say it: ``404 Not Found``."""
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return str(self.status)


async def fetch(request: Fetch, gate: Gate, network: Network | None = None) -> Fetched:
    """Send a request, following redirects by hand.

    Args:
        request: What is asked for.
        gate: Asked at every hop, before anything is looked up.
        network: The outermost edge.

    Raises:
        ToolError: It is malformed, not allowed, cannot be reached, too slow or too large; in plain words.
    """
    redactor = Redactor()
    try:
        return await _follow(request, gate, network or NETWORK, redactor)
    except ToolError as error:
        said = redactor.text(str(error))
        if said == str(error):
            raise
        raise ToolError(said) from None


async def _follow(request: Fetch, gate: Gate, network: Network, redactor: Redactor) -> Fetched:
    if len(request.content) > MAX_BODY:
        raise ToolError(f"The request would carry more than {MAX_BODY:,} bytes.")
    url = _url(request.url, request.query)
    headers = [*_checked(request.headers)]
    if request.content_type and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", request.content_type))
    method, content = request.method, request.content
    clock, left = asyncio.get_running_loop().time, request.seconds
    for _ in range(MAX_REDIRECTS + 1):
        host, port = _host(url)
        rule = await gate(url.scheme, host, port, method)  # may ask the person: that takes as long as it takes
        outgoing = await _outgoing(method, url, headers, content, request.credential, redactor)
        began = clock()
        try:
            async with asyncio.timeout(left), exchange(outgoing, rule, network, left) as response:
                where = response.headers.get("location", "")
                if response.status_code not in _REDIRECTS or not where:
                    return await _read(response, url, method, request.max_bytes, redactor)
                status = response.status_code
        except TimeoutError:
            raise ToolError(f"{host} did not answer within {request.seconds:g} seconds.") from None
        left = max(0.01, left - (clock() - began))
        target = _target(url, where)
        if _host(target) != (host, port) or target.scheme != url.scheme:
            headers = [(name, value) for name, value in headers if name.lower() in _TRAVELS]
        if status == 303 or (status in (301, 302) and method == "POST"):
            method, content = ("HEAD" if method == "HEAD" else "GET"), b""
            headers = [(name, value) for name, value in headers if name.lower() != "content-type"]
        url = target
    raise ToolError(f"{url.host} sent the request on more than {MAX_REDIRECTS} times.")


def _url(text: str, query: Sequence[Header]) -> URL:
    """The address of a request.

    Raises:
        ToolError: It is none that may be asked.
    """
    import httpx2

    text = text.strip()
    if len(text) > MAX_URL:
        raise ToolError(f"The address is longer than {MAX_URL:,} characters.")
    try:
        url = httpx2.URL(text)
        if query:
            url = url.copy_merge_params([*url.params.multi_items(), *query])
    except (httpx2.InvalidURL, ValueError, UnicodeError):
        raise ToolError(f"“{text[:200]}” is not an address.") from None
    if url.scheme not in DEFAULT_PORTS:
        raise ToolError("The address must begin with https:// or http://")
    if url.userinfo:
        raise ToolError("The address must not contain a user name or a password.")
    if not url.host:
        raise ToolError("The address names no host.")
    if url.port is not None and not 1 <= url.port <= 65_535:
        raise ToolError(f"The address has a port that cannot be: {url.port}.")
    return url


def _target(url: URL, where: str) -> URL:
    """Where a redirect leads."""
    import httpx2

    try:
        return _url(str(url.join(where)), ())
    except (httpx2.InvalidURL, ValueError, UnicodeError):
        raise ToolError(f"{url.host} sent the request on to something that is not an address.") from None


def _host(url: URL) -> tuple[str, int]:
    """Host and port as they are compared and connected to: both from what goes over the wire."""
    try:
        host = normal_host(url.raw_host.decode("ascii"))
    except ValueError as error:
        raise ToolError(f"{str(error)[:200]}.") from None
    return host, url.port or DEFAULT_PORTS[url.scheme]


def _checked(headers: Sequence[Header]) -> Sequence[Header]:
    """Headers that cannot break out of their line.

    Raises:
        ToolError: One can, or belongs to the connection itself.
    """
    for name, value in headers:
        if _TOKEN.fullmatch(name) is None:
            raise ToolError(f"“{name[:60]}” cannot be the name of a header.")
        if name.lower() in _OURS or name.lower().startswith("proxy-"):
            raise ToolError(f"The header “{name}” belongs to the connection and cannot be set.")
        if _CONTROL.search(value):
            raise ToolError(f"The header “{name}” would have a line break in it.")
        if len(value) > MAX_HEADER:
            raise ToolError(f"The header “{name}” is longer than {MAX_HEADER:,} characters.")
    return [(name, value.strip()) for name, value in headers]


async def _outgoing(
    method: str, url: URL, headers: Sequence[Header], content: bytes, credential: Credential | None, redactor: Redactor
) -> Outgoing:
    """The request as it goes out, with the secret in it where it goes to the secret's own place."""
    host, port = _host(url)
    named = {name.lower() for name, _ in headers}
    extra: list[Header] = [] if "user-agent" in named else [("User-Agent", "Bough")]
    extra += [] if "accept" in named else [("Accept", "*/*")]
    if credential is not None and credential.place == place_of(host, port):
        if url.scheme != "https" and not is_loopback(host):
            raise ToolError(f"A secret is sent to {host} only over https.")
        value = await credential.value()
        redactor.hide(value)
        _checked([(credential.name if not credential.query else "X", credential.prefix + value)])
        if credential.query:
            url = url.copy_set_param(credential.name, value)
        else:
            headers = [pair for pair in headers if pair[0].lower() != credential.name.lower()]
            extra.append((credential.name, credential.prefix + value))
    length = [("Content-Length", str(len(content)))] if content or method in ("POST", "PUT", "PATCH") else []
    fixed = [("Host", url.netloc.decode("ascii")), ("Accept-Encoding", "gzip, deflate"), *length]
    raw = [(name.encode("ascii"), value.encode("utf-8", "replace")) for name, value in (*fixed, *extra, *headers)]
    return Outgoing(method, url.scheme, host, port, url.raw_path, raw, content)


async def _read(response: Any, url: URL, method: str, max_bytes: int, redactor: Redactor) -> Fetched:
    """The body, capped as it arrives and again as it unpacks."""
    body = bytearray()
    if method != "HEAD":
        async for part in response.aiter_bytes():
            body += part
            if len(body) > max_bytes or response.num_bytes_downloaded > max_bytes:
                raise ToolError(f"The answer of {url.host} is larger than {max_bytes:,} bytes.")
    kind = response.headers.get("content-type", "").split(";")[0].strip().lower()
    where, charset = redactor.text(str(url)), response.charset_encoding

    def understood() -> Fetched:
        text = redactor.text(_text(bytes(body), charset))
        value = redactor.value(_json(text, kind))
        return Fetched(response.status_code, where, redactor.text(kind), text, value, len(body))

    return await asyncio.to_thread(understood) if len(body) > LONG else understood()


def _text(body: bytes, charset: str | None) -> str:
    """The body as text; "" for what is none."""
    if b"\x00" in body[:4096] and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ""
    try:
        return body.decode(charset or ("utf-16" if body[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"), "replace")
    except (LookupError, ValueError):  # a charset that nobody knows
        return body.decode("utf-8", "replace")


def _json(text: str, kind: str) -> Any:
    if not (kind.endswith(("/json", "+json")) or text.lstrip()[:1] in ("{", "[")):
        return None
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None
