"""From content blocks to what the chat shows of them: lines, files, the provider's tools, sources. No Qt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.text import megabytes, tr
from engine.entries import Block
from engine.models.provider_tools import is_provided
from widgets.chat.items import ChatFile, ChatItem

MAX_LINKS = 50
ASKING = ("approval", "permission", "question")
"""Kinds of items that wait for an answer."""

SOURCES = ":sources"
"""Ids of cards with the pages that a reply refers to end so."""

MAX_RESULT = 20_000
"""Characters of a tool's result that the chat keeps; the whole of it is in the database."""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a reply: text that belongs together, or one block of another kind."""

    kind: str
    text: str = ""
    block: Mapping[str, Any] = field(default_factory=dict)


def runs_of(content: Iterable[Block]) -> list[Run]:
    """A reply in its order, neighbouring texts joined; without what is shown elsewhere (thinking, tool calls)."""
    found: list[Run] = []
    for block in content:
        kind = str(block.get("type", ""))
        if kind == "text":
            text = str(block.get("text", ""))
            if found and found[-1].kind == "text":
                found[-1] = Run("text", found[-1].text + text)
            elif text:
                found.append(Run("text", text))
        elif is_provider_block(kind):
            found.append(Run(kind, block=block))
    return found


def is_provider_block(kind: str) -> bool:
    """Whether a block is a call of a tool that the provider ran, or its result."""
    return is_provided({"type": kind})


def provider_item(block: Mapping[str, Any]) -> ChatItem:
    """The card of a call of a tool that the provider runs."""
    given = block.get("input")
    title, icon = _provider_tool(str(block.get("name")))
    return ChatItem(str(block["id"]), "tool", one_line(given), title, {"input": given, "icon": icon}, "running")


def _provider_tool(name: str) -> tuple[str, str]:
    if name == "web_search":
        return tr("Web search"), "search"
    if name == "web_fetch":
        return tr("Web page"), "globe"
    return tr("Code on the provider's machine"), "code"


def provider_result(block: Mapping[str, Any]) -> tuple[str, list[tuple[str, str]], bool]:
    """A result of a provider's tool: its text, the pages in it, and whether it failed."""
    content = block.get("content")
    if isinstance(content, list):
        links = [(str(item.get("title") or item.get("url")), str(item.get("url"))) for item in content if _page(item)]
        if links or not content:
            return pages(links), links[:MAX_LINKS], False
    if isinstance(content, Mapping):
        if str(content.get("type", "")).endswith("_error"):
            code = str(content.get("error_code", "")).replace("_", " ")
            return tr("It did not work: {reason}.", reason=code or tr("no reason given")), [], True
        if _page(content):
            inner = content.get("content")
            title = inner.get("title") if isinstance(inner, Mapping) else None
            return "", [(str(title or content["url"]), str(content["url"]))], False
        if "stdout" in content or "stderr" in content:
            said = "\n".join(str(content.get(name) or "") for name in ("stdout", "stderr")).strip()
            return said, [], bool(content.get("return_code"))
    return json.dumps(content, ensure_ascii=False, default=str), [], False


def sources_of(content: Iterable[Block]) -> list[tuple[str, str]]:
    """The pages that a reply refers to, each once: title and address."""
    found: dict[str, str] = {}
    for block in content:
        for citation in block.get("citations") or () if block.get("type") == "text" else ():
            if isinstance(citation, Mapping) and _page(citation):
                found.setdefault(str(citation["url"]), str(citation.get("title") or citation["url"]))
    return [(title, url) for url, title in found.items()][:MAX_LINKS]


def pages(links: Sequence[tuple[str, str]]) -> str:
    """How many pages that is."""
    return tr("1 page") if len(links) == 1 else tr("{count} pages", count=len(links))


def _page(item: Any) -> bool:
    return isinstance(item, Mapping) and str(item.get("url", "")).startswith(("http://", "https://"))


def asking_item(item_id: str, question: Mapping[str, Any], tool: str) -> ChatItem:
    """What the agent asks, as an item that waits for its answer.

    Args:
        item_id: The item's id.
        question: As ``tool_confirmation_required`` and ``inspect()["questions"]`` have it.
        tool: What the person calls the tool.
    """
    kind, message, given = question.get("kind", "tool"), str(question["message"]), question["input"]
    known: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    detail: dict[str, Any] = {"confirmation_id": question["confirmation_id"]}
    if kind == "question":
        detail["choices"] = list(known.get("choices") or ())
        return ChatItem(item_id, "question", "", message, detail, "waiting")
    if kind == "permission":
        detail["detail"] = str(known.get("detail") or "")
        return ChatItem(item_id, "permission", tr("“{name}” needs this.", name=tool), f"{message}?", detail, "waiting")
    made_up = message == f"Allow {question['name']} to run?"
    text = tr("The agent wants to use it.") if made_up else message
    return ChatItem(item_id, "approval", text, tool, {**detail, "input": given}, "waiting")


def files_of(content: Iterable[Block]) -> list[ChatFile]:
    """The images and documents of a person's message."""
    found = []
    for block in content:
        kind, source = block.get("type"), block.get("source")
        if kind not in ("image", "document") or not isinstance(source, Mapping):
            continue
        data = str(source.get("data", ""))
        name = str(block.get("title") or source.get("url") or (tr("Image") if kind == "image" else tr("Document")))
        size = len(data) * 3 // 4 if source.get("type") == "base64" else len(data)
        picture = data if kind == "image" and source.get("type") == "base64" else None
        found.append(ChatFile(name, kind, picture, megabytes(size) if size else ""))
    return found


def one_line(value: Any, limit: int = 120) -> str:
    """A value in one short line for a card: a lone text input is shown bare."""
    if value is None or value == {}:
        return ""
    if isinstance(value, Mapping) and len(value) == 1:
        value = next(iter(value.values()))
    elif isinstance(value, Mapping):
        value = ", ".join(f"{key}: {one_line(item, 40)}" for key, item in value.items())
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def result_text(content: Any) -> str:
    """A tool result's content as text."""
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        return "\n".join(_block_text(block) for block in content)
    return "" if content is None else json.dumps(content, ensure_ascii=False)


def _block_text(block: Block | Any) -> str:
    if isinstance(block, Mapping):
        if block.get("type") == "text":
            return str(block.get("text", ""))
        return tr("[{kind}]", kind=block.get("type", "?"))
    return str(block)
