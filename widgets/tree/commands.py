"""What the declared actions do in one editor, and when they can. Not here: the declarations (``actions``)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from engine.blueprint.document import Node
from engine.blueprint.placement import fixed_by
from widgets.actions import BY_ID, TREE_ACTIONS, TreeAction
from widgets.tree.folds import foldable
from widgets.tree.grouping import can_unwrap
from widgets.tree.words import holds_children

if TYPE_CHECKING:
    from widgets.tree.editor import TreeEditor


LIBRARY = tuple(action for action in TREE_ACTIONS if action.id.startswith("part."))
"""What the program around the editor does, with the person's library."""
_OF_PART = ("part.edit", "part.update", "part.detach")


class TreeCommands:
    """Runs actions by id."""

    def __init__(self, editor: TreeEditor) -> None:
        self._editor = editor
        operations, canvas = editor.operations, editor.canvas
        self._does: dict[str, Callable[[], object]] = {
            "tree.add": editor.open_palette,
            "tree.add_above": lambda: self._add_beside(0),
            "tree.add_below": lambda: self._add_beside(1),
            "tree.add_inside": self._add_inside,
            "tree.properties": editor.edit_current,
            "tree.rename": editor.rename,
            "edit.cut": operations.cut,
            "edit.copy": operations.copy,
            "edit.paste": operations.paste,
            "edit.duplicate": operations.duplicate,
            "tree.select_all": self._select_all,
            "edit.up": operations.move_up,
            "edit.down": operations.move_down,
            "edit.in": operations.move_in,
            "edit.out": operations.move_out,
            "edit.move_to": editor.choose_place,
            "edit.group": lambda: operations.wrap("group"),
            "edit.when": lambda: self._wrap_and_edit("when"),
            "edit.ungroup": operations.unwrap,
            **{action.id: partial(editor.library_requested.emit, action.id) for action in LIBRARY},
            "edit.toggle": operations.toggle_enabled,
            "edit.delete": operations.delete,
            "tree.menu": editor.open_menu,
            "tree.find": editor.find_bar.begin,
            "tree.find_next": lambda: editor.find_bar.go(1),
            "tree.find_previous": lambda: editor.find_bar.go(-1),
            "tree.fold": self._fold,
            "tree.fold_all": self._fold_all,
            "tree.unfold_all": lambda: editor.shared.folds.replace(()),
            "tree.outline": editor.toggle_outline,
            "tree.map": lambda: editor.show_map(not canvas.map.on),
            "tree.zoom_in": canvas.zoom_in,
            "tree.zoom_out": canvas.zoom_out,
            "tree.zoom_reset": lambda: canvas.set_zoom(1.0),
            "tree.zoom_fit": canvas.show_all,
            "tree.zoom_selection": canvas.show_selection,
        }

    def run(self, action_id: str) -> None:
        """Do it, if it can be done now."""
        if self.can(action_id):
            self._does[action_id]()

    def can(self, action_id: str) -> bool:
        """Whether it makes sense now."""
        editor, action = self._editor, BY_ID[action_id]
        if editor.document_model is None:
            return False
        if action_id == "edit.paste":
            return editor.operations.can_paste
        if action_id == "edit.ungroup":
            return any(can_unwrap(node) for node in self._nodes())
        if action_id in _OF_PART:
            nodes = self._nodes()
            inside = editor.document_model.document
            return len(nodes) == 1 and nodes[0].kind == "part" and fixed_by(inside, nodes[0].id) is None
        if action.needs == "nodes":
            # Where only the agent itself is selected, deleting it says why it stays; nothing else would say anything.
            return bool(self._nodes()) or (action_id == "edit.delete" and bool(editor.shared.selection.ids))
        if action.needs == "one":
            return len(editor.shared.selection.ids) == 1
        if action.needs == "container":
            node = self._current()
            return node is not None and holds_children(node)
        return action.needs == "document" or self._current() is not None

    def offered(self, action_id: str) -> bool:
        """Whether it is worth an entry in the menu for what is selected."""
        if action_id in ("edit.ungroup", "tree.add_inside", "tree.fold", *_OF_PART):
            return self.can(action_id)
        return True

    def words(self, action: TreeAction) -> tuple[str, str]:
        """Text and icon of the entry, as they fit what is selected."""
        nodes = self._nodes()
        if action.id == "edit.toggle":
            off = bool(nodes) and all(not node.enabled for node in nodes)
            return (_tr("Switch on"), "power") if off else (_tr("Switch off"), "power-off")
        if action.id == "edit.group" and len(nodes) == 1:
            return _tr("Put inside a Group"), action.icon
        if action.id == "tree.fold":
            current = self._current()
            folded = current is not None and current.id in self._editor.shared.folds
            return (_tr("Expand"), "unfold-vertical") if folded else (_tr("Collapse"), "fold-vertical")
        return _tr(action.text), action.icon

    # -- inside -----------------------------------------------------------------------------------------------

    def _nodes(self) -> list[Node]:
        model = self._editor.document_model
        found = (model.node(key) for key in self._editor.operations.roots()) if model is not None else ()
        return [node for node in found if node is not None]

    def _current(self) -> Node | None:
        model = self._editor.document_model
        return model.node(self._editor.shared.selection.current) if model is not None else None

    def _add_beside(self, after: int) -> None:
        model, nodes = self._editor.document_model, self._nodes()
        if model is None or not nodes:
            return
        place = model.document.place(nodes[-1 if after else 0].id)
        self._editor.open_palette((str(place.parent_id), place.index + after))

    def _add_inside(self) -> None:
        node = self._current()
        if node is not None:
            self._editor.open_palette((node.id, len(node.children)))

    def _wrap_and_edit(self, kind: str) -> None:
        made = self._editor.operations.wrap(kind)
        if made is not None:
            self._editor.properties_requested.emit(made)  # a When wants its condition

    def _select_all(self) -> None:
        model = self._editor.document_model
        if model is not None:
            root = model.document.root
            self._editor.shared.selection.set([child.id for child in root.children] or [root.id])

    def _fold(self) -> None:
        node, folds = self._current(), self._editor.shared.folds
        if node is not None and node.children:
            folds.set(node.id, node.id not in folds)

    def _fold_all(self) -> None:
        model = self._editor.document_model
        if model is not None:
            self._editor.shared.folds.replace(foldable(model.document))


def _tr(text: str) -> str:
    return QCoreApplication.translate("Tree", text)
