"""The words a person knows a tool by. No Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.blueprint.document import AgentDocument


def title_of_tool(document: AgentDocument | None, name: str) -> str:
    """The title of the node that is the tool of that technical name; the name in plain words where there is none."""
    from engine.blueprint.kinds import kind_of

    for node in document.walk() if document is not None else ():
        kind = kind_of(node)
        if kind.group == "abilities" and kind.own_name(node) == name:
            return kind.title_of(node).removeprefix(f"{kind.title} · ")
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
