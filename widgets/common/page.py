"""Pieces of pages: header, status line, the button that names the model, remembering the widths of columns."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from widgets import theme
from widgets.common.card import RING
from widgets.common.labels import ElidedLabel, text_label

HEADER_HEIGHT = 47


class PageHeader(QFrame):
    """Title at the left, buttons at the right, a hairline below."""

    def __init__(self, title: str = "", note: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "header")
        self.setMinimumHeight(HEADER_HEIGHT)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 6, 16, 6)
        self._row.setSpacing(8)
        self.title = ElidedLabel(title)
        self.title.setProperty("role", "heading")
        self.note = ElidedLabel(note)
        self.note.setProperty("role", "caption")
        self._row.addWidget(self.title)
        self._row.addWidget(self.note)
        self._row.addStretch(1)
        for label in (self.title, self.note):
            policy = label.sizePolicy()
            policy.setHorizontalPolicy(policy.Policy.Maximum)
            label.setSizePolicy(policy)

    def set_title(self, title: str, note: str = "") -> None:
        """Sets title and note."""
        self.title.setText(title)
        self.note.setText(note)
        self.title.updateGeometry()
        self.note.updateGeometry()

    def add_first(self, widget: QWidget) -> None:
        """Adds something in front of the title."""
        self._row.insertWidget(0, widget)

    def add_left(self, widget: QWidget) -> None:
        """Adds something right after the title."""
        self._row.insertWidget(1, widget)

    def add_widget(self, widget: QWidget) -> None:
        """Adds something at the right."""
        self._row.addWidget(widget)


class PageTitle(QWidget):
    """Large title and a sentence, for pages without a header line."""

    def __init__(self, title: str, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(RING, 0, 0, 0)
        column.setSpacing(4)
        self.title = text_label(title, "title")
        self.text = text_label(text, "dim")
        column.addWidget(self.title)
        column.addWidget(self.text)
        self.text.setVisible(bool(text))


class StatusPart(QWidget):
    """A word or two in the status line, with a dot whose colour says the same as the words.

    Signals:
        clicked: It was clicked, where it can be.
    """

    clicked = Signal()

    def __init__(self, text: str = "", tone: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self._dot = _Dot(tone)
        self.text = text_label(text, "caption", wrap=False)
        row.addWidget(self._dot)
        row.addWidget(self.text)
        self.set_content(text, tone)

    def set_content(self, text: str, tone: str = "") -> None:
        """``tone``: ``good``, ``warn``, ``bad`` or "" for no dot."""
        self.text.setText(text)
        self._dot.tone = tone
        self._dot.setVisible(bool(tone))
        self._dot.update()


class _Dot(QWidget):
    def __init__(self, tone: str) -> None:
        super().__init__()
        self.tone = tone
        self.setFixedSize(8, 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.current().colour(self.tone)))
        painter.drawEllipse(QRectF(0.5, 0.5, 7, 7))


class StatusLine(QFrame):
    """The line at the bottom of the window: parts at the left, one at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "footer")
        self.setFixedHeight(28)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 0, 16, 0)
        self._row.setSpacing(16)
        self._row.addStretch(1)

    def add_left(self, part: QWidget) -> None:
        """Adds a part at the left."""
        self._row.insertWidget(self._row.count() - 1 - self._rights, part)

    _rights = 0

    def add_right(self, part: QWidget) -> None:
        """Adds a part at the right."""
        self._row.addWidget(part)
        self._rights += 1


class ModelButton(QPushButton):
    """Says which model answers ("On this device · Qwen 1.5B"); a click is to change it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setIconSize(QSize(16, 16))
        self.set_model("", "")

    def set_model(self, place: str, model: str, icon: str = "cpu") -> None:
        """Where the model runs and which it is; both "" where none is chosen."""
        text = " · ".join(part for part in (place, model) if part)
        self.setText(text or self.tr("Choose a model"))
        self.setIcon(theme.icon(icon if text else "cpu", "text"))
        self.setAccessibleName(self.tr("Model: {name}").format(name=text) if text else self.tr("Choose a model"))
        self.setToolTip(self.tr("The model that answers. Click to choose another."))


def column_widths(splitter: QSplitter) -> list[int]:
    """What to remember of a splitter."""
    return list(splitter.sizes())


def restore_columns(splitter: QSplitter, widths: Sequence[object]) -> bool:
    """Gives a splitter remembered widths; False (and nothing done) where they do not fit it or are nonsense."""
    sizes = [
        width for width in widths if isinstance(width, int) and not isinstance(width, bool) and 0 <= width < 20_000
    ]
    if len(sizes) != splitter.count() or len(sizes) != len(widths) or not any(sizes):
        return False
    splitter.setSizes(sizes)
    return True
