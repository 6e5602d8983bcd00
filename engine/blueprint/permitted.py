"""Parts of the tree that are there only once the person allowed what they do, asked at the start of a turn.

For what happens without a call of ours in between: a tool that the provider runs, a file that is sent along. Steps and
handlers ask themselves when they run. Not here: the gate (``engine.world``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.blueprint.board import Board
from engine.component import component
from engine.errors import NotPermitted
from engine.hooks.lifecycle import use_on_tick_start
from engine.hooks.slots import current_fiber
from engine.hooks.state import Ref, use_ref

if TYPE_CHECKING:
    from engine.permissions import Capability
    from engine.session.session import Session
    from engine.world import Ask, Decision, World


class TurnPermit:
    """What a person said in the running turn: "once" holds until its end, and so does "no"."""

    def __init__(self) -> None:
        self._turn = ""
        self._once: set[str] = set()
        self._denied: set[str] = set()

    async def require(self, world: World, capability: Capability, turn: str, ask: Ask) -> bool:
        """Whether the person allows it; asks at most once a turn.

        Args:
            world: Where the gate is.
            capability: What is about to happen.
            turn: Id of the execution.
            ask: How they are asked.
        """
        if turn != self._turn:
            self._turn, self._once, self._denied = turn, set(), set()
        if capability.key in self._once:
            return True
        if capability.key in self._denied:
            return await world.allowed(capability)

        once, denied = self._once, self._denied

        async def asked(wanted: Capability) -> Decision:
            # Several calls of one reply come here side by side; the gate lets them in one after the other.
            if wanted.key in once or wanted.key in denied:
                return "once" if wanted.key in once else "no"
            decision = await ask(wanted)
            if decision != "always":
                (once if decision == "once" else denied).add(wanted.key)
            return decision

        try:
            await world.require(capability, asked)
        except NotPermitted:
            return False
        return True

    def in_chat(self, session: Session, name: str) -> Ask:
        """How to ask in a session's chat outside of any call; ``name`` is what asks, as a person knows it."""

        async def ask(capability: Capability) -> Decision:
            return await ask_in_chat(session, capability, name)

        return ask


async def ask_in_chat(session: Session, capability: Capability, name: str) -> Decision:
    """Ask the person in the chat outside of any call; a restart does not ask again, the next turn does."""
    answer = await session.confirmations.put(
        name, "", {"detail": capability.detail}, capability.sentence, "permission", resumable=False
    )
    if not answer.approved:
        return "no"
    return "always" if answer.always else "once"


@component
def Permitted(name: str, board: Board, capabilities: Sequence[Capability], then: Any) -> Any:
    """``then``, while the person allows all of it. Without a world (a dry compile) it is shown as if they did."""
    permit: Ref[TurnPermit] = use_ref(TurnPermit())
    allowed: Ref[bool] = use_ref(False)
    fiber = current_fiber("Permitted")

    async def ask(info: Any) -> None:
        if board.world is None or fiber.tree.host is None:
            return
        in_chat = permit.current.in_chat(fiber.tree.host, name)
        granted = False
        try:
            for capability in capabilities:
                if not await permit.current.require(board.world, capability, info.execution_id, in_chat):
                    break
            else:
                granted = True
        finally:
            # Only here, and also where the turn was stopped: while a question is open nothing new is shown.
            if granted != allowed.current:
                allowed.current = granted
                fiber.mark_dirty()

    use_on_tick_start(ask)
    return then if board.world is None or allowed.current else None
