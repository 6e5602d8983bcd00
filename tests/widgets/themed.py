"""The theme for widget tests, and what is asked of every widget that a person can act on."""

from __future__ import annotations

from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QComboBox, QLineEdit, QTextEdit, QWidget

from widgets import theme

ACTIONABLE = (QAbstractButton, QLineEdit, QComboBox, QAbstractItemView, QTextEdit)


def wear(app: QApplication, mode: str = "light") -> None:
    """Gives the program its theme."""
    theme.manager().set_mode("dark" if mode == "dark" else "light")
    theme.manager().apply(app)


def nameless(root: QWidget) -> list[str]:
    """Visible widgets that can be acted on and have no accessible name, described for the failure message."""
    found = []
    for widget in [root, *root.findChildren(QWidget)]:
        inner = widget.objectName().startswith("qt_") or isinstance(widget.parent(), QComboBox)
        if inner or not isinstance(widget, ACTIONABLE) or not widget.isVisible():
            continue
        interface = QAccessible.queryAccessibleInterface(widget)
        if interface is None or not interface.text(QAccessible.Text.Name).strip():
            found.append(f"{type(widget).__name__} {widget.objectName()!r} at {widget.geometry().getRect()}")
    return found


def unreachable(root: QWidget) -> list[str]:
    """Visible, enabled buttons and fields that keys never reach."""
    kinds = (QAbstractButton, QLineEdit, QComboBox)
    return [
        f"{type(widget).__name__} {widget.accessibleName() or widget.objectName()!r}"
        for widget in root.findChildren(QWidget)
        if isinstance(widget, kinds)
        and widget.isVisible()
        and widget.isEnabled()
        and not widget.objectName().startswith("qt_")
        and not isinstance(widget.parent(), (QComboBox, QLineEdit))
        and widget.focusPolicy().value & 1 == 0
        and not _one_of_several(widget)
    ]


def _one_of_several(widget: QWidget) -> bool:
    """Whether arrow keys lead here from the chosen one of its group, as with radio buttons."""
    if not isinstance(widget, QAbstractButton):
        return False
    group = widget.group()
    if group is None:
        return False
    chosen = group.checkedButton()
    return group.exclusive() and chosen is not None and bool(chosen.focusPolicy().value & 1)
