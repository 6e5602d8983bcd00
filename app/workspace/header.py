"""The line above an open agent: its name, when it was saved, undo and redo, commands, the model, a new session."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QMenu, QPushButton, QToolButton, QWidget

from app.window.action_set import ActionSet
from widgets import theme

HEIGHT = 48


class NameEdit(QLineEdit):
    """A title that is edited in place; Escape takes the typing back."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "title")
        self._kept = ""
        self._wanted = 80
        self.textChanged.connect(self._fit)

    def show_name(self, name: str) -> None:
        """Show a name, unless it is being typed right now."""
        self._kept = name
        if not (self.hasFocus() and self.isModified()):
            self.setText(name)
            self.setCursorPosition(0)
            self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._kept)
            self.setModified(False)
            self.clearFocus()
            return
        super().keyPressEvent(event)

    def _fit(self) -> None:
        width = QFontMetrics(theme.font("emphasis")).horizontalAdvance(self.text() or self.placeholderText()) + 14
        self._wanted = max(80, min(width, 420))
        self.setMaximumWidth(self._wanted)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """As wide as the name."""
        return QSize(self._wanted, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """The buttons beside it come first."""
        return QSize(80, super().minimumSizeHint().height())


class WorkspaceHeader(QFrame):
    """Header of the workspace.

    Signals:
        renamed: The person gave the agent another name.
    """

    renamed = Signal(str)

    def __init__(self, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "header")
        self.setFixedHeight(HEIGHT)
        self._actions = actions
        self._narrow = self._tight = False
        self._model_words = self.tr("Choose a model")
        self.name = NameEdit()
        self.name.setAccessibleName(self.tr("Name of the agent"))
        self.name.setPlaceholderText(self.tr("Name the agent"))
        self.name.editingFinished.connect(self._renamed)
        self.more = QToolButton()
        self.more.setIcon(theme.icon("chevron-down", "dim"))
        self.more.setAccessibleName(self.tr("More about this agent"))
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.more)
        menu.addAction(actions["agent.versions"])
        exports = menu.addMenu(theme.icon("download"), self.tr("Export"))
        for action_id in ("agent.export", "agent.export_json", "agent.export_python", "agent.copy_json"):
            exports.addAction(actions[action_id])
        for action_id in ("agent.new", "", "agent.trash"):
            menu.addAction(actions[action_id]) if action_id else menu.addSeparator()
        self.more.setMenu(menu)
        self.saved = QLabel()
        self.saved.setProperty("role", "dim")
        undo, redo = self._tool("edit.undo"), self._tool("edit.redo")
        self._find_words = ""
        self.find_button = QPushButton()
        self.find_button.setProperty("role", "quiet")
        self.find_button.setIcon(theme.icon("search", "dim"))
        self.find_button.setAccessibleName(self.tr("Find a command"))
        self.find_button.clicked.connect(actions["palette"].trigger)
        self.model = QPushButton(self.tr("Choose a model"))
        self.model.setIcon(theme.icon("cpu", "text"))
        self.model.clicked.connect(actions["model.choose"].trigger)
        self.new = QPushButton(" " + self.tr("New session"))
        self.new.setAccessibleName(self.tr("New session"))
        self.new.setProperty("role", "primary")
        self.new.setIcon(theme.icon("plus", "on_accent"))
        self.new.clicked.connect(actions["session.new"].trigger)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 0, 14, 0)
        row.setSpacing(4)
        row.addWidget(self.name)
        row.addWidget(self.more)
        row.addSpacing(4)
        row.addWidget(self.saved)
        row.addStretch(1)
        for widget in (undo, redo, self.find_button):
            row.addWidget(widget)
        row.addSpacing(4)
        row.addWidget(self.model)
        row.addSpacing(4)
        row.addWidget(self.new)
        for button in (self.find_button, self.model, self.new):
            button.setIconSize(QSize(15, 15))
        actions.keys_changed.connect(self._show_keys)
        self._show_keys()

    def _show_keys(self) -> None:
        """Name the shortcuts as they are now."""
        keys = self._actions["palette"].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        self._find_words = f" {keys.replace('+', ' ')}"
        self.find_button.setText("" if self._narrow else self._find_words)
        for button, action_id in (
            (self.find_button, "palette"),
            (self.model, "model.choose"),
            (self.new, "session.new"),
        ):
            button.setToolTip(self._actions[action_id].toolTip())

    def show_model(self, text: str, icon: str, tip: str = "") -> None:
        """What the model button says."""
        self._model_words = text
        self._show_model_words()
        self.model.setIcon(theme.icon(icon, "text"))
        self.model.setAccessibleName(self.tr("Model: {name}").format(name=text))
        if tip:
            self.model.setToolTip(tip)

    def _show_model_words(self) -> None:
        room = 0 if self._tight else 150 if self._narrow else 300
        words = QFontMetrics(self.model.font()).elidedText(self._model_words, Qt.TextElideMode.ElideRight, room)
        self.model.setText(f" {words}" if room else "")
        if words != self._model_words:
            self.model.setToolTip(self._model_words)

    def set_narrow(self, narrow: bool, tight: bool = False) -> None:
        """Leave out words where there is little room, and more of them where it is tight."""
        if (narrow, tight) != (self._narrow, self._tight):
            self._narrow, self._tight = narrow, tight
            self._show_model_words()
            self.new.setText("" if tight else " " + self.tr("New session"))
        self.saved.setVisible(not narrow)
        self.find_button.setText("" if narrow else self._find_words)

    def _tool(self, action_id: str) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(self._actions[action_id])
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setAccessibleName(self._actions[action_id].text())
        return button

    def _renamed(self) -> None:
        if self.name.isModified():
            self.name.setModified(False)
            self.renamed.emit(self.name.text().strip())
