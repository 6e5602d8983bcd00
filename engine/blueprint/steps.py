"""Running the steps of a tool: in order, over values as the steps before left them, all or nothing.

Not here: what each step does (``kinds/steps``), the tool's schema (``kinds/tool``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from engine.blueprint.conditions import evaluate
from engine.blueprint.document import Node
from engine.blueprint.kinds import kind_of
from engine.blueprint.scope import list_value
from engine.blueprint.template import TemplateError, compiled, value
from engine.blueprint.values import ValueProblem, coerce
from engine.errors import ToolError

if TYPE_CHECKING:
    from engine.blueprint.board import Board

MAX_STEPS = 10_000
"""The most steps one call may run, repetitions counted."""

Change = Callable[[Any], Any]


class StepRun:
    """One call of a tool.

    Attributes:
        values: Values in reach as the steps so far left them, inputs among them.
    """

    def __init__(self, board: Board, items: Mapping[str, Any], inputs: Mapping[str, Any]) -> None:
        self.board = board
        self.values: dict[str, Any] = {}
        self.types = board.types()
        around: Board | None = board
        boards = []
        while around is not None:
            boards.append(around)
            around = around.parent
        for each in reversed(boards):
            self.values |= {name: each.live(name) for name in each.declared if name in each.setters}
        self.values |= {**items, **inputs}
        self.hidden = {*items, *inputs}
        self.changes: dict[str, list[Change]] = {}
        self.replies: list[str] = []
        self.count = 0

    def steps(self, steps: Iterable[Node], more: Mapping[str, Any] | None = None) -> None:
        """Run steps in order, those that are switched off left out, with more values in reach."""
        outer, hidden = self.values, self.hidden
        if more:
            self.values, self.hidden = {**outer, **more}, {*hidden, *more}
        for step in steps:
            if not step.enabled:
                continue
            self.count += 1
            if self.count > MAX_STEPS:
                raise ToolError(f"The tool stopped after {MAX_STEPS:,} steps. Nothing was changed.")
            kind = kind_of(step)
            if step.kind == "unknown":
                raise ToolError("The tool has a step that this version of Bough does not know. Nothing was changed.")
            try:
                kind.run(step, self)
            except (ValueProblem, TemplateError) as error:
                raise ToolError(f"{kind.title_of(step)}: {error}. Nothing was changed.".replace("..", ".")) from None
        if more:
            self.values = {**self.values, **{name: outer[name] for name in more if name in outer}}
            for name in more:
                if name not in outer:
                    self.values.pop(name, None)
            self.hidden = hidden

    def text(self, node: Node, name: str) -> str:
        """A text property with everything put in."""
        return compiled(getattr(kind_of(node).props(node), name)).render(self.values)

    def value(self, node: Node, name: str) -> Any:
        """A value property: text is a template, all else stands for itself."""
        return value(getattr(kind_of(node).props(node), name), self.values)

    def holds(self, node: Node, name: str) -> bool:
        """Whether a condition property holds."""
        return evaluate(getattr(kind_of(node).props(node), name), self.values, self.types)

    def list_of(self, node: Node, name: str) -> list[Any]:
        """The list that a variable property names."""

        def fail(_node: Node, _name: str, error: TemplateError) -> None:
            raise error

        return list_value(node, name, self.values, fail)

    def type_of(self, node: Node) -> str:
        """The type of the variable that a step changes."""
        return self.types.get(_variable_of(node), "text")

    def change(self, node: Node, change: Change) -> None:
        """Change the step's variable. It happens at once for the steps below, for good when all steps have run.

        Raises:
            ValueProblem: There is no such variable, or the new value does not fit it.
        """
        name = _variable_of(node)
        if not name:
            raise ValueProblem("no variable was chosen")
        owner = self.board.find(name) if name not in self.hidden else None
        if owner is None or name not in owner.setters or not owner.declared[name][0].settable:
            raise ValueProblem(f"there is no variable “{name}” that a step can change")

        def changed(old: Any) -> Any:
            return _fitted(owner, name, change(owner.fitting(name, old)))

        self.values[name] = changed(self.values[name])
        self.changes.setdefault(name, []).append(changed)

    def reply(self, text: str) -> None:
        """Add to what the model is told."""
        self.replies.append(text)

    def finish(self) -> str:
        """Make the changes and give the reply.

        Raises:
            ToolError: Another tool that ran at the same time left a value that a change does not fit.
        """
        failed: list[str] = []
        for name, changes in self.changes.items():
            owner = self.board.find(name)
            if owner is not None and name in owner.setters:
                owner.setters[name](_all(changes, failed))
        if failed:
            raise ToolError(f"{failed[0]}.")
        return "\n".join(reply for reply in self.replies if reply.strip()) or "Done."


def _all(changes: list[Change], failed: list[str]) -> Change:
    def run(old: Any) -> Any:
        found = old
        try:
            for change in changes:
                found = change(found)
        except ValueProblem as problem:
            failed.append(str(problem))
            return old
        return found

    return run


def _variable_of(node: Node) -> str:
    return str(node.props.get("variable") or "").strip()


def _fitted(owner: Board, name: str, found: Any) -> Any:
    variable, _ = owner.declared[name]
    fitted = coerce(found, variable.type)
    slot = getattr(owner.setters[name], "__self__", None)
    definition = getattr(slot, "definition", None)
    if definition is not None:
        problem = definition.problem(fitted)
        if problem:
            raise ValueProblem(problem)
    return fitted


def tool_handler(node: Node, board: Board, items: Mapping[str, Any]) -> Callable[..., Any]:
    """The handler of a Tool node."""
    kind: Any = kind_of(node)
    defaults = {item.name: item.default for item in kind.inputs(node)}

    async def handler(**inputs: Any) -> str:
        run = StepRun(board, items, {**defaults, **inputs})
        run.steps(node.children)
        return run.finish()

    return handler
