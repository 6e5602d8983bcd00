"""How changes look, in one place: for each kind of change an icon, an ink, a tint and a word. Colour never alone."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from engine.blueprint.compare import NodeChange
from widgets import theme


@dataclass(frozen=True, slots=True)
class Look:
    """Icon name, ink and tint of a kind of change."""

    icon: str
    ink: str
    tint: str


def look_of(kind: str) -> Look:
    """The look of ``added``, ``removed``, ``moved`` or ``changed`` in the theme that holds now."""
    tokens = theme.current()
    memory, flow = tokens.hue("memory"), tokens.hue("flow")
    return {
        "added": Look("plus", tokens.good, tokens.accent_tint),
        "removed": Look("minus", tokens.bad, tokens.bad_tint),
        "moved": Look("move", memory.ink, memory.tint),
        "changed": Look("pencil", flow.ink, flow.tint),
    }[kind]


def words_of(change: NodeChange) -> str:
    """What happened, to stand beside the node's title: ``added``, ``moved up · changed instructions``."""
    if change.before is None:
        return _tr("added")
    if change.after is None:
        return _tr("removed")
    said = [change.move.words()] if change.move is not None else []
    labels = [found.label.lower() for found in change.properties]
    if labels:
        shown = ", ".join(labels[:2]) + (_tr(" and more") if len(labels) > 2 else "")
        said.append(_tr("changed %1").replace("%1", shown))
    return " · ".join(said)


def kind_words(kind: str, number: int) -> str:
    """``2 added``."""
    word = {"added": _tr("added"), "removed": _tr("removed"), "moved": _tr("moved"), "changed": _tr("changed")}[kind]
    return f"{number} {word}"


def _tr(text: str) -> str:
    return QCoreApplication.translate("Versions", text)
