"""Finding what is wrong with an agent: plain sentences, each with the node, the field and, where possible, a fix.

Kinds report what only they know (``NodeKind.problems``); here is what concerns several nodes, and what every text,
condition and variable must satisfy. Not here: files that cannot be read (``files``).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from functools import cached_property

from engine.blueprint.conditions import as_condition, is_blank, to_expression
from engine.blueprint.declared import enabled_nodes, readable, variables, variables_in_scope
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.form_fields import Field
from engine.blueprint.kinds import kind_of
from engine.blueprint.kinds.base import Variable
from engine.blueprint.names import unique, unique_title
from engine.blueprint.placement import misplaced
from engine.blueprint.problem import Problem, insert_node, move_node, remove_node, set_value
from engine.blueprint.template import TemplateError, names_in, names_in_expression
from engine.blueprint.values import ValueProblem

_SEVERITIES = {"error": 0, "warning": 1, "info": 2}


class View:
    """What checks look up again and again, worked out once."""

    def __init__(self, document: AgentDocument) -> None:
        self.document = document

    @cached_property
    def nodes(self) -> list[Node]:
        """Nodes that are switched on, themselves and all around them."""
        return list(enabled_nodes(self.document.root))

    @cached_property
    def tool_names(self) -> frozenset[str]:
        """Technical names of all tools."""
        return frozenset(kind_of(node).own_name(node) or "" for node in self.nodes if node.kind == "tool")

    @cached_property
    def changed_names(self) -> frozenset[str]:
        """Variables that some step changes."""
        return frozenset(
            str(node.props.get("variable") or "").strip() for node in self.nodes if kind_of(node).group == "steps"
        )

    @cached_property
    def used_names(self) -> frozenset[str]:
        """Variables that some text, condition or list reads."""
        found: set[str] = set()
        for node in self.nodes:
            for field, value in readable(node):
                if field.role == "variable" and kind_of(node).group == "steps":
                    continue
                found |= _names(field, value)
        return frozenset(found)


def problems(document: AgentDocument) -> list[Problem]:
    """Everything that is wrong with an agent, the worst first, else in the order of the tree. Never raises."""
    view = View(document)
    found: list[Problem] = list(_whole(document, view))
    for node in view.nodes:
        reason = misplaced(document, node)
        if reason:
            found.append(Problem(node.id, None, "error", f"This stands in the wrong place: {reason}"))
        found += kind_of(node).problems(node, view)
        found += _references(document, node)
    order = {node.id: index for index, node in enumerate(document.walk())}
    return sorted(found, key=lambda problem: (_SEVERITIES[problem.severity], order.get(problem.node_id, 0)))


def _whole(document: AgentDocument, view: View) -> Iterator[Problem]:
    root = document.root
    timelines = [node for node in view.nodes if node.kind == "timeline"]
    if not timelines:
        off = next((node for node in document.walk() if node.kind == "timeline"), None)
        text = "There is no Timeline, so the agent will not remember earlier turns."
        if off is not None and off.enabled is False:
            from engine.blueprint.edits import Batch, SetEnabled

            yield Problem(root.id, None, "warning", text, Batch((SetEnabled(off.id, True),), "Switch the Timeline on"))
        else:
            yield Problem(
                root.id,
                None,
                "warning",
                text,
                insert_node(root.id, len(root.children), "timeline", {}, "Add a Timeline"),
            )
    for extra in timelines[1:]:
        text = "There are two Timelines, and an agent has only one conversation."
        yield Problem(extra.id, None, "error", text, remove_node(extra.id, "Remove this Timeline"))
    if timelines:
        yield from _after_timeline(document, view, timelines[0])
    if not str(root.props.get("name", "")).strip():
        yield Problem(root.id, "name", "info", "The agent has no name yet.")
    if not any(node.kind in ("system", "section") for node in view.nodes):
        text = "The agent has no instructions: the model is told nothing about what it should be."
        yield Problem(root.id, None, "warning", text, insert_node(root.id, 0, "system", {}, "Add a System part"))
    yield from _doubles(view)


def _after_timeline(document: AgentDocument, view: View, timeline: Node) -> Iterator[Problem]:
    order = {node.id: index for index, node in enumerate(view.nodes)}
    for node in view.nodes:
        if node.kind == "example" and order[node.id] > order[timeline.id]:
            place = document.place(timeline.id)
            fix = move_node(node.id, place.parent_id or document.root.id, place.index, "Move it above the Timeline")
            text = "An example message stands ahead of the conversation, but this one is below the Timeline."
            yield Problem(node.id, None, "error", text, fix)


def _doubles(view: View) -> Iterator[Problem]:
    tools: dict[str, Node] = {}
    named: dict[str, Node] = {}
    titles = {str(node.props.get("title", "")) for node in view.nodes}
    for node in view.nodes:
        kind = kind_of(node)
        title = str(node.props.get("title", "")).strip()
        fix = None
        if node.kind == "tool" or kind.declares(node):
            own = str(node.props.get("name", "") or "").strip()
            name = kind.own_name(node) or ""
            seen = tools if node.kind == "tool" else named
            if name in seen:
                other = unique_title(title or kind.title, titles)
                taken = set(seen)
                changed = ("name", unique(name, taken)) if own else ("title", other)
                fix = set_value(node.id, *changed, f"Call this one “{changed[1]}”")
                what = "tools" if node.kind == "tool" else "variables or knobs"
                yield Problem(node.id, changed[0], "error", f"Two {what} are called “{name}”.", fix)
            seen.setdefault(name, node)
    if "set_knob" in tools and any(node.kind in ("knob", "gate") for node in view.nodes):
        yield Problem(tools["set_knob"].id, "title", "error", "The name “set_knob” belongs to the knobs of the agent.")


def _references(document: AgentDocument, node: Node) -> Iterator[Problem]:
    """Every text, condition and variable of one node."""
    scope = {variable.name: variable for variable in variables_in_scope(document, node.id)}
    for field, value in readable(node):
        if field.role == "variable":
            yield from _variable(document, node, field, str(value).strip(), scope)
            continue
        try:
            if field.role == "condition":
                if is_blank(value):
                    continue
                types = {name: variable.type for name, variable in scope.items()}
                names = names_in_expression(to_expression(value, types))
            else:
                names = names_in(value) if isinstance(value, str) else frozenset()
        except TemplateError as error:
            yield Problem(node.id, field.name, "error", f"{field.label}: {error.reason}", line=error.line)
            continue
        except ValueProblem as error:
            yield Problem(node.id, field.name, "error", f"{field.label}: {str(error)[:1].upper()}{str(error)[1:]}.")
            continue
        for name in sorted(names - set(scope)):
            yield _unknown(document, node, field, name, scope)


def _variable(
    document: AgentDocument, node: Node, field: Field, name: str, scope: dict[str, Variable]
) -> Iterator[Problem]:
    if not name:
        return
    found = scope.get(name)
    if found is None:
        yield _unknown(document, node, field, name, scope)
    elif kind_of(node).group == "steps" and not found.settable:
        what = {"input": "an input of the tool", "item": "an item of a list", "gate": "a gate"}.get(
            found.source, "this"
        )
        yield Problem(node.id, field.name, "error", f"“{name}” is {what}; steps can change only variables and knobs.")
    elif field.accepts and found.type not in (*field.accepts, "any"):
        wanted = " or ".join(field.accepts)
        yield Problem(node.id, field.name, "error", f"“{field.label}” needs a {wanted}, and “{name}” is none.")


def _unknown(document: AgentDocument, node: Node, field: Field, name: str, scope: dict[str, Variable]) -> Problem:
    text = f"There is no variable called “{name}” here."
    near = difflib.get_close_matches(name, scope, 1, 0.7)
    elsewhere = next((variable for variable in variables(document) if variable.name == name), None)
    off = _switched_off(document, name)
    if near:
        from engine.blueprint.rename import rewrite

        value = node.props.get(field.name, field.default)
        fix = set_value(node.id, field.name, rewrite(value, field.role, name, near[0]), f"Use “{near[0]}”")
        return Problem(node.id, field.name, "error", f"{text} Did you mean “{near[0]}”?", fix)
    if elsewhere is not None:
        return Problem(node.id, field.name, "error", f"“{name}” exists only inside a Repeat, not here.")
    if off is not None:
        from engine.blueprint.edits import Batch, SetEnabled

        switch = Batch((SetEnabled(off.id, True),), "Switch it on")
        return Problem(node.id, field.name, "error", f"The variable “{name}” is switched off.", switch)
    value_type = "list" if field.accepts == ("list",) or node.kind == "append" else "text"
    props = {"title": name.replace("_", " "), "type": value_type}
    fix = insert_node(document.root.id, 0, "state", props, f"Make a variable “{name}”")
    return Problem(node.id, field.name, "error", text, fix)


def _switched_off(document: AgentDocument, name: str) -> Node | None:
    for node in document.walk():
        if not node.enabled and any(variable.name == name for variable in kind_of(node).declares(node)):
            return node
    return None


def _names(field: Field, value: object) -> frozenset[str]:
    try:
        if field.role == "variable":
            return frozenset({str(value).strip()})
        if field.role == "condition":
            condition = as_condition(value)
            return frozenset() if is_blank(condition) else names_in_expression(to_expression(condition))
        return names_in(value) if isinstance(value, str) else frozenset()
    except (TemplateError, ValueProblem):
        return frozenset()
