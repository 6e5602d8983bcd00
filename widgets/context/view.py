"""What the model sees: a bar of what fills the context, the request by node, and the raw request one click away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from engine.model import ModelRequest
from widgets import theme
from widgets.context.blocks import build_parts, raw_json
from widgets.context.canvas import ContextCanvas


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


class ContextView(QWidget):
    """The next request, by the nodes that wrote it.

    Signals:
        node_clicked: A block was clicked: its node is to be selected.
        raw_toggled: The raw request is shown now, or the blocks again.
    """

    node_clicked = Signal(str)
    raw_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._request: ModelRequest | None = None
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._bar = TokenBar(self)
        self._raw_button = QToolButton(self)
        self._raw_button.setIcon(theme.icon("braces", "dim"))
        self._raw_button.setIconSize(QSize(15, 15))
        self._raw_button.setCheckable(True)
        self._raw_button.setToolTip(self.tr("Show the raw request"))
        self._raw_button.setAccessibleName(self.tr("Show the raw request"))
        self._raw_button.toggled.connect(self.show_raw)
        top = QHBoxLayout()
        top.setContentsMargins(16, 6, 10, 2)
        top.setSpacing(8)
        top.addWidget(self._bar, 1, Qt.AlignmentFlag.AlignVCenter)
        top.addWidget(self._raw_button)
        self.canvas = ContextCanvas(self)
        self.canvas.node_clicked.connect(self.node_clicked)
        self._raw = QPlainTextEdit(self)
        self._raw.setReadOnly(True)
        self._raw.setTabChangesFocus(True)
        self._raw.setUndoRedoEnabled(False)
        self._raw.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._raw.setProperty("role", "mono")
        self._raw.setProperty("frame", "none")
        self._raw.setAccessibleName(self.tr("Raw request"))
        self._empty = QLabel(self.tr("Nothing is sent yet. Add instructions, or write to the agent."), self)
        self._empty.setProperty("role", "dim")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setMargin(32)
        self._stack = QStackedWidget(self)
        for widget in (self._empty, self.canvas, self._raw):
            self._stack.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self._stack, 1)
        self.setMinimumWidth(240)

    @property
    def request(self) -> ModelRequest | None:
        """The request that is shown."""
        return self._request

    def set_request(
        self,
        request: ModelRequest | None,
        titles: Mapping[str, str],
        groups: Mapping[str, str],
        *,
        window: int | None = None,
        because: Mapping[str, str] | None = None,
        absent: Mapping[str, str] | None = None,
    ) -> None:
        """Show another request.

        Args:
            request: The exact request; None where there is none.
            titles: What each node is called, by its id.
            groups: Each node's group, for its hue.
            window: How many tokens the model can read.
            because: Why a node that is not always there is there now.
            absent: Nodes that are not sent, with the reason.
        """
        self._request = request
        parts = build_parts(request, titles, groups, because or {}, absent or {}) if request is not None else []
        self.canvas.set_parts(parts)
        counts: dict[str, int] = {}
        for part in parts:
            for block in part.blocks:
                counts[block.group] = counts.get(block.group, 0) + block.tokens
        self._bar.set_counts(counts, window)
        self._show_page(bool(parts))

    def _show_page(self, some: bool) -> None:
        if self._raw_button.isChecked() and self._request is not None:
            text = raw_json(self._request)
            if text != self._raw.toPlainText():
                place = self._raw.verticalScrollBar().value()
                self._raw.setPlainText(text)
                self._raw.verticalScrollBar().setValue(place)
            self._stack.setCurrentWidget(self._raw)
        else:
            self._stack.setCurrentWidget(self.canvas if some else self._empty)

    @Slot(bool)
    def show_raw(self, on: bool) -> None:
        """Show the raw request, or the blocks again."""
        self._raw_button.setChecked(on)
        self._show_page(bool(self.canvas.parts))
        self.raw_toggled.emit(on)

    def highlight(self, node_ids: Iterable[str]) -> None:
        """Light up what these nodes wrote, and scroll there."""
        self.canvas.highlight(node_ids)

    def total_tokens(self) -> int:
        """Tokens of the request that is shown."""
        return sum(part.tokens for part in self.canvas.parts)
