"""Settings as a file, connections, keys: nothing secret in a file, keys bound to their origin, bad files set aside."""

from __future__ import annotations

import json

import pytest

from app.choice import choose, find_connection
from app.connections import Connection, normal_address, origin_of, sends_key_in_the_open
from app.first_look import FirstLook, first_look
from app.keychain import Keychain, KeychainError, MissingKey
from app.paths import find_paths, resource_path
from app.settings import Settings, SettingsFile, preferences
from engine.blueprint.document import AgentDocument, make_node
from tests.app.helpers import at_the_window, until
from tests.servers.messages_server import MessagesServer
from tests.servers.replies import Reply


def test_settings_come_back_and_unknown_fields_do_no_harm(tmp_path):
    file = SettingsFile(tmp_path / "settings.json")
    file.current.theme = "dark"
    file.save()
    data = json.loads(file.path.read_text())
    file.path.write_text(json.dumps({**data, "from_the_future": 1}))
    assert SettingsFile(file.path).current.theme == "dark"
    assert first_look(file.path).theme == "dark"


@pytest.mark.parametrize("content", ["{", "[]", '{"theme": "purple"}', "\x00\x01"])
def test_a_file_that_cannot_be_read_is_set_aside_and_kept(tmp_path, content, expect_log):
    expect_log("set aside")
    path = tmp_path / "settings.json"
    path.write_text(content)
    file = SettingsFile(path)
    assert file.current == Settings()
    assert file.set_aside is not None
    assert file.set_aside.read_text() == content
    assert first_look(tmp_path / "nowhere.json") == FirstLook()


async def test_what_is_saved_beside_never_replaces_what_was_saved_since(tmp_path, monkeypatch):
    file = SettingsFile(tmp_path / "settings.json")

    async def slow(write, *args):
        file.current.theme = "light"
        file.save()
        write(*args)

    file.current.theme = "dark"
    await file.save_beside()
    assert SettingsFile(file.path).current.theme == "dark"
    monkeypatch.setattr("app.settings.asyncio.to_thread", slow)
    await file.save_beside()
    assert SettingsFile(file.path).current.theme == "light"


def test_every_preference_has_words_and_its_default_is_a_choice():
    for item in preferences():
        assert item.label
        assert getattr(Settings(), item.name) in item.choices


def test_one_folder_for_everything(tmp_path):
    paths = find_paths({"BOUGH_HOME": str(tmp_path / "x y")})
    assert paths.database == tmp_path / "x y" / "bough.db"
    assert paths.settings.parent == paths.data
    assert find_paths({}).database.name == "bough.db"
    assert (resource_path("templates") / "notepad.bough.json").is_file()


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("localhost:11434", "http://localhost:11434"),
        ("http://192.168.1.5:1234/v1/", "http://192.168.1.5:1234"),
        ("models.example.org", "https://models.example.org"),
        ("https://[::1]:8443", "https://[::1]:8443"),
    ],
)
def test_a_typed_address_is_made_complete(typed, address):
    assert normal_address(typed) == address


@pytest.mark.parametrize("typed", ["", "ftp://x", "http://", "http://user:pw@host", "http://host:port"])
def test_an_address_that_is_none_is_refused_in_words(typed):
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        normal_address(typed)


def test_an_origin_is_scheme_host_and_port():
    assert origin_of("https://Example.org/a/b") == "https://example.org:443"
    assert origin_of("http://example.org") != origin_of("https://example.org")
    assert origin_of("http://[::1]:80") == "http://[::1]:80"


@pytest.mark.parametrize(
    ("address", "open_"),
    [
        ("http://localhost:1", False),
        ("http://127.0.0.1:1", False),
        ("https://far.org", False),
        ("http://10.0.0.1", True),
    ],
)
def test_a_key_over_plain_http_to_another_machine_needs_consent(address, open_):
    connection = Connection(id="x", kind="server", address=address, key_source="memory")
    assert sends_key_in_the_open(connection) is open_


async def test_a_key_is_kept_in_the_keychain_for_its_origin_only(memory_keyring):
    keychain = Keychain({})
    assert await keychain.available()
    here = Connection(id="a", kind="server", address="https://a.example:8443", key_source="keychain")
    await keychain.store(here.origin, "secret-of-a")
    assert await keychain.key_for(here) == "secret-of-a"
    for other in ("https://a.example:9000", "http://a.example:8443", "https://b.example:8443"):
        there = here.model_copy(update={"address": other, "plain_consent": True})
        with pytest.raises(MissingKey):
            await keychain.key_for(there)
    await keychain.forget(here.origin)
    with pytest.raises(MissingKey):
        await keychain.key_for(here)


async def test_without_a_keychain_a_key_lives_in_memory_or_the_environment_never_in_a_file():
    keychain = Keychain({"MY_KEY": "from-the-environment"})
    assert not await keychain.available()
    with pytest.raises(KeychainError):
        await keychain.store("https://a.example:443", "secret")
    anthropic = Connection(id="anthropic", kind="anthropic", key_source="memory")
    with pytest.raises(MissingKey):
        await keychain.key_for(anthropic)
    keychain.remember(anthropic.origin, "for-this-run")
    assert await keychain.key_for(anthropic) == "for-this-run"
    by_name = anthropic.model_copy(update={"key_source": "environment", "key_variable": "MY_KEY"})
    assert await keychain.key_for(by_name) == "from-the-environment"
    with pytest.raises(MissingKey, match="OTHER"):
        await keychain.key_for(by_name.model_copy(update={"key_variable": "OTHER"}))


def test_an_agents_wish_wins_over_the_settings_and_what_is_typed_over_both():
    settings = Settings()
    server = Connection(id="server", kind="server", name="Home", address="http://localhost:1", model="small")
    settings.connections = [*settings.connections, server]
    wishing = AgentDocument(make_node("agent", model={"connection": "server", "model": "large"}))
    assert choose(None, settings).connection.kind == "on_device"
    assert (choose(wishing, settings).connection.id, choose(wishing, settings).model) == ("server", "large")
    assert choose(wishing, settings, connection="on-device").connection.kind == "on_device"
    gone = AgentDocument(make_node("agent", model={"connection": "elsewhere", "model": "m"}))
    assert choose(gone, settings).missing == "elsewhere"
    assert choose(gone, settings).connection.kind == "on_device"
    assert find_connection(settings, "home") == server


@at_the_window
async def test_a_server_is_set_up_tested_and_answers(start, memory_keyring, paths):
    async with MessagesServer([Reply("From the server.")], key="k-123456789") as server:
        person = await start()
        desk = person.desk
        desk.go("settings")
        desk.settings.page.asked.emit("connection.add_server", "")
        from app.window.connection_dialog import ConnectionDialog

        dialog = await until(lambda: desk.window.findChild(ConnectionDialog), "the dialog")
        dialog.form.address.setText(server.url)
        dialog.form.key.setText("wrong-key")
        await until(dialog.form.test_button.isEnabled, "a test is possible")
        dialog.form.test_button.click()
        await until(lambda: "does not accept" in dialog.form.result.text(), "the refusal")
        dialog.form.key.setText("k-123456789")
        dialog.form.test_button.click()
        await until(lambda: dialog.form.model.count() == 2, lambda: dialog.form.result.text())
        dialog.form.model.setCurrentText("fake-small")
        dialog.form.save_button.click()
        await until(lambda: any(c.kind == "server" for c in desk.services.settings_file.current.connections), "saved")
        connection = next(c for c in desk.services.settings_file.current.connections if c.kind == "server")
        assert memory_keyring.entries == {("bough", connection.origin): "k-123456789"}
        proven: list[bool] = []
        desk.models.proven.connect(lambda: proven.append(True))
        desk.settings.page.asked.emit("connection.test", connection.id)
        await until(lambda: proven, "the test of what is kept")
        desk.settings.page.asked.emit("connection.default", connection.id)
        await person.begins("notepad")
        await person.says("Hello")
        assert person.texts("agent") == ["From the server."]
        assert "fake-small" in person.page.header.model.accessibleName()
        await person.closes()
    for path in paths.data.rglob("*"):
        assert not path.is_file() or b"k-123456789" not in path.read_bytes(), path
