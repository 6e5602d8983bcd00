"""From a request in the Messages format to the plain chat messages that a small model understands.

The result begins the same way from call to call (system, tools, then the history in order), so that the part of the
prompt that was read before need not be read again. Not here: asking for a choice of tool (``choice``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import ModelError
from engine.model import ModelRequest
from engine.models.provider_tools import is_provided

ChatMessage = dict[str, str]
AFTER_RESULT = 'I asked: "{said}" Answer that now, in one or two short sentences.'
"""Asked behind a tool's results: a small model otherwise answers something that was asked before."""


def chat_messages(request: ModelRequest, tools: Sequence[Mapping[str, Any]]) -> list[ChatMessage]:
    """The messages of the prompt; roles alternate, the last one is the person's.

    Raises:
        ModelError: The request holds something that a model on this device cannot be given.
    """
    system = "\n\n".join(part for part in (request.system, describe_tools(tools)) if part)
    messages: list[ChatMessage] = [{"role": "system", "content": system}] if system else []
    calls: dict[str, Mapping[str, Any]] = {}
    said = ""
    for message in request.messages:
        said = _words(message) or said
        for role, text in _parts(message, calls, said):
            if messages and messages[-1]["role"] == role:
                messages[-1] = {"role": role, "content": f"{messages[-1]['content']}\n\n{text}"}
            else:
                messages.append({"role": role, "content": text})
    return messages


def describe_tools(tools: Sequence[Mapping[str, Any]]) -> str:
    """The part of the system prompt about tools: a line for each, as a signature with its description."""
    if not tools:
        return ""
    lines = [f"- {tool['name']}({_signature(tool)}): {_one_line(tool.get('description'))}" for tool in tools]
    return "# Tools\nThese tools can be used for you:\n" + "\n".join(lines)


def used_in_this_turn(messages: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, bool]]:
    """Tool calls since the person last wrote: name, input as JSON, and whether it failed."""
    failed: dict[str, bool] = {}
    calls: list[tuple[str, str, str]] = []
    for message in reversed(messages):
        blocks = _blocks(message)
        if message["role"] == "assistant":
            found = [
                (str(b["id"]), str(b["name"]), canonical(b.get("input"))) for b in blocks if b.get("type") == "tool_use"
            ]
            calls = found + calls
            continue
        results = [block for block in blocks if block.get("type") == "tool_result"]
        if not results:
            break
        failed |= {str(block.get("tool_use_id")): bool(block.get("is_error")) for block in results}
    return [(name, given, failed.get(call_id, False)) for call_id, name, given in calls if call_id in failed]


def said_last(request: ModelRequest) -> str:
    """What the person wrote last, without what the tree put before or behind it for this call."""
    stored = {(span.index, span.block) for span in request.spans if span.part == "messages" and span.stored}
    for index in range(len(request.messages) - 1, -1, -1):
        message = request.messages[index]
        blocks = _blocks(message)
        if message["role"] != "user" or any(block.get("type") == "tool_result" for block in blocks):
            continue
        texts = [(number, str(block["text"])) for number, block in enumerate(blocks) if block.get("type") == "text"]
        own = [text for number, text in texts if (index, number) in stored]
        if own or texts:
            return own[-1] if own else texts[0][1]
    return ""


def canonical(value: Any) -> str:
    """JSON with sorted keys, to compare inputs."""
    return json.dumps(value if value is not None else {}, sort_keys=True, ensure_ascii=False)


def _blocks(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = message.get("content", "")
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _words(message: Mapping[str, Any]) -> str:
    """What the person wrote in a message, in one line; nothing where it brings a tool's results."""
    blocks = _blocks(message)
    if message["role"] != "user" or any(block.get("type") == "tool_result" for block in blocks):
        return ""
    return " ".join(str(next((b["text"] for b in blocks if b.get("type") == "text"), "")).split())[:200]


def _parts(message: Mapping[str, Any], calls: dict[str, Mapping[str, Any]], said: str) -> list[tuple[str, str]]:
    role = "assistant" if message["role"] == "assistant" else "user"
    parts: list[tuple[str, str]] = []
    last_result = 0
    for block in _blocks(message):
        kind = block.get("type")
        if kind == "text":
            if str(block["text"]).strip():
                parts.append((role, str(block["text"])))
        elif kind == "tool_use":
            calls[str(block["id"])] = block
        elif kind == "tool_result":
            parts.append(("user", _result(block, calls.get(str(block.get("tool_use_id"))))))
            last_result = len(parts)
        elif kind in ("thinking", "redacted_thinking") or is_provided(block):
            continue  # a model's own, or its provider's; not for another one
        elif kind == "document":
            parts.append((role, _document(block)))
        else:
            raise ModelError(
                f"A model on this device cannot read {_NAMES.get(str(kind), f'content of the kind {kind}')}. "
                "Take it out of the conversation, or use another model.",
                kind="unsupported",
            )
    if last_result:
        # Without being asked a small model takes the result for something that the person said.
        parts.insert(last_result, ("user", AFTER_RESULT.format(said=said)))
    return parts


_NAMES = {"image": "images"}


def _result(block: Mapping[str, Any], call: Mapping[str, Any] | None) -> str:
    content = block.get("content", "")
    if isinstance(content, str):
        text = content
    else:
        text = "\n".join(
            str(part["text"]) if part.get("type") == "text" else f"({part.get('type')} left out)" for part in content
        )
    name = str(call["name"]) if call is not None else "a tool"
    given = _given(call.get("input")) if call is not None else "its input"
    outcome = "It failed" if block.get("is_error") else "Result"
    return f"[You used {name} with {given}. {outcome}: {text.strip() or 'done'}]"


def _given(values: Any) -> str:
    parts = [f"{key}: {value if isinstance(value, str) else canonical(value)}" for key, value in (values or {}).items()]
    return ", ".join(parts) or "no input"


def _document(block: Mapping[str, Any]) -> str:
    source = block.get("source") or {}
    if source.get("type") == "text":
        title = block.get("title")
        return (f"{title}\n" if title else "") + str(source.get("data", ""))
    raise ModelError(
        "A model on this device can read documents as plain text only. Use another model for this one.",
        kind="unsupported",
    )


def _signature(tool: Mapping[str, Any]) -> str:
    schema = tool.get("input_schema") or {}
    required = schema.get("required") or ()
    parts = []
    for name, part in (schema.get("properties") or {}).items():
        mark = "" if name in required else "?"
        about = _one_line(part.get("description")) if isinstance(part, Mapping) else ""
        parts.append(f"{name}{mark}: {_type(part)}" + (f" ({about})" if about else ""))
    return ", ".join(parts)


def _type(schema: Any) -> str:
    if not isinstance(schema, Mapping):
        return "any"
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    if schema.get("enum"):
        return " or ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"][:20])
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {_type(schema.get('items'))}"
    return " or ".join(map(str, kind)) if isinstance(kind, list) else str(kind)


def _one_line(text: Any) -> str:
    return " ".join(str(text or "").split())[:300]
