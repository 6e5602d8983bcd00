"""An app and its sessions: opening, looking, leaving, removing; and what nobody foresaw."""

from __future__ import annotations

import asyncio

import pytest

from engine import EngineError, SessionClosed, StoreError, System, Timeline, ValidationFailed, create_app, run
from engine.store import Store
from engine.testing import ScriptedModel

TREE = [System("s"), Timeline()]


@pytest.fixture(params=["memory", "stored"])
def store(request, tmp_path):
    return None if request.param == "memory" else str(tmp_path / "s.db")


async def test_has_close_and_delete(store):
    async with create_app(TREE, model=ScriptedModel(), store=store) as app:
        assert not await app.has("s")
        session = await app.session("s")
        await session.send("x").result
        assert await app.has("s")
        await app.close("s")
        await app.close("never")
        assert session.status == "closed"
        assert await app.has("s") == (store is not None)
        again = await app.session("s")
        assert again is not session
        await again.mount()
        assert len(again.timeline) == (2 if store else 0)
        await app.delete("s")
        await app.delete("never")
        assert not await app.has("s")
        assert app.sessions == []


async def test_a_store_that_was_handed_in_stays_open(tmp_path):
    async with await Store.open(tmp_path / "s.db") as store:
        for word in ("one", "two"):
            async with create_app(TREE, model=ScriptedModel(), store=store) as app:
                await (await app.session("s")).send(word).result
        async with create_app(TREE, model=ScriptedModel(), store=store.sessions) as app:
            session = await app.session("s")
            await session.mount()
            assert [entry.text for entry in session.timeline] == ["one", "ok", "two", "ok"]


async def test_a_store_that_cannot_be_opened_is_tried_again(tmp_path):
    path = tmp_path / "folder"
    path.mkdir()
    async with create_app(TREE, model=ScriptedModel(), store=path) as app:
        outcomes = await asyncio.gather(app.session("a"), app.session("b"), return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [StoreError, StoreError]
        path.rmdir()
        assert (await (await app.session("a")).send("x").result).response == "ok"


async def test_after_the_end_there_are_no_sessions():
    app = create_app(TREE, model=ScriptedModel())
    session = await app.session("s")
    await app.shutdown()
    await app.shutdown()
    assert session.status == "closed"
    with pytest.raises(SessionClosed, match="shut down"):
        await app.session("s")


async def test_tools_of_a_session_come_on_top_and_the_newer_of_one_name_wins():
    model = ScriptedModel()

    def one():
        """First."""

    def other():
        """Other."""

    async with create_app(TREE, model=model) as app:
        session = await app.session("s", tools=[one])

        def one():
            """Second."""

        assert await app.session("s", tools=[one, other]) is session
        await session.send("x").result
    assert [(tool["name"], tool["description"]) for tool in model.calls[0].tools] == [
        ("one", "Second."),
        ("other", "Other."),
    ]


async def test_one_shot_runs_refuse_before_anything_is_opened():
    with pytest.raises(ValidationFailed):
        await run(TREE, 5, model=ScriptedModel())
    with pytest.raises(ValidationFailed):
        await run(TREE, "x", model=ScriptedModel(), max_ticks=0)
    assert (await run(TREE, "x", model=ScriptedModel(["hi"]), tools=[lambda_tool])).response == "hi"


def lambda_tool(word: str) -> str:
    return word


async def test_what_nobody_foresaw_ends_the_turn_with_its_words_and_the_next_one_runs(store, expect_log):
    expect_log("Execution execution_.* failed")

    class Strange(ScriptedModel):
        broken = True

        @property
        def info(self):
            if self.broken:
                raise RuntimeError("no facts today")
            return super().info

    model = Strange()
    async with create_app(TREE, model=model, store=store) as app:
        session = await app.session("s")
        procedure = session.send("x")
        told = [event async for event in procedure]
        with pytest.raises(EngineError, match="RuntimeError: no facts today"):
            await procedure.result
        assert procedure.status == "error"
        assert [event.type for event in told if event.type in ("error", "execution_end")] == ["error", "execution_end"]
        model.broken = False
        assert (await session.send("y").result).response == "ok"
        assert [entry.text for entry in session.timeline] == ["x", "y", "ok"]
