"""Runs an agent and the module it was exported to side by side, and compares every request."""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Sequence
from typing import Any

from engine import Session, ToolError, create_app
from engine.blueprint import AgentDocument, agent_component
from engine.blueprint.python_export import component_name, export_python
from engine.events import ToolConfirmationRequired
from engine.model import ModelRequest
from engine.testing import Reply, ScriptedModel, ToolCall, assert_same_request
from engine.world import World

__all__ = ["ToolError", "assert_same", "loaded", "numbered", "run"]


def loaded(document: AgentDocument, source: str | None = None) -> Any:
    """The component of the exported module, run in a module of its own."""
    source = source or export_python(document)
    module = types.ModuleType("exported_agent")
    sys.modules[module.__name__] = module
    try:
        exec(compile(source, "exported_agent.py", "exec"), module.__dict__)
    finally:
        del sys.modules[module.__name__]
    return getattr(module, component_name(document))


def numbered(replies: Sequence[Any]) -> list[Any]:
    """Replies whose tool calls have ids that are the same in every run."""
    found: list[Any] = []
    for reply in replies:
        if isinstance(reply, Reply) and reply.tool_calls:
            calls = [
                ToolCall(call.name, call.input, f"toolu_{len(found)}_{place}")
                for place, call in enumerate(reply.tool_calls)
            ]
            reply = Reply(reply.text, calls, blocks=reply.blocks, usage=reply.usage)
        found.append(reply)
    return found


async def run(
    component: Any, turns: Sequence[str], replies: Sequence[Any], answers: Sequence[str] = (), info: Any = None
) -> list[ModelRequest]:
    """The requests of a whole conversation, and the results of its tools behind them."""
    model = ScriptedModel(numbered(replies), info=info)
    left = list(answers)
    async with create_app(component, model=model) as app:
        session: Session = await app.session("side-by-side")
        for words in turns:
            handle = await session.send(words)
            async for event in handle:
                if isinstance(event, ToolConfirmationRequired):
                    answer = left.pop(0) if event.kind == "question" else None
                    session.respond(event.confirmation_id, True, input=None if answer is None else {"answer": answer})
            await handle.result
    return model.calls


async def assert_same(
    document: AgentDocument,
    turns: Sequence[str],
    replies: Sequence[Any],
    answers: Sequence[str] = (),
    world: World | None = None,
    info: Any = None,
) -> list[ModelRequest]:
    """Both are asked the same, and make the same requests."""
    exported = loaded(document)
    reaches = "world" in inspect.signature(exported.function).parameters
    component = exported(world=world) if reaches else exported
    expected = await run(agent_component(document, world=world), turns, replies, answers, info)
    actual = await run(component, turns, replies, answers, info)
    for one, other in zip(actual, expected, strict=True):
        assert_same_request(one, other)
    return actual
