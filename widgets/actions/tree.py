"""Everything a person can do to the tree, as data: context menus, keys on canvas and in the outline, and through
``app.actions`` the menus of the window, the command palette and the list of shortcuts.

Here: the declarations and which key means which of them. Not here: what they do (``widgets.tree.commands``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

Needs = Literal["document", "current", "one", "nodes", "container"]


@dataclass(frozen=True, slots=True)
class TreeAction:
    """One thing that can be done to the tree.

    Attributes:
        id: The command it runs.
        text: Sentence case, a verb first.
        keys: In Qt's portable notation, several apart by ``"; "``; the first is the one that is shown.
        icon: Lucide name.
        needs: What it acts on: ``document`` nothing but an agent, ``current`` the node in front, ``one`` exactly one
            selected node, ``nodes`` at least one that is not the agent itself, ``container`` one that holds others.
        section: Entries of a menu with the same number stand together; 0 keeps it out of context menus.
        menu: The menu of the window that it stands in; "" for none.
        empty: Whether it stands in the menu of the empty canvas too; ``only`` there and not in that of nodes.
        sub: Title of the sub-menu that it stands in; "" for none.
        tip: A sentence, where the text says too little.
    """

    id: str
    text: str
    keys: str = ""
    icon: str = ""
    needs: Needs = "document"
    section: int = 0
    menu: Literal["edit", "view", ""] = ""
    empty: Literal["no", "too", "only"] = "no"
    tip: str = ""
    sub: str = ""


TREE_ACTIONS: tuple[TreeAction, ...] = (
    TreeAction("tree.add", "Add a part…", "Ins", "plus", section=1, empty="too", tip="Choose a part for this place"),
    TreeAction("tree.add_above", "Add above…", "Ctrl+Shift+Return", "list-start", "nodes", 1, sub="Add here"),
    TreeAction("tree.add_below", "Add below…", "Ctrl+Return", "list-end", "nodes", 1, sub="Add here"),
    TreeAction("tree.add_inside", "Add inside…", "Alt+Ins", "corner-down-right", "container", 1, sub="Add here"),
    TreeAction("tree.properties", "Edit properties", "Return; Enter", "sliders-horizontal", "one", 2),
    TreeAction("tree.rename", "Rename", "F2", "pencil", "one", 2, tip="Change the title in place"),
    TreeAction("edit.cut", "Cut", "Ctrl+X; Shift+Del", "scissors", "nodes", 3, "edit"),
    TreeAction("edit.copy", "Copy", "Ctrl+C; Ctrl+Ins", "copy", "nodes", 3, "edit"),
    TreeAction("edit.paste", "Paste", "Ctrl+V; Shift+Ins", "clipboard-paste", "document", 3, "edit", "too"),
    TreeAction("edit.duplicate", "Duplicate", "Ctrl+D", "copy-plus", "nodes", 3, "edit"),
    TreeAction("tree.select_all", "Select all", "Ctrl+A", "square-mouse-pointer", "document", 0, "edit"),
    TreeAction("edit.up", "Move up", "Alt+Up", "arrow-up", "nodes", 4, "edit", sub="Move"),
    TreeAction("edit.down", "Move down", "Alt+Down", "arrow-down", "nodes", 4, "edit", sub="Move"),
    TreeAction("edit.in", "Move into the part above", "Alt+Right", "indent-increase", "nodes", 4, "edit", sub="Move"),
    TreeAction("edit.out", "Move out", "Alt+Left", "indent-decrease", "nodes", 4, "edit", sub="Move"),
    TreeAction("edit.move_to", "Move to…", "Alt+M", "move", "nodes", 4, "edit", tip="Choose a place from a list"),
    TreeAction("edit.group", "Group these", "Ctrl+G", "group", "nodes", 5, "edit", tip="Put a Group around them"),
    TreeAction("edit.when", "Put inside a When", "Ctrl+Alt+W", "split", "nodes", 5, "edit"),
    TreeAction("edit.ungroup", "Ungroup", "Ctrl+Shift+G", "ungroup", "nodes", 5, "edit", tip="Keep what is inside"),
    TreeAction("part.use", "Add from the library…", "", "puzzle", section=5, menu="edit", sub="Library"),
    TreeAction("part.save", "Save to the library…", "", "download", "nodes", 5, "edit", sub="Library"),
    TreeAction("part.edit", "Edit in the library", "", "pencil", "one", 5, sub="Library"),
    TreeAction("part.update", "Update from the library…", "", "refresh-cw", "one", 5, sub="Library"),
    TreeAction("part.detach", "Detach from the library", "", "ungroup", "one", 5, sub="Library"),
    TreeAction("edit.toggle", "Switch off or on", "Ctrl+E", "power", "nodes", 6, "edit"),
    TreeAction("edit.delete", "Delete", "Del; Backspace", "trash-2", "nodes", 6, "edit"),
    TreeAction("tree.find", "Find in the tree", "Ctrl+F", "search", "document", 7, "edit", "only"),
    TreeAction("tree.menu", "Open the context menu", "Shift+F10", "ellipsis", tip="What can be done here"),
    TreeAction("tree.find_next", "Find next", "F3", "arrow-down"),
    TreeAction("tree.find_previous", "Find previous", "Shift+F3", "arrow-up"),
    TreeAction("tree.fold", "Collapse or expand", "Ctrl+Shift+E", "fold-vertical", "container", 7, "view"),
    TreeAction("tree.fold_all", "Collapse all", "Ctrl+Shift+Left", "fold-vertical", "document", 7, "view", "only"),
    TreeAction("tree.unfold_all", "Expand all", "Ctrl+Shift+Right", "unfold-vertical", "document", 7, "view", "only"),
    TreeAction("tree.outline", "Show as outline", "Ctrl+Shift+O", "list-tree", "document", 0, "view"),
    TreeAction("tree.map", "Show the map of the tree", "Ctrl+Alt+O", "map", "document", 0, "view"),
    TreeAction("tree.zoom_in", "Zoom in", "Ctrl++; Ctrl+=", "zoom-in", "document", 0, "view"),
    TreeAction("tree.zoom_out", "Zoom out", "Ctrl+-", "zoom-out", "document", 0, "view"),
    TreeAction("tree.zoom_reset", "Actual size", "Ctrl+0", "square", "document", 0, "view"),
    TreeAction("tree.zoom_fit", "Show the whole tree", "Ctrl+9", "maximize", "document", 8, "view", "only"),
    TreeAction("tree.zoom_selection", "Show the selection", "Ctrl+8", "square-dashed", "current", 0, "view"),
)

BY_ID: dict[str, TreeAction] = {action.id: action for action in TREE_ACTIONS}


def sequences(keys: str) -> list[QKeySequence]:
    """Key sequences of a portable text."""
    return [found for part in keys.split("; ") if not (found := QKeySequence.fromString(part)).isEmpty()]


def native(keys: str) -> str:
    """The first key sequence as this system writes it; "" for none."""
    found = sequences(keys)
    return found[0].toString(QKeySequence.SequenceFormat.NativeText) if found else ""


class Bindings:
    """Which keys mean which action, the person's own choices put in."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}
        self._actions: dict[str, str] = {}
        self.set({})

    def set(self, own: Mapping[str, str]) -> None:
        """Use these keys in place of the declared ones, by action id; "" for none."""
        self._keys = {action.id: own.get(action.id, action.keys) for action in TREE_ACTIONS}
        self._actions = {
            sequence.toString(QKeySequence.SequenceFormat.PortableText): action_id
            for action_id, keys in reversed(self._keys.items())
            for sequence in sequences(keys)
        }

    def shown(self, action_id: str) -> str:
        """The keys of an action as a menu shows them."""
        return native(self._keys[action_id])

    def action(self, event: QKeyEvent) -> str | None:
        """The action that a key press means, or None."""
        pressed = event.keyCombination()
        key, modifiers = pressed.key(), pressed.keyboardModifiers() & ~Qt.KeyboardModifier.KeypadModifier
        found = self._actions.get(_portable(modifiers, key))
        if found is None and key in _SIGNS:  # where the plus stands above another sign, Shift only helps to type it
            found = self._actions.get(_portable(modifiers & ~Qt.KeyboardModifier.ShiftModifier, key))
        return found


_SIGNS = frozenset((Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus))


def _portable(modifiers: Qt.KeyboardModifier, key: Qt.Key) -> str:
    sequence = QKeySequence(int(modifiers.value) | int(key))
    return sequence.toString(QKeySequence.SequenceFormat.PortableText)
