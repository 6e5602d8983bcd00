"""The chat: header, conversation and composer in one widget.

It knows nothing of sessions or engines: whoever owns it gives it :class:`ChatItem` records and listens to its signals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from widgets import theme
from widgets.chat.composer import Composer
from widgets.chat.items import ChatFile, ChatItem
from widgets.chat.offered import offered_files
from widgets.chat.status import EmptyChat, RunningLine
from widgets.chat.transcript import Transcript
from widgets.common.labels import ElidedLabel


class ChatView(QWidget):
    """A conversation with an agent.

    Signals:
        send_requested: A message was written (also while a turn runs: it is to wait).
        stop_requested: The turn is to stop.
        retry_requested: The action button of a notice, by the notice's id.
        answered: The id of an approval, permission or question, and the :class:`ChatAnswer`.
        acted: The id of an item and what is wanted with it: ``edit`` a person's message and run again from there, or
            run ``again`` without a message.
        earlier_requested: Older items are wanted; answer with :meth:`prepend` (with an empty list if there are none).
        attach_requested: Files are to be chosen.
        files_offered: Paths of files that were dropped or pasted.
        image_offered: A picture that was pasted, as PNG.
        file_removed: The number of a file that is not to go along.
        edit_cancelled: The earlier message that was to be changed stays as it is.
        reason_action: The button beside the reason why nothing can be written.
        link_activated: A link was chosen; show its address in full before opening it.
        copied: Something went to the clipboard.

    Example:
        >>> chat = ChatView()
        >>> chat.append(ChatItem("m1", "person", "My name is Ryan."))
        >>> chat.append(ChatItem("m2", "agent", status="streaming"))
        >>> chat.stream("m2", "Nice to meet you, ")
        >>> chat.finish_stream("m2", "Nice to meet you, **Ryan**.")
    """

    send_requested = Signal(str)
    stop_requested = Signal()
    retry_requested = Signal(str)
    answered = Signal(str, object)
    acted = Signal(str, str)
    earlier_requested = Signal()
    attach_requested = Signal()
    files_offered = Signal(list)
    image_offered = Signal(bytes)
    file_removed = Signal(int)
    edit_cancelled = Signal()
    reason_action = Signal()
    link_activated = Signal(str)
    copied = Signal()
    draft_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.header = QFrame()
        self.header.setProperty("role", "header")
        self.header.setFixedHeight(40)
        self._header_row = QHBoxLayout(self.header)
        self._header_row.setContentsMargins(12, 0, 8, 0)
        self._header_row.setSpacing(4)
        self.title = ElidedLabel()
        self.title.setProperty("role", "strong")
        self._header_row.addWidget(self.title, 1)
        outer.addWidget(self.header)
        middle = QWidget()
        self._stack = QStackedLayout(middle)
        self.transcript = Transcript()
        self.empty = EmptyChat()
        self._stack.addWidget(self.transcript)
        self._stack.addWidget(self.empty)
        outer.addWidget(middle, 1)
        self.running_line = RunningLine()
        outer.addWidget(self.running_line)
        self.footer = QFrame()
        self.footer.setProperty("role", "footer")
        self._footer_column = QVBoxLayout(self.footer)
        self._footer_column.setContentsMargins(16, 12, 16, 12)
        self.composer = Composer()
        self._footer_column.addWidget(self.composer)
        outer.addWidget(self.footer)
        self.transcript.earlier_requested.connect(self.earlier_requested)
        self.transcript.retried.connect(self.retry_requested)
        self.transcript.answered.connect(self.answered)
        self.transcript.acted.connect(self.acted)
        self.transcript.link_activated.connect(self.link_activated)
        self.transcript.copied.connect(self.copied)
        self.composer.sent.connect(self._send)
        self.composer.attach_clicked.connect(self.attach_requested)
        self.composer.files_offered.connect(self.files_offered)
        self.composer.image_offered.connect(self.image_offered)
        self.composer.file_removed.connect(self.file_removed)
        self.composer.edit_cancelled.connect(self.edit_cancelled)
        self.setAcceptDrops(True)
        self.composer.stop_clicked.connect(self.stop_requested)
        self.composer.reason_clicked.connect(self.reason_action)
        self.composer.field.textChanged.connect(self.draft_changed)
        self.empty.suggested.connect(self._suggested)
        self._running = False
        self._reason: str | None = None
        self._has_empty = False
        self.header.hide()

    # Header

    def set_title(self, text: str) -> None:
        """The title in the header; "" hides the header unless it has buttons."""
        self.title.setText(text)
        self.header.setVisible(bool(text) or self._header_row.count() > 1)

    def add_header_widget(self, widget: QWidget) -> None:
        """Adds a button at the right of the header."""
        self._header_row.addWidget(widget)
        self.header.show()

    # Items

    def clear(self) -> None:
        """Empties the conversation; the draft stays."""
        self.transcript.clear()
        self._show_page()

    def set_items(self, items: Sequence[ChatItem], has_earlier: bool = False) -> None:
        """Shows a stored conversation from its end; one call however long it is."""
        self._running = False  # of another conversation: that it is gone does not mean that its turn has ended
        self.transcript.set_items(list(items))
        self.transcript.set_has_earlier(has_earlier)
        self._mark_latest()
        self._show_page()

    def append(self, item: ChatItem) -> None:
        """Adds an item at the end, but above queued messages (``detail={"queued": True}``), which stay last.

        A queued message takes its place with ``update_item(id, detail={})``.
        """
        self.transcript.append(item)
        if item.status == "waiting" and item.kind in ("approval", "permission"):
            self.announce(self.tr("The agent asks for your approval: {title}").format(title=item.title))
        elif item.status == "waiting" and item.kind == "question":
            self.announce(self.tr("The agent asks: {title}").format(title=item.title))
        elif item.kind == "notice":
            self.announce(item.text)
        self._mark_latest()
        self._show_page()

    def prepend(self, items: Sequence[ChatItem], has_earlier: bool = False) -> None:
        """Adds older items at the start (oldest first). ``has_earlier``: there are still older ones."""
        self.transcript.prepend(list(items))
        self.transcript.set_has_earlier(has_earlier)
        self._show_page()

    def set_has_earlier(self, on: bool) -> None:
        """Whether "Load earlier" is offered."""
        self.transcript.set_has_earlier(on)

    def update_item(self, item_id: str, **changes: Any) -> None:
        """Changes fields of an item; an id that is not there is ignored."""
        item = self.transcript.item(item_id)
        if item is not None:
            self.transcript.update_item(item_id, replace(item, **changes))
            self._mark_latest()

    def remove_item(self, item_id: str) -> None:
        """Takes an item away."""
        self.transcript.remove(item_id)
        self._mark_latest()
        self._show_page()

    def item(self, item_id: str) -> ChatItem | None:
        """An item as it stands, streamed words included."""
        return self.transcript.item(item_id)

    @property
    def items(self) -> list[ChatItem]:
        """All items in order."""
        return list(self.transcript.items)

    def stream(self, item_id: str, text: str) -> None:
        """Adds words to an item as they arrive; cheap to call for every token."""
        self.transcript.stream(item_id, text)

    def finish_stream(self, item_id: str, final_markdown: str | None = None, **changes: Any) -> None:
        """The item is complete. ``final_markdown``: the whole text where it may differ from what was streamed."""
        item = self.transcript.item(item_id)
        if item is None:
            return
        self.transcript.flush(layout=False)
        text = item.text if final_markdown is None else final_markdown
        self.update_item(item_id, **{"text": text, "status": "done", **changes})

    # States

    def set_running(self, on: bool, text: str = "") -> None:
        """Whether a turn is under way, and what it does now ("Reading 1,200 tokens, about 8 s")."""
        if self._running and not on:
            self.announce(self.tr("The agent has answered"))
        self._running = on
        self.running_line.set_running(on, text or (self.tr("Working…") if on else ""))
        self.composer.set_running(on)

    def set_send_key(self, key: str) -> None:
        """Which key sends: ``enter``, or ``ctrl_enter`` (then Enter begins a new line)."""
        self.composer.set_send_key(key)

    def set_empty_state(self, title: str, text: str = "", suggestions: Sequence[str] = ()) -> None:
        """What an empty conversation says, with first messages to choose from."""
        self._has_empty = bool(title or text or suggestions)
        self.empty.set_content(title, text, suggestions)
        self._show_page()

    def set_enabled_reason(self, reason: str | None, action: str = "") -> None:
        """Why nothing can be written (no model chosen …) with the label of the button that helps; None: it can."""
        self._reason = reason
        self.composer.set_reason(reason, action)

    def focus_input(self) -> None:
        """Puts the cursor into the message field."""
        target = self.composer.field if self._reason is None else self.composer.reason_button
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def draft(self) -> str:
        """What was written and not sent."""
        return self.composer.draft

    @draft.setter
    def draft(self, text: str) -> None:
        self.composer.draft = text

    def set_files(self, files: Sequence[ChatFile], note: str = "") -> None:
        """The files that go along with the next message, and what should be known about them."""
        self.composer.set_files(files, note)

    def set_editing(self, on: bool) -> None:
        """Whether the next message takes the place of an earlier one, in a copy of the conversation."""
        self.composer.set_editing(on)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped anywhere on the chat."""
        if self._reason is None and offered_files(event.mimeData()):
            event.acceptProposedAction()
            theme.set_role(self.composer.card, "selected", "true")

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """They went away again."""
        del event
        theme.set_role(self.composer.card, "selected", "false")

    def dropEvent(self, event: QDropEvent) -> None:
        """Attaches them."""
        theme.set_role(self.composer.card, "selected", "false")
        files = offered_files(event.mimeData())
        if files:
            event.acceptProposedAction()
            self.files_offered.emit(files)

    def jump_to_latest(self) -> None:
        """Goes to the newest words."""
        self.transcript.jump_to_latest()

    def announce(self, text: str) -> None:
        """Has a screen reader say something."""
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def _send(self, text: str) -> None:
        self.transcript.jump_to_latest()
        self.send_requested.emit(text)

    def _suggested(self, text: str) -> None:
        self.focus_input()  # the button goes away with the empty state
        if self._reason is None:
            self._send(text)
        else:
            self.draft = text

    def _mark_latest(self) -> None:
        latest = ""
        for item in reversed(self.transcript.items):
            if item.kind == "person" and not item.detail.get("queued"):
                break
            if item.kind == "agent":
                latest = item.id
                break
        self.transcript.set_latest(latest)

    def _show_page(self) -> None:
        page = self.empty if self._has_empty and not self.transcript.items else self.transcript
        if self._stack.currentWidget() is not page:
            self._stack.setCurrentWidget(page)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keeps the composer as wide as the conversation."""
        super().resizeEvent(event)
        column = self.transcript.column_for(self.width())  # it takes its own new size only after this
        side = max(16, (self.width() - column - 24) // 2)
        self._footer_column.setContentsMargins(side, 12, side, 12)
        self.running_line.set_left(max(20, (self.width() - column) // 2))
