"""Every text, condition and variable of one node: whether it can be understood, and whether what it names is there."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from engine.blueprint.checks.view import View
from engine.blueprint.conditions import is_blank, to_expression
from engine.blueprint.declared import readable, variables
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.edits import Batch, Edit, SetEnabled, SetProperty
from engine.blueprint.form_fields import Field
from engine.blueprint.kinds import kind_of
from engine.blueprint.kinds.base import Variable
from engine.blueprint.problem import Problem, insert_node, set_value
from engine.blueprint.rename import rewrite
from engine.blueprint.template import TemplateError, names_in, names_in_expression, texts_in
from engine.blueprint.values import TYPE_LABELS, ValueProblem

_SOURCES = {
    "input": "an input of the tool",
    "item": "an item of a list",
    "gate": "a gate",
    "step": "what an earlier step found",
    "event": "what happened",
    "parameter": "a parameter that is not given a variable",
}


def references(view: View, node: Node) -> Iterator[Problem]:
    """What is wrong with the texts, conditions and variables of one node."""
    for field, value in readable(node):
        scope = view.scope(node)
        if field.role == "variable":
            yield from _variable(view, node, field, str(value).strip(), scope)
            continue
        try:
            if field.role == "condition":
                if is_blank(value):
                    continue
                types = {name: variable.type for name, variable in scope.items()}
                named = names_in_expression(to_expression(value, types))
            else:
                texts = texts_in(value) if field.role == "values" or isinstance(value, str) else ()
                named = frozenset[str]().union(*(names_in(text) for text in texts))
        except TemplateError as error:
            yield Problem(node.id, field.name, "error", f"{field.label}: {error.reason}", line=error.line)
            continue
        except ValueProblem as error:
            yield Problem(node.id, field.name, "error", f"{field.label}: {str(error)[:1].upper()}{str(error)[1:]}.")
            continue
        for name in sorted(named - set(scope)):
            yield _unknown(view, node, field, name, scope)


def _variable(view: View, node: Node, field: Field, name: str, scope: dict[str, Variable]) -> Iterator[Problem]:
    if not name:
        return
    found = scope.get(name)
    if found is None:
        yield _unknown(view, node, field, name, scope)
    elif kind_of(node).group == "steps" and not found.settable:
        what = _SOURCES.get(found.source, "this")
        yield Problem(node.id, field.name, "error", f"“{name}” is {what}; steps can change only variables and knobs.")
    elif field.accepts and found.type not in (*field.accepts, "any"):
        wanted = " or ".join(TYPE_LABELS[each].lower() for each in field.accepts)
        text = f"“{field.label}” needs a {wanted}, and “{name}” is none."
        yield Problem(node.id, field.name, "error", text, _fitting(view.document, node, field, found, scope))


def _fitting(
    document: AgentDocument, node: Node, field: Field, found: Variable, scope: dict[str, Variable]
) -> Edit | None:
    """Another variable that fits, or the one that is named made to fit."""
    others = [item for item in scope.values() if item.type in field.accepts and item.settable]
    if len(others) == 1:
        return set_value(node.id, field.name, others[0].name, f"Use “{others[0].name}”")
    owner = document.get(found.node_id)
    if owner is None or owner.kind != "state" or "list" not in field.accepts:
        return None
    # What it starts with may not fit a list; a list starts empty then.
    edits = (SetProperty(owner.id, "type", "list"), SetProperty(owner.id, "initial", absent=True))
    return Batch(edits if "initial" in owner.props else edits[:1], f"Make “{found.name}” a list")


def _fit_for(node: Node, field: Field, scope: dict[str, Variable]) -> list[str]:
    """The names that could stand in a field: what a step changes has to be changeable, and of the right type."""
    if field.role != "variable":
        return list(scope)
    changes = kind_of(node).group == "steps"
    types = (*field.accepts, "any") if field.accepts else ()
    return [v.name for v in scope.values() if (v.settable or not changes) and (not types or v.type in types)]


def _unknown(view: View, node: Node, field: Field, name: str, scope: dict[str, Variable]) -> Problem:
    document = view.document
    text = f"There is no variable called “{name}” here."
    near = difflib.get_close_matches(name, _fit_for(node, field, scope), 1, 0.7)
    elsewhere = next((variable for variable in variables(document) if variable.name == name), None)
    off = view.switched_off.get(name)
    if near:
        value = node.props.get(field.name, field.default)
        fix = set_value(node.id, field.name, rewrite(value, field.role, name, near[0]), f"Use “{near[0]}”")
        return Problem(node.id, field.name, "error", f"{text} Did you mean “{near[0]}”?", fix)
    if elsewhere is not None:
        return Problem(node.id, field.name, "error", f"“{name}” exists only inside a Repeat, not here.")
    if off is not None:
        around = [off, *document.ancestors(off.id)]
        switch = Batch(tuple(SetEnabled(each.id, True) for each in around if not each.enabled), "Switch it on")
        return Problem(node.id, field.name, "error", f"The variable “{name}” is switched off.", switch)
    props = {"title": name.replace("_", " "), "type": "list" if name in view.list_names else "text"}
    fix = insert_node(document.root.id, 0, "state", props, f"Make a variable “{name}”")
    return Problem(node.id, field.name, "error", text, fix)
