"""A file server on loopback with ranges and entity tags, that can stop in the middle. For downloads by address."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field


@dataclass
class FilesServer:
    """Serves ``files`` (path -> content).

    Attributes:
        stop_after: Bytes of a body after which the connection is dropped, once; None sends everything.
        hold_after: Bytes of a body after which nothing more comes until the client leaves.
        ranges: Whether ranges are understood.
        redirects: Path -> location.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    tag: str | None = '"v1"'
    ranges: bool = True
    stop_after: int | None = None
    hold_after: int | None = None
    redirects: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.holding = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> FilesServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._server.close()
        if self._tasks:
            await asyncio.wait(list(self._tasks))
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._answer(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        self._tasks.discard(task)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        path = head[0].split(" ")[1]
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        self.asked.append(headers)
        lines = ["connection: close"]
        if path in self.redirects:
            writer.write(f"HTTP/1.1 302 X\r\nlocation: {self.redirects[path]}\r\ncontent-length: 0\r\n\r\n".encode())
            return
        body, status = self.files.get(path), 200
        if body is None:
            writer.write(b"HTTP/1.1 404 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            return
        start = 0
        asked = headers.get("range", "")
        if self.ranges and asked.startswith("bytes=") and headers.get("if-range") in (None, self.tag):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            status = 206 if start < len(body) else 416
            lines.append(f"content-range: bytes {start}-{len(body) - 1}/{len(body)}")
        if body.startswith(b"{"):
            lines.append("content-type: application/json")
        if self.tag is not None:
            lines.append(f"etag: {self.tag}")
        rest = b"" if status == 416 else body[start:]
        writer.write("\r\n".join([f"HTTP/1.1 {status} X", f"content-length: {len(rest)}", *lines, "", ""]).encode())
        if self.stop_after is not None:
            rest, self.stop_after = rest[: self.stop_after], None
        if self.hold_after is not None:
            writer.write(rest[: self.hold_after])
            await writer.drain()
            self.holding.set()
            await reader.read(1)
            return
        writer.write(rest)
        await writer.drain()
