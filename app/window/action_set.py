"""The actions of ``app.actions`` as live ``QAction`` objects: shortcuts, menus, enablement and what each does."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.actions import ACTIONS, BY_ID, MENUS, ActionSpec
from app.text import tr
from widgets import theme

log = logging.getLogger(__name__)

_ROLES = {
    "quit": QAction.MenuRole.QuitRole,
    "page.settings": QAction.MenuRole.PreferencesRole,
    "help.about": QAction.MenuRole.AboutRole,
}


class ActionSet(QObject):
    """All actions of one window.

    Args:
        window: Shortcuts work while it is active.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._actions: dict[str, QAction] = {}
        self._handlers: dict[str, Callable[[], object]] = {}
        self._facts: set[str] = {"always"}
        for spec in ACTIONS:
            self._actions[spec.id] = self._make(spec)
        self._refresh()

    def __getitem__(self, action_id: str) -> QAction:
        return self._actions[action_id]

    def bind(self, handlers: dict[str, Callable[[], object]]) -> None:
        """Say what actions do. Actions without a handler stay disabled."""
        for action_id, handler in handlers.items():
            if action_id not in BY_ID:
                raise KeyError(action_id)
            self._handlers[action_id] = handler
        self._refresh()

    def set_facts(self, **facts: bool) -> None:
        """What is there now (``agent``, ``session``, ``running``, ``undo``, ``redo``, ``node``)."""
        before = set(self._facts)
        for name, holds in facts.items():
            (self._facts.add if holds else self._facts.discard)(name)
        if before != self._facts:
            self._refresh()

    def run(self, action_id: str) -> None:
        """Do it, if it can be done now."""
        if self._actions[action_id].isEnabled():
            self._actions[action_id].trigger()

    def enabled(self, action_id: str) -> bool:
        return self._actions[action_id].isEnabled()

    def menus(self, parent: QWidget) -> list[QMenu]:
        """The menus, made anew, for a menu bar or an overflow button."""
        made = []
        for key, title in MENUS:
            menu = QMenu(tr(title), parent)
            for spec in ACTIONS:
                if spec.menu == key:
                    menu.addAction(self._actions[spec.id])
            made.append(menu)
        return made

    def _make(self, spec: ActionSpec) -> QAction:
        action = QAction(tr(spec.text), self._window)
        action.setObjectName(spec.id)
        action.setStatusTip(tr(spec.tip or spec.text))
        if spec.icon:
            action.setIcon(theme.icon(spec.icon))
        if spec.shortcut:
            action.setShortcut(QKeySequence.fromString(spec.shortcut, QKeySequence.SequenceFormat.PortableText))
            scope = Qt.ShortcutContext.WidgetWithChildrenShortcut if spec.tree else Qt.ShortcutContext.WindowShortcut
            action.setShortcutContext(scope)
        shortcut = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{tr(spec.tip or spec.text)} ({shortcut})" if shortcut else tr(spec.tip or spec.text))
        action.setMenuRole(_ROLES.get(spec.id, QAction.MenuRole.NoRole))
        action.triggered.connect(self._triggered)
        if not spec.tree:
            self._window.addAction(action)
        return action

    def attach_tree(self, tree: QWidget) -> None:
        """Let the shortcuts of the tree's actions work while ``tree`` or something in it has the focus."""
        for spec in ACTIONS:
            if spec.tree:
                tree.addAction(self._actions[spec.id])

    def _triggered(self) -> None:
        sender = self.sender()
        handler = self._handlers.get(sender.objectName()) if sender is not None else None
        if handler is not None:
            handler()

    def _refresh(self) -> None:
        for spec in ACTIONS:
            self._actions[spec.id].setEnabled(spec.when in self._facts and spec.id in self._handlers)
