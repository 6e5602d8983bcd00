"""Connections: the ways to a model that this person has set up. Data and rules only, no Qt and no network.

A connection says where a model is and where its key comes from. It never holds the key itself: that is in the
keychain, in an environment variable the person named, or in memory for this run (``keychain``).
"""

from __future__ import annotations

import ipaddress
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from app.text import tr

ConnectionKind = Literal["on_device", "anthropic", "server"]
KeySource = Literal["none", "keychain", "environment", "memory"]

ANTHROPIC_ADDRESS = "https://api.anthropic.com"
DEFAULT_ANTHROPIC_MODEL = "claude-sonnet-5-5"


class Connection(BaseModel):
    """One way to a model.

    Attributes:
        id: Stable; agents name the connection they want by it.
        address: The server's address; empty for Anthropic's own and for on-device.
        model: The model's name; for on-device a catalogue id or the path of a GGUF file.
        key_source: Where the key comes from.
        key_variable: The environment variable, where that is the source.
        plain_consent: The person agreed that a key goes over plain http to this address.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    kind: ConnectionKind
    name: str = ""
    address: str = ""
    model: str = ""
    key_source: KeySource = "none"
    key_variable: str = ""
    plain_consent: bool = False

    @property
    def origin(self) -> str:
        """What a key for this connection is bound to: scheme, host and port."""
        return origin_of(self.address or ANTHROPIC_ADDRESS)

    @property
    def title(self) -> str:
        """What the person reads."""
        if self.name:
            return self.name
        if self.kind == "on_device":
            return tr("On this device")
        if self.kind == "anthropic":
            return "Anthropic"
        return urlsplit(self.address).netloc or tr("Server")


def default_connections() -> list[Connection]:
    """What a new installation has: the device itself. The others are added when they are set up."""
    return [Connection(id="on-device", kind="on_device")]


def origin_of(address: str) -> str:
    """``scheme://host:port`` of an address, with the port always written out.

    Raises:
        ValueError: The address is not an http or https address; the text says what is missing.
    """
    parts = urlsplit(address.strip())
    if parts.scheme not in ("http", "https"):
        raise ValueError(tr("The address must begin with http:// or https://"))
    if not parts.hostname:
        raise ValueError(tr("The address has no host name"))
    if parts.username or parts.password:
        raise ValueError(tr("The address must not contain a user name or a password"))
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        raise ValueError(tr("The port in the address is not a number")) from None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{port}"


def normal_address(text: str) -> str:
    """A typed address, made complete: ``localhost:11434`` becomes ``http://localhost:11434``.

    Raises:
        ValueError: As :func:`origin_of`.
    """
    text = text.strip()
    if "://" not in text and text:
        host = text.split("/", 1)[0].rsplit(":", 1)[0]
        text = f"{'http' if is_local_host(host) else 'https'}://{text}"
    origin_of(text)
    text = text.rstrip("/")
    if text.endswith("/v1"):
        text = text[: -len("/v1")]
    return text


def is_local_host(host: str) -> bool:
    """Whether the name or address means this machine or its private network."""
    host = host.strip("[]").lower()
    if host == "localhost" or host.endswith((".localhost", ".local")):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_private


def stays_here(connection: Connection) -> bool:
    """Whether what is said to this connection stays on this machine: on the device itself, or at a loopback address."""
    if connection.kind == "on_device":
        return True
    host = (urlsplit(connection.address).hostname or "").lower()
    return host == "localhost" or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def sends_key_in_the_open(connection: Connection) -> bool:
    """Whether a key would travel unencrypted to another machine: that needs the person's consent."""
    if connection.key_source == "none" or not connection.address:
        return False
    parts = urlsplit(connection.address)
    host = (parts.hostname or "").lower()
    return parts.scheme != "https" and host != "localhost" and not _is_loopback(host)
