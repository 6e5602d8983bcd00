"""Hosts that an agent may reach, and which addresses belong to this machine or its network. Pure; no look-ups.

Not here: looking names up and connecting (``wire``), the requests (``http``).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Literal

Reach = Literal["internet", "private", "never"]
Scheme = Literal["http", "https"]

DEFAULT_PORTS = {"http": 80, "https": 443}
_PRIVATE_ENDINGS = (".localhost", ".local", ".lan", ".internal", ".intranet", ".home.arpa", ".home", ".corp")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?")
# Addresses that stand for others, or that Python's tables call global although nobody's server is there.
_NOT_THE_INTERNET = [
    ipaddress.ip_network(network)
    for network in (
        "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "::/96", "::ffff:0:0/96",
        "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        "5f00::/16", "fec0::/10",
    )
]  # fmt: skip
_NEVER = [ipaddress.ip_network(network) for network in ("0.0.0.0/8", "240.0.0.0/4", "::/128")]


def reach_of(address: str) -> Reach:
    """Where an address leads.

    Returns:
        ``internet``: a public address. ``private``: this machine, its network, or an address that stands for another
        one (mapped, translated, tunnelled). ``never``: one that nobody can mean to ask.

    Raises:
        ValueError: It is no address.

    Example:
        >>> reach_of("93.184.216.34"), reach_of("::ffff:127.0.0.1"), reach_of("0.0.0.0")
        ('internet', 'private', 'never')
    """
    found = ipaddress.ip_address(address.split("%", 1)[0])
    if found.is_multicast or found.is_unspecified or any(found in network for network in _NEVER):
        return "never"
    if not found.is_global or any(found in network for network in _NOT_THE_INTERNET):
        return "private"
    return "internet"


def is_private_name(host: str) -> bool:
    """Whether a host's very name says that it is this machine or in its network; names of addresses too."""
    try:
        return reach_of(host) != "internet"
    except ValueError:
        return "." not in host or host.endswith(_PRIVATE_ENDINGS)


def is_loopback(host: str) -> bool:
    """Whether what is sent there never leaves this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def normal_host(host: str) -> str:
    """A host as it is compared: small letters, plain ASCII, no dot at the end, no brackets.

    Raises:
        ValueError: It cannot be a host.
    """
    name = host.strip().removeprefix("[").removesuffix("]").rstrip(".").lower()
    if ":" in name:
        return str(ipaddress.IPv6Address(name))
    if not name.isascii():
        import idna

        try:
            name = idna.encode(name, uts46=True).decode("ascii").lower()
        except idna.IDNAError:
            raise ValueError(f"“{host}” is not the name of a host") from None
    if _HOST.fullmatch(name) is None or ".." in name:
        raise ValueError(f"“{host}” is not the name of a host")
    return name


def place_of(host: str, port: int) -> str:
    """``host:port`` as secrets are bound to it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


@dataclass(frozen=True, slots=True)
class HostRule:
    """One host that an agent may reach.

    Attributes:
        host: Its normal name.
        scheme: ``https``, ``http`` (then https too), or None: either, for hosts in the person's own network.
        port: The port; None: the usual one.
        private: Its addresses may be of this machine or its network.
    """

    host: str
    scheme: Scheme | None = "https"
    port: int | None = None
    private: bool = False

    def allows(self, scheme: str, host: str, port: int) -> bool:
        """Whether a request goes to this host."""
        if host != self.host:
            return False
        if self.port is not None and port != self.port:
            # A plain address that was let in may send on to its encrypted self, nothing else.
            return self.scheme == "http" and self.port == 80 and (scheme, port) == ("https", 443)
        if self.port is None and port != DEFAULT_PORTS.get(scheme):
            return False
        return self.scheme in (None, scheme) or scheme == "https"

    def allows_address(self, address: str) -> bool:
        """Whether an address that the host's name led to may be connected to."""
        reach = reach_of(address)
        if reach == "internet":
            return True
        if reach == "never" or not self.private:
            return False
        # Addresses of the link itself (a cloud's metadata among them) only where they were named as such.
        return not ipaddress.ip_address(address.split("%", 1)[0]).is_link_local or self.host == address

    @property
    def words(self) -> str:
        """The host in a sentence."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        named = f"{host}:{self.port}" if self.port is not None and self.port not in DEFAULT_PORTS.values() else host
        return f"http://{named}" if self.scheme == "http" and not self.private else named


def host_rule(text: str, *, private: bool = False) -> HostRule:
    """A host as a person writes it: ``example.org``, ``localhost:8000``, ``http://example.org``.

    Args:
        text: What was written; a path behind it does not count.
        private: Whether it was said that the host is on this machine or in the person's network; names such as
            ``localhost`` and ``printer.local`` say so themselves.

    Raises:
        ValueError: It names no host; the text says why in plain words.

    Example:
        >>> host_rule("http://LOCALHOST:8000/x")
        HostRule(host='localhost', scheme='http', port=8000, private=True)
    """
    said, separator, rest = text.strip().partition("://")
    scheme: Scheme | None = None
    if separator:
        if said.lower() not in ("http", "https"):
            raise ValueError(f"“{text.strip()}” must begin with https:// or http://")
        scheme = "http" if said.lower() == "http" else "https"
    else:
        rest = said
    authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
    if "@" in authority:
        raise ValueError("an address must not contain a user name or a password")
    found = re.fullmatch(r"(\[[^\]]*\]|[^:\[\]]*)(?::(\d{1,5}))?", authority)
    if found is None or not found[1]:
        raise ValueError(f"“{text.strip()}” is not the name of a host")
    host, port = normal_host(found[1]), int(found[2]) if found[2] else None
    if port is not None and not 1 <= port <= 65_535:
        raise ValueError(f"“{text.strip()}” has a port that cannot be")
    near = private or is_private_name(host)
    if scheme is not None and port is None:
        port = DEFAULT_PORTS[scheme]
    return HostRule(host, scheme if scheme is not None or near else "https", port, near)


def fixed_host(template: str) -> str | None:
    """The start of a URL up to its path, where no variable stands in it: ``https://api.example.org``; else None.

    Example:
        >>> fixed_host("https://api.example.org/{{ city }}"), fixed_host("https://{{ city }}.example.org/")
        ('https://api.example.org', None)
    """
    found = re.match(r"\s*(https?://[^/?#\\{}\s]+)(?:[/?#]|\s*$)", template, re.IGNORECASE)
    return found[1] if found else None


def bound_place(address: str) -> str:
    """``host:port`` that a secret for an address is bound to; "" where it has no host, or one made of variables.

    Example:
        >>> bound_place("https://Bücher.example/v1"), bound_place("http://[::1]:8080"), bound_place("https://{{ x }}/")
        ('xn--bcher-kva.example:443', '[::1]:8080', '')
    """
    scheme, _, authority = (fixed_host(address) or "").partition("://")
    try:
        rule = host_rule(f"{scheme}://{authority.rpartition('@')[2]}")  # a user's name is refused when it is asked
    except ValueError:
        return ""
    return place_of(rule.host, rule.port or DEFAULT_PORTS["https"])
