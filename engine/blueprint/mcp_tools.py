"""The tools of an MCP server in the tree: from the list that is known, and called only where the person allows it.

A server is asked for its tools at the start of a turn when it never was before, and only once the person allowed it;
else it is started by the first call. Not here: its properties (the kind), the connection (``engine.mcp_client``).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from engine.blueprint.board import Board
from engine.blueprint.document import Node
from engine.blueprint.kinds import kind_of
from engine.blueprint.permitted import TurnPermit
from engine.component import component
from engine.errors import NotPermitted, ToolError
from engine.hooks.lifecycle import use_effect, use_on_tick_start
from engine.hooks.slots import current_fiber
from engine.hooks.state import Ref, use_ref
from engine.mcp_client.config import ServerConfig, ServerError
from engine.mcp_client.listing import LISTINGS
from engine.mcp_client.pool import pool_of
from engine.tools.context import ToolContext
from engine.tools.definition import Tool

if TYPE_CHECKING:
    from engine.permissions import Capability
    from engine.world import Decision

log = logging.getLogger(__name__)


@component
def ServerTools(node: Node, board: Board) -> list[Any]:
    """One tool for each of the server's that is chosen."""
    kind: Any = kind_of(node)
    config: ServerConfig = kind.config(node)
    permit: Ref[TurnPermit] = use_ref(TurnPermit())
    tried: Ref[str] = use_ref("")
    fiber = current_fiber("ServerTools")

    async def ask_for_tools(info: Any) -> None:
        session = fiber.tree.host
        if board.world is None or session is None or LISTINGS.get(config.key) is not None:
            return
        if tried.current == info.execution_id:  # once a turn is enough
            return
        tried.current = info.execution_id
        ask = permit.current.in_chat(session, kind.title_of(node))
        if not await permit.current.require(board.world, config.capability(), info.execution_id, ask):
            return
        try:
            await pool_of(board.world).server(config).listing()
        except ServerError as error:
            log.info("The tools of %s are not there: %s", config.name, error)
            _tell(session, fiber.path, error)

    def listen() -> Callable[[], None]:
        return LISTINGS.listen(lambda key: fiber.mark_dirty() if key == config.key else None)

    use_on_tick_start(ask_for_tools)
    use_effect(listen, (config.key,))
    listing = LISTINGS.get(config.key)
    if listing is None:
        return []
    names = kind.names(node, listing)
    return [
        Tool(
            name=names[tool.name],
            description=tool.description or tool.title,
            handler=_handler(board, config, tool.name, permit.current),
            input=tool.schema,
            requires_confirmation=kind.props(node).ask_first,
            key=tool.name,
        )
        for tool in listing.tools
        if tool.name in names
    ]


def _handler(board: Board, config: ServerConfig, tool: str, permit: TurnPermit) -> Callable[..., Any]:
    async def handler(given__: Any, call__: ToolContext) -> Any:
        if board.world is None:
            raise NotPermitted(config.capability().sentence)
        turn = call__.session.current.id if call__.session.current is not None else call__.call_id

        async def ask(capability: Capability) -> Decision:
            return await call__.permit(capability.sentence, capability.detail)

        if not await permit.require(board.world, config.capability(), turn, ask):
            raise NotPermitted(config.capability().sentence)

        def progress(done: float, total: float | None, message: str | None) -> None:
            call__.emit({"progress": done, "total": total, "message": message})

        try:
            return await pool_of(board.world).server(config).call(tool, dict(given__ or {}), progress)
        except ServerError as error:
            raise ToolError(f"{error} {error.advice}".strip()) from error

    handler.__engine_grant__ = f"{config.key}:{tool}"  # type: ignore[attr-defined]
    return handler


def _tell(session: Any, path: str, error: ServerError) -> None:
    """Say in the chat why the tools are missing; the turn goes on without them."""
    from engine.events import Notice

    session.emit(Notice(path=path, text=f"{error} {error.advice}".strip()))
