"""Texts of nodes in a few words, for cards. Not here: running templates (``template``)."""

from __future__ import annotations

import re

_CHIP = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}")
_STATEMENT = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)


def plain_preview(text: str, limit: int = 90) -> str:
    """The first words of a text, with ``{{ name }}`` as a bold word and statements left out."""
    head = _STATEMENT.sub(" ", text[: limit * 6])
    line = next((line.strip() for line in head.splitlines() if line.strip()), "")
    line = _shorten(line, limit)
    return _CHIP.sub(lambda found: f"**{found.group(1)}**", line)


def plain_words(text: str, limit: int = 90) -> str:
    """Like :func:`plain_preview`, without bold."""
    return plain_preview(text, limit).replace("**", "")


def _shorten(line: str, limit: int) -> str:
    if len(line) <= limit:
        return line
    cut = line[:limit]
    opened = cut.rfind("{{")
    if opened > cut.rfind("}}"):
        cut = cut[:opened]
    return cut.rstrip() + "…"


def value_words(value: object) -> str:
    """A step's value in a few words: ``{{ note }}`` becomes a bold **note**, text stands in quotes."""
    from engine.blueprint.values import short

    if isinstance(value, str):
        alone = _CHIP.fullmatch(value.strip())
        if alone:
            return f"**{alone.group(1)}**"
        if _CHIP.search(value):
            return f"“{plain_preview(value, 60)}”"
    return short(value, 50)
