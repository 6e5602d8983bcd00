"""Files that parts of the tree send along: permission asked at the start of a turn, read again only when changed.

Not here: the kinds that name them (``kinds.documents``), reading (``engine.effects``), asking (``permitted``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from engine.blueprint.board import Board
from engine.blueprint.declared import enabled_nodes
from engine.blueprint.document import AgentDocument, Node
from engine.blueprint.kinds import kind_of
from engine.blueprint.permitted import TurnPermit
from engine.blueprint.template import TemplateError
from engine.component import component
from engine.errors import RenderError, ToolError
from engine.hooks.data import use_data
from engine.hooks.lifecycle import use_on_tick_start
from engine.hooks.slots import current_fiber
from engine.hooks.state import Ref, use_ref, use_state

if TYPE_CHECKING:
    from engine.effects.content import Content, Wanted
    from engine.world import World

_CACHE = "sent_files"
_GONE = "gone"
NOTHING: list[str] = []
"""No file was looked at; else its path, and what changes with it."""


@component
def SentFile(node: Node, board: Board) -> object:
    """The content of a node's file: nothing before the person allows it, and nothing after they took that back."""
    kind: Any = kind_of(node)
    path, wanted = kind.path(node), kind.wanted
    fiber = current_fiber("SentFile")
    permit: Ref[TurnPermit] = use_ref(TurnPermit())
    looked_at, set_looked_at = use_state(NOTHING)
    # What was found out of one file says nothing of another that was chosen since.
    stamp = looked_at[1] if looked_at and looked_at[0] == path else ""

    async def look(info: Any) -> None:
        world, session = board.world, fiber.tree.host
        if world is None or session is None:
            return
        ask = permit.current.in_chat(session, kind.title_of(node))
        (capability,) = kind.capabilities(node)
        fit = NOTHING
        try:
            if await permit.current.require(world, capability, info.execution_id, ask):
                found = await asyncio.to_thread(_stamp, path)
                # What cannot be sent stops the turn here: a part that raises while it is rendered never looks again.
                shown(node, board, await _content(world, path, wanted, found))
                fit = [path, found]
        finally:
            set_looked_at(fit)

    use_on_tick_start(look)

    async def read() -> Content | None:
        return await _content(board.world, path, wanted, stamp) if stamp and board.world is not None else None

    if fiber.tree.host is None:  # a dry compile reads nothing; what was read ahead is shown
        content = board.files.get(node.id)
    else:
        content = use_data("file", read, [path, stamp])
    return shown(node, board, content)


def shown(node: Node, board: Board, content: Mapping[str, Any] | None) -> object:
    """A content as the node's elements.

    Raises:
        RenderError: It cannot be sent, and nobody wants reports.
    """
    if content is None:
        return None
    kind: Any = kind_of(node)
    try:
        if "error" in content:
            raise ToolError(str(content["error"]))
        return kind.elements(node, content)
    except ToolError as error:
        if board.report is not None:
            board.report(node, kind.place_of_content(node), TemplateError(str(error)))
            return None
        raise RenderError(f"{kind.title_of(node)}: {error}", path=f"/node:{node.id}{board.suffix}") from None


async def read_ahead(document: AgentDocument, world: World) -> dict[str, Content]:
    """The contents of all files that nodes send along and that are allowed, by node id, for a dry compile.

    A file that has not changed is not read again. What is not allowed is not looked at.
    """
    found: dict[str, Content] = {}
    for node in enabled_nodes(document.root):
        kind: Any = kind_of(node)
        path = kind.path(node) if hasattr(kind, "path") else ""
        if path and all([await world.allowed(capability) for capability in kind.capabilities(node)]):
            stamp = await asyncio.to_thread(_stamp, path)
            found[node.id] = await _content(world, path, kind.wanted, stamp)
    return found


async def _content(world: World, path: str, wanted: Wanted, stamp: str) -> Content:
    """The content of a file, or why it cannot be had, from memory where it has not changed."""
    known: dict[tuple[str, str], tuple[str, Content]] = world.kept.setdefault(_CACHE, {})
    held = known.get((path, wanted))
    if held is not None and held[0] == stamp:
        return held[1]
    private = world.private

    def read() -> Content:
        from engine.effects.content import LARGEST, content_of
        from engine.effects.files import read_file

        try:
            return content_of(read_file(path, LARGEST[wanted], private), path.rsplit("/", 1)[-1], wanted)
        except ToolError as error:
            return {"error": str(error)}

    content = await asyncio.to_thread(read)
    known[path, wanted] = stamp, content
    return content


def _stamp(path: str) -> str:
    from engine.effects.files import file_stamp

    return file_stamp(path) or _GONE
