"""What callers, handlers and trees may hand in, in every shape, and what they are told otherwise."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal

import pydantic
import pytest

from engine import (
    Entry,
    RenderError,
    Section,
    System,
    Text,
    Timeline,
    Tool,
    ToolError,
    User,
    ValidationFailed,
    component,
    create_app,
    knob,
    use_knob,
)
from engine.hooks.knobs import KnobDefinition
from engine.messages import MAX_MESSAGE_CHARACTERS, messages_of
from engine.testing import Reply, ScriptedModel, ToolCall
from engine.tools.results import MAX_RESULT_TEXT, result_blocks
from engine.tools.schema import read_signature, type_schema

IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aa"}}


def text(words):
    return {"type": "text", "text": words}


@pytest.mark.parametrize(
    ("given", "roles", "content"),
    [
        (None, [], None),
        ("hi", ["user"], [text("hi")]),
        (text("hi"), ["user"], [text("hi")]),
        ([text("a"), IMAGE], ["user"], [text("a"), IMAGE]),
        ({"role": "assistant", "content": "x"}, ["assistant"], [text("x")]),
        ({"content": ["a", text("b"), Text("c")]}, ["user"], [text("a"), text("b"), text("c")]),
        ({"role": "user", "content": text("one")}, ["user"], [text("one")]),
        ({"role": "user", "content": Text("one")}, ["user"], [text("one")]),
        (["a", {"role": "event", "content": "b", "event_type": "mail"}], ["user", "event"], [text("a")]),
        (User("hello"), ["user"], [text("hello")]),
        (Text("words"), ["user"], [text("words")]),
        (Entry("e", 0, "user", [text("old")], "x", 1), ["user"], [text("old")]),
    ],
)
def test_messages_are_taken_in_many_shapes(given, roles, content):
    found = messages_of(given)
    assert [message.role for message in found] == roles
    if found:
        assert [dict(block) for block in found[0].content] == content
        assert messages_of(found[0]) == found[:1]


@pytest.mark.parametrize(
    ("given", "place"),
    [
        (3, "messages"),
        ([3], "messages[0]"),
        ({"role": "system", "content": "x"}, "messages.role"),
        ({"role": "user"}, "messages.content"),
        ({"content": "x", "metadata": 3}, "messages.metadata"),
        ({"content": 3}, "messages.content"),
        ({"content": [3]}, "messages.content[0]"),
        ({"content": [{"no": "type"}]}, "messages.content[0]"),
        ({"content": [{"type": "text", "text": 3}]}, "messages.content[0].text"),
        ({"content": [{"type": "image"}]}, "messages.content[0].source"),
        ({"content": "x" * (MAX_MESSAGE_CHARACTERS + 1)}, "messages.content.text"),
    ],
)
def test_messages_of_another_shape_are_refused_with_the_place(given, place):
    with pytest.raises(ValidationFailed) as raised:
        messages_of(given)
    assert raised.value.place == place


@dataclasses.dataclass
class Point:
    x: int


class Shape(pydantic.BaseModel):
    name: str


def test_results_are_taken_in_many_shapes():
    for value, expected in [
        (None, [text("")]),
        ("a", [text("a")]),
        ({"a": 1}, [text('{"a": 1}')]),
        ([1, 2], [text("[1, 2]")]),
        (IMAGE, [IMAGE]),
        ([text("a"), IMAGE], [text("a"), IMAGE]),
        (Text("t"), [text("t")]),
        (Point(1), [text('{"x": 1}')]),
        (Shape(name="s"), [text('{"name": "s"}')]),
    ]:
        assert result_blocks(value) == expected
    for bad in (object(), {"a": float("nan")}, {1, 2}):
        with pytest.raises(ToolError, match="cannot be sent"):
            result_blocks(bad)
    assert result_blocks("x" * (MAX_RESULT_TEXT + 5))[0]["text"].endswith("[cut: 5 characters more]")


def test_types_become_schemas():
    string = {"type": "string"}
    for hint, expected in [
        (str, string),
        (Any, {}),
        (Annotated[str, "what"], {"type": "string", "description": "what"}),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (list[str], {"type": "array", "items": string}),
        (set[str], {"type": "array", "items": string, "uniqueItems": True}),
        (dict[str, str], {"type": "object", "additionalProperties": string}),
        (str | None, {"anyOf": [string, {"type": "null"}]}),
        (Annotated[int, pydantic.Field(ge=1)], {"type": "integer", "minimum": 1}),
    ]:
        assert type_schema(hint) == expected
    assert type_schema(Shape)["properties"]["name"]["type"] == "string"


def test_signatures_are_read_from_handlers_and_descriptions():
    def plain(a: int, b: str = "x", *more: int, **rest: Any):
        return a, b, more, rest

    assert read_signature("t", plain, None).schema["required"] == ["a"]
    assert "additionalProperties" not in read_signature("t", plain, None).schema
    assert read_signature("t", lambda shape: shape, Shape).arguments({"name": "s"}, None) == (
        [],
        {"shape": Shape(name="s")},
    )
    assert read_signature("t", lambda name: name, Shape).arguments({"name": "s"}, None) == ([], {"name": "s"})
    assert read_signature("t", lambda whole: whole, {"properties": {"a": {}}}).arguments({"a": 1}, None)[1] == {
        "whole": {"a": 1}
    }
    assert read_signature("t", lambda: 1, {"properties": {}}).arguments({"a": 1}, None) == ([], {})
    assert read_signature("t", None, {"type": "object"}).schema == {"type": "object"}
    for bad in ("text", {"type": "string"}, {"type": "object", "properties": 3}):
        with pytest.raises(ValidationFailed):
            read_signature("t", None, bad)

    class Odd:
        pass

    def odd(value: Odd):
        return value

    with pytest.raises(ValidationFailed, match="value of tool t"):
        read_signature("t", odd, None)


@pytest.mark.parametrize(
    ("definition", "good", "bad", "said"),
    [
        (knob("a", options=["a", "b"]), "b", "c", "Options"),
        (knob(1, min=0, max=10, step=2), 4, 3, "multiple of step"),
        (knob(1, min=0, max=10), 10, 11, "range 0 - 10"),
        (knob(1, min=0), 5, -1, "range 0 - any"),
        (knob(1, max=3), 2, 4, "range any - 3"),
        (knob(1), 2.5, "x", "a number"),
        (knob(False), True, 1, "true or false"),
        (knob("t", max_length=3), "abc", "abcd", "4 characters"),
        (knob("t", pattern="^[a-z]+$"), "abc", "A", "pattern"),
        (knob("t"), "x", 3, "a text"),
        (knob("t", validate=lambda v: v != "no"), "x", "no", 'Invalid value "no"'),
        (knob("t", validate=lambda v: "not that" if v == "no" else None), "x", "no", "not that"),
        (knob(None), [1], object, None),
    ],
)
def test_knobs_take_what_they_allow(definition: KnobDefinition, good, bad, said):
    assert definition.problem(good) is None
    if said is not None:
        assert said in definition.problem(bad)
    assert definition.label in ("select", "toggle", "range", "number", "text")
    assert all(isinstance(hint, str) for hint in definition.hints())


async def test_set_knob_says_what_it_cannot_do():
    @component
    def Agent():
        use_knob("one", False, group="pair")
        use_knob("two", 1, group="pair")
        return [System("S"), Section("hidden words", id="more", collapsed="more"), Timeline()]

    inputs = [
        {"value": 1},
        {"name": "three", "value": 1},
        {"group": "none", "value": 1},
        {"group": "pair", "value": True},
    ]
    model = ScriptedModel([Reply(tool_calls=[ToolCall("set_knob", given) for given in inputs])])
    async with create_app(Agent, model=model) as app:
        session = await app.session()
        await session.send("go").result
        results = [block["content"][0]["text"] for block in session.timeline[2].content]
        assert "Give either a name or a group" in results[0]
        assert "There is no knob 'three'. Known: one, two" in results[1]
        assert "There is no group 'none'" in results[2]
        assert results[3].endswith("Nothing was changed")
        assert all(item["value"] is False or item["value"] == 1 for item in session.inspect()["knobs"])


async def test_a_timeline_rendered_by_a_function():
    seen = []

    def render(history, pending, budget):
        seen.append((len(history), len(pending)))
        return ["Only this.", {"role": "assistant", "content": "Yes."}, User("And this."), history[-1]]

    model = ScriptedModel()
    async with create_app([System("S"), Timeline(render=render)], model=model) as app:
        session = await app.session()
        await session.send("hello").result
        words = [block["text"] for message in model.calls[0].messages for block in message["content"]]
        assert words == ["Only this.", "Yes.", "And this.", "hello"]
        assert seen[0][0] == 1

    for wrong, said in ((lambda *_: [3], "returned a int"), (lambda *_: 1 / 0, "ZeroDivisionError")):
        async with create_app([Timeline(render=wrong)], model=ScriptedModel()) as app:
            with pytest.raises(RenderError, match=said):
                await (await app.session()).send("x").result


async def test_a_session_stays_usable_after_bad_input():
    async with create_app([System("S"), Tool("t", "T", lambda: object())], model=ScriptedModel()) as app:
        session = await app.session()
        with pytest.raises(ValidationFailed):
            session.send({"role": "nobody", "content": "x"})
        with pytest.raises(ValidationFailed):
            session.send("x", max_ticks=0)
        with pytest.raises(ToolError):
            await session.dispatch("t")
        assert (await session.send("still there?").result).response == "ok"
