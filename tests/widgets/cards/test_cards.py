"""Cards: templates, agents, models, downloads, connections."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from tests.widgets.themed import nameless, unreachable, wear
from widgets.cards import (
    AgentCards,
    CardInfo,
    ConnectionDraft,
    ConnectionForm,
    DeviceModel,
    DeviceModels,
    DownloadState,
    ModelCards,
    TemplateCards,
    progress_words,
    size_words,
    time_words,
)

TEMPLATES = [
    CardInfo("notepad", "Notepad assistant", "Remembers what you tell it to.", "notebook-pen", "memory", "on device"),
    CardInfo("handbook", "Expandable handbook", "Opens only the chapter that it needs.", "book-open"),
    CardInfo("blank", "Blank agent", "Start with System and Timeline."),
]
MODELS = [
    DeviceModel(
        "qwen", "Qwen 1.5B", "Good with tools.", 1_117_000_000, "Apache-2.0", "22 data packages", "f" * 64, "good"
    ),
    DeviceModel("smol", "SmolLM2", "For trying out.", 93_000_000, "Apache-2.0", "22 data packages", "a" * 64, "weak"),
    DeviceModel("big", "Big one", unavailable="Nobody has computed its checksum yet."),
]


@pytest.fixture(autouse=True)
def _theme(qapp: QApplication) -> None:
    wear(qapp)


@pytest.fixture
def models(qtbot: QtBot) -> ModelCards:
    cards = ModelCards()
    cards.resize(800, 700)
    cards.device.set_models(MODELS, "qwen")
    qtbot.addWidget(cards)
    cards.show()
    return cards


def test_one_template_is_selected(qtbot: QtBot) -> None:
    cards = TemplateCards()
    cards.resize(800, 300)
    qtbot.addWidget(cards)
    cards.set_templates(TEMPLATES)
    cards.show()
    assert cards.current() == "notepad"
    with qtbot.waitSignal(cards.selected) as chosen:
        qtbot.mouseClick(cards.card("blank"), Qt.MouseButton.LeftButton)
    assert chosen.args == ["blank"] and cards.current() == "blank"
    inside = cards.card("handbook").findChild(QPushButton)
    with qtbot.waitSignal(cards.look_inside) as wanted:
        qtbot.mouseClick(inside, Qt.MouseButton.LeftButton)
    assert wanted.args == ["handbook"] and cards.current() == "blank"
    with qtbot.waitSignal(cards.activated):
        qtbot.mouseDClick(cards.card("blank"), Qt.MouseButton.LeftButton)


def test_arrow_keys_select(qtbot: QtBot, qapp: QApplication) -> None:
    cards = TemplateCards()
    cards.resize(800, 300)
    qtbot.addWidget(cards)
    cards.set_templates(TEMPLATES)
    cards.show()
    cards.activateWindow()
    cards.card("notepad").setFocus()
    qtbot.keyClick(cards.card("notepad"), Qt.Key.Key_Right)
    assert cards.focusWidget() is cards.card("handbook")
    assert cards.current() == "handbook"
    qtbot.keyClick(cards.card("handbook"), Qt.Key.Key_Left)
    qtbot.keyClick(cards.card("notepad"), Qt.Key.Key_Left)
    assert cards.current() == "notepad"


def test_columns_follow_the_room(qtbot: QtBot, qapp: QApplication) -> None:
    cards = TemplateCards()
    qtbot.addWidget(cards)
    cards.set_templates(TEMPLATES)
    cards.show()
    seen = []
    for width in (300, 520, 900):
        cards.resize(width, 600)
        qapp.processEvents()
        seen.append(cards.columns())
        widths = {cards.card(info.id).width() for info in TEMPLATES}
        assert max(widths) - min(widths) <= 1
    assert seen == [1, 2, 3]


def test_agents_open_and_have_a_menu(qtbot: QtBot) -> None:
    cards = AgentCards()
    cards.resize(800, 300)
    qtbot.addWidget(cards)
    cards.set_agents(TEMPLATES)
    cards.show()
    with qtbot.waitSignal(cards.opened) as opened:
        qtbot.mouseClick(cards.card("blank"), Qt.MouseButton.LeftButton)
    assert opened.args == ["blank"]
    with qtbot.waitSignal(cards.trash_requested) as trashed:
        qtbot.keyClick(cards.card("notepad"), Qt.Key.Key_Delete)
    assert trashed.args == ["notepad"]
    with qtbot.waitSignal(cards.rename_requested):
        qtbot.keyClick(cards.card("notepad"), Qt.Key.Key_F2)
    words = [action.text() for action in cards.make_menu("blank").actions() if action.text()]
    assert words == ["Open", "Rename", "Duplicate", "Export to a file…", "Move to trash"]
    kept = cards.card("blank")
    cards.set_agents([CardInfo("notepad", "Another name"), TEMPLATES[2]])
    assert cards.card("blank") is kept and cards.card("notepad").text() == "Another name"
    assert nameless(cards) == []


def test_the_chosen_place_opens_what_it_needs(models: ModelCards, qtbot: QtBot) -> None:
    chosen: list[str] = []
    models.selected.connect(chosen.append)
    pages = {"device": models.device, "anthropic": models.anthropic, "server": models.server}
    for place in ("server", "anthropic", "device"):
        qtbot.mouseClick(models.cards[place], Qt.MouseButton.LeftButton)
        assert [key for key, page in pages.items() if page.isVisible()] == [place]
        assert models.current() == place
        assert nameless(models) == [] and unreachable(models) == []
    assert chosen == ["server", "anthropic", "device"]


def test_a_download_from_start_to_end(models: ModelCards, qtbot: QtBot) -> None:
    models.select("device")
    card = models.device.cards["smol"]
    with qtbot.waitSignals([models.device.model_chosen, models.device.download_requested]):
        qtbot.mouseClick(card.download, Qt.MouseButton.LeftButton)
    assert models.device.current() == "smol"
    models.set_state("smol", DownloadState("downloading", 31_000_000, 93_000_000, 1_000_000))
    assert card.progress.isVisible() and not card.download.isVisible()
    assert card.progress.text.text() == "31 MB of 93 MB · 1 MB a second · about 1 minute"
    assert card.progress.bar.value() == 333
    with qtbot.waitSignal(models.cancel_requested) as cancelled:
        qtbot.mouseClick(card.progress.cancel_button, Qt.MouseButton.LeftButton)
    assert cancelled.args == ["smol"] and not card.progress.cancel_button.isEnabled()
    models.set_state("smol", DownloadState("absent", 31_000_000, 93_000_000))
    assert card.download.text() == "Go on with the download"
    models.set_state("smol", DownloadState("failed", error="The disk is full: 62 MB are missing."))
    assert card.trouble.text() == "The disk is full: 62 MB are missing." and card.download.text() == "Try again"
    models.set_state("smol", DownloadState("verifying"))
    assert not card.progress.cancel_button.isVisible()
    models.set_state("smol", DownloadState("ready"))
    assert card.ready.isVisible() and not card.progress.isVisible() and not card.trouble.isVisible()
    assert not card.delete.isVisible()


def test_a_model_is_deleted_in_the_settings_only(qtbot: QtBot) -> None:
    models = DeviceModels()
    qtbot.addWidget(models)
    models.set_models(MODELS)
    models.show()
    models.set_state("qwen", DownloadState("ready"))
    with qtbot.waitSignal(models.delete_requested) as asked:
        qtbot.mouseClick(models.cards["qwen"].delete, Qt.MouseButton.LeftButton)
    assert asked.args == ["qwen"]


def test_the_card_shows_the_download_while_its_list_is_away(models: ModelCards, qtbot: QtBot) -> None:
    models.select("anthropic")
    models.set_state("qwen", DownloadState("downloading", 420_000_000, 1_117_000_000, 11_000_000))
    assert models.progress.isVisible()
    assert models.progress.text.text() == "420 MB of 1.1 GB · about 1 minute"
    with qtbot.waitSignal(models.cancel_requested) as cancelled:
        qtbot.mouseClick(models.progress.cancel_button, Qt.MouseButton.LeftButton)
    assert cancelled.args == ["qwen"]
    models.select("device")
    assert not models.progress.isVisible()
    models.select("anthropic")
    models.set_state("qwen", DownloadState("ready"))
    assert not models.progress.isVisible()


def test_a_model_without_a_checksum_cannot_be_had(models: ModelCards) -> None:
    models.select("device")
    card = models.device.cards["big"]
    assert not card.isEnabled() and not card.download.isVisible()
    assert card.trouble.text() == "Nobody has computed its checksum yet."


def test_source_licence_size_and_checksum_are_shown(models: ModelCards) -> None:
    models.select("device")
    card = models.device.cards["qwen"]
    assert card.facts.text() == "1.1 GB · Apache-2.0 · 22 data packages"
    card.fold.click()
    assert card.sum.isVisible() and "f" * 64 in card.sum.text()


@pytest.fixture
def form(qtbot: QtBot, request: pytest.FixtureRequest) -> ConnectionForm:
    made = ConnectionForm(getattr(request, "param", "anthropic"))
    made.resize(600, 260)
    qtbot.addWidget(made)
    made.show()
    return made


def test_a_key_is_hidden_tested_and_used(form: ConnectionForm, qtbot: QtBot) -> None:
    assert form.key.echoMode() == QLineEdit.EchoMode.Password
    assert not form.test_button.isEnabled() and not form.save_button.isEnabled()
    qtbot.keyClicks(form.key, "sk-ant-secret")
    with qtbot.waitSignal(form.test_requested) as asked:
        qtbot.keyClick(form.key, Qt.Key.Key_Return)
    assert asked.args == [ConnectionDraft("anthropic", "", "sk-ant-secret", "", "keychain")]
    assert "secret" not in repr(asked.args[0])
    form.set_testing()
    assert not form.test_button.isEnabled() and form.result.text() == "Testing…"
    form.set_result(True, "It works.", ["claude-a", "claude-b"])
    assert form.result.text() == "It works." and form.model.currentText() == "claude-a"
    with qtbot.waitSignal(form.save_requested) as saved:
        qtbot.mouseClick(form.save_button, Qt.MouseButton.LeftButton)
    assert saved.args[0].model == "claude-a"
    qtbot.keyClicks(form.key, "x")
    assert form.result.text() == ""


@pytest.mark.parametrize("form", ["server"], indirect=True)
def test_a_server_needs_an_address_and_no_key(form: ConnectionForm, qtbot: QtBot) -> None:
    assert form.address.isVisible() and not form.test_button.isEnabled()
    qtbot.keyClicks(form.address, "http://127.0.0.1:11434")
    assert form.test_button.isEnabled() and not form.save_button.isEnabled()
    form.set_result(False, "Nobody answers at http://127.0.0.1:11434.")
    assert form.result.property("role") == "error" and form.mark.isVisible()
    form.model.setCurrentText("llama3")
    assert form.draft() == ConnectionDraft("server", "http://127.0.0.1:11434", "", "llama3", "keychain")
    assert form.save_button.isEnabled()
    form.set_keychain(False)
    assert not form.keep_box.isVisible() and form.save_button.isEnabled()
    qtbot.keyClicks(form.key, "k")
    assert form.keep_box.isVisible() and not form.save_button.isEnabled()
    form.keep_environment.setChecked(True)
    assert form.keep_box.isVisible() and form.save_button.isEnabled()


def test_without_a_keychain_the_person_decides(form: ConnectionForm, qtbot: QtBot) -> None:
    form.set_keychain(False, "This system has no keychain.")
    qtbot.keyClicks(form.key, "sk-ant-secret")
    form.model.setCurrentText("claude-a")
    assert form.keep_box.isVisible() and not form.save_button.isEnabled()
    form.keep_run.setChecked(True)
    assert form.save_button.isEnabled() and form.draft().keep == "run"
    form.keep_environment.setChecked(True)
    draft = form.draft()
    assert (draft.keep, draft.key, draft.variable) == ("environment", "", "ANTHROPIC_API_KEY")
    assert form.variable.isVisible() and not form.key.isEnabled()
    assert nameless(form) == [] and unreachable(form) == []


def test_a_kept_key_is_never_shown(form: ConnectionForm) -> None:
    form.set_values(model="claude-a", has_key=True)
    assert form.key.text() == "" and "keychain" in form.key.placeholderText()
    assert form.test_button.isEnabled() and form.save_button.isEnabled()


def test_sizes_and_times_in_words() -> None:
    assert [size_words(n) for n in (12, 93_000_000, 1_117_320_736, 20_000_000_000)] == [
        "12 B",
        "93 MB",
        "1.1 GB",
        "20 GB",
    ]
    assert [time_words(s) for s in (5, 70, 600, 9000)] == [
        "less than a minute",
        "about 1 minute",
        "about 10 minutes",
        "more than an hour",
    ]
    assert progress_words(DownloadState("waiting")) == "Waiting to start…"
    assert progress_words(DownloadState("downloading")) == "Starting…"
