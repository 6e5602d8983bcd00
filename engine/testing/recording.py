"""Recordings: everything of a stored session that is needed to run it again, as JSON. Not here: running it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.compiler.record import entry_json, request_of
from engine.entries import Entry
from engine.errors import ValidationFailed
from engine.model import ModelInfo, ModelRequest
from engine.persistence import ContextRecord
from engine.session.journal import UNKEPT, plain

if TYPE_CHECKING:
    from engine.session.session import Session

FORMAT = "bough-recording"
VERSION = 2
"""From 2 on, the *start* of a tick has all that was done to state before its model call, by callbacks too."""


async def record(session: Session) -> dict[str, Any]:
    """A recording of all executions of a session: JSON, to be kept as a fixture and given to :func:`replay`.

    It has the timeline, every request, tool result, answer of the model and change of state, so whatever is secret in
    the conversation is in it too.

    Raises:
        ValidationFailed: The session has no store, so its contexts are not known any more.

    Example:
        >>> Path("tests/notepad.json").write_text(json.dumps(await record(session)))
    """
    store = session.journal.store
    if store is None:
        raise ValidationFailed("Only a session with a store can be recorded")
    await session.mount()
    await session.journal.settle()
    await session.journal.flush()
    entries = list(await store.entries(session.id, 0, session.log.next_index - 1)) if session.log.next_index else []
    steps = await store.state_steps(session.id)
    ticks: dict[str, list[Any]] = {}
    for tick in await store.ticks(session.id):
        ticks.setdefault(tick.execution_id, []).append(tick)
    bodies: list[Any] = []
    numbers: dict[str, int] = {}
    executions = []
    seen = 0
    for execution in await store.executions(session.id):
        made = []
        for tick in ticks.get(execution.id, ()):
            context = await store.context(session.id, execution.id, tick.tick)
            start, results, end = steps.ticks[execution.id, tick.tick]
            start = seen if start is None else start
            has_results = any(
                e.role == "tool" and (e.execution_id, e.tick) == (execution.id, tick.tick) for e in entries
            )
            results = (end if has_results else start) if results is None else results
            made.append(
                {
                    "tick": tick.tick,
                    "usage": dict(tick.usage),
                    "context": None if context is None else _parts(context, bodies, numbers),
                    "start": _changes(steps.changes, seen, start),
                    "results": _changes(steps.changes, start, results),
                    "end": _changes(steps.changes, results, end),
                }
            )
            seen = end
        executions.append(
            {
                "id": execution.id,
                "status": execution.status,
                "error": execution.error,
                "stop_reason": execution.stop_reason,
                "metadata": dict(execution.metadata),
                "ticks": made,
            }
        )
    info = getattr(session.model, "info", None)
    return {
        "format": FORMAT,
        "version": VERSION,
        "session": session.id,
        "limit": session.log.limit,
        "props": {k: v for k, v in ((k, plain(v)) for k, v in session.props.items()) if v is not UNKEPT},
        "window": getattr(info, "context_window", None),
        "abilities": sorted(getattr(info, "abilities", ())),
        "entries": [entry_json(entry) for entry in entries],
        "executions": executions,
        "bodies": bodies,
    }


def _parts(context: ContextRecord, bodies: list[Any], numbers: dict[str, int]) -> list[Any]:
    """The parts of a context, each distinct body once in the recording."""
    import json

    parts: list[Any] = []
    for kind, body in context.parts:
        if kind == "entries":
            parts.append([kind, list(body)])
            continue
        text = json.dumps(body, ensure_ascii=False)
        if text not in numbers:
            numbers[text] = len(bodies)
            bodies.append(body)
        parts.append([kind, numbers[text]])
    return parts


def _changes(changes: Sequence[tuple[int, bool, str, Any]], after: int, until: int) -> list[Any]:
    return [[shared, name, value] for number, shared, name, value in changes if after < number <= until]


@dataclass(frozen=True, slots=True)
class RecordedTick:
    """A tick of a recording; see :func:`record`."""

    execution_id: str
    tick: int
    context: ContextRecord | None
    usage: Mapping[str, Any]
    states: Mapping[str, Sequence[Any]]
    replies: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class RecordedExecution:
    """An execution of a recording, with the messages that each tick took."""

    id: str
    status: str
    error: str | None
    stop_reason: str | None
    metadata: Mapping[str, Any]
    ticks: Sequence[RecordedTick]
    messages: Mapping[int, Sequence[Entry]]


class Recording:
    """A recording, read.

    Attributes:
        before: Entries from before the first execution (a fork's).
        executions: What is run again.
        results: Tool results by call id: blocks, and whether they are an error.
    """

    def __init__(self, value: Mapping[str, Any]) -> None:
        if value.get("format") != FORMAT:
            raise ValidationFailed("This is not a recording", place="format")
        if value.get("version") not in (1, VERSION):
            raise ValidationFailed(f"The recording has version {value.get('version')}; this reads {VERSION}")
        self._first_version = value["version"] == 1
        self.session_id = str(value["session"])
        self.limit: int | None = value["limit"]
        self.props: dict[str, Any] = dict(value["props"])
        self.entries = [Entry(**entry) for entry in value["entries"]]
        self.bodies: Sequence[Any] = value["bodies"]
        self.info = ModelInfo(
            "recorded", context_window=value["window"], abilities=frozenset(value["abilities"]), provider="scripted"
        )
        own = {item["id"] for item in value["executions"] if any(t["tick"] > 0 for t in item["ticks"])}
        self.before = [entry for entry in self.entries if entry.execution_id not in own]
        self.first: list[Any] = [
            change
            for item in value["executions"]
            if item["id"] not in own
            for tick in item["ticks"]
            for step in ("start", "results", "end")
            for change in tick[step]
        ]
        self.executions = [self._execution(item) for item in value["executions"] if item["id"] in own]
        self.results = {
            block["tool_use_id"]: (block.get("content") or [], bool(block.get("is_error")))
            for entry in self.entries
            if entry.role == "tool"
            for block in entry.content
        }

    def _execution(self, item: Mapping[str, Any]) -> RecordedExecution:
        messages: dict[int, list[Entry]] = {}
        replies: dict[int, list[Entry]] = {}
        for entry in self.entries:
            if entry.execution_id != item["id"]:
                continue
            if (entry.role == "assistant" and "stop_reason" in entry.metadata) or entry.status == "interrupted":
                replies.setdefault(entry.tick, []).append(entry)
            elif entry.role != "tool":
                messages.setdefault(entry.tick, []).append(entry)
        ticks = [
            RecordedTick(
                item["id"],
                tick["tick"],
                None if tick["context"] is None else self._context(tick["context"]),
                tick["usage"],
                self._states(tick, bool(messages.get(tick["tick"]))),
                replies.get(tick["tick"], ()),
            )
            for tick in item["ticks"]
        ]
        return RecordedExecution(
            item["id"], item["status"], item["error"], item["stop_reason"], item["metadata"], ticks, messages
        )

    def _states(self, tick: Mapping[str, Any], took_messages: bool) -> dict[str, Sequence[Any]]:
        start, results, end = tick["start"], tick["results"], tick["end"]
        if self._first_version and tick["tick"] > 1 and not took_messages:
            start, end = [], [*start, *end]  # it was first saved with its reply, together with what came after
        return {"start": start, "results": results, "end": end}

    def _context(self, parts: Sequence[Any]) -> ContextRecord:
        return ContextRecord([(kind, body if kind == "entries" else self.bodies[body]) for kind, body in parts])

    async def request(self, context: ContextRecord) -> ModelRequest:
        """A request as the model was given it."""

        async def fetch(first: int, last: int) -> Sequence[Entry]:
            return [entry for entry in self.entries[first : last + 1] if first <= entry.index <= last]

        return await request_of(context, fetch)

    def outer_tools(self, context: ContextRecord) -> list[Mapping[str, Any]]:
        """The tools that came from outside the tree, as they were sent."""
        return [body["body"] for kind, body in context.parts if kind == "tool" and body["path"] == "/"]

    def data(self) -> dict[tuple[str, str, str], Any]:
        """What ``use_data`` had fetched, by path, key and dependencies."""
        import json

        found: dict[tuple[str, str, str], Any] = {}
        changes = [*self.first]
        for execution in self.executions:
            for tick in execution.ticks:
                for step in tick.states.values():
                    changes.extend(step)
        for shared, path, values in changes:
            for item in values or () if not shared else ():
                if item[0] == "data" and isinstance(item[1], dict):
                    found[path, item[1]["key"], json.dumps(item[1]["deps"])] = item[1]["value"]
        return found
