"""From what a caller gives as messages to roles and blocks, and what is wrong with it otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from engine.elements import Element
from engine.entries import Block, Entry, Role
from engine.errors import ValidationFailed
from engine.json_values import check_json, cleaned

MAX_MESSAGE_CHARACTERS = 20_000_000
"""The longest text, and the longest data, of one block that is taken."""

_ROLES = ("user", "assistant", "event")


def too_long(source: Mapping[str, Any]) -> bool:
    """Whether the data of an image or a document is longer than any provider takes."""
    data = source.get("data")
    return isinstance(data, str) and len(data) > MAX_MESSAGE_CHARACTERS


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message on its way to the timeline."""

    role: Role
    content: tuple[Block, ...]
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The message as JSON; :func:`messages_of` reads it."""
        role = "user" if self.role == "tool" else self.role
        return {"role": role, "content": list(self.content), "metadata": dict(self.metadata)}


def messages_of(value: Any, place: str = "messages") -> list[Incoming]:
    """A string, a message, or a list of these.

    A message is ``{"role", "content"}`` with a string, a block or a list of blocks; a ``User(…)`` element; or an
    entry of a timeline. Roles: ``user``, ``assistant``, ``event``. As in the provider's format, results of tools stand
    in a user's message; those that no call asked for are never sent.

    Raises:
        ValidationFailed: It has another shape; the error says where.
    """
    if value is None:
        return []
    if isinstance(value, list | tuple):
        if value and all(_is_block(item) for item in value):
            return [_message({"role": "user", "content": value}, place)]
        found: list[Incoming] = []
        for number, item in enumerate(value):
            found.extend([_message(item, f"{place}[{number}]")])
        return found
    return [_message(value, place)]


def _is_block(value: Any) -> bool:
    return isinstance(value, Mapping) and "type" in value and "role" not in value


def _message(value: Any, place: str) -> Incoming:
    if isinstance(value, str):
        return Incoming("user", tuple(_blocks(value, place)))
    if isinstance(value, Incoming):
        return value
    if isinstance(value, Entry):
        return Incoming(value.role, tuple(value.content), value.metadata)
    if isinstance(value, Element):
        from engine.tools.results import result_blocks

        role = value.props.get("role", "user") if value.kind == "message" else "user"
        inner = list(value.children) if value.kind == "message" else value
        made = _element_blocks(inner) if isinstance(inner, list) else result_blocks(inner)
        return Incoming(cast("Role", role), tuple(made), dict(value.props.get("metadata") or {}))
    if _is_block(value):
        return _message({"role": "user", "content": [value]}, place)
    if not isinstance(value, Mapping):
        raise ValidationFailed(f"{place} must be a text or a message, not {type(value).__name__}", place=place)
    role = value.get("role", "user")
    if role not in _ROLES:
        raise ValidationFailed(f"{place}.role must be one of {', '.join(_ROLES)}, not {role!r}", place=f"{place}.role")
    if "content" not in value:
        raise ValidationFailed(f"{place}.content is missing", place=f"{place}.content")
    metadata = value.get("metadata") or {}
    if not isinstance(metadata, Mapping):
        raise ValidationFailed(f"{place}.metadata must be a mapping", place=f"{place}.metadata")
    check_json(metadata, f"{place}.metadata")
    if role == "event" and value.get("event_type"):
        metadata = {**metadata, "event_type": value["event_type"]}
    content = tuple(_blocks(value["content"], f"{place}.content"))
    if role == "user" and any(block["type"] == "tool_result" for block in content):
        role = "tool"
    elif role != "assistant":
        _no_calls(content, f"{place}.content")
    return Incoming(cast("Role", role), content, dict(metadata))


def _no_calls(content: Sequence[Block], place: str) -> None:
    """Only an assistant's message may call a tool; no provider takes another."""
    for number, block in enumerate(content):
        if block["type"] in ("tool_use", "tool_result"):
            inner = f"{place}[{number}]"
            raise ValidationFailed(f"{inner}: a {block['type']} cannot stand in this message", place=inner)


def _element_blocks(children: Sequence[Any]) -> list[Block]:
    from engine.compiler.content import blocks_of_elements

    return blocks_of_elements(list(children))


def _blocks(content: Any, place: str) -> list[Block]:
    if isinstance(content, str):
        return [_block({"type": "text", "text": content}, place)]
    if isinstance(content, Element):
        return _element_blocks([content])
    if isinstance(content, Mapping):
        return [_block(content, place)]
    if isinstance(content, list | tuple):
        found: list[Block] = []
        for number, item in enumerate(content):
            inner = f"{place}[{number}]"
            if isinstance(item, str):
                found.append(_block({"type": "text", "text": item}, inner))
            elif isinstance(item, Element):
                found.extend(_element_blocks([item]))
            else:
                found.append(_block(item, inner))
        return found
    raise ValidationFailed(f"{place} must be a text or a list of blocks, not {type(content).__name__}", place=place)


def _block(block: Any, place: str) -> Block:
    if not isinstance(block, Mapping) or not isinstance(block.get("type"), str):
        raise ValidationFailed(f"{place} is not a content block: it needs a type", place=place)
    if block["type"] == "text":
        text = block.get("text")
        if not isinstance(text, str):
            raise ValidationFailed(f"{place}.text must be a text", place=f"{place}.text")
        if len(text) > MAX_MESSAGE_CHARACTERS:
            raise ValidationFailed(
                f"{place}.text is longer than {MAX_MESSAGE_CHARACTERS} characters", place=f"{place}.text"
            )
    if block["type"] in ("image", "document"):
        source = block.get("source")
        if not isinstance(source, Mapping):
            raise ValidationFailed(f"{place}.source is missing", place=f"{place}.source")
        if too_long(source):
            raise ValidationFailed(
                f"{place}.source is longer than {MAX_MESSAGE_CHARACTERS} characters", place=f"{place}.source"
            )
    check_json(block, place)
    return dict(cleaned(block))
