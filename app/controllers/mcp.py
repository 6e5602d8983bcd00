"""Trying out tool servers that agents name: what they offer, for the form. Not here: the connection (``engine``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QWidget

from app.agent_secrets import AgentSecrets
from app.errors import explain
from app.services import Services
from app.tasks import run_dialog, spawn
from app.text import tr
from widgets.common import ConfirmDialog
from widgets.forms.services import Failed, ToolChoice

if TYPE_CHECKING:
    from app.workspace.open_agent import OpenAgent
    from engine.blueprint.document import Node
    from engine.mcp_client.config import ServerConfig

Answer = Callable[[Sequence[ToolChoice] | Failed], None]


class McpController(QObject):
    """Asks servers for their tools when the person presses the button for it.

    Args:
        services: The parts of this run.
        window: Where questions are shown.
        agent: The agent in front.

    Signals:
        listed: A server was asked, so that the preview may show other tools.
    """

    listed = Signal()

    def __init__(
        self, services: Services, window: QWidget, agent: Callable[[], OpenAgent | None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._services = services
        self._window = window
        self._agent = agent

    def list_tools(self, node: Node, done: Answer) -> None:
        """Ask the server of a node for its tools; ``done`` is called with them, or with the reason."""
        spawn(self._list(node, done), name="ask a server for its tools", owner=self)

    async def _list(self, node: Node, done: Answer) -> None:
        try:
            done(await self._tools(node))
        except Exception as error:  # noqa: BLE001 - shown beside the field
            done(Failed(explain(error).sentence))

    async def _tools(self, node: Node) -> Sequence[ToolChoice] | Failed:
        from engine.blueprint.kinds.mcp_server import McpServerKind
        from engine.mcp_client.probe import probe

        config = McpServerKind().config(node)
        if config.wrong():
            return Failed(config.wrong())
        if not await self._agreed(config):
            return Failed(tr("Nothing was started."))
        found = await probe(config, AgentSecrets(self._services.keychain))
        self.listed.emit()
        if not found.ok:
            return Failed(f"{found.text} {found.advice}".strip())
        return [ToolChoice(tool.name, tool.description or tool.title) for tool in found.tools]

    async def _agreed(self, config: ServerConfig) -> bool:
        """Whether the server may be used: allowed already, or the person says so now, for this one time."""
        agent = self._agent()
        capability = config.capability()
        if agent is not None and await agent.world.allowed(capability):
            return True
        if config.program:
            title, verb = tr("Start this program to see its tools?"), tr("Start it")
        else:
            title, verb = tr("Ask this server for its tools?"), tr("Ask it")
        dialog = ConfirmDialog(title, f"{capability.sentence}.", verb, detail=capability.detail, parent=self._window)
        return await run_dialog(dialog, delete=False) == QDialog.DialogCode.Accepted
