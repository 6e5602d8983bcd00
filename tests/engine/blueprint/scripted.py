"""Agents opened in a session with a scripted model, for the tests of the blueprint."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from engine import Session, create_app
from engine.blueprint import AgentDocument, agent_component, make_node, state_values
from engine.testing import Reply, ScriptedModel, ToolCall

TIME = make_node("timeline", id="time")


def call(tool: str, **given: Any) -> Reply:
    return Reply(tool_calls=[ToolCall(tool, given)])


@asynccontextmanager
async def opened(
    document: AgentDocument | Callable[[], AgentDocument], *replies: Any, **options: Any
) -> AsyncIterator[tuple[Session, ScriptedModel]]:
    model = ScriptedModel(list(replies))
    async with create_app(agent_component(document), model=model, **options) as app:
        yield await app.session("s"), model


def values(session: Session, document: AgentDocument) -> dict[str, Any]:
    return state_values(document, session.inspect()["saved"])


def results(session: Session) -> list[tuple[str, bool]]:
    return [
        ("".join(part["text"] for part in block["content"]), bool(block.get("is_error")))
        for entry in session.timeline
        if entry.role == "tool"
        for block in entry.content
    ]
