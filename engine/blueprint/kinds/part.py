"""Part: a reusable piece of an agent with parameters; and the parameter itself, which stands where a part is edited.

The inside of a part stands as its children, so that everything that looks at nodes sees them; they are changed only
together, by ``engine.blueprint.part_edits``. Not here: making, updating and taking apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import NodeKind, Properties, Variable, preview, prop, technical_name_prop
from engine.blueprint.names import slug
from engine.blueprint.problem import Problem, set_value
from engine.blueprint.template import values as worked_out
from engine.blueprint.values import TYPE_LABELS, ValueProblem, ValueType, coerce, count, empty, short
from engine.blueprint.wording import value_words

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.scope import Scope
    from engine.blueprint.steps import StepRun

_ALONE = re.compile(r"\s*\{\{-?\s*([A-Za-z_][A-Za-z0-9_]*)\s*-?\}\}\s*")


def linked_name(argument: object) -> str | None:
    """The variable that an argument is, where it is one alone: ``{{ notepad }}``. Steps of the part may change it."""
    found = _ALONE.fullmatch(argument) if isinstance(argument, str) else None
    return found.group(1) if found else None


class ParameterProperties(Properties):
    """Properties of a parameter."""

    title: str = prop("", label="Name", placeholder="tone", max_length=200)
    type: ValueType = prop("text", label="What it is", editor="choice", choices=TYPE_LABELS)
    default: Any = prop(None, label="Where nothing is given", editor="value")
    help: str = prop(
        "", label="What to give", help="Stands below the field of whoever uses the part.", max_length=1_000
    )
    name: str = technical_name_prop("How texts and conditions call it.")

    @property
    def own_name(self) -> str:
        """The technical name."""
        return slug(self.name.strip() or self.title, "parameter")

    @property
    def first(self) -> Any:
        """The value where nothing is given; the empty one of the type where the given one does not fit."""
        if self.default is None:
            return empty(self.type)
        try:
            return coerce(self.default, self.type)
        except ValueProblem:
            return empty(self.type)


class PartParameter(ParameterProperties):
    """A parameter as a part carries it along. ``id`` stays when it is renamed."""

    id: str = Field(default="", max_length=64)


@register
class ParameterKind(NodeKind[ParameterProperties]):
    """What a part wants to be given."""

    name = "parameter"
    title = "Parameter"
    group = "flow"
    icon = "variable"
    order = 11
    help = "Something that a part wants to be given wherever it is used."
    example = "A text called tone, “friendly” where nothing is given."
    first_title = "parameter"
    Properties = ParameterProperties
    addable = False

    def own_name(self, node: Node) -> str | None:
        return self.props(node).own_name

    def initial(self, node: Node) -> Any:
        """Its value while the part is edited."""
        return self.props(node).first

    def summary(self, node: Node, document: AgentDocument) -> str:
        props = self.props(node)
        given = props.first
        return f"{TYPE_LABELS[props.type]}, {short(given)} where nothing is given" if given else TYPE_LABELS[props.type]

    def declares(self, node: Node) -> tuple[Variable, ...]:
        props = self.props(node)
        title = props.title.strip() or props.own_name
        return (Variable(props.own_name, title, props.type, node.id, "parameter", settable=True),)

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        props = self.props(node)
        if not props.title.strip() and not props.name.strip():
            yield Problem(node.id, "title", "warning", "This parameter has no name.")
        if props.default is not None:
            try:
                coerce(props.default, props.type)
            except ValueProblem as problem:
                fix = set_value(node.id, "default", empty(props.type), "Leave it empty")
                yield Problem(
                    node.id, "default", "error", f"The value where nothing is given does not fit: {problem}.", fix
                )

    def why_not_sent(self, node: Node) -> str | None:
        return (
            f"Parameters are not sent by themselves; write {{{{ {self.own_name(node)} }}}} in a text to show the value."
        )


class PartProperties(Properties):
    """Properties of a Part."""

    title: str = prop("", label="Title", help="Empty: that of the part.", max_length=200)
    arguments: dict[str, Any] = prop(
        {},
        label="What it is given",
        editor="arguments",
        role="values",
        help="A variable alone, such as {{ notepad }}, is handed over as itself: the part may change it too.",
    )
    part: str = Field(default="", max_length=64)
    part_title: str = Field(default="", max_length=200)
    version: str = Field(default="", max_length=64)
    description: str = Field(default="", max_length=5_000)
    parameters: list[PartParameter] = Field(default_factory=list, max_length=100)
    prefix: str = Field(default="", max_length=40)


@register
class PartKind(NodeKind[PartProperties]):
    """A part from the library."""

    name = "part"
    title = "Part"
    group = "flow"
    icon = "puzzle"
    order = 5
    help = (
        "A reusable piece with parameters, kept in the library and used in several agents. Its variables, knobs and "
        "gates are its own wherever it is used."
    )
    example = "A part “Notepad” with the tool, the variable and the section, given the title “shopping”."
    Properties = PartProperties
    children = "nodes"
    place = "both"
    addable = False

    def title_of(self, node: Node) -> str:
        props = self.props(node)
        title = props.title.strip() or props.part_title.strip()
        return f"{self.title} · {title}" if title else self.title

    def parameters(self, node: Node) -> tuple[PartParameter, ...]:
        """What it can be given, each name once."""
        found: dict[str, PartParameter] = {}
        for parameter in self.props(node).parameters:
            found.setdefault(parameter.own_name, parameter)
        return tuple(found.values())

    def inside(self, node: Node) -> tuple[Variable, ...]:
        """Its parameters as variables for what stands inside."""
        arguments = self.props(node).arguments
        return tuple(
            Variable(
                parameter.own_name,
                parameter.title.strip() or parameter.own_name,
                parameter.type,
                node.id,
                "parameter",
                settable=linked_name(arguments.get(parameter.own_name)) is not None,
            )
            for parameter in self.parameters(node)
        )

    def argument(self, node: Node, parameter: PartParameter, values: Mapping[str, Any]) -> Any:
        """The value of one parameter.

        Raises:
            TemplateError: The argument does not work.
            ValueProblem: It does not fit the parameter.
        """
        given = self.props(node).arguments.get(parameter.own_name)
        if given is None or given == "":
            return parameter.first
        return coerce(worked_out(given, values), parameter.type)

    def summary(self, node: Node, document: AgentDocument) -> str:
        arguments = self.props(node).arguments
        given = [
            f"{parameter.title.strip() or parameter.own_name}: {value_words(arguments[parameter.own_name])}"
            for parameter in self.parameters(node)
            if arguments.get(parameter.own_name) not in (None, "")
        ]
        said = ", ".join(given) or preview(self.props(node).description)
        return said or count(len(node.children), "part")

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        if not node.children:
            yield Problem(node.id, None, "warning", "Nothing stands inside this part.")
        newest = (view.facts.parts or {}).get(self.props(node).part)
        if newest is not None and newest != self.props(node).version:
            text = "The library has another version of this part: “Update from the library” shows what it changes."
            yield Problem(node.id, None, "info", text)
        arguments = self.props(node).arguments
        for parameter in self.parameters(node):
            given = arguments.get(parameter.own_name)
            if given is None or isinstance(given, str):
                continue
            try:
                coerce(given, parameter.type)
            except ValueProblem as problem:
                text = f"What “{parameter.title.strip() or parameter.own_name}” is given does not fit: {problem}."
                rest = {name: value for name, value in arguments.items() if name != parameter.own_name}
                yield Problem(
                    node.id, "arguments", "error", text, set_value(node.id, "arguments", rest, "Give nothing")
                )

    def render(self, node: Node, scope: Scope) -> object:
        return scope.part(node)

    async def run(self, node: Node, run: StepRun) -> None:
        arguments = self.props(node).arguments
        given, links = {}, {}
        for parameter in self.parameters(node):
            name, link = parameter.own_name, linked_name(arguments.get(parameter.own_name))
            if link is not None and run.can_change(link):
                links[name], given[name] = link, run.values[link]
            else:
                given[name] = self.argument(node, parameter, run.values)
        types = {parameter.own_name: parameter.type for parameter in self.parameters(node)}
        await run.part(node, given, links, dict(types))
