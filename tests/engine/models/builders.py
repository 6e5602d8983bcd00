"""Small model files and packages, made on the spot."""

from __future__ import annotations

import hashlib
import struct
import zipfile
from pathlib import Path
from typing import Any

from engine.models.catalogue import CatalogueModel, PackagePart, PackageSource, UrlSource

CHAT = {
    "general.architecture": "tiny", "general.name": "Tiny", "tiny.context_length": 4096, "tiny.block_count": 2,
    "tiny.embedding_length": 64, "tiny.attention.head_count": 4, "tiny.attention.head_count_kv": 2,
    "tokenizer.chat_template": "{{ messages }}", "tokenizer.ggml.tokens": ["a", "b"],
    "tokenizer.ggml.scores": [0.5] * 300,    "tiny.rope": 1.5, "tiny.flag": True, "tiny.small": [1, 2, 3],
}  # fmt: skip


def _text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack("<Q", len(raw)) + raw


def _typed(value: Any) -> bytes:
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return struct.pack("<IQ", 10, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if isinstance(value, str):
        return struct.pack("<I", 8) + _text(value)
    items = [_typed(item) for item in value]
    return struct.pack("<I", 9) + items[0][:4] + struct.pack("<Q", len(items)) + b"".join(item[4:] for item in items)


def gguf(path: Path, metadata: dict[str, Any] | None = None, *, version: int = 3, tensors: int = 1) -> Path:
    """A file with a GGUF header and nothing behind it."""
    data = CHAT if metadata is None else metadata
    head = b"GGUF" + struct.pack("<IQQ", version, tensors, len(data))
    path.write_bytes(head + b"".join(_text(key) + _typed(value) for key, value in data.items()))
    return path


def wheel(folder: Path, name: str, version: str, member: str, content: bytes) -> Path:
    """A package with one data file."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    path = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return path


def packaged(folder: Path, pieces: list[bytes], **changes: Any) -> CatalogueModel:
    """A catalogue entry whose packages lie in ``folder``."""
    folder.mkdir(exist_ok=True)
    parts = []
    for number, piece in enumerate(pieces):
        name, member = f"tiny-model-part{number}", f"tiny_model_part{number}/data/part.bin"
        made = wheel(folder, name, "0.1.0", member, piece)
        parts.append(PackagePart(name, "0.1.0", member, len(piece), hashlib.sha256(made.read_bytes()).hexdigest()))
    return entry(b"".join(pieces), PackageSource(tuple(parts)), **changes)


def entry(content: bytes, source: PackageSource | UrlSource, **changes: Any) -> CatalogueModel:
    """A catalogue entry."""
    values: dict[str, Any] = {
        "id": "tiny", "label": "Tiny", "file": "tiny.gguf", "bytes": len(content), "licence": "MIT", "description": "",
        "sha256": hashlib.sha256(content).hexdigest(), "source": source,
    }  # fmt: skip
    return CatalogueModel(**{**values, **changes})
