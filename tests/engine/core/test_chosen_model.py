"""A model that the tree chose also writes the summaries, and its window is the one that counts."""

from __future__ import annotations

import pytest

from engine import Model, ModelError, ModelInfo, System, Timeline, component, create_app, use_context_info
from engine.testing import ScriptedModel
from engine.timeline.summary import INSTRUCTIONS


def model_of(window, *replies):
    return ScriptedModel(replies, info=ModelInfo(name=f"reads-{window}", context_window=window))


def answer(request):
    return "SUMMARY" if request.system.startswith(INSTRUCTIONS) else "reply"


async def test_it_writes_the_summaries():
    chosen, other = ScriptedModel(default=answer), ScriptedModel()
    async with create_app([Model(chosen), Timeline(limit=2, strategy="summarize")], model=other) as app:
        session = await app.session("s")
        for word in ("1", "2", "3"):
            assert (await session.send(word).result).response == "reply"
    assert other.calls == [] and len(chosen.calls) > 3
    assert "SUMMARY" in str(chosen.calls[-1].messages[0])


async def test_a_name_is_passed_on_to_the_model_of_the_app_also_for_summaries():
    model = ScriptedModel(default=answer)
    async with create_app([Model("small"), Timeline(limit=2, strategy="summarize")], model=model) as app:
        session = await app.session("s")
        for word in ("1", "2", "3"):
            await session.send(word).result
    assert len(model.calls) > 3 and {call.model for call in model.calls} == {"small"}


async def test_without_a_model_the_turn_ends_with_words():
    async with create_app(Timeline()) as app:
        session = await app.session("s")
        with pytest.raises(ModelError, match="No model was chosen"):
            await session.send("1").result
        app.model = ScriptedModel()
        await session.send("2").result
        await session.send("3").result
        app.model = None
        session.replace(Timeline(limit=1, strategy="summarize"))
        with pytest.raises(ModelError, match="No model was chosen"):
            await session.send("4").result
        app.model = ScriptedModel()
        assert (await session.send("5").result).response == "ok"


async def test_its_window_is_told_and_checked():
    told = []
    chosen = model_of(50)

    @component
    def Agent():
        told.append(use_context_info().window)
        return [Model(chosen), System("s"), Timeline()]

    async with create_app(Agent, model=model_of(9000)) as app:
        session = await app.session("s")
        events = [event async for event in session.send("short") if event.type == "context_update"]
        assert [event.window for event in events] == [50]
        assert told[-1] == 50  # rendered again because the context was measured, and for nothing else
        with pytest.raises(ModelError, match="reads at most 50") as refused:
            await session.send("long " * 100).result
        assert refused.value.kind == "context"


async def test_a_model_without_facts_about_itself_will_do():
    class Bare:
        def __init__(self):
            self.inner = ScriptedModel()

        def stream(self, request):
            return self.inner.stream(request)

    async with create_app([Model(Bare()), Timeline()], model=ScriptedModel()) as app:
        assert (await (await app.session("s")).send("x").result).response == "ok"
