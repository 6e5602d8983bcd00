"""How a small model is brought to use a tool, or none: it chooses by name, then fills in that tool's input.

Both questions stand behind the last message, so that the answer, which follows on the same prompt without these words,
finds that prompt already read; both are answered under a JSON schema. They are asked one after the other because a
model of this size copies the made-up input of an example instead of the person's words.
Not here: running the model (``runtime``), the prompt itself (``conversation``).
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.models.ondevice.conversation import ChatMessage

ANSWER = "answer"
MAX_STRING = 2000
MAX_ITEMS = 30
MAX_CHOICE_TOKENS = 1024
MAX_EXAMPLES = 6
"""Tools shown as examples; each costs some ten tokens at every choice."""
_MAX_DEPTH = 12
_KEPT = frozenset({
    "type", "enum", "const", "required", "minLength", "minItems", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum",
})  # fmt: skip


# Without this the model spends its tokens on line breaks.
_COMPACT: Mapping[str, Any] = {
    "x-guidance": {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": "}
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What the model chose: a tool with its input, or an answer (``tool`` is None)."""

    tool: str | None = None
    input: Mapping[str, Any] | None = None


def choice_schema(tools: Sequence[Mapping[str, Any]], *, answer: bool = True) -> dict[str, Any]:
    """``{"tool": name}``, with ``answer`` for answering in words."""
    names = [str(tool["name"]) for tool in tools] + ([ANSWER] if answer else [])
    return {**_COMPACT, **_object({"tool": {"enum": names}})}


def choice_messages(
    messages: Sequence[ChatMessage], tools: Sequence[Mapping[str, Any]], said: str, *, after_result: bool, answer: bool
) -> list[ChatMessage]:
    """The prompt for the choice: ``messages``, a question behind the last of them, and a begun reply."""
    answering = _named(ANSWER)
    if not answer:
        return _behind(messages, "Now use a tool:\n" + "\n".join(_named(str(tool["name"])) for tool in tools))
    if after_result:
        return _behind(
            messages, f"The tool has run. Is anything that was asked for still missing? If not: {answering}."
        )
    examples = [f'"{_request(tool)}" -> {_named(str(tool["name"]))}' for tool in tools[:MAX_EXAMPLES]]
    question = [
        "Tool or answer?",
        f'"Hello." -> {answering}',
        f'"My name is Ann." -> {answering}',
        *examples,
        f'"Who is Bach?" -> {answering}',
    ]
    begun = f'"{" ".join(said.split())[:200]}" -> '
    return [*_behind(messages, "\n".join(question)), {"role": "assistant", "content": begun}]


def input_schema(tool: Mapping[str, Any]) -> dict[str, Any]:
    """The tool's input, bounded; see :func:`bounded`."""
    return {**_COMPACT, **bounded(tool.get("input_schema") or {})}


def input_messages(messages: Sequence[ChatMessage], tool: Mapping[str, Any]) -> list[ChatMessage]:
    """The prompt for the chosen tool's input: ``messages`` and what each part of the input is, behind the last."""
    properties = (tool.get("input_schema") or {}).get("properties") or {}
    parts = "\n".join(f"- {name}: {_meaning(name, part)}" for name, part in properties.items())
    return _behind(
        messages,
        f"The tool {tool['name']} will be used for this. Write its input as JSON, from the words of this message, "
        f"without the words that ask for it:\n{parts}",
    )


def takes_input(tool: Mapping[str, Any]) -> bool:
    """Whether there is anything to fill in."""
    schema = bounded(tool.get("input_schema") or {})
    return bool(schema["properties"]) or bool(schema.get("additionalProperties"))


def read_choice(text: str) -> str | None:
    """The name of the chosen tool, or None for an answer.

    Raises:
        ValueError: The JSON was cut off.
    """
    data = json.loads(text)
    name = data.get("tool") if isinstance(data, dict) else None
    return None if name in (None, ANSWER) else str(name)


def read_input(text: str) -> dict[str, Any]:
    """The input the model wrote.

    Raises:
        ValueError: The JSON was cut off.
    """
    data = json.loads(text)
    return dict(data) if isinstance(data, dict) else {}


def answer_name_taken(tools: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a tool has the name that stands for answering in words."""
    return any(tool["name"] == ANSWER for tool in tools)


def _named(name: str) -> str:
    return json.dumps({"tool": name}, ensure_ascii=False)


def _behind(messages: Sequence[ChatMessage], question: str) -> list[ChatMessage]:
    prompt = [dict(message) for message in messages]
    prompt[-1]["content"] += f"\n\n---\n{question}"
    return prompt


def _request(tool: Mapping[str, Any]) -> str:
    """The first sentence of the description as something that a person might say."""
    words = " ".join(str(tool.get("description") or str(tool["name"]).replace("_", " ")).split())
    first = re.split(r"(?<=[.?!])\s", words)[0][:120]
    return first if first.endswith("?") else first.rstrip(".!") + ", please."


def _meaning(name: str, part: Any) -> str:
    described = part.get("description") if isinstance(part, Mapping) else None
    return " ".join(str(described or name.replace("_", " ")).split())[:200]


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
