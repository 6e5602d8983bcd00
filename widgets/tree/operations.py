"""What a person does to the tree: add, move, copy, paste, duplicate, switch off, delete.

Here: turning a gesture and the selection into one undoable edit, and saying why where it is not allowed.
Not here: mouse, keys and menus, which all end up in these methods.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from engine.blueprint.document import AgentDocument, Node, fresh_ids, new_node_id
from engine.blueprint.edits import (
    Batch,
    Edit,
    EditError,
    InsertNode,
    MoveNode,
    RemoveNode,
    SetEnabled,
    apply,
    can_insert,
    can_move,
    insertion_point,
)
from engine.blueprint.kinds import KINDS
from engine.blueprint.part_edits import fit
from engine.blueprint.placement import inside_tool
from widgets.tree.announce import place_words
from widgets.tree.clipboard import looks_like_nodes, nodes_from_text, nodes_to_mime, part_for_text, text_of
from widgets.tree.copies import beside
from widgets.tree.document_model import DocumentModel
from widgets.tree.grouping import can_unwrap, unwrap_edit, wrap_edit
from widgets.tree.selection import Selection
from widgets.tree.words import title_of


class Operations(QObject):
    """Gestures on one document and its selection.

    Signals:
        refused: Something was not allowed; the reason in words.
        done: Something was done; what, in words to be read aloud.
    """

    refused = Signal(str)
    done = Signal(str)

    def __init__(self, selection: Selection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.selection = selection
        self.model: DocumentModel | None = None

    @property
    def document(self) -> AgentDocument | None:
        """The document that is worked on."""
        return self.model.document if self.model is not None else None

    def roots(self, ids: Iterable[str] | None = None) -> list[str]:
        """Of the selected nodes those that do not stand inside another selected one, in reading order."""
        document = self.document
        if document is None:
            return []
        chosen = {node_id for node_id in (self.selection.ids if ids is None else ids) if node_id in document}
        chosen.discard(document.root.id)
        tops = {key for key in chosen if not any(around.id in chosen for around in document.ancestors(key))}
        if len(tops) < 2:
            return list(tops)
        return [node.id for node in document.walk() if node.id in tops]

    # -- adding -----------------------------------------------------------------------------------------------

    def check_insert(self, kind: str, parent_id: str, index: int) -> str | None:
        """Why a node of that kind may not be added there."""
        document = self.document
        return can_insert(document, parent_id, index, kind) if document is not None else self.tr("Nothing is open.")

    def place_for(self, kind: str, at: tuple[str, int] | None = None) -> tuple[str, int] | None:
        """Where a node chosen in the palette goes: the wanted place, or the nearest sensible one."""
        document = self.document
        if document is None:
            return None
        if at is not None and can_insert(document, at[0], at[1], kind) is None:
            return at
        return insertion_point(document, kind, at[0] if at is not None else self.selection.current)

    def why_not(self, kind: str) -> str:
        """Why a kind cannot be added anywhere just now."""
        document = self.document
        if document is None:
            return self.tr("Nothing is open.")
        return can_insert(document, document.root.id, len(document.root.children), kind) or ""

    def insert_kind(self, kind: str, at: tuple[str, int] | None = None, *, exact: bool = False) -> str | None:
        """Add a node of that kind and select it; its id, or None where it is not allowed."""
        document = self.document
        place = at if exact else self.place_for(kind, at)
        if document is None or place is None:
            self.refused.emit(self.why_not(kind))
            return None
        node = Node(new_node_id(), kind, KINDS[kind].new_props(document))
        if not self._do(InsertNode(place[0], place[1], node)):
            return None
        self.selection.set([node.id])
        self._say(self.tr("Added %1"), [node.id])
        return node.id

    # -- moving -----------------------------------------------------------------------------------------------

    def move_edit(self, ids: Sequence[str], parent_id: str, gap: int) -> Edit | None:
        """The edit that moves nodes into a gap among a node's present children; None if nothing would change."""
        document = self.document
        parent = document.get(parent_id) if document is not None else None
        if document is None or parent is None:
            return None
        before = [child.id for child in parent.children]
        order = list(before)
        anchor = next((child for child in before[gap:] if child not in ids), None)
        edits: list[MoveNode] = []
        previous: str | None = None
        for node_id in ids:
            rest = [child for child in order if child != node_id]
            if previous is not None:
                index = rest.index(previous) + 1
            else:
                index = rest.index(anchor) if anchor is not None else len(rest)
            order = [*rest[:index], node_id, *rest[index:]]
            edits.append(MoveNode(node_id, parent_id, index))
            previous = node_id
        if order == before or not edits:
            return None
        return (
            edits[0] if len(edits) == 1 else Batch(tuple(edits), self.tr("move %1 parts").replace("%1", str(len(ids))))
        )

    def check_move(self, ids: Sequence[str], parent_id: str, gap: int) -> str | None:
        """Why nodes may not be moved into a gap."""
        document, edit = self.document, None
        if document is None:
            return self.tr("Nothing is open.")
        if any(node_id == parent_id or any(a.id == node_id for a in document.ancestors(parent_id)) for node_id in ids):
            return self.tr("A part cannot be moved into itself.")
        edit = self.move_edit(ids, parent_id, gap)
        if edit is None:
            return None
        if isinstance(edit, MoveNode):
            return can_move(document, edit.id, edit.parent_id, edit.index)
        try:
            apply(document, edit)
        except EditError as error:
            return str(error)
        return None

    def move(self, ids: Sequence[str], parent_id: str, gap: int) -> bool:
        """Move nodes into a gap; False where nothing changed."""
        edit = self.move_edit(ids, parent_id, gap)
        if edit is None or not self._do(edit):
            return False
        self._say(self.tr("Moved %1"), ids)
        return True

    def move_up(self) -> None:
        """Move the selected nodes one place up among their siblings."""
        self._nudge(-1)

    def move_down(self) -> None:
        """Move the selected nodes one place down among their siblings."""
        self._nudge(1)

    def _nudge(self, step: int) -> None:
        document, ids = self.document, self.roots()
        if document is None or not ids:
            return
        places = [document.place(node_id) for node_id in ids]
        parent = places[0].parent_id
        if parent is None or any(place.parent_id != parent for place in places):
            self.refused.emit(self.tr("These parts stand in different places. Move them one by one."))
            return
        indexes = [place.index for place in places]
        gap = min(indexes) - 1 if step < 0 else max(indexes) + 2
        if 0 <= gap <= len(document.node(parent).children):
            self.move(ids, parent, gap)

    def move_in(self) -> None:
        """Move the selected nodes into the node above them."""
        document, ids = self.document, self.roots()
        if document is None or not ids:
            return
        place = document.place(ids[0])
        if place.parent_id is None or place.index == 0:
            self.refused.emit(self.tr("There is no part above it to move into."))
            return
        above = document.node(place.parent_id).children[place.index - 1]
        self.move(ids, above.id, len(above.children))

    def move_out(self) -> None:
        """Move the selected nodes out of the node around them, behind it."""
        document, ids = self.document, self.roots()
        if document is None or not ids:
            return
        parent = document.parent(ids[0])
        if parent is None or parent.id == document.root.id:
            self.refused.emit(self.tr("It stands at the top already."))
            return
        place = document.place(parent.id)
        self.move(ids, str(place.parent_id), place.index + 1)

    # -- the rest ---------------------------------------------------------------------------------------------

    def copy(self) -> bool:
        """Put the selected nodes on the clipboard."""
        document, ids = self.document, self.roots()
        if document is None or not ids:
            return False
        QGuiApplication.clipboard().setMimeData(nodes_to_mime(document.node(node_id) for node_id in ids))
        self._say(self.tr("Copied %1"), ids, place=False)
        return True

    def cut(self) -> None:
        """Copy and delete."""
        if self.copy():
            self._remove(self.tr("cut"))

    @property
    def can_paste(self) -> bool:
        """Whether the clipboard holds something that can become a part."""
        mime = QGuiApplication.clipboard().mimeData()
        return mime is not None and bool(text_of(mime).strip())

    def paste(self) -> None:
        """Add what is on the clipboard at the nearest sensible place: nodes, or a part that says a text."""
        text, document = text_of(QGuiApplication.clipboard().mimeData()), self.document
        if document is None:
            return
        nodes = beside(document, nodes_from_text(text))
        if not nodes and looks_like_nodes(text):
            self.refused.emit(self.tr("The parts on the clipboard are damaged and cannot be read."))
            return
        if not nodes:
            around = self.selection.current if self.selection.current in document else document.root.id
            part = part_for_text(document, text, steps=inside_tool(document, str(around)))
            nodes = [part] if part is not None else []
        if not nodes:
            self.refused.emit(self.tr("The clipboard holds neither parts of an agent nor text."))
            return
        place = self.place_for(nodes[0].kind)
        if place is None:
            self.refused.emit(self.why_not(nodes[0].kind))
            return
        self._insert_all(nodes, place, self.tr("paste"), self.tr("Pasted %1"))

    def duplicate(self) -> None:
        """Copies of the selected nodes, behind the last of them."""
        document, ids = self.document, self.roots()
        if document is None or not ids:
            return
        place = document.place(ids[-1])
        if place.parent_id is not None:
            copies = beside(document, [fresh_ids(document.node(node_id)) for node_id in ids])
            after = (place.parent_id, place.index + 1)
            self._insert_all(copies, after, self.tr("duplicate"), self.tr("Duplicated as %1"))

    def _insert_all(self, nodes: Sequence[Node], place: tuple[str, int], label: str, said: str) -> None:
        if self.document is not None:
            nodes = fit(self.document, nodes)  # parts of the library bring names along
        edits = tuple(InsertNode(place[0], place[1] + offset, node) for offset, node in enumerate(nodes))
        if self._do(Batch(edits, label)):
            self.selection.set([node.id for node in nodes])
            self._say(said, [node.id for node in nodes])

    def wrap(self, kind: str) -> str | None:
        """Put a new node of a kind around the selected ones; its id, or None where that is not allowed."""
        document, ids = self.document, self.roots()
        if document is None or not ids:
            return None
        edit, made = wrap_edit(document, ids, kind)
        if not self._do(edit):
            return None
        self.selection.set([made])
        self._say(self.tr("Put inside %1"), [made])
        return made

    def unwrap(self) -> None:
        """Take the selected groups away from around what stands inside them."""
        document = self.document
        ids = [key for key in self.roots() if document is not None and can_unwrap(document.node(key))]
        if document is None or not ids:
            self.refused.emit(self.tr("Only a Group, When or Repeat that holds something can be taken away like this."))
            return
        edit, inner = unwrap_edit(document, ids)
        if self._do(edit):
            self.selection.set(inner)
            self._say(self.tr("Ungrouped %1"), inner)

    def delete(self) -> None:
        """Delete the selected nodes; the neighbour is selected next."""
        self._remove(self.tr("delete"))

    def _remove(self, label: str) -> None:
        document, ids = self.document, self.roots()
        if document is None or not ids:
            if document is not None and self.selection.ids:
                self.refused.emit(self.tr("The agent itself cannot be deleted here."))
            return
        place = document.place(ids[-1])
        parent = document.node(place.parent_id or document.root.id)
        left = [child.id for child in parent.children[place.index + 1 :] if child.id not in ids]
        left += [child.id for child in reversed(parent.children[: place.index]) if child.id not in ids]
        edit: Edit = RemoveNode(ids[0])
        if len(ids) > 1 or label != self.tr("delete"):
            edit = Batch(tuple(RemoveNode(node_id) for node_id in ids), label)
        gone = self._named(document, ids)
        if self._do(edit):
            self.selection.set([left[0] if left else parent.id])
            self.done.emit(self.tr("Deleted %1.").replace("%1", gone))

    def toggle_enabled(self) -> None:
        """Switch the selected nodes off, or on where all of them are off."""
        document, ids = self.document, self.roots()
        if document is None or not ids:
            return
        on = all(not document.node(node_id).enabled for node_id in ids)
        edits = tuple(SetEnabled(node_id, on) for node_id in ids)
        if self._do(edits[0] if len(edits) == 1 else Batch(edits, edits[0].label)):
            self._say(self.tr("Switched on %1") if on else self.tr("Switched off %1"), ids, place=False)

    # -- inside -----------------------------------------------------------------------------------------------

    def _named(self, document: AgentDocument, ids: Sequence[str]) -> str:
        return title_of(document.node(ids[0])) if len(ids) == 1 else self.tr("%1 parts").replace("%1", str(len(ids)))

    def _say(self, text: str, ids: Sequence[str], *, place: bool = True) -> None:
        """Tell what was done to nodes, and where they stand now."""
        document = self.document
        if document is not None:
            where = f": {place_words(document, ids[0])}" if place else ""
            self.done.emit(f"{text.replace('%1', self._named(document, ids))}{where}.")

    def _do(self, edit: Edit) -> bool:
        if self.model is None:
            return False
        try:
            self.model.do(edit)
        except EditError as error:
            self.refused.emit(str(error))
            return False
        return True
