"""Nodes as text on the clipboard, so that they travel between agents, windows and mails.

The text is JSON of the same shape as a file's nodes. Not here: where pasted nodes go (``operations``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from engine.blueprint.document import MAX_NODES, Node, fresh_ids
from engine.blueprint.files import DocumentError, node_from_json, node_to_json

_MARK = "bough-nodes"
_LARGEST = 20_000_000


def nodes_to_text(nodes: Iterable[Node]) -> str:
    """Nodes, with all inside them, as text."""
    return json.dumps({_MARK: 1, "nodes": [node_to_json(node) for node in nodes]}, ensure_ascii=False, indent=1)


def nodes_from_text(text: str) -> list[Node]:
    """The nodes in a text, with new ids; empty where the text is something else or cannot be read."""
    if _MARK not in text[:200] or len(text) > _LARGEST:
        return []
    try:
        data = json.loads(text)
        items = data["nodes"]
        if data.get(_MARK) != 1 or not isinstance(items, list) or len(items) > MAX_NODES:
            return []
        return [fresh_ids(node_from_json(item)) for item in items]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, DocumentError):
        return []
