"""Work on the window's own thread, a few milliseconds at a time, so that keys and painting have their turn in between.

Not a thread: Python runs one at a time, and a thread that computes makes every paint wait for its turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Slot

from engine.stepwise import Stepwise

SLICE_MS = 3.0
"""A frame has 16 ms; the largest part of the work takes most of one at 1,000 nodes, and nothing may add much to it."""


class Slices(QObject):
    """One piece of work at a time.

    Args:
        owner: The work ends with it.
        ms: After so long the window has its turn; a part of the work that takes longer is not cut short.
        clock: Seconds that go by.

    Attributes:
        spent: Seconds that the present or the last work has taken, without what went on in between.
    """

    def __init__(self, owner: QObject, ms: float = SLICE_MS, clock: Callable[[], float] = time.perf_counter) -> None:
        super().__init__(owner)
        self._seconds = ms / 1000
        self._clock = clock
        self._work: Stepwise[None] | None = None
        self._inside = False
        self.spent = 0.0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._slice)

    @property
    def busy(self) -> bool:
        """Whether there is work left."""
        return self._work is not None

    def start(self, work: Stepwise[None]) -> None:
        """Begin work when the window has had its turn; what was under way is given up."""
        self.cancel()
        self._work = work
        self.spent = 0.0
        self._timer.start(0)

    def finish(self) -> None:
        """Do all that is left now."""
        while self._work is not None and not self._inside:
            self._go_on(float("inf"))

    def cancel(self) -> None:
        """Give the work up. What it does at this very moment comes to its end."""
        self._timer.stop()
        work, self._work = self._work, None
        if work is not None and not self._inside:
            work.close()

    @Slot()
    def _slice(self) -> None:
        self._go_on(self._seconds)

    def _go_on(self, seconds: float) -> None:
        work = self._work
        if work is None or self._inside:
            return
        started, before = self._clock(), self.spent
        self._inside = True
        try:
            for _ in work:
                if self._work is not work:  # it was given up by what it did
                    work.close()
                    return
                self.spent = before + self._clock() - started
                if self.spent - before >= seconds:
                    return
        except BaseException:
            self._over(work)
            raise
        finally:
            self._inside = False
        self._over(work)

    def _over(self, work: Stepwise[None]) -> None:
        if self._work is work:
            self._work = None
            self._timer.stop()
