"""The reference agent built by hand from the blank one, with palette, forms and keys, then talked to."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractItemView, QLineEdit

from engine.testing import Reply, ScriptedModel, ToolCall
from tests.app.helpers import Person, at_the_window, until


def document(person: Person) -> Any:
    return person.desk.bench.agent.model.document


def of_kind(person: Person, kind: str) -> Any:
    return next(node for node in document(person).walk() if node.kind == kind)


async def add(person: Person, kind: str, search: str, *, inside: str | None = None) -> Any:
    """Open the palette, type what is looked for, press Enter."""
    before = {node.id for node in document(person).walk()}
    if inside is not None:
        person.page.tree.select([inside])
    person.desk.window.actions_.run("edit.add")
    panel = person.page.tree.palette_panel
    field = next(child for child in panel.findChildren(QLineEdit) if child.isVisibleTo(panel))
    field.clear()
    QTest.keyClicks(field, search)
    QTest.keyClick(field, Qt.Key.Key_Return)
    await until(lambda: any(node.id not in before for node in document(person).walk()), f"a new {kind}")
    made = next(node for node in document(person).walk() if node.id not in before)
    assert made.kind == kind, [view.objectName() for view in panel.findChildren(QAbstractItemView)]
    person.page.tree.select([made.id])
    person.page.show_tab("properties")
    return made


def fill(person: Person, name: str, text: str) -> None:
    """Type into a field of the form."""
    row = person.page.form.row(name)
    target = row.editor.focus_target()
    target.setFocus()
    if hasattr(target, "selectAll"):
        target.selectAll()
    QTest.keyClicks(target, text)


@at_the_window
async def test_the_reference_agent_from_blank(start):
    model = ScriptedModel([Reply(tool_calls=[ToolCall("add_note", {"note": "buy figs"})]), "Noted.", "Figs."])
    person = await start(model)
    await person.begins("blank")
    root = document(person).root.id
    system = of_kind(person, "system")
    person.page.tree.select([system.id])
    fill(person, "text", "You are an assistant with a notepad.")
    state = await add(person, "state", "state", inside=system.id)
    person.desk.bench.agent.model.do(_set(state.id, "title", "notepad"))
    person.desk.bench.agent.model.do(_set(state.id, "type", "list"))
    tool = await add(person, "tool", "tool", inside=state.id)
    person.desk.bench.agent.model.do(_set(tool.id, "title", "Add note"))
    person.desk.bench.agent.model.do(_set(tool.id, "description", "Add a note"))
    person.desk.bench.agent.model.do(_set(tool.id, "inputs", [{"title": "note", "type": "text"}]))
    for step in of_kind(person, "tool").children:
        person.page.tree.select([step.id])
        person.desk.window.actions_.run("edit.delete")
    append = await add(person, "append", "append", inside=tool.id)
    person.desk.bench.agent.model.do(_set(append.id, "variable", "notepad"))
    person.desk.bench.agent.model.do(_set(append.id, "value", "{{ note }}"))
    reply = await add(person, "reply", "reply", inside=append.id)
    person.desk.bench.agent.model.do(_set(reply.id, "text", "Noted."))
    when = await add(person, "when", "when", inside=tool.id)
    person.desk.bench.agent.model.do(
        _set(when.id, "condition", {"rows": [{"variable": "notepad", "operator": "is_not_empty"}], "match": "all"})
    )
    section = await add(person, "section", "section", inside=when.id)
    person.desk.bench.agent.model.do(_set(section.id, "title", "notepad"))
    person.desk.bench.agent.model.do(_set(section.id, "each", "notepad"))
    person.desk.bench.agent.model.do(_set(section.id, "text", "- {{ item }}"))
    assert document(person).root.id == root
    await person.saved()
    person.desk.bench.insight.work()
    assert not [p for p in person.desk.bench.insight.problems if p.severity == "error"]

    await person.says("Please note: buy figs")
    await person.says("What is on it?")
    assert "buy figs" in model.calls[-1].system
    tools = model.calls[0].tools
    assert [tool["name"] for tool in tools] == ["add_note"]
    await person.closes()

    person = await start(model)
    await until(lambda: person.desk.bench.agent is not None)
    assert "buy figs" in str(person.desk.bench.session.session.inspect()["state"])
    actions = person.desk.window.actions_
    while person.desk.bench.agent.model.can_undo:
        actions.run("edit.undo")
    assert {node.kind for node in document(person).walk()} == {"agent", "system", "timeline"}
    while person.desk.bench.agent.model.can_redo:
        actions.run("edit.redo")
    assert {"state", "tool", "append", "reply", "when", "section"} <= {node.kind for node in document(person).walk()}


def _set(node_id: str, name: str, value: Any) -> Any:
    from engine.blueprint.edits import SetProperty

    return SetProperty(node_id, name, value)


@at_the_window
async def test_edits_while_a_session_is_open_apply_from_the_next_turn(start):
    model = ScriptedModel(["one", "two"])
    person = await start(model)
    await person.begins("notepad")
    await person.says("first")
    person.desk.bench.agent.model.do(_set(of_kind(person, "system").id, "text", "Speak like a pirate."))
    await person.says("second")
    assert "pirate" not in model.calls[0].system
    assert "pirate" in model.calls[1].system
    assert "first" in str(model.calls[1].messages)


@at_the_window
async def test_what_the_model_sees_is_what_the_model_gets(start):
    model = ScriptedModel(["one"])
    person = await start(model)
    await person.begins("notepad")
    person.page.chat.draft = "My name is Ryan."
    person.desk.bench.insight.work()
    shown = person.desk.bench.insight.request
    person.page.chat.draft = ""
    await person.says("My name is Ryan.")
    sent = model.calls[0]
    assert shown.system == sent.system
    assert [(m["role"], _words(m)) for m in shown.messages] == [(m["role"], _words(m)) for m in sent.messages]
    assert [tool["name"] for tool in shown.tools] == [tool["name"] for tool in sent.tools]


def _words(message: dict[str, Any]) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(str(block.get("text", "")) for block in content)


@at_the_window
async def test_undo_in_a_text_field_is_the_fields_own(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    person.desk.bench.rename_agent("Renamed")
    field = person.page.chat.composer.field
    person.desk.window.activateWindow()
    await until(person.desk.window.isActiveWindow, "the window is active")
    field.setFocus()
    QTest.keyClicks(field, "abc")
    person.desk.window.actions_.run("edit.undo")
    assert person.desk.bench.agent.name == "Renamed"
    assert field.toPlainText() == ""
    person.page.tree.focus_tree()
    person.desk.window.actions_.run("edit.undo")
    assert person.desk.bench.agent.name == "Notepad assistant"


@at_the_window
async def test_a_problem_is_told_with_a_fix(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    append = of_kind(person, "append")
    person.desk.bench.agent.model.do(_set(append.id, "variable", "nothing_like_it"))
    person.desk.bench.insight.work()
    assert "problem" in person.page.status.problems.text()
    problem = next(p for p in person.desk.bench.insight.problems if p.node_id == append.id)
    assert problem.text
    person.desk.bench._edit_node(append.id)
    assert person.page.form.node_id == append.id
