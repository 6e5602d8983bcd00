"""The surroundings of an agent in the app: permissions in the database, secrets in the keychain, other agents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.agent_secrets import AgentSecrets, entry_of
from app.keychain import Keychain, KeychainError
from app.library import Library
from app.log import redact
from app.paths import Paths
from app.services import Services
from app.worlds import look_around, world_for
from engine.blueprint import AgentDocument, make_node
from engine.effects import sandbox
from engine.permissions import Capability

READ = Capability("read_folder", {"folder": "/a"}, "Read files in /a")


def document(*nodes: object, name: str = "Helper") -> AgentDocument:
    return AgentDocument(make_node("agent", *nodes, id="root", name=name))  # type: ignore[arg-type]


@pytest.fixture
async def services(paths: Paths) -> AsyncIterator[Services]:
    made = Services(paths)
    await made.open_store()
    yield made
    await made.aclose()


async def test_what_was_allowed_is_known_in_the_next_run_and_to_no_other_agent(
    services: Services, paths: Paths
) -> None:
    world = world_for(services, "agent_1", lambda: None)
    await world.permissions.allow("agent_1", READ)
    await services.aclose()
    again = Services(paths)
    await again.open_store()
    try:
        assert await world_for(again, "agent_1", lambda: None).allowed(READ)
        assert not await world_for(again, "agent_2", lambda: None).allowed(READ)
    finally:
        await again.aclose()


async def test_no_step_reaches_what_bough_keeps(services: Services, paths: Paths) -> None:
    world = world_for(services, "a", lambda: None)
    assert set(world.private) == {paths.data, paths.config, paths.logs}
    assert world.store is services.store and world.data == paths.data / "steps"


async def test_another_agent_comes_with_a_world_of_its_own(services: Services) -> None:
    library = Library(services.store)
    helper = await library.create(document(make_node("system", text="Help")))
    world = world_for(services, "me", lambda: None)
    assert world.agents is not None
    loaded = await world.agents.load(helper)
    assert loaded is not None
    found, its = loaded
    assert found.root.props["name"] == "Helper" and its.agent_id == helper and its is not world
    assert its.model is not None and its.model.info is not None
    await services.store.agents.trash(helper)
    assert await world.agents.load(helper) is None
    assert await world.agents.load("nobody") is None


async def test_a_model_node_gets_a_slot_that_stays_the_same(services: Services) -> None:
    world = world_for(services, "me", lambda: document())
    assert world.models is not None
    assert world.models("on-device", "") is world.models("on-device", "")
    assert world.models("on-device", "").info is not None


async def test_a_secret_is_bound_to_its_host_and_hidden_from_the_log(memory_keyring: object) -> None:
    secrets = AgentSecrets(Keychain())
    assert not await secrets.known("weather", "api.example.org:443")
    await secrets.store("weather", "api.example.org:443", "the-secret-value")
    assert await secrets.get("weather", "api.example.org:443") == "the-secret-value"
    assert await secrets.known(" weather ", "api.example.org:443")
    for name, host in [
        ("weather", "evil.example:443"),
        ("weather", "api.example.org:80"),
        ("other", "api.example.org:443"),
    ]:
        assert await secrets.get(name, host) is None
    assert "the-secret-value" not in redact("it is the-secret-value")
    await secrets.forget("weather", "api.example.org:443")
    assert await secrets.get("weather", "api.example.org:443") is None


def test_no_name_of_a_secret_reads_as_another_host() -> None:
    assert entry_of("evil.example:443 x", "good.example:443") != entry_of("x", "good.example:443 evil.example:443")
    assert entry_of('x"]', "a") != entry_of("x", 'a", "x"]') and entry_of("x", "A b") != entry_of("x", "ab")
    assert entry_of("x", "https://api.example.org").startswith("secret:")


async def test_a_keychain_that_does_not_answer_knows_no_secret() -> None:
    secrets = AgentSecrets(Keychain())  # the tests' keychain refuses everything
    assert not await secrets.known("a", "b:443")
    with pytest.raises(KeychainError):
        await secrets.store("a", "b:443", "value")


async def test_looking_around_finds_out_whether_code_can_be_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_known", [])
    monkeypatch.setattr(sandbox, "_SEARCHED", str(Path("/nowhere")))
    await look_around(document())
    assert sandbox._known == []
    await look_around(document(make_node("tool", make_node("run_python", code="x"))))
    assert sandbox._known == [None]
