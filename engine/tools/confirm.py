"""Questions to a person before a tool runs: asked, answered, remembered, asked again after a restart."""

from __future__ import annotations

import asyncio
import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from engine.entries import new_id
from engine.errors import ValidationFailed
from engine.events import ToolConfirmationRequired, ToolConfirmationResult
from engine.session.journal import plain
from engine.tools.definition import ToolDefinition

if TYPE_CHECKING:
    from engine.session.session import Session


Kind = Literal["tool", "permission", "question"]

QUESTIONS = "engine:questions"
"""Session state under which open questions are saved."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said."""

    approved: bool
    input: Any = None
    reason: str | None = None
    always: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question that is open.

    Attributes:
        resumable: Whether it is put anew after a restart, which runs its call from the start. False where the call
            has had an effect outside already, which must not happen twice.
    """

    confirmation_id: str
    call_id: str
    name: str
    input: Any
    message: str
    kind: Kind = "tool"
    resumable: bool = True

    def asks_same(self, stored: dict[str, Any]) -> bool:
        """Whether a stored question is this one, asked before the program ended.

        What it showed counts: a yes to one code, or to one input, is no yes to what stands there by now.
        """
        return (self.call_id, self.kind, self.message, plain(self.input)) == (
            stored["call_id"],
            stored.get("kind", "tool"),
            stored["message"],
            stored["input"],
        )


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
        answer = await self.put(definition.name, call_id, value, message)
        if answer.approved and answer.always:
            session.grants[key] = True
            session.journal.later(grants={key: True})
        return answer

    async def put(
        self, name: str, call_id: str, value: Any, message: str, kind: Kind = "tool", *, resumable: bool = True
    ) -> Answer:
        """Put a question of a running call to the person, and wait for the answer; nothing is remembered."""
        session = self._session
        question = Question(new_id("confirmation"), call_id, name, value, message, kind, resumable)
        before = next((stored for stored in session.questions if question.asks_same(stored)), None)
        if before is not None:
            question = dataclasses.replace(question, confirmation_id=before["confirmation_id"])
        id = question.confirmation_id
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._open[id] = (question, future)
        session.emit(
            ToolConfirmationRequired(
                confirmation_id=id, call_id=call_id, name=name, input=value, message=message, kind=kind
            )
        )
        early = session.stored_answers.pop(id, None)
        if early is not None:
            future.set_result(early)
        else:
            self._keep()
        try:
            answer = await future
        finally:
            if not session.leaving:
                self._open.pop(id, None)
                self._keep()
        session.emit(
            ToolConfirmationResult(
                confirmation_id=id, call_id=call_id, name=name, confirmed=answer.approved, reason=answer.reason
            )
        )
        return answer

    def _keep(self) -> None:
        """Save which questions are open, so that a new process can ask them again."""
        session = self._session
        if session.journal.store is not None:
            kept = [dataclasses.asdict(question) for question, _ in self._open.values()]
            session.shared[QUESTIONS] = kept
            session.journal.later(shared_state={QUESTIONS: {"value": plain(kept)} if kept else None})

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
