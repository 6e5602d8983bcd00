"""An earlier message of the person's said otherwise: in a copy of the session up to there, which goes on from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.workspace.bench import Bench


async def say_instead(bench: Bench, entry_id: str, text: str) -> None:
    """Copy the session in front as it was before a message, bring the copy to the front, and say this there.

    The session itself stays as it is. Where nothing was said before the message, a new session begins.
    """
    agent, session = bench.agent, bench.session
    if agent is None or session is None:
        return
    files = bench.chat.attaching.take()
    copy = await session.copy_before(entry_id)
    if agent is bench.agent and session is bench.session:
        await bench.open_session(copy)
        bench.chat.attaching.put(files)
        bench.say(text)
        bench.lists_changed.emit()
