"""Conditions: rows that people fill in, the expression they stand for, words for cards, and evaluation.

There is one language: rows are turned into an expression of the template language and that is evaluated.
Not here: the language itself (``template``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from engine.blueprint.names import is_name
from engine.blueprint.values import ValueProblem, short, to_number


class PlainRow(BaseModel):
    """One comparison: *notepad* · *is not empty*."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)

    variable: str = Field(default="", max_length=200)
    operator: str = Field(default="is_not_empty", max_length=40)
    value: Any = None


class Row(PlainRow):
    """One row: a comparison, or, where it has rows of its own, a group of them in brackets."""

    rows: list[PlainRow] = Field(default_factory=list, max_length=50)
    match: Literal["all", "any"] = "all"

    @property
    def is_said(self) -> bool:
        """Whether anything stands in it."""
        return bool(self.variable.strip()) or any(row.variable.strip() for row in self.rows)

    @model_serializer(mode="wrap")
    def _without_what_groups_alone_have(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = dump(self)
        return found if self.rows else {name: found[name] for name in found if name not in ("rows", "match")}


class Condition(BaseModel):
    """Rows, or an expression written out. An expression that is not blank wins."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)

    rows: list[Row] = Field(default_factory=list, max_length=50)
    match: Literal["all", "any"] = "all"
    expression: str = Field(default="", max_length=5_000)


@dataclass(frozen=True, slots=True)
class Operator:
    """One way to compare.

    Attributes:
        name: Technical name.
        words: How it reads between the variable and the value.
        value: What is compared with: nothing, a text, a number, or a value of the variable's type.
        types: Types of variables that it suits; ``any`` suits all.
        pattern: The expression, with ``{v}`` for the variable and ``{x}`` for the value.
    """

    name: str
    words: str
    value: Literal["none", "text", "number", "same"]
    types: tuple[str, ...]
    pattern: str


_ALL = ("text", "number", "yes_no", "list", "record", "any")
OPERATORS: dict[str, Operator] = {
    operator.name: operator
    for operator in (
        Operator("is_not_empty", "is not empty", "none", ("list", "text", "record", "any"), "{v} is not empty"),
        Operator("is_empty", "is empty", "none", ("list", "text", "record", "any"), "{v} is empty"),
        Operator("is_yes", "is yes", "none", ("yes_no", "any"), "{v} is yes"),
        Operator("is_no", "is no", "none", ("yes_no", "any"), "{v} is not yes"),
        Operator("equals", "is", "same", ("text", "number", "any"), "{v} == {x}"),
        Operator("not_equals", "is not", "same", ("text", "number", "any"), "{v} != {x}"),
        Operator("contains", "contains", "text", ("text", "list", "record", "any"), "{x} in {v}"),
        Operator("not_contains", "does not contain", "text", ("text", "list", "record", "any"), "{x} not in {v}"),
        Operator("starts_with", "starts with", "text", ("text", "any"), "{v} is startingwith({x})"),
        Operator("more_than", "is more than", "number", ("number", "any"), "{v} > {x}"),
        Operator("at_least", "is at least", "number", ("number", "any"), "{v} >= {x}"),
        Operator("less_than", "is less than", "number", ("number", "any"), "{v} < {x}"),
        Operator("at_most", "is at most", "number", ("number", "any"), "{v} <= {x}"),
        Operator("has_at_least", "has at least this many items:", "number", ("list", "record"), "{v}|length >= {x}"),
        Operator("has_at_most", "has at most this many items:", "number", ("list", "record"), "{v}|length <= {x}"),
    )
}


def operators_for(value_type: str) -> tuple[Operator, ...]:
    """Operators that suit a variable of that type, the most useful first."""
    if value_type == "any":
        return tuple(OPERATORS.values())
    return tuple(operator for operator in OPERATORS.values() if value_type in operator.types)


def as_condition(value: object) -> Condition:
    """A condition from its JSON form; what is no condition becomes an empty one."""
    if isinstance(value, Condition):
        return value
    return Condition.model_validate(value if isinstance(value, dict) else {})


def is_blank(condition: object) -> bool:
    """Whether nothing has been said yet."""
    parsed = as_condition(condition)
    return not parsed.expression.strip() and not any(row.is_said for row in parsed.rows)


def literal(value: Any) -> str:
    """A JSON value as it is written in an expression."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        body = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
        return f"'{body}'"
    if isinstance(value, (int, float)):
        return repr(value) if value >= 0 else f"({value!r})"
    return literal(json.dumps(value, ensure_ascii=False))


def to_expression(condition: object, types: Mapping[str, str] | None = None) -> str:
    """The condition as an expression; "" where nothing has been said.

    Args:
        condition: The JSON form or a :class:`Condition`.
        types: Types of variables by name, so that "5" is compared as a number where the variable is one.
    """
    parsed = as_condition(condition)
    if parsed.expression.strip():
        return parsed.expression.strip()
    said = [row for row in parsed.rows if row.is_said]
    pieces = [_group_expression(row, types or {}, alone=len(said) == 1) for row in said]
    return f" {'and' if parsed.match == 'all' else 'or'} ".join(pieces)


def _group_expression(row: Row, types: Mapping[str, str], alone: bool) -> str:
    inner = [_row_expression(one, types) for one in row.rows if one.variable.strip()]
    if not inner:
        return _row_expression(row, types)
    joined = f" {'and' if row.match == 'all' else 'or'} ".join(inner)
    return f"({joined})" if len(inner) > 1 and not alone else joined


def _row_expression(row: PlainRow, types: Mapping[str, str]) -> str:
    operator = OPERATORS.get(row.operator)
    variable = row.variable.strip()
    if operator is None:
        raise ValueProblem(f"“{row.operator}” is no way to compare")
    if not is_name(variable) and variable != "item" and not variable.startswith("item."):
        raise ValueProblem(f"“{variable}” is not the name of a variable")
    value = row.value
    if operator.value == "number" or (operator.value == "same" and types.get(variable) == "number"):
        value = to_number("" if value is None else value)
    elif operator.value == "text" or (operator.value == "same" and types.get(variable) == "text"):
        value = "" if value is None else value if isinstance(value, str) else short(value).strip("“”")
    elif operator.value == "same" and value is None:
        value = ""
    return operator.pattern.format(v=variable, x=literal(value))


def words(condition: object, *, bold: bool = True) -> str:
    """The condition as people read it: ``**notepad** is not empty``."""
    parsed = as_condition(condition)
    if parsed.expression.strip():
        text = " ".join(parsed.expression.split())
        return text if len(text) <= 90 else text[:89] + "…"
    said = [row for row in parsed.rows if row.is_said]
    pieces = [_group_words(row, bold, alone=len(said) == 1) for row in said]
    return (" and " if parsed.match == "all" else " or ").join(pieces)


def _group_words(row: Row, bold: bool, alone: bool) -> str:
    inner = [_row_words(one, bold) for one in row.rows if one.variable.strip()]
    if not inner:
        return _row_words(row, bold)
    joined = (" and " if row.match == "all" else " or ").join(inner)
    return f"({joined})" if len(inner) > 1 and not alone else joined


def _row_words(row: PlainRow, bold: bool) -> str:
    operator = OPERATORS.get(row.operator)
    name = f"**{row.variable}**" if bold else row.variable
    said = operator.words if operator else row.operator
    return f"{name} {said} {_value_words(row, operator)}".rstrip()


def opposite_words(condition: object) -> str:
    """How it reads when it does not hold: ``notepad is empty``."""
    parsed = as_condition(condition)
    said = [row for row in parsed.rows if row.is_said]
    if not parsed.expression.strip() and len(said) == 1 and not said[0].rows:
        row = said[0]
        swapped = _OPPOSITES.get(row.operator)
        if swapped:
            return words({"rows": [{**row.model_dump(), "operator": swapped}]}, bold=False)
    return f"this is not so: {words(condition, bold=False)}"


def _value_words(row: PlainRow, operator: Operator | None) -> str:
    if operator is not None and operator.value == "none":
        return ""
    return (
        str(row.value) if isinstance(row.value, str) and operator and operator.value == "number" else short(row.value)
    )


_PAIRS = (
    ("is_not_empty", "is_empty"),
    ("is_yes", "is_no"),
    ("equals", "not_equals"),
    ("contains", "not_contains"),
    ("more_than", "at_most"),
    ("at_least", "less_than"),
)
_OPPOSITES = dict(_PAIRS) | {b: a for a, b in _PAIRS}


def evaluate(condition: object, values: Mapping[str, Any], types: Mapping[str, str] | None = None) -> bool:
    """Whether the condition holds. A blank one never does.

    Raises:
        engine.blueprint.template.TemplateError: It cannot be understood, or names something unknown.
    """
    from engine.blueprint.template import TemplateError, truth

    try:
        expression = to_expression(condition, types)
    except ValueProblem as problem:
        raise TemplateError(str(problem)) from None
    return bool(expression) and truth(expression, values)
