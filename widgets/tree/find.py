"""Finding in the tree: titles, kinds, technical names and the texts of all properties.

Here: what is found, and which hit is in front. Not here: the field to type in (``find_bar``) and the marks on cards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.form_fields import fields
from engine.blueprint.kinds import KINDS, kind_of
from widgets.tree import words
from widgets.tree.document_model import DocumentModel
from widgets.tree.selection import Selection

_AROUND = 24


@dataclass(frozen=True, slots=True)
class Hit:
    """A node that what was typed is found in.

    Attributes:
        node_id: The node.
        snippet: Where it was found, with the words in bold (``**``); "" where the title shows it already.
    """

    node_id: str
    snippet: str = ""


def strings(value: Any) -> Iterator[str]:
    """All texts inside a property's value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from strings(inner)


def texts_of(node: Node) -> Iterator[tuple[str, str]]:
    """Everything about a node that can be found: what it is called, then its properties, each with a label."""
    kind = kind_of(node)
    yield "", words.title_of(node)
    yield _tr("Kind"), kind.title
    yield _tr("Kind"), node.kind
    own = kind.own_name(node)
    if own:
        yield _tr("Technical name"), own
    labels = {field.name: field.label for field in fields(node.kind)} if node.kind in KINDS else {}
    for name, value in node.props.items():
        for text in strings(value):
            yield labels.get(name, name), text


def search(document: AgentDocument, typed: str) -> list[Hit]:
    """The nodes that hold what was typed, in reading order; upper and lower case are the same."""
    wanted = typed.strip().casefold()
    if not wanted:
        return []
    found = []
    for node in document.walk():
        for label, text in texts_of(node):
            at = text.casefold().find(wanted)
            if at >= 0:
                found.append(Hit(node.id, _snippet(label, text, at, len(wanted)) if label else ""))
                break
    return found


def _snippet(label: str, text: str, at: int, length: int) -> str:
    """A short piece of a text around a place, with the place itself in bold."""
    first, last = max(0, at - _AROUND), min(len(text), at + length + 3 * _AROUND)
    before, after = text[first:at].lstrip() if first == 0 else "…" + text[first:at], text[at + length : last]
    piece = f"{before}**{text[at : at + length]}**{after}{'…' if last < len(text) else ''}"
    return f"{label}: {' '.join(piece.split())}"


class Finder(QObject):
    """What is looked for in one document, kept up to date while it is edited.

    Signals:
        changed: Other hits, or another one is in front.
    """

    changed = Signal()

    def __init__(self, selection: Selection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._selection = selection
        self._model: DocumentModel | None = None
        self._typed = ""
        self.hits: list[Hit] = []
        self._by_id: dict[str, Hit] = {}
        self._around: dict[str, int] = {}

    def set_document(self, model: DocumentModel | None) -> None:
        """Look through another document."""
        if self._model is not None:
            self._model.changed.disconnect(self._again)
            self._model.reset.disconnect(self._again)
        self._model = model
        if model is not None:
            model.changed.connect(self._again)
            model.reset.connect(self._again)
        self.look_for("")

    @property
    def typed(self) -> str:
        """What is looked for; "" for nothing."""
        return self._typed

    def look_for(self, typed: str) -> None:
        """Look for something else."""
        self._typed = typed.strip()
        self._again()

    def hit(self, node_id: str) -> Hit | None:
        """What was found in a node, or None."""
        return self._by_id.get(node_id)

    def inside(self, node_id: str) -> int:
        """In how many nodes inside this one something was found."""
        return self._around.get(node_id, 0)

    @property
    def position(self) -> int:
        """Which hit is in front, from 1; 0 where none is selected."""
        current = self._selection.current
        return next((n for n, hit in enumerate(self.hits, 1) if hit.node_id == current), 0)

    def go(self, step: int) -> str | None:
        """Select the next hit (1) or the one before (-1), after the last again the first; its id."""
        if not self.hits or self._model is None:
            return None
        order = {node.id: number for number, node in enumerate(self._model.document.walk())}
        here = order.get(self._selection.current or "", -1)
        places = [order[hit.node_id] for hit in self.hits]
        if step > 0:
            chosen = next((i for i, place in enumerate(places) if place > here), 0)
        else:
            chosen = next((i for i in reversed(range(len(places))) if places[i] < here), len(places) - 1)
        self._selection.set([self.hits[chosen].node_id])
        self.changed.emit()
        return self.hits[chosen].node_id

    @Slot()
    def _again(self) -> None:
        had = bool(self.hits)
        self.hits = search(self._model.document, self._typed) if self._model is not None and self._typed else []
        self._by_id = {hit.node_id: hit for hit in self.hits}
        self._around = {}
        for hit in self.hits:
            assert self._model is not None
            for above in self._model.document.ancestors(hit.node_id):
                self._around[above.id] = self._around.get(above.id, 0) + 1
        if had or self.hits or self._typed:
            self.changed.emit()


def _tr(text: str) -> str:
    return QCoreApplication.translate("Tree", text)
