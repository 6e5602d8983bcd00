"""Small words of the commands: times, one-line texts."""

from __future__ import annotations

from datetime import datetime


def when(seconds: float) -> str:
    """A time as it is read in a list."""
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def line(text: str, limit: int) -> str:
    """A text in one line of at most ``limit`` characters."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
