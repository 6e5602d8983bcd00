"""Python's cycle collection, in the window's thread only.

The collector runs in whatever thread happens to allocate. If that is the store's writer, widgets in a dead cycle are
destroyed there, and Qt objects must not be. So automatic collection is off while the window runs, and a timer collects.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, QTimer

PERIOD_MS = 500


class Collector(QObject):
    """Collects in the thread it lives in."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._limits = gc.get_threshold()
        self._started = False
        self._timer = QTimer(self)
        self._timer.setInterval(PERIOD_MS)
        self._timer.timeout.connect(self.check)

    def start(self) -> None:
        """From now on nobody else collects."""
        gc.disable()
        self._timer.start()

    def stop(self) -> None:
        """Collect once more, then leave it to Python again."""
        self._timer.stop()
        gc.unfreeze()
        gc.collect()
        gc.enable()

    def check(self) -> None:
        """Collect the youngest objects when there are many; the older ones now and then, as Python would.

        The first time nothing is collected: what is there then, the start has made, mostly modules. It is not looked
        through any more, which would hold up the start by some hundredths of a second, and again every now and then.
        """
        if not self._started:
            self._started = True
            gc.freeze()
            return
        young, middle, old = gc.get_count()
        if young < self._limits[0]:
            return
        if middle < self._limits[1]:
            gc.collect(0)
        elif old < self._limits[2]:
            gc.collect(1)
        else:
            gc.collect(2)


@contextmanager
def collecting_here() -> Iterator[Collector]:
    """A collector that runs for the length of a block."""
    collector = Collector()
    collector.start()
    try:
        yield collector
    finally:
        collector.stop()
