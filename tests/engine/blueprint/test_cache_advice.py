"""Cache advice over the requests of real turns: where two calls part, who is to blame, and whether moving helps."""

from __future__ import annotations

from typing import Any

import pytest

from engine.blueprint import AgentDocument, Node, RemoveNode, SetProperty, apply, make_node
from engine.blueprint.cache_advice import Parting, compare, if_it_changed
from engine.blueprint.dry import dry_compile
from engine.blueprint.reads import named
from engine.model import ModelRequest, Span
from tests.engine.blueprint.builders import agent, notepad, only_if
from tests.engine.blueprint.scripted import TIME, call, opened

LONG = "The trees in the park are old, and each of them has a name that only the gardener knows. " * 4


async def calls_of(document: AgentDocument, replies: list[Any], *said: str) -> list[ModelRequest]:
    """The requests of a session in which all this was said."""
    async with opened(document, *replies) as (session, model):
        for text in said:
            await session.send(text).result
        return list(model.calls)


async def noted(document: AgentDocument) -> list[ModelRequest]:
    """Small talk, and then a note is made: the last two calls are before and after it."""
    replies = [LONG, call("add_note", note="buy figs"), "Done."]
    return await calls_of(document, replies, "Tell me about trees.", "Please note: buy figs")


def moved(document: AgentDocument, found: Parting) -> AgentDocument:
    assert found.move is not None
    return apply(document, found.move)[0]


async def test_a_volatile_section_above_the_conversation_is_named_and_can_be_moved() -> None:
    document = notepad()
    _, before, after = await noted(document)
    found = compare(before, after, document, state_before={"notepad": []}, state_after={"notepad": ["buy figs"]})
    assert (found.how, found.node_id, found.names) == ("appeared", "section", ("notepad",))
    assert found.span is not None and (found.span.part, found.span.path) == ("system", after.spans[1].path)
    tool, system = (next(s for s in after.spans if s.part == part) for part in ("tools", "system"))
    assert found.same == tool.tokens + system.tokens
    assert found.again > 80
    assert found.total == sum(span.tokens for span in after.spans)
    assert found.is_blamed
    assert found.move is not None and getattr(found.move, "label", "") == "Move it below the conversation"
    better = moved(document, found)
    assert [node.id for node in better.root.children] == ["sys", "notes", "add", "time", "when"]
    calls = await noted(better)
    again = compare(calls[1], calls[2], better)
    assert (again.how, again.again, again.move) == ("grew", 0, None)
    assert again.same > found.same + 80


async def test_only_new_messages_is_how_it_should_be() -> None:
    document = agent(make_node("system", id="sys", text="Be kind."), TIME)
    calls = await calls_of(document, ["One.", "Two."], "Hello", "Again")
    found = compare(calls[0], calls[1], document)
    assert (found.how, found.node_id, found.again, found.is_blamed) == ("grew", None, 0, False)
    assert found.same == sum(span.tokens for span in calls[0].spans)
    assert found.span is not None and found.span.entry_id is not None
    assert compare(calls[0], calls[0], document).how == "same"


async def test_what_is_written_behind_the_conversation_costs_only_itself() -> None:
    reminder = make_node("reminder", id="rem", text="Be short.", position="end")
    document = agent(make_node("system", id="sys", text="Be kind."), TIME, reminder)
    calls = await calls_of(document, ["One.", "Two."], "Hello", "Again")
    assert compare(calls[0], calls[1], document).how == "grew"


async def test_a_reminder_before_the_newest_message_moves_along_and_nothing_is_offered() -> None:
    reminder = make_node("reminder", id="rem", text="Be short.", position="before-user")
    document = agent(make_node("system", id="sys", text="Be kind."), TIME, reminder)
    calls = await calls_of(document, ["One.", "Two."], LONG, "Again")
    found = compare(calls[0], calls[1], document)
    assert (found.node_id, found.how, found.move) == ("rem", "went", None)


async def test_a_conversation_that_loses_its_beginning_is_the_timelines_doing() -> None:
    document = agent(make_node("system", id="sys", text="Be kind."), make_node("timeline", id="time", limit=2))
    calls = await calls_of(document, ["One.", "Two.", "Three."], "Hello", "Again", "Once more")
    found = compare(calls[1], calls[2], document)
    assert (found.node_id, found.how, found.move) == ("time", "changed", None)


def volatile(*around: Node, **props: Any) -> AgentDocument:
    note = make_node("state", id="note", title="mood", type="text", initial="calm")
    step = make_node("set", id="set", variable="mood", value="{{ mood_now }}")
    tool = make_node("tool", step, id="tool", title="Feel", description="x", inputs=[{"title": "mood now"}])
    return agent(make_node("system", id="sys", text="Be kind."), note, tool, *around, **props)


SECTION = make_node("section", id="sec", title="mood", text="Mood: {{ mood }}")


async def felt(document: AgentDocument) -> Parting:
    replies = [LONG, call("feel", mood_now="glad"), "Yes."]
    calls = await calls_of(document, replies, "Tell me about trees.", "How are you?")
    return compare(calls[1], calls[2], document, state_before={"mood": "calm"}, state_after={"mood": "glad"})


async def test_a_part_that_changed_names_the_variable() -> None:
    document = volatile(SECTION, TIME)
    found = await felt(document)
    assert (found.how, found.node_id, found.names) == ("changed", "sec", ("mood",))
    assert [node.id for node in moved(document, found).root.children][-2:] == ["time", "sec"]


async def test_a_group_moves_as_a_whole_where_all_in_it_is_volatile() -> None:
    document = volatile(make_node("group", SECTION, id="group", title="Now"), TIME)
    assert [node.id for node in moved(document, await felt(document)).root.children][-2:] == ["time", "group"]


@pytest.mark.parametrize(
    ("beside", "why"),
    [
        (make_node("system", id="rules", text="Rules."), "instructions stay ahead"),
        (
            make_node("section", id="long", title="Handbook", text=LONG * 3),
            "stable words would be read anew each time",
        ),
        (make_node("example", id="ex", role="user", text="Hi"), "examples stay ahead"),
    ],
)
async def test_what_must_stay_above_keeps_its_part_there(beside: Node, why: str) -> None:
    document = volatile(make_node("group", SECTION, beside, id="group", title="Now"), TIME)
    found = await felt(document)
    assert (found.node_id, found.move) == ("sec", None), why


async def test_the_timeline_may_stand_inside_a_group_too() -> None:
    document = volatile(SECTION, make_node("group", TIME, id="group", title="Talk"))
    better = moved(document, await felt(document))
    assert [node.id for node in better.root.children][-2:] == ["group", "sec"]
    inside = volatile(make_node("group", SECTION, TIME, id="group", title="Talk"))
    better = moved(inside, await felt(inside))
    assert [node.id for node in better.node("group").children] == ["time", "sec"]


async def test_without_a_conversation_or_below_it_there_is_nothing_to_move() -> None:
    assert (await felt(volatile(TIME, SECTION))).move is None
    document = volatile(SECTION, TIME)
    one = dry_compile(document, state={"mood": "calm"})
    two = dry_compile(document, state={"mood": "glad"})
    found = compare(one, two, document)
    assert (found.how, found.node_id, found.move) == ("changed", "sec", None)
    assert compare(two, one, agent(TIME)).node_id == "sec"


def test_a_tool_that_comes_or_goes_is_named() -> None:
    tool = make_node("tool", id="tool", title="Look", description="x")
    document = agent(
        make_node("state", id="st", title="open", type="yes_no"),
        make_node("when", tool, id="when", condition=only_if("open", "is_yes")),
        make_node("system", id="sys", text="Be kind."),
        TIME,
    )
    closed, opened_ = (dry_compile(document, state={"open": value}) for value in (False, True))
    values = {"state_before": {"open": False}, "state_after": {"open": True}}
    came = compare(closed, opened_, document, **values)  # type: ignore[arg-type]
    assert (came.how, came.node_id, came.same, came.names, came.move) == ("appeared", "tool", 0, ("open",), None)
    went = compare(opened_, closed, document)
    assert (went.how, went.node_id, went.names) == ("went", "tool", ())


def test_words_of_the_engine_itself_have_nobody_to_blame() -> None:
    def request(text: str) -> ModelRequest:
        span = Span("/body", "system", 0, 0, 0, len(text), 3)
        return ModelRequest(system_blocks=[{"type": "text", "text": text}], spans=[span])

    found = compare(request("one"), request("two"), agent())
    assert (found.how, found.node_id, found.move) == ("changed", None, None)


def test_requests_of_any_shape_can_be_compared() -> None:
    """Requests of foreign runners: plain texts as content, spans that point nowhere, values that are no JSON."""
    spans = [
        Span("/node:a", "messages", 0, 0, 0, 2, 1),
        Span("/node:a", "messages", 1, 5, 0, 0, 1),
        Span("/node:a", "system", 7, 0, 0, 0, 1),
        Span("/node:a", "tools", 0, 0, 0, 0, 1),
    ]
    messages = [{"role": "user", "content": "hello"}, {"role": "user", "content": ["plain", {"type": "x", "y": [{1}]}]}]
    request = ModelRequest(messages=messages, tools=[{"name": "t", "cache_control": {}}], spans=spans)
    other = ModelRequest(messages=messages, tools=[{"name": "t"}], spans=spans)
    assert compare(request, other, agent()).how == "same"
    shorter = ModelRequest(tools=[{"name": "t"}], spans=spans[3:])
    assert compare(request, shorter, agent()).how == "grew" or compare(request, shorter, agent()).how == "went"
    assert compare(shorter, request, agent()).how in ("grew", "appeared")


def test_names_of_texts_conditions_and_lists_are_found_and_broken_ones_read_nothing() -> None:
    assert named(make_node("section", text="{{ a }} {{ b }}", each="list")) == ("a", "b", "list")
    assert named(make_node("when", condition=only_if("c", "is_yes"))) == ("c",)
    assert named(make_node("when", condition={"expression": "d > 1 and e"})) == ("d", "e")
    assert named(make_node("section", text="{{ broken")) == ()
    assert named(make_node("when", condition={"expression": "(("})) == ()
    assert named(make_node("unknown")) == ()


async def test_a_part_that_changed_before_is_judged_by_the_conversation_as_it_is_now() -> None:
    document = notepad()
    after = (await noted(document))[-1]
    found = if_it_changed(after, document, "section")
    assert found is not None and (found.how, found.node_id) == ("changed", "section")
    assert found.same + found.again + sum(s.tokens for s in after.spans if "section" in s.path) == found.total
    assert [node.id for node in moved(document, found).root.children][-2:] == ["time", "when"]
    short = dry_compile(document, state={"notepad": ["x"]}, draft="Hello")
    little = if_it_changed(short, document, "section")
    assert little is not None and little.move is None
    assert if_it_changed(after, document, "gone") is None
    assert if_it_changed(after, document, "notes") is None
    tool = if_it_changed(after, document, "add")
    assert tool is not None and (tool.same, tool.move) == (0, None)


async def test_what_the_person_edited_is_not_said_to_change_often() -> None:
    document = notepad()
    _, before, after = await noted(document)
    for edit in (SetProperty("section", "text", "* {{ item }}"), SetProperty("when", "match", "any")):
        then, _ = apply(document, edit)
        found = compare(before, after, document, document_before=then)
        assert (found.node_id, found.edited, found.move) == ("section", True, None)
    found = compare(before, after, document, document_before=document)
    assert not found.edited and found.move is not None
    gone, _ = apply(document, RemoveNode("when"))
    assert compare(before, after, document, document_before=gone).edited


def test_the_block_of_knobs_names_the_knob_that_changed() -> None:
    knobs = [make_node("knob", id=name, title=name) for name in ("loud", "formal")]
    document = agent(make_node("system", id="sys", text="Be kind."), *knobs, TIME)
    before, after = (dry_compile(document, state={"formal": on}) for on in (False, True))
    values = {name: {"loud": False, "formal": on} for name, on in (("state_before", False), ("state_after", True))}
    found = compare(before, after, document, **values)  # type: ignore[arg-type]
    assert (found.node_id, found.names) == ("loud", ("formal",))
