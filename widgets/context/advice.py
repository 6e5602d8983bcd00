"""The line below the context: what can come from the provider's cache, what is read again, and what would help."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.blueprint.cache_advice import Parting
from widgets import theme
from widgets.context.paint import count_words


class AdviceStrip(QFrame):
    """What the cache makes of the next call.

    Attributes:
        buttons: Its buttons, from the left.

    Signals:
        move_wanted: The edit that puts a part below the conversation.
        node_clicked: The part that is named is to be selected.
    """

    move_wanted = Signal(object)
    node_clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "footer")
        self._edit: object = None
        self._node = ""
        self._shown: tuple[object, ...] = ()
        self._icon = QLabel(self)
        self._icon.setFixedSize(QSize(16, 16))
        self._words = QLabel(self)
        self._words.setProperty("role", "caption")
        self._words.setTextFormat(Qt.TextFormat.RichText)
        self._words.setWordWrap(True)
        self._words.setAccessibleName(self.tr("What can come from the cache"))
        self._move = QPushButton(self.tr("Move it below the conversation"), self)
        self._move.setProperty("role", "link")
        self._move.setProperty("small", True)
        self._show = QPushButton(self.tr("Show it"), self)
        self._show.setProperty("role", "link")
        self._show.setProperty("small", True)
        self.buttons = (self._move, self._show)
        beside = self._beside = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(4)
        for button in self.buttons:
            beside.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        beside.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self._words)
        words.addLayout(beside)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(8)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self._move.clicked.connect(self._moved)
        self._show.clicked.connect(self._showed)
        theme.manager().changed.connect(self._paint_icon)
        self._paint_icon()
        self.hide()

    def _paint_icon(self) -> None:
        self._icon.setPixmap(theme.pixmap("zap", "dim", 14, self.devicePixelRatioF()))

    def show_advice(self, next_call: Parting | None, often: Parting | None, titles: Mapping[str, str]) -> None:
        """Say what is known.

        Args:
            next_call: How the next request follows the last one; None before the first call.
            often: A part that made calls part lately and could be moved.
            titles: What each node is called.
        """
        shown = (next_call, often, titles.get((next_call.node_id if next_call else None) or ""))
        if shown == self._shown:
            return
        self._shown = shown
        if next_call is None:
            self.hide()
            return
        helpful = next_call if next_call.move is not None else often if not next_call.is_blamed else None
        self._edit = helpful.move if helpful is not None else None
        named = helpful or (next_call if next_call.is_blamed else None)
        self._node = (named.node_id if named is not None else None) or ""
        self._words.setText(self._sentences(next_call, helpful, titles))
        self._move.setVisible(self._edit is not None)
        self._show.setVisible(bool(self._node))
        self.show()

    def _sentences(self, call: Parting, helpful: Parting | None, titles: Mapping[str, str]) -> str:
        found = [self._same(call)]
        if call.is_blamed:
            found.append(self._why(call, titles))
        if helpful is not None:
            title = f"<b>{escape(titles.get(helpful.node_id or '', ''))}</b>"
            if call.is_blamed:
                found.append(self.tr("It stands above the conversation."))
            else:
                found.append(self.tr("%1 changes often and stands above the conversation.").replace("%1", title))
        return " ".join(found)

    def _same(self, call: Parting) -> str:
        if call.how == "same" or call.same == call.total:
            return self.tr("All of it is the same as in the last call and can come from the cache.")
        if not call.same:
            return self.tr("Nothing of it can come from the cache.")
        same = self.tr("The first %1 are the same as in the last call and can come from the cache.")
        return same.replace("%1", count_words(call.same))

    def _why(self, call: Parting, titles: Mapping[str, str]) -> str:
        title = f"<b>{escape(titles.get(call.node_id or '', '') or self.tr('Something'))}</b>"
        if call.edited:
            said = self.tr("You changed %1")
        elif call.how == "appeared":
            said = self.tr("%1 was not there before")
        elif call.how == "went":
            said = self.tr("%1 is not there any more")
        else:
            said = self.tr("%1 is different now")
        said = said.replace("%1", title)
        if call.names and not call.edited:
            names = ", ".join(f"<b>{escape(name)}</b>" for name in call.names)
            said += self.tr(", as %1 changed").replace("%1", names)
        if call.again:
            said += self.tr(": %1 after it are read again").replace("%1", count_words(call.again))
        return f"{said}."

    @Slot()
    def _moved(self) -> None:
        if self._edit is not None:
            self.move_wanted.emit(self._edit)

    @Slot()
    def _showed(self) -> None:
        self.node_clicked.emit(self._node)

    def words(self) -> str:
        """What is said, as it stands there; "" where nothing is."""
        return self._words.text() if not self.isHidden() else ""

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._paint_icon()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = sum(button.sizeHint().width() for button in self.buttons) + 64 <= self.width()
        direction = QBoxLayout.Direction
        self._beside.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        self.updateGeometry()
