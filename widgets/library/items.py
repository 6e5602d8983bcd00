"""What the Library page shows of a part and of where it is used. No Qt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PartItem:
    """A part in the list.

    Attributes:
        id: What the signals say.
        title: Its name.
        description: What it is for.
        uses: In how many agents and parts it is used.
        behind: In how many of them an older version.
    """

    id: str
    title: str
    description: str = ""
    uses: int = 0
    behind: int = 0


@dataclass(frozen=True, slots=True)
class UseItem:
    """An agent or a part that uses it; ``behind``: how many of its ``count`` uses have an older version."""

    id: str
    name: str
    is_part: bool
    count: int
    behind: int
