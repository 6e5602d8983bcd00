"""Where bundled files lie: fonts, icons, templates. One helper for source checkouts, wheels and frozen programs."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path


@cache
def resource_root() -> Path:
    """The ``resources`` folder of this installation."""
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen:
        return Path(frozen) / "resources"
    return Path(__file__).resolve().parents[2] / "resources"


def resource_path(*parts: str) -> Path:
    """Path of a bundled file, for instance ``resource_path("icons", "wrench.svg")``.

    The file need not exist; whoever opens it says so in words that fit.
    """
    return resource_root().joinpath(*parts)
