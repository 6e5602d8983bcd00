"""What the tree shows is remembered: collapsed parts per agent, the map, through a change of agents and a restart."""

from __future__ import annotations

from engine.testing import ScriptedModel
from tests.app.helpers import Person, at_the_window, until


def of_kind(person: Person, kind: str) -> str:
    return next(node.id for node in person.desk.bench.agent.model.document.walk() if node.kind == kind)


@at_the_window
async def test_collapsed_parts_and_the_map_are_remembered(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    first, tree = person.desk.bench.agent.id, person.page.tree
    tree.select([of_kind(person, "tool")])
    person.desk.window.actions_.run("tree.fold")
    person.desk.window.actions_.run("tree.map")
    folded = [of_kind(person, "tool")]
    assert tree.folded() == folded
    await person.goes_to("agents")
    await person.begins("blank")
    assert tree.folded() == []
    person.desk.open(first)
    await until(lambda: person.desk.bench.agent.id == first, "the first agent again")
    assert tree.folded() == folded
    await person.saved()
    await person.closes()

    person = await start(ScriptedModel())
    await until(lambda: person.desk.bench.agent is not None, "the agent of before")
    assert person.page.tree.folded() == folded
    assert not person.page.tree.canvas.map.on
    person.desk.window.actions_.run("tree.unfold_all")
    assert person.application.services.settings_file.current.remembered.folded == {}


@at_the_window
async def test_find_and_replace_over_the_workspace(start):
    person = await start(ScriptedModel())
    await person.begins("notepad")
    await person.goes_to("sessions")
    person.desk.window.actions_.run("find.replace")
    panel, tree = person.desk.bench.replace.panel, person.page.tree
    assert person.desk.window.page == "workspace" and panel.isVisible()
    panel.typed.setText("noted")
    panel.refresh()
    panel.list.setCurrentRow(0)
    panel._show_hit()
    assert tree.selected() == [panel.hits[0].spot.node_id]
    place = panel.geometry()
    person.desk.window.resize(1024, 700)
    await until(lambda: panel.geometry() != place, "the panel follows")
    assert person.page.rect().contains(panel.geometry())
    panel.list.itemActivated.emit(panel.list.item(0))
    await until(lambda: person.page.form.node_id == tree.selected()[0], "the form of the place")
    panel.finish()
    person.desk.bench._set_agent(None)
    assert not panel.isVisible()
