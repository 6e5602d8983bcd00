"""The bar over the context: which groups of nodes fill it, and how full the model's window is."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QRectF
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from widgets import theme


def group_words(group: str) -> str:
    """A node group as people read it."""
    from engine.blueprint.kinds import GROUP_TITLES

    return GROUP_TITLES.get(group, group)


class TokenBar(QWidget):
    """What fills the context, by group: the upper band shows the shares, the lower one how full the window is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts: list[tuple[str, int]] = []
        self._window: int | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(12)
        theme.manager().changed.connect(self.update)

    def set_counts(self, counts: Mapping[str, int], window: int | None) -> None:
        """Show other numbers."""
        self._counts = [(group, count) for group, count in counts.items() if count]
        self._window = window
        self.setAccessibleName(self.words())
        self.update()

    def words(self) -> str:
        """The bar in words."""
        total = sum(count for _, count in self._counts)
        parts = [f"{group_words(group) or self.tr('Other')} {count:,}" for group, count in self._counts]
        head = self.tr("%1 tokens").replace("%1", f"{total:,}")
        if self._window:
            of = self.tr("%1 of %2 tokens, %3 %")
            share = f"{100 * total / self._window:.1f}".rstrip("0").rstrip(".")
            head = of.replace("%1", f"{total:,}").replace("%2", f"{self._window:,}").replace("%3", share)
        return f"{head}: {', '.join(parts)}" if parts else head

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.words(), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = float(self.width())
        if not self._window:  # one line only: in the middle, where the button beside it is
            painter.translate(0, 3)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(0, 0, width, 6), 3, 3)
        painter.save()
        painter.setClipPath(shape)
        painter.fillRect(QRectF(0, 0, width, 6), QColor(tokens.sunk))
        total = sum(count for _, count in self._counts)
        x = 0.0
        for group, count in self._counts:
            share = max(3.0, width * count / max(1, total))
            painter.fillRect(QRectF(x, 0, share, 6), QColor(tokens.hue(group).ink))
            x += share
        painter.restore()
        if self._window:
            painter.fillRect(QRectF(0, 9, width, 2), QColor(tokens.pressed))
            full = min(1.0, total / self._window)
            ink = tokens.bad if full >= 1 else tokens.warn if full > 0.8 else tokens.dim
            painter.fillRect(QRectF(0, 9, max(2.0, width * full), 2), QColor(ink))
