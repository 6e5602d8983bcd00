"""The header of the tree: add, outline, and the menu of how it is shown. Not here: what its buttons do (``editor``)."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from widgets import theme
from widgets.actions import BY_ID, Bindings

_VIEW = (
    ("tree.zoom_in", "tree.zoom_out", "tree.zoom_reset", "tree.zoom_fit", "tree.zoom_selection"),
    ("tree.fold_all", "tree.unfold_all"),
    ("tree.map", "tree.outline"),
)


class TreeHeader(QFrame):
    """Title and buttons.

    Signals:
        command: An action of ``actions`` was chosen.
        add_toggled: The palette is wanted, or not any more.
        outline_toggled: The outline is wanted in place of the canvas, or the canvas again.
    """

    command = Signal(str)
    add_toggled = Signal(bool)
    outline_toggled = Signal(bool)

    def __init__(self, bindings: Bindings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bindings = bindings
        self.setProperty("role", "header")
        self.setMinimumHeight(40)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 8, 4)
        row.setSpacing(2)
        label = QLabel(self.tr("Tree"), self)
        label.setProperty("role", "strong")
        row.addWidget(label)
        row.addStretch(1)
        self.add = _button(self, "plus", self.tr("Add"))
        self.add.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.add.setCheckable(True)
        self.add.clicked.connect(self.add_toggled)
        self.look = _button(self, "search", self.tr("Find in the tree"))
        self.look.clicked.connect(lambda: self.command.emit("tree.find"))
        self.outline = _button(self, "list-tree", self.tr("Show as outline"))
        self.outline.setCheckable(True)
        self.outline.toggled.connect(self.outline_toggled)
        self.view = _button(self, "zoom-in", self.tr("Zoom and view"))
        self.view.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self.view)
        self._menu.aboutToShow.connect(self._fill)
        self._menu.triggered.connect(lambda action: self.command.emit(action.objectName()))
        self.view.setMenu(self._menu)
        for button in (self.add, self.look, self.outline, self.view):
            row.addWidget(button)
        self._map_on = True
        self.refresh()

    def set_map_on(self, on: bool) -> None:
        """Whether the map of the tree is wanted."""
        self._map_on = on

    def refresh(self) -> None:
        """Name the keys as they are now."""
        for button, action_id in (
            (self.add, "tree.add"),
            (self.look, "tree.find"),
            (self.outline, "tree.outline"),
        ):
            keys, text = self._bindings.shown(action_id), self.tr(BY_ID[action_id].text).rstrip("…")
            button.setToolTip(f"{text} ({keys})" if keys else text)
        self.view.setToolTip(self.view.text())

    def _fill(self) -> None:
        self._menu.clear()
        for part in _VIEW:
            if not self._menu.isEmpty():
                self._menu.addSeparator()
            for action_id in part:
                spec, keys = BY_ID[action_id], self._bindings.shown(action_id)
                text = self.tr(spec.text)
                action = self._menu.addAction(theme.icon(spec.icon, "dim"), f"{text}\t{keys}" if keys else text)
                action.setObjectName(action_id)
                if action_id in ("tree.map", "tree.outline"):
                    action.setCheckable(True)
                    action.setChecked(self._map_on if action_id == "tree.map" else self.outline.isChecked())


def _button(parent: QWidget, icon: str, text: str) -> QToolButton:
    button = QToolButton(parent)
    button.setIcon(theme.icon(icon, "dim"))
    button.setIconSize(QSize(16, 16))
    button.setText(text)
    button.setAccessibleName(text)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    return button
