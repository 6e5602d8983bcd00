"""Renaming variables and inputs together with every text, condition and step that names them, as one edit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.blueprint.declared import readable, unique_names
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.edits import Batch, Edit, EditError, SetProperty
from engine.blueprint.kinds import kind_of
from engine.blueprint.names import slug, unique


def rename_variable(document: AgentDocument, node_id: str, title: str) -> Batch:
    """Give a state variable, knob, gate or tool another title; whatever named it names it still.

    The technical name follows from the title, unless the person has set one; it stays unique.

    Raises:
        EditError: The node has no name of its own.
    """
    node = document.get(node_id)
    kind = kind_of(node) if node is not None else None
    old = kind.own_name(node) if node is not None and kind is not None else None
    if node is None or kind is None or old is None or "title" not in kind.Properties.model_fields:
        raise EditError("This part has no name to change.")
    edits: list[Edit] = [SetProperty(node_id, "title", title)]
    label = f"rename {kind.title}"
    if str(node.props.get("name", "") or "").strip() or not kind.declares(node):
        return Batch(tuple(edits), label)
    wanted = slug(title, old)
    new = unique(wanted, unique_names(document, besides=node_id))
    if new != wanted:
        edits.append(SetProperty(node_id, "name", new))
    shadowed = {variable.node_id for variable in _makers(document, old)} - {node_id}
    edits += list(reference_edits(document, document.root, old, new, shadowed))
    return Batch(tuple(edits), label)


def rename_input(document: AgentDocument, tool_id: str, index: int, title: str) -> Batch:
    """Give an input of a tool another title; its steps follow.

    Raises:
        EditError: There is no such input.
    """
    from engine.blueprint.kinds.tool import ToolInput

    node = document.get(tool_id)
    inputs = list(node.props.get("inputs") or []) if node is not None and node.kind == "tool" else []
    if node is None or not 0 <= index < len(inputs):
        raise EditError("This tool has no such input.")
    old = ToolInput.model_validate(inputs[index]).name
    inputs[index] = {**inputs[index], "title": title}
    new = ToolInput.model_validate(inputs[index]).name
    edits: list[Edit] = [SetProperty(tool_id, "inputs", inputs)]
    if new != old:
        for child in node.children:
            edits += list(reference_edits(document, child, old, new, set()))
    return Batch(tuple(edits), "rename input")


def reference_edits(
    document: AgentDocument, within: Node, old: str, new: str, shadowed: set[str]
) -> Iterator[SetProperty]:
    """Edits that rewrite every mention of a name inside a node.

    Args:
        document: The document.
        within: The node to look through.
        old: The name now.
        new: The name then.
        shadowed: Nodes inside which the name means something else.
    """
    if old == new or within.id in shadowed:
        return
    for field, value in readable(within):
        rewritten = rewrite(value, field.role, old, new)
        if rewritten != value:
            yield SetProperty(within.id, field.name, rewritten)
    if within.kind == "part":  # what stands inside knows only its parameters
        return
    for child in within.children:
        yield from reference_edits(document, child, old, new, shadowed)


def rewrite(value: Any, role: str, old: str, new: str) -> Any:
    """A property's value with a variable's name exchanged."""
    if role == "variable":
        return new if isinstance(value, str) and value.strip() == old else value
    if role in ("template", "value"):
        return rewrite_text(value, old, new) if isinstance(value, str) else value
    if role == "values":
        if isinstance(value, Mapping):
            return {name: rewrite(item, role, old, new) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [rewrite(item, role, old, new) for item in value]
        return rewrite_text(value, old, new) if isinstance(value, str) else value
    if role == "condition" and isinstance(value, Mapping):
        found = dict(value)
        if isinstance(value.get("rows"), list):
            found["rows"] = [_row(row, old, new) for row in value["rows"]]
        expression = value.get("expression")
        if isinstance(expression, str) and expression.strip():
            wrapped = rewrite_text("{{" + expression + "}}", old, new)
            found["expression"] = wrapped[2:-2]
        return found
    return value


def rewrite_text(text: str, old: str, new: str) -> str:
    """A text with a variable's name exchanged, everything else untouched; the text itself where it is no template.

    Example:
        >>> rewrite_text("{% for n in notes %}{{ n.notes }}{% endfor %} notes: {{ notes|length }}", "notes", "list")
        '{% for n in list %}{{ n.notes }}{% endfor %} notes: {{ list|length }}'
    """
    if old not in text or "{" not in text:
        return text
    from jinja2 import Environment, TemplateSyntaxError

    # Whitespace control and carriage returns are changed to blanks of the same length: the lexer drops them otherwise,
    # and then its tokens could not be laid over the text.
    plain = text.replace("\r\n", " \n").replace("\r", "\n").replace("{%-", "{% ").replace("{{-", "{{ ")
    environment = Environment(keep_trailing_newline=True, autoescape=False)
    try:
        tokens = [(kind, value) for _, kind, value in environment.lex(plain)]
    except (TemplateSyntaxError, ValueError, RecursionError):
        return text
    if "".join(value for _, value in tokens) != plain:
        return text
    found, end = [], 0
    for start in _mentions(tokens, old):
        found += [text[end:start], new]
        end = start + len(old)
    return "".join([*found, text[end:]])


def _mentions(tokens: list[tuple[str, str]], old: str) -> Iterator[int]:
    """Where the name stands as a variable, as offsets."""
    loops: list[bool] = []
    meaning = [index for index, (kind, _) in enumerate(tokens) if kind != "whitespace"]
    position = {index: place for place, index in enumerate(meaning)}
    statement = ""
    in_targets = shadows = False
    offset = 0
    for index, (kind, value) in enumerate(tokens):
        place = position.get(index)
        before = tokens[meaning[place - 1]] if place else ("", "")
        after = tokens[meaning[place + 1]] if place is not None and place + 1 < len(meaning) else ("", "")
        if kind == "block_begin":
            statement, in_targets, shadows = "", False, False
        elif kind == "block_end":
            if statement == "for":
                loops.append(shadows)
            elif statement == "endfor" and loops:
                loops.pop()
            statement = ""
        elif kind == "name" and before[0] == "block_begin":
            statement = value
            in_targets = value == "for"
        elif kind == "name" and in_targets and value == "in":
            in_targets = False
        elif kind == "name" and in_targets:
            shadows = shadows or value == old
        elif kind == "name" and value == old and not any(loops) and _is_variable(before, after):
            yield offset
        offset += len(value)


def _is_variable(before: tuple[str, str], after: tuple[str, str]) -> bool:
    if before[1] in (".", "|") or before[1] == "is":
        return False
    return not (after[1] == "=" and before[1] in ("(", ","))


def _makers(document: AgentDocument, name: str) -> list[Any]:
    from engine.blueprint.declared import inside

    return [variable for node in document.walk() for variable in inside(node) if variable.name == name]


__all__ = ["reference_edits", "rename_input", "rename_variable", "rewrite", "rewrite_text"]


def _row(row: Any, old: str, new: str) -> Any:
    """One row of a condition, or a group of them."""
    if not isinstance(row, Mapping):
        return row
    found = {**row, "variable": new} if row.get("variable") == old else dict(row)
    if isinstance(row.get("rows"), list):
        found["rows"] = [_row(inner, old, new) for inner in row["rows"]]
    return found
