"""Gates: conditions that hold the end of a turn until the model has dealt with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, cast

from engine.errors import EngineError
from engine.hooks.knobs import GATES, KnobDefinition, KnobSlot, knob_slot
from engine.hooks.lifecycle import use_continuation

State = Literal["inactive", "active", "deferred"]


@dataclass(frozen=True, slots=True)
class GateDefinition:
    """What a gate is: see :func:`gate`."""

    description: str
    instructions: str
    activate_when: Callable[[Any], Any]


def gate(description: str, instructions: str, activate_when: Callable[[Any], Any]) -> GateDefinition:
    """Define a gate.

    Args:
        description: What it guards, for the list of knobs.
        instructions: What the model reads while it is active.
        activate_when: A function of the ``TickResult``; when it is true at the end of a tick, the gate activates.
    """
    return GateDefinition(description, instructions, activate_when)


class GateState:
    """A gate that is mounted: its state, and ways to change it."""

    __slots__ = ("_slot",)

    def __init__(self, slot: KnobSlot) -> None:
        self._slot = slot

    @property
    def state(self) -> State:
        """``inactive``, ``active`` or ``deferred``."""
        return cast("State", self._slot.value)

    @property
    def active(self) -> bool:
        """Whether it holds the turn now."""
        return bool(self._slot.value == "active")

    def activate(self) -> None:
        """Hold the end of the turn."""
        self._slot.set(lambda _old: "active")

    def clear(self) -> None:
        """Let the turn end."""
        self._slot.set(lambda _old: "inactive")

    def defer(self) -> None:
        """Put it off to the moment when the turn would end."""
        self._slot.set(lambda _old: "deferred")


def _activates(name: str, definition: GateDefinition, result: Any) -> bool:
    try:
        return bool(definition.activate_when(result))
    except Exception as error:
        raise EngineError(f"The condition of gate {name} raised {type(error).__name__}: {error}") from error


def use_gate(name: str, definition: GateDefinition, first: State = "inactive") -> GateState:
    """Mount a gate. ``first`` is its state at the first render; anything but ``inactive`` is for looking ahead.

    It is a knob with the options ``inactive``, ``active`` and ``deferred`` in the group *gates*. While it is active
    the model reads its instructions and the turn does not end; ``deferred`` becomes ``active`` when the turn would end.
    """
    made = KnobDefinition(first, ("inactive", "active", "deferred"), description=definition.description, group=GATES)
    slot = knob_slot("gate", name, made)
    slot.extra = definition
    state = GateState(slot)

    def at_tick_end(result: Any) -> None:
        if state.state == "inactive" and _activates(name, definition, result):
            state.activate()
        if state.state == "deferred" and not result.should_continue:
            state.activate()
        if state.active:
            result.continue_(f"gate {name}")

    use_continuation(at_tick_end)
    return state
