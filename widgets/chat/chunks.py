"""Cuts markdown into chunks that can be rendered one by one, as the text arrives.

A chunk is a piece of the text whose rendering cannot change any more once the next chunk has begun, so that a view
renders each chunk once and only the last one again and again. Where the cuts fall depends on complete lines of the
text alone, never on how it was delivered: a streamed text and the same text given whole are cut alike.
Not here: rendering (``render``), and anything of Qt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

_FENCE = re.compile(r"^ {0,1}(`{3,}|~{3,})[ \t]*([^`\n]*)$")
_INNER_FENCE = re.compile(r"^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})[^`\n]*$")
_RULE = re.compile(r"^ {0,3}([-*_])[ \t]*(?:\1[ \t]*){2,}$")
_ITEM = re.compile(r"^(?:([-*+])|(\d{1,9})([.)]))(?:[ \t]+|$)")
_HEADING = re.compile(r"^#{1,6}(?:[ \t]|$)")
_UNDECIDED = re.compile(r"^[ \t]*(?:[-=*+#|>`~_ \t]+|\d{1,9}[.)]?)[ \t]*$")
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:[ \t]*\S+.*$", re.MULTILINE)


@dataclass(slots=True)
class Chunk:
    """A piece of the text. ``text`` of a code chunk is the code alone, without its fences."""

    kind: Literal["prose", "code"]
    text: str = ""
    language: str = ""
    item: str = ""
    """The kind of list marker it starts with (``-``, ``.`` …), or "" where it is no list."""
    joins: bool = False
    """The list that it starts with goes on from the chunk before."""


@dataclass(slots=True)
class Chunker:
    r"""Feed text, take finished chunks; :attr:`tail` is what is still open.

    Example:
        >>> chunker = Chunker()
        >>> [chunk.text for chunk in chunker.feed("One.\n\nTwo")]
        []
        >>> [chunk.text for chunk in chunker.feed(".\n\n")], chunker.tail().text
        (['One.'], 'Two.')
    """

    _lines: list[str] = field(default_factory=list)
    _partial: str = ""
    _code: Chunk | None = None
    _fence: str = ""
    _inner: str = ""
    _blank: bool = False
    _item: str = ""
    _joins: bool = False
    _last_item: str = ""

    def feed(self, text: str) -> list[Chunk]:
        """Takes more text and gives the chunks that it finished."""
        done: list[Chunk] = []
        lines = (self._partial + text.replace("\r\n", "\n")).split("\n")
        self._partial = lines.pop()
        for line in lines:
            self._take(line, done)
        return done

    def finish(self) -> list[Chunk]:
        """The text is complete: gives all that is left."""
        done: list[Chunk] = []
        if self._partial:
            line, self._partial = self._partial, ""
            self._take(line, done)
        if self._code is not None:
            done.append(self._close_code())
        self._close_prose(done)
        return done

    def tail(self) -> Chunk | None:
        """What is open now, as it should be shown, or None. A line that may still become something else is left out."""
        partial = self._partial
        if self._code is not None:
            shown = "" if partial and partial.strip()[:1] == self._fence[0] else partial
            parts = [*self._lines, shown] if shown else self._lines
            return Chunk("code", "\n".join(parts), self._code.language)
        if partial and (_UNDECIDED.match(partial) or _FENCE.match(partial)):
            partial = ""
        if not self._lines:
            text, item = partial, _marker(partial)
            return Chunk("prose", text, item=item, joins=_goes_on(item, self._last_item)) if text.strip() else None
        return Chunk("prose", "\n".join([*self._lines, partial]), item=self._item, joins=self._joins)

    def _take(self, line: str, done: list[Chunk]) -> None:
        if self._code is not None:
            if line.strip() and set(line.strip()) == {self._fence[0]} and len(line.strip()) >= len(self._fence):
                done.append(self._close_code())
            else:
                self._lines.append(line)
            return
        if self._inner:
            self._lines.append(line)
            stripped = line.strip().lstrip("> ")
            if stripped and set(stripped) == {self._inner[0]} and len(stripped) >= len(self._inner):
                self._inner = ""
            return
        fence = _FENCE.match(line)
        if fence:
            self._close_prose(done)
            self._last_item = ""
            self._fence = fence[1]
            self._code = Chunk("code", language=(fence[2].split() or [""])[0])
            return
        if not line.strip():
            if self._lines:
                self._blank = True
                self._lines.append(line)
            return
        marker = _marker(line)
        heading = bool(_HEADING.match(line))
        column_0 = line[0] not in " \t"
        if self._lines and column_0 and (self._blank or heading or (marker and (self._item or _interrupts(line)))):
            self._close_prose(done)
        if not self._lines:
            self._item = marker
            self._joins = _goes_on(marker, self._last_item)
        self._blank = False
        self._lines.append(line)
        inner = _INNER_FENCE.match(line)
        if inner:
            self._inner = inner[1]
        if heading:
            self._close_prose(done)

    def _close_code(self) -> Chunk:
        chunk = self._code or Chunk("code")
        chunk.text = "\n".join(self._lines)
        self._lines, self._code, self._blank = [], None, False
        return chunk

    def _close_prose(self, done: list[Chunk]) -> None:
        text = "\n".join(self._lines).strip("\n")
        if text.strip():
            done.append(Chunk("prose", text, item=self._item, joins=self._joins))
            self._last_item = self._item
        self._lines, self._blank, self._inner, self._item, self._joins = [], False, "", "", False


def _marker(line: str) -> str:
    if _RULE.match(line):
        return ""
    found = _ITEM.match(line)
    return (found[1] or found[3]) if found else ""


def _interrupts(line: str) -> bool:
    """Whether this list item may begin right under a paragraph, without a blank line between."""
    found = _ITEM.match(line)
    return found is not None and found[2] in (None, "1") and bool(line[found.end() :].strip())


def _goes_on(item: str, last: str) -> bool:
    return bool(item) and item == last


def definitions(text: str) -> str:
    """The link definitions (``[1]: https://…``) of a text, one to a line; chunks need them to resolve their links."""
    return "\n".join(_DEFINITION.findall(text)) if "]:" in text else ""


def split(text: str) -> list[Chunk]:
    """All chunks of a complete text."""
    chunker = Chunker()
    return [*chunker.feed(text), *chunker.finish()]
