"""The few settings that the first paint needs, read without the settings model and everything that it imports.

Whatever is wrong with the file, the answer is the defaults; ``settings`` deals with it a moment later.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast


@dataclass(frozen=True, slots=True)
class FirstLook:
    """Theme, font, motion, and where the window was."""

    theme: Literal["system", "light", "dark"] = "system"
    system_font: bool = False
    reduced_motion: bool | None = None
    geometry: str = ""


def first_look(path: Path) -> FirstLook:
    """Read them from the settings file."""
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
        remembered = data.get("remembered") or {}
        theme, geometry = data.get("theme"), remembered.get("geometry")
        motion = data.get("motion")
    except (OSError, ValueError, AttributeError):
        return FirstLook()
    return FirstLook(
        cast(Any, theme) if theme in ("light", "dark") else "system",
        data.get("font") == "system",
        {"reduced": True, "full": False}.get(motion) if isinstance(motion, str) else None,
        geometry if isinstance(geometry, str) else "",
    )
