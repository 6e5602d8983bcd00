"""What an agent may do outside its own state, said before it does anything. Not here: allowing it (``permissions``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds import kind_of
from engine.permissions import Capability


def capabilities(document: AgentDocument) -> list[tuple[Node, Capability]]:
    """Everything that the nodes of an agent may do, each thing once, in the order of the tree; also of nodes that are
    switched off, as switching on asks nobody."""
    found: dict[str, tuple[Node, Capability]] = {}
    for node in document.walk():
        for capability in kind_of(node).capabilities(node):
            found.setdefault(capability.key, (node, capability))
    return list(found.values())


async def look_around(nodes: Iterable[Node]) -> None:
    """Find out, away from the loop, what capabilities depend on: whether code can be cut off on this machine."""
    if any(inner.kind == "run_python" for node in nodes for inner in node.walk()):
        from engine.effects.sandbox import find_out

        await find_out()


def needed(nodes: Iterable[Node]) -> Iterator[tuple[Node, Capability]]:
    """What these nodes and all inside them that are switched on may do."""
    for node in nodes:
        if node.enabled:
            for capability in kind_of(node).capabilities(node):
                yield node, capability
            yield from needed(node.children)
