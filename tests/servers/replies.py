"""What the fake Messages server is told to say: replies, tool calls, faults, and the events they become on the wire.

Not here: the server itself (``messages_server``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Event = tuple[str, dict[str, Any]]
FaultKind = Literal["status", "reset", "cut", "no_stop_reason", "malformed", "stall", "error_event", "html"]


@dataclass(frozen=True)
class ToolUse:
    """A tool call in a reply. ``partial`` are the pieces of JSON it is streamed in (default: about five)."""

    name: str
    input: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    partial: Sequence[str] | None = None


@dataclass(frozen=True)
class Reply:
    """One complete reply.

    Attributes:
        text: Text of the reply, streamed word by word unless ``chunks`` is given.
        thinking: A thinking block in front of it, with ``signature``.
        blocks: Content blocks sent as they are, in front of the text (provider tools and the like).
        usage: Fields that replace the default usage (input 10, output 5).
        delay: Seconds before each text delta.
    """

    text: str = ""
    tools: Sequence[ToolUse] = ()
    thinking: str | None = None
    signature: str = "c2lnbmF0dXJl"
    blocks: Sequence[Mapping[str, Any]] = ()
    chunks: Sequence[str] | None = None
    stop_reason: str | None = None
    usage: Mapping[str, Any] = field(default_factory=dict)
    delay: float = 0.0


@dataclass(frozen=True)
class Fault:
    """A reply that goes wrong.

    Attributes:
        kind: ``status`` answers with an HTTP error; ``html`` with a page that is not of this protocol; the others
            break a streamed reply after ``after`` events: connection reset, end without the final events, a
            message_stop without a stop reason, JSON that does not parse, silence, an error event.
        reply: What is streamed until then.
    """

    kind: FaultKind
    status: int = 500
    error_type: str = ""
    message: str = "Something went wrong"
    retry_after: str | None = None
    after: int = 3
    reply: Reply = Reply("Hello there, this is streamed")


ERROR_TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error",
    404: "not_found_error", 413: "request_too_large", 429: "rate_limit_error", 504: "timeout_error",
    529: "overloaded_error",
}  # fmt: skip


def error_body(status: int, message: str, error_type: str = "", request_id: str = "req_fake") -> dict[str, Any]:
    """The body of an error answer."""
    kind = error_type or ERROR_TYPES.get(status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": request_id}


def words(text: str) -> list[str]:
    """``text`` cut behind each space, so that joining gives it back."""
    parts = text.split(" ")
    return [part + " " for part in parts[:-1]] + [parts[-1]] if text else []


def _pieces(text: str, count: int = 5) -> list[str]:
    size = max(1, -(-len(text) // count))
    return [text[start : start + size] for start in range(0, len(text), size)]


def _block(index: int, block: Mapping[str, Any], deltas: Sequence[Mapping[str, Any]]) -> list[Event]:
    return [
        ("content_block_start", {"type": "content_block_start", "index": index, "content_block": dict(block)}),
        *(
            ("content_block_delta", {"type": "content_block_delta", "index": index, "delta": dict(delta)})
            for delta in deltas
        ),
        ("content_block_stop", {"type": "content_block_stop", "index": index}),
    ]


def events(reply: Reply, model: str, message_id: str) -> list[Event]:
    """The events a reply is streamed as."""
    usage = {"input_tokens": 10, "output_tokens": 5, **reply.usage}
    start_usage = {**usage, "output_tokens": 1}
    message = {
        "id": message_id, "type": "message", "role": "assistant", "model": model, "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": start_usage,
    }  # fmt: skip
    out: list[Event] = [("message_start", {"type": "message_start", "message": message}), ("ping", {"type": "ping"})]
    index = 0
    if reply.thinking is not None:
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in words(reply.thinking)]
        deltas.append({"type": "signature_delta", "signature": reply.signature})
        out += _block(index, {"type": "thinking", "thinking": "", "signature": ""}, deltas)
        index += 1
    for block in reply.blocks:
        out += _block(index, block, [])
        index += 1
    chunks = list(reply.chunks) if reply.chunks is not None else words(reply.text)
    if chunks:
        out += _block(index, {"type": "text", "text": ""}, [{"type": "text_delta", "text": c} for c in chunks])
        index += 1
    for number, tool in enumerate(reply.tools):
        pieces = tool.partial if tool.partial is not None else ["", *_pieces(json.dumps(dict(tool.input)))]
        out += _block(
            index,
            {"type": "tool_use", "id": tool.id or f"toolu_{message_id}_{number}", "name": tool.name, "input": {}},
            [{"type": "input_json_delta", "partial_json": piece} for piece in pieces],
        )
        index += 1
    reason = reply.stop_reason or ("tool_use" if reply.tools else "end_turn")
    delta = {"stop_reason": reason, "stop_sequence": None}
    out.append(("message_delta", {"type": "message_delta", "delta": delta, "usage": usage}))
    out.append(("message_stop", {"type": "message_stop"}))
    return out


def _last_user(messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    content = messages[-1].get("content", "") if messages else ""
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def notepad(body: Mapping[str, Any]) -> Reply:
    """A stand-in with just enough sense for the notepad agent: it knows names, takes notes, and echoes the rest."""
    blocks = _last_user(body.get("messages", []))
    if any(block.get("type") == "tool_result" for block in blocks):
        return Reply("I have noted that.")
    said = " ".join(str(block.get("text", "")) for block in blocks if block.get("type") == "text").strip()
    lower = said.lower()
    everything = json.dumps(body.get("messages", []))
    if "what's my name" in lower or "what is my name" in lower:
        at = everything.lower().find("my name is ")
        name = everything[at + len("my name is ") :].split('"')[0].split(".")[0].strip() if at >= 0 else ""
        return Reply(f"Your name is {name}." if name else "You have not told me your name.")
    if "my name is " in lower:
        name = said[lower.find("my name is ") + len("my name is ") :].split(".")[0].strip()
        return Reply(f"Nice to meet you, {name}.")
    tools = [tool for tool in body.get("tools", []) if "input_schema" in tool]
    if tools and "note" in lower and ":" in said:
        tool = tools[0]
        fields = list(tool["input_schema"].get("properties", {})) or ["note"]
        return Reply(tools=(ToolUse(tool["name"], {fields[0]: said.split(":", 1)[1].strip()}),))
    return Reply(f"You said: {said}" if said else "ok")
