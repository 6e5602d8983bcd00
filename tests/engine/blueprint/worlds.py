"""Agents that act, in real turns: a world whose person answers as the test says, and what they were asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from engine import Session, create_app
from engine.blueprint import AgentDocument, Node, agent_component, make_node, problems
from engine.testing import ScriptedModel
from engine.world import World
from tests.engine.blueprint.builders import agent
from tests.engine.blueprint.scripted import TIME, call, results


class Keys:
    """A keychain in memory: secrets by name and place."""

    def __init__(self) -> None:
        self.secrets: dict[tuple[str, str], str] = {}
        self.asked: list[tuple[str, str]] = []

    async def get(self, name: str, host: str) -> str | None:
        self.asked.append((name, host))
        return self.secrets.get((name, host))


@dataclass
class Scene:
    """An agent in a session, and its person.

    Attributes:
        answer: What the person says when asked for a permission: ``always``, ``once`` or ``no``.
        asked: The sentences they were asked.
        shown: What they were shown beside each.
    """

    session: Session
    model: ScriptedModel
    world: World
    answer: str = "always"
    asked: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)

    async def turn(self, text: str = "go") -> tuple[str, bool]:
        """Say something; returns what the last tool call of the turn answered, and whether it failed."""
        handle = await self.session.send(text)
        async for event in handle:
            if event.type == "tool_confirmation_required" and event.kind == "permission":
                self.asked.append(event.message)
                self.shown.append(event.input["detail"])
                self.session.respond(event.confirmation_id, self.answer != "no", always=self.answer == "always")
        await handle.result
        found = results(self.session)
        return found[-1] if found else ("", False)


def acting(*steps: Node, before: tuple[Node, ...] = (), **inputs: str) -> AgentDocument:
    """An agent with one tool, ``act``, made of these steps; each input is a text."""
    asks = [{"title": name, "required": False} for name in inputs]
    tool = make_node("tool", *steps, id="act", title="Act", description="Act", inputs=asks)
    return agent(*before, tool, TIME)


def errors(document: AgentDocument) -> list[str]:
    """What keeps an agent from working."""
    return [problem.text for problem in problems(document) if problem.severity == "error"]


@asynccontextmanager
async def scene(
    document: AgentDocument, world: World | None = None, *, turns: int = 1, answer: str = "always", **given: Any
) -> AsyncIterator[Scene]:
    """The agent open in a session, with a model that calls ``act`` once in every turn."""
    model = ScriptedModel([reply for _ in range(turns) for reply in (call("act", **given), "Done.")])
    surroundings = world or World("agent")
    async with create_app(agent_component(document, world=surroundings), model=model) as app:
        yield Scene(await app.session("s"), model, surroundings, answer)
