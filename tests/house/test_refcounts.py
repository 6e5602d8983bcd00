"""PySide6 6.12.0 dropped references to None, True and False and aborted on Python 3.11; ours must not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QObject, QTimer, Signal

CALLS = 1000
SLACK = 50  # other code may let go of a few of its own meanwhile; the bug loses one for each call


class Sender(QObject):
    told = Signal(bool)
    asked = Signal(object)


def lost(work: Callable[[], Any]) -> dict[str, int]:
    """How many references to each singleton were lost over many calls."""
    singletons = {"None": None, "True": True, "False": False}
    work()
    before = {name: sys.getrefcount(value) for name, value in singletons.items()}
    for _ in range(CALLS):
        work()
    return {name: before[name] - sys.getrefcount(value) for name, value in singletons.items()}


@pytest.mark.parametrize("what", ["process_events", "timers", "signals"])
def test_no_reference_is_lost(qapp: Any, what: str) -> None:
    sender, timer = Sender(), QTimer()
    heard: list[Any] = []
    sender.told.connect(heard.append)
    sender.asked.connect(heard.append)

    def timers() -> None:
        sender.killTimer(sender.startTimer(1000))
        timer.start(1000)
        timer.stop()

    def signals() -> None:
        sender.told.emit(True)
        sender.told.emit(False)
        sender.asked.emit(None)
        sender.blockSignals(False)
        heard.clear()

    work = {"process_events": qapp.processEvents, "timers": timers, "signals": signals}[what]
    losses = {name: count for name, count in lost(work).items() if count > SLACK}
    assert not losses, f"references lost over {CALLS} calls: {losses}"
