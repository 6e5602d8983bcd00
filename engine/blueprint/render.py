"""The document as an engine component. Keys are ``node:<id>``, so state, provenance and live cards follow the node.

Not here: what each kind renders (its own file under ``kinds``), values and scopes (``board``, ``scope``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from engine.blueprint.board import Board, Report
from engine.blueprint.declared import part_around
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds import kind_of
from engine.blueprint.moments import of_call
from engine.blueprint.scope import KEY, Scope
from engine.blueprint.template import TemplateError
from engine.blueprint.values import ValueProblem
from engine.component import Component, component
from engine.elements import Element
from engine.hooks.gates import gate as gate_definition
from engine.hooks.gates import use_gate
from engine.hooks.knobs import use_knob
from engine.hooks.session import use_tick
from engine.hooks.slots import current_fiber
from engine.hooks.state import Ref, use_ref, use_state

if TYPE_CHECKING:
    from engine.world import World

Source = AgentDocument | Callable[[], AgentDocument]

_NODE = re.compile(r"(?:^|/)node:([A-Za-z0-9_-]+)")


def agent_component(
    source: Source,
    *,
    overrides: Mapping[str, Any] | None = None,
    report: Report | None = None,
    world: World | None = None,
    files: Mapping[str, Any] | None = None,
) -> Component:
    """An agent document as a component for ``create_app``, ``session.replace`` and ``compile_once``.

    Args:
        source: The document, or a function that gives the current one at every render.
        overrides: First values of state variables and knobs by node id, for scratch copies.
        report: Called for each text or condition that does not work, which is then left out. Without it such a part
            stops the turn with a ``RenderError`` that names it.
        world: What the agent may reach outside its own state. None: nothing is read, run or asked, as in a dry
            compile.
        files: Contents of the files it sends along, by node id, for a compile without a session; see
            ``sent_files.read_ahead``.
    """

    def Agent(**_props: Any) -> list[Element]:
        if callable(source):
            use_tick()  # asks the source again at every model call
        document = source() if callable(source) else source
        board: Ref[Board] = use_ref(Board(report=report, overrides=overrides, world=world))
        board.current.files = files or {}
        return _scope(board.current, document.root, {}, {})

    return component(Agent)


def _scope(board: Board, root: Node, values: Mapping[str, Any], items: Mapping[str, Any]) -> list[Element]:
    """A scope: the holders of its variables, gates last as their texts may read the others, then its body."""
    made = [
        _HOLDERS[holder.kind](
            node=holder,
            board=board,
            key=f"{KEY}{holder.id}{board.suffix}",
            **({"given": {**values, **items}} if holder.kind == "gate" else {}),
        )
        for holder in sorted(board.declare(root), key=lambda holder: holder.kind == "gate")
        if holder.kind in _HOLDERS
    ]
    return [*made, Body(root=root, board=board, values=values, items=items, key="body")]


@component
def Body(root: Node, board: Board, values: Mapping[str, Any], items: Mapping[str, Any]) -> list[object]:
    """Everything of a scope but its variables."""
    board.readers.add(current_fiber("Body"))
    scope = Scope(board, values, items)
    found = scope.children(root)
    board.show(frozenset(scope.shown))
    return found


@component
def RepeatItem(
    node: Node,
    item: Any,
    name: str,
    suffix: str,
    parent: Board,
    values: Mapping[str, Any],
    items: Mapping[str, Any],
) -> list[Element]:
    """One item of a Repeat: a scope of its own."""
    board: Ref[Board] = use_ref(Board(parent, suffix, parent.report, parent.overrides, parent.world))
    if board.current.parent is not parent:
        board.current = Board(parent, suffix, parent.report, parent.overrides, parent.world)
    return _scope(board.current, node, values, {**items, name: item})


@component
def PartInstance(
    node: Node,
    parent: Board,
    given: Mapping[str, Any],
    linked: Mapping[str, Any],
    links: Mapping[str, tuple[Board, str]],
    types: Mapping[str, str],
) -> list[Element]:
    """A part where it is used: a scope that knows only its parameters. ``linked`` are those that are a variable."""
    board: Ref[Board | None] = use_ref(None)
    if board.current is None or board.current.parent is not parent:
        board.current = Board(parent, parent.suffix, parent.report, parent.overrides, parent.world, closed=True)
    board.current.links, board.current.given = links, types
    return _scope(board.current, node, linked, given)


@component
def StateVariable(node: Node, board: Board) -> None:
    """Holds the value of a state variable."""
    kind: Any = kind_of(node)
    name = kind.own_name(node)

    def first() -> Any:
        return board.overrides[node.id] if node.id in board.overrides else kind.initial(node)

    value, set_value = use_state(first)
    board.put(name, board.fitting(name, value), set_value)


@component
def KnobHolder(node: Node, board: Board) -> None:
    """Holds the value of a knob; while its node is not in the tree the model neither sees nor sets it."""
    kind: Any = kind_of(node)
    name, settings = kind.own_name(node), kind.settings(node)
    board.watchers.add(current_fiber("KnobHolder"))
    if board.visible is not None and node.id not in board.visible:
        settings = {**settings, "inline": True, "validate": _not_now}
    first = board.overrides.get(node.id, kind.initial(node))
    value, set_value = use_knob(name, first, **settings)
    board.put(name, value, set_value)


def _not_now(_value: Any) -> str:
    return "it cannot be set at the moment"


@component
def GateHolder(node: Node, board: Board, given: Mapping[str, Any]) -> None:
    """Holds the state of a gate. ``given``: values from around its scope, as they were when it was rendered."""
    kind: Any = kind_of(node)
    props = kind.props(node)
    board.watchers.add(current_fiber("GateHolder"))
    board.readers.add(current_fiber("GateHolder"))

    def activate(result: Any) -> bool:
        if board.visible is not None and node.id not in board.visible:
            return False
        if props.tool.strip():
            return any(call.name == props.tool.strip() for call in result.tool_calls)
        from engine.blueprint.conditions import evaluate

        try:
            return evaluate(props.condition, {**of_call(result), **given, **board.now()}, board.types())
        except (TemplateError, ValueProblem):
            return False

    scope = Scope(board, given, {})
    instructions = scope.text(node, "instructions").strip() or props.description.strip() or props.title.strip()
    first = board.overrides.get(node.id)
    definition = gate_definition(props.description.strip(), instructions, activate)
    state = use_gate(kind.own_name(node), definition, first if first in ("active", "deferred") else "inactive")
    board.put(kind.own_name(node), state.state, _no_setter)


def _no_setter(_value: Any) -> None:
    """Gates are set by the model alone."""


_HOLDERS: dict[str, Component] = {
    "state": StateVariable,
    "parameter": StateVariable,
    "knob": KnobHolder,
    "gate": GateHolder,
}
_SLOTS = {"state": "state", "parameter": "state", "knob": "knob", "gate": "gate"}
"""The engine's kind of state that a node's value is kept in."""


def node_of_path(path: str) -> str | None:
    """The id of the node that an element path belongs to, the innermost one; None where there is none.

    Example:
        >>> node_of_path("/node:n1/node:n2:a1b2"), node_of_path("/body")
        ('n2', None)
    """
    found = _NODE.findall(path)
    return found[-1] if found else None


def state_values(document: AgentDocument, state: Mapping[str, Any]) -> dict[str, Any]:
    """Values of state variables, knobs and gates by node id, from state by element path.

    Args:
        document: The agent.
        state: ``{"/node:n1": [["state", value]]}``, as ``inspect()["saved"]``, snapshots and the store give it.
    """
    found: dict[str, Any] = {}
    for path, slots in state.items():
        node_id = node_of_path(path)
        node = document.get(node_id) if node_id is not None else None
        if node is None or node.kind not in _HOLDERS or node.id in found:
            continue
        first = slots[0] if isinstance(slots, (list, tuple)) and slots else None
        if isinstance(first, (list, tuple)) and len(first) == 2 and first[0] == _SLOTS[node.kind]:
            found[node.id] = first[1] if first[0] == "state" else first[1].get("value")
    return found


def initial_state(document: AgentDocument, state: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """First values by node id, with others in their place.

    Args:
        document: The agent.
        state: Values by technical name, by node id, or slots by element path; all three may be mixed. Names are
            those of the agent itself; what stands inside a Part is named by its node's id.
    """
    given = state or {}
    found = state_values(document, {path: slots for path, slots in given.items() if path.startswith("/")})
    for node in document.walk():
        if node.kind not in _HOLDERS:
            continue
        name = kind_of(node).own_name(node)
        if node.id in given:
            found[node.id] = given[node.id]
        elif name is not None and name in given and part_around(document, node.id) is None:
            found[node.id] = given[name]
    return found


__all__ = ["Source", "agent_component", "initial_state", "node_of_path", "state_values"]
