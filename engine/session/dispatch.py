"""Calling a tool of the tree from a program, without a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.compiler.compile import CompileInput
from engine.entries import Block, new_id
from engine.errors import SessionClosed, UnknownTool, ValidationFailed
from engine.session.execution import Execution, ExecutionHandle
from engine.session.journal import take_state
from engine.timeline.select import Running
from engine.tools.calls import ToolCalls

if TYPE_CHECKING:
    from engine.session.session import Session


async def dispatch_tool(session: Session, name: str, value: Any) -> list[Block]:
    """Dispatch; see ``Session.dispatch``."""
    async with session.using():
        await session.ensure_loaded()
        await session.runner_ready()
        await session.rendered()
        ex = session.current_or_ending
        given = CompileInput(
            log=session.log,
            running=Running(None, len(session.log.entries)),
            tools=[*session.outer_tools(), *(ex.tools if ex is not None else ())],
            model_name=session.model_name(),
        )
        compiled = await session.compiler.compile_tools(session.tree, given)
        mounted = compiled.tools.get(name)
        if mounted is None or mounted.definition.provider is not None:
            raise UnknownTool(f"Unknown command {name!r}")
        problems = mounted.definition.signature().problems(value)
        if problems:
            raise ValidationFailed(
                f"Validation failed for {mounted.definition.name}: {'; '.join(problems)}", place="input"
            )
        calls = ToolCalls(session, ex or _outside(session), compiled)
        try:
            blocks = await calls.execute(mounted, new_id("dispatch"), value)
        finally:
            if not session.closed:
                await _save(session)
        if session.closed:
            raise SessionClosed
        return blocks


def _outside(session: Session) -> Execution:
    handle = ExecutionHandle(new_id("dispatch"), session.id, lambda _reason: None)
    return Execution(handle, 0, {}, [], session.clock())


async def _save(session: Session) -> None:
    """State that the handler changed is rendered and saved."""
    await session.rendered()
    if session.current is not None:
        return
    state, shared = take_state(session.tree), session.take_shared()
    if state or shared:
        await session.commit(None, state=state, shared_state=shared, session=session.row())
        session.state_saved(state)
