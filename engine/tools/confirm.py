"""Questions to a person before a tool runs: asked, answered, remembered, asked again after a restart."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.entries import new_id
from engine.errors import ValidationFailed
from engine.events import ToolConfirmationRequired, ToolConfirmationResult
from engine.tools.definition import ToolDefinition

if TYPE_CHECKING:
    from engine.session.session import Session


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said."""

    approved: bool
    input: Any = None
    reason: str | None = None
    always: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question that is open."""

    confirmation_id: str
    call_id: str
    name: str
    input: Any
    message: str


class Confirmations:
    """The open questions of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._open: dict[str, tuple[Question, asyncio.Future[Answer]]] = {}

    @property
    def open(self) -> list[Question]:
        """The questions that wait for an answer."""
        return [question for question, _ in self._open.values()]

    async def ask(self, definition: ToolDefinition, call_id: str, value: Any, message: str) -> Answer:
        """Ask, and wait for the answer; an earlier *always* for this tool as it is now answers at once."""
        from engine.tools.calls import grant_key

        session = self._session
        key = grant_key(definition)
        if session.grants.get(key):
            return Answer(True)
        id = new_id("confirmation")
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._open[id] = (Question(id, call_id, definition.name, value, message), future)
        session.emit(
            ToolConfirmationRequired(
                confirmation_id=id, call_id=call_id, name=definition.name, input=value, message=message
            )
        )
        try:
            answer = await future
        finally:
            self._open.pop(id, None)
        if answer.approved and answer.always:
            session.grants[key] = True
            session.journal.later(grants={key: True})
        session.emit(
            ToolConfirmationResult(
                confirmation_id=id,
                call_id=call_id,
                name=definition.name,
                confirmed=answer.approved,
                reason=answer.reason,
            )
        )
        return answer

    def answer(self, confirmation_id: str, answer: Answer) -> bool:
        """Answer a question of this session or of one it spawned.

        Returns:
            Whether there was such a question.
        """
        found = self._open.get(confirmation_id)
        if found is not None:
            if not found[1].done():
                found[1].set_result(answer)
            return True
        return any(child.confirmations.answer(confirmation_id, answer) for child in self._session.children)


def no_question(confirmation_id: str) -> ValidationFailed:
    """The error for an answer to a question that is not open."""
    return ValidationFailed(f"There is no open question {confirmation_id!r}", place="confirmation_id")
