"""Agents from files: shown before they can do anything, whichever way they come; refused with place and reason."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.library import Library
from app.window.drop_files import DropFiles, agent_files
from engine.blueprint import AgentDocument, Node, dump_document, make_node
from engine.blueprint.reach import capabilities
from engine.permissions import StoredPermissions
from tests.app.helpers import Person, at_the_window, until
from tests.engine.blueprint.builders import agent, notepad
from widgets.permissions import ConsentDialog


def searcher(name: str = "Searcher") -> AgentDocument:
    """An agent that would look through sessions and have the web searched."""
    return agent(
        make_node("provider_tool", id="web", tool="web_search"),
        make_node("tool", make_node("search_sessions", id="find", query="x"), id="tool", title="Find"),
        Node("new", "unknown", {"kind": "hologram", "props": {"size": 1}}),
        make_node("timeline", id="time"),
        name=name,
    )


def written(path: Path, document: AgentDocument) -> Path:
    path.write_text(dump_document(document), encoding="utf-8")
    return path


def dialogs() -> list[ConsentDialog]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, ConsentDialog) and w.isVisible()]


async def asked() -> ConsentDialog:
    return await until(lambda: next(iter(dialogs()), None), "the question what it may do")


async def allowed(person: Person) -> list[str]:
    return [found.sentence for found in await StoredPermissions(person.store.grants).list()]


@at_the_window
async def test_an_agent_shows_what_it_may_do_and_gets_what_is_ticked(start, tmp_path):
    person = await start()
    person.desk.documents.imports.take([written(tmp_path / "a.bough.json", searcher())])
    dialog = await asked()
    assert [line.row.sentence for line in dialog.lines] == [c.sentence for _, c in capabilities(searcher())]
    assert dialog.lines[1].row.part == "Tool · Find · Search sessions"
    assert "hologram" in dialog.unknown.text()
    assert await person.store.agents.list() == []
    dialog.lines[0].box.click()
    QTest.mouseClick(dialog.allow, Qt.MouseButton.LeftButton)
    await until(lambda: person.desk.window.page == "workspace", "the agent")
    assert await allowed(person) == [dialog.lines[0].row.sentence]
    front = person.desk.bench.agent.id
    assert (await StoredPermissions(person.store.grants).list())[0].agent_id == front


@at_the_window
async def test_looking_first_and_cancelling(start, tmp_path):
    person = await start()
    first, second = (written(tmp_path / f"{name}.json", searcher(name)) for name in ("Searcher", "Other"))
    person.desk.documents.imports.take([first, second])
    dialog = await asked()
    dialog.all.click()
    QTest.mouseClick(dialog.look, Qt.MouseButton.LeftButton)
    other = await until(lambda: next((d for d in dialogs() if d is not dialog), None), "the question for the second")
    QTest.mouseClick(other.cancel, Qt.MouseButton.LeftButton)
    await until(lambda: person.desk.window.page == "workspace", "the first")
    assert await allowed(person) == []
    assert [row.name for row in await person.store.agents.list()] == ["Searcher"]


@at_the_window
async def test_a_round_trip_gives_the_same_bytes(start, tmp_path):
    person = await start()
    path = written(tmp_path / "a.bough.json", searcher())
    person.desk.documents.imports.take([path])
    dialog = await asked()
    QTest.mouseClick(dialog.look, Qt.MouseButton.LeftButton)
    await until(lambda: person.desk.bench.agent is not None, "the agent")
    loaded = await Library(person.store).load(person.desk.bench.agent.id)
    assert dump_document(loaded.history.document) == path.read_text(encoding="utf-8")


@at_the_window
async def test_an_agent_that_can_do_nothing_outside_opens_at_once(start, tmp_path):
    person = await start(open_file=str(written(tmp_path / "a.bough.json", notepad())))
    await until(lambda: person.desk.window.page == "workspace", "the agent")
    assert person.desk.bench.agent.name == "Notepad assistant"
    assert not dialogs()


@at_the_window
async def test_the_same_file_again_opens_the_agent_that_is_there(start, tmp_path):
    path = written(tmp_path / "a.bough.json", notepad())
    person = await start()
    first = await person.desk.documents.imports.import_file(path)
    assert await person.desk.documents.imports.import_file(path) == first
    assert len(await person.store.agents.list()) == 1
    toast = person.desk.notify.toasts.open_toasts[-1]
    assert toast.record.text == "You have this agent already: “Notepad assistant”."
    toast.action.click()
    await until(lambda: person.desk.bench.agent and person.desk.bench.agent.name == "Notepad assistant 2", "a copy")


@at_the_window
async def test_a_double_click_asks_too(start, tmp_path):
    person = await start(open_file=str(written(tmp_path / "a.bough.json", searcher())))
    dialog = await asked()
    assert person.desk.window.page == "agents"
    QTest.mouseClick(dialog.cancel, Qt.MouseButton.LeftButton)
    await until(lambda: not dialogs(), "gone")
    assert await person.store.agents.list() == []


@at_the_window
async def test_a_broken_file_is_refused_with_place_and_reason(start, tmp_path, expect_log):
    expect_log("could not be imported")
    person = await start()
    path = written(tmp_path / "a.bough.json", notepad())
    path.write_text(path.read_text(encoding="utf-8").replace('"notepad"', "7"), encoding="utf-8")
    assert await person.desk.documents.imports.import_file(path) is None
    said = person.desk.notify.toasts.history[-1].text
    assert "This is not an agent that Bough can read." in said
    assert "root.children[1].props.title" in said
    (tmp_path / "folder.json").mkdir()
    assert await person.desk.documents.imports.import_file(tmp_path / "folder.json") is None
    assert "could not be used: is a directory." in person.desk.notify.toasts.history[-1].text
    assert await person.desk.documents.imports.import_file(tmp_path / "missing.json") is None
    assert "is not there" in person.desk.notify.toasts.history[-1].text


def drop(window, event_type, data: QMimeData):
    kinds = {QEvent.Type.DragEnter: QDragEnterEvent, QEvent.Type.Drop: QDropEvent}
    place = QPointF(50, 50) if event_type == QEvent.Type.Drop else QPoint(50, 50)
    event = kinds[event_type](
        place, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    event.ignore()
    QApplication.sendEvent(window, event)
    return event.isAccepted()


@at_the_window
async def test_a_file_dropped_onto_the_window_goes_the_same_way(start, tmp_path):
    person = await start()
    window = person.desk.window
    hint = window.findChild(DropFiles).hint
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(written(tmp_path / "a.bough.json", searcher())))])
    assert drop(window, QEvent.Type.DragEnter, data)
    assert hint.isVisible()
    hint.grab()
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not hint.isVisible()
    assert drop(window, QEvent.Type.DragEnter, data)
    assert drop(window, QEvent.Type.Drop, data)
    assert not hint.isVisible()
    dialog = await asked()
    QTest.mouseClick(dialog.cancel, Qt.MouseButton.LeftButton)
    await until(lambda: not dialogs(), "gone")
    other = QMimeData()
    other.setUrls([QUrl.fromLocalFile(str(tmp_path / "picture.png")), QUrl("https://example.org/a.json")])
    assert agent_files(other) == []
    assert not drop(window, QEvent.Type.DragEnter, other)
