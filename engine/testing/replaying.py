"""Replay: the real loop over a recording, with no model, no tool handler and no store.

Not here: what a recording is (``recording``), comparing requests (``differences``).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.app import App
from engine.compiler.compile import SET_KNOB
from engine.entries import Entry
from engine.errors import EngineError, ModelError, RenderError, ToolError, ValidationFailed
from engine.eventlog import MAX_EVENTS_PER_SESSION, EventLog
from engine.hooks.slots import StateSlot
from engine.messages import Incoming
from engine.model import BlockStart, BlockStop, ModelInfo, ModelRequest, StreamEvent, StreamStart, StreamStop
from engine.session.execution import Execution
from engine.session.journal import ASIDE, give_state
from engine.session.recovery import ENDED
from engine.session.session import Session
from engine.testing.differences import first_difference, readable
from engine.testing.recording import RecordedExecution, RecordedTick, Recording, record
from engine.timeline.summary import SUMMARIES
from engine.tools.definition import ToolDefinition
from engine.usage import Usage


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first place where a replay differs from what was recorded.

    Attributes:
        execution_id: The execution.
        tick: Its tick.
        place: Where: ``system[0].text``, ``messages[2].content[0].text``, ``tools[0]``, ``options``; ``ticks`` where
            there are more or fewer of them; ``error`` where the loop failed.
        expected: What was recorded there, or None.
        actual: What is there now, or None.
    """

    execution_id: str
    tick: int
    place: str
    expected: Any
    actual: Any

    def __str__(self) -> str:
        words = readable(self.expected, self.actual)
        return f"Tick {self.tick} of {self.execution_id} differs at {self.place}:\n  {words}"


@dataclass(frozen=True, slots=True)
class ReplayedTick:
    """A tick that ran again, with the request the loop made."""

    execution_id: str
    tick: int
    request: ModelRequest
    identical: bool


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay came to: the ticks that ran, up to and with the first that differs."""

    ticks: Sequence[ReplayedTick] = field(default_factory=tuple)
    divergence: Divergence | None = None

    @property
    def identical(self) -> bool:
        """Whether every context is byte for byte what was recorded."""
        return self.divergence is None


async def replay(recorded: Session | Mapping[str, Any], component: Any, *, runner: Any = None) -> Replay:
    """Run what was recorded again with ``component``, and compare each request with the recorded one.

    The engine's own loop runs: messages, rendering, compiling, hooks, decisions. The model's replies, the results of
    tools, the data of ``use_data``, summaries, and what tools and effects did to state come from the recording; tools
    from outside the tree are taken as they were sent. No model, handler, question, spawned session or ``use_effect``
    function runs, and nothing is stored. Lifecycle hooks of the components do run.

    Args:
        recorded: A session with a store, or a recording of one (:func:`record`).
        component: What is mounted.
        runner: Its ``transform`` is used; for a session, its own by default.

    Raises:
        ValidationFailed: The session has no store, or it is not a recording.

    Example:
        >>> result = await replay(json.loads(fixture.read_text()), NotepadAgent)
        >>> assert result.identical, result.divergence
    """
    if isinstance(recorded, Session):
        runner = runner if runner is not None else recorded.runner
        recorded = await record(recorded)
    if not isinstance(recorded, Mapping):
        raise ValidationFailed("Only a session or a recording can be replayed")
    player = _Player(Recording(recorded), component, runner)
    try:
        return await player.run()
    finally:
        await player.app.shutdown()


async def assert_replays(recorded: Session | Mapping[str, Any], component: Any, *, runner: Any = None) -> None:
    """A recording runs again with every context as it was.

    Raises:
        AssertionError: It does not; the message shows the first place and the words.
    """
    __tracebackhide__ = True
    found = await replay(recorded, component, runner=runner)
    if found.divergence is not None:
        raise AssertionError(str(found.divergence))


class _Stop(EngineError):
    """Ends a replay at its first divergence."""


class _Player:
    """One replay; also the model and the runner of its session."""

    def __init__(self, recording: Recording, component: Any, runner: Any) -> None:
        self.recording = recording
        self.app = App(component, model=self)
        self.ticks: list[ReplayedTick] = []
        self.divergence: Divergence | None = None
        self.execution: RecordedExecution | None = None
        self.replies: list[Entry] = []
        self.asked = 0
        self.data = recording.data()
        self.tools: list[ToolDefinition] = []
        self._bodies: dict[str, Mapping[str, Any]] = {}
        self._name: str | None = None
        transform = getattr(runner, "transform", None)
        if transform is not None:
            self.transform = transform
        self.session = _ReplaySession(
            self.app,
            recording.session_id,
            component=component,
            model=self,
            runner=self,
            limit=recording.limit,
        )
        self.session.events_log = EventLog(MAX_EVENTS_PER_SESSION)
        self.session.player = self
        self.session.loaded = True
        self.session.tree.run_effects = False

    async def run(self) -> Replay:
        session, recording = self.session, self.recording
        session.props = dict(recording.props)
        session.log.load(recording.before, len(recording.before) and recording.before[-1].index + 1)
        give_state(session.tree, {name: value for shared, name, value in recording.first if not shared})
        session.apply([change for change in recording.first if change[0]])
        for execution in recording.executions:
            await self._execute(execution)
            if self.divergence is not None:
                break
        return Replay(tuple(self.ticks), self.divergence)

    async def _execute(self, recorded: RecordedExecution) -> None:
        self.execution, self.asked = recorded, 0
        self.enter(recorded, 1)
        count = len([tick for tick in recorded.ticks if tick.tick > 0])
        limit = count if recorded.stop_reason == "max_ticks" else count + 1
        procedure = self.session.start(recorded, max(1, limit))
        error: BaseException | None = None
        try:
            await procedure.result
        except EngineError as raised:
            error = raised
        if self.divergence is not None:
            return
        if error is not None and recorded.status == "completed":
            self._differs(max(1, self.asked), "error", None, str(error))
        elif self.asked < count and not (recorded.status != "completed" and self.asked == count - 1):
            self._differs(self.asked + 1, "ticks", f"{count} ticks", f"{self.asked} ticks")

    def enter(self, recorded: RecordedExecution, tick: int) -> None:
        """Before a tick: take the tools and the model's name that it had."""
        found = self._tick(recorded, tick)
        if found is None or found.context is None:
            return
        bodies = self.recording.outer_tools(found.context)
        self.tools = [
            ToolDefinition(body["name"], str(body.get("description", "")), provider=self._same(body))
            for body in bodies
            if body["name"] != "set_knob"
        ]
        for kind, body in found.context.parts:
            if kind in ("options", "exact"):
                self._name = body["model"]
            elif kind == "spans" and isinstance(body, Mapping):
                self.session.breakpoint = body.get("breakpoint")

    def _same(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._bodies.setdefault(json.dumps(body, sort_keys=True), body)

    @staticmethod
    def _tick(recorded: RecordedExecution, number: int) -> RecordedTick | None:
        return next((tick for tick in recorded.ticks if tick.tick == number), None)

    def state(self, step: str, number: int) -> Sequence[Any]:
        """Changes of state of a tick that are not applied yet."""
        found = self._tick(self.execution, number) if self.execution is not None else None
        if found is None:
            return ()
        changes = found.states[step]
        found.states[step] = ()  # type: ignore[index]
        return changes

    def _differs(self, tick: int, place: str, expected: Any, actual: Any) -> None:
        assert self.execution is not None
        self.divergence = Divergence(self.execution.id, tick, place, expected, actual)

    def fetched(self, path: str, key: str, deps: list[Any]) -> Any:
        """Data from the recording.

        Raises:
            RenderError: It was never fetched there.
        """
        try:
            return self.data[path, key, json.dumps(deps)]
        except KeyError:
            raise RenderError(f"The data {key!r} was not fetched with {deps!r} in the recording", path=path) from None

    # -- the model -----------------------------------------------------------------------------------------------

    @property
    def info(self) -> ModelInfo:
        """The recorded model's."""
        known = self.recording.info
        return ModelInfo(
            self._name or "", context_window=known.context_window, abilities=known.abilities, provider=known.provider
        )

    async def count_tokens(self, request: ModelRequest) -> int:
        """An estimate."""
        return sum(span.tokens for span in request.spans)

    async def aclose(self) -> None:
        """Nothing to release."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[StreamEvent]:
        """The recorded reply, if the request is the recorded one."""
        assert self.execution is not None
        ex = self.session.current_or_ending
        number = ex.tick if ex is not None else 0
        recorded = self.execution
        tick = self._tick(recorded, number)
        if tick is None:
            if recorded.status == "completed":
                self._differs(number, "ticks", f"{len(recorded.ticks)} ticks", "one more tick")
            raise _Stop("The recording ends here")
        if self.asked < number:
            self.asked = number
            self.replies = list(tick.replies)
            await self._compare(tick, request)
            for entry in recorded.messages.get(number + 1, ()):
                self.session.add_pending(_incoming(entry), "joined")
        if not self.replies:
            await self._fail(recorded)
        async for event in self._answer(self.replies.pop(0), tick):
            yield event

    async def _compare(self, tick: RecordedTick, request: ModelRequest) -> None:
        expected = None if tick.context is None else await self.recording.request(tick.context)
        found = None if expected is None else first_difference(expected, request)
        self.ticks.append(ReplayedTick(tick.execution_id, tick.tick, request, found is None))
        if found is not None:
            self._differs(tick.tick, *found)
            raise _Stop("The replay differs")

    async def _answer(self, entry: Entry, tick: RecordedTick) -> AsyncIterator[StreamEvent]:
        usage = Usage.from_json(tick.usage)
        yield StreamStart(entry.id, str(entry.metadata.get("model") or ""), usage)
        for index, block in enumerate(entry.content):
            yield BlockStart(index, dict(block))
            yield BlockStop(index, dict(block))
        if entry.status == "interrupted":
            assert self.execution is not None
            await self._fail(self.execution)
        yield StreamStop(str(entry.metadata.get("stop_reason") or "end_turn"), usage)

    async def _fail(self, recorded: RecordedExecution) -> None:
        """End the call as it ended."""
        if recorded.status == "aborted":
            self.session.abort(recorded.error or "Aborted")
            await asyncio.get_running_loop().create_future()  # the abort cancels this
        raise ModelError(recorded.error or "The recorded call failed", kind="unknown")

    # -- the runner ----------------------------------------------------------------------------------------------

    async def execute_tool_call(self, call: Any, following: Any) -> Any:
        """The recorded result; no handler runs. What the model expanded is no state, so it is expanded again."""
        content, is_error = self.recording.results.get(call.id, ([{"type": "text", "text": ENDED}], True))
        text = "".join(str(block.get("text", "")) for block in content)
        if is_error:
            raise ToolError(text)
        if call.name == SET_KNOB and text.startswith(("Expanded ", "Collapsed ")):
            return await following()
        return [dict(block) for block in content]


class _ReplaySession(Session):
    """A session whose outside is a recording."""

    player: _Player

    def start(self, recorded: RecordedExecution, max_ticks: int) -> Any:
        """Start an execution as it was started."""
        incoming = [_incoming(entry) for entry in recorded.messages.get(1, ())]
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

    async def summarize(self, entries: Sequence[Entry], guidance: str | None) -> Entry | None:
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
        """Where the session would save: take over what was saved there."""
        if ex is None or ex.stopping:
            return
        if any(entry.role == "tool" for entry in fields.get("entries", ())):
            self.apply(self.player.state("results", ex.tick))
        elif ex.tick:
            self.apply(self.player.state("start", ex.tick))

    def finished_tick(self, ex: Execution, tick: int) -> None:
        """The end of a tick: the state it ended with, and what the next one had."""
        for step in ("start", "results", "end"):
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


def _incoming(entry: Entry) -> Incoming:
    return Incoming(entry.role, tuple(entry.content), entry.metadata)
