"""What of a request the provider has read before: where two requests in a row part, whose words are to blame, and
whether moving that part of the tree below the conversation would help.

A provider keeps what it has read by its beginning: tools, then the system prompt, then messages. From the first
difference on everything is read, and paid for, anew. Pure functions over requests and a document.
Not here: making requests (``dry``), and how the place is shown (``widgets/context``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from typing import Any, Literal

from engine.blueprint.declared import variables
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.edits import Edit
from engine.blueprint.placement import can_move
from engine.blueprint.problem import move_node
from engine.blueprint.reads import named
from engine.blueprint.render import node_of_path
from engine.model import ModelRequest, Part, Span

LEAST = 50
"""So many tokens must be read again in vain before moving something is worth a word."""

How = Literal["same", "grew", "changed", "appeared", "went"]
_ORDER: tuple[Part, ...] = ("tools", "system", "messages")


@dataclass(frozen=True, slots=True)
class Parting:
    """How one request follows another.

    Attributes:
        how: ``same``; ``grew``: only new messages came, as it should be; else what happened to the words at which
            they part: they ``changed``, ``appeared`` or ``went`` away.
        same: Tokens ahead of that place: these come from the cache.
        again: Tokens behind it that stood in the request before as well, and are read again in vain.
        total: Tokens of the whole later request.
        node_id: The node whose words they are; None where they are the engine's own.
        span: The first span of the later request that is not in the cache; None where all of it is.
        names: Variables and knobs that the node depends on and that changed.
        edited: The person changed the node between the two, so it says nothing about how often it changes.
        move: An edit that puts the node below the conversation, where that is allowed and helps.
    """

    how: How
    same: int
    again: int
    total: int
    node_id: str | None = None
    span: Span | None = None
    names: tuple[str, ...] = ()
    edited: bool = False
    move: Edit | None = None

    @property
    def is_blamed(self) -> bool:
        """Whether something other than the conversation itself made them part."""
        return self.how not in ("same", "grew")


@dataclass(frozen=True, slots=True)
class _Piece:
    """One span with the words it stands for, so that two requests can be compared piece by piece."""

    words: tuple[Any, ...]
    span: Span


def compare(
    before: ModelRequest,
    after: ModelRequest,
    document: AgentDocument,
    *,
    document_before: AgentDocument | None = None,
    state_before: Mapping[str, Any] | None = None,
    state_after: Mapping[str, Any] | None = None,
) -> Parting:
    """Where two requests in a row part, and what to do about it.

    Args:
        before: The request that was sent.
        after: The one that follows it.
        document: The agent as it is now.
        document_before: The agent as it was then; without it nothing counts as edited.
        state_before: Values by technical name at that time; without them no names are given.
        state_after: Values by technical name now.
    """
    old, new = _pieces(before), _pieces(after)
    place = _first_difference(old, new)
    same = sum(piece.span.tokens for piece in new[:place])
    total = sum(piece.span.tokens for piece in new)
    span = new[place].span if place < len(new) else None
    if span is None and place == len(old):
        return Parting("same", same, 0, total)
    if all(_is_tail(piece.span) for piece in old[place:]):
        return Parting("grew", same, 0, total, span=span)
    how, blamed = _blame(old[place:], new[place:])
    known = {piece.words for piece in old[place:]}
    again = sum(piece.span.tokens for piece in new[place:] if piece.words in known)
    node_id = node_of_path(blamed.span.path)
    node = document.get(node_id) if node_id is not None else None
    found = Parting(how, same, again, total, node_id, span)
    if node is None:
        return found
    names = _changed(document, node, state_before, state_after)
    edited = document_before is not None and _edited(document_before, document, node.id)
    move = None
    if blamed.span.part == "system" and again >= LEAST and not edited:
        stable = {piece.words for piece in old} & {piece.words for piece in new}
        move = _move_below(document, node, [piece for piece in new if piece.words in stable], again)
    return replace(found, names=names, edited=edited, move=move)


def if_it_changed(request: ModelRequest, document: AgentDocument, node_id: str) -> Parting | None:
    """What would be read again if a node's words changed before the next call; None where the model does not see it.

    For a part that is known to change often, while nothing of it has changed just now.
    """
    node = document.get(node_id)
    pieces = _pieces(request)
    place = next((at for at, piece in enumerate(pieces) if node_of_path(piece.span.path) == node_id), None)
    if node is None or place is None:
        return None
    same = sum(piece.span.tokens for piece in pieces[:place])
    others = [piece for piece in pieces if node_of_path(piece.span.path) != node_id]
    again = sum(piece.span.tokens for piece in pieces[place:] if node_of_path(piece.span.path) != node_id)
    total = sum(piece.span.tokens for piece in pieces)
    span = pieces[place].span
    helps = span.part == "system" and again >= LEAST
    move = _move_below(document, node, others, again) if helps else None
    return Parting("changed", same, again, total, node_id, span, move=move)


# -- comparing -------------------------------------------------------------------------------------------------------


def _pieces(request: ModelRequest) -> list[_Piece]:
    """All spans in the order in which a provider reads them."""
    by_part: dict[str, list[_Piece]] = {part: [] for part in _ORDER}
    for span in request.spans:
        by_part[span.part].append(_Piece(_words(request, span), span))
    return [piece for part in _ORDER for piece in by_part[part]]


def _words(request: ModelRequest, span: Span) -> tuple[Any, ...]:
    """What a span stands for, as something that can be compared and looked up."""
    if span.part == "tools":
        return "tools", _frozen(_at(request.tools, span.index))
    if span.part == "system":
        return "system", _text(_at(request.system_blocks, span.index), span)
    message = _at(request.messages, span.index)
    content = message.get("content", ())
    if isinstance(content, str):
        return message.get("role"), content[span.start : span.end]
    return message.get("role"), _text(_at(content, span.block), span)


def _at(items: Sequence[Any], index: int) -> Mapping[str, Any]:
    found = items[index] if index < len(items) else {}
    return found if isinstance(found, Mapping) else {"text": found}


def _text(block: Mapping[str, Any], span: Span) -> Any:
    if block.get("type") == "text" and span.end > span.start:
        return str(block.get("text", ""))[span.start : span.end]
    return _frozen(block)


def _frozen(value: Any) -> Any:
    """A JSON value that can be looked up; cache marks move from call to call and do not count."""
    if isinstance(value, Mapping):
        return tuple((key, _frozen(item)) for key, item in value.items() if key != "cache_control")
    if isinstance(value, (list, tuple)):
        return tuple(_frozen(item) for item in value)
    return value if value is None or isinstance(value, (str, int, float, bool)) else repr(value)


def _first_difference(old: Sequence[_Piece], new: Sequence[_Piece]) -> int:
    for place, (left, right) in enumerate(zip_longest(old, new)):
        if left is None or right is None or left.words != right.words:
            return place
    return len(old)


def _is_tail(span: Span) -> bool:
    """Words behind the conversation that are written anew for each call: they cost only themselves."""
    return span.part == "messages" and span.entry_id is None


def _blame(old: Sequence[_Piece], new: Sequence[_Piece]) -> tuple[How, _Piece]:
    """What happened where two requests part, and the piece that did it. At least one side has pieces left."""
    if not old:
        return "appeared", new[0]
    if not new:
        return "went", old[0]
    first, then = old[0], new[0]
    if node_of_path(first.span.path) == node_of_path(then.span.path) and first.span.part == then.span.part:
        return "changed", then
    if not _is_tail(first.span) and first.words in {piece.words for piece in new}:
        return "appeared", then
    return "went", first


# -- who reads what --------------------------------------------------------------------------------------------------


def _changed(
    document: AgentDocument, node: Node, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None
) -> tuple[str, ...]:
    """Names that the node, or a condition around it, depends on and whose values are other ones now."""
    if before is None or after is None:
        return ()
    around = [above for above in document.ancestors(node.id) if above.kind in ("when", "repeat")]
    names = {name for one in (node, *around) for name in named(one)}
    if node.kind in ("knob", "gate"):  # all of them stand in one block, which the first one writes
        names |= {variable.name for variable in variables(document) if variable.source in ("knob", "gate")}
    return tuple(sorted(name for name in names if name in after and before.get(name) != after[name]))


def _edited(before: AgentDocument, after: AgentDocument, node_id: str) -> bool:
    """Whether the person changed or moved the node, or something around it."""
    old, new = before.get(node_id), after.get(node_id)
    if old is None or new is None:
        return True
    shapes = [
        [
            (node.id, node.kind, node.enabled, node.props, document.place(node.id).index)
            for node in (one, *document.ancestors(node_id)[:-1])
        ]
        for document, one in ((before, old), (after, new))
    ]
    return shapes[0] != shapes[1]


# -- moving ----------------------------------------------------------------------------------------------------------


def _move_below(document: AgentDocument, node: Node, stable: Sequence[_Piece], again: int) -> Edit | None:
    """The edit that puts the node, with the conditions around it, below the conversation."""
    timeline = next((other for other in document.walk() if other.kind == "timeline"), None)
    if timeline is None or not timeline.enabled:
        return None
    line = [timeline, *document.ancestors(timeline.id)]
    holders = {above.id: child for child, above in pairwise(line)}
    moved: Node | None = node
    while moved is not None:
        parent = document.parent(moved.id)
        if parent is None or moved.id in {other.id for other in line}:
            return None
        if parent.id in holders:
            break
        moved = parent
    if moved is None or parent is None:
        return None
    inside = {inner.id: inner for inner in moved.walk()}
    if any(inner.kind == "system" for inner in inside.values()):
        return None
    # What stays the same inside the moved part would be read anew at each call from then on.
    lost = sum(
        piece.span.tokens for piece in stable if piece.span.part == "system" and node_of_path(piece.span.path) in inside
    )
    if again - 2 * lost < LEAST:
        return None
    index, mine = document.place(holders[parent.id].id).index, document.place(moved.id).index
    # Its place counts without itself: one less for having stood above, one more for coming below.
    if mine > index or can_move(document, moved.id, parent.id, index) is not None:
        return None
    return move_node(moved.id, parent.id, index, "Move it below the conversation")


__all__ = ["LEAST", "How", "Parting", "compare", "if_it_changed"]
