"""Models that Model nodes of an agent name, as the program gives them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.choice import choose
from app.connections import Connection
from app.keychain import Keychain
from app.model_factory import ModelFactory
from app.model_slot import ModelSlots
from app.paths import Paths
from app.settings import Settings
from engine.errors import ModelError
from engine.model import ModelRequest


def slots(tmp_path: Path) -> tuple[ModelSlots, ModelFactory]:
    factory = ModelFactory(Paths(tmp_path, tmp_path, tmp_path), Keychain({}))
    settings = Settings()
    settings.connections = [
        Connection(id="one", kind="server", name="One", address="http://127.0.0.1:1", model="first"),
        Connection(id="two", kind="server", name="Two", address="http://127.0.0.1:2", model="second"),
    ]
    settings.default_connection = "one"
    return ModelSlots(lambda c, m: factory.complete(choose(None, settings, connection=c, model=m)), factory), factory


async def test_each_name_has_one_slot_with_the_right_model(tmp_path: Path) -> None:
    models, factory = slots(tmp_path)
    assert models("two", "") is models("two", "")
    assert [models(*names).info.name for names in (("two", ""), ("two", "big"), ("", "small"))] == [
        "second", "big", "small",
    ]  # fmt: skip
    made = await models("two", "big")._chosen()
    assert (made.info.name, made._base_url) == ("big", "http://127.0.0.1:2")
    assert (await models("", "small")._chosen())._base_url == "http://127.0.0.1:1"
    await factory.aclose()


async def test_a_connection_that_is_not_set_up_is_a_sentence_and_no_other_model_answers(tmp_path: Path) -> None:
    models, _ = slots(tmp_path)
    with pytest.raises(ModelError, match="asks for the connection gone"):
        async for _event in models("gone", "").stream(ModelRequest()):
            raise AssertionError("another model answered")


async def test_a_model_node_switches_the_model_of_the_next_call(tmp_path: Path) -> None:
    """Through the same factory, choices and world as in the window."""
    from app.services import Services
    from app.worlds import world_for
    from engine import create_app
    from engine.blueprint import AgentDocument, agent_component, make_node
    from engine.testing import Reply, ScriptedModel, ToolCall

    services = Services(Paths(tmp_path, tmp_path, tmp_path))
    await services.open_store()
    first = Connection(id="one", kind="server", name="One", address="http://127.0.0.1:1", model="small")
    second = Connection(id="two", kind="server", name="Two", address="http://127.0.0.1:2", model="big")
    services.settings_file.current.connections = [first, second]
    services.settings_file.current.default_connection = "one"
    small = ScriptedModel([Reply(tool_calls=[ToolCall("harder", {})]), "small"])
    big = ScriptedModel(["from the big one"])
    services.models._made = {(first, "small"): small, (second, "big"): big}
    hard = make_node("state", id="hard", title="hard", type="yes_no")
    steps = (make_node("set", id="s", variable="hard", value=True), make_node("reply", id="r", text="ok"))
    when = {"rows": [{"variable": "hard", "operator": "is_yes"}]}
    switch = make_node("when", make_node("model", id="m", model={"connection": "two", "model": ""}), condition=when)
    tool = make_node("tool", *steps, title="Harder", description="Think harder")
    document = AgentDocument(make_node("agent", hard, tool, switch, make_node("timeline"), name="A"))
    world = world_for(services, "a", lambda: document)
    model = ModelSlots(
        lambda c, m: services.models.complete(choose(document, services.settings_file.current)), services.models
    )
    async with create_app(agent_component(document, world=world), model=model("", "")) as app:
        session = await app.session("s")
        assert (await session.send("go").result).response == "from the big one"
    assert (len(small.calls), len(big.calls)) == (1, 1)
    await world.aclose()
    await services.aclose()
