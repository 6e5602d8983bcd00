"""What a handler can be given beside its input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.session.execution import Procedure
    from engine.session.session import Session
    from engine.world import Decision


class ToolContext:
    """Given to a handler in the parameter that is annotated with this class.

    Attributes:
        session: The session that runs the tool.
        call_id: The id of this call; the same in its events.
        name: The tool's name.
        tick: The tick the call was made in; 0 when it was dispatched.
    """

    __slots__ = ("session", "call_id", "name", "tick", "_emit")

    def __init__(self, session: Session, call_id: str, name: str, tick: int, emit: Callable[[Any], None]) -> None:
        self.session = session
        self.call_id = call_id
        self.name = name
        self.tick = tick
        self._emit = emit

    def spawn(self, component: Any, messages: Any = None, **options: Any) -> Procedure:
        """Start a child session; see ``Session.spawn``. Its events say that this call started it."""
        return self.session.spawn(component, messages, call_id=self.call_id, **options)

    async def permit(self, sentence: str, detail: str = "", *, resumable: bool = True) -> Decision:
        """Ask the person in the chat whether the agent may do something, and wait.

        Args:
            sentence: What it is: "Read files in /home/ada/notes".
            detail: What to look at before agreeing, such as code.
            resumable: Whether the call may run from its start again, so that the question is put anew after a restart.
        """
        answer = await self.session.confirmations.put(
            self.name, self.call_id, {"detail": detail}, sentence, "permission", resumable=resumable
        )
        if not answer.approved:
            return "no"
        return "always" if answer.always else "once"

    async def ask(self, question: str, choices: Sequence[str] = (), *, resumable: bool = True) -> str | None:
        """Ask the person something in the chat, and wait for the answer; None where they would rather not say.

        Args:
            question: The words.
            choices: The answers to choose from; none: an answer in words.
            resumable: As for :meth:`permit`.
        """
        value = {"choices": list(choices)}
        answer = await self.session.confirmations.put(
            self.name, self.call_id, value, question, "question", resumable=resumable
        )
        if not answer.approved:
            return None
        given = answer.input.get("answer") if isinstance(answer.input, dict) else answer.input
        return "" if given is None else str(given)

    def emit(self, content: Any) -> None:
        """Tell listeners how far the call is: an event ``context_update`` with this ``content``. From any thread."""
        self._emit(content)
