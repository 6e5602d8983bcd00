"""A fake server of the Anthropic Messages protocol on loopback, at the level of the wire.

As a fixture: ``async with MessagesServer([Reply("Hi"), Fault("reset")]) as server`` and point a client at
``server.url``; ``server.requests`` holds what came in. As a process of its own (for end-to-end tests)::

    python -m tests.servers.messages_server --port 0 [--key KEY] [--script replies.json]

It prints its address on the first line. A running one is told more through ``POST /__script__`` (a JSON list of
replies, each ``{"text": …}`` or ``{"fault": "status", "status": 529}``) and asked through ``GET /__requests__``.
What a reply can say stands in ``tests/servers/replies.py``.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import socket
import struct
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from tests.servers.replies import Fault, Reply, ToolUse, error_body, events, notepad

Answer = Reply | Fault
MODELS = (
    {
        "type": "model", "id": "fake-large", "display_name": "Fake Large", "created_at": "2026-01-01T00:00:00Z",
        "lifecycle": "active", "max_input_tokens": 200000, "max_tokens": 64000,
        "capabilities": {
            "image_input": {"supported": True}, "pdf_input": {"supported": True},
            "structured_outputs": {"supported": True}, "thinking": {"supported": True},
            "server_tools": {"supported": False},
        },
    },
    {
        "type": "model", "id": "fake-small", "display_name": "Fake Small", "created_at": "2026-01-01T00:00:00Z",
        "lifecycle": "active", "max_input_tokens": 8000, "max_tokens": 1000,
        "capabilities": {"image_input": {"supported": False}},
    },
)  # fmt: skip


@dataclass(frozen=True)
class Received:
    """One request as it came in; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass
class MessagesServer:
    """The server. Answers in the order of ``script``, then with what ``responder`` makes of the request.

    Attributes:
        key: Where given, requests without it (as ``Authorization: Bearer`` or ``x-api-key``) get 401.
        accepts: Which of the two headers the server reads.
        count: The number that count_tokens returns; None answers 404, as servers without it do.
        models: What the models list returns; None answers 404.
    """

    script: deque[Answer] = field(default_factory=deque)
    responder: Callable[[Mapping[str, Any]], Answer] = notepad
    key: str | None = None
    accepts: tuple[str, ...] = ("authorization", "x-api-key")
    count: int | None = 42
    models: Iterable[Mapping[str, Any]] | None = MODELS
    host: str = "127.0.0.1"
    port: int = 0

    def __post_init__(self) -> None:
        self.script = deque(self.script)
        self.requests: list[Received] = []
        self.disconnects = 0
        self._server: asyncio.Server | None = None
        self._release = asyncio.Event()
        self._arrived = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def url(self) -> str:
        """The address to give as ``base_url``."""
        return f"http://{self.host}:{self.port}"

    @property
    def calls(self) -> list[Received]:
        """The requests for messages alone."""
        return [request for request in self.requests if request.path == "/v1/messages"]

    async def start(self) -> MessagesServer:
        """Listen; ``port`` is known afterwards."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        """Stop listening and drop whatever is still open."""
        self._release.set()
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        if self._tasks:
            await asyncio.wait(list(self._tasks))
        if self._server is not None:
            await self._server.wait_closed()

    async def __aenter__(self) -> MessagesServer:
        return await self.start()

    async def __aexit__(self, *_exc: object) -> None:
        await self.stop()

    def say(self, *answers: Answer | str) -> None:
        """Append answers to the script."""
        self.script.extend(Reply(answer) if isinstance(answer, str) else answer for answer in answers)

    async def wait_for_calls(self, number: int) -> None:
        """Return when ``number`` requests for messages have come in."""
        while len(self.calls) < number:
            self._arrived.clear()
            await self._arrived.wait()

    async def wait_for_disconnects(self, number: int) -> None:
        """Return when ``number`` clients have left in the middle of a reply."""
        while self.disconnects < number:
            self._arrived.clear()
            await self._arrived.wait()

    # --- the wire -------------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            await self._one(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            self.disconnects += 1
            self._arrived.set()
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, OSError):
                await writer.wait_closed()
            self._writers.discard(writer)
            self._tasks.discard(task)

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _version = head[0].split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        raw = await reader.readexactly(int(headers.get("content-length", "0") or 0))
        body = json.loads(raw) if raw else None
        path = target.split("?", 1)[0]
        if path == "/__requests__":
            listed = [
                {"method": r.method, "path": r.path, "headers": dict(r.headers), "body": r.body} for r in self.requests
            ]
            return await self._json(writer, 200, listed)
        if path == "/__script__":
            self.script.extend(answer_from_json(item) for item in body)
            return await self._json(writer, 200, {"waiting": len(self.script)})
        self.requests.append(Received(method, path, headers, body))
        self._arrived.set()
        if self.key is not None and not self._may(headers):
            return await self._json(writer, 401, error_body(401, "invalid x-api-key"))
        if path == "/v1/messages" and method == "POST":
            answer = self.script.popleft() if self.script else self.responder(body)
            return await self._answer(reader, writer, answer, body)
        if path == "/v1/messages/count_tokens" and self.count is not None:
            return await self._json(writer, 200, {"input_tokens": self.count})
        if path.startswith("/v1/models/") and self.models is not None:
            wanted = next((dict(m) for m in self.models if m["id"] == path.removeprefix("/v1/models/")), None)
            if wanted is not None:
                return await self._json(writer, 200, wanted)
        if path == "/v1/models" and self.models is not None:
            data = [dict(model) for model in self.models]
            ids = [model["id"] for model in data]
            page = {
                "data": data,
                "has_more": False,
                "first_id": ids[0] if ids else None,
                "last_id": ids[-1] if ids else None,
            }
            return await self._json(writer, 200, page)
        return await self._json(writer, 404, error_body(404, f"no route {path}"))

    def _may(self, headers: Mapping[str, str]) -> bool:
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        given = {"authorization": bearer, "x-api-key": headers.get("x-api-key", "")}
        return any(given[name] == self.key for name in self.accepts)

    async def _json(self, writer: asyncio.StreamWriter, status: int, body: Any, extra: str = "") -> None:
        data = json.dumps(body).encode()
        await self._plain(writer, status, "application/json", data, extra)

    async def _plain(self, writer: asyncio.StreamWriter, status: int, kind: str, data: bytes, extra: str = "") -> None:
        head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(data)}\r\nrequest-id: req_fake\r\n"
        writer.write(f"{head}{extra}connection: close\r\n\r\n".encode() + data)
        await writer.drain()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer, body: Mapping[str, Any]
    ) -> None:
        number = len(self.calls)
        fault = answer if isinstance(answer, Fault) else None
        if fault is not None and fault.kind == "status":
            extra = f"retry-after: {fault.retry_after}\r\n" if fault.retry_after is not None else ""
            return await self._json(
                writer, fault.status, error_body(fault.status, fault.message, fault.error_type), extra
            )
        if fault is not None and fault.kind == "html":
            return await self._plain(writer, fault.status, "text/html", b"<html><body>Hello, web</body></html>")
        reply = answer.reply if isinstance(answer, Fault) else answer
        stream = events(reply, str(body.get("model", "")), f"msg_{number:04d}")
        if not body.get("stream"):
            return await self._json(writer, 200, whole(stream))
        head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nrequest-id: req_fake\r\n"
        writer.write((head + "transfer-encoding: chunked\r\nconnection: close\r\n\r\n").encode())
        gone = asyncio.ensure_future(reader.read(1))  # a client that leaves closes its side
        try:
            for position, (name, data) in enumerate(stream):
                if fault is not None and await self._break(writer, fault, position, name, gone):
                    return
                if reply.delay and name == "content_block_delta":
                    await asyncio.wait([gone], timeout=reply.delay)
                if gone.done():
                    raise ConnectionResetError
                if fault is not None and fault.kind == "no_stop_reason" and name == "message_delta":
                    data = {**data, "delta": {**data["delta"], "stop_reason": None}}
                await send_event(writer, name, json.dumps(data))
            writer.write(b"0\r\n\r\n")
            await writer.drain()
        finally:
            gone.cancel()

    async def _break(
        self, writer: asyncio.StreamWriter, fault: Fault, position: int, name: str, gone: asyncio.Future[bytes]
    ) -> bool:
        """Do the damage when its moment has come; True ends the answer."""
        if fault.kind == "cut" and name == "message_delta":
            writer.write(b"0\r\n\r\n")
            return True
        if position != fault.after:
            return False
        if fault.kind == "reset":
            await writer.drain()
            sock: socket.socket = writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
            return True
        if fault.kind == "malformed":
            await send_event(writer, "content_block_delta", '{"type": "content_block_delta", "index": 0, "del')
            return False
        if fault.kind == "error_event":
            body = error_body(fault.status, fault.message, fault.error_type)
            await send_event(writer, "error", json.dumps(body))
            writer.write(b"0\r\n\r\n")
            return True
        if fault.kind == "stall":
            released = asyncio.ensure_future(self._release.wait())
            await asyncio.wait([gone, released], return_when=asyncio.FIRST_COMPLETED)
            released.cancel()
            if gone.done():
                raise ConnectionResetError
            return True
        return False


async def send_event(writer: asyncio.StreamWriter, name: str, data: str) -> None:
    """Write one server-sent event as one HTTP chunk."""
    event = f"event: {name}\ndata: {data}\n\n".encode()
    writer.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
    await writer.drain()


def whole(stream: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """The message that a stream of events adds up to, for clients that did not ask for a stream."""
    message: dict[str, Any] = {}
    for name, data in stream:
        if name == "message_start":
            message = {**data["message"], "content": []}
        elif name == "content_block_start":
            message["content"].append(dict(data["content_block"]))
            partial = ""
        elif name == "content_block_delta":
            block, delta = message["content"][-1], data["delta"]
            if "text" in delta:
                block["text"] += delta["text"]
            elif "thinking" in delta:
                block["thinking"] += delta["thinking"]
            elif "signature" in delta:
                block["signature"] = delta["signature"]
            else:
                partial += delta["partial_json"]
                with contextlib.suppress(ValueError):
                    block["input"] = json.loads(partial)
        elif name == "message_delta":
            message.update(data["delta"], usage=data["usage"])
    return message


def answer_from_json(item: Mapping[str, Any]) -> Answer:
    """A reply or fault written as JSON: the fields of ``Reply``, or ``fault`` and the fields of ``Fault``."""
    data = dict(item)
    if "fault" in data:
        known = {f.name for f in fields(Fault)} - {"kind", "reply"}
        return Fault(data["fault"], **{name: value for name, value in data.items() if name in known})
    data["tools"] = tuple(ToolUse(**tool) for tool in data.get("tools", ()))
    return Reply(**data)


def refused_address() -> str:
    """An address of this machine where nothing listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{sock.getsockname()[1]}"


async def _main(arguments: argparse.Namespace) -> None:
    script: list[Answer] = []
    if arguments.script:
        with open(arguments.script, encoding="utf-8") as file:  # noqa: ASYNC230 - before anything runs
            script = [answer_from_json(item) for item in json.load(file)]
    async with MessagesServer(deque(script), key=arguments.key, port=arguments.port) as server:
        print(server.url, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # ends with the process that started it


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A fake server of the Messages protocol; ends when its input closes.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--key", default=None, help="refuse requests without this key")
    parser.add_argument("--script", default=None, help="a JSON file with a list of replies")
    asyncio.run(_main(parser.parse_args()))
