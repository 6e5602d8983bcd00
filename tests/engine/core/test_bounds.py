"""Every bound says so when it is reached, and the guide has its figure."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from engine import (
    EngineError,
    ModelError,
    SpawnDepthExceeded,
    System,
    Timeline,
    Tool,
    ToolContext,
    ValidationFailed,
    create_app,
    eventlog,
    messages,
)
from engine.eventlog import EventLog
from engine.events import TickStart
from engine.json_values import MAX_DEPTH
from engine.model import BlockDelta, BlockStart, StreamStart, StreamStop
from engine.reconciler import tree
from engine.session import fork, model_call, parts, session, tick
from engine.store import events as stored
from engine.testing import Reply, ScriptedModel, ToolCall
from engine.tools import execute, results

TREE = [System("s"), Timeline()]
PAGE = Path(__file__).parents[3] / "docs" / "engine" / "README.md"
BOUNDS = {
    "MAX_MESSAGE_CHARACTERS": messages.MAX_MESSAGE_CHARACTERS,
    "MAX_DEPTH of values": MAX_DEPTH,
    "MAX_PENDING": parts.MAX_PENDING,
    "MAX_REPLY_CHARACTERS": model_call.MAX_REPLY_CHARACTERS,
    "MAX_RESULT_TEXT": results.MAX_RESULT_TEXT,
    "MAX_EVENTS_PER_HANDLE": eventlog.MAX_EVENTS_PER_HANDLE,
    "MAX_EVENTS_PER_SESSION": eventlog.MAX_EVENTS_PER_SESSION,
    "KEPT_EVENTS": stored.KEPT_EVENTS,
    "MAX_READERS": eventlog.MAX_READERS,
    "MAX_THREADS": execute.MAX_THREADS,
    "MAX_PAUSES": tick.MAX_PAUSES,
    "MAX_PASSES": tree.MAX_PASSES,
    "MAX_DEPTH": session.MAX_DEPTH,
    "REMEMBERED_TICKS": fork.REMEMBERED_TICKS,
    "LONGEST_RETRY_AFTER": model_call.LONGEST_RETRY_AFTER,
    "MAX_RETRIES": model_call.MAX_RETRIES,
}


def test_the_guide_has_every_figure():
    section = PAGE.read_text(encoding="utf-8").split("## Limits")[1].split("\n## ")[0]
    figures = {int(found.replace(",", "")) for found in re.findall(r"\d[\d,]*", section)}
    missing = {name: value for name, value in BOUNDS.items() if int(value) not in figures}
    assert not missing


async def test_messages_that_wait(monkeypatch):
    monkeypatch.setattr(parts, "MAX_PENDING", 2)
    async with create_app(TREE, model=ScriptedModel()) as app:
        s = await app.session("s")
        s.queue(["a", "b"])
        with pytest.raises(EngineError, match="2 messages wait in this session already"):
            s.queue("c")
        with pytest.raises(EngineError, match="2 messages wait"):
            s.send("c")
        assert s.status == "idle"
        assert (await s.render(None).result).response == "ok"
        assert [entry.text for entry in s.timeline] == ["a", "b", "ok"]


async def test_the_length_of_a_reply(monkeypatch, tmp_path):
    monkeypatch.setattr(model_call, "MAX_REPLY_CHARACTERS", 10)
    model = ScriptedModel([Reply(chunks=["12345", "67890", "!"]), "short"])
    async with create_app(TREE, model=model, store=str(tmp_path / "s.db")) as app:
        s = await app.session("s")
        with pytest.raises(ModelError, match="longer than 10 characters") as told:
            await s.send("x").result
        assert told.value.kind == "interrupted" and len(model.calls) == 1
        assert [(e.status, e.text) for e in s.timeline][1:] == [("interrupted", "1234567890!")]
        assert (await s.send("y").result).response == "short"


async def test_iterators_on_one_log(monkeypatch):
    monkeypatch.setattr(eventlog, "MAX_READERS", 2)
    async with create_app(TREE, model=ScriptedModel()) as app:
        s = await app.session("s")
        readers = [s.events(), s.events()]
        with pytest.raises(EngineError, match="2 open iterators"):
            s.events()
        del readers[0]
        assert s.events() is not None


async def test_an_iterator_that_is_too_far_behind_is_told_how_many_it_missed():
    log = EventLog(4)
    reader = log.read()
    for number in range(10):
        log.add(dataclasses.replace(TickStart(), sequence=number))
    with pytest.raises(EngineError, match=r"\d+ events were missed; at most 4 are kept"):
        await anext(reader)


async def test_pauses_of_a_reply(monkeypatch):
    monkeypatch.setattr(tick, "MAX_PAUSES", 3)
    model = ScriptedModel(default=Reply("still at it", stop_reason="pause_turn"))
    async with create_app(TREE, model=model) as app:
        result = await (await app.session("s")).send("x").result
    assert (len(model.calls), result.stop_reason, result.ticks) == (3, "pause_turn", 1)


async def test_how_deep_sessions_are_spawned(monkeypatch):
    monkeypatch.setattr(session, "MAX_DEPTH", 2)
    told = []

    async def deeper(context: ToolContext):
        try:
            return (await context.spawn([Tool("deeper", "d", deeper), Timeline()], "go").result).response
        except SpawnDepthExceeded as error:
            told.append(str(error))
            raise

    def replies(request):
        used = any(b["type"] == "tool_result" for m in request.messages for b in m["content"])
        return "done" if used else Reply(tool_calls=[ToolCall("deeper", {})])

    async with create_app([Tool("deeper", "d", deeper), Timeline()], model=ScriptedModel(default=replies)) as app:
        assert (await (await app.session("s")).send("x").result).response == "done"
    assert told == ["Sessions may be nested at most 2 deep"]


async def test_ticks_to_fork_from_without_a_store(monkeypatch):
    monkeypatch.setattr(fork, "REMEMBERED_TICKS", 2)
    async with create_app(TREE, model=ScriptedModel()) as app:
        s = await app.session("s")
        ids = []
        for word in "abc":
            handle = await s.send(word)
            await handle.result
            ids.append(handle.id)
        with pytest.raises(ValidationFailed, match="without a store only the newest 2 are kept"):
            await s.fork((ids[0], 1))
        assert len((await s.fork((ids[1], 1))).timeline) == 4


async def test_waiting_that_a_provider_asks_for_is_refused_where_nobody_would_wait():
    error = ModelError("later", kind="rate_limit", retryable=True, retry_after=model_call.LONGEST_RETRY_AFTER + 1)
    model = ScriptedModel([Reply(error=error)])
    async with create_app(TREE, model=model) as app:
        s = await app.session("s")
        with pytest.raises(ModelError, match="later"):
            await s.send("x").result
        assert len(model.calls) == 1


async def test_a_retry_is_told_and_obeys_what_the_provider_asks_for():
    error = ModelError("busy", kind="overloaded", retryable=True, status=529, retry_after=0.01)
    model = ScriptedModel([Reply(error=error), Reply(error=error), "there"])
    async with create_app(TREE, model=model) as app:
        handle = await (await app.session("s")).send("x")
        told = [event async for event in handle if event.type == "retry"]
        assert (await handle.result).response == "there"
    assert [(e.attempt, e.delay, e.kind, e.message) for e in told] == [
        (1, 0.01, "overloaded", "busy"),
        (2, 0.01, "overloaded", "busy"),
    ]


class Cut(ScriptedModel):
    """Stops with ``max_tokens`` in the middle of a text and of a call."""

    async def stream(self, request):
        self.calls.append(request)
        yield StreamStart("m", "cut")
        yield BlockStart(0, {"type": "text", "text": ""})
        yield BlockDelta(0, "text", "so far")
        yield BlockStart(1, {"type": "tool_use", "id": "c", "name": "t", "input": {}})
        yield BlockDelta(1, "input_json", '{"a": ')
        yield StreamStop("max_tokens")


async def test_a_call_that_was_cut_off_does_not_run_and_the_text_is_kept():
    ran = []
    model = Cut()
    async with create_app([Tool("t", "d", lambda: ran.append(1)), Timeline()], model=model, max_ticks=2) as app:
        s = await app.session("s")
        result = await s.send("x").result
    assert ran == [] and result.stop_reason == "max_ticks" and result.response == "so far"
    assert [entry.role for entry in s.timeline] == ["user", "assistant", "tool", "assistant", "tool"]
    assert s.timeline[2].content[0]["is_error"] and "cut off (max_tokens)" in str(s.timeline[2].content)
