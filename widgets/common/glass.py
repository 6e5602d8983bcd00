"""The magnifying glass in a field to search in; named, because a screen reader meets it as a button."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit

from widgets import theme


def with_glass(field: QLineEdit) -> QLineEdit:
    """Put the glass in front of what is typed; pressing it gives the field the focus."""
    action = field.addAction(theme.icon("search", "dim"), QLineEdit.ActionPosition.LeadingPosition)
    action.setText(field.tr("Search"))
    action.triggered.connect(lambda: field.setFocus(Qt.FocusReason.OtherFocusReason))
    return field
