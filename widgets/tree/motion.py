"""Cards that move: from where they stood to where they stand now, briefly, and not at all with reduced motion.

Not here: when a move is worth showing (``canvas``).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping

from PySide6.QtCore import QEasingCurve, QObject, QRectF, QTimer, QVariantAnimation, Signal, Slot

from widgets import theme


class Motion(QObject):
    """One running transition of many cards.

    Signals:
        stepped: Time to paint again.
    """

    stepped = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._from: dict[str, QRectF] = {}
        self._born: set[str] = set()
        self._share = 1.0
        self._animation = QVariantAnimation(self)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._animation.valueChanged.connect(self._step)
        self._animation.finished.connect(self._finish)

    @property
    def running(self) -> bool:
        """Whether cards are on their way."""
        return bool(self._from or self._born)

    def start(self, before: Mapping[str, QRectF], after: Mapping[str, QRectF]) -> None:
        """Move cards from their frames before to those after."""
        duration = theme.manager().motion.normal
        moved = {key: rect for key, rect in before.items() if key in after and after[key] != rect}
        born = set(after) - set(before) if before else set()
        if duration <= 0 or not (moved or born):
            self._finish()
            return
        self._from, self._born, self._share = moved, born, 0.0
        self._animation.stop()
        self._animation.setDuration(duration)
        self._animation.start()

    def stop(self) -> None:
        """Show the end at once."""
        self._animation.stop()
        self._finish()

    def rect(self, node_id: str, final: QRectF) -> QRectF:
        """Where a card is at this moment."""
        start = self._from.get(node_id)
        if start is None:
            return final
        share = self._share

        def between(a: float, b: float) -> float:
            return a + (b - a) * share

        return QRectF(
            between(start.x(), final.x()),
            between(start.y(), final.y()),
            between(start.width(), final.width()),
            between(start.height(), final.height()),
        )

    def opacity(self, node_id: str) -> float:
        """How far a new card has appeared."""
        return self._share if node_id in self._born else 1.0

    def _step(self, value: object) -> None:
        self._share = float(value) if isinstance(value, (int, float)) else 1.0
        self.stepped.emit()

    def _finish(self) -> None:
        self._from, self._born, self._share = {}, set(), 1.0
        self.stepped.emit()


class Pulse(QObject):
    """A slow, gentle wave for nodes that work right now; stands still with reduced motion.

    Signals:
        stepped: Time to paint again.
    """

    stepped = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.value = 0.0
        self._animation = QVariantAnimation(self)
        self._animation.setStartValue(0.25)
        self._animation.setKeyValueAt(0.5, 1.0)
        self._animation.setEndValue(0.25)
        self._animation.setDuration(1600)
        self._animation.setLoopCount(-1)
        self._animation.valueChanged.connect(self._step)

    def set_active(self, on: bool) -> None:
        """Let the wave run or stop."""
        if not on:
            self._animation.stop()
            self.value = 0.0
        elif theme.manager().reduced_motion:
            self.value = 1.0
        elif self._animation.state() != QVariantAnimation.State.Running:
            self._animation.start()

    def _step(self, value: object) -> None:
        self.value = float(value) if isinstance(value, (int, float)) else 0.0
        self.stepped.emit()


class Flash(QObject):
    """One soft swell and fall of light on cards whose live side just changed; nothing with reduced motion.

    Signals:
        stepped: Time to paint again.
    """

    stepped = Signal()
    SECONDS = 0.9

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._since: dict[str, float] = {}
        self._timer = QTimer(self)
        self._timer.setInterval(33)
        self._timer.timeout.connect(self._step)

    def start(self, ids: Iterable[str]) -> None:
        """Let these cards light up."""
        if theme.manager().reduced_motion:
            return
        now = time.monotonic()
        self._since.update(dict.fromkeys(ids, now))
        if self._since:
            self._timer.start()

    def stop(self) -> None:
        """No light any more."""
        self._since.clear()
        self._timer.stop()

    def value(self, node_id: str) -> float:
        """How bright a card is, from 0 to 1."""
        since = self._since.get(node_id)
        share = (time.monotonic() - since) / self.SECONDS if since is not None else 1.0
        return math.sin(math.pi * min(1.0, share)) if share < 1.0 else 0.0

    @Slot()
    def _step(self) -> None:
        now = time.monotonic()
        self._since = {key: since for key, since in self._since.items() if now - since < self.SECONDS}
        if not self._since:
            self._timer.stop()
        self.stepped.emit()
