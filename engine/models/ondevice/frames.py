"""Messages between the program and its model process: four bytes of length, then JSON. Not here: what they mean."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import Mapping
from typing import Any, BinaryIO

MAX_FRAME = 64 << 20
_HEAD = struct.Struct(">I")


class FrameError(Exception):
    """The other side sent something that is no frame."""


def pack(message: Mapping[str, Any]) -> bytes:
    """One frame."""
    data = json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode("utf-8", errors="surrogatepass")
    if len(data) > MAX_FRAME:
        raise FrameError(f"a message of {len(data)} bytes is too large")
    return _HEAD.pack(len(data)) + data


def unpack(data: bytes) -> dict[str, Any]:
    """The message in the body of a frame."""
    try:
        message = json.loads(data.decode("utf-8", errors="surrogatepass"))
    except ValueError as error:
        raise FrameError("a frame is not JSON") from error
    if not isinstance(message, dict):
        raise FrameError("a frame is not an object")
    return message


def _length(head: bytes) -> int:
    (length,) = _HEAD.unpack(head)
    if length > MAX_FRAME:
        raise FrameError(f"a frame of {length} bytes is too large")
    return int(length)


def read(file: BinaryIO) -> dict[str, Any] | None:
    """The next message, or None at the end. Blocks; used in the child."""
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    length = _length(head)
    data = file.read(length)
    return unpack(data) if len(data) == length else None


async def read_async(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """The next message, or None at the end; used in the program."""
    try:
        head = await reader.readexactly(_HEAD.size)
        return unpack(await reader.readexactly(_length(head)))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
