"""What the problems of an agent know of the agents that it hands tasks to."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject

from app.paths import Paths
from app.services import Services
from app.workspace.helpers import Helpers
from engine.blueprint import AgentDocument, InsertNode, SetProperty, dump_document, make_node
from engine.testing import Reply, ScriptedModel, ToolCall
from tests.app.helpers import at_the_window, until


def handing(*agents: str) -> AgentDocument:
    return AgentDocument(make_node("agent", *[make_node("sub_agent", agent=agent) for agent in agents], id="r"))


async def test_agents_that_are_gone_or_lead_back_are_found(paths: Paths) -> None:
    services = Services(paths)
    await services.open_store()
    store = services.store.agents
    texts: dict[str, Any] = {
        "own": handing("middle", "leaf", "gone"), "middle": handing("last", "leaf"), "last": handing("own"),
        "leaf": handing(), "loop": handing("loop"),
    }  # fmt: skip
    for agent_id, document in texts.items():
        await store.create(dump_document(document), agent_id, "bot", agent_id=agent_id)
    owner = QObject()
    helpers = Helpers(services, owner)
    heard: list[int] = []
    helpers.changed.connect(lambda: heard.append(1))
    helpers.look("own", handing())
    assert helpers.there is None
    helpers.look("own", texts["own"])
    helpers.look("own", texts["own"])
    await until(lambda: heard, "what is known")
    assert helpers.there == set(texts) and helpers.circular == {"middle"}
    helpers.look("loop", texts["loop"])
    await until(lambda: helpers.circular == {"loop"}, "the one that leads to itself")
    await store.trash("leaf")
    helpers.look_again("loop", texts["loop"])
    await until(lambda: helpers.there is not None and "leaf" not in helpers.there, "that it is gone")
    await services.aclose()


@at_the_window
async def test_a_question_names_the_agent_that_is_handed_the_task(start) -> None:
    person = await start(ScriptedModel([Reply(tool_calls=[ToolCall("helper", {"task": "figs"})]), Reply("Well then.")]))
    await person.begins("notepad")
    other = person.desk.bench.agent.id
    await person.begins("blank")
    agent = person.desk.bench.agent
    await until(lambda: other in person.desk.services.agent_names, "the names of the agents")
    helper = make_node("sub_agent", id="sub", title="Helper", agent=other, description="Helps")
    agent.model.do(InsertNode(agent.model.document.root.id, 0, helper))
    await person.says("Ask about figs.", wait=False)
    asked = await until(lambda: next((item for item in person.chat if item.kind == "permission"), None), "the question")
    assert asked.text == "“Helper (Notepad assistant)” needs this."
    assert [item.title for item in person.chat if item.kind == "tool"] == ["Helper"]
    agent.model.do(SetProperty("sub", "title", "Notepad assistant"))
    assert agent.asker("notepad_assistant") == "Notepad assistant"
    person.desk.bench.session.stop()
    await until(person.idle, "the end")
