"""The middle column over real sessions: advice that is taken, values that are tried, problems that are fixed."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget

from app.workspace.insight import pace
from engine.blueprint import InsertNode, RemoveNode, SetProperty, make_node
from engine.testing import Reply, ScriptedModel, ToolCall
from tests.app.helpers import Person, at_the_window, until

TALK = "The trees in the park are old, and each of them has a name that only the gardener knows. " * 5
NOTE = Reply(tool_calls=[ToolCall("add_note", {"note": "buy figs"})])

LONG_LIST = {"rows": [{"variable": "notepad", "operator": "has_at_least", "value": 3}]}


def document(person: Person) -> Any:
    return person.desk.bench.agent.model.document


def of_kind(person: Person, kind: str) -> Any:
    return next(node for node in document(person).walk() if node.kind == kind)


async def at_the_front(person: Person) -> None:
    """The window has the keyboard."""
    person.desk.window.activateWindow()
    await until(person.desk.window.isActiveWindow, "the window is active")


def button(root: QWidget, text: str) -> QPushButton:
    return next(b for b in root.findChildren(QPushButton) if b.text().strip() == text and b.isVisibleTo(root))


def order(person: Person) -> list[str]:
    return [node.kind for node in document(person).root.children]


async def noted(start: Any, *more: Any) -> tuple[Person, ScriptedModel]:
    """Small talk, then a note: the section appears above a long conversation."""
    model = ScriptedModel([TALK, NOTE, "Noted.", *more])
    person = await start(model)
    await person.begins("notepad")
    person.page.show_tab("context")
    await person.says("Tell me about trees.")
    await person.says("Please note: buy figs")
    person.desk.bench.insight.now()
    return person, model


@at_the_window
async def test_the_part_that_spoils_the_cache_is_moved_below_the_conversation(start):
    person, model = await noted(start, "Yes.")
    advice = person.page.context.advice
    await until(lambda: "changes often and stands above the conversation" in advice.words(), "advice")
    assert "<b>Section · notepad</b>" in advice.words()
    before = document(person)
    QTest.mouseClick(button(advice, "Move it below the conversation"), Qt.MouseButton.LeftButton)
    assert order(person).index("when") == order(person).index("timeline") + 1
    person.desk.bench.insight.now()
    assert not advice._move.isVisibleTo(advice)
    assert "You changed" in advice.words()
    await person.says("And now?")
    sent = model.calls[-1]
    assert "buy figs" not in sent.system and "- buy figs" in str(sent.messages[-1])
    person.desk.bench.undo()
    assert document(person) == before


@at_the_window
async def test_advice_is_there_again_when_the_session_is_opened_again(start):
    person, _ = await noted(start)
    await person.saved()
    session_id = person.desk.bench.session.id
    await person.closes()
    again = await start(ScriptedModel([]))
    await until(lambda: again.desk.bench.session is not None, "the session is open again")
    assert again.desk.bench.session.id == session_id
    again.page.show_tab("context")
    await until(lambda: "changes often" in again.page.context.advice.words(), "advice from the database")
    cached = [block.cached for part in again.page.context.canvas.parts for block in part.blocks]
    assert True in cached


@at_the_window
async def test_values_are_tried_without_touching_the_session(start):
    person, model = await noted(start, "Yes.")
    page, bench = person.page, person.desk.bench
    state, section = of_kind(person, "state"), of_kind(person, "section")
    QTest.mouseClick(button(page.context, "Try values"), Qt.MouseButton.LeftButton)
    editor: Any = page.context.trying.editor(state.id)
    QTest.keyClicks(editor.focus_target(), "!! ")
    bench.insight.now()
    assert "- !! buy figs" in page.context.request.system
    assert "- buy figs" in bench.insight.request.system
    assert page.tree.canvas.live(section.id).mounted
    editor.rows()[0].wanted.emit(0)
    bench.insight.now()
    assert "<section" not in page.context.request.system
    page.tree.select([section.id])
    assert "notepad is empty" in page.context._note.text()
    await person.says("And now?")
    assert "- buy figs" in model.calls[-1].system
    bench.insight.now()
    assert "<section" not in page.context.request.system, "what is tried stays until it is given up"
    QTest.mouseClick(button(page.context, "Back to the session's values"), Qt.MouseButton.LeftButton)
    bench.insight.now()
    assert "- buy figs" in page.context.request.system
    page.context.trying.editor(state.id)._append()
    bench.new_session()
    assert page.context.trying.values == {}


@at_the_window
async def test_knobs_and_gates_are_tried_with_what_they_are_in_the_session(start):
    person = await start(ScriptedModel(["Hello."]))
    await person.begins("notepad")
    page, bench = person.page, person.desk.bench
    root = document(person).root.id
    for number, node in enumerate(
        (
            make_node("knob", id="level", title="level", type="number", minimum=1, maximum=5, default=2),
            make_node("knob", id="tone", title="tone", type="choice", options=["calm", "glad"], default="calm"),
            make_node("gate", id="gate", title="proof", instructions="Proofread first.", condition=LONG_LIST),
        )
    ):
        bench.agent.model.do(InsertNode(root, number, node))
    await person.says("Hello")
    bench.insight.now()
    assert [page.tree.canvas.live(key).value for key in ("level", "tone", "gate")] == ["2", "calm", "open"]
    page.show_tab("context")
    QTest.mouseClick(button(page.context, "Try values"), Qt.MouseButton.LeftButton)
    assert page.context.trying.values == {}
    assert page.context.trying.editor("level").focus_target().text() == "2"
    box = page.context.trying.editor("gate").focus_target()
    assert [box.itemText(index) for index in range(box.count())] == ["Open", "Closed", "Put off"]
    box.setCurrentIndex(1)
    box.activated.emit(1)
    bench.insight.now()
    assert "Proofread first." in str(page.context.request.messages)
    assert "Proofread first." not in str(bench.insight.request.messages)


@at_the_window
async def test_a_problem_leads_to_its_field_and_all_are_fixed_in_one_step(start):
    person = await start(ScriptedModel([]))
    await person.begins("notepad")
    page, bench = person.page, person.desk.bench
    append, timeline = of_kind(person, "append"), of_kind(person, "timeline")
    bench.agent.model.do(RemoveNode(timeline.id))
    bench.agent.model.do(SetProperty(append.id, "variable", "notepat"))
    broken = document(person)
    await at_the_front(person)
    bench.insight.now()
    assert page.status.problems.text().strip().startswith("1 problem, ")
    page.show_tab("context")
    QTest.mouseClick(page.status.problems, Qt.MouseButton.LeftButton)
    panel = page.problems
    assert panel.isVisible()
    QTest.mouseClick(panel.rows()[0].place, Qt.MouseButton.LeftButton)
    assert page.tab == "properties" and page.form.node_id == append.id
    row = page.form.row("variable")
    assert row.editor.focus_target().hasFocus()
    QTest.mouseClick(panel._fix_all, Qt.MouseButton.LeftButton)
    bench.insight.now()
    assert page.status.problems.text().strip() == "No problems"
    assert "timeline" in order(person)
    bench.undo()
    assert document(person) == broken
    QTest.keyClick(panel, Qt.Key.Key_Escape)
    assert panel.isHidden()
    await until(page.status.problems.hasFocus, "the keyboard is where the list was opened")
    page.show_problems()
    page.show_problems()
    assert panel.isHidden()


@at_the_window
async def test_one_fix_and_one_that_is_not_possible_any_more(start):
    person = await start(ScriptedModel([]))
    await person.begins("notepad")
    bench, append = person.desk.bench, of_kind(person, "append")
    bench.agent.model.do(SetProperty(append.id, "variable", "notepat"))
    bench.insight.now()
    problem = next(one for one in bench.insight.problems if one.node_id == append.id)
    person.page.problems.begin()
    bench.middle._fix(problem)
    assert document(person).node(append.id).props["variable"] == "notepad"
    bench.agent.model.do(RemoveNode(append.id))
    bench.middle._fix(problem)
    assert append.id not in document(person)


@at_the_window
async def test_several_nodes_are_switched_off_from_the_form(start):
    person = await start(ScriptedModel([]))
    await person.begins("notepad")
    page = person.page
    ids = [of_kind(person, "when").id, of_kind(person, "timeline").id]
    page.tree.select(ids)
    assert page.form.node_id is None
    QTest.mouseClick(button(page.form, "Switch off"), Qt.MouseButton.LeftButton)
    assert [document(person).node(key).enabled for key in ids] == [False, False]
    QTest.mouseClick(button(page.form, "Timeline"), Qt.MouseButton.LeftButton)
    assert page.form.node_id == ids[1]


@at_the_window
async def test_folded_parts_of_the_context_are_remembered(start):
    person = await start(ScriptedModel([]))
    await person.begins("notepad")
    person.page.show_tab("context")
    person.page.context.canvas.set_folded("tools", True)
    person.page.context.canvas.set_folded("absent", False)
    await person.closes()
    again = await start(ScriptedModel([]))
    assert again.page.context.canvas.folded == ["tools"]


@at_the_window
async def test_a_click_in_the_context_selects_the_node_in_the_tree(start):
    person, _ = await noted(start)
    person.page.context.node_clicked.emit(of_kind(person, "tool").id)
    assert person.page.tree.selected() == [of_kind(person, "tool").id]


def test_long_rounds_leave_time_for_the_person() -> None:
    assert [pace(seconds, 30) for seconds in (0.005, 0.04, 2)] == [30, 120, 400]


@at_the_window
async def test_a_when_says_which_of_its_branches_is_there(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    when = of_kind(person, "when")
    canvas, insight = person.page.tree.canvas, person.desk.bench.insight

    def condition() -> Any:
        insight.now()
        return canvas.live(when.id).condition

    assert condition() is False
    other = make_node("otherwise", make_node("section", title="empty", text="Nothing yet."), id="other")
    person.desk.bench.agent.model.do(InsertNode(when.id, 1, other))
    assert condition() is False, "the other branch is there"
    person.desk.bench.agent.model.do(SetProperty(when.id, "condition", {"expression": "1 == 1"}))
    assert condition() is True


@at_the_window
async def test_a_round_that_is_under_way_does_not_take_edits_in_half(start):
    person = await start(ScriptedModel([]))
    await person.begins("notepad")
    bench = person.desk.bench
    insight = bench.insight
    insight.now()
    section = of_kind(person, "section")
    insight._look()
    insight._looking._work.send(None)  # as far as the first part
    bench.agent.model.do(RemoveNode(section.id))
    bench.agent.model.do(InsertNode(document(person).root.id, 0, make_node("system", id="late", text="Come late.")))
    insight._looking.finish()
    assert "Come late." not in insight.request.system
    insight.now()
    assert "Come late." in insight.request.system
    assert person.page.tree.canvas.live("late").mounted


@at_the_window
async def test_another_session_ends_the_round_that_tells_of_the_one_before(start):
    person = await start(ScriptedModel([]))
    await person.begins("notepad")
    insight = person.desk.bench.insight
    insight.now()
    for change in (lambda: insight.set_session(None), lambda: insight.set_agent(person.desk.bench.agent)):
        insight._look()
        insight.check()
        assert insight._looking.busy
        change()
        assert not (insight._looking.busy or insight._checking.busy)
        insight.now()
        assert insight.request is not None
