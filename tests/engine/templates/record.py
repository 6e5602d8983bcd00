"""Writes the recorded sessions of the templates again: ``python -m tests.engine.templates.record [name …]``.

The rehearsals run through the engine's own loop with a scripted model and a store in a folder for the moment.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from engine import Session, create_app
from engine.blueprint import Template, agent_component, templates, wishes
from engine.blueprint.gallery import FOLDER, RECORDINGS
from engine.events import ToolConfirmationRequired
from engine.model import ModelInfo
from engine.testing import ScriptedModel, record
from engine.world import World
from tests.engine.templates.rehearsals import REHEARSALS, Rehearsal, Turn
from tests.engine.templates.surroundings import surroundings

T = TypeVar("T")
INFO = ModelInfo(
    "recorded",
    label="Recorded",
    provider="scripted",
    context_window=200_000,
    abilities=frozenset({"tools", "images", "documents", "provider_tools"}),
)


async def perform(
    template: Template,
    rehearsal: Rehearsal,
    store: Path,
    look: Callable[[Session, ScriptedModel], Awaitable[T]],
    component: Callable[[World | None], Any] | None = None,
) -> T:
    """Play a rehearsal and hand the session over before it is closed.

    Args:
        template: The agent.
        rehearsal: What is said.
        store: The database.
        look: What to do with the session and the model at the end.
        component: Another component than the template's own, made with the world it lives in.
    """
    model = ScriptedModel(rehearsal.replies(), info=INFO)
    async with surroundings(template, store.parent) as world:
        made = component(world) if component is not None else agent_component(template.document, world=world)
        async with create_app(made, model=model, store=store) as app:
            session = await app.session(template.name)
            for turn in rehearsal.turns:
                await _take(session, turn, wishes(template.document).max_ticks)
            return await look(session, model)


async def _take(session: Session, turn: Turn, max_ticks: int) -> None:
    answers = list(turn.answers)
    handle = await session.send(turn.says, max_ticks=max_ticks)
    async for event in handle:
        if isinstance(event, ToolConfirmationRequired):
            answer = answers.pop(0) if event.kind == "question" else None
            session.respond(event.confirmation_id, True, input=None if answer is None else {"answer": answer})
    await handle.result
    assert not answers, "an answer was not asked for"


async def _recording(session: Session, _: ScriptedModel) -> dict[str, Any]:
    return await record(session)


async def write(names: list[str]) -> None:
    """Record the named templates, or all."""
    folder = FOLDER / RECORDINGS
    folder.mkdir(exist_ok=True)
    for template in templates():
        if names and template.name not in names:
            continue
        with tempfile.TemporaryDirectory() as place:
            rehearsal = REHEARSALS[template.name]
            recorded = await perform(template, rehearsal, Path(place) / "recorded.db", _recording)
        text = json.dumps(recorded, ensure_ascii=False, indent=1) + "\n"
        (folder / f"{template.name}.json").write_text(text, encoding="utf-8")
        print(f"{template.name}: {len(recorded['entries'])} entries, {len(text):,} characters")


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1:]))
