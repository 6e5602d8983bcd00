"""An icon for each kind of thing that an agent may do. The words come with it."""

from __future__ import annotations

ICONS = {
    "http": "globe",
    "read_folder": "folder-open",
    "write_folder": "folder",
    "read_file": "file-text",
    "python": "code",
    "mcp": "server",
    "provider_tool": "sparkles",
    "search_sessions": "search",
    "sub_agent": "bot",
    "tool": "wrench",
}


def icon_of(kind: str) -> str:
    """Lucide name; a shield for a kind that nobody knows."""
    return ICONS.get(kind, "shield-check")
