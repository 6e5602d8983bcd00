"""Steps of tools that change a variable, and Reply. Steps that touch the world have files of their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import NodeKind, Properties, preview, prop
from engine.blueprint.problem import Problem, set_value
from engine.blueprint.values import ValueProblem, as_text, empty, to_list, to_number, to_record
from engine.blueprint.wording import value_words

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.steps import StepRun

MAX_ITEMS = 20_000
"""The most items a list may grow to."""


class VariableStep(NodeKind[Any]):
    """Base of the steps that change one variable."""

    group = "steps"
    place = "steps"
    verb: ClassVar[str] = ""

    def title_of(self, node: Node) -> str:
        name = str(node.props.get("variable") or "").strip()
        return f"{self.verb} {name}" if name else self.title

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        if not str(node.props.get("variable") or "").strip():
            fit = view.settable(node, "variable")
            fix = set_value(node.id, "variable", fit[0], f"Let it change “{fit[0]}”") if fit else None
            yield Problem(node.id, "variable", "error", f"Choose what the step “{self.title}” should change.", fix)

    def new_props(self, document: AgentDocument) -> dict[str, Any]:
        """The variable is chosen already where only one can be meant."""
        from engine.blueprint.declared import variables
        from engine.blueprint.form_fields import field_of

        if any(node.kind == "part" for node in document.walk()):  # each has variables of its own
            return {}
        found = field_of(self.name, "variable")
        accepts = found.accepts if found is not None else ()
        fit = [one.name for one in variables(document) if one.settable and (not accepts or one.type in accepts)]
        return {"variable": fit[0]} if len(fit) == 1 else {}


def _variable(*types: str, label: str = "Variable") -> Any:
    return prop("", label=label, editor="variable", role="variable", accepts=types, max_length=200)


def _value(label: str, help: str = "") -> Any:
    help = help or "Text with variables in {{ }}, or a fixed value."
    return prop("", label=label, editor="value", role="value", placeholder="{{ note }}", help=help)


class SetProperties(Properties):
    """Properties of a Set step."""

    variable: str = _variable()
    field: str = prop(
        "",
        label="Field",
        help="For a record: the name of the field to set. Empty sets the whole record.",
        advanced=True,
        max_length=200,
        role="template",
    )
    value: Any = _value("To")


@register
class SetKind(VariableStep):
    """Give a variable a value."""

    name = "set"
    title = "Set"
    verb = "Set"
    icon = "pencil-line"
    order = 1
    help = "Gives a variable or a knob a new value."
    example = "Set name to {{ name }}."
    Properties = SetProperties

    def summary(self, node: Node, document: AgentDocument) -> str:
        props = self.props(node)
        field = f"field {preview(props.field)} " if props.field.strip() else ""
        return f"{field}to {value_words(props.value)}"

    def run(self, node: Node, run: StepRun) -> None:
        value, field = run.value(node, "value"), run.text(node, "field").strip()
        if field:
            run.change(node, lambda old: {**to_record(old), field: value})
        else:
            run.change(node, lambda old: value)


class AppendProperties(Properties):
    """Properties of an Append step."""

    variable: str = _variable("list", "text")
    value: Any = _value("Add")


@register
class AppendKind(VariableStep):
    """Add an item at the end of a list."""

    name = "append"
    title = "Append"
    verb = "Append to"
    icon = "list-plus"
    order = 2
    help = "Adds an item at the end of a list, or a line at the end of a text."
    example = "Append {{ note }} to notepad."
    Properties = AppendProperties

    def summary(self, node: Node, document: AgentDocument) -> str:
        value = self.props(node).value
        return "adds nothing yet" if value == "" else f"adds {value_words(value)} at the end"

    def run(self, node: Node, run: StepRun) -> None:
        value = run.value(node, "value")

        def append(old: Any) -> Any:
            if isinstance(old, str):
                return f"{old}\n{as_text(value)}" if old else as_text(value)
            items = to_list(old)
            if len(items) >= MAX_ITEMS:
                raise ValueProblem(f"the list is full: it has {MAX_ITEMS:,} items")
            return [*items, value]

        run.change(node, append)


REMOVE = {
    "value": "Items that are equal to",
    "containing": "Items that contain",
    "first": "The first item",
    "last": "The last item",
    "position": "The item at this position",
}


class RemoveProperties(Properties):
    """Properties of a Remove step."""

    variable: str = _variable("list", "record")
    what: Literal["value", "containing", "first", "last", "position"] = prop(
        "value", label="What to take out", editor="choice", choices=REMOVE
    )
    value: Any = prop(
        "",
        label="Value",
        editor="value",
        role="value",
        placeholder="{{ note }}",
        help="For a position: the first item is 1. For a record: the name of the field.",
        visible_when={"what": ("value", "containing", "position")},
    )


@register
class RemoveKind(VariableStep):
    """Take items out of a list."""

    name = "remove"
    title = "Remove"
    verb = "Remove from"
    icon = "list-minus"
    order = 3
    help = "Takes items out of a list, or a field out of a record. The model is told when there was none."
    example = "Remove items that are equal to {{ note }} from notepad."
    Properties = RemoveProperties

    def summary(self, node: Node, document: AgentDocument) -> str:
        props = self.props(node)
        if props.what in ("first", "last"):
            return f"takes out the {props.what} item"
        said = {"containing": "every item that contains ", "position": "the item at position "}.get(props.what, "")
        return f"takes out {said}{value_words(props.value)}"

    def run(self, node: Node, run: StepRun) -> None:
        what, value = self.props(node).what, run.value(node, "value")

        def remove(old: Any) -> Any:
            if isinstance(old, dict):
                name = as_text(value)
                if name not in old:
                    raise ValueProblem(f"there is no field “{name}”")
                return {key: item for key, item in old.items() if key != name}
            items = to_list(old)
            if not items:
                raise ValueProblem("the list is empty")
            kept = _without(items, what, value)
            if len(kept) == len(items):
                raise ValueProblem(f"no item matches “{as_text(value)[:200]}”")
            return kept

        run.change(node, remove)


def _without(items: list[Any], what: str, value: Any) -> list[Any]:
    if what == "first":
        return items[1:]
    if what == "last":
        return items[:-1]
    if what == "position":
        position = to_number(value)
        if position != int(position) or not 1 <= position <= len(items):
            raise ValueProblem(f"there is no item {as_text(value)}: the list has {len(items)}")
        return [item for index, item in enumerate(items, 1) if index != position]
    wanted = as_text(value).strip().casefold()
    if what == "containing":
        return [item for item in items if not wanted or wanted not in as_text(item).casefold()]
    return [item for item in items if item != value and as_text(item).strip().casefold() != wanted]


class ClearProperties(Properties):
    """Properties of a Clear step."""

    variable: str = _variable()


@register
class ClearKind(VariableStep):
    """Empty a variable."""

    name = "clear"
    title = "Clear"
    verb = "Clear"
    icon = "eraser"
    order = 4
    help = "Empties a list, a text or a record; a number becomes 0, yes or no becomes no."
    Properties = ClearProperties

    def summary(self, node: Node, document: AgentDocument) -> str:
        return "makes it empty"

    def run(self, node: Node, run: StepRun) -> None:
        run.change(node, lambda old: empty(run.type_of(node)))


class ReplyProperties(Properties):
    """Properties of a Reply step."""

    text: str = prop(
        "",
        label="What the model is told",
        editor="prompt",
        role="template",
        placeholder="Noted.",
        help="Values are those after the steps above.",
        max_length=100_000,
    )


@register
class ReplyKind(NodeKind[ReplyProperties]):
    """What the model gets back."""

    name = "reply"
    title = "Reply"
    group = "steps"
    icon = "reply"
    order = 90
    place = "steps"
    help = "What the model gets back from the tool."
    example = "Noted."
    Properties = ReplyProperties

    def summary(self, node: Node, document: AgentDocument) -> str:
        return preview(self.props(node).text) or "Empty"

    def new_props(self, document: AgentDocument) -> dict[str, Any]:
        return {"text": "Done."}

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        if not self.props(node).text.strip():
            text = "This reply is empty, so the model is told nothing."
            yield Problem(node.id, "text", "warning", text, set_value(node.id, "text", "Done.", "Write “Done.”"))

    def run(self, node: Node, run: StepRun) -> None:
        run.reply(run.text(node, "text"))
