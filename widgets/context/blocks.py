"""A model request as blocks to read: who wrote what, in the order in which the model reads it.

Pure values. Not here: how blocks look (``view``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QCoreApplication

from engine.blueprint.cache_advice import Parting
from engine.blueprint.render import node_of_path
from engine.blueprint.why import Because
from engine.model import ModelRequest, Span

PARTS = ("system", "tools", "messages", "absent")
_LONGEST = 20_000
"""Longer pieces are cut for display; the raw view has all of it."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("Context", text)


@dataclass(frozen=True, slots=True)
class Line:
    """One piece of text, with who says it in front where it is a message."""

    text: str
    speaker: str = ""


@dataclass(slots=True)
class ContextBlock:
    """What one node wrote in one place.

    Attributes:
        node_id: The node; None where the engine itself wrote it.
        title: What the node is called.
        group: Its group, for the hue.
        tokens: Estimated tokens.
        lines: What it wrote.
        why: Why it is there, or why it is not.
        pieces: How many messages it stands for.
        pending: Nothing is written yet: it only shows where the next message will stand.
        cached: Whether all of it comes from the provider's cache; None where that is not known.
        parts_here: The request parts from the one before at this block.
        link: A word of ``why`` that names a variable, and the node that holds it.
    """

    node_id: str | None
    title: str
    group: str
    tokens: int = 0
    lines: list[Line] = field(default_factory=list)
    why: str = ""
    pieces: int = 0
    pending: bool = False
    cached: bool | None = None
    parts_here: bool = False
    link: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ContextPart:
    """SYSTEM, TOOLS, CONVERSATION or NOT SENT."""

    name: str
    title: str
    tokens: int
    blocks: Sequence[ContextBlock]


def part_title(name: str) -> str:
    """The heading of a part."""
    return {
        "system": _tr("System"),
        "tools": _tr("Tools"),
        "messages": _tr("Conversation"),
        "absent": _tr("Not sent"),
    }[name]


def build_parts(
    request: ModelRequest,
    titles: Mapping[str, str],
    groups: Mapping[str, str],
    because: Mapping[str, Because],
    absent: Mapping[str, str],
    *,
    parting: Parting | None = None,
    holders: Mapping[str, str] | None = None,
) -> list[ContextPart]:
    """All parts of a request that have something in them.

    Args:
        request: The request.
        titles: What each node is called, by its id.
        groups: Each node's group.
        because: Why a node that is not always there is there now.
        absent: Nodes that are not sent, with the reason.
        parting: How the request follows the one before it.
        holders: The node that holds each variable, by its name.
    """
    blocks: dict[str, list[ContextBlock]] = {name: [] for name in PARTS}
    cache = _Cache(parting)
    for span in request.spans:
        node_id = node_of_path(span.path)
        here = blocks[span.part]
        if span.part == "messages" and span.entry_id is not None and not span.tokens:
            group = groups.get(node_id or "", "")
            here.append(ContextBlock(node_id, _tr("Your next message"), group, pending=True))
            continue
        starts = cache.starts_at(span)
        last = here[-1] if here else None
        if last is None or starts or last.node_id != node_id or (node_id is None and span.part == "tools"):
            title = titles.get(node_id, "") if node_id else ""
            last = ContextBlock(node_id, title or _engine_title(request, span), groups.get(node_id or "", ""))
            last.parts_here = starts
            _explain(last, because.get(node_id or ""), holders or {})
            here.append(last)
        last.tokens += span.tokens
        last.cached = cache.holds(span, last.cached)
        line = _line(request, span)
        last.pieces += _is_new_message(last, span, line)
        last.lines.append(line)
    for block in blocks["messages"]:
        if block.pieces > 1:
            block.title = _tr("%1 · %2 messages").replace("%1", block.title).replace("%2", str(block.pieces))
    for node_id, reason in absent.items():
        blocks["absent"].append(
            ContextBlock(node_id, titles.get(node_id, ""), groups.get(node_id, ""), lines=[Line(reason)])
        )
    return [
        ContextPart(name, part_title(name), sum(block.tokens for block in found), found)
        for name, found in blocks.items()
        if found
    ]


def _explain(block: ContextBlock, because: Because | None, holders: Mapping[str, str]) -> None:
    if because is not None:
        block.why = because.text
        named = next((name for name in because.names if name in holders and name in because.text), None)
        block.link = (named, holders[named]) if named is not None else None


class _Cache:
    """Which spans come from the cache: tools are read first, then the system prompt, then messages."""

    _ORDER = ("tools", "system", "messages")

    def __init__(self, parting: Parting | None) -> None:
        self._known = parting is not None
        self._first = parting.span if parting is not None else None
        self._blamed = parting is not None and parting.is_blamed
        self._passed = False

    def starts_at(self, span: Span) -> bool:
        """Whether the request parts at this span from the one before, by the doing of a node."""
        return self._blamed and span == self._first

    def holds(self, span: Span, before: bool | None) -> bool | None:
        """Whether a block of which this span is one more piece comes from the cache as a whole."""
        if not self._known:
            return None
        first = self._first
        self._passed = self._passed or span == first
        if first is None:
            cached = True
        elif span.part == first.part:
            cached = not self._passed
        else:
            cached = self._ORDER.index(span.part) < self._ORDER.index(first.part)
        return cached and before is not False


def _is_new_message(block: ContextBlock, span: Span, line: Line) -> int:
    if span.part != "messages":
        return 0
    return int(bool(line.speaker) and (not block.lines or span.block == 0 or block.lines[-1].speaker != line.speaker))


def _engine_title(request: ModelRequest, span: Span) -> str:
    if span.part == "tools" and span.index < len(request.tools):
        return _tr("Tool · %1").replace("%1", str(request.tools[span.index].get("name", "")))
    return _tr("Added by Bough")


def _line(request: ModelRequest, span: Span) -> Line:
    if span.part == "system":
        if span.index >= len(request.system_blocks):
            return Line("")
        return Line(_cut(str(request.system_blocks[span.index].get("text", ""))[span.start : span.end]))
    if span.part == "tools":
        return Line(tool_signature(request.tools[span.index])) if span.index < len(request.tools) else Line("")
    if span.index >= len(request.messages):
        return Line("")
    message = request.messages[span.index]
    content = message.get("content")
    if isinstance(content, str):
        return Line(_cut(content[span.start : span.end]), _speaker(message))
    if not isinstance(content, Sequence) or span.block >= len(content):
        return Line("")
    block = content[span.block]
    if block.get("type") == "text":
        text = str(block.get("text", ""))
        return Line(_cut(text[span.start : span.end] if span.end > span.start else text), _speaker(message))
    speaker = _tr("tool") if block.get("type") == "tool_result" else _speaker(message)
    return Line(_cut(block_words(block)), speaker)


def _speaker(message: Mapping[str, Any]) -> str:
    return _tr("person") if message.get("role") == "user" else _tr("agent")


def block_words(block: Mapping[str, Any]) -> str:
    """A content block that is not text, in one line."""
    kind = str(block.get("type", ""))
    if kind == "tool_use":
        inputs = ", ".join(f"{name}: {_short(value)}" for name, value in (block.get("input") or {}).items())
        return f"{block.get('name', '')}({inputs})"
    if kind == "tool_result":
        content = block.get("content")
        if isinstance(content, Sequence) and not isinstance(content, str):
            content = " ".join(
                str(part.get("text", "")) if isinstance(part, Mapping) else str(part) for part in content
            )
        return f"→ {content}"
    if kind == "thinking":
        return _tr("thinking: %1").replace("%1", str(block.get("thinking", "")))
    return f"[{kind}]"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else f"“{value}”"
    return text if len(text) <= 200 else text[:199] + "…"


def tool_signature(tool: Mapping[str, Any]) -> str:
    """A tool in one line: ``add_note(note: string) — Add a note``."""
    schema = tool.get("input_schema") or {}
    required = set(schema.get("required") or ())
    inputs = []
    for name, shape in (schema.get("properties") or {}).items():
        mark = "" if name in required else "?"
        kind = "/".join(str(option) for option in shape.get("enum", ())[:6]) or str(shape.get("type", "any"))
        inputs.append(f"{name}{mark}: {kind}")
    description = str(tool.get("description") or "")
    head = f"{tool.get('name', tool.get('type', ''))}({', '.join(inputs)})"
    return _cut(f"{head} — {description}" if description else head)


def _cut(text: str) -> str:
    if len(text) <= _LONGEST:
        return text
    more = len(text) - _LONGEST
    return text[:_LONGEST] + "\n" + _tr("… %1 more characters, see the raw request").replace("%1", f"{more:,}")


def raw_json(request: ModelRequest) -> str:
    """The request as the provider gets it."""
    data: dict[str, Any] = {}
    if request.model:
        data["model"] = request.model
    data |= {**request.options}
    data |= {"system": list(request.system_blocks), "tools": list(request.tools), "messages": list(request.messages)}
    return json.dumps(data, ensure_ascii=False, indent=2, default=str)
