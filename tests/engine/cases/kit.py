"""Small readers used by the case tests. Not here: fixtures (``conftest``)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from engine import ModelRequest


def texts(messages: Iterable[dict[str, Any]], role: str | None = None) -> list[str]:
    """The text of each message of that role."""
    return [
        "\n".join(b["text"] for b in m["content"] if b["type"] == "text")
        for m in messages
        if role is None or m["role"] == role
    ]


def seen(request: ModelRequest) -> str:
    """All words of a request, tool results among them."""
    parts = [request.system]
    for message in request.messages:
        for block in message["content"]:
            if block["type"] == "text":
                parts.append(block["text"])
            elif block["type"] == "tool_result":
                content = block.get("content") or ""
                parts.append(content if isinstance(content, str) else "".join(b.get("text", "") for b in content))
    return "\n".join(parts)


def tool_names(request: ModelRequest) -> list[str]:
    """Names of the tools in a request."""
    return [tool["name"] for tool in request.tools]


def results(request: ModelRequest) -> list[dict[str, Any]]:
    """Every tool_result block of a request."""
    return [b for m in request.messages for b in m["content"] if b["type"] == "tool_result"]


def result_text(block: dict[str, Any]) -> str:
    """The words of one tool_result block."""
    content = block.get("content") or ""
    return content if isinstance(content, str) else "".join(b.get("text", "") for b in content)


def assert_well_formed(request: ModelRequest) -> None:
    """Roles alternate, it starts and ends with a user message, every tool_use has its result right behind it."""
    roles = [m["role"] for m in request.messages]
    assert roles[0] == "user" and roles[-1] == "user", roles
    assert all(a != b for a, b in itertools.pairwise(roles)), roles
    for position, message in enumerate(request.messages):
        assert message["content"], "an empty message"
        used = [b["id"] for b in message["content"] if b["type"] == "tool_use"]
        answered: list[str] = []
        if used:
            following = request.messages[position + 1]["content"]
            answered = [b["tool_use_id"] for b in following if b["type"] == "tool_result"]
        assert sorted(used) == sorted(answered), (used, answered)
        for block in message["content"]:
            assert block["type"] != "text" or block["text"].strip(), "a blank text block"
    uses = {b["id"] for m in request.messages for b in m["content"] if b["type"] == "tool_use"}
    for message in request.messages:
        for block in message["content"]:
            assert block["type"] != "tool_result" or block["tool_use_id"] in uses, "a result without its call"
