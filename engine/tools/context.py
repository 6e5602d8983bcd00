"""What a handler can be given beside its input."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from engine.session.execution import Procedure
    from engine.session.session import Session


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

    def emit(self, content: Any) -> None:
        """Tell listeners how far the call is: an event ``context_update`` with this ``content``. From any thread."""
        self._emit(content)
