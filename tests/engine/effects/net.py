"""A name service and wires of a test's own: public addresses that lead to servers on loopback."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import httpcore2

from engine.effects.addresses import HostRule, host_rule
from engine.effects.wire import Network
from engine.errors import NotPermitted

PUBLIC = "93.184.216.34"


class Wires(httpcore2.AsyncNetworkBackend):
    """Connects to the port on loopback that stands for an address, and notes every address asked for."""

    def __init__(self, ports: dict[str, int]) -> None:
        self.ports = ports
        self.dialled: list[tuple[str, int]] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.dialled.append((host, port))
        if host not in self.ports:
            raise httpcore2.ConnectError("nobody there")
        return await httpcore2.AnyIOBackend().connect_tcp("127.0.0.1", self.ports[host], timeout)


class Names:
    """A name service; each host's answers one after the other, the last for good."""

    def __init__(self, **hosts: Sequence[Sequence[str]]) -> None:
        self.hosts = {name.replace("_", "."): list(answers) for name, answers in hosts.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        answers = self.hosts.get(host)
        if answers is None:
            raise OSError("no such host")
        return answers.pop(0) if len(answers) > 1 else answers[0]


def network(ports: dict[str, int] | None = None, **hosts: Sequence[Sequence[str]]) -> tuple[Network, Wires, Names]:
    """A network made of these."""
    wires, names = Wires(ports or {}), Names(**hosts)
    return Network(resolve=names, backend=wires), wires, names


class Gate:
    """Lets through what its rules name; remembers every hop it was asked about."""

    def __init__(self, *rules: str) -> None:
        self.rules = [host_rule(rule) for rule in rules]
        self.asked: list[tuple[str, str, int, str]] = []

    async def __call__(self, scheme: str, host: str, port: int, method: str) -> HostRule:
        self.asked.append((scheme, host, port, method))
        for rule in self.rules:
            if rule.allows(scheme, host, port):
                return rule
        raise NotPermitted(f"Reach {host}:{port}")
