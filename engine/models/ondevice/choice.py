"""How a small model is brought to choose a tool, or none: a few examples, its choice under a JSON schema.

The choice is asked for behind the last message and goes on from a begun reply, so that the answer, which follows on
the same prompt without these words, finds that prompt already read. What was tried and how it fared is written down
in ``docs/on-device.md``. Not here: running the model (``runtime``), the prompt itself (``conversation``).
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.models.ondevice.conversation import ChatMessage

ANSWER = "answer"
MAX_STRING = 2000
MAX_ITEMS = 30
MAX_CHOICE_TOKENS = 1024
MAX_EXAMPLES = 6
"""Tools shown as examples; each costs some twenty tokens at every choice."""
_MAX_DEPTH = 12
_KEPT = frozenset({
    "type", "enum", "const", "required", "minLength", "minItems", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """What the model chose: a tool with its input, or an answer (``tool`` is None)."""

    tool: str | None = None
    input: Mapping[str, Any] | None = None


def choice_schema(tools: Sequence[Mapping[str, Any]], *, answer: bool = True) -> dict[str, Any]:
    """One alternative for each tool, and one for answering in words."""
    alternatives = [
        _object({"tool": {"const": tool["name"]}, "input": bounded(tool.get("input_schema") or {})}) for tool in tools
    ]
    if answer:
        alternatives.append(_object({"tool": {"const": ANSWER}}))
    return {
        # Without this the model spends its tokens on line breaks.
        "x-guidance": {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "},
        "oneOf": alternatives,
    }


def choice_messages(
    messages: Sequence[ChatMessage], tools: Sequence[Mapping[str, Any]], said: str, *, after_result: bool, answer: bool
) -> list[ChatMessage]:
    """The prompt for the choice: ``messages``, a question behind the last of them, and a begun reply."""
    answering = json.dumps({"tool": ANSWER})
    examples = [f'"{_request(tool)}" -> {json.dumps(example(tool), ensure_ascii=False)}' for tool in tools]
    if not answer:
        question = "Now use a tool:\n" + "\n".join(json.dumps(example(tool), ensure_ascii=False) for tool in tools)
        begun = ""
    elif after_result:
        question = f"The tool has run. Is anything that was asked for still missing? If not: {answering}."
        begun = ""
    else:
        question = "\n".join(
            [
                "Tool or answer?",
                f'"Hello." -> {answering}',
                f'"My name is Ann." -> {answering}',
                *examples[:MAX_EXAMPLES],
                f'"Who is Bach?" -> {answering}',
            ]
        )
        begun = f'"{" ".join(said.split())[:200]}" -> '
    prompt = [dict(message) for message in messages]
    prompt[-1]["content"] += f"\n\n---\n{question}"
    return [*prompt, {"role": "assistant", "content": begun}] if begun else prompt


def read_choice(text: str) -> Choice:
    """The choice in the model's JSON.

    Raises:
        ValueError: It was cut off.
    """
    data = json.loads(text)
    if not isinstance(data, dict) or data.get("tool") == ANSWER:
        return Choice()
    return Choice(str(data["tool"]), dict(data.get("input") or {}))


def answer_name_taken(tools: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a tool has the name that stands for answering in words."""
    return any(tool["name"] == ANSWER for tool in tools)


def example(tool: Mapping[str, Any]) -> dict[str, Any]:
    """A call of the tool with made-up values, for the prompt."""
    schema = bounded(tool.get("input_schema") or {})
    return {"tool": tool["name"], "input": _sample(schema)}


def _request(tool: Mapping[str, Any]) -> str:
    words = " ".join(str(tool.get("description") or str(tool["name"]).replace("_", " ")).split())
    return words.split(". ")[0].rstrip(".")[:120] + ", please."


def _sample(schema: Mapping[str, Any], depth: int = 0) -> Any:
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for name in ("anyOf", "oneOf"):
        if schema.get(name):
            return _sample(schema[name][0], depth + 1)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) and kind else kind
    if kind == "object":
        if depth > 3:
            return {}
        wanted = schema.get("required") or list(schema.get("properties") or ())[:1]
        return {name: _sample(schema["properties"][name], depth + 1) for name in wanted if name in schema["properties"]}
    if kind == "array":
        return [_sample(schema.get("items") or {"type": "string"}, depth + 1)]
    return {"boolean": True, "integer": 1, "number": 1, "null": None}.get(str(kind), "...")


def bounded(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema that the decoder understands and that ends: references resolved, strings and lists with a length.

    It admits everything that the tool's own schema admits within those bounds, at times more; the engine checks the
    input against the tool's schema afterwards.
    """
    definitions = {**(schema.get("definitions") or {}), **(schema.get("$defs") or {})}
    result = _bounded(schema, definitions, 0)
    if result.get("type") != "object":  # a tool's input always is one
        return _object({})
    result.setdefault("properties", {})
    return result


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object", "properties": dict(properties), "required": list(properties), "additionalProperties": False,
    }  # fmt: skip


def _scalar() -> dict[str, Any]:
    return {"anyOf": [{"type": "string", "maxLength": MAX_STRING}, {"type": "number"}, {"type": "boolean"}]}


def _bounded(schema: Any, definitions: Mapping[str, Any], depth: int) -> dict[str, Any]:
    if not isinstance(schema, Mapping) or depth > _MAX_DEPTH:
        return _scalar()
    if "$ref" in schema:
        return _bounded(definitions.get(str(schema["$ref"]).rsplit("/", 1)[-1]), definitions, depth + 1)
    if "const" in schema or "enum" in schema:
        return {name: copy.deepcopy(schema[name]) for name in ("const", "enum") if name in schema}
    for name in ("anyOf", "oneOf"):
        if schema.get(name):
            return {"anyOf": [_bounded(part, definitions, depth + 1) for part in schema[name]]}
    if len(schema.get("allOf") or ()) == 1:
        return _bounded(schema["allOf"][0], definitions, depth + 1)
    kind = schema.get("type") or ("object" if "properties" in schema else "array" if "items" in schema else None)
    if isinstance(kind, list):
        return {"anyOf": [_bounded({**schema, "type": one}, definitions, depth + 1) for one in kind]}
    if kind is None:
        return _scalar()
    result: dict[str, Any] = {name: copy.deepcopy(schema[name]) for name in _KEPT if name in schema} | {"type": kind}
    if kind == "string":
        result["maxLength"] = min(int(schema.get("maxLength", MAX_STRING)), MAX_STRING)
    elif kind == "array":
        result["items"] = _bounded(schema.get("items"), definitions, depth + 1)
        result["maxItems"] = min(int(schema.get("maxItems", MAX_ITEMS)), MAX_ITEMS)
    elif kind == "object":
        parts = schema.get("properties") or {}
        result["properties"] = {name: _bounded(part, definitions, depth + 1) for name, part in parts.items()}
        more = schema.get("additionalProperties")
        if isinstance(more, Mapping):
            result["additionalProperties"] = _bounded(more, definitions, depth + 1)
        else:
            result["additionalProperties"] = False if parts or more is False or depth == 0 else _scalar()
    return result
