"""From what a server's tool returns to the blocks of a tool result. Not here: calling it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from engine.entries import Block
from engine.errors import ToolError

MAX_TEXT = 200_000
"""Characters of text of one result; what is beyond is cut, and the text says so."""
MAX_IMAGE = 7_000_000
"""Characters of one image in base64, about 5 MB."""
MAX_BLOCKS = 100
IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def blocks_of(result: Any) -> list[Block]:
    """The blocks of a ``CallToolResult``.

    Raises:
        ToolError: The server says that the call failed.
    """
    content = list(result.content or ())
    if not content and result.structured_content is not None:
        made = [_text(json.dumps(result.structured_content, ensure_ascii=False, default=str))]
    else:
        made = [_block(item) for item in content[:MAX_BLOCKS]]
        if len(content) > MAX_BLOCKS:
            made.append(_text(f"[{len(content) - MAX_BLOCKS} parts more were left out]"))
    made = _bounded(made)
    if result.is_error:
        words = "\n".join(str(block.get("text", "")) for block in made if block["type"] == "text").strip()
        raise ToolError(words or "The server says that this failed, and not why.")
    return made or [_text("Done.")]


def _block(item: Any) -> Block:
    kind = getattr(item, "type", "")
    if kind == "text":
        return _text(item.text)
    if kind == "image":
        return _image(item.data, item.mime_type)
    if kind == "resource_link":
        return _text(f"[{item.title or item.name}: {item.uri}]")
    if kind == "resource":
        return _resource(item.resource)
    return _text(f"[{kind or 'something'} that cannot be shown here]")


def _resource(resource: Any) -> Block:
    text = getattr(resource, "text", None)
    if text is not None:
        return _text(text)
    mime = resource.mime_type or "unknown kind"
    if mime in IMAGES:
        return _image(resource.blob, mime)
    if mime == "application/pdf" and len(resource.blob) <= MAX_IMAGE:
        source = {"type": "base64", "media_type": mime, "data": resource.blob}
        return {"type": "document", "source": source, "title": str(resource.uri)[:200]}
    return _text(f"[a file of {mime} at {resource.uri}]")


def _image(data: str, mime: str) -> Block:
    if mime not in IMAGES:
        return _text(f"[an image of {mime}, which models cannot see]")
    if len(data) > MAX_IMAGE:
        return _text(f"[an image of {len(data) * 3 // 4:,} bytes, which is too large to be sent]")
    return {"type": "image", "source": {"type": "base64", "media_type": mime, "data": data}}


def _text(text: str) -> Block:
    return {"type": "text", "text": text}


def _bounded(blocks: Sequence[Block]) -> list[Block]:
    left = MAX_TEXT
    made: list[Block] = []
    for block in blocks:
        if block["type"] != "text":
            made.append(block)
            continue
        text = str(block["text"])
        if len(text) > left:
            made.append(_text(f"{text[:left]}\n[cut: {len(text) - left:,} characters more]"))
            left = 0
        elif text:
            made.append(block)
            left -= len(text)
    return made
