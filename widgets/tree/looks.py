"""What a card shows right now: its node, its live side, its problems, what is looked for, what the mouse is over.

Here: putting that together for one card. Not here: painting it (``paint``) and where it stands (``layout``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from engine.blueprint.kinds import kind_of
from widgets.tree import words
from widgets.tree.layout import Placed
from widgets.tree.live import badge_texts
from widgets.tree.paint import CardLook, slot_text

if TYPE_CHECKING:
    from widgets.tree.canvas import TreeCanvas


def look_of(canvas: TreeCanvas, placed: Placed) -> CardLook:
    """Everything that the card of a node shows now."""
    model = canvas.model
    assert model is not None
    node, document, pointer = placed.box.node, model.document, canvas.pointer
    live = canvas.live(node.id)
    off = any(not ancestor.enabled for ancestor in document.ancestors(node.id))
    line, dimmed = words.state_line(node, document, live, off)
    group = words.group_of(node)
    badges = badge_texts(live, group) if live is not None and node.enabled else []
    finder = canvas.finder
    hit = finder.hit(node.id) if finder.typed else None
    if placed.box.folded:
        inside = finder.inside(node.id)
        badges.append((_tr("%1 found inside").replace("%1", str(inside)), "flow") if inside else _inside(node.children))
    target = pointer.target
    mark = canvas.marks.get(node.id)
    selection = canvas.selection
    here = pointer.hovered == node.id
    return CardLook(
        group=group,
        icon=words.icon_of(node),
        title=words.title_of(node),
        summary=hit.snippet if hit is not None and hit.snippet else line,
        badges=tuple(badges),
        dimmed=dimmed,
        selected=node.id in selection,
        current=node.id == selection.current and canvas.hasFocus() and len(selection.ids) != 1,
        hovered=here,
        target=target is not None and target.inside and target.parent_id == node.id and target.reason is None,
        container=bool(node.children),
        folded=placed.box.folded,
        slot=slot_text(kind_of(node).children) if placed.box.slot else "",
        slot_hovered=here and pointer.on_slot,
        hot_button=pointer.button if here else "",
        pulse=canvas.pulse_of(node.id, live),
        mark=mark.severity if mark is not None and node.enabled and not off else "",
        found=finder.typed if hit is not None else "",
        lit=live is not None and live.mounted is True and not dimmed,
    )


def _inside(children: tuple[object, ...]) -> tuple[str, str]:
    return _tr("%1 inside").replace("%1", str(len(children))), ""


def _tr(text: str) -> str:
    return QCoreApplication.translate("Tree", text)
