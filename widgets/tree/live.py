"""What a running session says about a node: the badges of its card. Not here: where the values come from (``app``)."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication


def _tr(text: str, count: int = -1) -> str:
    return QCoreApplication.translate("LiveBadge", text, None, count)


@dataclass(frozen=True, slots=True)
class LiveBadge:
    """The live side of one node.

    Attributes:
        mounted: Whether it is in the tree now; None where nobody knows.
        reason: Why it is not, in words ("notepad is empty").
        value: Its value in words ("2 items").
        tokens: How many tokens it puts into the context.
        calls: How often it was called in this session.
        condition: Whether its condition holds; None for nodes without one.
        running: Whether it works right now (the card pulses).
        failed: What went wrong the last time, in words.
        last: The last call of a tool, in words ("note: buy figs → Noted.").
    """

    mounted: bool | None = None
    reason: str = ""
    value: str = ""
    tokens: int | None = None
    calls: int = 0
    condition: bool | None = None
    running: bool = False
    failed: str = ""
    last: str = ""

    def news(self, before: LiveBadge | None) -> bool:
        """Whether something happened to the node itself since ``before``; a count of tokens is no news."""
        mine = (self.mounted, self.value, self.calls, self.condition, self.failed)
        return before is not None and mine != (
            before.mounted, before.value, before.calls, before.condition, before.failed,
        )  # fmt: skip

    def words(self) -> str:
        """The badges in one line, for screen readers and tool tips."""
        parts = [text for text, _tone in badge_texts(self, "")]
        if self.last:
            parts.append(_tr("last call: %1").replace("%1", self.last))
        if self.mounted is False and self.reason:
            parts.append(_tr("not sent: %1").replace("%1", self.reason))
        return ", ".join(parts)


def badge_texts(live: LiveBadge, group: str) -> list[tuple[str, str]]:
    """Texts of the badges from left to right, each with its tone (a node group, ``bad``, or "" for neutral)."""
    found: list[tuple[str, str]] = []
    if live.failed:
        found.append((_tr("failed"), "bad"))
    if live.running:
        found.append((_tr("running"), group))
    if live.condition is not None:
        found.append((_tr("true") if live.condition else _tr("false"), group if live.condition else ""))
    if live.value:
        found.append((live.value, group))
    if live.calls:
        found.append((_tr("called %1×").replace("%1", str(live.calls)), group))
    if live.tokens is not None:
        number = f"{live.tokens:,}"
        found.append((number if found else _tr("%1 tokens").replace("%1", number), ""))
    return found
