"""Undo and redo where a text field has the focus: its own typing first, then the agent."""

from __future__ import annotations

from typing import Literal

from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QTextEdit


def field_takes(what: Literal["undo", "redo"]) -> bool:
    """Let a focused text field do it instead, where it has something of its own to undo or redo."""
    field = QApplication.focusWidget()
    if not isinstance(field, (QLineEdit, QTextEdit, QPlainTextEdit)) or field.isReadOnly():
        return False
    owner = field if isinstance(field, QLineEdit) else field.document()
    if not (owner.isUndoAvailable() if what == "undo" else owner.isRedoAvailable()):
        return False
    getattr(field, what)()
    return True
