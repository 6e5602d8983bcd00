"""What a server is: a program on this computer or an address, with what it is given. Not here: connecting to it."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from engine.effects.addresses import bound_place
from engine.permissions import Capability

if TYPE_CHECKING:
    from engine.world import Secrets

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class ServerError(Exception):
    """A server cannot be used. ``str(error)`` says why in plain words; ``advice`` what to do."""

    def __init__(self, text: str, advice: str = "") -> None:
        super().__init__(text)
        self.advice = advice


def first_line(error: BaseException) -> str:
    """What an error of a library says, short enough for the end of a sentence."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".:")[:300]


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A secret by reference: its name in the keychain and what it is bound to."""

    name: str
    host: str


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """A server as an agent describes it.

    Attributes:
        title: What the person calls it.
        program: The program to start, or "" for a server at an address.
        arguments: What it is started with.
        environment: Names and values that it finds in its environment, beside very little of ours.
        url: The address of a server that runs somewhere else.
        headers: Names and values that go along with each request.
        secret: A secret that it is given at the last moment.
        secret_in: The variable of the environment, or the header, that carries the secret.
        timeout: Seconds that one call may take without progress.
    """

    title: str = ""
    program: str = ""
    arguments: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    secret: SecretRef | None = None
    secret_in: str = ""
    timeout: float = 60.0

    @property
    def name(self) -> str:
        """What to call it in sentences."""
        return self.title.strip() or (self.program if self.program else urlsplit(self.url).netloc) or "the server"

    def subject(self) -> dict[str, Any]:
        """All that decides what is started, or who is called."""
        given: dict[str, Any] = {"secret": [self.secret.name, self.secret.host, self.secret_in]} if self.secret else {}
        if self.program:
            return given | {
                "program": self.program,
                "arguments": list(self.arguments),
                "environment": [list(pair) for pair in self.environment],
            }
        return given | {"url": self.url, "headers": [list(pair) for pair in self.headers]}

    @property
    def key(self) -> str:
        """The same for the same server; titles and patience do not count."""
        text = json.dumps(self.subject(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]

    def capability(self) -> Capability:
        """What a person is asked before it is used: the whole command, or the whole address."""
        if self.program:
            lines = [shlex.join([self.program, *self.arguments])]
            lines += [f"{name}={value}" for name, value in self.environment]
            if self.secret is not None:
                lines.append(f"{self.secret_in}=(the secret “{self.secret.name}”)")
            sentence = f"Start the program “{self.program}” on this computer, which can do all that you can"
            return Capability("mcp", self.subject(), sentence, "\n".join(lines))
        lines = [self.url, *(f"{name}: {value}" for name, value in self.headers)]
        if self.secret is not None:
            lines.append(f"{self.secret_in}: (the secret “{self.secret.name}”)")
        host = urlsplit(self.url).netloc or self.url
        return Capability("mcp", self.subject(), f"Use the tools of the server at {host}", "\n".join(lines))

    def wrong(self) -> str:
        """Why this cannot be a server, as a sentence, or ""."""
        if self.program:
            return ""
        if not self.url:
            return "It is not said which program to start or which address to use."
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return "The address must begin with http:// or https://."
        if parts.username or parts.password:
            return "A password does not belong in the address. Use a secret."
        if self.secret is not None and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            return "A secret is not sent over http:// to another computer. Use https://."
        return ""

    async def revealed(self, secrets: Secrets | None) -> Mapping[str, str]:
        """The secret under the name that carries it; empty where there is none.

        Raises:
            ServerError: It is not in the keychain, or is bound to another place.
        """
        if self.secret is None:
            return {}
        place = f"program:{self.program}" if self.program else bound_place(self.url)
        if self.secret.host != place:
            raise ServerError(
                f"The secret “{self.secret.name}” is bound to {self.secret.host or 'nothing'}, not to {place}.",
                "Choose the secret again in the properties of the server.",
            )
        value = await secrets.get(self.secret.name, self.secret.host) if secrets is not None else None
        if value is None:
            raise ServerError(
                f"The secret “{self.secret.name}” is not in the keychain of this computer.",
                "Store it in the properties of the server.",
            )
        if not (value.isprintable() and value.isascii()):
            raise ServerError(f"The secret “{self.secret.name}” has characters that cannot be sent.", "Store it again.")
        bearer = not self.program and self.secret_in.lower() == "authorization" and " " not in value
        return {self.secret_in: f"Bearer {value}" if bearer else value}
