"""A session that another program writes: refused, and usable again once the other has gone."""

from __future__ import annotations

import asyncio

import pytest

from engine import SessionLocked, System, Timeline, create_app
from engine.testing import ScriptedModel

LOCKED = "Another program is writing this session"
TREE = [System("S"), Timeline()]


def app_on(path):
    return create_app(TREE, model=ScriptedModel(), store=path)


def texts(session):
    return [entry.text for entry in session.timeline if entry.role == "user"]


async def refused(session, text):
    with pytest.raises(SessionLocked):
        await asyncio.wait_for(session.send(text).result, 10)


@pytest.mark.parametrize("mounted", [True, False])
async def test_a_refused_session_goes_on_when_the_lock_is_free(tmp_path, mounted, expect_log):
    expect_log(LOCKED)
    path = str(tmp_path / "x.db")
    a, b = app_on(path), app_on(path)
    first = await a.session("s")
    await first.send("one").result
    second = await b.session("s")
    if mounted:
        await second.mount()
    for _ in range(2):
        await refused(second, "two")
        assert texts(second) == ["one"]
        second.pending.clear()
    second.queue("kept")
    await refused(second, "three")
    await first.send("meanwhile").result
    await a.shutdown()
    await asyncio.wait_for(second.send("four").result, 10)
    assert texts(second) == ["one", "meanwhile", "kept", "three", "four"]
    assert [entry.index for entry in second.timeline] == list(range(len(second.timeline)))
    assert not second.pending
    await b.shutdown()
    async with app_on(path) as again:
        third = await again.session("s")
        await third.mount()
        assert texts(third) == ["one", "meanwhile", "kept", "three", "four"]
        assert not third.pending
        sequences = [event.sequence async for event in _until_now(third)]
        assert sequences == sorted(set(sequences))


async def _until_now(session):
    async for event in session.events(after=0):
        yield event
        if event.sequence >= session.sequence:
            return


async def test_a_session_mounted_while_another_program_writes_loads_again_before_it_writes(tmp_path):
    path = str(tmp_path / "x.db")
    a, b = app_on(path), app_on(path)
    first = await a.session("s")
    await first.send("one").result
    second = await b.session("s")
    await second.mount()
    await first.send("two").result
    await a.shutdown()
    second.queue("queued")
    await asyncio.wait_for(second.send("three").result, 10)
    await second.send("four").result
    assert texts(second) == ["one", "two", "queued", "three", "four"]
    assert second.usage.input_tokens == 40
    await b.shutdown()


@pytest.mark.parametrize("how", ["send", "queue"])
async def test_closing_a_refused_session_raises_nothing(tmp_path, how, expect_log):
    expect_log(LOCKED)
    path = str(tmp_path / "x.db")
    a, b = app_on(path), app_on(path)
    await (await a.session("s")).send("one").result
    second = await b.session("s")
    await second.mount()
    if how == "send":
        await refused(second, "two")
    second.queue("three")
    await second.close()
    await b.shutdown()
    await a.shutdown()
