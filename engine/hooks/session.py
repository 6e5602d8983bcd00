"""Hooks that read the session: its state, history, waiting messages, tick, context."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.entries import Entry
from engine.errors import RenderError
from engine.hooks.slots import Slot, accepts_changes, current_fiber, use_slot
from engine.reconciler.fiber import Fiber

if TYPE_CHECKING:
    from engine.session.session import Session


def _host(fiber: Fiber, hook: str) -> Any:
    host = fiber.tree.host
    if host is None:
        raise RenderError(f"{hook} needs a session; {fiber.path} is only compiled", path=fiber.path)
    return host


def _read(hook: str, topic: Any) -> tuple[Fiber, Any]:
    """Note that the component reads a topic, so that it renders when that changes."""
    fiber = current_fiber(hook)
    use_slot(fiber, hook, lambda: Slot(hook))
    fiber.tree.subscribers.setdefault(topic, set()).add(fiber)
    return fiber, fiber.tree.host


def use_session() -> Session:
    """The session the component is mounted in."""
    fiber = current_fiber("use_session")
    use_slot(fiber, "use_session", lambda: Slot("use_session"))
    session: Session = _host(fiber, "use_session")
    return session


class _Shared(Slot):
    __slots__ = ("setter",)

    def __init__(self) -> None:
        super().__init__("session_state")
        self.setter: Any = None


def use_session_state(key: str, default: Any = None, persist: bool = True) -> tuple[Any, Callable[[Any], None]]:
    """State by key that all components of a session share, and its setter.

    Args:
        key: The name of the value in the session.
        default: The value while none was set.
        persist: False keeps it in memory only.
    """
    fiber = current_fiber("use_session_state")
    tree = fiber.tree
    slot = use_slot(fiber, "session_state", _Shared)
    tree.subscribers.setdefault(("shared", key), set()).add(fiber)
    host = tree.host
    shared = host.shared if host is not None else tree.local
    if slot.setter is None or slot.setter[0] != key:

        def set_value(value: Any) -> None:
            if not accepts_changes():
                return
            with tree.lock:
                old = shared_of(tree).get(key, default)
                new = value(old) if callable(value) else value
                if tree.host is not None:
                    tree.host.set_shared(key, new, persist)
                else:
                    tree.local[key] = new
                    tree.notify(("shared", key))

        slot.setter = (key, set_value)
    return shared.get(key, default), slot.setter[1]


def shared_of(tree: Any) -> dict[str, Any]:
    """The session state a tree sees."""
    found: dict[str, Any] = tree.host.shared if tree.host is not None else tree.local
    return found


class TimelineControl:
    """The timeline as a component sees and changes it. ``set`` and ``update`` change memory, never the database."""

    __slots__ = ("_session",)

    def __init__(self, session: Any) -> None:
        self._session = session

    @property
    def entries(self) -> Sequence[Entry]:
        """The entries, oldest first."""
        return tuple(self._session.log.entries) if self._session is not None else ()

    def set(self, entries: Sequence[Any]) -> None:
        """Go on with these entries (or messages) instead. May be called from any thread.

        Raises:
            ValidationFailed: They are something else; nothing was changed.
        """
        if self._session is not None and accepts_changes():
            self._session.replace_timeline(entries)

    def update(self, function: Callable[[Sequence[Entry]], Sequence[Any]]) -> None:
        """Go on with what a function makes of the entries."""
        self.set(function(self.entries))

    def __iter__(self) -> Any:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


def use_timeline() -> TimelineControl:
    """The timeline: ``.entries``, ``.set(entries)``, ``.update(function)``."""
    _, host = _read("use_timeline", "timeline")
    return TimelineControl(host)


def use_history() -> Sequence[Entry]:
    """The entries of the timeline."""
    _, host = _read("use_history", "timeline")
    return tuple(host.log.entries) if host is not None else ()


def use_queued() -> Sequence[Any]:
    """The messages that wait, as ``{"role", "content"}``."""
    _, host = _read("use_queued", "queued")
    return tuple(pending.message.to_json() for pending in host.pending) if host is not None else ()


def use_tick() -> int:
    """The number of the running tick, from 1; 0 outside of an execution."""
    _, host = _read("use_tick", "tick")
    ex = host.current_or_ending if host is not None else None
    return ex.tick if ex is not None else 0


@dataclass(frozen=True, slots=True)
class ContextInfo:
    """How big the context of the last compilation was.

    Attributes:
        tokens: Its estimated tokens.
        window: The model's context window, or None where unknown.
        by_path: Tokens that each element wrote.
    """

    tokens: int = 0
    window: int | None = None
    by_path: dict[str, int] | None = None


def use_context_info() -> ContextInfo:
    """How big the context of the last compilation was."""
    _, host = _read("use_context_info", "context_info")
    compiled = host.compiled if host is not None else None
    if compiled is None:
        return ContextInfo()
    from engine.compiler.record import tokens_by_path

    totals = tokens_by_path(compiled.request.spans)
    return ContextInfo(sum(totals.values()), host.context_window(compiled), totals)
