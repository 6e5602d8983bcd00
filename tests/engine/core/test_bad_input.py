"""Bad input gets a typed error with place and reason where it comes in, and the session stays usable."""

from __future__ import annotations

import dataclasses
import json

import pytest

from engine import (
    EngineError,
    ModelError,
    System,
    Timeline,
    Tool,
    ToolContext,
    ValidationFailed,
    create_app,
    use_on_tick_end,
)
from engine.json_values import MAX_DEPTH, check_json, cleaned
from engine.messages import MAX_MESSAGE_CHARACTERS, messages_of
from engine.model import BlockStart, BlockStop, StreamStart, StreamStop
from engine.session.checks import tick_place
from engine.testing import Reply, ScriptedModel, ToolCall
from tests.engine.cases.kit import assert_well_formed, result_text, results, texts

TREE = [System("s"), Timeline()]
CALL = Reply(tool_calls=[ToolCall("t", {})])
HALF = "\ud83d"
"""One of the two halves of a smiley: text that UTF-8 cannot carry."""


def nested(levels):
    value = 0
    for _ in range(levels):
        value = [value]
    return value


# -- what a caller gives ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"content": [{"type": "text", "text": "x", "more": object()}]}, "messages.content[0].more"),
        ({"content": [{"type": "text", "text": "x", "more": float("nan")}]}, "messages.content[0].more"),
        ({"content": [{"type": "text", "text": "x", "more": {1: 2}}]}, "messages.content[0].more"),
        ({"content": "x", "metadata": {"who": {"a": b"bytes"}}}, "messages.metadata.who.a"),
        ({"content": [{"type": "image", "source": {"data": "A" * (MAX_MESSAGE_CHARACTERS + 1)}}]},
         "messages.content[0].source"),
        ({"content": [{"type": "tool_use", "id": "c", "name": "t", "input": {}}]}, "messages.content[0]"),
        ({"role": "event", "content": [{"type": "tool_result", "tool_use_id": "c"}]}, "messages.content[0]"),
        ({"content": "x", "metadata": {"a": nested(MAX_DEPTH)}}, f"messages.metadata.a{'[0]' * (MAX_DEPTH - 1)}"),
    ],
)  # fmt: skip
def test_a_message_that_could_not_be_kept_or_sent_is_refused_with_its_place(given, place):
    with pytest.raises(ValidationFailed) as refused:
        messages_of(given)
    assert refused.value.place == place


async def test_a_refused_value_leaves_nothing_behind(tmp_path):
    async with create_app(TREE, model=ScriptedModel(), store=str(tmp_path / "s.db")) as app:
        session = await app.session("s")
        with pytest.raises(ValidationFailed, match=r"metadata\.a must be JSON, not object"):
            session.send("x", metadata={"a": object()})
        with pytest.raises(ValidationFailed, match="must be JSON, not bytes"):
            session.queue({"content": [{"type": "text", "text": "x", "raw": b""}]})
        assert (await session.send("fine").result).response == "ok"
        assert [entry.text for entry in session.timeline] == ["fine", "ok"]


@pytest.mark.parametrize("tools", [5, "name", {"name": "t"}, [5], None])
async def test_tools_must_be_a_list_of_tools(tools):
    with pytest.raises(ValidationFailed) as refused:
        create_app(TREE, model=ScriptedModel(), tools=tools)
    assert refused.value.place == "tools"
    async with create_app(TREE, model=ScriptedModel()) as app:
        session = await app.session("s")
        with pytest.raises(ValidationFailed):
            session.send("x", tools=tools)
        with pytest.raises(ValidationFailed):
            await app.session("s", tools=tools)
        assert (await session.send("x").result).response == "ok"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("max_ticks", 0), ("max_ticks", True), ("max_active", "2"), ("max_active", 0), ("idle_timeout", "soon"),
        ("idle_timeout", -1), ("max_timeline_entries", 1.5), ("on_event", "print"),
    ],
)  # fmt: skip
def test_options_of_an_app_are_checked_when_they_are_given(option, value):
    with pytest.raises(ValidationFailed) as refused:
        create_app(TREE, model=ScriptedModel(), **{option: value})
    assert refused.value.place == option


@pytest.mark.parametrize("stored", [False, True])
async def test_places_of_the_wrong_shape_are_refused(tmp_path, stored):
    store = str(tmp_path / "s.db") if stored else None
    async with create_app(TREE, model=ScriptedModel(), store=store) as app:
        session = await app.session("s")
        handle = await session.send("x")
        await handle.result
        for at in [5, (handle.id, "1"), (handle.id, True), (5, 1), (handle.id, 99), "nowhere", {"tick": 1}]:
            with pytest.raises(ValidationFailed) as refused:
                await session.fork(at)
            assert refused.value.place == "at"
        for tick in [(handle.id, "1"), "1", True, 1.0]:
            with pytest.raises(ValidationFailed) as refused:
                await session.context(tick)
            assert refused.value.place == "tick"
        for after in ["1", True, 1.5]:
            with pytest.raises(ValidationFailed) as refused:
                session.events(after)
            assert refused.value.place == "after"
        with pytest.raises(ValidationFailed):
            await session.fork(id="")
        assert await session.context((handle.id, 1)) is not None
        assert await session.context((handle.id, 9)) is None
    assert tick_place(None, "at") is None


async def test_a_child_that_cannot_start_leaves_no_child():
    async with create_app(TREE, model=ScriptedModel()) as app:
        session = await app.session("s")
        await session.mount()
        for given in ({"messages": 5}, {"props": 5}, {"max_ticks": "many"}, {"max_ticks": 0}):
            with pytest.raises(ValidationFailed):
                session.spawn(TREE, **given)
        with pytest.raises(ValidationFailed):
            session.spawn(5, "x")
        assert session.children == []
        assert (await session.spawn(TREE, "x", max_ticks=1).result).response == "ok"


async def test_messages_in_the_providers_format_keep_calls_and_results_together(tmp_path):
    model = ScriptedModel()
    history = [
        {"role": "user", "content": "Look it up"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "look", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "42"},
                                     {"type": "tool_result", "tool_use_id": "nobody", "content": "?"}]},
        {"role": "assistant", "content": "It is 42."},
        {"role": "user", "content": "Thanks"},
    ]  # fmt: skip
    async with create_app(TREE, model=model, store=str(tmp_path / "s.db")) as app:
        session = await app.session("s")
        session.queue(history)
        assert _roles(session.snapshot()["pending"]) == ["user", "assistant", "user", "assistant", "user"]
    async with create_app(TREE, model=model, store=str(tmp_path / "s.db")) as app:
        session = await app.session("s")
        await session.render(None).result
        assert [entry.role for entry in session.timeline][:3] == ["user", "assistant", "tool"]
    assert_well_formed(model.calls[0])
    assert [block["tool_use_id"] for block in results(model.calls[0])] == ["c1"]


def _roles(pending):
    return [item["message"]["role"] for item in pending]


# -- text that no wire carries -----------------------------------------------------------------------------------------


async def test_half_characters_become_whole_ones_before_they_are_kept(tmp_path):
    def t(word: str):
        return word + HALF

    model = ScriptedModel([Reply(tool_calls=[ToolCall("t", {"word": HALF})]), f"a{HALF}\ude00b{HALF}"])
    tree = [Tool("t", "d", t), Timeline()]
    async with create_app(tree, model=model, store=str(tmp_path / "s.db")) as app:
        session = await app.session("s")
        await session.send(f"x{HALF}").result
        await session.send("again").result
        request = model.calls[-1]
        json.dumps(request.messages, ensure_ascii=False).encode()  # as an SDK does
        assert texts(request.messages, "user")[0] == "x\ufffd"
        assert texts(request.messages, "assistant")[-1] == "a\U0001f600b\ufffd"
        stored = await session.context()
    async with create_app(tree, model=model, store=str(tmp_path / "s.db")) as app:
        again = await (await app.session("s")).context()
    assert again is not None and again.messages == stored.messages == request.messages


def test_cleaning_gives_the_same_object_where_there_is_nothing_to_do():
    whole = {"a": ["é", 1, None, {"b": "c"}]}
    assert cleaned(whole) is whole
    assert cleaned({HALF: [HALF, 1]}) == {"\ufffd": ["\ufffd", 1]}
    check_json({"a": (1, 2.5, [True])}, "value")


# -- what a handler, a runner and a model give -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"type": "image", "source": {"type": "base64", "data": b"x"}}, "image.source.data must be JSON, not bytes"),
        ({"type": "image"}, "image.source is missing"),
        ({"type": "text", "text": 5}, "text.text must be a text"),
        ([{"type": "text", "text": "x", "more": object()}], "text.more must be JSON"),
        ({"type": "document", "source": {"data": "A" * (MAX_MESSAGE_CHARACTERS + 1)}}, "a document of more than"),
        (b"raw", "which cannot be sent"),
        (float("nan"), "which cannot be sent"),
        ({1, 2}, "which cannot be sent"),
    ],
)
async def test_what_a_tool_returns_is_an_error_result_where_it_cannot_be_sent(tmp_path, value, words):
    model = ScriptedModel([CALL, "Done"])
    async with create_app(
        [Tool("t", "d", lambda: value), Timeline()], model=model, store=str(tmp_path / "s.db")
    ) as app:
        session = await app.session("s")
        assert (await session.send("x").result).response == "Done"
        (block,) = results(model.calls[1])
        assert block["is_error"] and words in result_text(block)
        assert (await session.send("again").result).response == "ok"


async def test_a_mapping_of_a_type_that_no_result_takes_is_sent_as_json():
    model = ScriptedModel([CALL, "Done"])
    async with create_app([Tool("t", "d", lambda: {"type": "thinking", "a": 1}), Timeline()], model=model) as app:
        await (await app.session("s")).send("x").result
    assert json.loads(result_text(results(model.calls[1])[0])) == {"type": "thinking", "a": 1}


async def test_progress_of_any_kind_may_be_told(tmp_path):
    async def t(context: ToolContext):
        context.emit(object())
        return "ok"

    model = ScriptedModel([CALL, "Done"])
    async with create_app([Tool("t", "d", t), Timeline()], model=model, store=str(tmp_path / "s.db")) as app:
        assert (await (await app.session("s")).send("x").result).response == "Done"


class Changes:
    """A runner whose transform is given."""

    def __init__(self, change):
        self.change = change

    def transform(self, request):
        return self.change(request)


async def test_a_request_that_a_runner_spoilt_is_refused_and_the_next_one_goes_through(tmp_path):
    runner = Changes(lambda request: dataclasses.replace(request, messages=[{"role": "user", "content": object()}]))
    async with create_app(TREE, model=ScriptedModel(), store=str(tmp_path / "s.db"), runner=runner) as app:
        session = await app.session("s")
        with pytest.raises(ValidationFailed, match=r"transform\.messages\[0\]\.content"):
            await session.send("x").result
        runner.change = lambda request: 1 / 0
        with pytest.raises(EngineError, match="The runner's transform raised ZeroDivisionError"):
            await session.send("y").result
        runner.change = lambda request: None
        assert (await session.send("z").result).response == "ok"


async def test_a_runner_that_fails_at_the_ends_harms_no_save(tmp_path, expect_log):
    expect_log("on_destroy of session s raised")

    class Runner:
        def on_session_init(self):
            raise RuntimeError("no room")

        def on_destroy(self):
            raise RuntimeError("no way out")

    async with create_app(TREE, model=ScriptedModel(), store=str(tmp_path / "s.db"), runner=Runner()) as app:
        session = await app.session("s")
        with pytest.raises(EngineError, match="on_session_init raised RuntimeError: no room"):
            await session.send("x").result
        session.queue("kept")
    async with create_app(TREE, model=ScriptedModel(), store=str(tmp_path / "s.db")) as app:
        session = await app.session("s")
        await session.mount()
        assert "kept" in json.dumps(session.snapshot()["pending"])


class Odd(ScriptedModel):
    """A model of somebody's own whose blocks are not JSON."""

    async def stream(self, request):
        yield StreamStart("m", "odd")
        yield BlockStart(0, {"type": "text", "text": ""})
        yield BlockStop(0, {"type": "text", "text": "x", "raw": object()})
        yield StreamStop("end_turn")


async def test_a_reply_that_is_not_json_is_a_model_error(tmp_path):
    async with create_app(TREE, model=Odd(), store=str(tmp_path / "s.db")) as app:
        session = await app.session("s")
        with pytest.raises(ModelError, match=r"content\[0\]\.raw must be JSON"):
            await session.send("x").result
        app.model = ScriptedModel()
        assert (await session.send("y").result).response == "ok"


async def test_the_reason_of_a_callback_is_kept_as_words(tmp_path):
    def agent():
        use_on_tick_end(lambda result: result.stop(ValueError("enough")))
        return TREE

    async with create_app(agent, model=ScriptedModel(), store=str(tmp_path / "s.db")) as app:
        session = await app.session("s")
        assert (await session.send("x").result).stop_reason == "enough"
        assert (await session.send("x").result).stop_reason == "enough"


async def test_metadata_of_a_session_that_is_not_json_is_not_saved_and_the_rest_is(tmp_path, expect_log):
    expect_log("Metadata of session s is not JSON and is not saved")
    async with create_app(TREE, model=ScriptedModel(), store=str(tmp_path / "s.db")) as app:
        session = await app.session("s")
        session.metadata = {"a": object()}
        await session.send("x").result
        session.metadata = {"a": 1}
        await session.send("y").result
    async with create_app(TREE, model=ScriptedModel(), store=str(tmp_path / "s.db")) as app:
        session = await app.session("s")
        await session.mount()
        assert session.metadata == {"a": 1} and len(session.timeline) == 4


@pytest.mark.parametrize("id", ["same", ""])
async def test_calls_that_a_server_gave_one_id_or_none_run_each_and_are_told_apart(tmp_path, id):
    got = []

    def t(v: int) -> str:
        got.append(v)
        return f"did {v}"

    class Careless(ScriptedModel):
        async def stream(self, request):
            self.calls.append(request)
            yield StreamStart("m", "careless")
            if len(self.calls) > 1:
                yield StreamStop("end_turn")
                return
            for number in range(3):
                block = {"type": "tool_use", "id": id, "name": "t", "input": {"v": number}}
                yield BlockStart(number, {**block, "input": {}})
                yield BlockStop(number, block)
            yield StreamStop("tool_use")

    model = Careless()
    async with create_app([Tool("t", "d", t), Timeline()], model=model, store=str(tmp_path / "s.db")) as app:
        await (await app.session("s")).send("x").result
    assert sorted(got) == [0, 1, 2]
    assert_well_formed(model.calls[1])
    assert len({block["tool_use_id"] for block in results(model.calls[1])}) == 3
    assert [result_text(block) for block in results(model.calls[1])] == ["did 0", "did 1", "did 2"]


async def test_what_is_no_store_is_refused_when_it_is_used():
    async with create_app(TREE, model=ScriptedModel(), store=5) as app:
        with pytest.raises(ValidationFailed) as refused:
            await app.session("s")
        assert refused.value.place == "store"
