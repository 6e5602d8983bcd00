"""Tools that the provider runs: which dated version of each a model takes. Not here: the node that asks for one.

A request names a family (``web_search``); the adapter writes the newest version that the SDK knows and the model takes
in its place. A tool that is given with a dated type goes out as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any

PROVIDED = "provider_tools"
"""The ability of models that have such tools at all."""

PROGRAMMATIC = "programmatic_tools"
"""The ability of models whose code execution can use the other tools; newer versions of the tools need it."""

FAMILIES: Mapping[str, tuple[str, str]] = {
    "web_search": ("web_search_20260318", "web_search_20250305"),
    "web_fetch": ("web_fetch_20260318", "web_fetch_20250910"),
    "code_execution": ("code_execution_20260521", "code_execution_20250825"),
}
"""By family: the newest version, and the one that every model with provider tools takes."""


def dated(tool: Mapping[str, Any], abilities: Set[str]) -> dict[str, Any]:
    """The tool as it goes over the wire.

    Example:
        >>> dated({"type": "web_search", "name": "web_search"}, frozenset())["type"]
        'web_search_20250305'
    """
    versions = FAMILIES.get(str(tool.get("type")))
    if versions is None or "input_schema" in tool:
        return dict(tool)
    return {**tool, "type": versions[0] if PROGRAMMATIC in abilities else versions[1]}


NOT_SHOWN = "[A tool that only another model has was used here.]"


def is_provided(block: Mapping[str, Any]) -> bool:
    """Whether a block is a call of a tool that a provider ran, or its result."""
    kind = str(block.get("type"))
    return kind == "server_tool_use" or (kind.endswith("_tool_result") and kind != "tool_result")


def without_provided(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The conversation for a model that has no such tools: what others found with them stays as far as it was said.

    Example:
        >>> without_provided([{"role": "assistant", "content": [{"type": "server_tool_use", "id": "s"}]}])[0]["content"]
        [{'type': 'text', 'text': '[A tool that only another model has was used here.]'}]
    """
    return [{**message, "content": _plain(message["content"])} for message in messages]


def _plain(content: Any) -> Any:
    if not isinstance(content, list) or not any(is_provided(block) or block.get("citations") for block in content):
        return content
    said = [block for block in content if not is_provided(block)]
    kept = [
        {key: value for key, value in block.items() if key != "citations"} if block.get("type") == "text" else block
        for block in said
    ]
    return kept or [{"type": "text", "text": NOT_SHOWN}]
