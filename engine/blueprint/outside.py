"""What agents exported as Python hold of Bough: steps, tools and parts that reach outside, through the one gate.

A module that ``python_export`` wrote keeps such a node as it is, as JSON, and has it done here. Not here: the gate
itself (``engine.world``), what each kind does (its file under ``kinds``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.blueprint.board import Board
from engine.blueprint.document import Node
from engine.blueprint.files import node_from_json
from engine.blueprint.kinds import kind_of
from engine.blueprint.reach import look_around, needed
from engine.blueprint.scope import Scope
from engine.blueprint.steps import StepRun
from engine.component import component
from engine.hooks.state import Ref, use_memo, use_ref
from engine.tools.context import ToolContext
from engine.world import World


class _Run(StepRun):
    """Steps without variables of their own: what one would keep in a variable is put aside."""

    kept: Any = None

    def change(self, node: Node, change: Callable[[Any], Any]) -> None:
        self.kept = change(None)


class Outside:
    """One call of a tool whose steps reach outside.

    Args:
        world: What may be reached. None: nothing; every step fails with a sentence.
        call: The call in its session, so that the person can be asked in the chat.

    Attributes:
        kept: What the last step would have kept in a variable.

    Example:
        >>> outside = Outside(world, call)
        >>> await outside.require(READ_FILE)
        >>> found = await outside.perform(READ_FILE, name="plan")
        >>> found["content"]
    """

    def __init__(self, world: World | None, call: ToolContext | None = None) -> None:
        self._run = _Run(Board(world=world), {}, {}, call)

    @property
    def kept(self) -> Any:
        """What the last step would have kept in a variable."""
        return self._run.kept

    async def require(self, *nodes: Mapping[str, Any]) -> None:
        """Ask for all that these steps are known to need, before the first of them runs.

        Raises:
            NotPermitted: Something was not allowed. Nothing happened.
        """
        steps = [node_from_json(dict(node)) for node in nodes]
        await look_around(steps)
        for _, capability in needed(steps):
            await self._run.require(capability)

    async def perform(self, node: Mapping[str, Any], /, **values: Any) -> dict[str, Any]:
        """Run one step.

        Args:
            node: The step.
            values: What its texts name.

        Returns:
            What it hands to the steps below, by name.

        Raises:
            ToolError: It did not work, with the reason in plain words.
            NotPermitted: It was not allowed.
        """
        step = node_from_json(dict(node))
        self._run.values = dict(values)
        self._run.prepare([step])
        await self._run.steps([step])
        return {variable.name: self._run.values[variable.name] for variable in kind_of(step).gives(step)}

    async def hand_over(self, node: Mapping[str, Any], /, **values: Any) -> str:
        """Have a node that is a tool by itself, such as a Sub-agent, do its work; what it replied.

        Raises:
            ToolError: It did not work.
            NotPermitted: It was not allowed.
        """
        kind: Any = kind_of(made := node_from_json(dict(node)))
        self._run.values = dict(values)
        return str(await kind.called(made, self._run))


@component
def FromBough(node: Mapping[str, Any], world: World | None = None) -> object:
    """A part of the tree that reaches outside: a file, an MCP server, a tool of the model's provider."""
    board: Ref[Board | None] = use_ref(None)
    if board.current is None or board.current.world is not world:
        board.current = Board(world=world)
    made = use_memo(lambda: node_from_json(dict(node)), (repr(node),))
    return Scope(board.current, {}, {}).element(made)
