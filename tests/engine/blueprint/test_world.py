"""The gate between an agent and the world: nothing passes that the person did not allow, and what is bound to what."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine import create_app
from engine.blueprint import AgentDocument, agent_component, make_node
from engine.blueprint.permitted import TurnPermit
from engine.blueprint.steps import steps_digest
from engine.errors import NotPermitted
from engine.permissions import Capability, MemoryPermissions, StoredPermissions
from engine.store import Store
from engine.testing import ScriptedModel
from engine.world import Decision, World

HERE = Capability("http", {"host": "example.org"}, "Fetch from example.org")
THERE = Capability("http", {"host": "example.com"}, "Fetch from example.com")


class Person:
    """Answers what is asked, and remembers it."""

    def __init__(self, *answers: Decision) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, capability: Capability) -> Decision:
        await asyncio.sleep(0)
        self.asked.append(capability.sentence)
        return self.answers.pop(0)


async def test_nothing_is_allowed_that_nobody_allowed() -> None:
    with pytest.raises(NotPermitted, match=r"Fetch from example\.org"):
        await World("a").require(HERE)


async def test_once_is_for_one_time_and_always_for_this_agent_and_this_thing() -> None:
    world = World("a", MemoryPermissions())
    person = Person("once", "always", "no", "no")
    await world.require(HERE, person)
    await world.require(HERE, person)
    await world.require(HERE, person)
    assert len(person.asked) == 2
    with pytest.raises(NotPermitted):
        await world.require(THERE, person)
    with pytest.raises(NotPermitted):
        await World("b", world.permissions).require(HERE, person)


async def test_two_at_once_ask_once() -> None:
    world, person = World("a"), Person("always")
    await asyncio.gather(world.require(HERE, person), world.require(HERE, person))
    assert person.asked == [HERE.sentence]


@pytest.mark.parametrize(("answer", "passed"), [("once", [True, True]), ("no", [False, False])])
async def test_two_at_once_in_one_turn_ask_once_whatever_the_answer(answer: Decision, passed: list[bool]) -> None:
    world, person, permit = World("a"), Person(answer, answer), TurnPermit()
    both = (permit.require(world, HERE, "turn", person) for _ in range(2))
    assert await asyncio.gather(*both) == passed
    assert person.asked == [HERE.sentence]
    await permit.require(world, HERE, "next turn", person)
    assert len(person.asked) == 2


async def test_one_part_that_does_not_end_well_keeps_no_other_from_ending() -> None:
    ended: list[str] = []

    async def ends() -> None:
        ended.append("server")

    async def fails() -> None:
        raise OSError("no")

    world = World("a", closing=[ends, fails])
    with pytest.raises(OSError, match="no"):
        await world.aclose()
    assert ended == ["server"] and world.closing == []


def test_words_do_not_count_for_what_is_allowed_but_the_subject_does() -> None:
    assert Capability("http", {"host": "example.org"}, "Other words").key == HERE.key
    assert THERE.key != HERE.key
    assert Capability("mcp", HERE.subject).key != HERE.key


def test_no_path_and_no_code_can_turn_or_hide_the_words_that_a_person_agrees_to() -> None:
    path = "/home/ada/\u202etxt.exe\nand nothing else\x1b[2J"
    capability = Capability(
        "read_file", {"path": path}, f"Read the file {path}", detail="x = 1\n\tif \u202ey: \u200bpass"
    )
    assert capability.sentence == "Read the file /home/ada/\\u202etxt.exe\\u000aand nothing else\\u001b[2J"
    assert capability.detail == "x = 1\n\tif \\u202ey: \\u200bpass"
    assert capability.key == Capability("read_file", {"path": path}).key
    assert Capability("x", {}, "Grüße “an” Ada").sentence == "Grüße “an” Ada"


async def test_permissions_stay_in_the_database_until_they_are_taken_back(tmp_path: Any) -> None:
    async with await Store.open(tmp_path / "b.db") as store:
        kept = StoredPermissions(store.grants)
        await kept.allow("a", HERE)
        assert await kept.allows("a", HERE)
        assert not await kept.allows("a", THERE)
        assert not await kept.allows("b", HERE)
        (listed,) = await kept.list()
        assert (listed.agent_id, listed.kind, listed.sentence) == ("a", "http", HERE.sentence)
        assert await kept.revoke("a", listed.key)
        assert not await kept.allows("a", HERE)


def test_always_falls_when_a_step_of_the_tool_changes() -> None:
    tool = make_node("tool", make_node("reply", text="a", id="r"), title="T", id="t")
    same = make_node("tool", make_node("reply", text="a", id="other"), title="T", id="t2")
    changed = make_node("tool", make_node("reply", text="b", id="r"), title="T", id="t")
    assert steps_digest(tool) == steps_digest(same)
    assert steps_digest(tool) != steps_digest(changed)


async def test_an_always_answer_for_a_tool_asks_again_after_its_steps_changed() -> None:
    from tests.engine.blueprint.scripted import TIME, call, results

    def agent(text: str) -> AgentDocument:
        reply = make_node("reply", text=text, id="r")
        tool = make_node("tool", reply, title="Act", description="Act", ask_first=True, id="t")
        return AgentDocument(make_node("agent", tool, TIME, id="a"))

    model = ScriptedModel([call("act"), "ok", call("act"), "ok", call("act"), "ok"])
    async with create_app(agent_component(agent("one")), model=model) as app:
        session = await app.session("s")
        asked = 0

        async def turn() -> None:
            nonlocal asked
            handle = await session.send("go")
            async for event in handle:
                if event.type == "tool_confirmation_required":
                    asked += 1
                    session.respond(event.confirmation_id, True, always=True)
            await handle.result

        await turn()
        await turn()
        assert asked == 1
        session.replace(agent_component(agent("two")))
        await turn()
        assert asked == 2
        assert [text for text, _ in results(session)] == ["one", "one", "two"]
