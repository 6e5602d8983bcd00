"""JSON in the columns, packed bodies, and the words of an entry. Not here: SQL."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]
from typing import Any

from engine.errors import StoreError
from engine.json_values import clean

MAX_INDEXED_CHARACTERS = 65_536
"""Of one entry, this much text is searchable; the rest is stored all the same."""

TITLE_CHARACTERS = 60
"""Length of a title made of a message."""

TITLE_LIMIT = 500
"""Length of a title that a person gave."""

PREVIEW_CHARACTERS = 160
"""Length of the beginning of the newest message that lists show."""

_PACK_FROM = 512


def _other(value: Any) -> Any:
    to_json = getattr(value, "to_json", None)
    if callable(to_json):
        return to_json()
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable) and not isinstance(value, (bytes, bytearray)):
        return list(value)
    raise TypeError(f"a value of type {type(value).__name__} is not JSON")


_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_other)
_encode: Callable[[Any], str] = _encoder.encode
if c_make_encoder is not None:
    # What JSONEncoder makes anew for every value. Without the memory of what contains what: a circle ends in
    # RecursionError, which dumps() turns into the same StoreError.
    _chunks = c_make_encoder(None, _other, encode_basestring, None, ":", ",", False, False, True)

    def _encode(value: Any) -> str:
        return "".join(_chunks(value, 0))


def dumps(value: Any, what: str) -> str:
    """``value`` as compact JSON.

    Raises:
        StoreError: It is not JSON; ``what`` says in the message what it was.
    """
    try:
        return clean(_encode(value))
    except (TypeError, ValueError, RecursionError) as error:
        raise StoreError(f"{what} cannot be saved: {error}") from error


def optional_json(value: Mapping[str, Any], what: str) -> str | None:
    """JSON of a mapping, or None (stored as NULL) for an empty one."""
    return dumps(value, what) if value else None


def loads(text: str) -> Any:
    """The inverse of :func:`dumps`."""
    return json.loads(text)


def loads_or(text: str | None, default: Any) -> Any:
    """JSON of a column, or ``default`` for NULL."""
    return default if text is None else json.loads(text)


def pack(text: str) -> str | bytes:
    """``text``, or its deflated UTF-8 where that is smaller."""
    if len(text) < _PACK_FROM:
        return text
    raw = text.encode()
    packed = zlib.compress(raw, 6)
    return packed if len(packed) < len(raw) else text


def unpack(stored: str | bytes) -> str:
    """The inverse of :func:`pack`."""
    return stored if isinstance(stored, str) else zlib.decompress(stored).decode()


def entry_text(content: Iterable[Any]) -> str:
    """The words of an entry that can be searched: text, tool names, tool inputs and results, document titles.

    Thinking is left out. The search index relies on this being a function of the stored JSON alone, so a
    change here needs a migration that rebuilds the index.
    """
    text = "\n".join(_words(content))
    if len(text) > MAX_INDEXED_CHARACTERS:
        text = text[:MAX_INDEXED_CHARACTERS]
    return text.replace("\0", " ") if "\0" in text else text


def stored_text(content: str) -> str:
    """:func:`entry_text` of a column; "" where damage left no JSON in it, so that one entry does not end the index."""
    try:
        return entry_text(loads(content))
    except (ValueError, TypeError):
        return ""


def _words(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
        return
    if not isinstance(content, (list, tuple)):
        return
    for block in content:
        if not isinstance(block, Mapping):
            continue
        kind = block.get("type")
        if kind == "text":
            yield from _strings(block.get("text"))
        elif kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
            yield from _strings(block.get("name"))
            yield from _strings(block.get("input"))
        elif kind == "document":
            yield from _strings(block.get("title"))
            source = block.get("source")
            if isinstance(source, Mapping) and source.get("type") == "text":
                yield from _strings(source.get("data"))
        elif isinstance(kind, str) and kind.endswith("tool_result"):
            yield from _words(block.get("content"))


def _strings(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        if value:
            yield value
    elif depth < 20 and isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item, depth + 1)
    elif depth < 20 and isinstance(value, (list, tuple)):
        for item in value:
            yield from _strings(item, depth + 1)


def spoken_text(content: Iterable[Any]) -> str:
    """Only what was said: the text blocks, joined by spaces."""
    return " ".join(
        block["text"]
        for block in content
        if isinstance(block, Mapping) and block.get("type") == "text" and isinstance(block.get("text"), str)
    )


def shorten(text: str, length: int) -> str:
    """``text`` on one line, cut at a word to at most ``length`` characters, "" where it says nothing."""
    line = clean(" ".join(text[: length * 8].replace("\0", " ").split()))
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    at_word = cut.rfind(" ")
    return (cut[:at_word] if at_word > length // 2 else cut).rstrip() + "…"
