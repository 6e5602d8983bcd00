"""The program's log: a bounded file and the last lines in memory, with secrets taken out of both.

Not here: what is shown to a person (``notify``), and who catches exceptions (``doors``).
"""

from __future__ import annotations

import logging
import logging.handlers
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MAX_BYTES = 1_000_000
RING_LINES = 500
HIDDEN = "[hidden]"

_PATTERNS = (
    re.compile(r"sk-[A-Za-z0-9_\-]{8,}"),
    re.compile(r"(?i)(authorization|x-api-key|api[_-]?key|token)(['\"]?\s*[:=]\s*['\"]?)(bearer\s+)?[^\s'\",;}]+"),
    re.compile(r"(?i)bearer\s+[A-Za-z0-9._\-]{8,}"),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
)
_secrets: set[str] = set()


def hide(secret: str) -> None:
    """From now on ``secret`` never appears in a log line, a report or a copied detail."""
    if len(secret) >= 4:
        _secrets.add(secret)


def redact(text: str) -> str:
    """``text`` without the known secrets and without what looks like one."""
    for secret in _secrets:
        text = text.replace(secret, HIDDEN)
    for pattern in _PATTERNS:
        text = pattern.sub(_hide_match, text)
    return text


def _hide_match(match: re.Match[str]) -> str:
    if match.re.groups >= 2:
        return f"{match.group(1)}{match.group(2)}{HIDDEN}"
    return HIDDEN


class _Redacting(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class RingHandler(logging.Handler):
    """Keeps the last lines, for the details of a report and for ``bough doctor``."""

    def __init__(self, lines: int = RING_LINES) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=lines)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


@contextmanager
def logging_to(path: Path | None, *, level: int = logging.INFO) -> Iterator[RingHandler]:
    """Write the log to ``path`` (a folder that cannot be written is no reason not to start) and to memory.

    Yields:
        The handler that holds the last lines.
    """
    root = logging.getLogger()
    before = root.level
    formatter = _Redacting(_FORMAT)
    ring = RingHandler()
    handlers: list[logging.Handler] = [ring]
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = logging.handlers.RotatingFileHandler(
                path, maxBytes=MAX_BYTES, backupCount=2, encoding="utf-8", delay=True
            )
            handlers.append(file)
        except OSError:
            pass
    for handler in handlers:
        handler.setFormatter(formatter)
        root.addHandler(handler)
    root.setLevel(level)
    logging.getLogger("qasync").setLevel(logging.WARNING)
    logging.captureWarnings(True)
    try:
        yield ring
    finally:
        logging.captureWarnings(False)
        root.setLevel(before)
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()
