"""Run Python: a piece of code in a process of its own. Not here: the process and its limits (``effects.python``)."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds._outcome import hand_on, handed_on, keep_prop, name_prop
from engine.blueprint.kinds._registry import register
from engine.blueprint.kinds.base import NodeKind, Properties, Variable, prop
from engine.blueprint.problem import Problem, set_value
from engine.blueprint.values import count
from engine.errors import ToolError
from engine.permissions import Capability

if TYPE_CHECKING:
    from engine.blueprint.checks import View
    from engine.blueprint.steps import StepRun

MAX_CODE = 50_000
_IN_A_ROOM = "Run this Python program, cut off from your files and the network"
_OPEN = "Run this Python program, which can read your files and use the network"


class InputPair(Properties):
    """A name with a value for the code."""

    name: str = prop("", label="Name", max_length=200)
    value: Any = prop("", label="Value")


class PythonProperties(Properties):
    """Properties of Run Python."""

    code: str = prop(
        "",
        label="Code",
        editor="code",
        placeholder='result = sum(inputs["numbers"])',
        help="It finds its values in inputs, and gives back what it puts into result, or else what it prints.",
        max_length=MAX_CODE,
    )
    inputs: list[InputPair] = prop(
        [],
        label="Values for the code",
        editor="pairs",
        role="values",
        settings={"name": "numbers", "value": "{{ numbers }}", "add": "Add a value"},
        max_length=50,
    )
    seconds: int = prop(
        10, label="End it after", editor="number", unit="seconds", minimum=1, maximum=300, advanced=True
    )
    megabytes: int = prop(
        256, label="Memory at most", editor="number", unit="megabytes", minimum=64, maximum=4_096, advanced=True
    )
    variable: str = keep_prop()
    name: str = name_prop("result")


@register
class PythonKind(NodeKind[PythonProperties]):
    """A piece of Python."""

    name = "run_python"
    title = "Run Python"
    group = "steps"
    icon = "square-terminal"
    order = 40
    place = "steps"
    help = "Runs a piece of Python in a process of its own. The steps below may use what it gives back."
    example = 'Values: numbers = {{ numbers }}. Code: result = sum(inputs["numbers"]). Then Reply: {{ result }}'
    Properties = PythonProperties

    def gives(self, node: Node) -> tuple[Variable, ...]:
        return handed_on(node, "result", "any")

    def summary(self, node: Node, document: AgentDocument) -> str:
        lines = [line for line in self.props(node).code.splitlines() if line.strip()]
        if not lines:
            return "No code yet"
        first = lines[0].strip()
        return (first if len(first) <= 60 else first[:59] + "…") if len(lines) == 1 else count(len(lines), "line")

    def problems(self, node: Node, view: View) -> Iterable[Problem]:
        props = self.props(node)
        if not props.code.strip():
            yield Problem(node.id, "code", "error", "This step has no code.")
            return
        wrong = syntax_problem(props.code)
        if wrong is not None:
            yield Problem(node.id, "code", "error", wrong[0], line=wrong[1])
        elif "{{" in props.code and "}}" in props.code and not props.inputs:
            text = 'Variables are not put into code. Give the code their values, and use inputs["name"] in it.'
            names = [variable for variable in view.scope(node) if f"{{{{ {variable} }}}}" in props.code]
            pairs = [{"name": name, "value": f"{{{{ {name} }}}}"} for name in names]
            fix = set_value(node.id, "inputs", pairs, "Give it these values") if pairs else None
            yield Problem(node.id, "code", "warning", text, fix)
        names = [pair.name.strip() for pair in props.inputs if pair.name.strip()]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Problem(node.id, "inputs", "error", f"Two values for the code are called “{name}”.")

    def capabilities(self, node: Node) -> Iterable[Capability]:
        code = self.props(node).code
        if not code.strip():
            return ()
        from engine.effects.sandbox import sandbox

        room = sandbox() is not None
        # Whether it is cut off is part of what is allowed: a yes to the one is no yes to the other.
        subject = {"code": code, "cut_off": room}
        return (Capability("python", subject, _IN_A_ROOM if room else _OPEN, detail=code),)

    async def run(self, node: Node, run: StepRun) -> None:
        from engine.effects.python import run_python
        from engine.effects.sandbox import sandbox

        props = self.props(node)
        if not props.code.strip():
            raise ToolError("This step has no code.")
        for capability in self.capabilities(node):
            await run.require(capability)
        inputs = {str(pair.get("name", "")).strip(): pair.get("value", "") for pair in run.given(node, "inputs")}
        found = await run_python(
            props.code,
            {name: value for name, value in inputs.items() if name},
            seconds=float(props.seconds),
            megabytes=props.megabytes,
            room=sandbox(),
            data=run.world.data,
        )
        hand_on(node, run, "result", found.value, found.value)


def syntax_problem(code: str) -> tuple[str, int | None] | None:
    """Why code is no Python, with the line; None where it is. Nothing is run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ast.parse(code)
        except SyntaxError as error:
            return f"The code is not Python: {error.msg}.", error.lineno
        except (ValueError, RecursionError, MemoryError):
            return "The code is not Python.", None
    return None
