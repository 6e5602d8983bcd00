"""Which names the texts, conditions and lists of a node use. Not here: which there are (``declared``)."""

from __future__ import annotations

from engine.blueprint.conditions import as_condition, is_blank, to_expression
from engine.blueprint.declared import readable
from engine.blueprint.document import Node
from engine.blueprint.form_fields import Field
from engine.blueprint.kinds import kind_of
from engine.blueprint.template import TemplateError, names_in, names_in_expression, texts_in
from engine.blueprint.values import ValueProblem


def names(field: Field, value: object) -> frozenset[str]:
    """The names in one property; none where it cannot be understood."""
    try:
        if field.role == "variable":
            return frozenset({str(value).strip()})
        if field.role == "condition":
            condition = as_condition(value)
            return frozenset() if is_blank(condition) else names_in_expression(to_expression(condition))
        texts = texts_in(value) if field.role == "values" or isinstance(value, str) else ()
        return frozenset[str]().union(*(names_in(text) for text in texts))
    except (TemplateError, ValueProblem):
        return frozenset()


def named(node: Node) -> tuple[str, ...]:
    """Every name that a node reads or changes, each once, in the order of its form."""
    return tuple(dict.fromkeys(name for field, value in readable(node) for name in sorted(names(field, value))))


def reads(node: Node) -> frozenset[str]:
    """The names that a node reads. What a step changes is not read."""
    found: set[str] = set()
    for field, value in readable(node):
        if field.role != "variable" or kind_of(node).group != "steps":
            found |= names(field, value)
    return frozenset(found)
