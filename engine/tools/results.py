"""From what a handler returns to the blocks of a tool result."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from engine.entries import Block
from engine.errors import ToolError, ValidationFailed
from engine.json_values import check_json, clean, cleaned
from engine.messages import MAX_MESSAGE_CHARACTERS, too_long

MAX_RESULT_TEXT = 1_000_000
"""Characters of one tool result; what is beyond is cut, and the text says so."""

_BLOCK_TYPES = {
    "text",
    "image",
    "document",
    "search_result",
    "tool_reference",
}
"""What a provider takes in a result; a mapping of any other type is sent as JSON."""


def is_block(value: Any) -> bool:
    """Whether a value is a content block that may stand in a result."""
    return isinstance(value, Mapping) and value.get("type") in _BLOCK_TYPES


def result_blocks(value: Any) -> list[Block]:
    """The blocks of a tool result: of text, a JSON value, blocks, content elements, or None.

    Raises:
        ToolError: The value is none of these.
    """
    if value is None:
        return [text_block("")]
    if isinstance(value, str):
        return [text_block(value)]
    if is_block(value):
        return [_sendable(value)]
    if isinstance(value, list | tuple) and value and all(is_block(item) for item in value):
        return [_sendable(item) for item in value]
    from engine.elements import Element

    if isinstance(value, Element) or (isinstance(value, list | tuple) and any(isinstance(v, Element) for v in value)):
        from engine.compiler.content import blocks_of_elements

        return [_sendable(block) for block in blocks_of_elements(value)] or [text_block("")]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = dataclasses.asdict(value)
    elif hasattr(value, "model_dump"):
        value = value.model_dump(mode="json")
    try:
        return [text_block(json.dumps(value, ensure_ascii=False, allow_nan=False))]
    except (TypeError, ValueError) as error:
        raise ToolError(f"The tool returned a {type(value).__name__}, which cannot be sent: {error}") from None


def text_block(text: str) -> Block:
    """A text block of at most :data:`MAX_RESULT_TEXT` characters."""
    return _bounded({"type": "text", "text": clean(text)})


def _sendable(block: Any) -> Block:
    """A block that a handler gave, bounded.

    Raises:
        ToolError: It is not JSON, or lacks what its type needs.
    """
    try:
        check_json(block, str(block["type"]))
    except ValidationFailed as error:
        raise ToolError(f"The tool returned a block that cannot be sent: {error}") from None
    if block["type"] == "text" and not isinstance(block.get("text"), str):
        raise ToolError("The tool returned a block that cannot be sent: text.text must be a text")
    if block["type"] in ("image", "document"):
        source = block.get("source")
        if not isinstance(source, Mapping):
            raise ToolError(f"The tool returned a block that cannot be sent: {block['type']}.source is missing")
        if too_long(source):
            raise ToolError(f"The tool returned a {block['type']} of more than {MAX_MESSAGE_CHARACTERS} characters")
    return _bounded(dict(cleaned(block)))


def _bounded(block: Block) -> Block:
    text = block.get("text")
    if isinstance(text, str) and len(text) > MAX_RESULT_TEXT:
        left = len(text) - MAX_RESULT_TEXT
        return {**block, "text": f"{text[:MAX_RESULT_TEXT]}\n[cut: {left} characters more]"}
    return block
