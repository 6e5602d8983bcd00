"""The values of one scope while it is mounted: who holds them, who reads them, who may set them.

A scope is an Agent, one item of a Repeat, or a Part. Each state variable, knob and gate of it is a small component that
stands at the scope itself, whatever node it is written in, so that no condition ever unmounts it. It puts its value
on the board; the scope's body reads the board and is rendered again when a value changes.
Not here: the components (``render``), reading values in texts (``scope``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from engine.blueprint.document import Node
from engine.blueprint.kinds import Variable, kind_of
from engine.blueprint.template import TemplateError
from engine.blueprint.values import ValueProblem, coerce

if TYPE_CHECKING:
    from engine.world import World

SCOPES = ("repeat", "part")
"""Kinds of nodes whose inside has variables of its own."""

Report = Callable[[Node, str, TemplateError], None]
"""Told of a text or condition that does not work: the node, the property, the error."""


class Board:
    """Values, setters and types by technical name.

    Attributes:
        parent: The board of the scope around a Repeat item or a Part.
        closed: Whether names of the scope around mean nothing here: a Part knows only what it is given.
        links: Names that stand for a variable of another board: a Part's parameters that are given one.
        given: Types of the values that the scope is given, by name.
        suffix: What keys of nodes in this scope end in (``:`` and the item's key), "" for an Agent.
        values: Values as they were last rendered.
        setters: The engine's setters.
        declared: The variable and its node, by name.
        visible: Ids of knobs and gates that the body showed last, None before the first time.
        report: Where broken texts are reported; None: they stop the turn.
        overrides: First values by node id, for scratch copies.
        files: Contents of files that were read ahead, by node id, for a dry compile.
        world: What is outside the agent; None: nothing, as in a dry compile.
    """

    def __init__(
        self,
        parent: Board | None = None,
        suffix: str = "",
        report: Report | None = None,
        overrides: Mapping[str, Any] | None = None,
        world: World | None = None,
        *,
        closed: bool = False,
    ) -> None:
        self.parent = parent
        self.closed = closed
        self.links: Mapping[str, tuple[Board, str]] = {}
        self.given: Mapping[str, str] = {}
        self.world = world
        self.suffix = suffix
        self.report = report
        self.overrides = overrides or {}
        self.files: Mapping[str, Any] = parent.files if parent is not None else {}
        self.values: dict[str, Any] = {}
        self.setters: dict[str, Callable[[Any], None]] = {}
        self.declared: dict[str, tuple[Variable, Node]] = {}
        self.visible: frozenset[str] | None = None
        self.readers: set[Any] = set()
        self.watchers: set[Any] = set()
        self.handlers: dict[str, tuple[Any, Callable[..., Any]]] = {}

    def declare(self, node: Node) -> list[Node]:
        """Take stock of what the nodes inside ``node`` declare; returns the declaring nodes, each name once."""
        holders: list[Node] = []
        declared: dict[str, tuple[Variable, Node]] = {}
        for holder in declaring(node):
            for variable in kind_of(holder).declares(holder):
                if variable.name not in declared:
                    declared[variable.name] = (variable, holder)
                    holders.append(holder)
        self.declared = declared
        for name in [name for name in self.values if name not in declared]:
            self.values.pop(name, None)
            self.setters.pop(name, None)
        return holders

    def put(self, name: str, value: Any, setter: Callable[[Any], None]) -> None:
        """A holder says what its value is now."""
        self.setters[name] = setter
        if name in self.values and _equal(self.values[name], value):
            return
        self.values[name] = value
        for reader in list(self.readers):
            if reader.alive:
                reader.mark_dirty()
            else:
                self.readers.discard(reader)

    def show(self, visible: frozenset[str]) -> None:
        """The body says which knobs and gates stand in the tree now."""
        if visible == self.visible:
            return
        self.visible = visible
        for watcher in list(self.watchers):
            if watcher.alive:
                watcher.mark_dirty()
            else:
                self.watchers.discard(watcher)

    @property
    def around(self) -> Board | None:
        """The board whose names can be used here too."""
        return None if self.closed else self.parent

    def owner(self, name: str) -> tuple[Board, str] | None:
        """The board that holds the value of that name, and what it calls it."""
        if name in self.declared:
            return self, name
        if name in self.links:
            board, there = self.links[name]
            return board.owner(there)
        return self.around.owner(name) if self.around is not None else None

    def now(self) -> dict[str, Any]:
        """All values in reach that somebody holds, as they are this very moment."""
        found = self.around.now() if self.around is not None else {}
        for name in (*self.links, *self.declared):
            held = self.owner(name)
            if held is not None and held[1] in held[0].setters:
                found[name] = held[0].live(held[1])
        return found

    def live(self, name: str) -> Any:
        """The value as it is this very moment, also between renders."""
        setter = self.setters[name]
        slot = getattr(setter, "__self__", None)
        return self.fitting(name, slot.value if slot is not None else self.values.get(name))

    def fitting(self, name: str, value: Any) -> Any:
        """A stored value as the variable's type; where the type has changed and it does not fit, the first value."""
        variable, node = self.declared[name]
        if node.kind != "state":
            return value
        try:
            return coerce(value, variable.type)
        except ValueProblem:
            return kind_of(node).initial(node)  # type: ignore[attr-defined]

    def types(self) -> dict[str, str]:
        """Types of all values in reach, as far as they are known."""
        around = self.around.types() if self.around is not None else {}
        return {**around, **self.given, **{name: variable.type for name, (variable, _) in self.declared.items()}}


def declaring(node: Node) -> list[Node]:
    """The nodes inside ``node`` that declare variables of its scope, switched on, not those in a scope below."""
    found: list[Node] = []
    stack = list(reversed(node.children))
    while stack:
        current = stack.pop()
        if not current.enabled:
            continue
        if kind_of(current).declares(current):
            found.append(current)
        if current.kind not in SCOPES and kind_of(current).children == "nodes":
            stack.extend(reversed(current.children))
    return found


def _equal(left: Any, right: Any) -> bool:
    return type(left) is type(right) and bool(left == right)
