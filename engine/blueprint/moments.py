"""Nodes that act at moments of a turn: On event runs steps, rules decide whether the turn goes on.

Each is a component without words of its own, mounted where its node stands, so that a When decides whether it is
there. What goes wrong is told in a sentence (``Notice``) and never ends the turn. Not here: their properties.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.blueprint.conditions import evaluate, is_blank
from engine.blueprint.document import Node
from engine.blueprint.kinds import kind_of
from engine.blueprint.template import TemplateError, compiled
from engine.blueprint.values import ValueProblem
from engine.component import Component, component
from engine.elements import Element, Ephemeral
from engine.errors import EngineError
from engine.events import Notice
from engine.hooks import lifecycle
from engine.hooks.slots import current_fiber
from engine.hooks.state import Ref, use_ref

if TYPE_CHECKING:
    from engine.blueprint.board import Board
    from engine.reconciler.fiber import Fiber
    from engine.session.execution import TickResult

log = logging.getLogger("engine")

MAX_SECONDS = 60.0
"""The steps of an On event may take so long; the turn waits for them."""

Values = Mapping[str, Any]


def of_call(result: TickResult) -> Values:
    """What a model call brought, by the names that conditions know it by."""
    names = [call.name for call in result.tool_calls]
    return {"reply": result.text, "tool_calls": names, "call_number": result.tick}


def _of_message(entry: Any) -> Values:
    return {"message": entry.text}


def _of_turn(fiber: Fiber, info: Any) -> Values:
    host = fiber.tree.host
    ending = host.current_or_ending if host is not None else None
    reply = ending.reply_text() if ending is not None else ""
    return {"reply": reply, "call_number": info.tick, "ended": info.status}


@dataclass(frozen=True, slots=True)
class _Moment:
    hook: Callable[[Callable[..., Any]], None]
    values: Callable[..., Values]


_MOMENTS: dict[str, _Moment] = {
    "mount": _Moment(lifecycle.use_on_mount, lambda fiber: {}),
    "call_start": _Moment(lifecycle.use_on_tick_start, lambda fiber, info: {"call_number": info.tick}),
    "call_end": _Moment(lifecycle.use_on_tick_end, lambda fiber, result: of_call(result)),
    "message": _Moment(lifecycle.use_on_message, lambda fiber, entry: _of_message(entry)),
    "turn_end": _Moment(lifecycle.use_on_execution_end, _of_turn),
}


def _made(moment: _Moment) -> Component:
    """A component of its own for each moment: the hooks of one must not change from render to render."""

    def OnEvent(node: Node, board: Board, items: Values) -> None:
        fiber = current_fiber("OnEvent")

        async def happened(*told: Any) -> None:
            await _run(fiber, node, board, {**items, **moment.values(fiber, *told)})

        moment.hook(happened)

    return component(OnEvent)


ON_EVENT: dict[str, Component] = {name: _made(moment) for name, moment in _MOMENTS.items()}
"""The component of an On event, by the name of its event."""


async def _run(fiber: Fiber, node: Node, board: Board, given: Values) -> None:
    from engine.blueprint.steps import StepRun, run_steps

    title = kind_of(node).title_of(node)
    try:
        run = StepRun(board, {}, given)
        async with asyncio.timeout(MAX_SECONDS):
            await run_steps(run, node.children)
        run.finish()
    except EngineError as error:
        tell(fiber, f"{title}: {error}")
    except TimeoutError:
        tell(fiber, f"{title}: its steps took longer than {MAX_SECONDS:.0f} seconds. No variable was changed.")
    except Exception:
        log.exception("The steps of %s failed", fiber.path)
        tell(fiber, f"{title}: its steps did not work. No variable was changed.")


def tell(fiber: Fiber, text: str) -> None:
    """Say something about a node to whoever listens to the session."""
    host = fiber.tree.host
    if host is not None:
        host.emit(Notice(path=fiber.path, text=text))


@component
def StopRule(node: Node, board: Board, items: Values) -> None:
    """Ends the turn when one of its conditions holds after a model call."""
    fiber = current_fiber("StopRule")

    def decide(result: TickResult) -> Any:
        props: Any = kind_of(node).props(node)
        used = {call.name for call in result.tool_calls}
        wanted, tool = props.contains.strip().casefold(), props.tool.strip()
        holds = (
            (props.after is not None and result.tick >= props.after)
            or (bool(wanted) and wanted in result.text.casefold())
            or (bool(tool) and tool in used)
            or _holds(fiber, node, board, {**items, **of_call(result)})
        )
        if not holds:
            return None
        reason = _reason(fiber, node, board, {**items, **of_call(result)})
        return {"stop": True, "reason": reason or kind_of(node).title_of(node)}

    lifecycle.use_continuation(decide)


class _Turn:
    """What a Continue rule remembers of the running turn."""

    def __init__(self) -> None:
        self.times = 0
        self.used: set[str] = set()
        self.words = ""


GOES_ON_AFTER = ("end_turn", "stop_sequence", "max_tokens", "tool_use")
"""Stop reasons after which a Continue rule may go on; a refusal or a full context is final."""


@component
def ContinueRule(node: Node, board: Board, items: Values) -> Element | None:
    """Makes the turn go on as long as all its conditions hold after a model call."""
    fiber = current_fiber("ContinueRule")
    turn: Ref[_Turn] = use_ref(_Turn())

    def decide(result: TickResult) -> Any:
        props: Any = kind_of(node).props(node)
        if result.tick == 1:
            turn.current = _Turn()
        state = turn.current
        state.used |= {call.name for call in result.tool_calls}
        if state.words:
            state.words = ""
            fiber.mark_dirty()
        if result.should_continue or result.stop_reason not in GOES_ON_AFTER:
            return None
        until, tool = props.until.strip().casefold(), props.tool.strip()
        asked = bool(until) or bool(tool) or not is_blank(props.condition)
        finished = (until and until in result.text.casefold()) or (tool and tool in state.used)
        given = {**items, **of_call(result)}
        if not asked or finished or not (is_blank(props.condition) or _holds(fiber, node, board, given)):
            return None
        if props.limit is not None and state.times >= props.limit:
            return None
        state.times += 1
        state.words = _reason(fiber, node, board, given)
        fiber.mark_dirty()
        return {"continue": True, "reason": state.words or kind_of(node).title_of(node)}

    lifecycle.use_continuation(decide)
    return Ephemeral(turn.current.words, key="words") if turn.current.words else None


def _holds(fiber: Fiber, node: Node, board: Board, given: Values) -> bool:
    props: Any = kind_of(node).props(node)
    try:
        return evaluate(props.condition, {**board.now(), **given}, board.types())
    except (TemplateError, ValueProblem) as error:
        tell(fiber, f"{kind_of(node).title_of(node)}: its condition does not work. {error}")
        return False


def _reason(fiber: Fiber, node: Node, board: Board, given: Values) -> str:
    props: Any = kind_of(node).props(node)
    try:
        return compiled(props.reason).render({**board.now(), **given}).strip()
    except TemplateError as error:
        tell(fiber, f"{kind_of(node).title_of(node)}: its reason does not work. {error}")
        return ""


__all__ = ["ON_EVENT", "ContinueRule", "StopRule", "tell"]
