"""What tests of the tree editor share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.widgets.editor_help import notepad
from widgets import theme
from widgets.tree import DocumentModel, TreeEditor


@pytest.fixture
def editor(qtbot: QtBot, qapp: QApplication) -> Iterator[TreeEditor]:
    """The reference agent as cards, with the keyboard in them; nothing moves by itself."""
    theme.manager().apply(qapp)
    theme.manager().set_reduced_motion(True)
    widget = TreeEditor()
    qtbot.addWidget(widget)
    widget.resize(430, 900)
    widget.set_document(DocumentModel(notepad(), widget))
    widget.show()
    widget.canvas.setFocus()
    yield widget
    theme.manager().set_reduced_motion(None)
