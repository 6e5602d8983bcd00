"""Bringing older file formats up to date, one version at a time.

A change of the format adds a function to ``MIGRATIONS`` under the version it starts from, and raises
``document.FORMAT_VERSION``. New kinds and new properties with a default need neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.blueprint.document import FORMAT_VERSION

Migration = Callable[[dict[str, Any]], dict[str, Any]]

MIGRATIONS: dict[int, Migration] = {}
"""By the version that the function starts from. Format 1 is the first."""


def migrate(
    data: dict[str, Any], migrations: Mapping[int, Migration] | None = None, newest: int = FORMAT_VERSION
) -> dict[str, Any]:
    """The data in the newest format. Each function gets a copy of the top level and sees any JSON below it."""
    steps = MIGRATIONS if migrations is None else migrations
    version = int(data["version"])
    while version < newest:
        data = steps[version](dict(data))
        version += 1
        data["version"] = version
    return data
