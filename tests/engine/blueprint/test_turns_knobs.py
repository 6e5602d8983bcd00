"""Knobs and gates in real turns, with a scripted model."""

from __future__ import annotations

from pathlib import Path

from engine.blueprint import (
    make_node,
    templates,
)
from tests.engine.blueprint.builders import agent, only_if
from tests.engine.blueprint.scripted import TIME, call, opened, results, values


async def test_the_model_opens_a_chapter_of_the_handbook_with_a_knob_that_closes_again() -> None:
    handbook = next(template for template in templates() if template.name == "expandable-handbook")
    async with opened(handbook.document, call("set_knob", name="returns", value=True), "14 days.", "Hello.") as (
        session,
        model,
    ):
        await session.send("How long can I send a plant back?").result
        assert "within 14 days" not in model.calls[0].system
        assert "returns [toggle]: false" in model.calls[0].system
        assert "within 14 days" in model.calls[1].system and "Delivery takes" not in model.calls[1].system
        await session.send("Thanks").result
        assert "within 14 days" not in model.calls[2].system


async def test_the_handbook_opens_a_chapter_by_its_tool_too() -> None:
    handbook = next(template for template in templates() if template.name == "expandable-handbook")
    async with opened(handbook.document, call("open_chapter", chapter="care"), "Bright light.") as (session, model):
        await session.send("Where should it stand?").result
        assert results(session) == [("The chapter care is open now. Answer from it.", False)]
        assert "bright light" in model.calls[1].system and "within 14 days" not in model.calls[1].system
        assert values(session, handbook.document)["handbook-care-knob"] is False


async def test_steps_set_knobs_and_knobs_survive_a_restart(tmp_path: Path) -> None:
    document = agent(
        make_node("knob", id="k", title="level", type="number", minimum=1, maximum=5, default=1),
        make_node(
            "tool",
            make_node("set", variable="level", value="{{ level + 1 }}"),
            make_node("reply", text="{{ level }}"),
            title="more",
        ),
        make_node("system", text="Level {{ level }}"),
        TIME,
    )
    async with opened(
        document, call("more"), call("set_knob", name="level", value=9), "ok", store=tmp_path / "b.db"
    ) as (session, model):
        await session.send("go").result
        assert results(session)[0] == ("2", False) and results(session)[1][1]
        assert "Level 2" in model.calls[-1].system
    async with opened(document, "ok", store=tmp_path / "b.db") as (session, model):
        await session.send("go").result
        assert "Level 2" in model.calls[0].system


async def test_a_hidden_knob_keeps_its_value_and_cannot_be_set() -> None:
    document = agent(
        make_node("state", title="open", type="yes_no", initial=True),
        make_node("when", make_node("knob", id="k", title="inner"), condition=only_if("open", "is_yes")),
        make_node("tool", make_node("set", variable="open", value="{{ not open }}"), title="flip"),
        TIME,
    )
    replies = [
        call("set_knob", name="inner", value=True),
        call("flip"),
        call("set_knob", name="inner", value=False),
        call("flip"),
        "ok",
    ]
    async with opened(document, *replies) as (session, model):
        await session.send("go").result
        assert results(session)[2][1] and "cannot be set at the moment" in results(session)[2][0]
        assert "inner" not in model.calls[2].system
        assert "inner [toggle]: true" in model.calls[4].system


async def test_a_gate_holds_the_turn_until_it_is_cleared() -> None:
    document = agent(
        make_node("tool", make_node("reply", text="Edited {{ topic }}."), title="Edit text"),
        make_node("state", title="topic", type="text", initial="tea"),
        make_node(
            "gate",
            id="g",
            title="proofread",
            description="Reads it again",
            instructions="Proofread the text on {{ topic }}.",
            tool="edit_text",
        ),
        TIME,
    )
    replies = [call("edit_text"), "Done.", call("set_knob", name="proofread", value="inactive"), "Now done.", "never"]
    async with opened(document, *replies) as (session, model):
        result = await session.send("Edit").result
        assert result.response == "Now done." and result.ticks == 4
        tail = [block["text"] for block in model.calls[1].messages[-1]["content"] if block["type"] == "text"]
        assert any("Proofread the text on tea." in text for text in tail)


async def test_a_gate_closes_by_a_condition() -> None:
    document = agent(
        make_node("state", id="n", title="n", type="number"),
        make_node("tool", make_node("set", variable="n", value="{{ n + 1 }}"), title="count"),
        make_node("gate", title="check", instructions="Check.", condition=only_if("n", "equals", 1)),
        TIME,
    )
    async with opened(
        document, call("count"), "Done.", call("set_knob", name="check", value="inactive"), call("count"), "End."
    ) as (session, _):
        result = await session.send("go").result
        assert result.ticks >= 4
        assert "n" in values(session, document)
