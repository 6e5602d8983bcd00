"""The context menu of the tree. Not here: what its entries do (``operations``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from widgets import theme

if TYPE_CHECKING:
    from widgets.tree.editor import TreeEditor


def fill_menu(menu: QMenu, editor: TreeEditor) -> None:
    """Fill the menu for the present selection."""
    menu.clear()
    model = editor.document_model
    if model is None:
        return
    nodes = [node for node_id in editor.operations.roots() if (node := model.node(node_id)) is not None]
    some = bool(nodes)
    one = len(editor.selected()) == 1
    off = some and all(not node.enabled for node in nodes)

    def add(text: str, icon: str, keys: str, slot: object, enabled: bool = True) -> None:
        shown = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText) if keys else ""
        action = menu.addAction(theme.icon(icon, "dim"), f"{text}\t{shown}" if shown else text)
        action.triggered.connect(slot)
        action.setEnabled(enabled)

    tr = editor.tr
    add(tr("Add a part…"), "plus", "Ins", editor.open_palette_here)
    add(tr("Edit properties"), "sliders-horizontal", "Return", editor.edit_current, one)
    add(tr("Rename"), "pencil", "F2", editor.rename, one)
    menu.addSeparator()
    add(tr("Cut"), "scissors", "Ctrl+X", editor.cut, some)
    add(tr("Copy"), "copy", "Ctrl+C", editor.copy, some)
    add(tr("Paste"), "clipboard-paste", "Ctrl+V", editor.paste, editor.operations.can_paste)
    add(tr("Duplicate"), "copy-plus", "Ctrl+D", editor.duplicate, some)
    menu.addSeparator()
    add(tr("Move up"), "arrow-up", "Alt+Up", editor.move_up, some)
    add(tr("Move down"), "arrow-down", "Alt+Down", editor.move_down, some)
    add(tr("Move into the part above"), "indent-increase", "Alt+Right", editor.move_in, some)
    add(tr("Move out"), "indent-decrease", "Alt+Left", editor.move_out, some)
    menu.addSeparator()
    text, icon = (tr("Switch on"), "power") if off else (tr("Switch off"), "power-off")
    add(text, icon, "Ctrl+E", editor.toggle_enabled, some)
    add(tr("Delete"), "trash-2", "Del", editor.delete, some)
