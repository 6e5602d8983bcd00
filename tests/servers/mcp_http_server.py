"""A tool server at an address, at the level of the wire: the handshake of 2025, answers as JSON, faults on demand.

``async with McpHttpServer() as server`` and point a client at ``server.url``. The official server library is used where
servers are programs (``mcp_server``); here each byte is ours, so that an address can also misbehave.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ADD = {
    "name": "add",
    "description": "Add two numbers",
    "inputSchema": {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    },
}
MUCH = {"name": "much", "description": "Say a lot", "inputSchema": {"type": "object"}}


@dataclass
class McpHttpServer:
    """The server.

    Attributes:
        token: Where given, requests without it as a bearer get 401.
        breaks: So many of the first requests end in a closed connection.
        closed: Every request from here on ends so.
    """

    token: str | None = None
    breaks: int = 0
    closed: bool = False
    headers: list[Mapping[str, str]] = field(default_factory=list)

    async def __aenter__(self) -> McpHttpServer:
        self._writers: set[asyncio.StreamWriter] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/mcp"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._one(reader, writer)
        finally:
            writer.close()
            self._writers.discard(writer)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method = head[0].split(" ", 1)[0]
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        body = await reader.readexactly(int(headers.get("content-length", "0") or 0))
        self.headers.append(headers)
        if self.breaks or self.closed:
            self.breaks = max(0, self.breaks - 1)
            return
        if self.token is not None and headers.get("authorization") != f"Bearer {self.token}":
            return await _send(writer, 401, None)
        if method != "POST":
            return await _send(writer, 405 if method == "GET" else 200, None)
        message = json.loads(body)
        if "id" not in message:
            return await _send(writer, 202, None)
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": message["id"]}
        result = self._answer(message["method"], message.get("params") or {})
        answer |= {"result": result} if result is not None else {"error": {"code": -32601, "message": "Unknown"}}
        await _send(writer, 200, answer)

    def _answer(self, method: str, params: Mapping[str, Any]) -> dict[str, Any] | None:
        if method == "initialize":
            return {
                "protocolVersion": params["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "Wire", "version": "2"},
            }
        if method == "tools/list":  # in two pages
            return {"tools": [MUCH]} if params.get("cursor") else {"tools": [ADD], "nextCursor": "more"}
        if method == "tools/call":
            given = params.get("arguments") or {}
            if params["name"] == "much":
                return {"content": [{"type": "text", "text": "x" * int(given.get("size", 0))}]}
            return {"content": [{"type": "text", "text": str(given["a"] + given["b"])}]}
        return None


async def _send(writer: asyncio.StreamWriter, status: int, body: Any) -> None:
    data = b"" if body is None else json.dumps(body).encode()
    head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n"
    writer.write(f"{head}connection: close\r\n\r\n".encode() + data)
    await writer.drain()
