"""A web server on loopback that answers what a test tells it to, and remembers word for word what it was asked."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any


@dataclass
class Asked:
    """A request as it came over the wire. ``raw`` is its head, byte for byte."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    raw: bytes


def answer(body: bytes | str = b"ok", status: int = 200, kind: str = "text/plain", **headers: str) -> bytes:
    """A whole response; underscores in the names of headers are dashes."""
    data = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Said", f"Content-Type: {kind}", f"Content-Length: {len(data)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + data


def moved(where: str, status: int = 302) -> bytes:
    """A redirect."""
    return answer(b"", status, Location=where)


@dataclass
class WebServer:
    """Answers each path with bytes, or with what a function makes of the request."""

    paths: dict[str, bytes | Callable[[Asked], bytes] | Iterable[bytes]] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        self.asked: list[Asked] = []
        self.names: list[str | None] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> WebServer:
        if self.tls is not None:
            self.tls.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        # A handshake that the client broke off goes on in a task of asyncio's own.
        shaking = [task for task in asyncio.all_tasks() if "_accept_connection" in repr(task.get_coro())]
        if self._tasks or shaking:
            await asyncio.wait([*self._tasks, *shaking])
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task: Any = asyncio.current_task()
        self._tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                await self._answer(reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, ssl.SSLError, asyncio.CancelledError, TimeoutError):
                await writer.wait_closed()
            self._tasks.discard(task)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw = await reader.readuntil(b"\r\n\r\n")
        head = raw.decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        asked = Asked(method, target, headers, body, raw)
        self.asked.append(asked)
        found = self.paths.get(target.split("?")[0], answer("not here", 404))
        said = found(asked) if callable(found) else found
        for part in [said] if isinstance(said, bytes) else said:
            writer.write(part)
            await writer.drain()
            if part == b"":  # says nothing more until the client has left
                await reader.read()


@cache
def _authority() -> tuple[bytes, bytes, bytes]:
    """Key and certificate of a server called ``public.example``, signed by an authority of the tests' own."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    def named(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])

    def begun(subject: str, key: Any) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(named(subject))
            .issuer_name(named("Tests"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    root, leaf = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    key_id = x509.SubjectKeyIdentifier.from_public_key(root.public_key())
    usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
    top = (
        begun("Tests", root)
        .add_extension(x509.BasicConstraints(True, None), True)
        .add_extension(key_id, False)
        .add_extension(usage, True)
        .sign(root, hashes.SHA256())
    )
    signed = (
        begun("public.example", leaf)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("public.example")]), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(key_id), False)
        .sign(root, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    key = leaf.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    return key, signed.public_bytes(pem), top.public_bytes(pem)


def tls_of_public_example(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server called ``public.example`` needs, and what a client must trust."""
    key, certificate, root = _authority()
    (folder / "key.pem").write_bytes(key)
    (folder / "certificate.pem").write_bytes(certificate)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    client = ssl.create_default_context(cadata=root.decode())
    return server, client
