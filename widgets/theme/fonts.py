"""Fonts: the bundled Inter and JetBrains Mono, and the roles that text can have."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication

from widgets.theme.resources import resource_path
from widgets.theme.tokens import TypeSizes

INTERFACE: Final = "Inter"
MONO: Final = "JetBrains Mono"

_loaded = False
_system = False


def load_fonts() -> None:
    """Register the bundled fonts once; a missing file leaves the system's font in place."""
    global _loaded
    if _loaded:
        return
    _loaded = True
    for path in sorted(resource_path("fonts").glob("*.[ot]tf")):
        QFontDatabase.addApplicationFont(str(path))
    QFont.insertSubstitution(INTERFACE, QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family())
    QFont.insertSubstitution(MONO, QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family())


def use_system_font(on: bool) -> None:
    """Take the system's interface font instead of Inter."""
    global _system
    _system = on


def family(mono: bool = False) -> str:
    """The family in use."""
    if mono:
        return MONO
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family() if _system else INTERFACE


_WEIGHTS: Final = {
    "badge": QFont.Weight.Normal,
    "caption": QFont.Weight.Normal,
    "body": QFont.Weight.Normal,
    "emphasis": QFont.Weight.DemiBold,
    "title": QFont.Weight.Bold,
}


def font(role: str = "body", *, bold: bool = False) -> QFont:
    """The font of a role.

    Args:
        role: ``badge``, ``caption``, ``body``, ``strong`` (body, semibold), ``medium`` (body, medium), ``emphasis``,
            ``title``, ``mono`` or ``mono-small``.
        bold: Semibold instead of the role's own weight.
    """
    if isinstance(QGuiApplication.instance(), QGuiApplication):
        load_fonts()
    sizes = TypeSizes()
    mono = role.startswith("mono")
    size = {"mono": sizes.caption, "mono-small": sizes.badge, "strong": sizes.body, "medium": sizes.body}.get(role)
    result = QFont(family(mono))
    result.setPixelSize(size if size is not None else getattr(sizes, role, sizes.body))
    weight = _WEIGHTS.get(role, QFont.Weight.Normal)
    if role == "strong" or bold:
        weight = QFont.Weight.Bold if mono else QFont.Weight.DemiBold
    elif role == "medium":
        weight = QFont.Weight.Medium
    result.setWeight(weight)
    if mono:
        result.setStyleHint(QFont.StyleHint.Monospace)
    if isinstance(QGuiApplication.instance(), QGuiApplication):
        result.setHintingPreference(QFont.HintingPreference.PreferVerticalHinting)
    return result
