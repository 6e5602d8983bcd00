"""What the loop runs on in a replay: a recording in the place of the model, the tools and what decided.

Not here: what callers see (``replaying``), the session (``replay_session``).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from engine.app import App
from engine.compiler.compile import SET_KNOB
from engine.entries import Entry
from engine.errors import EngineError, ModelError, RenderError, ToolError
from engine.eventlog import MAX_EVENTS_PER_SESSION, EventLog
from engine.model import BlockStart, BlockStop, ModelInfo, ModelRequest, StreamEvent, StreamStart, StreamStop
from engine.session.execution import TickResult
from engine.session.journal import give_state
from engine.session.recovery import ENDED
from engine.testing.differences import first_difference
from engine.testing.recording import RecordedExecution, RecordedTick, Recording
from engine.testing.replay_session import ReplaySession, incoming_of
from engine.testing.replaying import Divergence, ReplayedTick
from engine.tools.definition import ToolDefinition
from engine.usage import Usage


class Stop(EngineError):
    """Ends a replay at its first divergence."""


class Player:
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
        self.session = ReplaySession(
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
        self.session.tree.stand_ins = {"on_tick_end": self.decided}

    async def run(self) -> None:
        """Run every execution, up to the first divergence."""
        session, recording = self.session, self.recording
        session.props = dict(recording.props)
        session.log.load(recording.before, len(recording.before) and recording.before[-1].index + 1)
        give_state(session.tree, {name: value for shared, name, value in recording.first if not shared})
        session.apply([change for change in recording.first if change[0]])
        for execution in recording.executions:
            await self._execute(execution)
            if self.divergence is not None:
                break

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
        """Before a tick: take the state, the tools and the model's name that it had."""
        self.session.apply(self.state("start", tick))
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

    def decided(self, result: TickResult) -> dict[str, Any]:
        """What the callbacks at the end of a tick decided, as far as the recording shows it."""
        assert self.execution is not None
        return {"continue": True} if self._tick(self.execution, result.tick + 1) else {"stop": True}

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
            raise Stop("The recording ends here")
        if self.asked < number:
            self.asked = number
            self.replies = list(tick.replies)
            await self._compare(tick, request)
            for entry in recorded.messages.get(number + 1, ()):
                self.session.add_pending(incoming_of(entry), "joined")
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
            raise Stop("The replay differs")

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
