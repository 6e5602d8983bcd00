"""The actions of ``app.actions`` as live ``QAction`` objects: shortcuts, menus, enablement and what each does."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from app.actions import ACTIONS, BY_ID, MENUS, ActionSpec
from app.text import tr
from widgets import theme
from widgets.actions import native, sequences

if TYPE_CHECKING:
    from widgets.tree import TreeEditor

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

    Signals:
        keys_changed: The person chose other shortcuts.
    """

    keys_changed = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._actions: dict[str, QAction] = {}
        self._handlers: dict[str, Callable[[], object]] = {}
        self._facts: set[str] = {"always"}
        self._own: dict[str, str] = {}
        self._tree: TreeEditor | None = None
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

    # --- keys ------------------------------------------------------------------------------------------------

    def keys(self, action_id: str) -> str:
        """The shortcuts of an action in portable notation: the person's own, or the declared ones."""
        return self._own.get(action_id, BY_ID[action_id].shortcut)

    def set_keys(self, own: Mapping[str, str]) -> None:
        """Use the person's own shortcuts, by action id; menus and tool tips follow at once."""
        self._own = {action_id: keys for action_id, keys in own.items() if action_id in BY_ID}
        for spec in ACTIONS:
            self._set_keys(self._actions[spec.id], spec)
        if self._tree is not None:
            self._tree.set_shortcuts(self._own)
        self.keys_changed.emit()

    def attach_tree(self, tree: TreeEditor) -> None:
        """The tree whose actions are among these: it takes their keys itself while it has the focus."""
        self._tree = tree
        tree.set_shortcuts(self._own)

    def _set_keys(self, action: QAction, spec: ActionSpec) -> None:
        action.setShortcuts(sequences(self.keys(spec.id)))
        shown = native(self.keys(spec.id))
        words = tr(spec.tip or spec.text)
        action.setToolTip(f"{words} ({shown})" if shown else words)

    def _make(self, spec: ActionSpec) -> QAction:
        action = QAction(tr(spec.text), self._window)
        action.setObjectName(spec.id)
        action.setStatusTip(tr(spec.tip or spec.text))
        if spec.icon:
            action.setIcon(theme.icon(spec.icon))
        # Keys of the tree stand in menus only: the tree itself listens to them, so that fields inside it keep theirs.
        scope = Qt.ShortcutContext.WidgetShortcut if spec.tree else Qt.ShortcutContext.WindowShortcut
        action.setShortcutContext(scope)
        self._set_keys(action, spec)
        action.setMenuRole(_ROLES.get(spec.id, QAction.MenuRole.NoRole))
        action.triggered.connect(self._triggered)
        if not spec.tree:
            self._window.addAction(action)
        return action

    def _triggered(self) -> None:
        sender = self.sender()
        handler = self._handlers.get(sender.objectName()) if sender is not None else None
        if handler is not None:
            handler()

    def _refresh(self) -> None:
        for spec in ACTIONS:
            self._actions[spec.id].setEnabled(spec.when in self._facts and spec.id in self._handlers)
