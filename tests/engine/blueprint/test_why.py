"""Why a part is there now: the innermost condition around it, in words, with the variables it rests on."""

from __future__ import annotations

from typing import Any

import pytest

from engine.blueprint import AgentDocument, make_node
from engine.blueprint.dry import dry_compile
from engine.blueprint.why import Because, explained
from tests.engine.blueprint.builders import agent, notepad, only_if
from tests.engine.blueprint.scripted import TIME


def reasons_sent(document: AgentDocument, state: dict[str, Any]) -> dict[str, Because]:
    return explained(document, state)[1]


def test_what_stands_under_a_condition_says_why_it_is_there() -> None:
    document = notepad()
    assert reasons_sent(document, {"notepad": []}) == {}
    found = reasons_sent(document, {"notepad": ["figs"]})
    assert found == {"section": Because("here because notepad is not empty", ("notepad",))}


def test_the_innermost_condition_counts_and_the_other_branch_says_the_opposite() -> None:
    inner = make_node(
        "when",
        make_node("group", make_node("system", id="deep", text="x"), id="group"),
        make_node("otherwise", make_node("system", id="else", text="y"), id="o"),
        id="inner",
        condition=only_if("count", "more_than", 3),
    )
    document = agent(
        make_node("state", id="c", title="count", type="number"),
        make_node("state", id="l", title="list"),
        make_node("when", inner, id="outer", condition={"expression": "count > 1 and list"}),
        make_node("repeat", make_node("system", id="each", text="z"), id="r", each="list"),
        make_node("when", make_node("system", id="blank", text="x"), id="w"),
        TIME,
    )
    many = reasons_sent(document, {"count": 5, "list": ["a"]})
    assert many["inner"] == Because("here because count > 1 and list", ("count", "list"))
    assert many["deep"].text == many["group"].text == "here because count is more than 3"
    assert many["each"] == Because("here once for each item of list", ("list",))
    assert "else" not in many and "blank" not in many and "time" not in many
    few = reasons_sent(document, {"count": 2, "list": ["a"]})
    assert few["else"].text == "here because count is at most 3"
    assert "deep" not in few
    assert set(reasons_sent(document, {"count": 0, "list": []})) == set()


def test_what_stands_in_a_part_that_is_off_is_not_explained() -> None:
    document = notepad()
    from engine.blueprint import SetEnabled, apply

    off, _ = apply(document, SetEnabled("when", False))
    assert reasons_sent(off, {"notepad": ["figs"]}) == {}


@pytest.mark.parametrize(("state", "seen"), [("inactive", False), ("active", True), ("deferred", False)])
def test_a_gate_can_be_closed_on_a_scratch_copy(state: str, seen: bool) -> None:
    document = agent(make_node("gate", id="g", title="proof", instructions="Proofread first."), TIME)
    request = dry_compile(document, state={"g": state}, draft="Hello")
    assert ("Proofread first." in str(request.messages)) is seen
