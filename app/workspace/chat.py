"""Between the chat on screen and the session in front: plays changes, passes on what the person does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices

from app.text import tr
from app.workspace.attached import Attachment
from app.workspace.attaching import Attaching
from app.workspace.changes import Change
from app.workspace.open_session import OpenSession
from widgets.chat import ChatAnswer, ChatFile, ChatItem, ChatView

WINDOW = 200
"""Items shown at first; older ones come on demand."""


class ChatController(QObject):
    """Shows one session at a time in a :class:`ChatView`.

    Signals:
        remedy_wanted: An error's button asks for something outside the chat (``connections``, ``models`` …).
        said: The person wrote while nothing runs; carries the words. What goes along is in :attr:`attaching`.
        rewritten: An earlier message was changed; carries its entry, the new words, and the files beside them.
    """

    remedy_wanted = Signal(str)
    said = Signal(str)
    rewritten = Signal(str, str, object)

    def __init__(self, view: ChatView, confirm_link: Callable[[str], None], parent: QObject) -> None:
        super().__init__(parent)
        self._view = view
        self._session: OpenSession | None = None
        self._confirm_link = confirm_link
        self._first_shown = 0
        self._answering = self._stopping = False
        self._model_words = ""
        self._editing = ""
        self._aside: tuple[str, Sequence[Attachment]] = ("", ())
        self._asks = False
        self.attaching = Attaching(view, self._abilities, self)
        view.send_requested.connect(self._send)
        view.stop_requested.connect(self.stop)
        view.retry_requested.connect(self._notice_action)
        view.answered.connect(self._answered)
        view.acted.connect(self._acted)
        view.edit_cancelled.connect(self._edit_cancelled)
        view.earlier_requested.connect(self._earlier)
        view.link_activated.connect(confirm_link)

    @property
    def session(self) -> OpenSession | None:
        return self._session

    @property
    def editing(self) -> bool:
        """Whether what stands in the composer is an earlier message that is being changed, not a new one."""
        return bool(self._editing)

    def show(self, session: OpenSession | None, agent_id: str = "") -> None:
        """Bring a session to the front, or none.

        Args:
            session: The session.
            agent_id: Whose conversation begins where there is none.
        """
        if self._session is not None:
            self._session.changed.disconnect(self._play)
            self._session.running_changed.disconnect(self._running)
            self._session.renewed.disconnect(self._renew)
        self._session = session
        if session is not None:
            session.changed.connect(self._play)
            session.running_changed.connect(self._running)
            session.renewed.connect(self._renew)
        self.leave_editing()
        self.attaching.show(session.id if session is not None else agent_id)
        self._renew()

    def stop(self) -> None:
        """Stop the reply that is being made."""
        if self._session is not None and self._session.running:
            self._stopping = True
            self._show_activity()
            self._session.stop()

    def set_activity(self, text: str) -> None:
        """What the model on this device does now, in words; "" where that is nothing worth saying."""
        self._model_words = text
        self._show_activity()

    def _show_activity(self) -> None:
        if self._session is None or not self._session.running:
            return
        words = tr("Answering…") if self._answering else self._model_words or tr("Thinking…")
        if self._asks:
            words = tr("Waiting for your answer")
        self._view.set_running(True, tr("Stopping…") if self._stopping else words)

    # --- from the session ------------------------------------------------------------------------------------

    def _renew(self) -> None:
        items = self._session.transcript.items if self._session is not None else []
        self._first_shown = max(0, len(items) - WINDOW)
        self._view.set_items(items[self._first_shown :], has_earlier=self._first_shown > 0)
        self._asks = self._session is not None and self._session.transcript.asks
        self._running(self._session is not None and self._session.running)
        self._show_activity()

    def _play(self, changes: list[Change]) -> None:
        for change in changes:
            if change.what == "append" and change.item is not None:
                self._view.append(change.item)
                self._note_answering(change.item.kind == "agent" and change.item.status == "streaming")
            elif change.what == "stream":
                self._view.stream(change.id, change.text)
            elif change.what == "finish":
                self._view.finish_stream(change.id, change.text, **change.values)
                self._note_answering(False)
            else:
                self._view.update_item(change.id, **change.values)
        asks = self._session is not None and self._session.transcript.asks
        if asks != self._asks:
            self._asks = asks
            self._show_activity()

    def _note_answering(self, answering: bool) -> None:
        if answering != self._answering:
            self._answering = answering
            self._show_activity()

    def _running(self, running: bool) -> None:
        self._answering = self._stopping = False
        self._model_words = ""
        self._view.set_running(running, tr("Thinking…") if running else "")

    # --- from the person -------------------------------------------------------------------------------------

    def _send(self, text: str) -> None:
        if self._editing:
            entry, files = self._editing, self.attaching.take()
            self.leave_editing()
            self.rewritten.emit(entry, text, files)
        elif self._session is not None and self._session.running:
            self._session.send(text, files=self.attaching.take())
        else:
            self.said.emit(text)

    def _acted(self, item_id: str, what: str) -> None:
        """Run again without a message, or change an earlier one first."""
        item = self._session.transcript.get(item_id) if self._session else None
        if item is None or self._session is None:
            return
        if what == "again":
            self._session.run_again()
        elif what == "edit" and item.detail.get("entry"):
            if not self._editing:
                self._aside = self._view.draft, self.attaching.files
            self._editing = str(item.detail["entry"])
            self._view.set_editing(True)
            self._view.draft = item.text
            self.attaching.put(_named(self._session.files_of(self._editing), item.detail.get("files") or ()))
            self._view.focus_input()

    def _edit_cancelled(self) -> None:
        if self._editing:
            self.leave_editing()
            self._view.focus_input()

    def leave_editing(self) -> None:
        """An earlier message is not changed any more: what was being written before is there again."""
        if self._editing:
            self._editing = ""
            self._view.set_editing(False)
            draft, files = self._aside
            self._aside = "", ()
            self._view.draft = draft
            self.attaching.put(files)

    def _abilities(self) -> frozenset[str] | None:
        model = getattr(self._session.session, "model", None) if self._session is not None else None
        found: frozenset[str] | None = getattr(getattr(model, "info", None), "abilities", None)
        return found or None

    def _notice_action(self, item_id: str) -> None:
        item: ChatItem | None = self._session.transcript.get(item_id) if self._session else None
        if item is None or self._session is None:
            return
        remedy = str(item.detail.get("remedy", ""))
        if remedy in ("retry", "restart_model"):
            self._view.focus_input()  # before the button goes away, and with it the place of the focus
            self._session.transcript.remove(item_id)
            self._view.remove_item(item_id)
            self._session.run_again()
        elif remedy:
            self.remedy_wanted.emit(remedy)

    def _answered(self, item_id: str, answer: ChatAnswer) -> None:
        item = self._session.transcript.get(item_id) if self._session else None
        if item is None or self._session is None:
            return
        self._view.focus_input()  # before the buttons go away, and with them the place of the focus
        self._play([self._session.transcript.answered(item_id, answer)])
        self._session.answer(str(item.detail["confirmation_id"]), answer)

    def _earlier(self) -> None:
        items = self._session.transcript.items if self._session is not None else []
        start = max(0, self._first_shown - WINDOW)
        self._view.prepend(items[start : self._first_shown], has_earlier=start > 0)
        self._first_shown = start


def _named(files: Sequence[Attachment], shown: Sequence[ChatFile]) -> Sequence[Attachment]:
    """Files of a message under the names that they stand under in the chat: pictures carry none to the model."""
    if len(files) != len(shown):
        return files
    return [replace(file, shown=one) for file, one in zip(files, shown, strict=True)]


def open_link(address: str) -> Any:
    """Open an http, https or mailto address with the system's program."""
    return QDesktopServices.openUrl(QUrl(address))
