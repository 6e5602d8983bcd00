"""What property forms ask of the program: secrets in the keychain, tools of servers, parameters of parts.

Not here: the fields (``widgets.forms``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject

from app.agent_secrets import AgentSecrets
from app.controllers.mcp import McpController
from app.errors import explain
from app.keychain import KeychainError
from app.services import Services
from app.tasks import spawn
from engine.blueprint.document import Node
from engine.blueprint.form_fields import Field
from engine.blueprint.parts import parameter_fields
from widgets.forms.services import Failed, ToolChoice


class AppFormServices(QObject):
    """Implements ``widgets.forms.FormServices``.

    Args:
        services: The parts of this run.
        servers: Asks servers for their tools.
    """

    def __init__(self, services: Services, servers: McpController, parent: QObject) -> None:
        super().__init__(parent)
        self._secrets = AgentSecrets(services.keychain)
        self._servers = servers

    def secret_known(self, name: str, host: str, done: Callable[[bool], None]) -> None:
        async def ask() -> None:
            done(await self._secrets.known(name, host))

        spawn(ask(), name="look for a secret", owner=self)

    def store_secret(self, name: str, host: str, value: str, done: Callable[[Failed | None], None]) -> None:
        async def store() -> None:
            try:
                await self._secrets.store(name, host, value)
            except KeychainError as error:
                done(Failed(explain(error).sentence))
            else:
                done(None)

        spawn(store(), name="store a secret", owner=self)

    def list_tools(self, node: Node, done: Callable[[Sequence[ToolChoice] | Failed], None]) -> None:
        self._servers.list_tools(node, done)

    def parameters(self, node: Node) -> Sequence[Field]:
        return parameter_fields(node)
