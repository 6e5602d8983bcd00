"""The context menu of the tree, made from the declared actions. Not here: what they do (``commands``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu

from widgets import theme
from widgets.actions import TREE_ACTIONS, TreeAction

if TYPE_CHECKING:
    from widgets.tree.editor import TreeEditor


def fill_menu(menu: QMenu, editor: TreeEditor, *, empty: bool = False) -> None:
    """Fill the menu for the present selection, or for the empty canvas."""
    menu.clear()
    for old in menu.findChildren(QMenu):  # a cleared menu keeps its sub-menus
        old.deleteLater()
    if editor.document_model is None:
        return
    section = 0
    subs: dict[str, QMenu] = {}
    for action in TREE_ACTIONS:
        if not action.section or action.empty == ("no" if empty else "only") or not editor.commands.offered(action.id):
            continue
        if section and action.section != section:
            menu.addSeparator()
        section = action.section
        _add(_sub(menu, subs, action) if action.sub else menu, action, editor)


def _sub(menu: QMenu, subs: dict[str, QMenu], action: TreeAction) -> QMenu:
    """The sub-menu that an action stands in, made with the first of its entries, whose icon it has."""
    if action.sub not in subs:
        subs[action.sub] = menu.addMenu(theme.icon(action.icon, "dim"), QCoreApplication.translate("Tree", action.sub))
    return subs[action.sub]


def _add(menu: QMenu, action: TreeAction, editor: TreeEditor) -> None:
    keys = editor.shared.bindings.shown(action.id)
    text, icon = editor.commands.words(action)
    entry = menu.addAction(theme.icon(icon, "dim"), f"{text}\t{keys}" if keys else text)
    entry.setObjectName(action.id)
    entry.setToolTip(action.tip or text)
    entry.setEnabled(editor.commands.can(action.id))
    entry.triggered.connect(_Run(editor, action.id))


class _Run:
    """Runs one action of an editor."""

    def __init__(self, editor: TreeEditor, action_id: str) -> None:
        self._editor, self._id = editor, action_id

    def __call__(self, *_: object) -> None:
        self._editor.do(self._id)
