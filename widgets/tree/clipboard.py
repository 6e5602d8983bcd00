"""Nodes on the clipboard, so that they travel between agents, windows and mails.

They are there twice: under a type of our own, and as text. Both are JSON of the same shape as a file's nodes. Text from
elsewhere becomes a part that says it. Not here: where pasted nodes go (``operations``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from PySide6.QtCore import QMimeData

from engine.blueprint.document import MAX_NODES, AgentDocument, Node, fresh_ids, make_node
from engine.blueprint.files import DocumentError, node_from_json, node_to_json
from engine.blueprint.kinds import KINDS

MIME = "application/x-bough-nodes+json"
_MARK = "bough-nodes"
_LARGEST = 20_000_000
_LONGEST_TEXT = 200_000


def nodes_to_text(nodes: Iterable[Node]) -> str:
    """Nodes, with all inside them, as text."""
    return json.dumps({_MARK: 1, "nodes": [node_to_json(node) for node in nodes]}, ensure_ascii=False, indent=1)


def nodes_to_mime(nodes: Iterable[Node]) -> QMimeData:
    """Nodes for the clipboard, under our own type and as text."""
    text = nodes_to_text(nodes)
    data = QMimeData()
    data.setData(MIME, text.encode())
    data.setText(text)
    return data


def nodes_from_text(text: str) -> list[Node]:
    """The nodes in a text, with new ids; empty where the text is something else or cannot be read."""
    if not looks_like_nodes(text) or len(text) > _LARGEST:
        return []
    try:
        data = json.loads(text)
        items = data["nodes"]
        if data.get(_MARK) != 1 or not isinstance(items, list) or len(items) > MAX_NODES:
            return []
        return [fresh_ids(node_from_json(item)) for item in items]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, DocumentError):
        return []


def text_of(mime: QMimeData | None) -> str:
    """The text on a clipboard: ours where there is some, else what any program may have put there."""
    if mime is None:
        return ""
    if mime.hasFormat(MIME):
        return bytes(mime.data(MIME).data()).decode("utf-8", "replace")
    return mime.text() if mime.hasText() else ""


def looks_like_nodes(text: str) -> bool:
    """Whether a text means to be nodes."""
    return _MARK in text[:200]


def part_for_text(document: AgentDocument, text: str, *, steps: bool = False) -> Node | None:
    """A part that says a text from elsewhere: a System where the agent has none, else a Section; inside a tool a Reply.

    None where there is no text, or far too much of it.
    """
    said = text.replace("\r\n", "\n").strip()
    if not said or len(said) > _LONGEST_TEXT:
        return None
    kind = "section" if any(node.kind == "system" for node in document.walk()) else "system"
    kind = "reply" if steps else kind
    return make_node(kind, **{**KINDS[kind].new_props(document), "text": said})
