"""Templates as cards of the gallery: what they need, and what they are found by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.text import tr
from widgets.cards import CardInfo

if TYPE_CHECKING:
    from engine.blueprint.gallery import Template

TAGS = {
    "nothing": "Needs nothing",
    "web": "Uses the web",
    "files": "Uses files",
    "programs": "Runs programs",
    "agents": "Uses other agents",
}
"""What templates may need, in the words of the gallery."""
_TAG_OF = {
    "provider_tool": "web",
    "http": "web",
    "read_folder": "files",
    "write_folder": "files",
    "read_file": "files",
    "python": "programs",
    "mcp": "programs",
    "sub_agent": "agents",
}


def card_of(template: Template) -> CardInfo:
    """The card of a template, with what it can be found by."""
    from engine.blueprint.gallery import CATEGORIES
    from engine.blueprint.reach import capabilities

    kinds = {capability.kind for _, capability in capabilities(template.document)}
    tags = tuple(dict.fromkeys(_TAG_OF[kind] for kind in _TAG_OF if kind in kinds)) or ("nothing",)
    words = " ".join((CATEGORIES.get(template.category, ""), *template.suggestions))
    badge = tr("Any model") if tags == ("nothing",) else ", ".join(tr(TAGS[tag]) for tag in tags)
    return CardInfo(
        template.name,
        template.title,
        template.description,
        template.icon,
        template.hue,
        badge,
        tags=tags,
        more_words=f"{template.needs} {words}",
    )
