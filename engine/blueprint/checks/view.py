"""What checks look up again and again, and what they are told about the surroundings. Not here: the checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from engine.blueprint.declared import enabled_nodes, readable, variables_in_scope
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.form_fields import field_of
from engine.blueprint.kinds import kind_of
from engine.blueprint.kinds.base import Variable
from engine.blueprint.reads import reads
from engine.model import ModelInfo


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about the surroundings of an agent. None means unknown, and nothing is said about it.

    Attributes:
        model: The model that will answer.
        chosen: Whether a model is chosen at all.
        unreachable: Why the model cannot be reached, as one sentence; "" where it can.
        tokens: How many tokens the next call sends.
        connections: Names and ids of the connections in Settings.
        agents: Ids of the person's agents.
        circular: Ids of those agents that hand tasks back to this one, by whatever way, itself included.
        parts: The newest version of each part in the library, by the part's id.
        missing: Files, folders and programs that nodes name and that are not there, by node id.
    """

    model: ModelInfo | None = None
    chosen: bool | None = None
    unreachable: str | None = None
    tokens: int | None = None
    connections: frozenset[str] | None = None
    agents: frozenset[str] | None = None
    circular: frozenset[str] = frozenset()
    parts: Mapping[str, str] | None = None
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


NOTHING_KNOWN = Facts()


class View:
    """One agent as the checks see it."""

    def __init__(self, document: AgentDocument, facts: Facts = NOTHING_KNOWN) -> None:
        self.document = document
        self.facts = facts
        self._scopes: dict[str, dict[str, Variable]] = {}

    @cached_property
    def nodes(self) -> list[Node]:
        """Nodes that are switched on, themselves and all around them, in reading order."""
        return list(enabled_nodes(self.document.root))

    @cached_property
    def order(self) -> dict[str, int]:
        """Position of each node that is switched on, by id."""
        return {node.id: index for index, node in enumerate(self.nodes)}

    @cached_property
    def tool_names(self) -> tuple[str, ...]:
        """The tools that the model can call, in reading order, as far as they are known."""
        return tuple(name for node in self.nodes for name in kind_of(node).tools(node) or ())

    def lacks_tool(self, name: str) -> bool:
        """Whether the agent surely has no tool of that name."""
        return name not in self.tool_names and all(kind_of(node).tools(node) is not None for node in self.nodes)

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
            found |= reads(node)
        return frozenset(found)

    @cached_property
    def switched_off(self) -> dict[str, Node]:
        """The first node that declares a name and is switched off, itself or something around it, by that name."""
        on = {node.id for node in self.nodes}
        found: dict[str, Node] = {}
        for node in self.document.walk():
            if node.id not in on:
                for variable in kind_of(node).declares(node):
                    found.setdefault(variable.name, node)
        return found

    @cached_property
    def list_names(self) -> frozenset[str]:
        """Names of variables that something needs a list in, whether there is such a variable or not."""
        return frozenset(
            str(value).strip()
            for node in self.document.walk()
            for each, value in readable(node)
            if each.role == "variable" and (each.accepts == ("list",) or node.kind == "append")
        )

    def scope(self, node: Node) -> dict[str, Variable]:
        """The variables that a node may name, by name."""
        if node.id not in self._scopes:
            self._scopes[node.id] = {item.name: item for item in variables_in_scope(self.document, node.id)}
        return self._scopes[node.id]

    def settable(self, node: Node, field: str) -> list[str]:
        """The variables that a step may change by this property, the nearest first."""
        found = field_of(node.kind, field)
        accepts = found.accepts if found is not None else ()
        return [
            item.name for item in self.scope(node).values() if item.settable and (not accepts or item.type in accepts)
        ]

    def around(self, node: Node, kind: str) -> Node | None:
        """The nearest node of a kind around this one."""
        return next((above for above in self.document.ancestors(node.id) if above.kind == kind), None)

    def of_kind(self, *kinds: str) -> Iterator[Node]:
        """Nodes of these kinds that are switched on."""
        return (node for node in self.nodes if node.kind in kinds)
