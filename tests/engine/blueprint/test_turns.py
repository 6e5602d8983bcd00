"""Agents in real turns of the engine, with a scripted model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine import RenderError
from engine.blueprint import (
    MoveNode,
    Node,
    RemoveNode,
    SetProperty,
    agent_component,
    apply,
    make_node,
)
from engine.testing import Reply, ToolCall
from tests.engine.blueprint.builders import agent, notepad, only_if
from tests.engine.blueprint.scripted import TIME, call, opened, results, values


async def test_a_note_of_turn_one_stands_in_the_context_of_turn_two_also_after_a_restart(tmp_path: Path) -> None:
    document = notepad()
    store = tmp_path / "bough.db"
    async with opened(document, call("add_note", note="buy figs"), "Done.", store=store) as (session, model):
        assert (await session.send("Please note: buy figs").result).response == "Done."
        assert 'notepad">' not in model.calls[0].system
        assert '<section id="notepad">\n- buy figs\n</section>' in model.calls[1].system
        assert results(session) == [("Noted.", False)]
    async with opened(document, call("add_note", note="call Ada"), "Ryan.", "Yes.", store=store) as (session, model):
        await session.send("And: call Ada").result
        assert "- buy figs\n</section>" in model.calls[0].system
        assert model.calls[0].messages[0]["content"][0]["text"] == "Please note: buy figs"
        await session.send("What is there?").result
        assert "- buy figs\n- call Ada\n</section>" in model.calls[2].system
        assert values(session, document) == {"notes": ["buy figs", "call Ada"]}


async def test_editing_while_the_session_is_open_keeps_the_values() -> None:
    document = notepad()
    async with opened(document, call("add_note", note="figs"), "Done.") as (session, model):
        await session.send("note figs").result
        for edit in (
            MoveNode("notes", "when", 0),
            SetProperty("section", "text", "* {{ item }}"),
            MoveNode("section", "root", 0),
        ):
            document, _ = apply(document, edit)
            session.replace(agent_component(document))
        await session.send("again").result
        assert "* figs" in model.calls[-1].system
        without, undo = apply(document, RemoveNode("notes"))
        without, _ = apply(without, RemoveNode("section"))
        session.replace(agent_component(without))
        with pytest.raises(RenderError, match="notepad"):
            await session.send("broken").result
        assert undo is not None
        session.replace(agent_component(document))
        await session.send("back").result
        assert "* figs" in model.calls[-1].system


async def test_a_false_when_does_not_reset_the_variables_inside_it() -> None:
    document = agent(
        make_node("state", id="on", title="on", type="yes_no", initial=True),
        make_node(
            "when",
            make_node("state", id="inner", title="inner", type="number"),
            id="w",
            condition=only_if("on", "is_yes"),
        ),
        make_node("tool", make_node("set", variable="inner", value="{{ inner + 1 }}"), id="t", title="count"),
        make_node("tool", make_node("set", variable="on", value="{{ not on }}"), id="f", title="flip"),
        make_node("system", text="inner {{ inner }}"),
        TIME,
    )
    async with opened(document, call("count"), call("flip"), call("count"), call("flip"), "ok") as (session, model):
        await session.send("go").result
        assert model.calls[-1].system == "inner 2"


STEPS: list[tuple[dict[str, Any], list[Node], dict[str, Any], Any, str]] = [
    ({"type": "text"}, [make_node("set", variable="v", value="{{ x }}")], {"x": "hi"}, "hi", "Done."),
    ({"type": "number"}, [make_node("set", variable="v", value="{{ x }}")], {"x": "4"}, 4, "Done."),
    ({"type": "list"}, [make_node("set", variable="v", value=["a", 1])], {}, ["a", 1], "Done."),
    (
        {"type": "record"},
        [make_node("set", variable="v", field="city", value="{{ x }}")],
        {"x": "Bergen"},
        {"city": "Bergen"},
        "Done.",
    ),
    ({"type": "list"}, [make_node("append", variable="v", value="{{ x }}")] * 2, {"x": "a"}, ["a", "a"], "Done."),
    (
        {"type": "text", "initial": "one"},
        [make_node("append", variable="v", value="{{ x }}")],
        {"x": "two"},
        "one\ntwo",
        "Done.",
    ),
    ({"initial": ["a", "B", "a"]}, [make_node("remove", variable="v", value="A")], {}, ["B"], "Done."),
    (
        {"initial": ["apple", "fig"]},
        [make_node("remove", variable="v", what="containing", value="pp")],
        {},
        ["fig"],
        "Done.",
    ),
    (
        {"initial": ["a", "b", "c"]},
        [make_node("remove", variable="v", what="first"), make_node("remove", variable="v", what="last")],
        {},
        ["b"],
        "Done.",
    ),
    (
        {"initial": ["a", "b", "c"]},
        [make_node("remove", variable="v", what="position", value="{{ x }}")],
        {"x": "2"},
        ["a", "c"],
        "Done.",
    ),
    (
        {"type": "record", "initial": {"a": 1, "b": 2}},
        [make_node("remove", variable="v", value="a")],
        {},
        {"b": 2},
        "Done.",
    ),
    ({"initial": ["a"]}, [make_node("clear", variable="v")], {}, [], "Done."),
    ({"type": "number", "initial": 4}, [make_node("clear", variable="v")], {}, 0, "Done."),
    (
        {"initial": []},
        [make_node("append", variable="v", value="a"), make_node("reply", text="Now {{ v|length }}.")],
        {},
        ["a"],
        "Now 1.",
    ),
    (
        {"initial": []},
        [make_node("reply", text="{{ x }}"), make_node("reply", text="b")],
        {"x": "{{ v }}"},
        [],
        "{{ v }}\nb",
    ),
    ({"initial": []}, [make_node("group", make_node("append", variable="v", value="a"))], {}, ["a"], "Done."),
    ({"initial": []}, [make_node("append", variable="v", value="a", enabled=False)], {}, [], "Done."),
    (
        {"initial": ["a"]},
        [
            make_node(
                "when",
                make_node("reply", text="full"),
                make_node("otherwise", make_node("reply", text="empty")),
                condition=only_if("v", "is_empty"),
            )
        ],
        {},
        ["a"],
        "empty",
    ),
    (
        {"initial": []},
        [make_node("when", make_node("reply", text="was empty"), condition=only_if("v", "is_empty"))],
        {},
        [],
        "was empty",
    ),
    (
        {"initial": ["a", "b"]},
        [
            make_node(
                "repeat",
                make_node("reply", text="{{ one }}!"),
                make_node("append", variable="v", value="{{ one|upper }}"),
                each="v",
                item="one",
            )
        ],
        {},
        ["a", "b", "A", "B"],
        "a!\nb!",
    ),
]


@pytest.mark.parametrize(("variable", "steps", "given", "expected", "reply"), STEPS)
async def test_each_step_shows_its_effect_in_a_turn(
    variable: dict[str, Any], steps: list[Node], given: dict[str, Any], expected: Any, reply: str
) -> None:
    steps = [make_node(step.kind, *step.children, enabled=step.enabled, **step.props) for step in steps]
    document = agent(
        make_node("state", id="v", title="v", **variable),
        make_node("tool", *steps, id="t", title="Do it", inputs=[{"title": "x", "required": False}]),
        TIME,
    )
    async with opened(document, call("do_it", **given), "ok") as (session, _):
        await session.send("go").result
        assert results(session) == [(reply, False)]
        assert values(session, document)["v"] == expected


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (
            [make_node("append", variable="v", value="x"), make_node("remove", variable="v", value="gone")],
            "no item matches “gone”",
        ),
        (
            [make_node("append", variable="v", value="x"), make_node("set", variable="nope", value=1)],
            "no variable “nope”",
        ),
        (
            [make_node("append", variable="v", value="x"), make_node("set", variable="n", value="many")],
            "is not a number",
        ),
        (
            [make_node("append", variable="v", value="x"), make_node("reply", text="{{ nope }}")],
            "no variable called “nope”",
        ),
        (
            [make_node("append", variable="v", value="x"), make_node("set", variable="tone", value="loud")],
            "Invalid value",
        ),
        (
            [make_node("append", variable="v", value="x"), make_node("set", variable="x", value="1")],
            "that a step can change",
        ),
        ([make_node("append", variable="v", value="x"), make_node("clear")], "no variable was chosen"),
        (
            [
                make_node("append", variable="v", value="x"),
                make_node("remove", variable="v", what="position", value="7"),
            ],
            "there is no item 7",
        ),
        (
            [
                make_node("append", variable="v", value="x"),
                make_node("set", variable="n", value="{{ 'a' * 99999999 }}"),
            ],
            "Only numbers",
        ),
        (
            [
                make_node(
                    "repeat",
                    make_node(
                        "repeat",
                        make_node("repeat", make_node("append", variable="v", value="x"), each="many"),
                        each="many",
                    ),
                    each="many",
                )
            ],
            "stopped after",
        ),
    ],
)
async def test_a_step_that_fails_tells_the_model_why_and_changes_nothing(steps: list[Node], words: str) -> None:
    document = agent(
        make_node("state", id="v", title="v"),
        make_node("state", id="n", title="n", type="number"),
        make_node("state", title="many", initial=list(range(30))),
        make_node("knob", id="k", title="tone", type="choice", options=["warm", "dry"]),
        make_node(
            "tool",
            *[make_node(s.kind, *s.children, **s.props) for s in steps],
            id="t",
            title="Do it",
            inputs=[{"title": "x", "required": False}],
        ),
        TIME,
    )
    async with opened(document, call("do_it"), "ok") as (session, _):
        await session.send("go").result
        ((text, is_error),) = results(session)
        assert is_error and words in text and "Nothing was changed" in text and ".." not in text
        now = values(session, document)
        assert (now["v"], now["n"], now["k"]) == ([], 0, "warm")


async def test_tools_of_one_reply_run_at_once_and_none_is_lost() -> None:
    replies = Reply(tool_calls=[ToolCall("add_note", {"note": f"n{i}"}) for i in range(20)])
    document = notepad()
    async with opened(document, replies, "ok") as (session, _):
        await session.send("go").result
        assert sorted(values(session, document)["notes"]) == sorted(f"n{i}" for i in range(20))


async def test_inputs_are_typed_and_checked_and_may_be_left_out() -> None:
    inputs = [
        {"title": "How many", "type": "whole_number"},
        {"title": "Kind", "type": "choice", "options": ["a", "b"]},
        {"title": "Loud", "type": "yes_no", "required": False},
        {"title": "Tags", "type": "list", "required": False, "description": "Words"},
    ]
    document = agent(
        make_node(
            "tool",
            make_node("reply", text="{{ how_many + 1 }} {{ kind }} {{ loud }} {{ tags|length }}"),
            id="t",
            title="Do it",
            inputs=inputs,
        ),
        TIME,
    )
    async with opened(document, call("do_it", how_many=2, kind="a"), call("do_it", how_many="2", kind="c"), "ok") as (
        session,
        model,
    ):
        await session.send("go").result
        first, second = results(session)
        assert first == ("3 a no 0", False)
        assert second[1] and "how_many" in second[0]
        schema = model.calls[0].tools[0]["input_schema"]["properties"]
        assert schema["tags"]["description"] == "Words" and schema["kind"]["enum"] == ["a", "b"]


async def test_a_tool_that_asks_first_waits_for_the_person() -> None:
    document, _ = apply(notepad(), SetProperty("add", "ask_first", True))
    async with opened(document, call("add_note", note="x"), "ok") as (session, _):
        handle = await session.send("go")
        async for event in handle:
            if event.type == "tool_confirmation_required":
                session.respond(event.confirmation_id, False, reason="not now")
        await handle.result
        assert values(session, document)["notes"] == []
        assert results(session)[0][1] and "not now" in results(session)[0][0]


async def test_items_of_a_repeat_have_variables_of_their_own() -> None:
    document = agent(
        make_node("state", id="l", title="l", initial=[{"id": "a"}, {"id": "b"}]),
        make_node(
            "repeat",
            make_node("state", id="seen", title="seen", type="number"),
            make_node(
                "when",
                make_node("tool", make_node("set", variable="seen", value="{{ seen + 1 }}"), id="t", title="see"),
                condition={"expression": "item.id == 'a'"},
            ),
            make_node("system", text="{{ item.id }}: {{ seen }}"),
            id="r",
            each="l",
        ),
        make_node("tool", make_node("set", variable="l", value="{{ l|reverse }}"), title="turn"),
        TIME,
    )
    async with opened(document, call("see"), call("see"), call("turn"), "ok") as (session, model):
        await session.send("go").result
        assert model.calls[2].system == "a: 2\n\nb: 0"
        assert model.calls[3].system == "b: 0\n\na: 2"


async def test_a_part_that_does_not_work_stops_the_turn_and_is_named() -> None:
    document = agent(make_node("system", id="bad", text="Hi {{ nope }}"), TIME)
    async with opened(document, "ok") as (session, model):
        with pytest.raises(RenderError, match="System: Line 1: There is no variable called “nope” here") as caught:
            await session.send("go").result
        assert caught.value.path.endswith("node:bad")
        assert model.calls == []


async def test_a_value_kept_from_another_type_does_not_break_the_agent() -> None:
    document = notepad()
    async with opened(document, call("add_note", note="figs"), "ok") as (session, model):
        await session.send("go").result
        document, _ = apply(document, SetProperty("notes", "type", "number"))
        for node_id in ("when", "add"):
            document, _ = apply(document, RemoveNode(node_id))
        document, _ = apply(document, SetProperty("sys", "text", "{{ notepad }}"))
        session.replace(agent_component(document))
        await session.send("go").result
        assert model.calls[-1].system == "0"


async def test_the_current_document_of_a_function_is_used_at_the_next_turn() -> None:
    current = [notepad()]
    async with opened(lambda: current[0], "ok") as (session, model):
        await session.send("go").result
        current[0], _ = apply(current[0], SetProperty("sys", "text", "Changed."))
        await session.send("go").result
        assert model.calls[-1].system == "Changed."
