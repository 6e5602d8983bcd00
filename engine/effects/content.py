"""What is in a file that is sent along: recognised by its content, checked against what models take, as JSON values.

Not here: reading files (``files``), what becomes of the content in the context (``engine.blueprint.kinds.documents``).
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
from collections.abc import Mapping
from typing import Any, Literal

from engine.effects.file_words import as_json, as_text
from engine.errors import ToolError

Wanted = Literal["document", "image", "data"]
Content = dict[str, Any]
"""``{"text": …}``, ``{"media_type": …, "data": base64}``, or ``{"error": a sentence}``."""

MAX_PDF = 20_000_000
MAX_IMAGE = 3_700_000
"""What providers take, 5 MB, is counted in base64."""
MAX_TEXT = 2_000_000
MAX_COLUMNS = 200
LARGEST: dict[Wanted, int] = {"document": MAX_PDF, "image": MAX_IMAGE, "data": MAX_TEXT}
_IMAGES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


def media_type_of(data: bytes) -> str:
    """What a file is, by its first bytes: an image, a PDF, or ``text/plain`` for all else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if b"%PDF-" in data[:1024]:
        return "application/pdf"
    return next((kind for start, kind in _IMAGES.items() if data.startswith(start)), "text/plain")


def content_of(data: bytes, name: str, wanted: Wanted) -> Content:
    """A file's content as a value.

    Args:
        data: The bytes.
        name: What the file is called, for sentences.
        wanted: What it is to be used as.

    Raises:
        ToolError: It cannot be used as that, or is too large.
    """
    found = media_type_of(data)
    if not data:
        raise ToolError(f"“{name}” is empty.")
    if wanted == "image":
        if not found.startswith("image/"):
            raise ToolError(f"“{name}” is no image that models can see. Use PNG, JPEG, GIF or WebP.")
        return _encoded(data, name, found, MAX_IMAGE)
    if found.startswith("image/"):
        raise ToolError(f"“{name}” is an image. Use an Image part for it.")
    if found == "application/pdf":
        if wanted == "data":
            raise ToolError(f"“{name}” is a PDF. Use a Document part for it.")
        return _encoded(data, name, found, MAX_PDF)
    if len(data) > MAX_TEXT:
        raise ToolError(f"“{name}” has {len(data):,} bytes; a text may have {MAX_TEXT:,}.")
    return {"text": as_text(data, name)}


def _encoded(data: bytes, name: str, media_type: str, limit: int) -> Content:
    if len(data) > limit:
        raise ToolError(f"“{name}” has {len(data):,} bytes; at most {limit:,} can be sent.")
    return {"media_type": media_type, "data": base64.b64encode(data).decode()}


def attached(attachment: Mapping[str, Any], wanted: Wanted) -> Content:
    """The content of a file that is kept inside an agent.

    Args:
        attachment: ``{"name", "media_type", "data": base64}``; what it says of its type does not count.
        wanted: What it is to be used as.

    Raises:
        ToolError: As :func:`content_of`, or it is damaged.
    """
    name = str(attachment.get("name", "") or "The file")
    try:
        data = base64.b64decode(str(attachment.get("data", "")), validate=True)
    except (binascii.Error, ValueError):
        raise ToolError(f"“{name}” is damaged. Attach the file again.") from None
    return content_of(data, name, wanted)


def table_of(text: str, name: str) -> Any:
    """Data as a value: JSON as it is, everything else as rows of cells separated by commas, semicolons or tabs.

    Raises:
        ToolError: It is JSON that is not complete, or no table.
    """
    if text.lstrip()[:1] in ("{", "["):
        return as_json(text, name)
    first = text.lstrip("\n").split("\n", 1)[0]
    delimiter = max(",;\t|", key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise ToolError(f"“{name}” is no table: {error}.") from None
    if max((len(row) for row in rows), default=0) > MAX_COLUMNS:
        raise ToolError(f"“{name}” has more than {MAX_COLUMNS} columns.")
    return rows
