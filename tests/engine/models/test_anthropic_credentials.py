"""Only the key and the address that were given are used, whatever this machine has lying about."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.models.anthropic import AnthropicModel
from tests.engine.models.conftest import read, request
from tests.servers.messages_server import MessagesServer

KEY = "sk-given-explicitly"


@pytest.fixture
def lying_about(monkeypatch: pytest.MonkeyPatch, own_room: Path) -> None:
    """Keys, addresses, headers, a proxy and a profile that must not be used."""
    configs = own_room / ".config" / "anthropic"
    for folder in (configs, own_room / ".anthropic"):
        (folder / "configs").mkdir(parents=True)
        (folder / "credentials").mkdir()
        (folder / "active_config").write_text("default")
        profile = {
            "authentication": {"type": "user_oauth"},
            "base_url": "http://127.0.0.1:9/profile",
            "workspace_id": "wrkspc_x",
        }
        (folder / "configs" / "default.json").write_text(json.dumps(profile))
        (folder / "credentials" / "default.json").write_text(json.dumps({"access_token": "from-the-profile"}))
    monkeypatch.setenv("ANTHROPIC_CONFIG_DIR", str(configs))
    monkeypatch.setenv("ANTHROPIC_PROFILE", "default")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-from-environment")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token-from-environment")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "x-from-environment: yes\nauthorization: Bearer stolen")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


@pytest.mark.usefixtures("lying_about")
async def test_a_compatible_server_gets_the_given_key_in_both_headers(server: MessagesServer) -> None:
    model = AnthropicModel("fake-large", api_key=KEY, base_url=server.url)
    await read(model, request())
    await model.aclose()
    headers = server.calls[0].headers
    assert headers["authorization"] == f"Bearer {KEY}" and headers["x-api-key"] == KEY
    everything = json.dumps(dict(headers))
    assert "environment" not in everything and "stolen" not in everything and "profile" not in everything
    assert "wrkspc" not in everything


@pytest.mark.usefixtures("lying_about")
async def test_a_server_without_a_key_gets_no_key_of_this_machine(server: MessagesServer) -> None:
    model = AnthropicModel("fake-large", base_url=server.url)
    await read(model, request())
    await model.aclose()
    headers = server.calls[0].headers
    assert headers["authorization"] == "Bearer no-key" and headers["x-api-key"] == "no-key"


@pytest.mark.usefixtures("lying_about")
async def test_without_a_key_nothing_is_sent_to_the_provider() -> None:
    model = AnthropicModel("claude-opus-5")
    with pytest.raises(ModelError) as caught:
        await read(model, request())
    assert caught.value.kind == "authentication" and "Settings" in str(caught.value)


@pytest.mark.usefixtures("lying_about")
async def test_the_providers_own_address_is_fixed() -> None:
    model = AnthropicModel("claude-opus-5", api_key=KEY)
    client = await model._open()
    assert str(client.base_url) == "https://api.anthropic.com"
    assert client.api_key == KEY and client.auth_token is None and client.credentials is None
    assert "x-from-environment" not in client.default_headers
    assert client.max_retries == 0 and client._client.trust_env is False
    await model.aclose()


async def test_the_environment_is_as_before(server: MessagesServer, lying_about: None) -> None:
    import os

    before = dict(os.environ)
    model = AnthropicModel("fake-large", base_url=server.url)
    await read(model, request())
    await model.aclose()
    assert dict(os.environ) == before


@pytest.mark.parametrize("accepts", ["authorization", "x-api-key"])
async def test_servers_that_read_one_header_only(server: MessagesServer, accepts: str) -> None:
    server.key, server.accepts = KEY, (accepts,)
    model = AnthropicModel("fake-large", api_key=KEY, base_url=server.url)
    assert (await read(model, request())).stop is not None
    await model.aclose()


@pytest.mark.parametrize(("key", "url"), [("sk-\n1", None), ("schlüssel", None), ("ok", "ftp://example.org")])
async def test_keys_and_addresses_that_cannot_be_sent(key: str, url: str | None) -> None:
    with pytest.raises(ModelError) as caught:
        await read(AnthropicModel("m", api_key=key, base_url=url), request())
    assert key not in str(caught.value) or key == "ok"
