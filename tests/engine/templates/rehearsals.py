"""A short conversation with each template: what the person says, and what a model would do (``rehearsals.json``).

``python -m tests.engine.templates.record`` runs them through the engine's own loop and writes the recordings that the
gallery shows. Not here: checking that they replay (``test_templates``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.testing import Reply, ToolCall


@dataclass(frozen=True)
class Turn:
    """What the person says, what the model answers call by call, and what the person answers to questions."""

    says: str
    replies: Sequence[Reply]
    answers: Sequence[str] = ()


@dataclass(frozen=True)
class Rehearsal:
    """A whole conversation.

    Attributes:
        turns: The turns.
        left: Values of variables at the end, by node id.
        seen: Words that the last call of the last turn must hold in its system prompt.
    """

    turns: Sequence[Turn]
    left: Mapping[str, Any]
    seen: Sequence[str]

    def replies(self) -> list[Reply]:
        """All replies in order, for a scripted model."""
        return [reply for turn in self.turns for reply in turn.replies]


def _reply(given: Any) -> Reply:
    """``"words"``, or ``{"text", "calls": [[tool, input], …], "blocks": […]}``."""
    if isinstance(given, str):
        return Reply(given)
    calls = [ToolCall(name, value) for name, value in given.get("calls", ())]
    return Reply(given.get("text", ""), tool_calls=calls, blocks=given.get("blocks", ()))


def _rehearsal(given: Mapping[str, Any]) -> Rehearsal:
    turns = [
        Turn(turn["says"], [_reply(reply) for reply in turn["replies"]], turn.get("answers", ()))
        for turn in given["turns"]
    ]
    return Rehearsal(turns, given.get("left", {}), given.get("seen", ()))


REHEARSALS: dict[str, Rehearsal] = {
    name: _rehearsal(given)
    for name, given in json.loads(Path(__file__).with_name("rehearsals.json").read_text(encoding="utf-8")).items()
}
