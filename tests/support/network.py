"""No test reaches another machine: only loopback and Unix sockets may be connected to, only localhost looked up."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest


class NetworkUsedError(AssertionError):
    """A test tried to reach something outside this machine."""


def _is_local(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket's path, or a family of its own such as netlink
    host = str(address[0]).split("%", 1)[0]
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refuse(address: Any) -> None:
    raise NetworkUsedError(f"a test tried to reach {address!r}; tests use servers on 127.0.0.1 only")


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Any:
    """Guards every socket of this process; child processes guard themselves by having no address to go to."""
    patch = pytest.MonkeyPatch()
    connect, connect_ex, sendto, lookup = (
        socket.socket.connect,
        socket.socket.connect_ex,
        socket.socket.sendto,
        socket.getaddrinfo,
    )

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if not _is_local(address):
            self.close()  # nobody closes it after an error that is no OSError
            _refuse(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        if not _is_local(address):
            self.close()
            _refuse(address)
        return connect_ex(self, address)

    def guarded_sendto(self: socket.socket, data: Any, *rest: Any) -> int:
        if rest and not _is_local(rest[-1]):
            _refuse(rest[-1])
        return sendto(self, data, *rest)

    def guarded_lookup(host: Any, *rest: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name is not None and not _is_local((name,)):
            try:
                ipaddress.ip_address(name)  # a literal is only parsed; nothing leaves the machine
            except ValueError:
                _refuse(name)
        return lookup(host, *rest, **options)

    patch.setattr(socket.socket, "connect", guarded_connect)
    patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    patch.setattr(socket.socket, "sendto", guarded_sendto)
    patch.setattr(socket, "getaddrinfo", guarded_lookup)
    yield
    patch.undo()
