"""Hooks that keep values: state, reducers, refs, memos, signals. Not here: knobs, data, lifecycle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from engine.hooks.slots import MISSING, Slot, StateSlot, claim, current_fiber, use_slot

T = TypeVar("T")
A = TypeVar("A")


def use_state(initial: T | Callable[[], T] = None) -> tuple[T, Callable[[Any], None]]:  # type: ignore[assignment]
    """A value that survives ticks, executions, forks and restarts, and its setter.

    Args:
        initial: The first value, or a function that makes it.

    Returns:
        The value and a setter. The setter takes a value or a function of the old value, may be called from any
        thread, and returns None. Values that are not JSON-serialisable stay in memory only.

    Example:
        >>> @component
        ... def Counter():
        ...     count, set_count = use_state(0)
        ...     return System(f"Count: {count}")
    """
    fiber = current_fiber("use_state")

    def make() -> StateSlot:
        value = claim(fiber, "state")
        if value is MISSING:
            value = initial() if callable(initial) else initial
        return StateSlot("state", fiber, value)

    slot = use_slot(fiber, "state", make)
    return slot.value, slot.set


def use_reducer(
    reducer: Callable[[T, A], T], initial: T, init: Callable[[T], T] | None = None
) -> tuple[T, Callable[[A], None]]:
    """State that changes by actions: ``dispatch(action)`` makes it ``reducer(state, action)``."""
    fiber = current_fiber("use_reducer")

    def make() -> StateSlot:
        value = claim(fiber, "reducer")
        if value is MISSING:
            value = init(initial) if init is not None else initial
        made = StateSlot("reducer", fiber, value)

        def dispatch(action: A) -> None:
            made.set(lambda old: made.extra[0](old, action))

        made.extra = [reducer, dispatch]
        return made

    slot = use_slot(fiber, "reducer", make)
    slot.extra[0] = reducer
    return slot.value, slot.extra[1]


class Ref(Slot, Generic[T]):
    """A box for a value whose change renders nothing. Lives in memory, as long as the component is mounted."""

    __slots__ = ("current",)

    def __init__(self, current: T) -> None:
        super().__init__("ref")
        self.current = current


def use_ref(initial: T = None) -> Ref[T]:  # type: ignore[assignment]
    """A box with ``.current`` that stays the same over renders and is not saved."""
    return use_slot(current_fiber("use_ref"), "ref", lambda: Ref(initial))


class _Memo(Slot):
    __slots__ = ("value", "deps")

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.value: Any = MISSING
        self.deps: tuple[Any, ...] | None = None


def use_memo(make: Callable[[], T], deps: Sequence[Any] | None = ()) -> T:
    """``make()``, computed again only when ``deps`` changed (None: at every render)."""
    slot = use_slot(current_fiber("use_memo"), "memo", lambda: _Memo("memo"))
    wanted = None if deps is None else tuple(deps)
    if slot.value is MISSING or wanted is None or slot.deps != wanted:
        slot.value = make()
        slot.deps = wanted
    value: T = slot.value
    return value


def use_callback(function: T, deps: Sequence[Any] | None = ()) -> T:
    """``function`` as it was when ``deps`` last changed."""
    slot = use_slot(current_fiber("use_callback"), "callback", lambda: _Memo("callback"))
    wanted = None if deps is None else tuple(deps)
    if slot.value is MISSING or wanted is None or slot.deps != wanted:
        slot.value = function
        slot.deps = wanted
    kept: T = slot.value
    return kept


class Signal(Generic[T]):
    """A value that can be read and set through one object: ``signal.value``, ``signal()``, ``signal.set(…)``."""

    __slots__ = ("_slot",)

    def __init__(self, slot: StateSlot) -> None:
        self._slot = slot

    @property
    def value(self) -> T:
        """The current value."""
        current: T = self._slot.value
        return current

    @value.setter
    def value(self, value: T) -> None:
        self._slot.set(lambda _old: value)

    def __call__(self) -> T:
        return self.value

    def set(self, value: Any) -> None:
        """Set a value, or apply a function of the old one."""
        self._slot.set(value)

    def update(self, function: Callable[[T], T]) -> None:
        """Apply a function of the old value."""
        self._slot.set(function)


def use_signal(initial: T | Callable[[], T]) -> Signal[T]:
    """State as one object that can be handed on. Saved like :func:`use_state`."""
    fiber = current_fiber("use_signal")

    def make() -> StateSlot:
        value = claim(fiber, "signal")
        if value is MISSING:
            value = initial() if callable(initial) else initial
        made = StateSlot("signal", fiber, value)
        made.extra = Signal(made)
        return made

    signal: Signal[T] = use_slot(fiber, "signal", make).extra
    return signal


class Computed(Slot, Generic[T]):
    """A value computed from signals; ``.value`` or a call gives it as it is now."""

    __slots__ = ("_compute",)

    def __init__(self) -> None:
        super().__init__("computed")
        self._compute: Any = None

    @property
    def value(self) -> T:
        """The value, computed now."""
        result: T = self._compute()
        return result

    def __call__(self) -> T:
        return self.value


def use_computed(compute: Callable[[], T]) -> Computed[T]:
    """An object whose ``.value`` is ``compute()``, so that it follows the signals it reads."""
    made: Computed[T] = use_slot(current_fiber("use_computed"), "computed", Computed)
    made._compute = compute
    return made
