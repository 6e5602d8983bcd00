"""What a person meets first: the agents page, choosing a model, looking inside, and what comes back at a restart."""

from __future__ import annotations

import asyncio
import itertools

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.application import Application
from app.model_factory import TestResult
from app.quit import Quit
from app.services import Services
from app.window.agents_page import AgentsPage
from app.window.inside_dialog import InsideDialog
from app.window.main_window import MainWindow
from app.workspace.column_switch import ColumnSwitch
from app.workspace.columns import Column, Columns
from app.workspace.header import WorkspaceHeader
from engine.testing import Reply, ScriptedModel
from tests.app.helpers import at_the_window, until
from widgets.cards import CardInfo


@at_the_window
async def test_a_server_that_was_only_tested_is_used_when_the_agent_is_opened(start, monkeypatch):
    person = await start()
    begun: list[str] = []
    monkeypatch.setattr(person.desk.downloads, "start", begun.append)

    async def works(connection, key=""):
        return TestResult(True, "Connected.", ("llama3",))

    monkeypatch.setattr(person.desk.services.models, "test", works)
    page = person.desk.agents.page
    page.models.select("server")
    form = page.models.server
    QTest.keyClicks(form.address, "http://127.0.0.1:11434")
    QTest.mouseClick(form.test_button, Qt.MouseButton.LeftButton)
    await until(lambda: form.save_button.isEnabled(), "tested")
    assert page.note.text() == "llama3 will answer."
    await person.begins("blank")
    choice = person.desk.bench.agent.choice
    assert (choice.connection.kind, choice.model) == ("server", "llama3")
    assert choice.connection.address == "http://127.0.0.1:11434"
    assert begun == []


@at_the_window
async def test_an_empty_chat_offers_the_first_messages_of_the_agent(start):
    person = await start(ScriptedModel(["Noted, Ryan."]))
    await person.begins("notepad")
    buttons = person.page.chat.empty.buttons
    assert [button.accessibleName() for button in buttons] == [
        "Please note: buy figs and oat milk.",
        "My name is Ryan.",
        "What is on my notepad?",
    ]
    QTest.mouseClick(buttons[1], Qt.MouseButton.LeftButton)
    await until(lambda: [item.text for item in person.chat if item.kind == "agent"] == ["Noted, Ryan."], "the reply")
    assert person.chat[0].text == "My name is Ryan."


@at_the_window
async def test_looking_inside_a_template_makes_no_agent(start):
    person = await start(ScriptedModel())
    person.desk.agents.page.templates.look_inside.emit("notepad")

    def dialogs():
        return [w for w in QApplication.topLevelWidgets() if isinstance(w, InsideDialog) and w.isVisible()]

    (dialog,) = await until(dialogs, "the dialog")
    root = dialog.tree.topLevelItem(0)
    titles = [root.child(row).text(0) for row in range(root.childCount())]
    assert any(title.startswith("System") for title in titles)
    assert any(title.startswith("Timeline") for title in titles)
    dialog.reject()
    await until(lambda: not dialogs(), "closed")
    assert await person.store.agents.list() == []
    person.desk.agents.look_inside("notepad")
    (dialog,) = await until(dialogs, "the dialog again")
    dialog.begin.click()
    await until(lambda: person.desk.window.page == "workspace", "the workspace")


@at_the_window
async def test_a_missing_model_is_downloaded_from_the_chat(start, monkeypatch):
    person = await start()
    begun: list[str] = []
    monkeypatch.setattr(person.desk.downloads, "start", begun.append)
    person.desk.agents.page.models.select("anthropic")
    await person.begins("blank")
    assert person.page.chat.composer.reason_button.text() == "Download"
    person.page.chat.composer.reason_button.click()
    assert begun == ["qwen2.5-coder-1.5b"]


@at_the_window
async def test_no_page_is_shown_before_it_is_known_what_was_in_front(start, paths):
    person = await start(ScriptedModel())
    await person.begins("blank")
    await person.saved()
    await person.closes()
    services = Services(paths)
    services.models.use_instead(ScriptedModel())
    application = Application(paths, Quit(), services=services)
    shown: list[str] = []
    application.window.page_changed.connect(shown.append)
    application.show()
    try:
        await application.start()
        assert shown == ["workspace"]
    finally:
        await application.stop()


def test_the_agents_page_begins_without_what_is_not_known_yet(qtbot):
    page = AgentsPage()
    qtbot.addWidget(page)
    for widget in (page.agents_title, page.agents, page.models_title, page.models, page.trash_title):
        assert not widget.isVisibleTo(page)
    page.show_agents([])
    assert not page.agents_title.isVisibleTo(page)
    page.show_agents([CardInfo("a", "One")])
    assert page.agents_title.isVisibleTo(page)


def test_nothing_moves_sideways_when_the_scroll_bar_comes(qtbot):
    page = AgentsPage()
    qtbot.addWidget(page)
    page.show_templates([CardInfo("blank", "Blank agent", "The least.")], {})
    page.show_models(True)
    page.resize(1000, 1600)
    page.show()
    bar = page.area.verticalScrollBar()
    assert not bar.maximum()
    without = page.templates.mapTo(page, QPoint(0, 0)).x()
    page.resize(1000, 300)
    QApplication.processEvents()
    assert bar.maximum()
    assert page.templates.mapTo(page, QPoint(0, 0)).x() == without
    assert page.begin.mapTo(page, QPoint(0, 0)).y() < 300
    assert page.begin.mapTo(page, QPoint(0, 0)).x() == without + 4


def test_the_window_comes_back_where_it_was_and_never_larger_than_the_screen(qtbot):
    window = MainWindow()
    qtbot.addWidget(window)
    available = window.screen().availableGeometry()
    assert window.minimumWidth() <= available.width()
    size = window.minimumSize()
    window.restore_place(f"0,12,{size.width()},{size.height()},0")
    assert window.place() == f"0,12,{size.width()},{size.height()},0"
    window.restore_place("40,30,5000,4000,0")
    assert window.pos().x() >= available.left()
    assert window.width() <= available.width()
    assert window.height() <= available.height()
    for nonsense in ("", "x", "1,2,3", "90000,90000,1000,700,0"):
        window.restore_place(nonsense)
        assert available.contains(window.pos())


def test_columns_give_way_where_there_is_no_room_and_come_back(qtbot):
    columns = Columns([Column(name, name) for name in ("tree", "middle", "chat")])
    page = QWidget()
    columns.setParent(page)
    qtbot.addWidget(page)
    columns.resize(QSize(900, 400))
    page.show()

    def visible():
        return [name for name, column in columns._columns.items() if column.isVisible()]

    assert visible() == ["tree", "middle", "chat"]
    columns.resize(QSize(600, 400))
    assert visible() == ["tree", "chat"]
    assert columns.hidden() == []
    columns.reveal("middle")
    assert visible() == ["middle", "chat"]
    columns.resize(QSize(900, 400))
    assert visible() == ["tree", "middle", "chat"]
    columns.toggle("chat")
    assert columns.hidden() == ["chat"]


@at_the_window
async def test_the_empty_chat_says_where_the_words_go(start):
    person = await start(ScriptedModel())
    await person.begins("blank")
    assert "stays on this machine" in person.page.chat.empty.text.text()
    settings = person.desk.services.settings_file.current
    elsewhere = person.desk.models.new("anthropic")
    settings.connections = [*settings.connections, elsewhere]
    person.desk.bench.use_model(elsewhere, "claude-sonnet-5-5")
    assert person.page.chat.empty.text.text() == "What you say is kept on this machine and sent to Anthropic."


@at_the_window
async def test_the_preview_shows_the_next_message_and_nothing_nobody_wrote(start):
    person = await start(ScriptedModel([Reply("Hello Ryan.")]))
    await person.begins("blank")
    await person.says("My name is Ryan.")
    insight = person.desk.bench.insight

    def conversation():
        insight.now()
        return next(part for part in person.page.context.canvas.parts if part.name == "messages")

    await until(lambda: conversation().blocks[-1].pending, "the place of the next message")
    part = conversation()
    assert part.blocks[-1].title == "Your next message"
    assert part.blocks[-1].tokens == 0
    assert "Continue." not in [line.text for block in part.blocks for line in block.lines]
    assert part.blocks[0].pieces == 2
    QTest.keyClicks(person.page.chat.composer.field, "And now?")
    part = conversation()
    assert not any(block.pending for block in part.blocks)
    assert part.blocks[-1].lines[-1].text == "And now?"
    await asyncio.sleep(0)


def test_a_column_that_gave_way_is_one_click_away(qtbot):
    columns = Columns([Column(name, name) for name in ("tree", "middle", "chat")])
    page = QWidget()
    columns.setParent(page)
    switch = ColumnSwitch(columns, {"tree": "Tree", "middle": "Properties", "chat": "Chat"}, page)
    qtbot.addWidget(page)
    columns.resize(QSize(900, 400))
    page.show()

    def pressed():
        return [name for name, button in switch.buttons.items() if button.isChecked()]

    assert not switch.isVisible(), "everything is on screen"
    columns.resize(QSize(600, 400))
    assert switch.isVisible()
    assert pressed() == ["tree", "chat"]
    qtbot.mouseClick(switch.buttons["middle"], Qt.MouseButton.LeftButton)
    assert pressed() == columns.seen() == ["middle", "chat"]
    qtbot.mouseClick(switch.buttons["tree"], Qt.MouseButton.LeftButton)
    assert pressed() == columns.seen() == ["tree", "chat"]
    columns.resize(QSize(900, 400))
    assert not switch.isVisible()


@at_the_window
async def test_nothing_lies_over_anything_in_the_smallest_header(start):
    person = await start(ScriptedModel())
    header = WorkspaceHeader(person.desk.window.actions_)
    header.name.show_name("An agent with quite a long name")
    header.show_model("127.0.0.1:11434 · a-large-model", "server")
    header.set_narrow(True, True)
    header.resize(430, 48)  # what is left of 1280 pixels at 200 %
    header.show()
    layout = header.layout()
    shown = [layout.itemAt(index).widget() for index in range(layout.count())]
    places = [widget.geometry() for widget in shown if widget is not None and widget.isVisible()]
    header.deleteLater()
    assert len(places) == 7
    assert all(left.right() < right.left() for left, right in itertools.pairwise(places))
    assert places[-1].right() < 430
