"""What cards and rows say about nodes: titles, summaries, groups; safe for nodes that are half filled in.

Not here: painting, and the wording of each kind (``engine.blueprint.kinds``).
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds import kind_of
from widgets.tree.live import LiveBadge
from widgets.tree.marks import Mark


def _tr(text: str) -> str:
    return QCoreApplication.translate("Tree", text)


def group_of(node: Node) -> str:
    """The node's group, for its hue."""
    return kind_of(node).group


def icon_of(node: Node) -> str:
    """Lucide name of the node's icon."""
    try:
        return kind_of(node).icon_of(node)
    except Exception:  # noqa: BLE001  a kind's wording must never take the editor down
        return kind_of(node).icon


def title_of(node: Node) -> str:
    """Headline of the node."""
    try:
        return kind_of(node).title_of(node)
    except Exception:  # noqa: BLE001
        return kind_of(node).title


def summary_of(node: Node, document: AgentDocument) -> str:
    """One line about the node, with ``**bold**`` words."""
    try:
        return " ".join(kind_of(node).summary(node, document).split())
    except Exception:  # noqa: BLE001
        return ""


def holds_children(node: Node) -> bool:
    """Whether something may stand inside the node."""
    return kind_of(node).children != "none"


def state_line(node: Node, document: AgentDocument, live: LiveBadge | None, inherited_off: bool) -> tuple[str, bool]:
    """The second line of a card and whether the card is dimmed."""
    if not node.enabled:
        return _tr("switched off: not sent"), True
    if inherited_off:
        return _tr("inside something switched off: not sent"), True
    if live is not None and live.mounted is False and live.condition is None:
        reason = live.reason.rstrip(". ")
        return (_tr("not sent: %1").replace("%1", reason) if reason else _tr("not sent now")), True
    if live is not None and live.failed:
        return live.failed, False
    if live is not None and live.last:
        return _tr("last call: %1").replace("%1", live.last), False
    return summary_of(node, document), False


def spoken(node: Node, document: AgentDocument, live: LiveBadge | None, mark: Mark | None = None) -> str:
    """A node in one sentence for screen readers."""
    title = title_of(node)
    summary = summary_of(node, document).replace("**", "")
    parts = [title] + ([summary] if summary else [])
    if not node.enabled:
        parts.append(_tr("switched off"))
    if live is not None and live.words():
        parts.append(live.words())
    if mark is not None:
        parts.append(_tr("problem: %1").replace("%1", mark.text.replace("\n", " ")))
    if node.children:
        parts.append(_tr("%1 inside").replace("%1", str(len(node.children))))
    return ", ".join(parts)
