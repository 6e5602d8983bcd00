"""The main job, in the real window with the real store and engine: make, talk, close, come back, find."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.testing import Reply, ScriptedModel, ToolCall
from tests.app.helpers import at_the_window, until


@at_the_window
async def test_a_template_becomes_an_agent_and_answers(start):
    model = ScriptedModel(["Nice to meet you, Ryan.", "Your name is **Ryan**."])
    person = await start(model)
    await person.begins("notepad")
    assert person.page.header.name.text() == "Notepad assistant"
    await person.says("My name is Ryan.")
    await person.says("What's my name?")
    assert person.texts("person") == ["My name is Ryan.", "What's my name?"]
    assert person.texts("agent") == ["Nice to meet you, Ryan.", "Your name is **Ryan**."]
    assert "My name is Ryan." in str(model.calls[1].messages)
    await until(lambda: "10 tokens in, 5 out" in person.chat[-1].caption, "the numbers of the turn")


@at_the_window
async def test_a_tool_runs_and_its_state_shows_on_the_card_and_in_the_context(start):
    model = ScriptedModel([Reply(tool_calls=[ToolCall("add_note", {"note": "buy figs"})]), "Noted."])
    person = await start(model)
    await person.begins("notepad")
    await person.says("Please note: buy figs")
    tool = next(item for item in person.chat if item.kind == "tool")
    assert (tool.title, tool.text, tool.status) == ("Add note", "buy figs", "done")
    person.desk.bench.insight.work()
    live = person.page.tree.canvas._live
    document = person.desk.bench.agent.model.document
    state = next(node for node in document.walk() if node.kind == "state")
    section = next(node for node in document.walk() if node.kind == "section")
    tool_node = next(node for node in document.walk() if node.kind == "tool")
    assert live[state.id].value == "1 item"
    assert live[section.id].mounted is True
    assert live[tool_node.id].calls == 1
    assert "buy figs" in person.desk.bench.insight.request.system


@at_the_window
async def test_everything_is_there_after_a_restart_and_the_next_turn_knows_it(start):
    model = ScriptedModel([Reply(tool_calls=[ToolCall("add_note", {"note": "buy figs"})]), "Noted.", "Figs."])
    person = await start(model)
    await person.begins("notepad")
    await person.says("Please note: buy figs")
    person.page.tree.select([person.desk.bench.agent.model.document.root.children[0].id])
    person.desk.bench.rename_agent("My notes")
    await person.saved()
    await person.closes()

    person = await start(model)
    await until(lambda: person.desk.window.page == "workspace")
    assert person.page.header.name.text() == "My notes"
    assert person.texts("person") == ["Please note: buy figs"]
    assert [item.title for item in person.chat if item.kind == "tool"] == ["Add note"]
    assert person.desk.bench.agent.model.can_undo
    await person.says("What is on my notepad?")
    assert "buy figs" in model.calls[-1].system
    assert person.texts("agent")[-1] == "Figs."


@at_the_window
async def test_undo_after_a_restart_takes_back_the_last_edit(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    person.desk.bench.rename_agent("Other name")
    await person.saved()
    await person.closes()
    person = await start(ScriptedModel())
    await until(lambda: person.desk.bench.agent is not None)
    person.desk.window.actions_.run("edit.undo")
    await person.saved()
    assert person.page.header.name.text() == "Notepad assistant"
    stored = await person.store.agents.get(person.desk.bench.agent.id)
    assert stored.document["root"]["props"]["name"] == "Notepad assistant"


@at_the_window
async def test_the_title_of_a_session_comes_from_the_first_words(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    await person.says("Tell me about figs.")
    await until(lambda: person.desk.bench.session_title.startswith("Tell me about figs"), "title")
    assert person.page.chat.title.text().startswith("Tell me about figs")


@at_the_window
async def test_stop_in_mid_stream_keeps_what_had_arrived(start):
    chunks = [f"word{number} " for number in range(2000)]
    person = await start(ScriptedModel([Reply(chunks=chunks), "Again."], delay=0.01))
    await person.begins("notepad")
    await person.says("Go on for ever", wait=False)
    await until(lambda: any(item.kind == "agent" for item in person.chat), "first words")
    QTest.keyClick(person.page.chat.composer.field, Qt.Key.Key_Escape)
    await until(person.idle, "stopped")
    agent = next(item for item in person.chat if item.kind == "agent")
    assert agent.text.startswith("word0")
    assert agent.status == "interrupted"
    notice = next(item for item in person.chat if item.kind == "notice")
    assert notice.text == "Stopped."
    assert notice.detail["action"] == "Try again"


@at_the_window
async def test_two_sessions_of_one_agent_keep_apart(start):
    model = ScriptedModel(["one", "two", "three"])
    person = await start(model)
    await person.begins("notepad")
    await person.says("first session")
    first = person.desk.bench.session.id
    person.desk.window.actions_.run("session.new")
    assert person.chat == []
    await person.says("second session")
    assert person.desk.bench.session.id != first
    assert "first session" not in str(model.calls[1].messages)
    await person.desk.open_now(person.desk.bench.agent.id, first)
    assert person.texts("person") == ["first session"]
    await person.says("back again")
    assert "second session" not in str(model.calls[2].messages)
