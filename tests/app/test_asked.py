"""In the window: what the agent asks is answered on its card; messages with files, and messages said otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from engine.blueprint import InsertNode, make_node
from engine.testing import Reply, ScriptedModel, ToolCall
from tests.app.helpers import Person, at_the_window, until
from widgets.chat import ChatItem
from widgets.chat.asking import ApprovalRow, PermissionRow, QuestionRow
from widgets.chat.offered import image_bytes
from widgets.chat.rows import AgentRow, PersonRow

LEFT = Qt.MouseButton.LeftButton


def tool(*steps: Any, **props: Any) -> Any:
    return make_node("tool", *steps, title="Act", description="Act", **props)


async def insert(person: Person, node: Any) -> None:
    document = person.desk.bench.agent.model
    document.do(InsertNode(document.document.root.id, 0, node))


async def card(person: Person, kind: str, status: str = "waiting") -> tuple[ChatItem, Any]:
    """The newest card of a kind, once it is there and on screen."""

    def found() -> Any:
        items = [item for item in person.chat if item.kind == kind and item.status == status]
        row = person.page.chat.transcript.row(items[-1].id) if items else None
        return (items[-1], row) if row is not None else None

    return await until(found, f"a {kind} that is {status}")


def acts(*rest: Any) -> ScriptedModel:
    return ScriptedModel([Reply(tool_calls=[ToolCall("act", {})]), *rest])


@at_the_window
async def test_a_question_is_answered_with_a_button_on_its_card(start):
    person = await start(acts("Good."))
    await person.begins("blank")
    ask = make_node("ask", question="Which day?", answers="choice", choices=["Monday", "Tuesday"])
    await insert(person, tool(ask, make_node("reply", text="{{ answer }}")))
    await person.says("go", wait=False)
    item, row = await card(person, "question")
    assert isinstance(row, QuestionRow) and item.title == "Which day?"
    QTest.mouseClick(row.choice_buttons[1], LEFT)
    await until(person.idle, "the end of the turn")
    result = next(shown for shown in person.chat if shown.kind == "tool")
    assert result.detail["result"] == "Tuesday" and person.texts("agent") == ["Good."]
    assert next(shown for shown in person.chat if shown.kind == "question").detail["answer"] == "Tuesday"


@at_the_window
async def test_a_question_that_was_open_is_there_after_a_restart_and_its_answer_goes_on(start):
    model = acts("Good.")
    person = await start(model)
    await person.begins("blank")
    await insert(person, tool(make_node("ask", question="Which day?"), make_node("reply", text="{{ answer }}")))
    await person.says("go", wait=False)
    await card(person, "question")
    await person.saved()
    await person.closes()
    again = await start(model)
    await until(lambda: again.desk.bench.session is not None, "the session")
    _, row = await card(again, "question")
    assert isinstance(row, QuestionRow)
    QTest.keyClicks(row.words, "Friday")
    QTest.keyClick(row.words, Qt.Key.Key_Return)
    await until(lambda: again.texts("agent") == ["Good."], "the rest of the turn")
    await until(again.idle, "the end of the turn")
    assert "Friday" in str(model.calls[-1].messages)


@at_the_window
async def test_a_permission_is_given_for_this_agent_for_good(start, tmp_path: Path):
    (tmp_path / "a.txt").write_text("figs", encoding="utf-8")
    person = await start(acts("ok", Reply(tool_calls=[ToolCall("act", {})]), "again"))
    await person.begins("blank")
    await insert(person, tool(make_node("read_file", folder=str(tmp_path), path="a.txt"), make_node("reply", text="x")))
    await person.says("go", wait=False)
    item, row = await card(person, "permission")
    assert isinstance(row, PermissionRow) and str(tmp_path) in item.title
    QTest.mouseClick(row.always_button, LEFT)
    await until(person.idle, "the end of the turn")
    await person.says("again")
    assert len([shown for shown in person.chat if shown.kind == "permission"]) == 1


@at_the_window
async def test_a_tool_runs_with_what_the_person_made_of_its_input(start):
    model = ScriptedModel([Reply(tool_calls=[ToolCall("act", {"note": "figs"})]), "ok"])
    person = await start(model)
    await person.begins("blank")
    step = make_node("reply", text="Did {{ note }}")
    await insert(person, tool(step, inputs=[{"title": "note"}], ask_first=True))
    await person.says("go", wait=False)
    _, row = await card(person, "approval")
    assert isinstance(row, ApprovalRow)
    QTest.mouseClick(row.change_button, LEFT)
    field = next(iter(row.editor._fields.values()))
    field.setText("plums")
    QTest.mouseClick(row.once_button, LEFT)
    await until(person.idle, "the end of the turn")
    assert next(shown for shown in person.chat if shown.kind == "tool").detail["result"] == "Did plums"


def picture() -> QImage:
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(0x336699)
    return image


@at_the_window
async def test_files_go_along_with_a_message_and_what_cannot_is_said(start, tmp_path: Path):
    (tmp_path / "list.txt").write_text("figs and tea", encoding="utf-8")
    (tmp_path / "odd.bin").write_bytes(b"\0\1")
    model = ScriptedModel(default="I see.")
    person = await start(model)
    await person.begins("blank")
    chat = person.page.chat
    chat.files_offered.emit([str(tmp_path / "list.txt"), str(tmp_path / "odd.bin")])
    await until(lambda: chat.composer.files.chips, "the file")
    assert "cannot be attached" in chat.composer.files_note.text()
    pasted = QMimeData()
    pasted.setImageData(picture())
    chat.composer.field.insertFromMimeData(pasted)
    await until(lambda: len(chat.composer.files.chips) == 2, "the picture")
    chat.composer.field.insertFromMimeData(pasted)
    assert [chip.file.name for chip in chat.composer.files.chips][1:] == ["Picture 1", "Picture 2"]
    QTest.mouseClick(chat.composer.files.chips[2].remove_button, LEFT)
    await person.says("Look at these")
    document, image, words = model.calls[0].messages[-1]["content"]
    assert (document["title"], document["source"]["data"]) == ("list.txt", "figs and tea")
    assert image["source"]["media_type"] == "image/png" and words["text"] == "Look at these"
    assert chat.composer.files.chips == []
    first = next(item for item in person.chat if item.kind == "person")
    assert [file.name for file in first.detail["files"]] == ["list.txt", "Picture 1"]
    chat.acted.emit(first.id, "edit")
    assert [chip.file.name for chip in chat.composer.files.chips] == ["list.txt", "Picture 1"]
    chat.edit_cancelled.emit()
    chat.image_offered.emit(b"")
    assert "is empty" in chat.composer.files_note.text()


@at_the_window
async def test_an_earlier_message_is_said_otherwise_in_a_copy(start):
    model = ScriptedModel(["Hello Ryan.", "Figs.", "Hello Ada."])
    person = await start(model)
    await person.begins("notepad")
    await person.says("My name is Ryan.")
    await person.says("What is in my bag?")
    bench = person.desk.bench
    before = bench.session.id
    second = [item for item in person.chat if item.kind == "person"][1]
    row = await until(lambda: person.page.chat.transcript.row(second.id), "the row")
    assert isinstance(row, PersonRow)
    QTest.mouseClick(row.edit_button, LEFT)
    assert person.page.chat.draft == "What is in my bag?" and person.page.chat.composer.editing.isVisible()
    QTest.keyClick(person.page.chat.composer.field, Qt.Key.Key_Escape)
    assert person.page.chat.draft == ""
    QTest.mouseClick(row.edit_button, LEFT)
    person.page.chat.draft = ""
    await person.says("Who am I?", wait=False)
    await until(lambda: bench.session is not None and bench.session.id != before and person.idle(), "the copy")
    await until(lambda: person.texts("agent") == ["Hello Ryan.", "Hello Ada."], "the answer in the copy")
    assert person.texts("person") == ["My name is Ryan.", "Who am I?"]
    assert "What is in my bag?" not in str(model.calls[-1].messages)
    await person.desk.bench.open_session(before)
    assert person.texts("person") == ["My name is Ryan.", "What is in my bag?"]


@at_the_window
async def test_the_first_message_said_otherwise_begins_a_new_session(start):
    model = ScriptedModel(["Hello Ryan.", "Hello Ada."])
    person = await start(model)
    await person.begins("notepad")
    await person.says("My name is Ryan.")
    bench, first = person.desk.bench, next(item for item in person.chat if item.kind == "person")
    before = bench.session.id
    person.page.chat.acted.emit(first.id, "edit")
    person.page.chat.draft = ""
    await person.says("My name is Ada.", wait=False)
    await until(lambda: person.texts("agent") == ["Hello Ada."], "the answer")
    assert bench.session.id != before and person.texts("person") == ["My name is Ada."]


@at_the_window
async def test_a_turn_runs_again_without_a_message(start):
    person = await start(ScriptedModel(["One.", "Two."]))
    await person.begins("blank")
    await person.says("Count")
    reply = [item for item in person.chat if item.kind == "agent"][-1]
    row = await until(lambda: person.page.chat.transcript.row(reply.id), "the row")
    assert isinstance(row, AgentRow)
    QTest.mouseClick(row.again_button, LEFT)
    await until(lambda: person.texts("agent") == ["One.", "Two."], "the next reply")
    assert person.texts("person") == ["Count"]
    assert image_bytes(QMimeData()) == b""


@at_the_window
async def test_which_session_waits_for_an_answer_is_told_when_another_one_comes_to_the_front(start):
    person = await start(acts("Good."))
    await person.begins("blank")
    await insert(person, tool(make_node("ask", question="Which day?"), make_node("reply", text="{{ answer }}")))
    await person.says("go", wait=False)
    await card(person, "question")
    bench, line = person.desk.bench, person.page.chat.running_line
    waiting = bench.session.id
    await until(lambda: "Waiting for your answer" in line.text.text(), line.text.text)
    bench.new_session()
    assert not bench.chat._asks
    await bench.open_session(waiting)
    assert "Waiting for your answer" in line.text.text()


@at_the_window
async def test_an_agent_is_deleted_while_it_waits_for_an_answer(start):
    person = await start(acts("Good."))
    await person.begins("blank")
    await insert(person, tool(make_node("ask", question="Which day?"), make_node("reply", text="{{ answer }}")))
    await person.says("go", wait=False)
    await card(person, "question")
    bench = person.desk.bench
    await bench.drop_agent(bench.agent.id)
    assert (bench.agent, bench.session, bench.agents) == (None, None, {})
