"""Recordings as fixtures: everything an execution does runs again with no model, no handler and no store."""

from __future__ import annotations

import json

import pytest

from engine import (
    Aborted,
    ModelError,
    Section,
    System,
    Timeline,
    Tool,
    ValidationFailed,
    component,
    create_app,
    gate,
    use_after_compile,
    use_continuation,
    use_data,
    use_effect,
    use_gate,
    use_knob,
    use_on_execution_end,
    use_on_execution_start,
    use_on_message,
    use_on_mount,
    use_on_tick_end,
    use_on_tick_start,
    use_on_unmount,
    use_session_state,
    use_state,
)
from engine.testing import (
    Reply,
    ScriptedModel,
    ToolCall,
    assert_replays,
    assert_same_request,
    compile_once,
    record,
    replay,
    request_from_json,
    request_json,
)

ran = []


def agent(title="Notes", ticks=True):
    """An agent with a bit of everything whose doings are counted in ``ran``."""

    @component
    def Agent(tone="kind"):
        notes, set_notes = use_state([])
        count, set_count = use_state(0)
        seen, set_seen = use_state(0)
        plan, _ = use_session_state("plan", "none")
        mood, _ = use_knob("mood", "calm", options=["calm", "brisk"])
        check = use_gate("check", gate("Check", "Look at the notes again.", lambda _result: len(notes) == 2))
        fetched = use_data("rates", lambda: ran.append("fetch") or {"eur": 1.5}, [len(notes)])

        def add(note: str):
            ran.append("add")
            set_notes(lambda old: [*old, note])

        def fail():
            raise RuntimeError("no such thing")

        use_effect(lambda: (ran.append("effect"), set_seen(lambda n: n + 1))[1], [len(notes)])
        if ticks:
            use_on_tick_end(lambda _result: set_count(lambda n: n + 1))
        return [
            System(f"Be {tone}. {plan} {mood} {fetched['eur']}"),
            Tool("add", "Add a note", add),
            Tool("fail", "Fail", fail),
            Section(*(notes or ["nothing"]), id="notes", title=title),
            Timeline(),
            Section(f"tick {count} seen {seen} gate {check.active}", id="tail"),
        ]

    return Agent


def call(name, /, **input):
    return Reply(tool_calls=[ToolCall(name, input)])


async def recorded(tmp_path, replies, turns, component_=None, **options):
    """A recording of these turns, through JSON."""
    async with create_app(
        component_ or agent(), model=ScriptedModel(replies), store=str(tmp_path / "r.db"), **options
    ) as app:
        session = await app.session("s")
        for turn in turns:
            await turn(session)
        value = json.loads(json.dumps(await record(session)))
    ran.clear()
    return value


def say(text, **options):
    async def turn(session):
        await session.send(text, **options).result

    return turn


REPLIES = [
    Reply("First ", tool_calls=[ToolCall("add", {"note": "milk"}), ToolCall("fail"), ToolCall("nothing")]),
    call("set_knob", name="mood", value="brisk"),
    "Noted.",
    call("add", note="eggs"),
    "Two now.",
    call("set_knob", name="check", value="inactive"),
    "Checked.",
    "Bye.",
]
TURNS = [say("remember milk"), say("and eggs", metadata={"n": 2}), say("bye")]


async def test_a_recording_replays_with_nothing_called(tmp_path):
    value = await recorded(tmp_path, REPLIES, TURNS)
    found = await replay(value, agent())
    assert found.identical, found.divergence
    assert len(found.ticks) == sum(len(execution["ticks"]) for execution in value["executions"]) >= 7
    assert ran == []
    assert "milk" in found.ticks[1].request.system
    await assert_replays(value, agent())


async def test_the_first_divergence_is_shown_with_its_place_and_words(tmp_path):
    value = await recorded(tmp_path, REPLIES, TURNS)
    found = await replay(value, agent(title="Remarks"))
    assert (found.divergence.tick, found.divergence.place) == (1, "system[1].text")
    assert "[-Notes-]{+Remarks+}" in str(found.divergence)
    assert [tick.identical for tick in found.ticks] == [False]
    with pytest.raises(AssertionError, match="Notes"):
        await assert_replays(value, agent(title="Remarks"))


async def test_what_decides_differently_is_a_divergence_of_ticks(tmp_path):
    @component
    def Patient(go_on):
        use_continuation(lambda result: result.tick < 3 if go_on else None)
        return [System("S"), Timeline()]

    value = await recorded(tmp_path, ["one", "two", "three"], [say("go", props={"go_on": True})], Patient)
    assert (await replay(value, Patient)).identical
    value["props"] = {"go_on": False}
    found = (await replay(value, Patient)).divergence
    assert (found.place, found.tick, found.expected, found.actual) == ("ticks", 2, "3 ticks", "1 ticks")
    value = await recorded(tmp_path / "..", ["one"], [say("go", props={"go_on": False})], Patient)
    value["props"] = {"go_on": True}
    assert (await replay(value, Patient)).divergence.actual == "one more tick"


@component
def Busy():
    """Every callback has an effect that must not happen twice, and changes what the model sees."""
    log, set_log = use_state([])
    shown, set_shown = use_state(True)

    def did(what):
        def act(*_):
            ran.append(what)
            set_log(lambda old: [*old, what])

        return act

    def compiled(context):
        if log[-1:] == ["tick start"]:
            did("compile")()
            context.request_recompile("compiled")

    def tick_end(result):
        did("tick end")()
        return {"continue": True} if result.tick == 1 else {"stop": True, "reason": "enough"}

    use_on_mount(did("mount"))
    use_on_unmount(did("unmount"))
    use_on_execution_start(did("start"))
    use_on_tick_start(did("tick start"))
    use_on_message(did("message"))
    use_after_compile(compiled)
    use_on_tick_end(tick_end)
    use_on_execution_end(did("end"))

    def hide():
        set_shown(False)

    return [Tool("hide", "Hide", hide), Section(*log, id="log"), Timeline(), shown and Leaving()]


@component
def Leaving():
    use_on_unmount(lambda: ran.append("left"))
    use_effect(lambda: lambda: ran.append("undone"), [])
    return "Still here."


async def test_no_callback_runs_in_a_replay_and_what_they_did_is_there(tmp_path):
    turns = [say("one"), say("two")]
    value = await recorded(tmp_path, ["a", "b", call("hide"), "d"], turns, Busy)
    found = await replay(value, Busy)
    assert found.identical, found.divergence
    assert len(found.ticks) == 4
    assert ran == []
    for what in ("mount", "start", "tick start", "message", "compile", "tick end", "end"):
        assert what in found.ticks[-1].request.system
    assert "Still here" not in json.dumps(found.ticks[-1].request.messages)


async def test_failed_aborted_joined_and_bounded_executions_replay(tmp_path):
    model_error = ModelError("overloaded", kind="overloaded")

    async def failing(session):
        with pytest.raises(ModelError):
            await session.send("fail").result

    async def aborted(session):
        procedure = session.send("stop me")
        async for event in procedure:
            if event.type == "content_delta":
                procedure.abort("enough")
        with pytest.raises(Aborted):
            await procedure.result

    async def joined(session):
        procedure = session.send("start")
        async for event in procedure:
            if event.type == "tick_start" and event.tick == 1:
                session.send("and this")
        await procedure.result

    async def tooled(session):
        tool = Tool("extra", "Of this send only", lambda: "extra result")
        await session.send("use it", tools=[tool]).result

    replies = [
        Reply("par", error=model_error),
        Reply(chunks=["half a reply"] * 5),
        "joined one",
        "joined two",
        call("extra"),
        "used",
        *[call("add", note=f"n{n}") for n in range(2)],
        "after",
    ]
    turns = [failing, aborted, joined, tooled, say("loop", max_ticks=2), say("end")]
    value = await recorded(tmp_path, replies, turns)
    found = await replay(value, agent())
    assert found.identical, found.divergence
    assert any(block.get("text") == "end" for m in found.ticks[-1].request.messages for block in m["content"])
    statuses = [execution["status"] for execution in value["executions"]]
    assert statuses == ["error", "aborted", "completed", "completed", "completed", "completed"]
    assert ran == []


async def test_a_recording_over_a_restart_and_of_a_fork_replays(tmp_path):
    path = str(tmp_path / "x.db")
    async with create_app(agent(), model=ScriptedModel([call("add", note="milk"), "ok"]), store=path) as app:
        await (await app.session("s")).send("one").result
    async with create_app(
        agent(), model=ScriptedModel([call("add", note="eggs"), "ok", "in the fork"]), store=path
    ) as app:
        session = await app.session("s")
        await session.send("two").result
        fork = await session.fork()
        await fork.send("three").result
        assert (await replay(session, agent())).identical
        found = await replay(fork, agent())
        assert found.identical, found.divergence
        assert len({tick.execution_id for tick in found.ticks}) == 1


async def test_a_runners_transform_is_part_of_what_is_recorded(tmp_path):
    import dataclasses

    class Runner:
        def transform(self, request, info):
            return dataclasses.replace(request, system_blocks=[{"type": "text", "text": f"tick {info.tick}"}])

    path = str(tmp_path / "x.db")
    async with create_app(agent(), model=ScriptedModel(["a", "b"]), store=path, runner=Runner()) as app:
        session = await app.session("s")
        await session.send("one").result
        await session.send("two").result
        value = await record(session)
        assert (await replay(session, agent())).identical
    assert (await replay(value, agent(), runner=Runner())).identical
    assert (await replay(value, agent())).divergence.place.startswith("system")


async def test_data_that_was_never_fetched_is_named(tmp_path):
    value = await recorded(tmp_path, ["hi"], [say("hello")])

    @component
    def Other():
        use_data("news", lambda: ran.append("fetch"))
        return [System("S"), Timeline()]

    found = (await replay(value, Other)).divergence
    assert found.place == "error"
    assert "'news' was not fetched" in found.actual
    assert ran == []


@pytest.mark.parametrize("bad", [{}, {"format": "bough-recording", "version": 99}, "text"])
async def test_what_is_no_recording_is_refused(bad):
    with pytest.raises(ValidationFailed):
        await replay(bad, agent())


def test_requests_are_compared_with_words():
    def greeting(name, tools=()):
        @component
        def Greeting():
            return [System(f"You greet people by name, warmly and briefly, and today you greet {name}."), *tools]

        return compile_once(Greeting)

    one = greeting("Ryan")
    assert_same_request(one, request_json(one))
    assert_same_request(request_from_json(json.loads(json.dumps(request_json(one)))), one)
    with pytest.raises(AssertionError, match=r"system\[0\]\.text") as raised:
        assert_same_request(greeting("Ada"), one)
    assert "[-Ryan-]{+Ada+}" in str(raised.value)
    assert "and today you greet [-Ryan-]" in str(raised.value)
    with pytest.raises(AssertionError, match=r"tools\[0\].*\n.*nothing there before"):
        assert_same_request(greeting("Ryan", [Tool("t", "T", lambda: None)]), one)


async def test_a_recording_of_the_first_version_replays(tmp_path):
    @component
    def Agent():
        use_knob("open", False, momentary=True, description="Opens")
        return [System("S"), Timeline()]

    value = await recorded(tmp_path, [call("set_knob", name="open", value=True), "read"], [say("go")], Agent)
    assert (value["version"], (await replay(value, Agent)).identical) == (2, True)
    last = value["executions"][0]["ticks"][-1]
    value["version"], last["start"], last["end"] = 1, [*last["start"], *last["end"]], []
    assert last["start"]
    assert (await replay(value, Agent)).identical
    value["version"] = 2
    assert not (await replay(value, Agent)).identical


async def test_summaries_and_session_state_come_from_the_recording(tmp_path):
    @component
    def Agent():
        plan, set_plan = use_session_state("plan", "none")
        tool = Tool("plan", "Plan", lambda text: set_plan(text))
        return [System(f"Plan: {plan}"), tool, Timeline(max_tokens=90, strategy="summarize")]

    replies = [call("plan", text="rest"), "planned", *["a long answer " * 6, "the summary of it all"] * 4]
    turns = [say("plan something"), *[say(f"{n} " + "a long question " * 6) for n in range(3)]]
    value = await recorded(tmp_path, replies, turns, Agent)
    found = await replay(value, Agent)
    assert found.identical, found.divergence
    last = found.ticks[-1].request
    assert "Plan: rest" in last.system
    assert "the summary of it all" in json.dumps(last.messages)
