"""Tools as functions. Not here: what their steps do (``steps``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.blueprint.document import Node
from engine.blueprint.files import node_to_json
from engine.blueprint.kinds import kind_of
from engine.blueprint.python_export.expressions import Code
from engine.blueprint.python_export.parts import writes
from engine.blueprint.python_export.source import call, indented, laid_out, literal, quoted
from engine.blueprint.python_export.steps import StepWriter
from engine.blueprint.reads import reads

if TYPE_CHECKING:
    from engine.blueprint.python_export.tree import ScopeWriter

_ANNOTATIONS = {
    "text": "str", "choice": "str", "number": "float", "whole_number": "int", "yes_no": "bool", "list": "list[str]",
}  # fmt: skip


@writes("tool")
def tool(scope: ScopeWriter, node: Node) -> str:
    """Something the model can do."""
    kind: Any = kind_of(node)
    function = handler(scope, kind.own_name(node), kind.inputs(node), node.children)
    return _element(scope, node, function)


@writes("sub_agent")
def sub_agent(scope: ScopeWriter, node: Node) -> str:
    """Another agent as a tool."""
    kind: Any = kind_of(node)
    props, name = kind.props(node), kind.own_name(node)
    if not props.agent.strip():
        return ""
    scope.module.other("engine.blueprint", "Outside")
    scope.reaches_out()
    (task,) = kind.inputs(node)
    constant = scope.module.constant(name, laid_out(node_to_json(node)))
    live = scope.live()
    told = [task.name, *sorted(reads(node) - {task.name})]
    values = [f"{each}={task.name if each == task.name else live[each].source}" for each in told]
    function = scope.names.fresh(name)
    context = scope.module.engine("ToolContext")
    body = f"return await {call('Outside(world, call).hand_over', [constant, *values])}"
    scope.functions.append(f"async def {function}(call: {context}, {task.name}: str) -> str:\n{indented(body)}")
    return _element(scope, node, function)


def _element(scope: ScopeWriter, node: Node, function: str) -> str:
    """The tool as the call that makes it."""
    kind: Any = kind_of(node)
    name = kind.own_name(node)
    given = [
        quoted(name),
        quoted(kind.says(node)),
        function,
        f"input={scope.module.constant(f'{name}_input', laid_out(kind.schema(node)))}",
        "requires_confirmation=True" if kind.props(node).ask_first else "",
    ]
    return call(scope.module.engine("Tool"), given)


def handler(scope: ScopeWriter, name: str, inputs: Sequence[Any], steps: Sequence[Node]) -> str:
    """Write the function of a tool; its name."""
    function = scope.names.fresh(name)
    scope.module.names.taken.add(function)
    own = scope.names.inner()
    parameters: list[str] = []
    given: dict[str, Code] = {}
    first: list[str] = []
    plain = all(own.fresh(item.name) == item.name for item in inputs)
    for item in inputs:
        local = item.name if plain else scope.names.inner().fresh(item.name)
        # A number that was left out is none.
        missing = item.variable_type == "number" and not item.required
        given[item.name] = Code(local, "any" if missing else item.variable_type)
        if not plain:
            first.append(
                f"{local} = inputs[{quoted(item.name)}]"
                if item.required
                else f"{local} = inputs.get({quoted(item.name)}, {literal(item.default)})"
            )
        elif item.required:
            parameters.insert(sum("=" not in each for each in parameters), f"{item.name}: {_ANNOTATIONS[item.type]}")
        elif item.type == "list":
            parameters.append(f"{item.name}: list[str] | None = None")
            first.append(f"{item.name} = {item.name} or []")
        else:
            optional = " | None" if item.default is None else ""
            parameters.append(f"{item.name}: {_ANNOTATIONS[item.type]}{optional} = {literal(item.default)}")
    writer = StepWriter(scope, steps, given)
    body = writer.body()
    if writer.waits:
        parameters.insert(0, f"call: {scope.module.engine('ToolContext')}")
    if not plain:
        scope.module.other("typing", "Any")
        parameters.append("**inputs: Any")
    text = "\n".join([*first, body])
    scope.functions.append(f"async def {function}({', '.join(parameters)}) -> str:\n{indented(text)}")
    return function
