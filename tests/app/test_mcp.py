"""Trying out a tool server from its form: asked first, then its tools, or the reason why there are none."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from PySide6.QtWidgets import QWidget

from app.controllers.mcp import McpController
from app.paths import Paths
from app.services import Services
from engine.blueprint import InsertNode, Node, make_node
from engine.mcp_client.listing import LISTINGS
from engine.permissions import MemoryPermissions
from engine.testing import Reply, ScriptedModel, ToolCall
from engine.world import World
from tests.app.helpers import at_the_window, until
from tests.engine.mcp_client.kit import ROOT
from widgets.common import ConfirmDialog
from widgets.forms.services import Failed, ToolChoice


@pytest.fixture(autouse=True)
def nothing_known() -> Iterator[None]:
    kept = dict(LISTINGS._known)
    LISTINGS._known.clear()
    yield
    LISTINGS._known.clear()
    LISTINGS._known.update(kept)
    LISTINGS._folder = None


class Agent:
    """What the controller looks at of an agent that is open."""

    def __init__(self, *allowed: Any) -> None:
        self.world = World("a", MemoryPermissions([("a", each) for each in allowed]))


def server(**props: Any) -> Node:
    given = {
        "program": sys.executable,
        "arguments": ["-m", "tests.servers.mcp_server"],
        "environment": [{"name": "PYTHONPATH", "value": str(ROOT)}],
        **props,
    }
    return make_node("mcp_server", **given)


async def asked(services: Services, node: Node, agent: Any, press: str = "") -> Sequence[ToolChoice] | Failed:
    """What the form is told; ``press`` is the button of the question that has to be pressed."""
    window = QWidget()
    controller = McpController(services, window, lambda: agent, window)
    answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    controller.list_tools(node, answer.set_result)
    if press:
        dialog = await until(lambda: _question(window), "the question")
        assert "tests.servers.mcp_server" in dialog.detail.toPlainText() or press == "Ask it"
        (dialog.confirm_button if dialog.confirm_button.text() == press else dialog.cancel_button).click()
    found: Sequence[ToolChoice] | Failed = await answer
    window.deleteLater()
    return found


def _question(window: QWidget) -> ConfirmDialog | None:
    return next((dialog for dialog in window.findChildren(ConfirmDialog) if dialog.isVisible()), None)


async def test_a_server_that_is_not_allowed_yet_is_started_only_after_a_yes(paths: Paths) -> None:
    services = Services(paths)
    refused = await asked(services, server(), Agent(), "Cancel")
    assert refused == Failed("Nothing was started.")
    found = await asked(services, server(), Agent(), "Start it")
    assert isinstance(found, list) and found[0] == ToolChoice("add", "Add two numbers")


async def test_what_is_allowed_is_not_asked_again_and_reasons_are_plain(paths: Paths) -> None:
    from engine.blueprint.kinds.mcp_server import McpServerKind

    services = Services(paths)
    node = server(program="no-such-program")
    failed = await asked(services, node, Agent(McpServerKind().config(node).capability()))
    assert isinstance(failed, Failed) and "is not on this computer" in failed.reason and "Install it" in failed.reason
    assert await asked(services, make_node("mcp_server"), None) == Failed(
        "It is not said which program to start or which address to use."
    )
    there = await asked(services, make_node("mcp_server", where="address", url="http://127.0.0.1:9/x"), None, "Ask it")
    assert isinstance(there, Failed) and "cannot be reached" in there.reason


async def test_what_servers_offered_is_there_after_a_restart(paths: Paths) -> None:
    services = Services(paths)
    await services.open_store()
    found = await asked(services, server(), Agent(), "Start it")
    assert isinstance(found, list)
    await services.aclose()
    LISTINGS._known.clear()
    again = Services(paths)
    await again.open_store()
    assert len(LISTINGS._known) == 1
    await again.aclose()


@at_the_window
async def test_a_server_of_an_agent_is_allowed_on_a_card_and_its_tools_are_known_after_a_restart(start: Any) -> None:
    model = ScriptedModel([Reply(tool_calls=[ToolCall("add", {"a": 1, "b": 2})]), "Three.", "Hello."])
    person = await start(model)
    await person.begins("blank")
    document = person.desk.bench.agent.model
    document.do(InsertNode(document.document.root.id, 0, server(title="Sums", ask_first=False)))
    await person.says("Add", wait=False)

    def card() -> Any:
        waiting = [item for item in person.chat if item.kind == "permission" and item.status == "waiting"]
        return person.page.chat.transcript.row(waiting[0].id) if waiting else None

    row = await until(card, "the permission")
    assert "tests.servers.mcp_server" in row.detail.toPlainText()
    row.always_button.click()
    await until(lambda: person.texts("agent") == ["Three."] and person.idle(), "the end of the turn")
    called = next(item for item in person.chat if item.kind == "tool")
    assert (called.detail["result"], called.status) == ("3", "done")
    await person.saved()
    await person.closes()
    LISTINGS._known.clear()
    again = await start(model)
    await until(lambda: again.desk.bench.agent is not None and again.desk.bench.session is not None, "the agent")
    again.desk.bench.insight.work()
    names = [tool["name"] for tool in again.desk.bench.insight.request.tools]
    assert "add" in names and "mcp_servers" not in again.desk.bench.agent.world.kept
