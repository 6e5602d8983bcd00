"""Conditions that decide nothing because they always or never hold, and gates that nobody can clear or close.

A condition is decided by what its variables can be at all: the options of a choice, the range of a number, the states
of a gate, rows that contradict each other, an expression without variables. What is not certain is not said.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from engine.blueprint.checks.view import View
from engine.blueprint.conditions import Condition, Row, as_condition, evaluate, is_blank, to_expression, words
from engine.blueprint.declared import readable
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.edits import Batch, Edit, SetEnabled, SetProperty
from engine.blueprint.form_fields import Field
from engine.blueprint.kinds import kind_of
from engine.blueprint.kinds.base import Variable
from engine.blueprint.problem import Problem, set_value, unwrap
from engine.blueprint.reads import names
from engine.blueprint.template import TemplateError, names_in_expression
from engine.blueprint.values import ValueProblem, to_number

_INFINITE = float("inf")
GATE_STATES = ("inactive", "active", "deferred")


@dataclass(frozen=True, slots=True)
class Domain:
    """What a variable can be: one of some options, or a number between two ends."""

    options: tuple[str, ...] | None = None
    low: float = -_INFINITE
    high: float = _INFINITE


def domain(document: AgentDocument, variable: Variable) -> Domain:
    """What is known of the values of a variable."""
    node = document.get(variable.node_id)
    if node is None:
        return Domain()
    kind: Any = kind_of(node)
    if node.kind == "gate":
        return Domain(GATE_STATES)
    if node.kind == "knob":
        props = kind.props(node)
        if props.type == "choice":
            return Domain(tuple(kind.options(node)) or None)
        if props.type == "number":
            low = -_INFINITE if props.minimum is None else props.minimum
            return Domain(None, low, _INFINITE if props.maximum is None else props.maximum)
    if node.kind == "tool" and variable.source == "input":
        item = next((each for each in kind.inputs(node) if each.name == variable.name), None)
        options = tuple(option.strip() for option in item.options if option.strip()) if item is not None else ()
        if item is not None and item.type == "choice" and options:
            # Left out, it is an empty text.
            return Domain(options if item.required else (*options, ""))
    return Domain()


def verdict(condition: Condition, domains: Mapping[str, Domain]) -> bool | None:
    """True where it always holds, False where it never can, None where that depends."""
    if condition.expression.strip():
        return _constant(condition)
    rows = [row for row in condition.rows if row.variable.strip()]
    found = [_row(row, domains.get(row.variable.strip(), Domain())) for row in rows]
    groups = [row for row in condition.rows if any(inner.variable.strip() for inner in row.rows)]
    found += [verdict(as_condition(group.model_dump()), domains) for group in groups]
    if condition.match == "all":
        if False in found or any(_contradict(one, two) for index, one in enumerate(rows) for two in rows[:index]):
            return False
        return True if found and all(found) else None
    if True in found:
        return True
    return False if found and all(each is False for each in found) else None


def _constant(condition: Condition) -> bool | None:
    try:
        if names_in_expression(to_expression(condition)):
            return None
        return evaluate(condition, {})
    except TemplateError:
        return None


def _row(row: Row, known: Domain) -> bool | None:
    if known.options is not None and row.operator in ("equals", "not_equals"):
        value = "" if row.value is None else row.value
        if value not in known.options:
            return row.operator == "not_equals"
        return (row.operator == "equals") if len(known.options) == 1 else None
    span = _span(row)
    if span is None:
        return None
    low, high, open_ends = span
    if row.operator == "not_equals":
        return True if not known.low <= low <= known.high else None
    if low > known.high or high < known.low or (open_ends and (low >= known.high or high <= known.low)):
        return False
    inside = (low < known.low or (low == known.low and not open_ends)) and (
        high > known.high or (high == known.high and not open_ends)
    )
    return True if inside and (known.low, known.high) != (-_INFINITE, _INFINITE) else None


def _span(row: Row) -> tuple[float, float, bool] | None:
    """The numbers for which a row holds: from, to, and whether the ends themselves are left out."""
    try:
        number = float(to_number("" if row.value is None else row.value))
    except ValueProblem:
        return None
    spans = {
        "more_than": (number, _INFINITE, True),
        "at_least": (number, _INFINITE, False),
        "less_than": (-_INFINITE, number, True),
        "at_most": (-_INFINITE, number, False),
        "has_at_least": (number, _INFINITE, False),
        "has_at_most": (-_INFINITE, number, False),
        "equals": (number, number, False),
        "not_equals": (number, number, False),
    }
    return spans.get(row.operator)


_OPPOSED = {
    frozenset({"is_yes", "is_no"}),
    frozenset({"is_empty", "is_not_empty"}),
    frozenset({"is_empty", "contains"}),
}


def _contradict(one: Row, two: Row) -> bool:
    """Whether two rows on one variable cannot both hold."""
    if one.variable.strip() != two.variable.strip():
        return False
    pair = frozenset({one.operator, two.operator})
    if pair in _OPPOSED:
        return True
    same = type(one.value) is type(two.value) and one.value == two.value
    if pair == {"equals"} or pair == {"equals", "not_equals"}:
        return same is (pair == {"equals", "not_equals"})
    if pair == {"contains", "not_contains"}:
        return same
    spans = [_span(row) for row in (one, two)]
    sized = sum(row.operator.startswith("has_") for row in (one, two))
    if None in spans or "not_equals" in pair or sized == 1:
        return False
    (low, high, left), (other_low, other_high, right) = spans  # type: ignore[misc]
    bottom, top = max(low, other_low), min(high, other_high)
    return bottom > top or (bottom == top and (left or right))


def truths(view: View, node: Node) -> Iterator[Problem]:
    """Conditions of one node that always or never hold."""
    if node.kind == "gate":
        return  # a gate says it in its own words
    for field, value in readable(node):
        if field.role != "condition" or is_blank(value):
            continue
        condition = as_condition(value)
        decided = verdict(condition, _domains(view, node, field, value))
        if decided is None:
            continue
        said = words(condition, bold=False)
        if decided:
            fix = unwrap(view.document, node) if node.kind == "when" else None
            text = f"This condition always holds, so it decides nothing: {said}."
            yield Problem(node.id, field.name, "warning", text, fix)
        else:
            text = f"This condition can never hold: {said}."
            yield Problem(node.id, field.name, "warning", text, _possible(view, node, field, condition))


def _domains(view: View, node: Node, field: Field, value: object) -> dict[str, Domain]:
    scope = view.scope(node)
    return {name: domain(view.document, scope[name]) for name in names(field, value) if name in scope}


def _possible(view: View, node: Node, field: Field, condition: Condition) -> Edit | None:
    """The condition made to hold at least sometimes, where one change does that."""
    if condition.expression.strip() or any(row.rows for row in condition.rows):
        return None
    rows = [row for row in condition.rows if row.variable.strip()]
    scope = view.scope(node)
    for index, row in enumerate(rows):
        variable = scope.get(row.variable.strip())
        known = domain(view.document, variable) if variable is not None else Domain()
        if _row(row, known) is not False:
            continue
        changed = _nearest(row, known)
        if changed is None:
            return None
        kept = [other.model_dump() for other in rows]
        kept[index] = changed.model_dump()
        label = f"Make it “{words({'rows': [changed.model_dump()]}, bold=False)}”"
        return set_value(node.id, field.name, {"rows": kept, "match": condition.match}, label)
    kept = [row.model_dump() for row in rows]
    return set_value(node.id, field.name, {"rows": kept, "match": "any"}, "Let one of the rows be enough")


def _nearest(row: Row, known: Domain) -> Row | None:
    if known.options:
        near = difflib.get_close_matches(str(row.value), known.options, 1, 0)
        return row.model_copy(update={"value": near[0] if near else known.options[0]})
    span = _span(row)
    if span is None:
        return None
    end = known.high if span[0] >= known.high else known.low
    operator = {"more_than": "at_least", "less_than": "at_most"}.get(row.operator, row.operator)
    if operator == "equals" or known.low != known.high:
        return row.model_copy(update={"operator": operator, "value": float_or_int(end)})
    return None


def float_or_int(number: float) -> int | float:
    """A whole number without its point."""
    return int(number) if number == int(number) else number


def gates(view: View) -> Iterator[Problem]:
    """Gates that, once closed, close again at once, and gates that can never close."""
    changing = view.changed_names | {
        variable.name for node in view.of_kind("knob", "gate") for variable in kind_of(node).declares(node)
    }
    for node in view.of_kind("gate"):
        kind: Any = kind_of(node)
        props = kind.props(node)
        if props.tool.strip() or is_blank(props.condition):
            continue
        field = next(each for each, _ in readable(node) if each.role == "condition")
        known = _domains(view, node, field, props.condition.model_dump())
        decided = verdict(props.condition, known)
        if decided is None and not set(known) & changing:
            decided = _at_first(view, set(known), props.condition)
        said = words(props.condition, bold=False)
        if decided is True:
            text = f"Nobody can clear this gate for good: it closes when {said}, and that always holds."
            yield Problem(node.id, "condition", "error", text, _by_tool(view, node))
        elif decided is False:
            text = f"This gate can never close: it closes when {said}, and that never holds."
            yield Problem(node.id, "condition", "warning", text, _by_tool(view, node))


def _at_first(view: View, wanted: set[str], condition: Condition) -> bool | None:
    """Whether it holds with the values to start with, for conditions that nothing changes."""
    from engine.blueprint.why import current_values

    values = current_values(view.document, None)
    if not wanted or not wanted <= set(values):
        return None
    try:
        return evaluate(condition, values)
    except TemplateError:
        return None


def _by_tool(view: View, node: Node) -> Edit:
    """Let the use of the first tool close the gate; without tools the gate is switched off."""
    tool = next(view.of_kind("tool"), None)
    name = kind_of(tool).own_name(tool) if tool is not None else None
    if tool is None or name is None:
        return Batch((SetEnabled(node.id, False),), "Switch the gate off")
    edits = (SetProperty(node.id, "condition", absent=True), SetProperty(node.id, "tool", name))
    return Batch(edits, f"Close it when “{tool.props.get('title') or name}” was used")


__all__ = ["Domain", "domain", "gates", "truths", "verdict"]
