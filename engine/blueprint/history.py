"""Undo and redo over a document. Pure Python; the journal goes to JSON and back, so that undo survives a restart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.blueprint.document import AgentDocument
from engine.blueprint.edits import Batch, Edit, EditError, SetProperty, apply, describe, edit_from_json, edit_to_json

MAX_ENTRIES = 2_000
"""Older edits than these can no longer be undone."""


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One step of undo: the edit, the edit that takes it back, and its words."""

    edit: Edit
    inverse: Edit
    label: str
    merge_key: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The entry as a JSON object."""
        found = {"edit": edit_to_json(self.edit), "inverse": edit_to_json(self.inverse), "label": self.label}
        return {**found, "merge_key": self.merge_key} if self.merge_key else found

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> HistoryEntry:
        """The inverse of :meth:`to_json`.

        Raises:
            EditError: It is no entry.
        """
        if not isinstance(data, Mapping):
            raise EditError("This is not an entry of the history.")
        edit, inverse = edit_from_json(data.get("edit")), edit_from_json(data.get("inverse"))
        key = data.get("merge_key")
        return cls(edit, inverse, str(data.get("label", "")), key if isinstance(key, str) else None)


class History:
    """A document with its past and its future.

    Example:
        >>> from engine.blueprint.document import AgentDocument, make_node
        >>> from engine.blueprint.edits import SetProperty
        >>> history = History(AgentDocument(make_node("agent", id="root", name="A")))
        >>> _ = history.do(SetProperty("root", "name", "B"))
        >>> history.undo_label, history.document.root.props["name"]
        ('change name of Agent', 'B')
        >>> _ = history.undo()
        >>> history.document.root.props["name"]
        'A'
    """

    def __init__(self, document: AgentDocument) -> None:
        self._document = document
        self._entries: list[HistoryEntry] = []
        self._position = 0
        self._open = False

    @property
    def document(self) -> AgentDocument:
        """The document as it is now."""
        return self._document

    @property
    def entries(self) -> Sequence[HistoryEntry]:
        """All entries; those from ``position`` on were undone and can be redone."""
        return tuple(self._entries)

    @property
    def position(self) -> int:
        """How many entries are in effect."""
        return self._position

    @property
    def can_undo(self) -> bool:
        """Whether there is something to undo."""
        return self._position > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is something to redo."""
        return self._position < len(self._entries)

    @property
    def undo_label(self) -> str:
        """What *Undo* would take back, or ""."""
        return self._entries[self._position - 1].label if self.can_undo else ""

    @property
    def redo_label(self) -> str:
        """What *Redo* would do again, or ""."""
        return self._entries[self._position].label if self.can_redo else ""

    def do(self, edit: Edit, merge_key: str | None = None, *, check: bool = True) -> Edit:
        """Make an edit; what was undone before can no longer be redone.

        Args:
            edit: What to do.
            merge_key: Edits that follow each other with the same key become one step of undo (typing).
            check: Whether placement rules hold. False where a version that was there once comes back.

        Returns:
            The edit.

        Raises:
            EditError: It cannot be made; nothing has changed.
        """
        label = describe(self._document, edit)
        after, inverse = apply(self._document, edit, check=check)
        last = self._entries[self._position - 1] if self.can_undo and not self.can_redo else None
        if merge_key is not None and last is not None and self._open and last.merge_key == merge_key:
            self._entries[-1] = _merged(last, edit, inverse)
        else:
            del self._entries[self._position :]
            self._entries.append(HistoryEntry(edit, inverse, label, merge_key))
            if len(self._entries) > MAX_ENTRIES:
                del self._entries[0]
        self._position = len(self._entries)
        self._open = True
        self._document = after
        return edit

    def end_merge(self) -> None:
        """The next edit starts a step of undo of its own, whatever its merge key."""
        self._open = False

    def undo(self) -> Edit | None:
        """Take the last edit back. Returns the edit that did so, or None where there was nothing to undo."""
        if not self.can_undo:
            return None
        entry = self._entries[self._position - 1]
        self._document, _ = apply(self._document, entry.inverse, check=False)
        self._position -= 1
        self._open = False
        return entry.inverse

    def redo(self) -> Edit | None:
        """Make the edit again that was undone last. Returns it, or None where there was nothing to redo."""
        if not self.can_redo:
            return None
        entry = self._entries[self._position]
        self._document, _ = apply(self._document, entry.edit, check=False)
        self._position += 1
        self._open = False
        return entry.edit

    def to_json(self) -> dict[str, Any]:
        """The journal, to be kept beside the document."""
        return {"position": self._position, "entries": [entry.to_json() for entry in self._entries]}

    @classmethod
    def from_json(cls, document: AgentDocument, journal: Mapping[str, Any] | None) -> History:
        """A history over ``document`` with a journal kept earlier.

        A journal that cannot be read, or does not fit the document any more, is left out: the document counts.
        """
        history = cls(document)
        try:
            data = journal or {}
            entries = [HistoryEntry.from_json(entry) for entry in data.get("entries", [])][-MAX_ENTRIES:]
            position = int(data.get("position", len(entries)))
            if not 0 <= position <= len(entries):
                return history
            _rehearse(document, entries, position)
        except (EditError, TypeError, ValueError, AttributeError):
            return history
        history._entries, history._position = entries, position
        return history


def _rehearse(document: AgentDocument, entries: Sequence[HistoryEntry], position: int) -> None:
    """Undo everything and redo everything on a copy.

    Raises:
        EditError: The journal does not belong to this document.
    """
    past = document
    for entry in reversed(entries[:position]):
        past, _ = apply(past, entry.inverse, check=False)
    future = document
    for entry in entries[position:]:
        future, _ = apply(future, entry.edit, check=False)


def _merged(last: HistoryEntry, edit: Edit, inverse: Edit) -> HistoryEntry:
    first = last.edit
    same = isinstance(first, SetProperty) and isinstance(edit, SetProperty)
    if same and (first.id, first.name) == (edit.id, edit.name):  # type: ignore[union-attr]
        return HistoryEntry(edit, last.inverse, last.label, last.merge_key)
    forward = (*(first.edits if isinstance(first, Batch) else (first,)), edit)
    backward = (inverse, *(last.inverse.edits if isinstance(last.inverse, Batch) else (last.inverse,)))
    return HistoryEntry(Batch(forward, last.label), Batch(backward, last.label), last.label, last.merge_key)
