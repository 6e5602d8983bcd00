"""What the problems of an agent know of the agents that it hands tasks to."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject

from app.paths import Paths
from app.services import Services
from app.workspace.helpers import Helpers
from engine.blueprint import AgentDocument, dump_document, make_node
from tests.app.helpers import until


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
