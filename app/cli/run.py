"""``bough run``: one turn with an agent from a file or from the library, into the same database as the window."""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.choice import ModelChoice, choose, find_connection
from app.cli.models import download
from app.cli.runner import NOT_READY, NOT_YOURS, OK, USAGE, Refusal, Terminal
from app.file_agents import file_agent_id, name_of_agent
from app.library import Library, read_file
from app.model_slot import ModelSlot
from app.services import Services
from app.text import megabytes
from app.workspace.captions import caption
from app.worlds import CONTENT, look_around, world_for

if TYPE_CHECKING:
    from engine.blueprint.document import AgentDocument
    from engine.store import Store

ABORT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class _Agent:
    id: str
    name: str
    document: AgentDocument
    version: str
    permissions: str = ""
    """What permissions belong to; "" for an agent of the library: its id."""


async def run(options: argparse.Namespace, services: Services, terminal: Terminal) -> int:
    """Send the message and print the reply."""
    text = sys.stdin.read() if options.message == "-" else options.message
    if not text.strip():
        raise Refusal("There is nothing to say: the message is empty.", USAGE)
    store = await services.open_store()
    agent = await _find_agent(options.agent, store)
    session_id = options.session
    if session_id:
        await _check_session(session_id, agent, store, options, terminal)
    choice = _choose(options, agent.document, services)
    await _make_ready(choice, services, options, terminal)
    return await _turn(agent, session_id, text, choice, services, store, terminal)


async def _find_agent(name: str, store: Store) -> _Agent:
    path = Path(name)
    library = Library(store)
    if path.is_file():
        document = await asyncio.to_thread(read_file, path)
        from engine.blueprint.files import dump_document

        version = await store.agents.record_file(dump_document(document))
        name = str(document.root.props.get("name", "")) or path.stem
        return _Agent(file_agent_id(document), name, document, version, f"{CONTENT}{version}")
    row = await library.find(name)
    if row is None:
        if path.suffix == ".json" or "/" in name:
            raise Refusal(f"There is no file {name}.", USAGE)
        names = ", ".join(row.name for row in await library.list()) or "none yet"
        raise Refusal(f"There is no agent and no file called {name}. Agents: {names}.", USAGE)
    loaded = await library.load(row.id)
    assert loaded is not None
    return _Agent(row.id, row.name, loaded.history.document, row.version)


async def _check_session(
    session_id: str, agent: _Agent, store: Store, options: argparse.Namespace, terminal: Terminal
) -> None:
    row = await store.browser.get(session_id)
    if row is None:
        return
    if row.agent_id is not None and row.agent_id != agent.id:
        name = await name_of_agent(store, session_id, row.agent_id) or "another agent"
        raise Refusal(
            f'The session "{session_id}" belongs to {name}, not to {agent.name}. Choose another id.', NOT_YOURS
        )
    if row.trashed is not None:
        if not options.restore and not terminal.ask(f'The session "{session_id}" is in the trash. Restore it?'):
            raise Refusal(
                f'The session "{session_id}" is in the trash. Add --restore to take it out and go on with it.',
                NOT_YOURS,
            )
        await store.browser.restore(session_id)
        terminal.say(f'The session "{session_id}" was taken out of the trash.')


def _choose(options: argparse.Namespace, document: AgentDocument, services: Services) -> ModelChoice:
    settings = services.settings_file.current
    model = options.model or ""
    connection = options.connection or ""
    if connection and find_connection(settings, connection) is None:
        names = ", ".join(item.title for item in settings.connections)
        raise Refusal(f"There is no connection called {connection}. Connections: {names}.", USAGE)
    if model and not connection and (model.endswith(".gguf") or services.models.find(model) is not None):
        connection = "on-device"
    choice = services.models.complete(choose(document, settings, connection=connection, model=model))
    return choice


async def _make_ready(choice: ModelChoice, services: Services, options: argparse.Namespace, terminal: Terminal) -> None:
    reason = services.models.missing(choice)
    if choice.missing:
        terminal.say(f"The agent asks for the connection {choice.missing}, which is not set up here.")
    if not reason:
        return
    known = services.models.find(choice.model) if choice.connection.kind == "on_device" else None
    if known is None:
        raise Refusal(reason, NOT_READY)
    question = f"{known.label} has to be downloaded once ({megabytes(known.bytes)}). Download it now?"
    if not options.yes and not terminal.ask(question):
        raise Refusal(f"{reason} Add --yes to agree to the download, or: bough models download {known.id}", NOT_READY)
    await download(known, services, terminal)


async def _turn(
    agent: _Agent,
    session_id: str | None,
    text: str,
    choice: ModelChoice,
    services: Services,
    store: Store,
    terminal: Terminal,
) -> int:
    from engine import create_app
    from engine.blueprint.render import agent_component
    from engine.blueprint.wish import wishes

    slot = ModelSlot(lambda: services.models.make(choice), lambda: services.models.info(choice))
    terminal.say(f"{agent.name} · {services.models.label(choice)}")
    world = world_for(services, agent.permissions or agent.id, lambda: agent.document)
    await look_around(agent.document)
    app = create_app(agent_component(agent.document, world=world), model=slot, store=store)
    async with aclosing(world), app:
        session = await app.session(session_id)
        session.agent_id, session.agent_version = agent.id, agent.version
        if not session_id:
            terminal.say(f"Session {session.id}")
        handle = await session.send(
            text, metadata={"source": "command line"}, max_ticks=wishes(agent.document).max_ticks
        )
        printer = _Printer(terminal, session)
        try:
            async for event in handle:
                printer.show(event)
            result = await handle.result
        except asyncio.CancelledError:
            printer.end()
            session.abort("Stopped")
            with suppress(Exception):
                async with asyncio.timeout(ABORT_SECONDS):
                    await handle.result
            raise
        except BaseException:
            printer.end()
            raise
        printer.end()
        terminal.say(caption(result.total_usage, None))
        if result.stop_reason == "max_ticks":
            terminal.say("The turn was ended: it reached the most model calls that this agent may make.")
    return OK


class _Printer:
    """The reply to standard output as it comes; what the agent does to standard error."""

    def __init__(self, terminal: Terminal, session: Any) -> None:
        self._terminal = terminal
        self._session = session
        self._open = False
        self._said = False

    def show(self, event: Any) -> None:
        if event.type == "tool_confirmation_required":  # of a sub-agent too
            self._ask(event)
            return
        if getattr(event, "spawn_path", ()):
            return
        if event.type == "content_delta" and event.kind == "text":
            if self._said and not self._open:
                self._terminal.result("")
            self._terminal.result(event.delta, end="")
            self._open = self._said = True
        elif event.type == "message_end" and self._open:
            self.end()
        elif event.type == "tool_call":
            self._terminal.say(f"  {event.name} {event.summary or event.input}")
        elif event.type == "notice":
            self._terminal.say(f"  {event.text}")
        elif event.type == "retry":
            self._terminal.say("  The model is busy; trying again.")

    def _ask(self, event: Any) -> None:
        """Put a question of the agent to whoever sits at the terminal."""
        self.end()
        if event.kind == "question":
            said = self._terminal.answer(event.message, event.input.get("choices", ()))
            self._session.respond(event.confirmation_id, said is not None, input={"answer": said})
            return
        if event.kind == "permission":
            decision = self._terminal.permit(event.message, event.input.get("detail", ""))
            self._session.respond(event.confirmation_id, decision != "no", always=decision == "always")
            return
        question = event.message or f"The agent wants to use {event.name} with {event.input}. Allow it?"
        approved = self._terminal.ask(question)
        reason = None if approved else "The person said no." if self._terminal.can_ask else "Nobody could be asked."
        self._session.respond(event.confirmation_id, approved, reason=reason)

    def end(self) -> None:
        if self._open:
            self._terminal.result("")
            self._open = False
