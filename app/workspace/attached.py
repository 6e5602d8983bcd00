"""Files that go along with a message: read, checked against what models take, and made into content blocks. No Qt."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.text import megabytes, tr
from app.workspace.shown import files_of
from engine.entries import Block
from widgets.chat.items import ChatFile

MAX_IMAGE = 5_000_000
MAX_PDF = 30_000_000
MAX_TEXT = 1_000_000
MAX_FILES = 20
_IMAGES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


class CannotAttach(Exception):
    """A file cannot go along. ``str(error)`` says why, in plain words."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file, ready to be sent.

    Attributes:
        block: As the model is given it.
        shown: As the chat shows it.
    """

    block: Block
    shown: ChatFile

    @property
    def ability(self) -> str:
        """The ability that a model needs for it, or ""."""
        if self.shown.kind == "image":
            return "images"
        return "documents" if self.block["source"]["type"] == "base64" else ""


def read_attachment(path: Path) -> Attachment:
    """A file of the person's; blocking, so in a thread.

    Raises:
        CannotAttach: It is too large, of a kind that models cannot read, or cannot be opened.
    """
    try:
        size = path.stat().st_size
        if size > MAX_PDF:
            raise CannotAttach(_too_large(path.name, size, MAX_PDF))
        data = path.read_bytes()
    except IsADirectoryError:
        raise CannotAttach(tr("“{name}” is a folder. Attach the files in it one by one.", name=path.name)) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise CannotAttach(tr("“{name}” cannot be opened: {reason}.", name=path.name, reason=reason)) from None
    return attachment(path.name, data)


def attachment(name: str, data: bytes) -> Attachment:
    """What was read or pasted, by what is in it, not by its name.

    Raises:
        CannotAttach: It is too large, empty, or of a kind that models cannot read.
    """
    size = megabytes(len(data))
    if not data:
        raise CannotAttach(tr("“{name}” is empty.", name=name))
    media = _image_type(data)
    if media:
        if len(data) > MAX_IMAGE:
            raise CannotAttach(_too_large(name, len(data), MAX_IMAGE))
        source = {"type": "base64", "media_type": media, "data": base64.b64encode(data).decode()}
        return Attachment({"type": "image", "source": source}, ChatFile(name, "image", data, size))
    if data.startswith(b"%PDF-"):
        source = {"type": "base64", "media_type": "application/pdf", "data": base64.b64encode(data).decode()}
        return Attachment({"type": "document", "source": source, "title": name}, ChatFile(name, "document", None, size))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        words = tr("“{name}” cannot be attached. Models read images, PDFs and text files.", name=name)
        raise CannotAttach(words)
    if len(data) > MAX_TEXT:
        raise CannotAttach(_too_large(name, len(data), MAX_TEXT))
    source = {"type": "text", "media_type": "text/plain", "data": text}
    return Attachment({"type": "document", "source": source, "title": name}, ChatFile(name, "document", None, size))


def content_of(text: str, files: Sequence[Attachment]) -> list[Block]:
    """A message with files: these first, then the words about them."""
    words: list[Block] = [{"type": "text", "text": text}] if text else []
    return [*(file.block for file in files), *words]


def attachments_of(content: Iterable[Block]) -> list[Attachment]:
    """The files of a message that was sent."""
    blocks = [block for block in content if block.get("type") in ("image", "document")]
    return [Attachment(block, shown) for block in blocks for shown in files_of([block])]


def _image_type(data: bytes) -> str:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((media for start, media in _IMAGES.items() if data.startswith(start)), "")


def _too_large(name: str, size: int, limit: int) -> str:
    words = {"name": name, "size": megabytes(size), "limit": megabytes(limit)}
    return tr("“{name}” has {size}. At most {limit} can be sent.", **words)
