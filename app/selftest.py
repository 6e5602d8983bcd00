"""``--self-test``: one turn with the scripted model in the real window, for packaged programs. Prints one line."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from app import __version__

if TYPE_CHECKING:
    from app.application import Application

SECONDS = 60.0
WORDS = "Your name is Ryan."


async def self_test(application: Application) -> int:
    """Make the notepad agent, talk to it, look at the chat; returns the exit code."""
    try:
        async with asyncio.timeout(SECONDS):
            report = await _run(application)
    except Exception as error:  # noqa: BLE001 - one line, whatever went wrong
        print(f"bough self-test failed: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(f"bough self-test ok {report}")
    return 0


async def _run(application: Application) -> str:
    from app.library import Library
    from engine.blueprint.gallery import templates
    from engine.testing import ScriptedModel

    application.services.models.use_instead(ScriptedModel([WORDS]))
    await application.start()
    desk = application.desk
    assert desk is not None
    template = next(item for item in templates() if item.name == "notepad")
    agent_id = await Library(application.services.store).create(template.document, "Self-test")
    await desk.open_now(agent_id)
    desk.bench.page.chat.send_requested.emit("What's my name?")
    session = desk.bench.session
    while session is None or session.running:
        await asyncio.sleep(0.02)
        session = desk.bench.session
    said = [item.text for item in desk.bench.page.chat.items if item.kind == "agent"]
    if said != [WORDS]:
        raise RuntimeError(f"the chat shows {said!r}")
    await _check_stored(application, session.id)
    return f"{__version__} on Python {sys.version.split()[0]}"


async def _check_stored(application: Application, session_id: str) -> None:
    stored = await application.services.store.sessions.load(session_id)
    if stored is None or stored.total_entries != 2:
        raise RuntimeError("the turn was not stored")
    # What is only imported when it is needed has to be in the packaged program too.
    import anthropic
    import mcp.client.streamable_http
    import xllamacpp

    del anthropic, mcp, xllamacpp
