"""Parts of the library at the window: saved from the tree, used in another agent, updated there, taken apart."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.part_updates import PartUpdates
from app.window.part_dialogs import ChoosePartDialog, SavePartDialog, UpdatePartDialog
from engine.blueprint import InsertNode, SetProperty, apply, dump_document, load_document, make_node
from engine.blueprint.kinds.part import PartParameter
from engine.blueprint.parts import PartDefinition, definition_of, instance, instances, part_document
from engine.store import Store
from engine.testing import Reply, ScriptedModel, ToolCall
from tests.app.helpers import Person, at_the_window, until
from widgets import theme


def model(person: Person) -> Any:
    agent = person.desk.bench.agent
    assert agent is not None
    return agent.model


def of_kind(person: Person, kind: str) -> str:
    return next(node.id for node in model(person).document.walk() if node.kind == kind)


async def dialog(kind: type) -> Any:
    found = lambda: [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]  # noqa: E731
    return (await until(found, kind.__name__))[-1]


def click(button: Any) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


async def saves(person: Person, kinds: tuple[str, ...], name: str) -> PartDefinition:
    tree = person.page.tree
    tree.select([of_kind(person, kind) for kind in kinds])
    tree.do("part.save")
    asked = await dialog(SavePartDialog)
    asked.name.setText(name)
    asked.about.setText("Keeps notes.")
    click(asked.confirm)
    await until(lambda: instances(model(person).document), "the part in the tree")
    rows = await person.store.parts.list()
    stored = await person.store.parts.get(rows[0].id)
    return PartDefinition.from_json(stored.definition)


def test_on_a_low_screen_the_fields_of_a_new_part_are_not_squeezed(qtbot, qapp):
    theme.manager().apply(qapp)
    around = QWidget()
    qtbot.addWidget(around)
    asked = SavePartDialog("Notes", [PartParameter(title="notepad", type="list")], around)
    asked.resize(520, 200)  # as Qt does where two thirds of the screen are no more
    asked.show()
    qapp.processEvents()
    assert all(field.height() >= field.sizeHint().height() for field in asked.fields[0])


@at_the_window
async def test_nodes_become_a_part_that_another_agent_uses(start):
    scripted = ScriptedModel([Reply(tool_calls=[ToolCall("add_note", {"note": "figs"})]), "ok"])
    person = await start(scripted)
    await person.begins("notepad")
    before = dump_document(model(person).document)
    made = await saves(person, ("tool", "when"), "Notes")
    assert made.description == "Keeps notes." and [p.own_name for p in made.parameters] == ["notepad"]
    (node,) = instances(model(person).document)
    assert person.page.tree.selected() == [node.id]
    await person.says("note figs")
    assert "- figs" in scripted.calls[-1].system
    model(person).undo()
    assert dump_document(model(person).document) == before

    await person.goes_to("agents")
    await person.begins("blank")
    person.page.tree.do("part.use")
    choose = await dialog(ChoosePartDialog)
    QTest.keyClicks(choose.search, "keeps")
    assert choose.list.count() == 1
    click(choose.confirm)
    (node,) = await until(lambda: instances(model(person).document), "the part in the other agent")
    assert person.page.tree.selected() == [node.id] and node.children[0].id == f"{node.id}-{made.nodes[0].id}"
    assert person.page.tree.folded() == [node.id]
    await person.saved()


@at_the_window
async def test_the_dialog_shows_what_is_asked_for_and_takes_other_words(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    person.page.tree.select([of_kind(person, "when")])
    person.page.tree.do("part.save")
    asked = await dialog(SavePartDialog)
    ((title, help),) = asked.fields
    assert title.text() == "notepad"
    title.setText("Which list")
    help.setText("The list to show.")
    asked.name.setText("")
    assert not asked.confirm.isEnabled()
    asked.name.setText("Shown")
    click(asked.confirm)
    (node,) = await until(lambda: instances(model(person).document), "the part")
    (parameter,) = node.props["parameters"]
    assert (parameter["title"], parameter["name"], parameter["help"]) == ("Which list", "notepad", "The list to show.")
    await person.saved()


@at_the_window
async def test_what_cannot_become_a_part_is_said_and_nothing_is_kept(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    person.page.tree.select([of_kind(person, "timeline")])
    person.page.tree.do("part.save")
    await until(lambda: any("Timeline" in t.text for t in person.desk.notify.toasts.history), "the reason")
    assert await person.store.parts.list() == []


@at_the_window
async def test_an_empty_library_says_how_it_is_filled(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    person.page.tree.open_palette()
    click(person.page.tree.palette_panel.library)
    choose = await dialog(ChoosePartDialog)
    assert choose.nothing.isVisible() and not choose.confirm.isEnabled()
    choose.reject()
    await until(lambda: not choose.isVisible(), "closed")


@at_the_window
async def test_an_update_is_looked_at_and_made_in_open_and_closed_agents(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    made = await saves(person, ("tool", "when"), "Notes")
    await person.saved()
    other = make_node("agent", make_node("state", id="n", title="notepad"), instance(made, id="use"), name="Closed")
    closed = await person.store.agents.create(
        dump_document(load_document({"format": "bough-agent", "version": 1, "root": _json(other)})), "Closed"
    )
    edited, _ = apply(
        part_document(made), InsertNode(f"root-{made.id}", 0, make_node("system", id="new", text="New words."))
    )
    newer = definition_of(edited)
    await person.desk.parts.updates.save(newer)

    (node,) = instances(model(person).document)
    person.page.tree.select([node.id])
    person.page.tree.do("part.update")
    shown = await dialog(UpdatePartDialog)
    names = [shown.list.item(row).text() for row in range(shown.list.count())]
    assert len(names) == 2 and "Closed" in names and "something else" in shown.words.text()
    assert shown.confirm.text() == "Update 2 agents"
    click(shown.tabs[1])
    assert "New words." in shown.context.toPlainText() and shown.context.isVisible()
    shown.list.item(names.index("Closed")).setCheckState(Qt.CheckState.Unchecked)
    assert shown.confirm.text() == "Update 1 agent"
    click(shown.confirm)
    await until(lambda: f"{node.id}-new" in model(person).document, "the update")
    assert model(person).undo_label == "update the part Notes"
    document = load_document((await person.store.agents.get(closed)).document)
    assert "use-new" not in document
    await person.saved()

    await person.desk.parts.updates.apply(await person.desk.parts.updates.plan(newer), [closed])
    stored = await person.store.agents.get(closed)
    assert "use-new" in load_document(stored.document)
    await person.desk.open_now(closed)
    model(person).undo()
    assert "use-new" not in model(person).document
    await person.saved()


def _json(node: Any) -> Any:
    from engine.blueprint import node_to_json

    return node_to_json(node)


@at_the_window
async def test_a_part_is_taken_apart_and_cannot_be_changed_before(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    await saves(person, ("tool", "when"), "Notes")
    (node,) = instances(model(person).document)
    inner = node.children[0].id
    tree = person.page.tree
    tree.select([inner])
    tree.do("edit.delete")
    assert inner in model(person).document
    tree.select([inner])
    assert not tree.commands.can("part.detach")
    tree.select([node.id])
    assert tree.commands.can("part.detach") and tree.commands.offered("part.edit")
    tree.do("part.detach")
    await until(lambda: not instances(model(person).document), "taken apart")
    assert inner in model(person).document and inner in tree.selected()
    await person.saved()


@at_the_window
async def test_a_part_from_elsewhere_is_put_into_the_library_to_be_edited(start):
    person = await start(ScriptedModel())
    await person.begins("blank")
    foreign = PartDefinition("part_foreign", "Foreign", nodes=(make_node("system", id="s", text="Hi."),))
    model(person).do(InsertNode(model(person).document.root.id, 0, instance(foreign, id="f")))
    person.page.tree.select(["f"])
    wanted: list[str] = []
    person.desk.parts.edit_wanted.connect(wanted.append)
    person.page.tree.do("part.update")
    await until(lambda: any("not in your library" in t.text for t in person.desk.notify.toasts.history), "said")
    person.page.tree.do("part.edit")
    await until(lambda: wanted == ["part_foreign"], "wanted")
    assert [row.title for row in await person.store.parts.list()] == ["Foreign"]
    person.page.tree.do("part.update")
    await until(lambda: any("as it is in the library" in t.text for t in person.desk.notify.toasts.history), "said")
    await person.saved()


async def test_a_part_inside_a_part_is_updated_through_it(tmp_path):
    async with Store.open(tmp_path / "b.db") as store:
        updates = PartUpdates(store, dict)
        inner = PartDefinition("part_in", "Inner", nodes=(make_node("system", id="s", text="old"),))
        outer = PartDefinition("part_out", "Outer", nodes=(instance(inner, id="i"),))
        for each in (inner, outer):
            assert await updates.save(each)
        assert not await updates.save(inner)
        agent = make_node("agent", instance(outer, id="o"), name="A")
        from engine.blueprint import AgentDocument

        agent_id = await store.agents.create(dump_document(AgentDocument(agent)), "A")
        edited, _ = apply(part_document(inner), SetProperty("s", "text", "new"))
        newer = definition_of(edited)
        plan = await updates.plan(newer)
        assert [d.id for d in plan.definitions] == ["part_in", "part_out"] and [a.name for a in plan.agents] == ["A"]
        assert await updates.apply(plan, [agent_id, "gone"]) == 1
        stored = await store.agents.get(agent_id)
        assert stored is not None
        assert load_document(stored.document).node("o-i-s").props["text"] == "new"
        loaded = await updates.load("part_out")
        assert loaded is not None and loaded.nodes[0].children[0].props["text"] == "new"
        assert (await updates.plan(newer)).agents == () and await updates.load("gone") is None


@at_the_window
async def test_a_part_is_edited_kept_by_itself_and_agents_follow(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    made = await saves(person, ("tool", "when"), "Notes")
    await person.saved()
    (node,) = instances(model(person).document)
    person.page.tree.select([node.id])
    person.page.tree.do("part.edit")
    editor = person.desk.part_editor
    page = editor.page
    await until(lambda: person.desk.window.page == "part", "the page of the part")
    assert page.header.title.text() == "Notes" and not page.update_button.isVisible()
    assert page.form.row("description") is not None and page.form.row("max_ticks") is None  # it is no agent

    click(page.parameter)
    parameter = next(n for n in editor.model.document.root.children if n.props.get("title") == "parameter")
    assert page.tree.selected() == [parameter.id] and page.form.node_id == parameter.id
    editor.model.do(SetProperty(parameter.id, "title", "tone"))
    click_tool = next(n.id for n in editor.model.document.walk() if n.kind == "tool")
    editor.model.do(SetProperty(click_tool, "description", "Add a note, {{ tone }}"))
    await until(page.update_button.isVisible, "an agent behind")
    assert page.update_button.text() == "Update 1 agent…"
    stored = PartDefinition.from_json((await person.store.parts.get(made.id)).definition)
    assert [p.own_name for p in stored.parameters] == ["notepad", "tone"]

    person.desk.window.actions_.run("edit.undo")
    assert editor.model.document.node(click_tool).props["description"] != "Add a note, {{ tone }}"
    person.desk.window.actions_.run("edit.redo")
    await editor.save()
    click(page.update_button)
    shown = await dialog(UpdatePartDialog)
    click(shown.confirm)
    await until(lambda: not page.update_button.isVisible(), "nobody behind")
    assert model(person).document.node(node.id).props["version"] == definition_of(editor.model.document).version
    click(page.back)
    await until(lambda: person.desk.window.page == "library", "the library")
    await person.saved()


@at_the_window
async def test_a_part_that_is_gone_is_said(start):
    person = await start(ScriptedModel())
    assert not await person.desk.part_editor.open("part_gone")
    assert any("not in the library any more" in t.text for t in person.desk.notify.toasts.history)
    person.desk.part_editor.undo()
    person.desk.part_editor.redo()


@at_the_window
async def test_what_is_typed_last_is_kept_when_the_program_ends(start):
    person = await start(ScriptedModel())
    await until(lambda: person.desk.window.page == "agents", "started")
    await person.desk.parts.updates.save(
        PartDefinition("part_x", "X", nodes=(make_node("system", id="s", text="old"),))
    )
    assert await person.desk.part_editor.open("part_x")
    person.desk.part_editor.model.do(SetProperty("s", "text", "new"))
    await person.desk.save()
    stored = PartDefinition.from_json((await person.store.parts.get("part_x")).definition)
    assert stored.nodes[0].props["text"] == "new"
