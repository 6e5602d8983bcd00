"""Testing an address and a key; lists of models; prices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.models.prices import PriceFileError, load_prices
from engine.models.servers import check_connection, list_models
from engine.usage import Usage
from tests.servers.files_server import FilesServer
from tests.servers.messages_server import MessagesServer, refused_address


async def test_models_with_what_they_can_do(server: MessagesServer) -> None:
    large, small = await list_models(server.url, "k")
    assert (large.name, large.label, large.provider) == ("fake-large", "Fake Large", "server")
    assert (large.context_window, large.max_output_tokens) == (200000, 64000)
    assert large.abilities == {"tools", "images", "documents", "thinking", "structured_output"}
    assert small.abilities == {"tools"} and small.prices is None


async def test_a_good_connection(server: MessagesServer) -> None:
    check = await check_connection(server.url, "k")
    assert check.ok and check.outcome == "ok" and check.text == "Connected. 2 models can be used."
    server.models = ({"id": "only"},)  # a list of another kind, on a server that knows this protocol too
    check = await check_connection(server.url, None)
    assert check.text == "Connected. One model can be used." and check.models[0].label == "only"


async def test_wrong_and_missing_keys(server: MessagesServer) -> None:
    server.key = "right"
    assert (await check_connection(server.url, "wrong")).outcome == "wrong_key"
    assert (await check_connection(server.url, None)).outcome == "no_key"
    assert (await check_connection(None, None)).outcome == "no_key"
    assert (await check_connection(server.url, "right")).ok
    with pytest.raises(ModelError):
        await list_models(server.url, "wrong")


async def test_servers_without_a_list(server: MessagesServer) -> None:
    server.models = None
    check = await check_connection(server.url, "k")
    assert check.ok and check.outcome == "no_models_list" and "Type the model's name" in check.text
    server.count = None
    assert (await check_connection(server.url, "k")).outcome == "no_models_list"
    server.models = ()
    assert (await check_connection(server.url, "k")).outcome == "no_models_list"


async def test_other_servers() -> None:
    async with FilesServer({"/": b"hello", "/v1/models": b"<html>hello</html>"}) as web:
        assert (await check_connection(web.url, "k")).outcome == "not_this_protocol"
        del web.files["/v1/models"]
        check = await check_connection(web.url, "k")
        assert check.outcome == "not_this_protocol" and not check.ok and web.url in check.text
        web.files["/v1/models"] = json.dumps({"object": "list", "data": [{"id": "gpt"}]}).encode()
        assert (await check_connection(web.url, "k")).outcome == "not_this_protocol"


async def test_nobody_there() -> None:
    address = refused_address()
    check = await check_connection(address, "k")
    assert check.outcome == "unreachable" and check.text == f"Nothing answers at {address}."
    assert (await check_connection("nonsense", "k")).outcome == "failed"


def test_prices_by_the_longest_beginning(tmp_path: Path) -> None:
    prices = load_prices()
    found = prices.find("claude-opus-5-5-20260901")
    assert found is not None and found.prices.input == 4
    plain = prices.find("claude-opus-5")
    assert plain is not None and plain.prices.input == 5
    assert prices.find("claude-opus-55") is None and prices.find("fake-large") is None
    own = tmp_path / "prices.json"
    assert load_prices(own=own).entries == prices.entries
    own.write_text(json.dumps({"models": {"fake-large": {"input": 1}, "claude-opus-5": {"input": 9, "output": 9}}}))
    merged = load_prices(own=own)
    fake, opus = merged.find("fake-large"), merged.find("claude-opus-5")
    assert fake is not None and fake.cost(Usage(input_tokens=1_000_000)) == 1.0
    assert opus is not None and opus.prices.output == 9


def test_long_prompts_can_cost_more() -> None:
    entry = load_prices().find("claude-haiku-5-5")
    assert entry is not None
    assert entry.cost(Usage(input_tokens=100_000)) == pytest.approx(0.01)
    assert entry.cost(Usage(input_tokens=100_000, cache_read_tokens=1)) == pytest.approx(0.05, rel=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"models": {"a": 1}}',
        '{"models": {"a": {"input": "1"}}}',
        '{"models": {"a": {"input": -1}}}',
        '{"models": {"a": {"above": {}}}}',
    ],
)
def test_a_file_of_prices_that_is_wrong_says_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / "prices.json"
    path.write_text(text)
    with pytest.raises(PriceFileError, match="cannot be read"):
        load_prices(path)
