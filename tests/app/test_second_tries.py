"""Trying again after a failed turn, what the turn says it does meanwhile, and what a turn may cost and take."""

from __future__ import annotations

from types import SimpleNamespace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.choice import ModelChoice
from app.connections import Connection, stays_here
from app.keychain import Keychain
from app.model_factory import ModelFactory
from app.month_cost import month_cost
from app.tool_titles import title_of_tool
from app.workspace.transcript import Transcript
from engine.blueprint.edits import RemoveNode, SetProperty
from engine.entries import Entry
from engine.errors import Aborted, ModelError
from engine.events import EntryCommitted
from engine.testing import Reply, ScriptedModel, ToolCall
from tests.app.helpers import at_the_window, until


def actions(transcript: Transcript) -> list[str]:
    return [str(item.detail.get("action", "")) for item in transcript.items if item.kind == "notice"]


def test_only_the_last_notice_offers_something():
    transcript = Transcript()
    transcript.sent("one", queued=False)
    transcript.failed(Aborted("Stopped"), "one")
    assert actions(transcript) == ["Try again"]
    changes = transcript.sent("two", queued=False)
    assert [change.what for change in changes] == ["update", "append"]
    assert actions(transcript) == [""]
    transcript.failed(Aborted("Stopped"), "two")
    assert actions(transcript) == ["", "Try again"]


def test_a_refused_key_can_be_tried_again_once_the_connection_was_changed():
    transcript = Transcript()
    assert transcript.offer_retry() == []
    transcript.sent("one", queued=False)
    transcript.failed(ModelError("no", kind="authentication"), "one")
    assert actions(transcript) == ["Open settings"]
    (change,) = transcript.offer_retry()
    assert change.values["detail"]["remedy"] == "retry"
    assert actions(transcript) == ["Try again"]
    assert transcript.offer_retry() == []


@at_the_window
async def test_after_try_again_the_focus_is_where_one_writes(start, expect_log):
    expect_log("A turn failed")
    person = await start(ScriptedModel([ModelError("no", kind="authentication"), Reply("Here I am.")]))
    await person.begins("blank")
    person.desk.window.activateWindow()
    await person.says("Hello.")
    (notice,) = [item for item in person.chat if item.kind == "notice"]
    assert notice.detail["remedy"] == "connections"
    person.desk.models.proven.emit()
    view = person.page.chat
    assert view.item(notice.id).detail["action"] == "Try again"
    view.retry_requested.emit(notice.id)
    assert person.desk.window.focusWidget() is view.composer.field
    await until(lambda: person.texts("agent") == ["Here I am."] and person.idle(), "the reply")
    assert person.texts("notice") == []
    assert person.desk.bench.session.transcript.get(notice.id) is None


@at_the_window
async def test_a_turn_that_a_fault_of_the_agent_stopped_leads_to_the_problems_and_then_can_be_tried_again(
    start, expect_log
):
    expect_log("A turn failed")
    person = await start(ScriptedModel([Reply("Here I am.")]))
    await person.begins("notepad")
    bench, view = person.desk.bench, person.page.chat
    state = next(node for node in bench.agent.model.document.walk() if node.kind == "state")
    bench.agent.model.do(RemoveNode(state.id))
    await person.says("Tell me about figs.")
    (notice,) = [item for item in person.chat if item.kind == "notice"]
    await until(lambda: bench.session_title == "Tell me about figs.", "the title")
    bench.insight.work()
    assert view.item(notice.id).detail["action"] == "Show problems"
    view.retry_requested.emit(notice.id)
    assert person.page.problems.isVisible()
    bench.undo()
    bench.insight.work()
    assert view.item(notice.id).detail["action"] == "Try again"
    view.retry_requested.emit(notice.id)
    await until(lambda: person.texts("agent") == ["Here I am."] and person.idle(), "the reply")
    assert person.texts("person") == ["Tell me about figs."]


@at_the_window
async def test_the_line_below_says_when_words_arrive(start):
    model = ScriptedModel([Reply(chunks=["Some ", "words."] * 40)], delay=0.01)
    person = await start(model)
    await person.begins("blank")
    seen: list[str] = []
    line = person.page.chat.running_line
    original = line.set_running
    line.set_running = lambda on, text="": (seen.append(text), original(on, text))
    await person.says("Hello.")
    assert seen.index("Thinking…") < seen.index("Answering…")
    assert seen.count("Answering…") == 1


@at_the_window
async def test_the_limit_of_model_calls_is_the_agents(start):
    loops = [Reply(tool_calls=[ToolCall("add_note", {"note": f"{n}"})]) for n in range(6)]
    person = await start(ScriptedModel(loops))
    await person.begins("notepad")
    agent = person.desk.bench.agent
    agent.model.do(SetProperty(agent.model.document.root.id, "max_ticks", 2))
    await person.says("go on")
    assert len([item for item in person.chat if item.kind == "tool"]) == 2
    assert "most model calls" in person.texts("notice")[0]


@at_the_window
async def test_the_reader_calls_a_tool_as_the_chat_does(start):
    person = await start(ScriptedModel([Reply(tool_calls=[ToolCall("add_note", {"note": "figs"})]), Reply("Noted.")]))
    await person.begins("notepad")
    await person.says("figs")
    (told,) = [item.title for item in person.chat if item.kind == "tool"]
    await person.goes_to("sessions")
    person.desk.sessions._read(person.desk.bench.session.id)
    reader = person.desk.sessions.page.reader.chat
    await until(lambda: any(item.kind == "tool" for item in reader.items), "the session")
    assert [item.title for item in reader.items if item.kind == "tool"] == [told]
    QTest.keyClick(reader, Qt.Key.Key_Escape)


def test_a_tool_without_a_node_is_called_in_plain_words():
    assert title_of_tool(None, "look_it_up") == "Look it up"


def test_what_stays_on_this_machine():
    def at(address: str) -> Connection:
        return Connection(id="x", kind="server", address=address)

    assert stays_here(Connection(id="on-device", kind="on_device"))
    assert stays_here(at("http://localhost:11434"))
    assert stays_here(at("http://127.0.0.1:1"))
    assert stays_here(at("http://[::1]:1"))
    assert not stays_here(at("http://192.168.0.7:11434"))
    assert not stays_here(at("https://models.example.org"))
    assert not stays_here(Connection(id="anthropic", kind="anthropic"))


async def test_a_model_knows_its_prices_and_the_persons_own_come_first(paths, expect_log):
    expect_log("file of prices")
    paths.data.mkdir(parents=True, exist_ok=True)
    own = '{"models": {"house-model": {"input": 3.0, "output": 15.0, "cache_read": 0.3, "cache_write": 3.75}}}'
    factory = ModelFactory(paths, Keychain())
    connection = Connection(id="s", kind="server", address="http://127.0.0.1:9", model="house-model")
    (paths.data / "prices.json").write_text("nonsense", encoding="utf-8")
    plain = await factory.make(ModelChoice(connection, "house-model"))
    assert plain.info.prices is None
    await factory.forget("s")
    (paths.data / "prices.json").write_text(own, encoding="utf-8")
    model = await factory.make(ModelChoice(connection, "house-model"))
    assert model.info.prices is not None
    await factory.aclose()


@at_the_window
async def test_the_cost_of_the_month_comes_from_the_store(start):
    person = await start(ScriptedModel())
    asked: list[float] = []

    async def cost_since(since: float) -> float:
        asked.append(since)
        return 0.314

    from datetime import datetime

    store = SimpleNamespace(browser=SimpleNamespace(cost_since=cost_since))
    assert await month_cost(store, datetime(2026, 11, 22, 12)) == 0.314
    assert asked == [datetime(2026, 11, 1).timestamp()]
    assert await month_cost(person.store) == 0.0


def test_words_that_waited_through_a_failed_turn_come_before_the_next_ones():
    transcript = Transcript()
    transcript.sent("one", queued=False)
    transcript.apply(committed("one"))
    transcript.sent("two", queued=True)
    transcript.failed(Aborted("Stopped"), "one")
    transcript.sent("three", queued=False)
    for text in ("two", "three"):
        transcript.apply(committed(text))
    said = [(item.text, bool(item.detail.get("queued"))) for item in transcript.items if item.kind == "person"]
    assert said == [("one", False), ("two", False), ("three", False)]


def committed(text: str) -> EntryCommitted:
    return EntryCommitted(entry=Entry(f"e-{text}", 0, "user", [{"type": "text", "text": text}], "x", 1))
