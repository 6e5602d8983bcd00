"""An agent edited while its session is open: the next turn uses it, state is kept, and what is lost is said."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.workspace.dropped import Lost, lost_values, may_drop, words
from app.workspace.live import last_calls
from engine.blueprint import AgentDocument, Batch, InsertNode, RemoveNode, SetProperty, make_node
from engine.events import StateChanged
from engine.testing import Reply, ScriptedModel, ToolCall
from tests.app.helpers import Person, at_the_window, until


def document(person: Person) -> Any:
    return person.desk.bench.agent.model.document


def of_kind(person: Person, kind: str) -> Any:
    return next(node for node in document(person).walk() if node.kind == kind)


def fill(person: Person, name: str, text: str) -> None:
    """Type into a field of the form, over what is there."""
    field = person.page.form.row(name).editor.focus_target()
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)


def toasts(person: Person) -> list[Any]:
    return [toast for toast in person.desk.notify.toasts.open_toasts if "loses" in toast.record.text]


async def noted(start: Any) -> tuple[Person, ScriptedModel]:
    """The notepad assistant in whose session "buy figs" was noted."""
    model = ScriptedModel(
        [Reply(tool_calls=[ToolCall("add_note", {"note": "buy figs"})]), "Noted.", "Figs.", "Figs.", "Figs."]
    )
    person = await start(model)
    await person.begins("notepad")
    await person.says("Please note: buy figs")
    return person, model


@at_the_window
async def test_the_next_turn_uses_the_edit_and_keeps_the_state(start):
    person, model = await noted(start)
    agent = person.desk.bench.agent
    system = of_kind(person, "system")
    person.page.tree.select([system.id])
    fill(person, "text", "You are a pirate with a notepad.")
    agent.model.do(InsertNode(document(person).root.id, 1, make_node("section", id="extra", title="Tide", text="low")))
    await person.says("What is on it?")
    sent = model.calls[-1].system
    assert "You are a pirate" in sent and "low" in sent and "buy figs" in sent
    assert not toasts(person)
    canvas = person.page.tree.canvas
    state = of_kind(person, "state")
    await until(lambda: canvas.live(state.id).value == "1 item" and canvas.live("extra").mounted, "live cards")


@at_the_window
async def test_cards_say_the_last_call_the_count_and_why_something_is_not_sent(start):
    person = await start(ScriptedModel([Reply(tool_calls=[ToolCall("add_note", {"note": "buy figs"})]), "Noted."]))
    await person.begins("notepad")
    canvas, tool, section = person.page.tree.canvas, of_kind(person, "tool"), of_kind(person, "section")
    await until(lambda: canvas.live(section.id) and canvas.live(section.id).mounted is False, "the section is dimmed")
    assert canvas.live(section.id).reason == "notepad is empty."
    assert canvas.look_of(canvas.layout_.placed(section.id)).summary == "not sent: notepad is empty"
    await person.says("Please note: buy figs")
    await until(lambda: canvas.live(tool.id).last, "the last call")
    assert (canvas.live(tool.id).last, canvas.live(tool.id).calls) == ("buy figs → Noted.", 1)
    assert canvas.live(section.id).tokens


@at_the_window
async def test_an_edit_that_drops_state_is_told_and_can_be_taken_back(start):
    person, model = await noted(start)
    agent, state = person.desk.bench.agent, of_kind(person, "state")
    person.page.tree.select([state.id])
    person.desk.window.actions_.run("edit.delete")
    [toast] = toasts(person)
    assert toast.record.text == "The session loses what notepad held: 1 item."
    QTest.mouseClick(toast.action, Qt.MouseButton.LeftButton)
    assert state.id in document(person) and not toasts(person)
    await person.says("What is on it?")
    assert "buy figs" in model.calls[-1].system
    person.page.tree.select([state.id])
    person.desk.window.actions_.run("edit.delete")
    assert toasts(person)
    agent.model.do(SetProperty(document(person).root.id, "description", "Another edit"))
    assert not toasts(person)  # its Undo would take back something else


@at_the_window
async def test_state_that_comes_back_after_a_turn_without_it(start):
    person, model = await noted(start)
    agent, state = person.desk.bench.agent, of_kind(person, "state")
    when = of_kind(person, "when")
    agent.model.do(RemoveNode(when.id))
    agent.model.do(RemoveNode(state.id))
    agent.model.undo()
    agent.model.undo()
    assert not toasts(person)
    agent.model.do(InsertNode(document(person).root.id, 0, make_node("system", id="x", text="y")))
    agent.model.undo()
    agent.model.redo()
    agent.model.undo()
    agent.model.redo()
    agent.model.do(RemoveNode(state.id))
    agent.model.undo()
    agent.model.redo()
    [toast] = toasts(person)  # doing it again loses it again, and Undo takes that back
    QTest.mouseClick(toast.action, Qt.MouseButton.LeftButton)
    assert state.id in document(person)
    await person.says("What is on it?")
    assert "buy figs" in model.calls[-1].system
    event = StateChanged(path=f"/node:{state.id}", reason="the component has fewer stateful hooks than before")
    person.desk.bench.dropped.happened(event)
    said = person.desk.notify.toasts.open_toasts[-1].record.text
    assert said == "State variable · notepad starts anew: what it held before does not fit it any more."


def test_only_edits_that_can_drop_something_are_looked_into():
    rename, drop = SetProperty("s", "title", "x"), RemoveNode("s")
    assert not may_drop(rename) and may_drop(drop) and may_drop(SetProperty("s", "type", "list"))
    assert may_drop(Batch((rename, drop))) and not may_drop(Batch((rename,)))


def test_what_an_edit_drops():
    state = make_node("state", id="s", title="count", type="number", initial=0)
    before = AgentDocument(make_node("agent", state, id="root"))
    gone = AgentDocument(make_node("agent", id="root"))
    words_now = AgentDocument(make_node("agent", make_node("state", id="s", title="count", type="yes_no"), id="root"))
    text = AgentDocument(make_node("agent", make_node("state", id="s", title="count", type="text"), id="root"))
    assert lost_values(before, gone, {"s": 3}) == [Lost("count", "3")]
    assert lost_values(before, gone, {"s": 0}) == []  # it never held anything else
    assert lost_values(before, before, {"s": 3}) == []
    assert lost_values(before, text, {"s": 3}) == []  # "3" is a text
    assert lost_values(before, words_now, {"s": 3}) == [Lost("count", "3")]
    several = [Lost(f"v{n}", "1 item") for n in range(5)]
    assert words(several) == "The session loses the values of v0 (1 item), v1 (1 item), v2 (1 item) and 2 more."


def test_the_last_call_in_words():
    class Entry:
        def __init__(self, *content: Any) -> None:
            self.content = content

    use = {"type": "tool_use", "id": "1", "name": "add", "input": {"a": 1, "b": "two\nlines"}}
    result = {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "Done. " * 40}]}
    [(name, said)] = last_calls([Entry(use), Entry(result)]).items()
    assert name == "add" and said.startswith("a: 1, b: two lines → Done. Done.") and said.endswith("…")
    assert last_calls([Entry({"type": "tool_use", "id": "2", "name": "x", "input": {"q": "figs"}})]) == {"x": "figs"}
