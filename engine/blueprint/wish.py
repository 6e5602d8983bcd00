"""What an agent asks of the program that runs it: a connection, a model, limits. Not here: obeying (``app``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.blueprint.document import AgentDocument
from engine.blueprint.kinds import kind_of


@dataclass(frozen=True, slots=True)
class Wishes:
    """Properties of the Agent node that concern running it.

    Attributes:
        connection: Name or id of a connection in Settings, or "" for the person's choice.
        model: A model of that connection, or "".
        max_ticks: Model calls per turn at most, for ``session.send(…, max_ticks=…)``.
    """

    connection: str
    model: str
    max_ticks: int


def wishes(document: AgentDocument) -> Wishes:
    """What the agent asks for."""
    props: Any = kind_of(document.root).props(document.root)
    return Wishes(props.model.connection.strip(), props.model.model.strip(), props.max_ticks)


def wished_connections(document: AgentDocument) -> frozenset[str]:
    """All connections that the agent and the Model parts inside it name."""
    asked = {wishes(document).connection}
    for node in document.walk():
        if node.kind == "model":
            kind: Any = kind_of(node)
            asked.add(kind.wish(node)[0])
    return frozenset(asked - {""})
