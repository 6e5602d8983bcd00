"""The command palette: everything the program can do, found by typing. Not here: its rows (``rows``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from widgets.common.labels import text_label
from widgets.palette.rows import ROW, WIDTH, PaletteDelegate, PaletteItem, PaletteModel

_SHOWN: Final = 9
Source = Callable[[str], Sequence[PaletteItem]]
"""Given what is typed: the items to show."""


class CommandPalette(QFrame):
    """A popup over the window; non-modal, closed by Escape, by choosing, or by clicking elsewhere.

    Signals:
        chosen: Id of the command.
        closed: It went away, chosen or not.
    """

    chosen = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "popup")
        self.setAccessibleName(self.tr("Command palette"))
        self._window = parent
        self._before: QWidget | None = None
        self._source: Source | None = None
        self._tail: Source | None = None
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        self.field = QLineEdit()
        self.field.setPlaceholderText(self.tr("What do you want to do?"))
        self.field.setAccessibleName(self.tr("Command"))
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        column.addWidget(self.field)
        self._model = PaletteModel()
        self.list = QListView()
        self.list.setAccessibleName(self.tr("Commands"))
        self.list.setModel(self._model)
        self.list.setItemDelegate(PaletteDelegate(self.list))
        self.list.setUniformItemSizes(True)
        self.list.setMouseTracking(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(self._clicked)
        column.addWidget(self.list)
        self.nothing: QLabel = text_label(self.tr("No command fits. Try other words."), "dim")
        self.nothing.setContentsMargins(12, 8, 12, 12)
        column.addWidget(self.nothing)
        self.hide()

    def set_commands(self, items: Sequence[PaletteItem]) -> None:
        """Sets what can be chosen, in the order to show while nothing is typed."""
        self._model.items = list(items)
        self._filter(self.field.text())

    def set_source(self, source: Source) -> None:
        """Asks for the items anew with whatever is typed, and shows them in their order."""
        self._source = source

    def set_tail(self, tail: Source) -> None:
        """Asks for items that stand below those that fit what is typed."""
        self._tail = tail

    def set_words(self, asks: str, nothing: str) -> None:
        """What the empty field asks, and what is said where nothing fits."""
        self.field.setPlaceholderText(asks)
        self.field.setAccessibleName(asks)
        self.nothing.setText(nothing)

    def titles(self) -> list[str]:
        """The titles shown now, best first."""
        return [item.title for item, _places in self._model.shown]

    def open(self) -> None:
        """Shows the palette over its window, with an empty field."""
        window = self._window
        self._before = window.window().focusWidget()
        self.field.clear()
        self._filter("")
        self.show()
        self.raise_()
        self._fit()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)
        window.installEventFilter(self)

    def dismiss(self) -> None:
        """Goes away; focus returns to where it was."""
        if self.isHidden():
            return
        self._window.removeEventFilter(self)
        self.hide()
        before, self._before = self._before, None
        if before is not None:
            before.setFocus(Qt.FocusReason.PopupFocusReason)
        self.closed.emit()

    def _fit(self) -> None:
        window = self._window
        width = min(WIDTH, window.width() - 32)
        rows = min(_SHOWN, self._model.rowCount())
        self.list.setVisible(rows > 0)
        self.nothing.setVisible(rows == 0)
        self.list.setFixedHeight(rows * ROW + 2)
        self.resize(width, self._column.totalSizeHint().height())
        self.move(QPoint((window.width() - width) // 2, max(16, window.height() // 8)))

    def _filter(self, typed: str) -> None:
        if self._source is not None:
            self._model.take(self._source(typed))
        else:
            self._model.filter(typed, self._tail(typed) if self._tail is not None else ())
        first = next((number for number, each in enumerate(self._model.shown) if each[0].enabled), -1)
        if first >= 0:
            self.list.setCurrentIndex(self._model.index(first, 0))
        if self.isVisible():
            self._fit()

    def _move(self, step: int) -> None:
        count = self._model.rowCount()
        row = self.list.currentIndex().row()
        for _ in range(count):
            row = (row + step) % count
            if self._model.shown[row][0].enabled:
                self.list.setCurrentIndex(self._model.index(row, 0))
                return

    def _choose(self) -> None:
        row = self.list.currentIndex().row()
        if 0 <= row < len(self._model.shown) and self._model.shown[row][0].enabled:
            command = self._model.shown[row][0].id
            self.dismiss()
            self.chosen.emit(command)

    def _clicked(self, index: QModelIndex) -> None:
        self.list.setCurrentIndex(index)
        self._choose()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys of the field; clicks and sizes of the window."""
        if watched is self.field:
            if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
                return self._key(event)
            if event.type() == QEvent.Type.FocusOut and self.isVisible() and not self.isAncestorOf(_focused(self)):
                self._before = None
                self.dismiss()
            return False
        if event.type() == QEvent.Type.Resize:
            self._fit()
        elif event.type() == QEvent.Type.MouseButtonPress:
            self.dismiss()
        return False

    def _key(self, event: QKeyEvent) -> bool:
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Tab: 1, Qt.Key.Key_Backtab: -1}
        key = event.key()
        if key in steps and self._model.rowCount():
            self._move(steps[Qt.Key(key)])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose()
        elif key == Qt.Key.Key_Escape:
            self.dismiss()
        else:
            return False
        return True


def _focused(widget: QWidget) -> QWidget:
    """The widget that has the focus now, or the widget itself where none has it."""
    return widget.window().focusWidget() or widget.window()
