"""What a Timeline sends of a conversation, before any call and in turns."""

from __future__ import annotations

from typing import Any

import pytest

from engine.blueprint import AgentDocument, dry_compile, kind_of, make_node, problems
from engine.blueprint.older import Older
from engine.entries import Entry
from tests.engine.blueprint.builders import agent
from tests.engine.blueprint.scripted import call, opened


def timeline(**props: Any) -> AgentDocument:
    return agent(make_node("timeline", id="time", **props))


def said(index: int, role: str, text: str, turn: str = "") -> Entry:
    return Entry(f"e{index}", index, role, ({"type": "text", "text": text},), turn or f"turn{index // 2}", 1)  # type: ignore[arg-type]


def conversation(turns: int) -> list[Entry]:
    return [
        said(i, "assistant" if i % 2 else "user", f"{'Answer' if i % 2 else 'Question'} {i}.") for i in range(turns * 2)
    ]


def words(document: AgentDocument, entries: list[Entry], draft: str = "Now.") -> list[str]:
    request = dry_compile(document, entries=entries, draft=draft)
    return [block["text"] for message in request.messages for block in message["content"] if block["type"] == "text"]


def test_the_newest_messages_only() -> None:
    shown = words(timeline(limit=3), conversation(4))
    assert shown == ["Question 6.", "Answer 7.", "Now."]
    assert len(words(timeline(), conversation(4))) == 9


def test_a_budget_leaves_the_oldest_out_and_headroom_takes_from_it() -> None:
    entries = conversation(4)
    assert words(timeline(max_tokens=50), entries)[0] == "Question 2."
    assert words(timeline(max_tokens=50, headroom=20), entries)[0] == "Question 6."


def test_what_the_person_said_can_stay_when_the_rest_goes() -> None:
    shown = words(timeline(max_tokens=50, strategy="sliding-window"), conversation(4))
    assert [text for text in shown if text.startswith("Question")] == [f"Question {i}." for i in (0, 2, 4, 6)]
    assert len([text for text in shown if text.startswith("Answer")]) < 4


def test_only_what_the_person_said() -> None:
    assert words(timeline(shown="person"), conversation(2)) == ["Question 0.", "Question 2.", "Now."]


def test_a_summary_is_announced_before_any_model_wrote_it() -> None:
    document = timeline(max_tokens=50, strategy="summarize", guidance="Keep names.")
    shown = words(document, conversation(6))
    assert "summary" in shown[0] and shown[-1] == "Now." and "Question 0." not in shown


async def test_a_summary_is_written_with_the_persons_instruction() -> None:
    document = timeline(max_tokens=60, strategy="summarize", guidance="Keep names.")
    long = "x" * 180
    async with opened(document, f"A{long}", "THE SUMMARY", "B") as (session, model):
        await session.send(f"Ada {long}").result
        await session.send("And now?").result
        asked, last = model.calls[1], model.calls[2]
        assert "Keep names." in asked.system and "Ada" in str(asked.messages)
        assert "THE SUMMARY" in str(last.messages) and "Ada" not in str(last.messages)


def tool_agent(**props: Any) -> AgentDocument:
    reply = make_node("reply", id="r", text="Found: " + "y" * 100)
    tool = make_node("tool", reply, id="t", title="Look", description="Look")
    return agent(tool, make_node("timeline", id="time", **props))


async def test_turns_that_are_over_are_shown_without_tools_and_the_running_one_with_them() -> None:
    async with opened(tool_agent(shown="words"), call("look"), "One.", call("look"), "Two.") as (session, model):
        await session.send("first").result
        await session.send("second").result
        during, after = model.calls[2], model.calls[3]
        assert "tool_use" not in str(during.messages)
        assert [m["role"] for m in during.messages] == ["user", "assistant", "user"]
        assert str(after.messages).count("'tool_use'") == 1 and "Found" in str(after.messages)


async def test_older_messages_are_shortened_and_the_newest_are_not() -> None:
    document = tool_agent(old="shortened", old_after=2, old_length=20)
    async with opened(document, call("look"), "One. " + "z" * 100, "Two.", "Three.") as (session, model):
        await session.send("first " + "a" * 100).result
        await session.send("second " + "b" * 100).result
        last = str(model.calls[2].messages)
        assert "first " + "a" * 14 + " […]" in last and "a" * 15 not in last
        assert "Found: " + "y" * 13 + " […]" in last
        assert "One. " + "z" * 100 in last and "second " + "b" * 100 in last


def test_a_picture_of_old_is_a_word_and_old_thinking_is_gone() -> None:
    blocks = (
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "image", "source": {}},
        {"type": "tool_use", "id": "c", "name": "n", "input": {}},
    )
    old = Entry("a", 0, "assistant", blocks, "one", 1)
    new = said(1, "user", "x" * 50, "two")
    shown = Older(keep=1, length=20)([old, new])
    assert [block["type"] for block in shown[0].content] == ["text", "tool_use"]
    assert shown[0].content[0]["text"] == "[image]"
    assert shown[1] is new
    assert Older(keep=1) == Older(keep=1) and Older()([]) == []


def test_nothing_of_a_timeline_is_made_anew_when_nothing_changed() -> None:
    node = make_node("timeline", id="t", old="shortened")
    kind: Any = kind_of(node)
    assert kind._older(kind.props(node)) == kind._older(kind.props(node))
    assert kind._older(kind.props(make_node("timeline"))) is None


@pytest.mark.parametrize(
    ("props", "said"),
    [
        ({}, "The whole conversation"),
        ({"limit": 1}, "The newest 1 message"),
        (
            {"limit": 20, "max_tokens": 4000, "strategy": "summarize", "shown": "words", "old": "shortened"},
            "The newest 20 messages, at most 4,000 tokens, a summary of the rest, without tools, "
            "older messages shortened",
        ),
        ({"shown": "person"}, "The whole conversation, only what the person said"),
    ],
)
def test_the_card_says_what_is_sent(props: dict[str, Any], said: str) -> None:
    node = make_node("timeline", **props)
    assert kind_of(node).summary(node, timeline()) == said


def test_limits_that_make_no_sense_are_said_with_a_fix() -> None:
    from engine.blueprint import apply

    for props, field, text in (
        ({"max_tokens": 100, "headroom": 100}, "headroom", "More is kept free"),
        ({"strategy": "summarize"}, "strategy", "has no limit"),
    ):
        document = timeline(**props)
        found = next(p for p in problems(document) if p.node_id == "time" and p.field == field)
        assert text in found.text and found.fix is not None
        mended, _ = apply(document, found.fix)
        assert not [p for p in problems(mended) if p.node_id == "time" and p.field == field]
