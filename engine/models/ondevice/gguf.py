"""Reading the header of a GGUF file: is it one, what is it called, how much fits into it.

Only the header is read, with bounds on everything a broken or hostile file could claim. Not here: running it.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

MAGIC = b"GGUF"
_MAX_KEYS = 4096
_MAX_STRING = 1 << 20
_MAX_ARRAY = 1 << 22
_MAX_DEPTH = 2
_NUMBERS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9


class GgufError(ValueError):
    """The file is not a model that can be used; the text says why."""


@dataclass(frozen=True, slots=True)
class GgufInfo:
    """What the header of a model file says.

    Attributes:
        name: The name written in it, or the file's.
        context_length: Tokens that the model was trained for, where it says.
        cache_bytes_per_token: Memory that each token of context needs, where it can be worked out.
        chat: Whether it has a chat template; without one a model only continues text.
    """

    path: Path
    bytes: int
    version: int
    name: str
    architecture: str
    context_length: int | None = None
    cache_bytes_per_token: int | None = None
    chat: bool = False
    tensors: int = 0
    metadata: Mapping[str, Any] = field(default_factory=dict, repr=False)


def inspect_gguf(path: Path | str) -> GgufInfo:
    """Read the header.

    Raises:
        GgufError: The file cannot be read, is not GGUF, or is broken.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            return _read(path, file, size)
    except OSError as error:
        raise GgufError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    except (struct.error, UnicodeDecodeError, OverflowError, MemoryError) as error:
        raise GgufError(f"{path.name} is damaged: its header cannot be read.") from error


def _read(path: Path, file: BinaryIO, size: int) -> GgufInfo:
    if file.read(4) != MAGIC:
        raise GgufError(f"{path.name} is not a GGUF model file.")
    (version,) = _unpack(file, "<I")
    if version not in (2, 3):
        raise GgufError(f"{path.name} has GGUF version {version}; versions 2 and 3 can be read.")
    tensors, keys = _unpack(file, "<QQ")
    if keys > _MAX_KEYS or tensors > 1_000_000:
        raise GgufError(f"{path.name} is damaged: its header claims {keys} entries.")
    data: dict[str, Any] = {}
    for _ in range(keys):
        key = _string(file)
        (kind,) = _unpack(file, "<I")
        value = _value(file, kind, 0)
        if value is not None:
            data[key] = value
    if not tensors:
        raise GgufError(f"{path.name} holds no weights.")
    architecture = str(data.get("general.architecture", ""))
    context = data.get(f"{architecture}.context_length")
    return GgufInfo(
        path=path,
        bytes=size,
        version=version,
        name=str(data.get("general.name") or path.stem),
        architecture=architecture,
        context_length=context if isinstance(context, int) and context > 0 else None,
        cache_bytes_per_token=_cache_bytes(data, architecture),
        chat=bool(data.get("tokenizer.chat_template")),
        tensors=tensors,
        metadata={key: value for key, value in data.items() if not isinstance(value, str) or len(value) < 500},
    )


def _unpack(file: BinaryIO, layout: str) -> tuple[Any, ...]:
    return struct.unpack(layout, file.read(struct.calcsize(layout)))


def _string(file: BinaryIO) -> str:
    (length,) = _unpack(file, "<Q")
    if length > _MAX_STRING:
        raise GgufError("The file is damaged: a text in its header is too long.")
    raw = file.read(length)
    if len(raw) != length:
        raise GgufError("The file is cut off inside its header.")
    return raw.decode("utf-8", errors="replace")


def _value(file: BinaryIO, kind: int, depth: int) -> Any:
    if kind == _STRING:
        return _string(file)
    if kind in _NUMBERS:
        return _unpack(file, _NUMBERS[kind])[0]
    if kind != _ARRAY or depth >= _MAX_DEPTH:
        raise GgufError("The file is damaged: its header has a value of unknown type.")
    (inner,) = _unpack(file, "<I")
    (count,) = _unpack(file, "<Q")
    if count > _MAX_ARRAY:
        raise GgufError("The file is damaged: a list in its header is too long.")
    if inner in _NUMBERS:  # vocabularies are long, and nothing here needs them
        size = count * struct.calcsize(_NUMBERS[inner])
        raw = file.read(size) if count <= 256 else None
        if raw is None:
            file.seek(size, os.SEEK_CUR)
            return None
        return list(struct.unpack(f"<{count}{_NUMBERS[inner][1]}", raw))
    if inner == _STRING:
        _skip_strings(file, count)
        return None
    for _ in range(count):
        _value(file, inner, depth + 1)
    return None


def _skip_strings(file: BinaryIO, count: int) -> None:
    """Step over a vocabulary; it has some hundred thousand words, and somebody waits at a window."""
    length_at = struct.Struct("<Q").unpack_from
    data, offset = b"", 0
    for _ in range(count):
        if offset + 8 > len(data):
            file.seek(offset - len(data), os.SEEK_CUR)
            data, offset = file.read(_MAX_STRING), 0
        (length,) = length_at(data, offset)
        if length > _MAX_STRING:
            raise GgufError("The file is damaged: a text in its header is too long.")
        offset += 8 + length
    file.seek(offset - len(data), os.SEEK_CUR)


def _cache_bytes(data: Mapping[str, Any], architecture: str) -> int | None:
    """Two vectors a layer for each token, as 16-bit numbers."""

    def number(name: str) -> int | None:
        value = data.get(f"{architecture}.{name}")
        value = max(value) if isinstance(value, list) and value else value
        return value if isinstance(value, int) and value > 0 else None

    layers, width, heads = number("block_count"), number("embedding_length"), number("attention.head_count")
    if layers is None or width is None or heads is None:
        return None
    kept = number("attention.head_count_kv") or heads
    size = number("attention.key_length") or width // heads
    return layers * kept * size * 2 * 2


def fitting_context(info: GgufInfo, wanted: int, available: int | None) -> int:
    """Tokens of context that the model and the memory allow, at most ``wanted`` and at least 2,048 (or the model's).

    ``available`` is free memory in bytes, None where unknown; the weights themselves are taken off it.
    """
    context = min(wanted, info.context_length or wanted)
    floor = min(context, 2048)
    if available is not None and info.cache_bytes_per_token:
        room = available - info.bytes - (512 << 20)
        while context > floor and context * info.cache_bytes_per_token > room:
            context //= 2
    return max(context, floor)


def available_memory() -> int | None:
    """Bytes of memory that programs may still take, or None where the system does not tell."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        return None
    return None
