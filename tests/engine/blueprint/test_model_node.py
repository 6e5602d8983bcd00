"""The Model node: another model, or other settings, for the next call."""

from __future__ import annotations

from typing import Any

import pytest

from engine import create_app
from engine.blueprint import AgentDocument, agent_component, apply, dry_compile, kind_of, make_node, problems
from engine.blueprint.checks import Facts
from engine.model import ModelInfo
from engine.testing import ScriptedModel
from engine.world import World
from tests.engine.blueprint.builders import agent, only_if
from tests.engine.blueprint.scripted import TIME, call, opened

SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}}


def with_model(**props: Any) -> AgentDocument:
    return agent(make_node("model", id="m", **props), TIME)


def switching(**props: Any) -> AgentDocument:
    """An agent that asks another model once its tool was used."""
    return agent(
        make_node("state", id="hard", title="hard", type="yes_no"),
        make_node("tool", make_node("set", id="s", variable="hard", value=True), make_node("reply", id="r", text="ok"),
                  id="t", title="Harder", description="Think harder"),
        make_node("when", make_node("model", id="m", **props), id="w", condition=only_if("hard", "is_yes")),
        TIME,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("props", "options"),
    [
        ({}, {}),
        ({"max_tokens": 500}, {"max_tokens": 500}),
        ({"effort": "off"}, {"thinking": {"type": "disabled"}}),
        ({"effort": "high"}, {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}),
        ({"temperature": 0.5, "stop_sequences": ["END", " ", "END"]}, {"temperature": 0.5, "stop_sequences": ["END"]}),
        ({"shape": SCHEMA}, {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}),
    ],
)
def test_settings_stand_in_the_request_before_any_call(props: dict[str, Any], options: dict[str, Any]) -> None:
    request = dry_compile(with_model(**props), draft="hi")
    assert dict(request.options) == options and request.model is None


def test_another_model_stands_in_the_request_while_the_node_is_there() -> None:
    document = switching(model={"connection": "", "model": "big"}, max_tokens=9)
    assert dry_compile(document, draft="hi").model is None
    request = dry_compile(document, draft="hi", state={"hard": True})
    assert (request.model, request.options["max_tokens"]) == ("big", 9)


async def test_without_surroundings_the_same_adapter_is_asked_for_the_other_model() -> None:
    async with opened(switching(model={"model": "big"}), call("harder"), "Done.") as (session, model):
        await session.send("go").result
        assert [request.model for request in model.calls] == ["scripted", "big"]


async def test_the_next_call_goes_to_the_model_that_the_surroundings_give() -> None:
    asked: list[tuple[str, str]] = []
    small, big = ScriptedModel([call("harder"), "small again"]), ScriptedModel(["from the big one"])

    def models(connection: str, model: str) -> ScriptedModel:
        asked.append((connection, model))
        return big

    document = switching(model={"connection": "office", "model": "big"}, effort="max")
    component = agent_component(document, world=World("a", models=models))
    async with create_app(component, model=small) as app:
        session = await app.session("s")
        assert (await session.send("go").result).response == "from the big one"
        assert (len(small.calls), len(big.calls)) == (1, 1)
        assert big.calls[0].options["output_config"] == {"effort": "max"}
        assert set(asked) == {("office", "big")}


async def test_settings_alone_leave_the_model_as_it_is() -> None:
    def models(*_: str) -> None:
        raise AssertionError("no model is named")

    component = agent_component(with_model(max_tokens=7), world=World("a", models=models))
    model = ScriptedModel(["ok"])
    async with create_app(component, model=model) as app:
        await (await app.session("s")).send("hi").result
        assert model.calls[0].options == {"max_tokens": 7}


def test_the_card_says_what_changes() -> None:
    def said(**props: Any) -> str:
        node = make_node("model", **props)
        return kind_of(node).summary(node, agent())

    assert said() == "Changes nothing yet"
    assert said(model={"connection": "x"}) == "another connection answers"
    assert said(model={"model": "big"}, effort="high", max_tokens=1) == (
        "answers with **big**, thinks a lot, at most 1 token"
    )
    assert said(temperature=1, stop_sequences=["a", "b"], shape=SCHEMA) == (
        "temperature 1, stops at 2 texts, replies as a record"
    )


def test_what_a_model_cannot_do_is_said_with_a_fix() -> None:
    info = ModelInfo("m", "Small", "anthropic", max_output_tokens=100, abilities=frozenset({"tools"}))
    facts = Facts(model=info, connections=frozenset({"here"}))
    for props, field, text in (
        ({}, None, "changes nothing"),
        ({"model": {"connection": "gone"}}, "model", "“gone”, which is not in Settings"),
        ({"effort": "high"}, "effort", "cannot think"),
        ({"shape": SCHEMA}, "shape", "shape of a reply"),
        ({"temperature": 1}, "temperature", "takes no temperature"),
        ({"max_tokens": 500}, "max_tokens", "at most 100 tokens"),
    ):
        document = with_model(**props)
        found = next(p for p in problems(document, facts) if p.node_id == "m" and p.field == field)
        assert text in found.text and found.fix is not None
        mended, _ = apply(document, found.fix)
        assert not [p for p in problems(mended, facts) if p.node_id == "m" and p.text == found.text]
    fine = with_model(model={"connection": "here"}, effort="high")
    assert not [p for p in problems(fine, facts) if p.node_id == "m"]


def test_what_anthropic_no_longer_takes_is_left_out_for_it_alone() -> None:
    from engine.model import ModelRequest
    from engine.models.anthropic import AnthropicModel

    request = ModelRequest(options={"temperature": 1, "max_tokens": 5})
    assert "temperature" not in AnthropicModel("a", api_key="k")._body(request, "a")
    body = AnthropicModel("a", api_key="k", base_url="http://127.0.0.1:1")._body(request, "a")
    assert (body["temperature"], body["max_tokens"]) == (1, 5)
