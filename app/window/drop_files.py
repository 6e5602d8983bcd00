"""Agent files dropped onto the window. Not here: what happens with them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDragMoveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from widgets import theme

MARGIN = 24


class DropFiles(QObject):
    """Lets a window take agent files, and says so while one is held over it.

    What lies inside the window and takes drops itself, such as a text field, comes first.

    Signals:
        dropped: Paths of the files, in the order in which they came.
    """

    dropped = Signal(list)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.hint = DropHint(window)
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Drags and drops over the window."""
        if event.type() == QEvent.Type.DragLeave:
            self.hint.hide()
        elif isinstance(event, QDropEvent) and agent_files(event.mimeData()):  # entering and moving are drops too
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            entering = isinstance(event, (QDragEnterEvent, QDragMoveEvent))
            if event.type() == QEvent.Type.DragEnter:
                self._show()
            if not entering:
                self.hint.hide()
                self.dropped.emit(agent_files(event.mimeData()))
            return True
        return super().eventFilter(watched, event)

    def _show(self) -> None:
        self.hint.setGeometry(self._window.rect())
        self.hint.raise_()
        self.hint.show()


class DropHint(QWidget):
    """What lies over the window while a file is held over it."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        del event
        tokens = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        veil = QColor(tokens.window)
        veil.setAlpha(225)
        painter.fillRect(self.rect(), veil)
        frame = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        painter.setPen(QPen(QColor(tokens.accent), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(frame, tokens.radius_card, tokens.radius_card)
        painter.setFont(theme.font("title"))
        painter.setPen(QColor(tokens.accent))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.tr("Drop to add the agent"))


def agent_files(data: QMimeData) -> list[Path]:
    """The files in a drag that may hold an agent."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    return [path for path in paths if path.suffix.lower() == ".json"]
