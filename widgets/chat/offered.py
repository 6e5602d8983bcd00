"""What was dropped or pasted: paths of files, and pictures as bytes. Not here: what becomes of them."""

from __future__ import annotations

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData
from PySide6.QtGui import QImage

AGENT_FILE = ".bough.json"
"""Files that end so are agents: they are taken in by the window, not attached."""


def offered_files(data: QMimeData) -> list[str]:
    """Paths of files on this computer; none where agents are among them, or anything that is no file."""
    urls = data.urls()
    paths = [url.toLocalFile() for url in urls if url.isLocalFile()]
    if not paths or len(paths) < len(urls) or any(path.endswith(AGENT_FILE) for path in paths):
        return []
    return paths


def image_bytes(data: QMimeData) -> bytes:
    """A pasted picture as PNG; empty where it is none."""
    image = data.imageData()
    if not isinstance(image, QImage) or image.isNull():
        return b""
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # it takes no bytes, whatever it says
    return bytes(content.data())
