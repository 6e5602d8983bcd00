"""Finding and replacing in all texts of an agent, as plain functions over the document.

Titles that variables and inputs are called by are renamed together with everything that names them. What stands inside
``{{ }}`` and ``{% %}`` is a name and not a text: it is found and told, but never replaced. Not here: the panel
(``replace_panel``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine.blueprint.declared import variables
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.edits import Batch, Edit, SetProperty, apply
from engine.blueprint.form_fields import Field, fields
from engine.blueprint.kinds import KINDS, kind_of
from engine.blueprint.placement import fixed_by
from engine.blueprint.rename import rename_input, rename_variable

LONGEST_PATTERN = 1_000
_TEXTS = frozenset(("line", "text", "prompt", "list", "inputs", "value", "json", "pairs"))
_NO_TEXTS = frozenset(("type", "id", "kind"))
_TAGS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_WORD = re.compile(r"\w+")
_AROUND = 28


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for.

    Attributes:
        typed: Words, or a regular expression.
        case: Whether upper and lower case differ.
        word: Whether it has to be a whole word.
        regex: Whether ``typed`` is a regular expression.
    """

    typed: str
    case: bool = False
    word: bool = False
    regex: bool = False

    def pattern(self) -> re.Pattern[str] | None:
        """The compiled pattern; None where nothing is typed.

        Raises:
            ValueError: It is no proper expression; the reason in words.
        """
        if not self.typed or len(self.typed) > LONGEST_PATTERN:
            return None
        source = self.typed if self.regex else re.escape(self.typed)
        if self.word:
            source = rf"(?<!\w)(?:{source})(?!\w)"
        try:
            return re.compile(source, 0 if self.case else re.IGNORECASE)
        except re.error as error:
            raise ValueError(str(error)) from error


@dataclass(frozen=True, slots=True)
class Spot:
    """One text of the agent.

    Attributes:
        node_id: The node.
        field: The property.
        label: What its form calls the property.
        path: Where inside the property's value; empty where the value is the text itself.
        text: The text.
        names: Whether it is the title that a ``variable`` (or knob, gate) or an ``input`` of a tool is called by.
        template: Whether ``{{ }}`` in it is a variable.
    """

    node_id: str
    field: str
    label: str
    path: tuple[str | int, ...]
    text: str
    names: Literal["", "variable", "input"] = ""
    template: bool = False


@dataclass(frozen=True, slots=True)
class TextHit:
    """A place in a text.

    Attributes:
        spot: The text.
        start, end: The place.
        name: The word inside ``{{ }}`` that it touches; "" for ordinary text.
        variable: The node that is the variable of that name, where there is one.
    """

    spot: Spot
    start: int
    end: int
    name: str = ""
    variable: str = ""

    def snippet(self) -> str:
        """The place with a little around it, itself in bold (``**``), on one line."""
        text = self.spot.text
        before, after = text[max(0, self.start - _AROUND) : self.start], text[self.end : self.end + 2 * _AROUND]
        piece = f"{'…' if self.start > _AROUND else ''}{before}**{text[self.start : self.end]}**{after}"
        return " ".join(f"{piece}{'…' if self.end + 2 * _AROUND < len(text) else ''}".split())


def spots(document: AgentDocument) -> Iterator[Spot]:
    """All texts of an agent that can be changed in it, in reading order: not those inside parts of the library."""
    for node in document.walk():
        if node.kind in KINDS and node.kind != "unknown" and fixed_by(document, node.id) is None:
            for field in fields(node.kind):
                if _is_text(field) and field.name in node.props:
                    yield from _spots_in(node, field, node.props[field.name], ())


def find(document: AgentDocument, query: Query) -> list[TextHit]:
    """All places that fit.

    Raises:
        ValueError: The expression is no proper one.
    """
    pattern = query.pattern()
    if pattern is None:
        return []
    known = {variable.name: variable.node_id for variable in variables(document)}
    return [hit for spot in spots(document) for hit in _hits(spot, pattern, known)]


def replace_edit(document: AgentDocument, hit: TextHit, query: Query, words: str) -> Edit | None:
    """The edit that replaces one place; None for one inside ``{{ }}``, or where nothing would change.

    Raises:
        ValueError: The replacement does not fit the expression.
        EditError: The title cannot be changed.
    """
    if hit.name:
        return None
    pattern = query.pattern()
    match = pattern.match(hit.spot.text, hit.start) if pattern is not None else None
    if match is None:
        return None
    text = hit.spot.text[: hit.start] + _words(match, query, words) + hit.spot.text[hit.end :]
    return _put(document, hit.spot, text) if text != hit.spot.text else None


def replace_all_edit(document: AgentDocument, query: Query, words: str, label: str) -> tuple[Batch, int, int]:
    """One edit that replaces every place but those inside ``{{ }}``.

    Returns:
        The edit, how many places it replaces, and how many it leaves because they are names.

    Raises:
        ValueError: The expression, or the replacement in it, is no proper one.
        EditError: A text would become something that its part cannot hold.
    """
    pattern = query.pattern()
    if pattern is None:
        return Batch((), label), 0, 0
    edits: list[Edit] = []
    done = 0
    left = sum(1 for hit in find(document, query) if hit.name)
    changed = document
    for spot in spots(document):
        fresh = _again(changed, spot)  # a name that was replaced before may stand in it
        text, count = _replaced(fresh, pattern, query, words)
        if count and text != fresh.text:
            edit = _put(changed, fresh, text)
            changed, _ = apply(changed, edit)
            edits.append(edit)
            done += count
    return Batch(tuple(edits), label), done, left


def rename_edit(document: AgentDocument, hit: TextHit, query: Query, words: str) -> Edit | None:
    """The edit that gives the variable of a hit inside ``{{ }}`` the name that replacing would have made of it.

    Raises:
        ValueError: The replacement does not fit the expression.
        EditError: The variable cannot be renamed.
    """
    node, pattern = document.get(hit.variable), query.pattern()
    if node is None or pattern is None:
        return None
    title = str(node.props.get("title", "") or hit.name)
    renamed = pattern.sub(lambda match: _words(match, query, words), title)
    if renamed == title:
        renamed = pattern.sub(lambda match: _words(match, query, words), hit.name)
    return rename_variable(document, node.id, renamed) if renamed.strip() and renamed != title else None


# -- inside -----------------------------------------------------------------------------------------------------------


def _is_text(field: Field) -> bool:
    technical = field.advanced and field.name in ("name", "id")
    return field.editor in _TEXTS and field.role not in ("variable", "condition") and not technical


def _spots_in(node: Node, field: Field, value: Any, path: tuple[str | int, ...]) -> Iterator[Spot]:
    if isinstance(value, str):
        template = field.role in ("template", "value")
        yield Spot(node.id, field.name, field.label, path, value, _names(node, field, path), template)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in _NO_TEXTS:
                yield from _spots_in(node, field, inner, (*path, key))
    elif isinstance(value, (list, tuple)):
        for number, inner in enumerate(value):
            yield from _spots_in(node, field, inner, (*path, number))


def _names(node: Node, field: Field, path: tuple[str | int, ...]) -> Literal["", "variable", "input"]:
    if field.name == "title" and not path and kind_of(node).declares(node):
        return "variable"
    return "input" if field.editor == "inputs" and len(path) == 2 and path[1] == "title" else ""


def _hits(spot: Spot, pattern: re.Pattern[str], known: Mapping[str, str]) -> Iterator[TextHit]:
    tags = [match.span() for match in _TAGS.finditer(spot.text)] if spot.template else []
    for match in pattern.finditer(spot.text):
        start, end = match.span()
        if start == end:
            continue
        tag = next(((first, last) for first, last in tags if start < last and end > first), None)
        if tag is None:
            yield TextHit(spot, start, end)
            continue
        touched = (word for word in _WORD.finditer(spot.text, *tag) if word.start() < end and word.end() > start)
        name = next((word.group() for word in touched), spot.text[start:end])
        yield TextHit(spot, start, end, name, known.get(name, ""))


def _replaced(spot: Spot, pattern: re.Pattern[str], query: Query, words: str) -> tuple[str, int]:
    """The text with every place replaced that is no name, and how many those were."""
    pieces, end, count = [], 0, 0
    for hit in _hits(spot, pattern, {}):
        match = pattern.match(spot.text, hit.start)
        if hit.name or match is None:
            continue
        pieces += [spot.text[end : hit.start], _words(match, query, words)]
        end, count = hit.end, count + 1
    return "".join([*pieces, spot.text[end:]]), count


def _words(match: re.Match[str], query: Query, words: str) -> str:
    if not query.regex:
        return words
    try:
        return match.expand(words)
    except (re.error, IndexError) as error:
        raise ValueError(str(error)) from error


def _again(document: AgentDocument, spot: Spot) -> Spot:
    """The text as it is after other edits of the same property."""
    value: Any = document.node(spot.node_id).props.get(spot.field)
    for step in spot.path:
        value = value[step]
    return Spot(spot.node_id, spot.field, spot.label, spot.path, str(value), spot.names, spot.template)


def _put(document: AgentDocument, spot: Spot, text: str) -> Edit:
    """The edit that gives a text another content."""
    node = document.node(spot.node_id)
    if spot.names == "variable" and text.strip():
        found = rename_variable(document, node.id, text)
        return found.edits[0] if len(found.edits) == 1 else found
    if spot.names == "input" and text.strip():
        return rename_input(document, node.id, int(spot.path[0]), text)
    return SetProperty(node.id, spot.field, _with(node.props.get(spot.field), spot.path, text))


def _with(value: Any, path: tuple[str | int, ...], text: str) -> Any:
    if not path:
        return text
    if isinstance(value, Mapping):
        return {key: _with(inner, path[1:], text) if key == path[0] else inner for key, inner in value.items()}
    return [_with(inner, path[1:], text) if number == path[0] else inner for number, inner in enumerate(value)]
