"""Tools that the provider runs: which dated version of each a model takes. Not here: the node that asks for one.

A request names a family (``web_search``); the adapter writes the newest version that the SDK knows and the model takes
in its place. A tool that is given with a dated type goes out as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
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
