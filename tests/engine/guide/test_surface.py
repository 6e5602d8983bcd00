"""The table of public names, word for word: what other programs import and call is there, under that name."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

import pytest

import engine
import engine.testing
from engine.session.execution import ExecutionHandle, SendResult, TickResult

TABLE = {
    "app": "create_app run App Session ExecutionHandle SendResult Usage",
    "elements": "System Section Timeline Message User Assistant Event Ephemeral Grounding Tool Knobs Model Fragment "
    "Expandable Text Image Document Code Json Heading Paragraph BulletList Table",
    "definition": "component tool knob gate create_context Tool ToolContext GateState",
    "hooks": "use_state use_reducer use_ref use_memo use_callback use_effect use_context use_signal use_computed "
    "use_session use_session_state use_data use_timeline use_history use_queued use_tick use_context_info use_knob "
    "use_gate",
    "lifecycle": "use_on_mount use_on_unmount use_on_execution_start use_on_tick_start use_after_compile "
    "use_on_tick_end use_continuation use_on_execution_end use_on_message TickResult",
    "errors": "EngineError SessionClosed Aborted RenderError ModelError ToolError ValidationFailed UnknownTool "
    "SpawnDepthExceeded StoreError SessionLocked SnapshotVersionError",
    "request": "ModelRequest",
}
TESTING = "ScriptedModel Reply ToolCall compile_once replay"
MEMBERS = {
    "App": "session sessions has close delete shutdown __aenter__ __aexit__",
    "Session": "id status timeline usage send render queue abort interrupt respond snapshot inspect replace spawn "
    "mount dispatch fork context close events",
    "ModelRequest": "system_blocks system messages tools spans",
    "ToolContext": "session spawn call_id emit",
    "TickResult": "tick text tool_calls tool_results stop_reason usage should_continue stop continue_",
    "SendResult": "response outputs usage total_usage stop_reason ticks entries",
    "Usage": "input_tokens output_tokens cache_read_tokens cache_write_tokens thinking_tokens cost",
    "ExecutionHandle": "id session_id status result abort __aiter__",
    "Entry": "id index role content execution_id tick status",
}
EVENTS = (
    "execution_start tick_start compiled message_start content_start content_delta content_end reasoning_delta "
    "tool_call tool_result_start tool_confirmation_required tool_result message_end entry_committed state_changed "
    "context_update retry tick_end spawn_start spawn_end execution_end error"
)
PLAIN = "send render queue abort interrupt respond snapshot inspect replace spawn"
AWAITED = "mount dispatch fork context close"
EMPTY = inspect.Parameter.empty


@pytest.mark.parametrize("group", TABLE)
def test_the_table_can_be_imported(group: str) -> None:
    for name in TABLE[group].split():
        assert getattr(engine, name, None) is not None, name
        assert name in engine.__all__, name


def test_the_testing_kit_can_be_imported() -> None:
    assert not {name for name in TESTING.split() if not hasattr(engine.testing, name)}


@pytest.mark.parametrize("owner", MEMBERS)
def test_members(owner: str) -> None:
    cls = getattr(engine, owner)
    known = {*dir(cls), *inspect.signature(cls).parameters}
    assert not {name for name in MEMBERS[owner].split() if name not in known}


def test_events_have_their_types_and_numbers() -> None:
    from engine import events

    classes = [c for c in vars(events).values() if isinstance(c, type) and issubclass(c, engine.SessionEvent)]
    assert set(EVENTS.split()) <= {c.type for c in classes}
    for cls in classes:
        assert dataclasses.is_dataclass(cls)
        assert cls.__dataclass_params__.frozen  # type: ignore[attr-defined]
        fields = {f.name for f in dataclasses.fields(cls)}
        assert {"sequence", "execution_id", "tick", "timestamp", "spawn_path"} <= fields


def test_errors_are_under_one_roof() -> None:
    for name in TABLE["errors"].split():
        assert issubclass(getattr(engine, name), engine.EngineError)
    assert issubclass(engine.SessionLocked, engine.StoreError)
    error = engine.ModelError("x", kind="rate_limit", retryable=True, status=429)
    assert (error.kind, error.retryable, error.status) == ("rate_limit", True, 429)


def given(function: Any) -> dict[str, Any]:
    """Names and defaults of the parameters, without ``self``."""
    return {p.name: p.default for p in inspect.signature(function).parameters.values() if p.name != "self"}


SIGNATURES: list[tuple[Any, dict[str, Any]]] = [
    (
        engine.create_app,
        {
            "component": EMPTY, "model": None, "store": None, "tools": (), "max_ticks": 10, "runner": None,
            "max_active": None, "idle_timeout": None, "max_timeline_entries": None, "on_event": None,
        },
    ),
    (engine.run, {"component": EMPTY, "messages": None, "model": None, "props": None, "tools": (), "max_ticks": 10}),
    (
        engine.Session.send,
        {"messages": None, "props": None, "tools": (), "max_ticks": None, "metadata": None},
    ),
    (
        engine.Session.respond,
        {"confirmation_id": EMPTY, "approved": EMPTY, "input": None, "reason": None, "always": False},
    ),
    (engine.Session.fork, {"at": None, "id": None}),
    (engine.App.session, {"id": None, "tools": ()}),
    (engine.testing.ScriptedModel, {"replies": (), "default": "ok", "delay": 0}),
    (
        engine.testing.Reply,
        {
            "text": "", "tool_calls": (), "stop_reason": None, "usage": None, "chunks": None, "error": None,
            "cut": False,
        },
    ),
    (engine.testing.ToolCall, {"name": EMPTY, "id": None}),
    (engine.Section, {"id": None, "title": None, "audience": "model", "collapsed": None, "key": None}),
    (engine.Ephemeral, {"position": "end", "order": 0, "key": None}),
    (engine.Grounding, {"title": None, "key": None}),
    (engine.use_session_state, {"key": EMPTY, "persist": True}),
    (engine.use_data, {"key": EMPTY, "fetch": EMPTY}),
    (
        engine.ToolDefinition,
        {
            "name": EMPTY, "input": None, "output": None, "requires_confirmation": False, "audience": "model",
            "aliases": (), "serial": False, "inline": False, "timeout": None, "summary": None,
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("function", "wanted"), SIGNATURES, ids=lambda value: getattr(value, "__name__", None))
def test_parameters_have_their_names_and_defaults(function: Any, wanted: dict[str, Any]) -> None:
    actual = given(function)
    assert {name: actual.get(name, "missing") for name in wanted} == wanted
    assert all(name in wanted or default is not EMPTY or name in ("children",) for name, default in actual.items())


async def test_render_runs_the_tree_when_it_is_given_nothing() -> None:
    """``render()`` always runs: only an explicit None asks for no more than what is queued."""
    model = engine.testing.ScriptedModel()
    async with engine.create_app(engine.Timeline(), model=model) as app:
        session = await app.session()
        await session.render(None).result
        assert len(model.calls) == 0
        await session.render().result
        assert len(model.calls) == 1


def test_every_element_takes_a_key() -> None:
    for name in TABLE["elements"].split():
        assert "key" in inspect.signature(getattr(engine, name)).parameters, name


def test_plain_calls_and_awaited_ones() -> None:
    for name in PLAIN.split():
        assert not inspect.iscoroutinefunction(getattr(engine.Session, name)), name
    for name in AWAITED.split():
        assert inspect.iscoroutinefunction(getattr(engine.Session, name)), name
    assert not inspect.iscoroutinefunction(ExecutionHandle.abort)


def test_the_shapes_of_results() -> None:
    assert {f.name for f in dataclasses.fields(SendResult)} >= set(MEMBERS["SendResult"].split())
    result = TickResult(1)
    result.stop("enough")
    result.settle(None)
    assert (result.should_continue, result.reason) == (False, "enough")
