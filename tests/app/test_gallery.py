"""Templates in the window: their conversation to read, agents that they bring along; agents deleted for good."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from app.template_cards import TAGS, card_of
from app.window.inside_dialog import InsideDialog
from engine.blueprint import make_node, templates
from engine.permissions import Capability, StoredPermissions
from tests.app.helpers import at_the_window, until
from tests.engine.blueprint.builders import agent, notepad
from widgets.common import ConfirmDialog


def dialogs(kind: type) -> list:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]


@at_the_window
async def test_a_template_shows_a_conversation_with_no_model(start):
    person = await start()
    person.desk.agents.look_inside("notepad")
    (dialog,) = await until(lambda: dialogs(InsideDialog), "the dialog")
    kinds = [item.kind for item in dialog.chat.items]
    assert kinds[0] == "person"
    assert "agent" in kinds
    tool = next(item for item in dialog.chat.items if item.kind == "tool")
    assert tool.title == "Add note"
    assert tool.detail["result"]
    assert dialog.chat.isVisible()
    assert dialog.chat.transcript.verticalScrollBar().value() == 0
    QTest.mouseClick(dialog.tabs["tree"], Qt.MouseButton.LeftButton)
    assert dialog.tree.isVisible()
    assert dialog.tree.topLevelItem(0).childCount() > 2
    dialog.reject()
    await until(lambda: not dialogs(InsideDialog), "closed")


@at_the_window
async def test_a_template_without_a_recording_shows_its_tree(start):
    person = await start()
    template = replace(person.desk.agents._templates["notepad"], recording=None, agents={"help-desk": notepad()})
    dialog = InsideDialog(template, (), ("Search the web",), person.desk.window)
    dialog.show()
    assert dialog.tree.isVisible()
    assert not dialog.tabs["chat"].isVisible()
    dialog.close()
    dialog.deleteLater()


@at_the_window
async def test_agents_that_a_template_brings_along_are_made_once(start):
    person = await start()
    helper = agent(make_node("system", id="s", text="Help."), make_node("timeline", id="t"), name="Helper")
    boss = agent(
        make_node("sub_agent", id="sub", title="Helper", agent="template:helper"),
        make_node("timeline", id="t"),
        name="Boss",
    )
    known = person.desk.agents._templates["notepad"]
    person.desk.agents._templates["boss"] = replace(known, title="Boss", document=boss, agents={"helper": helper})
    for wanted in ("Boss", "Boss 2"):
        person.desk.agents.begin_template("boss")
        await until(lambda wanted=wanted: person.desk.bench.agent and person.desk.bench.agent.name == wanted, wanted)
    rows = {row.name: row.id for row in await person.store.agents.list()}
    assert sorted(rows) == ["Boss", "Boss 2", "Helper"]
    sub = next(node for node in person.desk.bench.agent.model.document.walk() if node.kind == "sub_agent")
    assert sub.props["agent"] == rows["Helper"]


def test_every_template_says_what_it_needs() -> None:
    for template in templates():
        info = card_of(template)
        assert info.tags
        assert set(info.tags) <= set(TAGS)
        assert info.badge
    searching = agent(make_node("provider_tool", tool="web_search"), name="Researcher")
    assert card_of(replace(templates()[0], document=searching)).tags == ("web",)


@at_the_window
async def test_an_agent_is_deleted_for_good_after_a_question(start):
    person = await start()
    await person.begins("notepad")
    agent_id = person.desk.bench.agent.id
    await StoredPermissions(person.store.grants).allow(agent_id, Capability("http", {}, "Fetch"))
    person.desk.agents.trash(agent_id, "Notepad assistant")
    page = person.desk.agents.page

    def button():
        return next(
            (b for b in page.findChildren(QPushButton) if b.accessibleName() == "Delete Notepad assistant for good"),
            None,
        )

    await until(button, "the deleted agent")
    button().click()
    (dialog,) = await until(lambda: dialogs(ConfirmDialog), "the question")
    dialog.reject()
    await until(lambda: not dialogs(ConfirmDialog), "no")
    assert await person.store.agents.get(agent_id) is not None
    button().click()
    (dialog,) = await until(lambda: dialogs(ConfirmDialog), "the question again")
    dialog.confirm_button.click()
    await until(lambda: button() is None, "gone from the list")
    assert await person.store.agents.get(agent_id) is None
    assert await StoredPermissions(person.store.grants).list() == []
