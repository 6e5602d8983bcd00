"""Translatable words for modules that must not import Qt (errors, settings, connections, the command line).

Where Qt is already loaded the words go through its translator; elsewhere they stay as written. Widgets use
``self.tr`` instead.
"""

from __future__ import annotations

import sys


def tr(text: str, **values: object) -> str:
    """``text`` in the person's language, with ``{name}`` filled in from ``values``."""
    core = sys.modules.get("PySide6.QtCore")
    translated: str = core.QCoreApplication.translate("app", text) if core is not None else text
    return translated.format(**values) if values else translated


def megabytes(size: float) -> str:
    """A file size as people say it: ``93 MB``, ``1.1 GB``."""
    if size >= 1_000_000_000:
        return f"{size / 1_000_000_000:.1f} GB"
    if size >= 1_000_000:
        return f"{size / 1_000_000:.0f} MB"
    return f"{max(1, round(size / 1000))} kB"
