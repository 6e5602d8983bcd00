"""What a small model is told, and how it is asked to choose."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel

from engine.errors import ModelError
from engine.model import ModelRequest, Span
from engine.models.ondevice.choice import (
    bounded,
    choice_messages,
    choice_schema,
    input_messages,
    input_schema,
    read_choice,
    read_input,
    takes_input,
)
from engine.models.ondevice.conversation import (
    AFTER_RESULT,
    chat_messages,
    describe_tools,
    said_last,
    used_in_this_turn,
)

NOTE = {
    "name": "add_note",
    "description": "Add a note. Use it often.",
    "input_schema": {"type": "object", "properties": {"note": {"type": "string"}}, "required": ["note"]},
}


def user(*blocks: Any) -> dict[str, Any]:
    return {"role": "user", "content": [{"type": "text", "text": b} if isinstance(b, str) else b for b in blocks]}


def assistant(*blocks: Any) -> dict[str, Any]:
    return {**user(*blocks), "role": "assistant"}


def call(number: int, **given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"t{number}", "name": "add_note", "input": given}


def result(number: int, content: Any = "Noted.", **more: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": f"t{number}", "content": content, **more}


def test_system_tools_and_history_in_that_order() -> None:
    request = ModelRequest(
        system_blocks=[{"type": "text", "text": "You help."}],
        messages=[user("Hi"), assistant("Hello"), user("Note this")],
        tools=[NOTE],
    )
    assert chat_messages(request, [NOTE]) == [
        {"role": "system", "content": f"You help.\n\n{describe_tools([NOTE])}"},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "Note this"},
    ]
    assert "- add_note(note: string): Add a note. Use it often." in describe_tools([NOTE])


def test_each_call_goes_on_where_the_one_before_ended() -> None:
    """The prompt cache holds what is the same from the start; a tool's result must only add to the end."""
    before = [user("Note: milk")]
    after = [*before, assistant(call(1, note="milk")), user(result(1))]
    first, second = (chat_messages(ModelRequest(messages=m), [NOTE]) for m in (before, after))
    assert second[:-1] == first[:-1]
    assert second[-1]["content"].startswith(first[-1]["content"])
    asked = AFTER_RESULT.format(said="Note: milk")
    assert second[-1]["content"].endswith(f"[You used add_note with note: milk. Result: Noted.]\n\n{asked}")


def test_results_of_all_kinds() -> None:
    image = {"type": "image", "source": {}}
    request = ModelRequest(messages=[
        user("x"), assistant("Wait", call(1)), user(result(1, [{"type": "text", "text": "A"}, image])),
        assistant(call(2)), user(result(2, "no", is_error=True), result(9, "")),
    ])  # fmt: skip
    text = chat_messages(request, [])[-1]["content"]
    assert "A\n(image left out)" in chat_messages(request, [])[2]["content"]
    assert "It failed: no" in text and "You used a tool with its input. Result: done" in text
    assert text.count(AFTER_RESULT.format(said="x")) == 2  # once for each message of results


def test_after_a_result_the_last_thing_that_was_asked_is_asked_again() -> None:
    request = ModelRequest(
        messages=[
            user("What's my name?"), assistant("Ryan."), user("Note\n {milk}"), assistant(call(1)), user(result(1)),
        ]
    )  # fmt: skip
    assert chat_messages(request, [NOTE])[-1]["content"].endswith(AFTER_RESULT.format(said="Note {milk}"))


def test_thinking_is_left_out_and_text_documents_are_read() -> None:
    document = {"type": "document", "title": "Plan", "source": {"type": "text", "data": "Step one"}}
    thinking = {"type": "thinking", "thinking": "hm", "signature": "s"}
    messages = chat_messages(
        ModelRequest(messages=[user(document, " "), assistant(thinking, "Yes"), {"role": "user", "content": "ok"}]), []
    )
    assert messages == [
        {"role": "user", "content": "Plan\nStep one"}, {"role": "assistant", "content": "Yes"},
        {"role": "user", "content": "ok"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    "block",
    [{"type": "image", "source": {}}, {"type": "document", "source": {"type": "base64"}}, {"type": "hologram"}],
)
def test_what_it_cannot_read_is_said_plainly(block: dict[str, Any]) -> None:
    with pytest.raises(ModelError) as caught:
        chat_messages(ModelRequest(messages=[user("Look", block)]), [])
    assert caught.value.kind == "unsupported" and "on this device" in str(caught.value)


def test_signatures_show_types_and_what_may_be_left_out() -> None:
    schema = {
        "type": "object", "required": ["a"],
        "properties": {
            "a": {"enum": ["x", "y"], "description": "which\none"}, "b": {"type": ["integer", "null"]},
            "c": {"type": "array", "items": {"type": "number"}}, "d": {"const": 3}, "e": {}, "f": True,
        },
    }  # fmt: skip
    line = describe_tools([{"name": "t", "input_schema": schema}])
    assert '- t(a: "x" or "y" (which one), b?: integer or null, c?: list of number, d?: 3, e?: any, f?: any): ' in line


def test_calls_of_this_turn_only() -> None:
    messages = [
        user("a"), assistant(call(1, note="old")), user(result(1)), assistant("ok"), user("b"),
        assistant(call(2, note="new")), user(result(2)), assistant(call(3, note="bad")),
        user(result(3, is_error=True), "by the way"),
    ]  # fmt: skip
    assert used_in_this_turn(messages) == [
        ("add_note", '{"note": "new"}', False), ("add_note", '{"note": "bad"}', True),
    ]  # fmt: skip
    assert used_in_this_turn([user("a"), assistant("b"), user("c")]) == []


def test_what_the_person_said_is_told_from_what_the_tree_added() -> None:
    def span(block: int, stored: bool) -> Span:
        return Span("/", "messages", 0, block, 0, 1, 1, stored=stored)

    messages = [user("Today is Monday", "Hello you", "<section>")]
    spans = [span(0, False), span(1, True), span(2, False)]
    assert said_last(ModelRequest(messages=messages, spans=spans)) == "Hello you"
    assert said_last(ModelRequest(messages=messages)) == "Today is Monday"
    assert (
        said_last(ModelRequest(messages=[*messages, assistant(call(1)), user(result(1))], spans=spans)) == "Hello you"
    )
    assert said_last(ModelRequest(messages=[])) == ""


# --- the choice -------------------------------------------------------------------------------------------------------


def test_the_schemas_admit_tools_their_input_and_answer_and_nothing_else() -> None:
    schema = choice_schema([NOTE])
    jsonschema.validate({"tool": "add_note"}, schema)
    jsonschema.validate({"tool": "answer"}, schema)
    for wrong in ({"tool": "other"}, {}, {"tool": "answer", "input": {}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"tool": "answer"}, choice_schema([NOTE], answer=False))
    jsonschema.validate({"note": "x"}, input_schema(NOTE))
    for wrong_input in ({}, {"note": "x" * 2001}, {"note": "x", "more": 1}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong_input, input_schema(NOTE))


class Inner(BaseModel):
    name: str
    again: Inner | None = None


class Outer(BaseModel):
    inner: list[Inner]
    level: int = 3
    mode: str | None = None
    extra: dict[str, int] = {}


def test_schemas_of_pydantic_models_are_bounded() -> None:
    schema = bounded(Outer.model_json_schema())
    text = json.dumps(schema)
    assert "$ref" not in text and "$defs" not in text and "title" not in text
    jsonschema.validate({"inner": [{"name": "a", "again": {"name": "b"}}], "extra": {"x": 1}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"inner": [{"name": "a"}] * 31}, schema)


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({}, {}, {"a": 1}),
        ({"type": "object", "properties": {"a": {}}}, {"a": "x"}, {"a": []}),
        ({"type": "object", "properties": {"a": {"type": "object"}}}, {"a": {"k": 1}}, {"a": {"k": []}}),
        ({"type": "object", "properties": {"a": {"allOf": [{"type": "integer"}]}}}, {"a": 1}, {"a": "1"}),
        ({"type": "object", "properties": {"a": {"oneOf": [{"const": 1}, {"enum": ["z"]}]}}}, {"a": "z"}, {"a": 2}),
        (
            {"type": "object", "properties": {"a": {"type": "integer", "minimum": 3, "format": "odd"}}},
            {"a": 3},
            {"a": 2},
        ),
        (
            {"type": "object", "properties": {"a": {"items": {"type": "string", "maxLength": 2}}}},
            {"a": ["xy"]},
            {"a": ["xyz"]},
        ),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/missing"}}}, {"a": 1}, {"a": {}}),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"a": 1}, {"a": "1"}),
    ],
)
def test_bounding(schema: dict[str, Any], good: Any, bad: Any) -> None:
    made = bounded(schema)
    jsonschema.validate(good, made)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(bad, made)


def test_the_questions_stand_behind_the_prompt_of_the_answer() -> None:
    messages = [{"role": "system", "content": "S"}, {"role": "user", "content": "Note: milk"}]
    prompt = choice_messages(messages, [NOTE], "Note:\n milk", after_result=False, answer=True)
    assert prompt[0] == messages[0] and prompt[1]["content"].startswith("Note: milk\n\n---\n")
    assert '"Add a note, please." -> {"tool": "add_note"}' in prompt[1]["content"]
    assert prompt[2] == {"role": "assistant", "content": '"Note: milk" -> '}
    assert messages[1]["content"] == "Note: milk"
    after = choice_messages(messages, [NOTE], "x", after_result=True, answer=True)
    assert len(after) == 2 and "still missing" in after[1]["content"]
    forced = choice_messages(messages, [NOTE], "x", after_result=False, answer=False)
    assert len(forced) == 2 and "Now use a tool" in forced[1]["content"]


def test_a_description_that_begins_with_a_question_is_the_example_as_it_is() -> None:
    tool = {"name": "look_up", "description": "What does it cost? Looks it up. Often."}
    prompt = choice_messages([{"role": "user", "content": "x"}], [tool], "x", after_result=False, answer=True)
    assert '"What does it cost?" -> {"tool": "look_up"}' in prompt[0]["content"]


def test_the_input_is_asked_for_by_what_its_parts_mean() -> None:
    tool = {
        "name": "book",
        "input_schema": {"properties": {"day": {"description": "Which\nday"}, "how_many": {"type": "integer"}}},
    }
    prompt = input_messages([{"role": "user", "content": "Two for Friday"}], tool)
    assert len(prompt) == 1 and prompt[0]["content"].startswith("Two for Friday\n\n---\nThe tool book")
    assert prompt[0]["content"].endswith("- day: Which day\n- how_many: how many")


def test_a_tool_without_input_is_not_asked_for_one() -> None:
    assert not takes_input({"name": "now"})
    assert not takes_input({"name": "now", "input_schema": {"type": "object", "properties": {}}})
    assert takes_input(NOTE)
    assert takes_input({"name": "free", "input_schema": {"type": "object", "additionalProperties": {"type": "string"}}})


def test_reading_what_was_chosen() -> None:
    assert read_choice('{"tool": "answer"}') is None
    assert read_choice('{"tool": "add_note"}') == "add_note"
    assert read_choice("[1]") is None
    assert read_input('{"note": "x"}') == {"note": "x"}
    assert read_input("[1]") == {}
    for read in (read_choice, read_input):
        with pytest.raises(ValueError):
            read('{"note": "no')
