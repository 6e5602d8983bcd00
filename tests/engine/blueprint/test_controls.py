"""Knobs with their limits and gates that look at what a model call brought."""

from __future__ import annotations

from typing import Any

import pytest

from engine.blueprint import apply, dry_compile, kind_of, make_node, problems
from tests.engine.blueprint.builders import agent
from tests.engine.blueprint.scripted import TIME, call, opened, results, values


def knob(**props: Any) -> Any:
    return agent(make_node("knob", id="k", title="level", **props), TIME)


async def test_a_text_knob_has_a_longest_text_that_the_model_is_told_and_held_to() -> None:
    document = knob(type="text", max_length=5)
    assert "level [text]" in dry_compile(document).system and "max 5 chars" in dry_compile(document).system
    replies = (call("set_knob", name="level", value="too long"), call("set_knob", name="level", value="fine"), "ok")
    async with opened(document, *replies) as (session, _):
        await session.send("go").result
        assert [failed for _, failed in results(session)] == [True, False]
        assert values(session, document) == {"k": "fine"}


@pytest.mark.parametrize(
    ("props", "text", "mended"),
    [
        ({"type": "text", "max_length": 3, "default": "longer"}, "longer than 3 characters", "lon"),
        ({"type": "number", "minimum": 0, "maximum": 10, "step": 5, "default": 3}, "between its steps", 0),
        ({"type": "number", "minimum": 1, "default": 0}, "outside its range", 1),
        ({"type": "text", "default": 7}, "not one of its values", ""),
    ],
)
def test_a_first_value_that_does_not_fit_is_a_problem_with_a_fix(props: dict[str, Any], text: str, mended: Any) -> None:
    document = knob(**props)
    found = next(p for p in problems(document) if p.node_id == "k" and p.field == "default")
    assert text in found.text and found.fix is not None
    after, _ = apply(document, found.fix)
    assert after.node("k").props["default"] == mended
    assert not [p for p in problems(after) if p.node_id == "k" and p.field == "default"]


async def test_the_model_is_held_to_range_and_step() -> None:
    document = knob(type="number", minimum=0, maximum=10, step=5, default=5, group="Style", momentary=True)
    said = dry_compile(document).system
    assert "### Style" in said and "level [range]: 5" in said and "0 - 10, step 5, resets after use" in said
    replies = (call("set_knob", name="level", value=7), call("set_knob", name="level", value=10), "ok", "ok")
    async with opened(document, *replies) as (session, model):
        await session.send("go").result
        assert [failed for _, failed in results(session)] == [True, False]
        assert "level [range]: 10" in model.calls[2].system
        await session.send("again").result
        assert "level [range]: 5" in model.calls[3].system


async def test_a_gate_can_close_by_what_the_model_said() -> None:
    condition = {"expression": "'draft' in reply"}
    gate = make_node("gate", id="g", title="check", instructions="Read it again.", condition=condition)
    document = agent(gate, TIME)
    assert not [p for p in problems(document) if p.node_id == "g"]
    replies = ("Here is a draft.", call("set_knob", name="check", value="inactive"), "Final.")
    async with opened(document, *replies) as (session, model):
        result = await session.send("go").result
        assert (result.response, len(model.calls)) == ("Final.", 3)
        assert "Read it again." in str(model.calls[1]) and "Read it again." not in str(model.calls[2])
    assert kind_of(gate).summary(gate, document) == "closes when 'draft' in reply"
