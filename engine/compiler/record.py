"""A tick's request in the compact form that is stored, and back: entries by range, everything else by content."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from engine.compiler.assemble import Example, Layout, assemble, history_base
from engine.compiler.content import Written
from engine.compiler.history import History
from engine.entries import Entry
from engine.model import ModelRequest, Span
from engine.timeline.log import TimelineLog
from engine.timeline.select import Choice

if TYPE_CHECKING:
    from engine.persistence import ContextRecord

Fetch = Callable[[int, int], Awaitable[Sequence[Entry]]]
"""Stored entries by index, both ends included."""


def record_of(layout: Layout, choice: Choice, log: TimelineLog, exact: ModelRequest | None = None) -> ContextRecord:
    """The compact form of a request. ``exact``: the request itself, where a runner made another one of it."""
    if exact is not None:
        return _exact(exact)
    from engine.persistence import ContextRecord

    parts: list[tuple[str, Any]] = []
    parts.extend(("system", _written(w)) for w in layout.system)
    for example in layout.examples:
        parts.append(("message", {"role": example.role, "blocks": [_written(w) for w in example.written]}))
    for place, group in (("opening", layout.opening), ("before-user", layout.before_user), ("tail", layout.tail)):
        parts.extend(("message", {"place": place, "blocks": [_written(w)]}) for w in group)
    parts.extend(_history(choice, log))
    parts.extend(("tool", {"body": body, "path": path}) for body, path in layout.tools)
    parts.append(
        (
            "options",
            {
                "model": layout.model,
                "options": _json(layout.options),
                "timeline": layout.timeline_path,
                "continued": layout.continued,
            },
        )
    )
    parts.append(("spans", {"started_by": layout.started_by, "breakpoint": layout.breakpoint}))
    return ContextRecord(parts)


def _exact(request: ModelRequest) -> ContextRecord:
    """A request as it is, message by message, so that equal ones are kept once."""
    from engine.persistence import ContextRecord

    parts: list[tuple[str, Any]] = [("exact-system", dict(block)) for block in request.system_blocks]
    parts.extend(("exact-message", dict(message)) for message in request.messages)
    parts.extend(("exact-tool", dict(tool)) for tool in request.tools)
    parts.append(("exact", {"model": request.model, "options": _json(request.options)}))
    return ContextRecord(parts)


def _read_exact(record: ContextRecord) -> ModelRequest:
    found: dict[str, list[Any]] = {"exact-system": [], "exact-message": [], "exact-tool": [], "exact": []}
    for kind, body in record.parts:
        found[kind].append(body)
    return ModelRequest(
        system_blocks=found["exact-system"],
        messages=found["exact-message"],
        tools=found["exact-tool"],
        **found["exact"][0],
    )


def _json(options: Mapping[str, Any]) -> dict[str, Any]:
    from engine.session.journal import UNKEPT, plain

    copied = {name: plain(value) for name, value in options.items()}
    return {name: value for name, value in copied.items() if value is not UNKEPT}


def _written(written: Written) -> dict[str, Any]:
    return {"block": written.block, "marks": written.marks}


def _history(choice: Choice, log: TimelineLog) -> list[tuple[str, Any]]:
    """Runs of stored entries as ranges, entries that are not stored as they are."""
    entries = choice.entries
    if not entries:
        return []
    if choice.start is not None and not log.replaced:
        return [("entries", [entries[0].index, entries[-1].index])]
    parts: list[tuple[str, Any]] = []
    for entry in entries:
        if entry.metadata.get("derived") or log.get(entry.id) is not entry:  # a strategy may change what it keeps
            parts.append(("message", {"place": "history", "entry": entry_json(entry)}))
        elif parts and parts[-1][0] == "entries" and parts[-1][1][1] == entry.index - 1:
            parts[-1][1][1] = entry.index
        else:
            parts.append(("entries", [entry.index, entry.index]))
    return parts


def entry_json(entry: Entry) -> dict[str, Any]:
    """An entry as JSON."""
    return {
        "id": entry.id,
        "index": entry.index,
        "role": entry.role,
        "content": list(entry.content),
        "execution_id": entry.execution_id,
        "tick": entry.tick,
        "status": entry.status,
        "tokens": entry.tokens,
        "created": entry.created,
        "metadata": dict(entry.metadata),
    }


async def request_of(record: ContextRecord, fetch: Fetch) -> ModelRequest:
    """The request that was stored, byte for byte."""
    if record.parts and record.parts[-1][0] == "exact":
        return _read_exact(record)
    system: list[Written] = []
    examples: list[Example] = []
    places: dict[str, list[Written]] = {"opening": [], "before-user": [], "tail": []}
    tools: list[tuple[dict[str, Any], str]] = []
    entries: list[Entry] = []
    options: Mapping[str, Any] = {}
    spans: Mapping[str, Any] = {}
    for kind, body in record.parts:
        if kind == "system":
            system.append(_read(body))
        elif kind == "message" and "role" in body:
            examples.append(Example(body["role"], tuple(_read(w) for w in body["blocks"])))
        elif kind == "message" and "entry" in body:
            entries.append(Entry(**body["entry"]))
        elif kind == "message":
            places[body["place"]].extend(_read(w) for w in body["blocks"])
        elif kind == "entries":
            entries.extend(await fetch(body[0], body[1]))
        elif kind == "tool":
            tools.append((body["body"], body["path"]))
        elif kind == "options":
            options = body
        elif kind == "spans":
            spans = body
    layout = Layout(
        system=tuple(system),
        examples=tuple(examples),
        opening=tuple(places["opening"]),
        before_user=tuple(places["before-user"]),
        tail=tuple(places["tail"]),
        tools=tuple(tools),
        model=options.get("model"),
        options=options.get("options") or {},
        started_by=spans.get("started_by"),
        timeline_path=options.get("timeline") or "/",
        continued=bool(options.get("continued")),
        breakpoint=spans.get("breakpoint"),
    )
    starts_with = next((("assistant" if e.role == "assistant" else "user") for e in entries), None)
    history = History(layout.timeline_path, layout.model, history_base(layout, starts_with)).feed(entries)
    return assemble(layout, history)[0]


def _read(body: Mapping[str, Any]) -> Written:
    return Written(body["block"], tuple((m[0], m[1], m[2], m[3]) for m in body["marks"]))


def tokens_by_path(spans: Sequence[Span]) -> dict[str, int]:
    """How many tokens of a request each element wrote."""
    totals: dict[str, int] = {}
    for span in spans:
        totals[span.path] = totals.get(span.path, 0) + span.tokens
    return totals
