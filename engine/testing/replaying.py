"""Replay: running a recording again and saying where it differs.

Not here: what a recording is (``recording``), comparing requests (``differences``), what the loop runs on (``player``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.errors import ValidationFailed
from engine.model import ModelRequest
from engine.session.session import Session
from engine.testing.differences import readable
from engine.testing.recording import Recording, record


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

    The engine's own loop runs: messages, rendering, compiling, decisions. The model's replies, the results of tools,
    the data of ``use_data``, summaries, and what tools, effects and callbacks did to state come from the recording;
    tools from outside the tree are taken as they were sent. No model, handler, question, spawned session, effect or
    lifecycle callback runs, and nothing is stored. Only gates and ``use_continuation`` decide again, since they do
    nothing else; where ``use_on_tick_end`` decided, its decision is the recorded one.

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
    from engine.testing.player import Player

    player = Player(Recording(recorded), component, runner)
    try:
        await player.run()
    finally:
        await player.app.shutdown()
    return Replay(tuple(player.ticks), player.divergence)


async def assert_replays(recorded: Session | Mapping[str, Any], component: Any, *, runner: Any = None) -> None:
    """A recording runs again with every context as it was.

    Raises:
        AssertionError: It does not; the message shows the first place and the words.
    """
    __tracebackhide__ = True
    found = await replay(recorded, component, runner=runner)
    if found.divergence is not None:
        raise AssertionError(str(found.divergence))
