"""The page of permissions: everything that is allowed in plain words, taken back with effect at the next call."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from app.permissions import list_allowed
from engine.blueprint import dump_document, make_node
from engine.errors import StoreError
from engine.permissions import Capability, StoredPermissions
from engine.persistence import Commit
from engine.testing import Reply, ScriptedModel, ToolCall
from tests.app.helpers import Person, at_the_window, until
from tests.app.test_asked import card
from tests.engine.blueprint.builders import agent
from tests.widgets.themed import nameless, unreachable
from widgets.permissions import ConsentDialog

WEB = Capability("http", {"host": "example.org"}, "Fetch from example.org")
NOTES = Capability("read_folder", {"folder": "/notes"}, "Read files in /notes")


def named(page, words: str) -> QPushButton:
    return next(b for b in page.findChildren(QPushButton) if b.accessibleName() == words and b.isVisible())


async def page_of(person: Person):
    person.desk.go("settings")
    page = person.desk.documents.permissions.page
    person.desk.settings.page.asked.emit("permissions.show", "")
    await until(lambda: person.desk.window.page == "permissions", "the page")
    return page


@at_the_window
async def test_all_grants_stand_by_agent_and_one_is_taken_back_with_undo(start):
    person = await start()
    await person.begins("notepad")
    agent = person.desk.bench.agent.id
    permissions = StoredPermissions(person.store.grants)
    for capability in (WEB, NOTES):
        await permissions.allow(agent, capability)
    await permissions.allow("file_1", WEB)
    await permissions.allow("content:1f", NOTES)
    await permissions.allow("gone", WEB)
    await person.store.grants.set("something else", True)
    page = await page_of(person)
    await until(lambda: len(page.ids()) == 5, "five")
    assert [group.agent for group in page._groups] == [
        "Notepad assistant",
        "An agent that was run from a file",
        "An agent that was run from a file",
        "An agent that is not here any more",
    ]
    assert {line.sentence for line in page._groups[0].lines} == {WEB.sentence, NOTES.sentence}
    assert page._groups[0].lines[0].when.startswith("allowed ")
    assert not nameless(page)
    assert not unreachable(page)
    QTest.mouseClick(named(page, "Take back: Read files in /notes"), Qt.MouseButton.LeftButton)
    await until(lambda: len(page.ids()) == 4, "one is gone")
    assert not await permissions.allows(agent, NOTES)
    assert await permissions.allows(agent, WEB)
    toasts = person.desk.notify.toasts
    assert toasts.history[-1].text == "Notepad assistant has to ask again: Read files in /notes."
    toasts.open_toasts[-1].action.click()
    await until(lambda: len(page.ids()) == 5, "it is back")
    assert await permissions.allows(agent, NOTES)


@at_the_window
async def test_all_of_an_agent_and_everything(start):
    person = await start()
    await person.begins("notepad")
    agent = person.desk.bench.agent.id
    permissions = StoredPermissions(person.store.grants)
    for owner in (agent, "other"):
        for capability in (WEB, NOTES):
            await permissions.allow(owner, capability)
    page = await page_of(person)
    await until(lambda: len(page.ids()) == 4, "four")
    QTest.mouseClick(named(page, "Take back everything that Notepad assistant may do"), Qt.MouseButton.LeftButton)
    await until(lambda: len(page.ids()) == 2, "the agent's are gone")
    assert {found.agent_id for found in await permissions.list()} == {"other"}
    QTest.mouseClick(page.everything, Qt.MouseButton.LeftButton)
    await until(lambda: page.is_empty, "nothing is left")
    assert not page.everything.isVisible()
    assert await permissions.list() == []
    QTest.keyClick(page, Qt.Key.Key_Escape)
    await until(lambda: person.desk.window.page == "settings", "back")
    assert person.desk.window.sidebar.rows["settings"].isChecked()


@at_the_window
async def test_what_a_session_may_use_is_listed_and_the_open_session_is_told(start):
    person = await start(ScriptedModel(default="Hello."))
    await person.begins("notepad")
    await person.says("Hello")
    session = person.desk.bench.session.session
    tool = next(node for node in person.desk.bench.agent.model.document.walk() if node.kind == "tool")
    key = "add_note:1"
    session.grants[key] = True
    await person.store.sessions.commit(Commit(session.id, grants={key: True}))
    (one,) = await list_allowed(person.store)
    assert one.sentence == f"Use “{tool.props['title']}” without asking, in the session “Hello”"
    assert one.agent == "Notepad assistant"
    page = await page_of(person)
    await until(lambda: page.ids(), "the grant")
    page.take_back_requested.emit(page.ids())
    await until(lambda: page.is_empty, "taken back")
    assert key not in session.grants
    person.desk.notify.toasts.open_toasts[-1].action.click()
    await until(lambda: page.ids(), "allowed again")
    assert session.grants[key] is True
    page.take_back_requested.emit(["nobody"])


@at_the_window
async def test_settings_say_how_many(start):
    person = await start()
    await StoredPermissions(person.store.grants).allow("a", WEB)
    person.desk.go("settings")
    await until(lambda: person.desk.settings.page._allowed.text() == "1 permission", "the number")


@at_the_window
async def test_what_cannot_be_changed_is_said(start, monkeypatch, expect_log):
    expect_log("could not be read")
    expect_log("could not be changed")
    person = await start()
    await StoredPermissions(person.store.grants).allow("a", WEB)
    page = await page_of(person)
    await until(lambda: page.ids(), "the grant")

    async def fails(*_: object, **__: object):
        raise StoreError("broken", kind="readonly")

    monkeypatch.setattr(person.store.grants, "revoke", fails)
    toasts = person.desk.notify.toasts
    page.take_back_requested.emit(page.ids())
    await until(lambda: any("cannot be written" in said.text for said in toasts.history), "said")
    before = len(toasts.history)
    monkeypatch.setattr(person.store.grants, "list", fails)
    person.desk.documents.permissions.show()
    await until(lambda: len(toasts.history) > before, "said too")


@at_the_window
async def test_a_foreign_file_does_nothing_until_it_is_allowed_and_asks_again_once_that_is_taken_back(start, tmp_path):
    notes = tmp_path / "notes"
    notes.mkdir()
    (notes / "a.txt").write_text("figs and oat milk", encoding="utf-8")
    step = make_node("read_file", id="read", folder=str(notes), path="a.txt")
    reply = make_node("reply", id="reply", text="{{ content }}")
    act = make_node("tool", step, reply, id="act", title="Act", description="Act")
    path = tmp_path / "reader.bough.json"
    path.write_text(dump_document(agent(act, make_node("timeline", id="time"), name="Reader")), encoding="utf-8")
    model = ScriptedModel([Reply(tool_calls=[ToolCall("act", {})]), "done"] * 4)
    person = await start(model)
    person.desk.documents.imports.take([path])
    dialog = await until(
        lambda: next((w for w in QApplication.topLevelWidgets() if isinstance(w, ConsentDialog)), None), "the question"
    )
    assert [line.row.sentence for line in dialog.lines] == [f"Read files in {notes}"]
    QTest.mouseClick(dialog.look, Qt.MouseButton.LeftButton)
    await until(lambda: person.desk.window.page == "workspace", "the agent")

    await person.says("go", wait=False)
    _, row = await card(person, "permission")
    QTest.mouseClick(row.deny_button, Qt.MouseButton.LeftButton)
    await until(person.idle, "the end of the turn")
    assert "figs" not in str(model.calls[-1].messages)

    await person.says("go on", wait=False)
    _, row = await card(person, "permission")
    QTest.mouseClick(row.always_button, Qt.MouseButton.LeftButton)
    await until(person.idle, "the end of the turn")
    assert "figs and oat milk" in str(model.calls[-1].messages)
    await person.says("once more")
    assert len([item for item in person.chat if item.kind == "permission"]) == 2, "it was not asked"

    page = await page_of(person)
    await until(lambda: page.ids(), "the permission")
    page.take_back_requested.emit(page.ids())
    await until(lambda: page.is_empty, "taken back")
    person.desk.go("workspace")
    await person.says("again", wait=False)
    _, row = await card(person, "permission")
    QTest.mouseClick(row.deny_button, Qt.MouseButton.LeftButton)
    await until(person.idle, "the end of the turn")
