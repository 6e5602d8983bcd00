"""The reference page of all node kinds, written from their declarations: ``docs/node-kinds.md``.

``python -m engine.blueprint.reference > docs/node-kinds.md`` writes it again; a test holds the page to the kinds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from engine.blueprint.form_fields import Field, fields
from engine.blueprint.kinds import GROUP_TITLES, KINDS, NodeKind

_PLACES = {
    "root": "at the top of an agent, once",
    "nodes": "among the nodes of the tree",
    "steps": "among the steps of a tool",
    "both": "among nodes and among steps",
}
_CHILDREN = {"none": "nothing", "nodes": "nodes", "steps": "steps"}


def reference() -> str:
    """The page as Markdown."""
    return "\n".join(_page()) + "\n"


def _page() -> Iterator[str]:
    yield "# Node kinds"
    yield ""
    yield "Every part that an agent can be made of, with its properties. This page is written from the declarations in"
    yield "`engine/blueprint/kinds` by `python -m engine.blueprint.reference`; nobody edits it."
    group = ""
    for kind in KINDS.values():
        if not kind.addable and kind.place != "root":
            continue
        if kind.group != group:
            group = kind.group
            yield from ("", f"## {GROUP_TITLES[group]}")
        yield from _kind(kind)


def _kind(kind: NodeKind[Any]) -> Iterator[str]:
    yield from ("", f"### {kind.title}", "", kind.help)
    if kind.example:
        yield from ("", f"*Example:* {kind.example}")
    place = _PLACES[kind.place] + (", at most once" if kind.once else "")
    yield from ("", f"`{kind.name}` stands {place}, and holds {_CHILDREN[kind.children]}.")
    found = fields(kind.name)
    if found:
        yield from ("", "| property | on screen | what it is |", "|---|---|---|")
        yield from (f"| `{field.name}` | {_cell(field.label)} | {_cell(_what(field))} |" for field in found)


def _what(field: Field) -> str:
    said = [field.help] if field.help else []
    if field.choices:
        said.append("One of: " + ", ".join(f"`{choice.value}` ({choice.label})" for choice in field.choices) + ".")
    if field.minimum is not None or field.maximum is not None:
        said.append(f"From {_number(field.minimum)} to {_number(field.maximum)}{_unit(field)}.")
    if field.role == "template":
        said.append("A text with variables.")
    if isinstance(field.default, (bool, int, float)) or (isinstance(field.default, str) and field.default):
        said.append(f"At first `{field.default}`.")
    return " ".join(said)


def _number(value: float | None) -> str:
    return "no limit" if value is None else f"{value:,g}"


def _unit(field: Field) -> str:
    return f" {field.unit}" if field.unit else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.stdout.write(reference())
