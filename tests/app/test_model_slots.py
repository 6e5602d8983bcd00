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
