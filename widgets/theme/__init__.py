"""Look and feel: tokens, fonts, icons, one style sheet, and the manager that switches between light and dark.

Use it as ``from widgets import theme``::

    theme.manager().apply(app)                 # once, after QApplication is made
    button.setProperty("role", "primary")
    button.setIcon(theme.icon("plus", "on_accent"))
    painter.setPen(QColor(theme.current().text))
    theme.manager().changed.connect(self.update)

Everything that paints by itself reads ``theme.current()`` when it paints, and repaints on ``manager().changed``.
Icons follow theme changes by themselves. Change a role at run time with :func:`set_role`.

The ``role`` property, by control:

================  =====================================================================================
QPushButton       none (outlined), ``primary``, ``quiet``, ``danger``, ``link``, ``inline`` (quiet, flush left),
                  ``chip``, ``tab`` and ``nav`` (checkable; ``nav`` has its text at the left, for the side bar)
QToolButton       none (quiet), ``primary``, ``tab``, ``nav``
QCheckBox         none, ``switch``
QLineEdit         none, ``title`` (borderless until hovered), ``bare`` (no frame at all), ``mono``
QTextEdit etc.    none, ``bare``, ``mono``
QLabel            ``display``, ``title``, ``heading``, ``strong``, ``label``, ``dim``, ``caption``, ``faint``,
                  ``overline`` (small heading of a group), ``error``, ``warning``, ``good``, ``mono``,
                  ``badge`` (with ``tone``: a node group, ``accent``, ``warn`` or ``bad``)
QFrame            ``card`` (with ``interactive``, ``selected``, ``edge``: a node group), ``panel``, ``window``,
                  ``sunk``, ``sidebar``, ``header``, ``footer``, ``popup``, ``line``, ``bubble``,
                  ``banner`` (with ``tone``: ``warn`` or ``bad``)
item views        ``outlined`` (a focus ring round the whole view), ``painted`` (trees whose delegate paints all)
================  =====================================================================================

Inputs also know ``invalid`` (true or false). A plain QWidget needs ``WA_StyledBackground`` for a background;
``QFrame`` does not.
"""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from widgets.theme.fonts import font
from widgets.theme.icons import has_icon, icon, paint_icon, pixmap
from widgets.theme.manager import ThemeManager, current, manager
from widgets.theme.resources import resource_path
from widgets.theme.tokens import DARK, LIGHT, Hue, Tokens, contrast, mix, tokens

__all__ = [
    "DARK",
    "LIGHT",
    "Hue",
    "ThemeManager",
    "Tokens",
    "contrast",
    "current",
    "font",
    "has_icon",
    "icon",
    "manager",
    "mix",
    "paint_icon",
    "pixmap",
    "resource_path",
    "set_role",
    "tokens",
]


def set_role(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet looks at, and have the widget styled anew if it changed."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()
