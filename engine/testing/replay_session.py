"""The session of a replay: it takes over recorded state where another one would save its own, and reaches nothing.

Not here: what is recorded of model and tools (``player``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.entries import Entry
from engine.errors import ValidationFailed
from engine.hooks.slots import StateSlot
from engine.messages import Incoming
from engine.reconciler.tree import ASIDE
from engine.session.execution import Execution
from engine.session.session import Session
from engine.testing.recording import RecordedExecution
from engine.timeline.summary import SUMMARIES
from engine.tools.definition import ToolDefinition

if TYPE_CHECKING:
    from engine.testing.player import Player


class ReplaySession(Session):
    """A session whose outside is a recording."""

    player: Player

    def start(self, recorded: RecordedExecution, max_ticks: int) -> Any:
        """Start an execution as it was started."""
        incoming = [incoming_of(entry) for entry in recorded.messages.get(1, ())]
        procedure = self._start(incoming, None, [], max_ticks, recorded.metadata)
        procedure.handle.id = recorded.id
        return procedure

    def recorded_data(self, path: str, key: str, deps: list[Any]) -> Any:
        """For ``use_data``."""
        return self.player.fetched(path, key, deps)

    def outer_tools(self) -> list[ToolDefinition]:
        """The recorded ones."""
        return list(self.player.tools)

    def model_for(self, compiled: Any) -> Any:
        """Never a real one."""
        return self.player

    def new_entry(self, role: Any, content: Any, metadata: Any, **options: Any) -> Entry:
        """An entry with the recorded id, so that places that are known by ids stay the same."""
        index = self.log.next_index + options.get("offset", 0)
        known = self.player.recording.entries
        same = known[index] if index < len(known) and known[index].index == index else None
        if same is not None and same.role == role:
            options["id"] = same.id
        return super().new_entry(role, content, metadata, **options)

    async def summarize(self, entries: Sequence[Entry], guidance: str | None, model: Any = None) -> Entry | None:
        """A recorded summary; None where there was none of these entries."""
        from engine.timeline.summary import summarize, summary_key

        known: dict[str, Any] = {}
        for execution in self.player.recording.executions:
            for tick in execution.ticks:
                for changes in tick.states.values():
                    for shared, name, value in changes:
                        if shared and name == SUMMARIES and value:
                            known.update(value["value"])
        held = {**known, **(self.shared.get(SUMMARIES) or {})}
        if not entries or summary_key(entries, guidance) not in held:
            return None
        self.shared[SUMMARIES] = held
        return await summarize(self, entries, guidance)

    def spawn(self, *_: Any, **__: Any) -> Any:
        """Refused."""
        raise ValidationFailed("A replay spawns nothing")

    async def commit(self, ex: Execution | None, *, raising: bool = False, **fields: Any) -> None:
        """Where the session would save the results of tools: take over what they did to state."""
        if ex is not None and any(entry.role == "tool" for entry in fields.get("entries", ())):
            self.apply(self.player.state("results", ex.tick))

    def finished_tick(self, ex: Execution, tick: int) -> None:
        """The end of a tick: the state it ended with, and what the next one had."""
        for step in ("results", "end"):
            self.apply(self.player.state(step, tick))
        assert self.player.execution is not None
        self.player.enter(self.player.execution, tick + 1)

    def apply(self, changes: Sequence[Any]) -> None:
        """Take over recorded changes of state."""
        tree = self.tree
        for shared, name, values in changes:
            if shared:
                value = values["value"] if isinstance(values, Mapping) and "value" in values else None
                self.shared[name] = value
                tree.notify(("shared", name))
            elif name.startswith(ASIDE):
                if values:
                    tree.aside[name[len(ASIDE) :]] = list(values)
                else:
                    tree.aside.pop(name[len(ASIDE) :], None)
            elif name in tree.fibers:
                _set_state(tree.fibers[name], values or ())
            elif values:
                tree.stored[name] = list(values)
            else:
                tree.stored.pop(name, None)


def _set_state(fiber: Any, values: Sequence[Any]) -> None:
    slots = [slot for slot in fiber.slots if isinstance(slot, StateSlot)]
    for slot, (kind, value) in zip(slots, values, strict=False):
        if kind != slot.kind or kind.endswith("!"):
            continue
        new = value["value"] if slot.kind in ("knob", "gate") and isinstance(value, Mapping) else value
        if new != slot.value:
            slot.value = new
            fiber.state_changed()


def incoming_of(entry: Entry) -> Incoming:
    """The message that an entry was."""
    return Incoming(entry.role, tuple(entry.content), entry.metadata)
