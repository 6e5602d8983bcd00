"""Events in the form in which they are stored, and back. What the timeline says is referred to, not said again.

Left out: the requests of ``compiled`` events (``Session.context`` shows them) and values of state of more than
:data:`LONGEST_VALUES` characters. The pieces of a streamed block are one event, numbered like the first of them: who
has seen that one gets the rest with ``content_end``. Not here: the rows (``engine/store/events``).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

from engine import events as kinds
from engine.compiler.record import entry_json
from engine.entries import Entry
from engine.events import ContentDelta, ContentEnd, ReasoningDelta, SessionEvent
from engine.model import ModelRequest
from engine.persistence import EventBatch
from engine.timeline.log import TimelineLog
from engine.usage import Usage

LONGEST_VALUES = 1_000

KINDS: tuple[type[SessionEvent], ...] = (
    kinds.ExecutionStart, kinds.TickStart, kinds.CompiledEvent, kinds.MessageStart, kinds.ContentStart,
    kinds.ContentDelta, kinds.ReasoningDelta, kinds.ContentEnd, kinds.MessageEnd, kinds.ToolCallEvent,
    kinds.ToolResultStart, kinds.ToolConfirmationRequired, kinds.ToolConfirmationResult, kinds.ToolResultEvent,
    kinds.EntryCommitted, kinds.StateChanged, kinds.ContextUpdate, kinds.Retry, kinds.TickEnd, kinds.SpawnStart,
    kinds.SpawnEnd, kinds.ExecutionEnd, kinds.ErrorEvent, kinds.Notice,
)  # fmt: skip
"""The stored number of a kind is its place here: only ever append."""

_BASE = {field.name for field in dataclasses.fields(SessionEvent)}
_FIELDS = {kind: tuple(f for f in dataclasses.fields(kind) if f.name not in _BASE) for kind in KINDS}
_USAGE = Usage.__slots__
_EMPTY_TEXT = {"type": "text", "text": ""}
_DERIVED = 0
"""In place of a streamed text: it is that of the block which the batch has complete."""

Fetch = Callable[[int, int], Awaitable[Sequence[Entry]]]


# -- writing ---------------------------------------------------------------------------------------------------------


def batch_of(events: Sequence[SessionEvent], first: int, log: TimelineLog) -> EventBatch:
    """Events as they are stored. ``first``: one past the last event that is stored already.

    Raises:
        StoreError: An event is not JSON.
    """
    from engine.store.codec import dumps

    joined = _join(events)
    ended = {(e.message_id, e.index): e.block for e in joined if isinstance(e, ContentEnd)}
    start = joined[0].timestamp
    execution = joined[0].execution_id
    rows: list[list[Any]] = []
    for event in joined:
        number, names = _PLAN[type(event)]
        fields: list[Any] = []
        for name, encode in names:
            value = getattr(event, name)
            fields.append(value if encode is None else encode(value, event, log, ended))
        while fields and (fields[-1] is None or fields[-1] is False):
            fields.pop()
        row: list[Any] = [number, event.sequence - first, round((event.timestamp - start) * 1000), event.tick]
        foreign = event.execution_id != execution or event.spawn_path
        if fields or foreign:
            row.append(fields)
        if foreign:
            row.extend((event.execution_id, list(event.spawn_path)))
        rows.append(row)
    last = events[-1].sequence
    body = dumps({"x": execution, "t": round(start, 3), "e": rows}, "An event")
    return EventBatch(first, last, len(rows), body)


def _join(events: Sequence[SessionEvent]) -> list[SessionEvent]:
    """The pieces of each streamed block as one event."""
    joined: list[SessionEvent] = []
    open_at: dict[Any, tuple[int, list[str]]] = {}
    for event in events:
        if type(event) is ContentDelta or type(event) is ReasoningDelta:
            key = (type(event), event.spawn_path, event.message_id, event.index)
            held = open_at.get(key)
            if held is None:
                open_at[key] = (len(joined), [event.delta])
                joined.append(event)
            else:
                held[1].append(event.delta)
        else:
            joined.append(event)
    for place, pieces in open_at.values():
        if len(pieces) > 1:
            joined[place] = dataclasses.replace(joined[place], delta="".join(pieces))  # type: ignore[call-arg]
    return joined


def _message_id(value: str, _event: Any, log: TimelineLog, _ended: Any) -> Any:
    entry = log.get(value)
    return value if entry is None else entry.index


def _entry(entry: Entry, _event: Any, log: TimelineLog, _ended: Any) -> Any:
    return entry.index if log.get(entry.id) is not None and entry.index >= 0 else entry_json(entry)


def _entries(entries: Sequence[Entry], event: SessionEvent, log: TimelineLog, _ended: Any) -> Any:
    if not entries or event.spawn_path:
        return None
    first, last = entries[0].index, entries[-1].index
    return [first, last] if last - first == len(entries) - 1 and log.get(entries[0].id) is not None else None


def _end_block(block: Any, event: Any, log: TimelineLog, _ended: Any) -> Any:
    entry = log.get(event.message_id)
    if entry is not None:
        for place, other in enumerate(entry.content):
            if other is block or other == block:
                return place
    return block


def _start_block(block: Any, _event: Any, _log: TimelineLog, _ended: Any) -> Any:
    return None if block == _EMPTY_TEXT else block


def _delta(text: str, event: Any, _log: TimelineLog, ended: Mapping[Any, Any]) -> Any:
    block = ended.get((event.message_id, event.index))
    return _DERIVED if block is not None and _streamed(block, event) == text else text


def _streamed(block: Mapping[str, Any], event: Any) -> str | None:
    """What was streamed of a complete block, as far as that can be told from it."""
    if type(event) is ReasoningDelta:
        return block.get("thinking")
    if event.kind == "input_json":
        return json.dumps(block.get("input"))
    return block.get("text")


def _call_input(value: Any, event: Any, log: TimelineLog, _ended: Any) -> Any:
    place = _place(log, "tool_use", "id", event.call_id, "input", value)
    return value if place is None else {"@": place}


def _result(content: Any, event: Any, log: TimelineLog, _ended: Any) -> Any:
    place = _place(log, "tool_result", "tool_use_id", event.call_id, "content", list(content))
    return list(content) if place is None else place


def _place(log: TimelineLog, kind: str, name: str, id: str, field: str, value: Any) -> int | None:
    """Index of the entry, among the newest, that has this value in a block of that kind."""
    for entry in reversed(log.entries[-4:]):
        for block in entry.content:
            if block.get("type") == kind and block.get(name) == id and block.get(field) == value:
                return entry.index
    return None


def _usage(usage: Any, _event: Any, _log: Any, _ended: Any) -> Any:
    if usage is None:
        return None
    if isinstance(usage, Mapping) and not usage.keys() <= set(_USAGE):
        return plain_or_none(usage)
    known = usage.to_json() if isinstance(usage, Usage) else usage
    found = [known.get(name, 0) for name in _USAGE]
    while found and not found[-1]:
        found.pop()
    return found


def _values(values: Any, _event: Any, _log: Any, _ended: Any) -> Any:
    found = plain_or_none(list(values))
    return None if found is None or len(json.dumps(found)) > LONGEST_VALUES else found


def _plain(value: Any, _event: Any, _log: Any, _ended: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    return plain_or_none(value)


def _nothing(_value: Any, _event: Any, _log: Any, _ended: Any) -> Any:
    return None


def plain_or_none(value: Any) -> Any:
    """A JSON copy, or None where it is not JSON."""
    from engine.session.journal import UNKEPT, plain

    if isinstance(value, Mapping) and not isinstance(value, dict):
        value = dict(value)
    copied = plain(value)
    return None if copied is UNKEPT else copied


_ENCODE: dict[Any, Callable[[Any, Any, Any, Any], Any]] = {
    "request": _nothing,
    "message_id": _message_id,
    "entry": _entry,
    "new_entries": _entries,
    (kinds.ContentEnd, "block"): _end_block,
    (kinds.ContentStart, "block"): _start_block,
    "delta": _delta,
    (kinds.ToolCallEvent, "input"): _call_input,
    (kinds.ToolConfirmationRequired, "input"): _plain,
    (kinds.ToolResultEvent, "content"): _result,
    (kinds.ContextUpdate, "content"): _plain,
    "usage": _usage,
    "total_usage": _usage,
    "values": _values,
    "metadata": lambda value, *_: plain_or_none(value) if value else None,
    "reasons": lambda value, *_: list(value) or None,
    "seconds": lambda value, *_: round(value, 4),
}
_PLAN = {
    kind: (number, [(f.name, _ENCODE.get((kind, f.name)) or _ENCODE.get(f.name)) for f in _FIELDS[kind]])
    for number, kind in enumerate(KINDS)
}


# -- reading ---------------------------------------------------------------------------------------------------------


async def events_of(batch: EventBatch, fetch: Fetch) -> list[SessionEvent]:
    """The events of a batch."""
    body = json.loads(batch.body)
    wanted = [index for row in body["e"] if len(row) > 4 for index in _indexes(KINDS[row[0]], row[4])]
    entries: dict[int, Entry] = {}
    if wanted:
        entries = {entry.index: entry for entry in await fetch(min(wanted), max(wanted))}
    found: list[SessionEvent] = []
    for row in body["e"]:
        kind = KINDS[row[0]]
        values = _decode(kind, row[4] if len(row) > 4 else [], entries)
        found.append(
            kind(
                sequence=batch.first + row[1],
                timestamp=body["t"] + row[2] / 1000,
                tick=row[3],
                execution_id=row[5] if len(row) > 5 else body["x"],
                spawn_path=tuple(row[6]) if len(row) > 6 else (),
                **values,
            )
        )
    return _with_texts(found)


def _indexes(kind: type[SessionEvent], values: Sequence[Any]) -> list[int]:
    found: list[int] = []
    for field, value in zip(_FIELDS[kind], values, strict=False):
        refers = field.name in ("entry", "message_id") or (field.name == "content" and kind is kinds.ToolResultEvent)
        if refers and isinstance(value, int):
            found.append(value)
        elif field.name == "new_entries" and value:
            found.extend(value)
        elif field.name == "input" and kind is kinds.ToolCallEvent and isinstance(value, dict) and "@" in value:
            found.append(value["@"])
    return found


def _decode(kind: type[SessionEvent], values: Sequence[Any], entries: Mapping[int, Entry]) -> dict[str, Any]:
    stored = {field.name: value for field, value in zip(_FIELDS[kind], values, strict=False)}
    made: dict[str, Any] = {}
    for field in _FIELDS[kind]:
        name, value = field.name, stored.get(field.name)
        if name == "request":
            made[name] = ModelRequest()
        elif name == "block":
            made[name] = _block(value, stored.get("message_id"), entries)
        elif name == "entry":
            made[name] = (entries.get(value) or _GONE) if isinstance(value, int) else Entry(**(value or {}))
        elif name == "new_entries":
            made[name] = tuple(entries[i] for i in range(value[0], value[1] + 1) if i in entries) if value else ()
        elif name == "message_id" and isinstance(value, int):
            made[name] = entries[value].id if value in entries else ""
        elif name in ("usage", "total_usage"):
            made[name] = _read_usage(kind, value)
        elif name == "input" and kind is kinds.ToolCallEvent and isinstance(value, dict) and set(value) == {"@"}:
            made[name] = _of(entries.get(value["@"]), "id", stored["call_id"], "input")
        elif name == "content" and kind is kinds.ToolResultEvent and isinstance(value, int):
            made[name] = _of(entries.get(value), "tool_use_id", stored["call_id"], "content") or ()
        elif value is not None:
            made[name] = value
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            made[name] = None
    return made


_GONE = Entry("", -1, "event", (), "", 0)


def _block(value: Any, message_id: Any, entries: Mapping[int, Entry]) -> Any:
    if value is None:
        return dict(_EMPTY_TEXT)
    if isinstance(value, int):
        entry = entries.get(message_id)
        return entry.content[value] if entry is not None and value < len(entry.content) else dict(_EMPTY_TEXT)
    return value


def _of(entry: Entry | None, name: str, id: str, field: str) -> Any:
    for block in entry.content if entry is not None else ():
        if block.get(name) == id:
            return block.get(field)
    return None


def _read_usage(kind: type[SessionEvent], value: Any) -> Any:
    if value is None or isinstance(value, dict):
        return value or {}
    usage = Usage(**dict(zip(_USAGE, value, strict=False)))
    return usage.to_json() if kind is kinds.MessageEnd else usage


def _with_texts(events: list[SessionEvent]) -> list[SessionEvent]:
    """Put the streamed texts back that are those of complete blocks."""
    ended = {(e.message_id, e.index): e.block for e in events if isinstance(e, ContentEnd)}
    for place, event in enumerate(events):
        if isinstance(event, ContentDelta | ReasoningDelta) and cast("Any", event.delta) == _DERIVED:
            text = _streamed(ended.get((event.message_id, event.index)) or {}, event)
            events[place] = dataclasses.replace(event, delta=text or "")
    return events
