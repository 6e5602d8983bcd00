"""The templates that come with the program: their cards and their documents."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.blueprint.document import AgentDocument
from engine.blueprint.files import DocumentError, load_file

log = logging.getLogger("engine.blueprint")

SUFFIX = ".bough.json"
FOLDER = Path(__file__).resolve().parents[2] / "resources" / "templates"
"""Beside the packages, in a checkout, an installation and a packaged program alike."""


@dataclass(frozen=True, slots=True)
class Template:
    """One template.

    Attributes:
        name: Name of its file without the ending.
        title: Headline of its card.
        description: One line.
        icon: Lucide icon.
        hue: Node group whose colour the card takes.
        needs: What it needs to run, in a few words.
        document: The agent.
    """

    name: str
    title: str
    description: str
    icon: str
    hue: str
    needs: str
    document: AgentDocument
    order: int = field(default=100, compare=False)


def templates(folder: Path | None = None) -> tuple[Template, ...]:
    """All templates, in the order of the gallery. One that cannot be read is left out and logged."""
    found = []
    for path in sorted((folder or FOLDER).glob(f"*{SUFFIX}")):
        try:
            found.append(read_template(path))
        except (DocumentError, OSError) as error:
            log.warning("The template %s cannot be used: %s", path.name, error)
    return tuple(sorted(found, key=lambda template: (template.order, template.title)))


def read_template(path: Path) -> Template:
    """One template from its file.

    Raises:
        DocumentError: It is no agent.
        OSError: It cannot be read.
    """
    document = load_file(path)
    about: Any = document.extra.get("template")
    card: Mapping[str, Any] = about if isinstance(about, Mapping) else {}
    root = document.root.props

    def said(name: str, otherwise: str) -> str:
        value = card.get(name)
        return value if isinstance(value, str) and value else otherwise

    order = card.get("order")
    plain = AgentDocument(
        document.root, document.format_version, {k: v for k, v in document.extra.items() if k != "template"}
    )
    return Template(
        name=path.name.removesuffix(SUFFIX),
        title=said("title", str(root.get("name", path.stem))),
        description=said("description", str(root.get("description", ""))),
        icon=said("icon", str(root.get("icon", "bot"))),
        hue=said("hue", "instructions"),
        needs=said("needs", ""),
        document=plain,
        order=order if isinstance(order, int) else 100,
    )
