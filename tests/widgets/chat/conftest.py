"""A chat on screen (offscreen), in the light theme."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.widgets.themed import wear
from widgets.chat import ChatView


@pytest.fixture
def chat(qapp: QApplication, qtbot: QtBot) -> ChatView:
    """A shown, empty chat."""
    wear(qapp)
    view = ChatView()
    view.resize(480, 700)
    qtbot.addWidget(view)
    view.show()
    qtbot.waitUntil(view.isVisible)
    return view


@pytest.fixture
def settle(qapp: QApplication) -> Callable[[], None]:
    """Lets everything happen that is due now."""

    def run() -> None:
        for _ in range(4):
            qapp.processEvents()

    return run
