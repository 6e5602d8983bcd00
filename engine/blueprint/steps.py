"""Running the steps of a tool: in order, over values as the steps before left them, all or nothing for variables.

What a step does to the world cannot be taken back, so all that is known beforehand is asked for before the first step
runs. Not here: what each step does (its kind), the tool's schema (``kinds/tool``), the gate (``engine.world``).
"""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.blueprint.conditions import evaluate
from engine.blueprint.declared import enabled_nodes
from engine.blueprint.document import Node
from engine.blueprint.kinds import kind_of
from engine.blueprint.scope import list_value
from engine.blueprint.template import TemplateError, compiled, value, values
from engine.blueprint.values import ValueProblem, coerce, empty
from engine.errors import NotPermitted, ToolError
from engine.tools.context import ToolContext

if TYPE_CHECKING:
    from engine.blueprint.board import Board
    from engine.permissions import Capability
    from engine.world import Decision, World

MAX_STEPS = 10_000
"""The most steps one call may run, repetitions counted."""

READ_ONLY = frozenset({"read_file", "read_folder", "search_sessions"})
"""Kinds of capabilities that change nothing outside, so that what needed them may be done twice."""

Change = Callable[[Any], Any]


class StepRun:
    """One call of a tool.

    Attributes:
        values: Values in reach as the steps so far left them, inputs among them.
        context: The call in its session; None where the steps run outside of one (*On event*).
    """

    def __init__(
        self,
        board: Board,
        items: Mapping[str, Any],
        inputs: Mapping[str, Any],
        context: ToolContext | None = None,
    ) -> None:
        self.board = board
        self.context = context
        self.types = board.types()
        self.values: dict[str, Any] = {**board.now(), **items, **inputs}
        self.hidden = {*items, *inputs}
        self.links: Mapping[str, str] | None = None
        self.changes: dict[tuple[Board, str], list[Change]] = {}
        self.replies: list[str] = []
        self.count = 0
        self.had_effect = False
        self._once: set[str] = set()

    @property
    def world(self) -> World:
        """What is outside the agent.

        Raises:
            NotPermitted: There is nothing: the steps run where no effect is possible.
        """
        if self.board.world is None:
            raise NotPermitted("Reach anything outside of the agent")
        return self.board.world

    async def require(self, capability: Capability) -> None:
        """Go on only where the person allows this; asks them in the chat where they have not yet.

        An answer "once" holds until this call is over. A step that got through counts as one with an effect.

        Raises:
            NotPermitted: They did not allow it.
        """
        world = self.world
        if capability.key not in self._once:
            await world.require(capability, self._permit if self.context is not None else None)
        if self.count and capability.kind not in READ_ONLY:
            self.had_effect = True

    async def _permit(self, capability: Capability) -> Decision:
        assert self.context is not None
        decision = await self.context.permit(capability.sentence, capability.detail, resumable=not self.had_effect)
        if decision == "once":
            self._once.add(capability.key)
        return decision

    async def ask(self, question: str, choices: Sequence[str] = ()) -> str:
        """Ask the person in the chat and wait for the answer.

        Raises:
            ToolError: Nobody can be asked, or they would rather not say.
        """
        if self.context is None:
            raise ToolError("Nobody can be asked at this moment.")
        answer = await self.context.ask(question, choices, resumable=not self.had_effect)
        if answer is None:
            raise ToolError(f"The person did not answer: {question}")
        return answer

    async def steps(self, steps: Iterable[Node], more: Mapping[str, Any] | None = None) -> None:
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
                waits = kind.run(step, self)
                if inspect.isawaitable(waits):
                    await waits
            except (ValueProblem, TemplateError) as error:
                raise ToolError(f"{kind.title_of(step)}: {error}. Nothing was changed.".replace("..", ".")) from None
        if more:
            self.values = {**self.values, **{name: outer[name] for name in more if name in outer}}
            for name in more:
                if name not in outer:
                    self.values.pop(name, None)
            self.hidden = hidden

    async def part(self, node: Node, given: Mapping[str, Any], links: Mapping[str, str], types: dict[str, str]) -> None:
        """Run the steps inside a part, which know only what the part is given.

        Args:
            node: The part.
            given: Values of its parameters.
            links: Parameters that stand for a variable here, which the steps may change through them.
            types: Types of its parameters.
        """
        outer, hidden, around, known = self.values, self.hidden, self.links, self.types
        self.values, self.hidden, self.types = dict(given), set(given) - set(links), types
        self.prepare(node.children)
        self.links = {name: around[there] if around is not None else there for name, there in links.items()}
        await self.steps(node.children)
        self.values = {**outer, **{there: self.values[name] for name, there in links.items()}}
        self.hidden, self.links, self.types = hidden, around, known

    def text(self, node: Node, name: str) -> str:
        """A text property with everything put in."""
        return compiled(getattr(kind_of(node).props(node), name)).render(self.values)

    def value(self, node: Node, name: str) -> Any:
        """A value property: text is a template, all else stands for itself."""
        return value(getattr(kind_of(node).props(node), name), self.values)

    def given(self, node: Node, name: str) -> Any:
        """A property of role ``values``: every text in it is a template."""
        return values(node.props.get(name, getattr(kind_of(node).props(node), name)), self.values)

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
        held = self._held(name)
        if held is None:
            raise ValueProblem(f"there is no variable “{name}” that a step can change")
        owner, held_as = held

        def changed(old: Any) -> Any:
            return _fitted(owner, held_as, change(owner.fitting(held_as, old)))

        self.values[name] = changed(self.values[name])
        self.changes.setdefault((owner, held_as), []).append(changed)

    def can_change(self, name: str) -> bool:
        """Whether a step here can change the variable of that name."""
        return self._held(name) is not None

    def _held(self, name: str) -> tuple[Board, str] | None:
        there = self.links.get(name) if self.links is not None else name
        held = self.board.owner(there) if there and name not in self.hidden else None
        if held is None or held[1] not in held[0].setters or not held[0].declared[held[1]][0].settable:
            return None
        return held

    def give(self, name: str, value: Any) -> None:
        """Hand a value to the steps after this one, under a name that the kind's ``gives`` says."""
        self.values[name] = value
        self.hidden = {*self.hidden, name}

    def prepare(self, steps: Iterable[Node]) -> None:
        """Give all that these steps may hand on a first value, as some may not run."""
        for step in steps:
            for inner in enabled_nodes(step):
                for variable in kind_of(inner).gives(inner):
                    self.give(variable.name, empty(variable.type))

    def reply(self, text: str) -> None:
        """Add to what the model is told."""
        self.replies.append(text)

    def finish(self) -> str:
        """Make the changes and give the reply.

        Raises:
            ToolError: Another tool that ran at the same time left a value that a change does not fit.
        """
        failed: list[str] = []
        for (owner, name), changes in self.changes.items():
            if name in owner.setters:
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
    """The handler of a node that is a tool: its kind has ``inputs`` and ``called``."""
    kind: Any = kind_of(node)
    defaults = {item.name: item.default for item in kind.inputs(node)}

    async def handler(call__: ToolContext, **inputs: Any) -> Any:
        return await kind.called(node, StepRun(board, items, {**defaults, **inputs}, call__))

    handler.__engine_grant__ = steps_digest(node)  # type: ignore[attr-defined]
    return handler


async def run_steps(run: StepRun, steps: Sequence[Node]) -> None:
    """Ask for all that is known to be needed, then run the steps.

    Raises:
        ToolError: A step failed, or something was not allowed. No variable was changed.
    """
    from engine.blueprint.reach import look_around, needed

    run.prepare(steps)
    await look_around(steps)
    for _, capability in needed(steps):
        await run.require(capability)
    await run.steps(steps)


def steps_digest(node: Node) -> str:
    """What an *always* for a tool is bound to beside its words: what its steps do. Ids do not count."""

    def told(step: Node) -> list[Any]:
        return [step.kind, step.enabled, dict(step.props), [told(child) for child in step.children]]

    text = json.dumps(told(node), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
