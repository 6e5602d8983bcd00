"""Versions as the list shows them: steps that were made in one go fold under the last of them. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

PAUSE = 600.0
"""A pause of so many seconds ends what was made in one go."""


@dataclass(frozen=True, slots=True)
class VersionItem:
    """A version in the list.

    Attributes:
        id: What the signals say.
        saved: When it last became the present one, in seconds since the epoch.
        name: What a person called it, or "".
        size: Bytes of its document.
        present: Whether it is the present one.
    """

    id: str
    saved: float
    name: str = ""
    size: int = 0
    present: bool = False


@dataclass(frozen=True, slots=True)
class VersionGroup:
    """The last of some versions that were made in one go, and those before it, the newest first."""

    head: VersionItem
    steps: tuple[VersionItem, ...] = ()


def group_versions(items: Sequence[VersionItem]) -> list[VersionGroup]:
    """Fold versions, the newest first, into groups.

    A version folds under the one after it where less than ten minutes of one day lie between them. A version with a
    name always stands by itself.
    """
    found: list[list[VersionItem]] = []
    for item in items:
        after = found[-1][-1] if found else None
        if after is None or item.name or after.saved - item.saved > PAUSE or _day(after) != _day(item):
            found.append([item])
        else:
            found[-1].append(item)
    return [VersionGroup(group[0], tuple(group[1:])) for group in found]


def _day(item: VersionItem) -> object:
    return datetime.fromtimestamp(item.saved).date()
