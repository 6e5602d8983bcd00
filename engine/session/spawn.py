"""Spawned sessions: children that run in their parent's execution."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from engine.entries import new_id
from engine.events import SessionEvent, SpawnEnd, SpawnStart
from engine.session.execution import Procedure
from engine.tools.definition import as_definition

if TYPE_CHECKING:
    from engine.session.session import Session


def spawn_child(
    parent: Session,
    component: Any,
    messages: Any,
    *,
    model: Any,
    max_ticks: int | None,
    label: str | None,
    props: Any,
    call_id: str | None,
    runner: Any,
    agent_id: str | None,
) -> Procedure:
    """Start a child session; see ``Session.spawn``."""
    from engine.session.session import make_session

    spawn_id = new_id("spawn")

    def forward(event: SessionEvent) -> None:
        parent.emit(copy_of(event, spawn_id))

    child = make_session(
        None,
        spawn_id,
        component=component,
        model=model,
        max_ticks=max_ticks if max_ticks is not None else parent.max_ticks,
        runner=runner if runner is not None else parent.runner,
        parent=parent,
        on_event=forward,
        app_tools=lambda: [as_definition(tool) for tool in parent.app.tools] if parent.app is not None else [],
    )
    child.agent_id = agent_id
    parent.children.append(child)
    parent.emit(SpawnStart(spawn_id=spawn_id, label=label, call_id=call_id))
    procedure = child.send(messages, props=props)
    task = asyncio.ensure_future(_finish(parent, child, procedure, spawn_id, label, call_id))
    parent.spawn_tasks.add(task)
    task.add_done_callback(parent.spawn_tasks.discard)
    return Procedure(procedure.handle, _outcome(task, procedure))


def _outcome(task: asyncio.Task[None], procedure: Procedure) -> Any:
    """The child's result, once the parent has taken note of its end."""
    from engine.session.execution import quiet_future

    future = quiet_future()

    def deliver(_: Any) -> None:
        if future.done():
            return
        inner = procedure.handle._future
        if not inner.done():
            future.cancel()
        elif inner.exception() is not None:
            future.set_exception(inner.exception() or RuntimeError())
        else:
            future.set_result(inner.result())

    task.add_done_callback(deliver)
    return future


async def _finish(
    parent: Session, child: Session, procedure: Procedure, spawn_id: str, label: str | None, call_id: str | None
) -> None:
    error: BaseException | None = None
    output = ""
    try:
        output = (await procedure.result).response
    except asyncio.CancelledError:
        procedure.abort("The parent was cancelled")
        raise
    except Exception as raised:  # noqa: BLE001 - told to the parent
        error = raised
        output = str(raised)
    finally:
        usage = child.total_usage
        ex = parent.current_or_ending
        if ex is not None:
            ex.children_usage = ex.children_usage + usage
        else:
            parent.total_usage = parent.total_usage + usage
        if child in parent.children:
            parent.children.remove(child)
        parent.emit(
            SpawnEnd(
                spawn_id=spawn_id, label=label, call_id=call_id, is_error=error is not None, output=output, usage=usage
            )
        )
        await child.close()


def copy_of(event: SessionEvent, spawn_id: str) -> SessionEvent:
    """An event of a child as its parent passes it on."""
    import dataclasses

    return dataclasses.replace(event, spawn_path=(spawn_id, *event.spawn_path))
