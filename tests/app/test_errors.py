"""What a person reads when something goes wrong: sentences, what it means, what to do; never a secret."""

from __future__ import annotations

import pytest

from app.errors import ModelNotHere, details_of, explain
from app.keychain import KeychainError, MissingKey
from app.log import HIDDEN, hide, redact
from app.model_slot import ModelSlot
from engine.blueprint.files import DocumentError, load_document
from engine.errors import Aborted, ModelError, SessionLocked, StoreError
from engine.model import ModelInfo, ModelRequest
from engine.testing import Reply, ScriptedModel
from tests.app.helpers import at_the_window, until

KINDS = (
    "authentication", "permission", "billing", "not_found", "invalid_request", "rate_limit", "overloaded", "server",
    "connection", "timeout", "context", "interrupted", "unsupported", "crashed", "unknown",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_model_error_has_words_and_a_way_on(kind):
    explanation = explain(ModelError("technical", kind=kind))
    assert explanation.what.endswith(".")
    assert explanation.meaning.endswith(".")
    assert explanation.button
    assert not explanation.ours
    assert "!" not in explanation.sentence
    assert "technical" in explanation.details


@pytest.mark.parametrize("kind", ["full", "locked", "readonly", "corrupt", "newer", "other", "never heard of"])
def test_every_kind_of_store_error_says_that_nothing_was_lost(kind):
    explanation = explain(StoreError("technical", kind=kind))
    assert explanation.what
    assert explanation.meaning
    assert explanation.button


def test_a_rate_limit_says_how_long():
    assert "20 seconds" in explain(ModelError("x", kind="rate_limit", retry_after=20.2)).meaning


def test_a_locked_session_and_a_stopped_turn_are_no_bugs():
    assert not explain(SessionLocked("held")).ours
    assert explain(Aborted("Stopped")).what == "Stopped."


def test_a_bug_of_ours_is_told_apart_and_keeps_its_details():
    explanation = explain(ZeroDivisionError("by zero"))
    assert explanation.ours
    assert explanation.remedy == "copy_details"
    assert "ZeroDivisionError: by zero" in explanation.details


def test_a_file_that_is_no_agent_is_refused_with_place_and_reason():
    with pytest.raises(DocumentError) as caught:
        load_document("{}")
    explanation = explain(caught.value)
    assert "not an agent" in explanation.what
    assert explanation.meaning


def test_the_cause_says_more_than_the_failed_call():
    wrapped = ModelError("failed", kind="unsupported")
    wrapped.__cause__ = MissingKey("No key for Anthropic is in the keychain.", "anthropic")
    assert explain(wrapped).what == "No key for Anthropic is in the keychain."
    assert explain(wrapped).remedy == "connections"


def test_a_keychain_that_is_locked():
    assert "keychain" in explain(KeychainError("The keychain did not answer. It may be locked.")).what


def test_details_and_log_lines_carry_no_secret():
    hide("my-very-own-key")
    text = "Authorization: Bearer abc123456789 and sk-ant-api03-aaaaaaaaaaaa, my-very-own-key, http://u:pass@host/"
    shown = redact(text)
    for secret in ("abc123456789", "api03", "my-very-own-key", "pass@"):
        assert secret not in shown
    assert HIDDEN in shown
    assert "my-very-own-key" not in details_of(ModelError("refused my-very-own-key"))


async def test_a_model_that_is_not_there_yet_is_a_sentence():
    async def nowhere():
        raise ModelNotHere("Qwen has to be downloaded first (1.1 GB).")

    slot = ModelSlot(nowhere, lambda: ModelInfo("qwen"))
    with pytest.raises(ModelError) as caught:
        async for _ in slot.stream(ModelRequest()):
            pass
    assert explain(caught.value).what == "Qwen has to be downloaded first (1.1 GB)."
    assert explain(caught.value).remedy == "models"


@at_the_window
async def test_a_failed_call_is_a_sentence_in_the_chat_and_try_again_works(start, expect_log):
    expect_log("A turn failed")
    failing = Reply(error=ModelError("no route to host", kind="connection"))
    person = await start(ScriptedModel([failing, "Here I am."]))
    await person.begins("notepad")
    await person.says("Are you there?")
    notice = next(item for item in person.chat if item.kind == "notice")
    assert notice.text == "The model could not be reached."
    assert "Your message is kept" in notice.detail["means"]
    assert "no route to host" in notice.detail["more"]
    person.page.chat.retry_requested.emit(notice.id)
    await until(lambda: "Here I am." in person.texts("agent"), "the second try")
    assert person.texts("person") == ["Are you there?"]
    assert not [item for item in person.chat if item.kind == "notice"]


@at_the_window
async def test_a_database_that_cannot_be_opened_is_said_and_left_alone(start, paths, expect_log):
    expect_log("database")
    paths.data.mkdir(parents=True)
    paths.database.write_bytes(b"this is no database at all, but somebody's poem" * 50)
    before = paths.database.read_bytes()
    person = await start(ScriptedModel())
    banner = person.desk.notify._kept["store"]
    await until(banner.isVisible, "the banner")
    assert "damaged" in banner.text.text()
    assert not person.desk.agents.page.begin.isEnabled()
    assert paths.database.read_bytes() == before
    banner.action.click()
    await until(person.desk.agents.page.begin.isEnabled, "a new database")
    kept = list(paths.data.glob("bough-damaged-*.db"))
    assert [path.read_bytes() for path in kept] == [before]
    await person.begins("notepad")


@at_the_window
async def test_an_agent_that_cannot_be_saved_says_so_and_is_saved_later(start, expect_log, monkeypatch):
    expect_log("could not be saved")
    person = await start(ScriptedModel())
    await person.begins("notepad")
    agent = person.desk.bench.agent
    real = person.store.agents.save

    async def full(*_args, **_options):
        raise StoreError("disk full", kind="full")

    monkeypatch.setattr(person.store.agents, "save", full)
    person.desk.bench.rename_agent("Later")
    await until(lambda: person.page.header.saved.text() == "not saved")
    assert any("disk is full" in toast.record.text for toast in person.desk.notify.toasts.open_toasts)
    monkeypatch.setattr(person.store.agents, "save", real)
    person.desk.bench.rename_agent("Later still")
    await person.saved()
    assert (await person.store.agents.get(agent.id)).document["root"]["props"]["name"] == "Later still"
