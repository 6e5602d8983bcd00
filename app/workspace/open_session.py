"""One open session: the engine's session, its transcript, and the task that carries events from one to the other.

It goes on whether the session is in front or not. Not here: any widget.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.tasks import spawn
from app.workspace.attached import Attachment, attachments_of, content_of
from app.workspace.changes import Change
from app.workspace.chat_items import MODEL_REMEDIES
from app.workspace.transcript import Transcript
from engine.errors import Aborted
from widgets.chat.items import ChatAnswer

log = logging.getLogger(__name__)


class OpenSession(QObject):
    """A session that is open in the window.

    Signals:
        changed: A list of :class:`Change` for the chat.
        happened: Every engine event, for the live cards.
        running_changed: A turn began or ended.
        renewed: The transcript was loaded anew (another program wrote to the session).
    """

    changed = Signal(list)
    happened = Signal(object)
    running_changed = Signal(bool)
    renewed = Signal()

    def __init__(
        self,
        session: Any,
        title_of_tool: Callable[[str], str],
        parent: QObject | None = None,
        *,
        max_ticks: Callable[[], int | None] = lambda: None,
        asker: Callable[[str], str] | None = None,
    ) -> None:
        super().__init__(parent)
        self._max_ticks = max_ticks
        self.session = session
        self.transcript = Transcript(title_of_tool, asker=asker)
        self.calls: Counter[str] = Counter()
        self.failed_calls: dict[str, str] = {}
        self.busy_tools: set[str] = set()
        self.running = False
        self.activity = ""
        self._last_text = ""
        self._pump = spawn(self._listen(), name=f"events of {session.id}", owner=self)

    def rebind(self, session: Any) -> None:
        """Go on with another engine session of the same id, loaded anew."""
        self._pump.cancel()
        self.session = session
        self._pump = spawn(self._listen(), name=f"events of {session.id}", owner=self)

    @property
    def id(self) -> str:
        return str(self.session.id)

    def show_entries(self, entries: Sequence[Any]) -> None:
        """Show entries that are not in this process's session yet."""
        self.transcript.load(entries, finished=False)
        self.renewed.emit()

    def load(self, captions: Mapping[str, str] | None = None) -> None:
        """Show what is stored."""
        entries: Sequence[Any] = list(self.session.timeline)
        self.transcript.load(entries, captions)
        for question in self.session.inspect()["questions"]:  # asked before the program ended, and open still
            self.transcript.ask(question)
        self.calls.clear()
        for entry in entries:
            if entry.role == "user":
                self._last_text = entry.text
            for block in entry.content:
                if block.get("type") == "tool_use":
                    self.calls[str(block.get("name"))] += 1
        self.renewed.emit()

    def send(self, text: str, metadata: Mapping[str, Any] | None = None, files: Sequence[Attachment] = ()) -> None:
        """Say something, with files; while a turn runs it waits its turn."""
        self._last_text = text
        self.changed.emit(self.transcript.sent(text, queued=self.running, files=[file.shown for file in files]))
        words: Any = content_of(text, files) if files else text
        procedure = self.session.send(words, metadata=dict(metadata or {}), max_ticks=self._max_ticks())
        if not self.running:
            self._set_running(True)
            spawn(self._follow(procedure, text), name=f"turn in {self.id}", owner=self)

    def files_of(self, entry_id: str) -> list[Attachment]:
        """The files of a message of the person's, to go along with another one."""
        entry = next((entry for entry in self.session.timeline if entry.id == entry_id), None)
        return attachments_of(entry.content) if entry is not None else []

    async def copy_before(self, entry_id: str) -> str | None:
        """Copy the session as it was before a message; the id of the copy, or None where there was nothing yet."""
        before = None
        for entry in self.session.timeline:
            if entry.id == entry_id:
                break
            before = entry.id
        if before is None:
            return None
        return str((await self.session.fork(at=before)).id)

    def run_again(self) -> None:
        """One more turn with what is there, without a message."""
        if not self.running:
            self._set_running(True)
            again = self.session.render({}, max_ticks=self._max_ticks())
            spawn(self._follow(again, self._last_text), name=f"turn in {self.id}", owner=self)

    def offer_retry(self, remedies: Collection[str] = MODEL_REMEDIES) -> None:
        """What the last turn failed for was put right, as one of the remedies asked."""
        changes = self.transcript.offer_retry(remedies)
        if changes:
            self.changed.emit(changes)

    @property
    def waits_for_answer(self) -> bool:
        """Whether the turn waits for a person, and can go on from there after a restart."""
        return any(question.resumable for question in self.session.confirmations.open)

    def stop(self) -> None:
        """Stop the turn; what has arrived is kept."""
        if self.running:
            self.session.abort("Stopped")

    def answer(self, confirmation_id: str, answer: ChatAnswer) -> None:
        """Answer what the agent asked; one from before a restart goes on with the turn."""
        self.session.respond(
            confirmation_id,
            answer.approved,
            input=answer.input,
            reason=answer.reason or None,
            always=answer.always,
        )
        if not self.running and self.session.current is not None:
            self._set_running(True)
            handle = self.session.current.handle
            spawn(self._follow(handle, self._last_text), name=f"turn in {self.id}", owner=self)

    async def close(self) -> None:
        """Stop listening. The engine's session itself belongs to its app."""
        self._pump.cancel()

    # --- inside ----------------------------------------------------------------------------------------------

    async def _follow(self, procedure: Any, text: str) -> None:
        started = time.monotonic()
        try:
            result = await procedure.result
            if result.stop_reason == "max_ticks":
                self.changed.emit(self.transcript.limited())
        except Aborted as error:
            self.changed.emit(self.transcript.failed(error, text))
        except Exception as error:
            log.warning("A turn failed after %.1f s", time.monotonic() - started, exc_info=error)
            self.changed.emit(self.transcript.failed(error, text))
        finally:
            self.busy_tools.clear()
            self._set_running(False)

    async def _listen(self) -> None:
        async for event in self.session.events():
            self._note(event)
            changes: list[Change] = self.transcript.apply(event)
            if changes:
                self.changed.emit(changes)
            self.happened.emit(event)

    def _note(self, event: Any) -> None:
        kind = event.type
        if kind == "tool_call":
            self.calls[event.name] += 1
            self.busy_tools.add(event.name)
        elif kind == "tool_result":
            name = getattr(event, "name", "")
            self.busy_tools.discard(name)
            if getattr(event, "is_error", False):
                self.failed_calls[name] = "failed"
            else:
                self.failed_calls.pop(name, None)

    def _set_running(self, running: bool) -> None:
        if running != self.running:
            self.running = running
            self.running_changed.emit(running)
